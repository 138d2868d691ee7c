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

/** Numbers of a sum under the names that tables and JSON have for them. */
enum cost_column {
    COLUMN_MACS,
    COLUMN_GBITOPS,
    COLUMN_CYCLES,
    COLUMN_STALL_CYCLES,
    COLUMN_ENERGY,
    COLUMN_ENERGY_LOW,
    COLUMN_ENERGY_HIGH,
    COLUMN_PARTS, /* one for each part */
    COLUMN_LATENCY = COLUMN_PARTS + PARTS,
    COLUMN_DRAM,
    COLUMN_SUM,                 /* up to here of a struct cost_sum, from here of a pair: percent */
    COLUMN_SAVING = COLUMN_SUM, /* of bit operations */
    COLUMN_ENERGY_SAVING,
    COLUMN_LATENCY_SAVING,
    COLUMN_NUMBERS
};

extern const char *const cost_column_names[COLUMN_NUMBERS];

void cost_columns_of_sum(double value[COLUMN_SUM], const struct cost_sum *s);
void cost_columns_of_pair(double value[COLUMN_NUMBERS], const struct cost_pair *pair);

#endif
