/* tests/role_rigs.h - single convolutions whose operands have roles, for tests/test_roles*.c. */
#ifndef TESTS_ROLE_RIGS_H
#define TESTS_ROLE_RIGS_H

#include "tests/folder.h"
#include "sim/kernels_table.h"
#include "tests/rigs.h"

#include <string.h>

struct product_row {
    char name[24];
    int h, w, c, k, kernel, stride, pad, groups;
};
static struct product_row product_rows[] = {
    {"3x3", 6, 6, 3, 5, 3, 1, 1, 1},          {"stride 2", 7, 6, 4, 6, 3, 2, 1, 1},
    {"two groups", 4, 5, 4, 6, 3, 1, 1, 2},   {"depthwise", 5, 5, 4, 4, 3, 1, 1, 4},
    {"1x1 stride 2", 5, 6, 3, 4, 1, 2, 0, 1},
};

static inline struct layer *conv_of_row(const struct product_row *c, bool quantized)
{
    return layer_conv_new(c->name, (struct shape){c->h, c->w, c->c}, c->k, c->kernel, c->stride, c->pad,
                          c->groups, quantized);
}

/* A rig whose recipe has these settings; NULL leaves a role alone. Threads 0: all. */
static inline void rig_in_roles(struct rig *r, const struct product_row *row,
                                const char *const settings[ROLE_COUNT], const char *kernels, int threads)
{
    struct recipe recipe;
    struct plan plan = {
        .batch = 3, .forward_bits_max = 8, .backward_bits_max = 8, .training = true, .threads = threads};

    must(recipe_find(&recipe, "cpt"));
    must(kernels_find(&plan.kernels, kernels));
    for (int i = 0; i < ROLE_COUNT; i++)
        if (settings[i] != NULL) must(role_parse(&recipe.role[i], (enum role)i, settings[i]));
    plan.recipe = &recipe;
    must(rig_open(r, conv_of_row(row, true), &plan, &recipe));
    rig_fill(r->in[0].data, rig_size(r, &r->in[0]), 1, 1.0);
    rig_fill(r->layer->params[0].value, r->layer->params[0].size, 10, 0.7);
    rig_fill(r->dout.data, rig_size(r, &r->dout), 20, 1.0);
}

/* x by the format of a role at 5 bits forward, 7 backward. */
static inline void by_role(float *x, size_t n, size_t row, const struct rig *r, enum role role)
{
    const struct role_tensor t = {.rows = n / row, .row = row, .id = r->layer->id};
    const struct role_moment now = {5, 7, r->pass.seed, r->pass.step, 1};
    role_apply(x, x, &t, &r->recipe.role[role], role, &now);
}

/* got and want: the same bits, or where backward-data is minimal filtering, which sums in another order than an
 * accumulator's, equal but for float32 rounding. */
static inline void expect_same_data(const struct rig *got, const struct rig *want,
                                    const struct product_row *row)
{
    const size_t n = rig_size(got, &got->in[0]);
    const float *const a = got->din[0].data, *const b = want->din[0].data;
    double norm = 0.0, off = 0.0;

    for (size_t i = 0; i < n; i++) {
        norm += (double)b[i] * b[i];
        off += ((double)a[i] - b[i]) * ((double)a[i] - b[i]);
    }
    const struct conv_shape s =
        conv_shape_make(row->h, row->w, row->c, row->k, row->kernel, row->stride, row->pad, row->groups);
    if (conv_data_is_winograd(&s))
        cr_assert_lt(off, 1e-12 * norm, "gradient of the input is off by %g", sqrt(off / norm));
    else
        cr_assert(memcmp(a, b, n * sizeof *a) == 0, "gradient of the input differs");
}

static inline void expect_same(const float *got, const float *want, size_t n, const char *what)
{
    cr_assert(memcmp(got, want, n * sizeof *got) == 0, "%s differs", what);
}

#endif
