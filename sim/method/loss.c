/* sim/method/loss.c - softmax cross entropy: -log(exp(z_label - max) / sum exp(z - max)). */
#include "sim/method/loss.h"

#include "sim/base/scalar.h"

/* One example; returns its cross entropy. */
static double example(float *d, int *best, const float *z, int label, int n, int classes)
{
    double sum = 0.0;
    *best = 0;
    for (int i = 1; i < classes; i++)
        if (z[i] > z[*best]) *best = i;

    const double max = (double)z[*best];
    for (int i = 0; i < classes; i++)
        sum += scalar_exp((double)z[i] - max);
    if (d)
        for (int i = 0; i < classes; i++)
            d[i] = (float)((scalar_exp((double)z[i] - max) / sum - (i == label ? 1.0 : 0.0)) / (double)n);
    return scalar_log(sum) - ((double)z[label] - max);
}

struct loss loss_cross_entropy(float *dlogits, const float *logits, const int *labels, int n, int classes)
{
    struct loss l = {0};
    for (int i = 0; i < n; i++) {
        const size_t at = (size_t)i * (size_t)classes;
        int best;
        l.mean += example(dlogits ? dlogits + at : NULL, &best, logits + at, labels[i], n, classes);
        l.correct += best == labels[i];
    }
    l.mean /= (double)n;
    return l;
}
