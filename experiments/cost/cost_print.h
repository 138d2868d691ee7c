/* experiments/cost/cost_print.h - a priced run: a table of layers and phases, one JSON object, or a page
 * to read. */
#ifndef EXPERIMENTS_COST_COST_PRINT_H
#define EXPERIMENTS_COST_COST_PRINT_H

#include "experiments/cost/cost_run.h"
#include "experiments/print/printout.h"

enum cost_form {
    COST_SUMMARY, /* for people */
    COST_TABLE,   /* with tabs */
    COST_CSV,
    COST_JSON /* one object, one line */
};

struct cost_printer {
    enum cost_form form;
    bool total_only; /* of tables: no layers, no phases */
    bool begun;
    struct printout table;
};

/** Price a case and print it on stdout; several cases make one table, or a JSON object each. */
STATUS_MUST_CHECK enum status cost_print(struct cost_printer *p, const struct cost_case *c);

#endif
