/* experiments/cost/cost_run.h - what a run costs: the one function behind `cptsim cost` and every what-if.
 *
 *     struct cost_case c;                    a network, how its training moves through widths, hardware
 *     TRY(cost_options_case(&c, &options));  from a command line, or cost_record_read: from a record
 *     TRY(cost_case_price(&pair, &c));       joules, seconds, bytes; the same run at its top widths
 *     cost_case_free(&c);
 */
#ifndef EXPERIMENTS_COST_COST_RUN_H
#define EXPERIMENTS_COST_COST_RUN_H

#include "energy/meter/meter.h"
#include "sim/roles/role.h"

/** What a case is called, for tables; "" and 0 where it does not apply. */
struct cost_labels {
    char run[1024]; /* the network's name, or the folder of a record */
    char model[NAME_LENGTH], data[32], recipe[16], schedule[24], bits[16], backward_bits[16];
    int cycles, batch;
};

/** How the number formats of a run's roles are priced: one row for each role that has one of its own. */
struct cost_roles {
    int count;
    struct cost_role {
        const char *role;
        char format[ROLE_TEXT];
        char priced_as[64];
    } rows[ROLE_COUNT];
};

/** All that a cost is a function of. */
struct cost_case {
    struct cost_labels labels;
    struct cost_roles roles;
    struct workload workload;
    struct hardware hardware;
    struct constants constants;
    enum convention convention;
    struct histogram run; /* iterations by widths of operands, see cost_roles.h, and images */
    struct histogram top; /* the same run at its largest widths throughout: what savings are of */
};

void cost_case_free(struct cost_case *c);

/** Iterations of a run, and images seen in them. */
int64_t histogram_iterations(const struct histogram *h);
int64_t histogram_images(const struct histogram *h);

/** The same iterations of as many images, each at the largest widths of the run. */
STATUS_MUST_CHECK enum status histogram_at_the_top(struct histogram *out, const struct histogram *run);

/** Some part of a run: a layer's phase, a phase, all of it. */
struct cost_sum {
    struct cost cost;      /* macs and bit operations in the case's convention */
    double parts_j[PARTS]; /* they sum to cost.energy_j */
    double low_j, high_j; /* of the same counts with every constant and given price at the end of its range */
};

/** The run, and the same at its top widths. */
struct cost_pair {
    struct cost_sum run, top;
};

void cost_pair_add(struct cost_pair *sum, const struct cost_pair *term);

/** Percent of `top` that `run` does without; 0 where they differ by rounding, NaN where there is nothing. */
double saving_percent(double run, double top);

/** Multiply-accumulates of one image's forward products, in the case's convention. */
double cost_case_forward_macs(const struct cost_case *c);

/** A case set up to be asked for more than its total. It must stay as it is. */
struct cost_meter;
STATUS_MUST_CHECK enum status cost_meter_open(struct cost_meter **out, const struct cost_case *c);
void cost_meter_close(struct cost_meter *m);

/** One layer's phase over the whole run. */
STATUS_MUST_CHECK enum status cost_meter_cell(struct cost_pair *out, struct cost_meter *m, int layer,
                                              enum phase p);

/** All layers and phases. */
STATUS_MUST_CHECK enum status cost_meter_total(struct cost_pair *out, struct cost_meter *m);

/** The total in one call. */
STATUS_MUST_CHECK enum status cost_case_price(struct cost_pair *out, const struct cost_case *c);

#endif
