/* experiments/run/session.h - everything that training and evaluating a configuration needs, opened in order:
 * data set, network, trainer. */
#ifndef EXPERIMENTS_RUN_SESSION_H
#define EXPERIMENTS_RUN_SESSION_H

#include "experiments/config/config.h"
#include "models/model.h"
#include "sim/base/machine.h"

/** Its parts point at each other: it stays where it was opened. */
struct session {
    struct config config; /* settled: the run's iterations are known */
    struct dataset data;
    struct device *device;
    struct graph graph;
    struct trainer trainer;
    const struct model_type *model;
    int64_t epoch_length; /* iterations */
};

/** What can be checked of a configuration before its data are read: its network and its hardware. */
STATUS_MUST_CHECK enum status session_check(const struct config *c);

/** Open data set and network, settle the configuration, plan memory, write initial values. */
STATUS_MUST_CHECK enum status session_open(struct session *s, const struct config *c,
                                           const struct machine *machine);

/** Close what is open; a session of zeros is fine. */
void session_close(struct session *s);

/** Trained values in the network. */
int64_t session_params(struct session *s);

#endif
