/* sim/train/trainer.h - the training loop of Cyclic Precision Training, one step at a time, driven by the
 * caller. */
#ifndef SIM_TRAIN_TRAINER_H
#define SIM_TRAIN_TRAINER_H

#include "sim/base/digest.h"
#include "sim/data/dataset.h"
#include "sim/layers/graph.h"
#include "sim/data/loader.h"
#include "sim/method/lr.h"
#include "sim/method/method.h"
#include "sim/method/schedule.h"
#include "sim/train/update.h"

/** What a run is, resolved: no defaults are left to fill in. */
struct train_spec {
    uint64_t seed;
    int64_t iterations;
    int batch;
    bool drop_last; /* an epoch's last, smaller batch is left out */
    struct recipe recipe;
    struct schedule_spec forward, backward;
    int evaluate_bits_max; /* largest width of any evaluation, for planning memory */
    struct lr_spec lr;
    struct optimizer_spec optimizer;
    const struct method *method; /* NULL: nothing beside the recipe */
    bool crop, flip;
    int pad;
};

/** One training iteration as it was. */
struct step_row {
    int64_t iteration, epoch; /* 0-based; epoch of this iteration */
    double loss, accuracy;    /* of the batch: means over its targets; accuracy in [0, 1] */
    double lr;
    int forward_bits, backward_bits;   /* of the run as a whole; 0: float32 */
    const struct widths *layer_widths; /* [layers] by node of the graph; the trainer's, until the next step */
    int layers;
    const enum skip *skips; /* [layers] NULL: all of them ran; the trainer's, until the next step */
    int64_t cycle;
    double phase; /* position in the cycle, [0, 1) */
    int images;   /* examples in the batch */
    double seconds;
};

/** One evaluation. */
struct evaluation {
    enum split split;
    int bits;              /* of weights and activations; 0: float32 */
    double loss, accuracy; /* means over the targets; NaN before all examples are seen */
    int64_t count;
    int64_t seen, correct; /* examples so far, and their targets that were met */
    double loss_sum;       /* over them */
};

struct trainer {
    const struct train_spec *spec;
    struct dataset *data;
    struct graph *graph;
    int64_t at;                                /* iterations done */
    double loss;                               /* of the last one */
    struct schedule_state schedule[SCHEDULES]; /* what the schedules remember of the iterations done */
    struct widths *widths;                     /* [graph->count] of the last one */
    struct method_state method;                /* what the method remembers */
    bool *skip;                                /* [graph->count] what it leaves out of a step, */
    enum skip *skips;                          /* [graph->count] and what follows from that */
    struct loader *loader;
    struct batch batch; /* of an evaluation, on the host */
};

/** Make ready: plan the graph's memory, initialize nothing (model_build has). *spec stays as it is from here
 * on. */
STATUS_MUST_CHECK enum status trainer_open(struct trainer *t, const struct train_spec *spec,
                                           struct device *device, struct graph *g, struct dataset *d);
void trainer_close(struct trainer *t);

/** Iterations in one epoch. */
int64_t trainer_epoch_length(const struct train_spec *spec, const struct dataset *d);

/** One iteration: bits, forward, backward, update. STATUS_DIVERGED if the loss is not finite (the row is
 * filled). */
STATUS_MUST_CHECK enum status trainer_step(struct trainer *t, struct step_row *row);

/** Evaluate a whole split with running statistics, weights and activations at `bits` (0: float32). */
struct evaluation trainer_evaluate(struct trainer *t, enum split split, int bits);

/**
 * The same batch by batch, for callers who may have to stop: begin, then step until it says false, which is
 * when all examples have been seen. Nothing else may use the trainer in between; to stop earlier is to step no
 * more.
 */
struct evaluation trainer_evaluation(const struct trainer *t, enum split split, int bits);
bool trainer_evaluation_step(struct trainer *t, struct evaluation *e);

/** SHA-256 over the iteration and the graph's whole state (state_begin) with its names, as hex; not over what
 * schedules and the method remember. */
void trainer_hash(char hex[static DIGEST_SIZE], const struct trainer *t);

#endif
