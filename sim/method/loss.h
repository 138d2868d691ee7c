/* sim/method/loss.h - softmax cross entropy of a batch. */
#ifndef SIM_METHOD_LOSS_H
#define SIM_METHOD_LOSS_H

#include "sim/layers/layer.h"

/** What a batch of logits says. */
struct loss {
    double mean;     /* cross entropy, natural logarithm, averaged over the batch */
    int64_t correct; /* examples whose largest logit (the first, if several) is the label */
};

/**
 * Loss of logits [n][classes] against labels [n]; dlogits: NULL, or receives the gradient of the mean.
 * Each example in double with scalar_exp and scalar_log, the mean summed in index order.
 */
struct loss loss_cross_entropy(float *dlogits, const float *logits, const int *labels, int n, int classes);

#endif
