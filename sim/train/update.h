/* sim/train/update.h - one update of all parameters, each tensor in its role's number format. */
#ifndef SIM_TRAIN_UPDATE_H
#define SIM_TRAIN_UPDATE_H

#include "sim/layers/params.h"
#include "sim/method/optimizer.h"

/** Update the parameters of the layers that ran in this pass, each from its gradient. */
void update_params(struct graph *g, const struct optimizer_spec *s, double lr, const struct pass *p);

#endif
