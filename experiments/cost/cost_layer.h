/* experiments/cost/cost_layer.h - one convolution on one piece of hardware: parameters by name, results
 * by name.
 *
 * The names are the columns of BitFusion's reference file (tests/golden/bitfusion.csv).
 */
#ifndef EXPERIMENTS_COST_COST_LAYER_H
#define EXPERIMENTS_COST_COST_LAYER_H

#include "energy/backends/backend.h"

/** To add a parameter: here, its row in cost_layer.c, its option in command_cost_layer.c. */
enum layer_param {
    PARAM_ROWS,
    PARAM_COLUMNS,
    PARAM_WEIGHT_BYTES,
    PARAM_INPUT_BYTES,
    PARAM_OUTPUT_BYTES,
    PARAM_BANDWIDTH,
    PARAM_PMAX,
    PARAM_PMIN,
    PARAM_KERNEL,
    PARAM_SIZE,
    PARAM_STRIDE,
    PARAM_IN,
    PARAM_OUT,
    PARAM_BATCH,
    PARAM_IM2COL,
    PARAM_BITS_A,
    PARAM_BITS_W,
    LAYER_PARAMS_COUNT
};

/** A layer and its hardware. */
struct cost_layer {
    struct hardware hardware;
    int64_t shape[LAYER_PARAMS_COUNT]; /* of PARAM_KERNEL and after; the others are knobs of the hardware */
    const char *mapping; /* a file with loops, see loopnest_given; NULL: the back end's choice */
};

const char *layer_param_name(enum layer_param p);

/** Parameter by its name, '-' as good as '_'; STATUS_INPUT with the nearest known one. */
STATUS_MUST_CHECK enum status layer_param_find(enum layer_param *out, const char *name);

/** 1 x 1 at stride 1 for a batch of 16 at 8 bits; channels are not known yet. */
void cost_layer_init(struct cost_layer *l, const struct hardware *h);

/** Set a parameter from text. */
STATUS_MUST_CHECK enum status cost_layer_set(struct cost_layer *l, enum layer_param p, const char *text);

/** STATUS_INPUT if channels are missing or the hardware cannot be built; the sentence says what is wrong. */
STATUS_MUST_CHECK enum status cost_layer_check(const struct cost_layer *l);

/** A named result. */
struct cell {
    const char *name;
    enum cell_kind { CELL_TEXT, CELL_INTEGER, CELL_NUMBER } kind;
    double number;
    char text[96];
};

enum { CELLS_MAX = 64 };

struct cells {
    struct cell cell[CELLS_MAX];
    int count;
};

/** Its parameters as they are, then what the layer costs; on BitFusion all columns of its reference file. */
STATUS_MUST_CHECK enum status cost_layer_price(struct cells *out, const struct cost_layer *l);

/** Number of the cell called `name`; -1 if there is none. */
int cells_find(const struct cells *c, const char *name);

#endif
