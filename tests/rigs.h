/* tests/rigs.h - single layers with made values, for the tests of sim/layer_*.c. */
#ifndef TESTS_RIGS_H
#define TESTS_RIGS_H

#include "sim/rig.h"
#include "sim/scalar.h"

#include <criterion/criterion.h>
#include <math.h>

/** x[i] = a standard normal value times `scale`, named by (stream, i): never 0 or 1. */
static inline void rig_fill(float *x, size_t n, uint32_t stream, double scale)
{
    for (size_t i = 0; i < n; i++)
        x[i] = (float)(scale * scalar_normal((struct random_name){2385, stream, 0}, i));
}

static inline size_t rig_size(const struct rig *r, const struct tensor *t)
{
    return shape_size(t->shape) * (size_t)r->plan.batch;
}

/** Open a rig with made inputs, parameters and error; the recipe is `cpt` without random rounding. */
static inline void rig_make(struct rig *r, struct layer *l, int batch, int bits_max, const char *kernels)
{
    struct recipe recipe;
    struct plan plan = {
        .batch = batch, .forward_bits_max = bits_max, .backward_bits_max = bits_max, .training = true};

    cr_assert_eq(recipe_find(&recipe, "cpt"), STATUS_OK);
    cr_assert_eq(kernels_find(&plan.kernels, kernels), STATUS_OK);
    recipe.stochastic_error = false;
    cr_assert_eq(rig_open(r, l, &plan, &recipe), STATUS_OK);
    for (int i = 0; i < l->inputs; i++)
        rig_fill(r->in[i].data, rig_size(r, &r->in[i]), 1 + (uint32_t)i, 1.0);
    for (int i = 0; i < l->param_count; i++)
        rig_fill(l->params[i].value, l->params[i].size, 10 + (uint32_t)i, 0.7);
    rig_fill(r->dout.data, rig_size(r, &r->dout), 20, 1.0);
}

/** |got - want|_2 / |want|_2. */
static inline double relative_error(const float *got, const double *want, size_t n)
{
    double square = 0.0, norm = 0.0;
    for (size_t i = 0; i < n; i++) {
        square += ((double)got[i] - want[i]) * ((double)got[i] - want[i]);
        norm += want[i] * want[i];
    }
    return norm > 0.0 ? sqrt(square / norm) : sqrt(square);
}

#endif
