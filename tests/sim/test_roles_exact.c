/* tests/sim/test_roles_exact.c - products of operands on grids are exact sums of integers, rounded once. */
#include "tests/fixtures/kernel_rows.h"
#include "tests/fixtures/role_rigs.h"

#include <stdlib.h>

/* The three operands of a convolution as integers, and their units. */
struct integers {
    int64_t *x, *w, *e;
    double x_unit, w_unit, e_unit;
};

/* Values by a role, in units of its grid: of fixed point 2^-fl, so that the zero is a multiple, too. */
static int64_t *integers_of(double *unit, const float *values, size_t n, size_t row, const struct rig *r,
                            enum role role)
{
    const struct role_moment now = {5, 7, r->pass.seed, r->pass.step};
    float *const y = malloc(n * sizeof *y);
    int64_t *const q = malloc(n * sizeof *q);
    struct affine map;

    cr_assert(role_grid(&map, &r->recipe.role[role], role, &now));
    *unit = (double)map.scale;
    memcpy(y, values, n * sizeof *y);
    by_role(y, n, row, r, role);
    for (size_t i = 0; i < n; i++) {
        q[i] = (int64_t)((double)y[i] / *unit);
        cr_assert_eq((double)q[i] * *unit, (double)y[i]);
    }
    free(y);
    return q;
}

static struct integers integers_make(const struct rig *r, const struct product_row *row)
{
    const struct param *w = &r->layer->params[0];
    const size_t in = rig_size(r, &r->in[0]), out = rig_size(r, &r->dout);
    struct integers q;

    q.x = integers_of(&q.x_unit, r->in[0].data, in, row->c, r, ROLE_ACTIVATION);
    q.w = integers_of(&q.w_unit, w->value, w->size, row->c / row->groups, r, ROLE_WEIGHT);
    q.e = integers_of(&q.e_unit, r->dout.data, out, row->k, r, ROLE_ERROR);
    return q;
}

static void integers_free(struct integers *q)
{
    free(q->x), free(q->w), free(q->e);
}

/* The three products by their definition: [n][oh][ow][k], [n][h][w][c], [k][kernel][kernel][c/groups]. */
struct sums {
    int64_t *y, *dx, *dw;
    size_t y_size, dx_size, dw_size;
};

static void add_term(struct sums *s, const struct integers *q, size_t y, size_t x, size_t w)
{
    s->y[y] += q->x[x] * q->w[w];
    s->dx[x] += q->e[y] * q->w[w];
    s->dw[w] += q->x[x] * q->e[y];
}

static void add_window(struct sums *s, const struct integers *q, const struct conv_shape *c, size_t n, int oy,
                       int ox, int o)
{
    const int cg = c->c / c->groups, first = o / (c->k / c->groups) * cg;

    for (int ky = 0; ky < c->kernel; ky++)
        for (int kx = 0; kx < c->kernel; kx++)
            for (int i = 0; i < cg; i++) {
                const int iy = oy * c->stride + ky - c->pad, ix = ox * c->stride + kx - c->pad;
                if (iy < 0 || iy >= c->h || ix < 0 || ix >= c->w) continue;
                add_term(s, q, ((n * c->oh + oy) * c->ow + ox) * c->k + o,
                         ((n * c->h + iy) * c->w + ix) * c->c + first + i,
                         (((size_t)o * c->kernel + ky) * c->kernel + kx) * cg + i);
            }
}

static struct sums sums_make(const struct rig *r, const struct integers *q)
{
    const struct conv_shape *c = layer_facts_of(r->layer).conv;
    struct sums s = {.y_size = rig_size(r, &r->out),
                     .dx_size = rig_size(r, &r->in[0]),
                     .dw_size = r->layer->params[0].size};

    s.y = calloc(s.y_size, sizeof *s.y);
    s.dx = calloc(s.dx_size, sizeof *s.dx);
    s.dw = calloc(s.dw_size, sizeof *s.dw);
    for (size_t n = 0; n < (size_t)r->plan.batch; n++)
        for (int oy = 0; oy < c->oh; oy++)
            for (int ox = 0; ox < c->ow; ox++)
                for (int o = 0; o < c->k; o++)
                    add_window(&s, q, c, n, oy, ox, o);
    return s;
}

static void sums_free(struct sums *s)
{
    free(s->y), free(s->dx), free(s->dw);
}

/* sum * unit is exact in binary64 here: one rounding. */
static void expect_rounded_once(const float *got, const int64_t *sum, double unit, size_t n, const char *what)
{
    for (size_t i = 0; i < n; i++) {
        const float want = (float)((double)sum[i] * unit);
        cr_assert(llabs(sum[i]) < INT64_C(1) << 53);
        cr_assert(memcmp(&want, &got[i], sizeof want) == 0, "%s %zu: %a, want %a", what, i, (double)got[i],
                  (double)want);
    }
}

/* Forward and backward on 1 to 3 threads; `fill` scales the operands. */
static void expect_exact(const struct kernels *k, const struct product_row *row,
                         const char *const settings[ROLE_COUNT], double fill)
{
    for (int threads = 1; threads <= 3; threads++) {
        struct rig r;
        rig_in_roles(&r, row, settings, k->name, threads);
        rig_fill(r.in[0].data, rig_size(&r, &r.in[0]), 1, fill);
        rig_fill(r.layer->params[0].value, r.layer->params[0].size, 10, fill);
        struct integers q = integers_make(&r, row);
        struct sums s = sums_make(&r, &q);
        rig_forward(&r, true, 5, 7);
        expect_rounded_once(r.out.data, s.y, q.x_unit * q.w_unit, s.y_size, "output");
        memset(r.in[0].data, 0, s.dx_size * sizeof(float)); /* the graph uses its memory again */
        rig_backward(&r);
        expect_rounded_once(r.layer->params[0].grad, s.dw, q.x_unit * q.e_unit, s.dw_size, "weight");
        if (row->stride == 1)
            expect_rounded_once(r.din[0].data, s.dx, q.e_unit * q.w_unit, s.dx_size, "input");
        integers_free(&q);
        sums_free(&s);
        rig_close(&r);
    }
}

struct operands {
    char weight[32], activation[32], error[32];
};

/* Widths, signs and offsets that differ; codes of one byte and of two. */
static const struct operands operands[] = {
    {"fx:s{bits}.1", "fx:s{bits}.2:sr8:sat", "fx:s8.2:sr8"},
    {"fx:s8.1", "fx:u8.3", "fx:s8.2"},
    {"fx:u5.1", "fx:s12.4:sr16", "fx:m8.2:sr8"},
    {"fx:m16.2", "fx:u16.2", "fx:s16.2"},
    {"fx:s16.2:rnd:wrap", "fx:s4.1", "fx:u{bits}.1"},
    {"fx:s1.1", "fx:u1.1", "fx:s2.1"},
    {"int:s8:0.0625:3", "int:u8:0.75:100", "int:s10:0.125:-40:sr8"},
    {"int:u8:0.0625:128", "fx:s10.4", "fx:s3.0"},
};

ROWS_TEST(roles_exact, products_on_grids_are_exact_sums_rounded_once)
{
    const struct kernels *const k = row_at(at);

    for (size_t j = 0; j < sizeof operands / sizeof operands[0]; j++) {
        const struct operands *const o = &operands[j];
        const char *const settings[ROLE_COUNT] = {
            [ROLE_WEIGHT] = o->weight, [ROLE_ACTIVATION] = o->activation, [ROLE_ERROR] = o->error};
        for (size_t i = 0; i < sizeof product_rows / sizeof product_rows[0]; i++)
            expect_exact(k, &product_rows[i], settings, 0.7);
    }
}

/* More terms than float32, or 32 bits, can count. */
static const struct product_row long_row = {"wide", 5, 6, 96, 20, 3, 1, 1, 1};
static const char *const long_settings[ROLE_COUNT] = {
    [ROLE_WEIGHT] = "fx:s12.2", [ROLE_ACTIVATION] = "fx:u12.2", [ROLE_ERROR] = "fx:s12.2:sr8"};

ROWS_TEST(roles_exact, long_sums_are_exact)
{
    expect_exact(row_at(at), &long_row, long_settings, 0.7);
}

Test(roles_exact, a_sequence_of_float32_rounds_long_sums)
{
    static const char *const values[ROLE_COUNT] = {
        [ROLE_WEIGHT] = "fx:s12.2", [ROLE_ACTIVATION] = "fx:u12.2", [ROLE_ACCUMULATOR] = "float32"};
    struct rig exact, rounded;

    rig_in_roles(&exact, &long_row, long_settings, "auto", 0);
    rig_in_roles(&rounded, &long_row, values, "auto", 0);
    rig_forward(&exact, true, 8, 8);
    rig_forward(&rounded, true, 8, 8);
    cr_assert(memcmp(exact.out.data, rounded.out.data, rig_size(&exact, &exact.out) * sizeof(float)) != 0);
    rig_close(&exact);
    rig_close(&rounded);
}

/* Every operand at an end of 16 bits. */
ROWS_TEST(roles_exact, sixteen_bits_at_their_ends_do_not_overflow)
{
    static const struct product_row rows[] = {{"dense", 6, 6, 64, 17, 3, 1, 1, 1},
                                              {"depthwise", 9, 9, 16, 16, 3, 1, 1, 16},
                                              {"strided", 9, 8, 33, 16, 3, 2, 1, 1}};
    static const char *const settings[][ROLE_COUNT] = {
        {[ROLE_WEIGHT] = "fx:s16.1", [ROLE_ACTIVATION] = "fx:u16.1", [ROLE_ERROR] = "fx:s16.-15"},
        {[ROLE_WEIGHT] = "fx:s16.1", [ROLE_ACTIVATION] = "fx:s16.1", [ROLE_ERROR] = "fx:u16.-15"},
        {[ROLE_WEIGHT] = "fx:s8.1", [ROLE_ACTIVATION] = "fx:s8.1", [ROLE_ERROR] = "fx:s8.-7"},
        {[ROLE_WEIGHT] = "fx:m15.1", [ROLE_ACTIVATION] = "fx:u15.1", [ROLE_ERROR] = "fx:s15.-14"}};
    const struct kernels *const k = row_at(at);

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (size_t j = 0; j < sizeof settings / sizeof settings[0]; j++)
            expect_exact(k, &rows[i], settings[j], 1e6);
}

/* A residual's sum: what is there, and one addition. */
Test(roles_exact, the_gradient_of_the_input_is_added_once)
{
    static const char *const settings[ROLE_COUNT] = {
        [ROLE_WEIGHT] = "fx:s8.1", [ROLE_ACTIVATION] = "fx:u8.2", [ROLE_ERROR] = "fx:s8.2"};
    struct rig r;

    rig_in_roles(&r, &product_rows[0], settings, "auto", 2);
    const size_t n = rig_size(&r, &r.in[0]);
    float *const before = malloc(n * sizeof *before), *const want = malloc(n * sizeof *want);
    rig_fill(before, n, 30, 1.0);
    rig_forward(&r, true, 8, 8);
    rig_backward(&r);
    for (size_t i = 0; i < n; i++)
        want[i] = before[i] + r.din[0].data[i];
    memcpy(r.din[0].data, before, n * sizeof *before);
    r.layer->type->backward(r.layer, (struct tensor *const[]){&r.din[0], NULL}, (const bool[]){true, false},
                            &r.dout, (struct tensor *const[]){&r.in[0], NULL}, &r.pass);
    expect_same(r.din[0].data, want, n, "sum");
    const struct range range = affine_range_of(want, n);
    cr_assert(r.din[0].range->lo == range.lo && r.din[0].range->hi == range.hi);
    free(before), free(want);
    rig_close(&r);
}

/* One operand on a grid, the others the recipe's: exact up to the corrections of the recipe's maps. */
ParameterizedTestParameters(roles_exact, a_grid_beside_the_recipes_codes_is_an_exact_accumulator)
{
    static struct operands rows[] = {
        {"fx:s8.1", "recipe", "recipe"},  {"recipe", "fx:u8.2", "recipe"},  {"recipe", "recipe", "fx:s12.2"},
        {"fx:s8.1", "fx:s8.2", "recipe"}, {"fx:s5.1", "recipe", "fx:s8.2"}, {"fp:e4m3fn", "recipe", "recipe"},
    };
    return cr_make_param_array(struct operands, rows, sizeof rows / sizeof rows[0]);
}
ParameterizedTest(struct operands *o, roles_exact, a_grid_beside_the_recipes_codes_is_an_exact_accumulator)
{
    for (size_t row = 0; row < sizeof product_rows / sizeof product_rows[0]; row++) {
        struct rig r[2];
        for (int i = 0; i < 2; i++) {
            const char *const settings[ROLE_COUNT] = {[ROLE_WEIGHT] = o->weight,
                                                      [ROLE_ACTIVATION] = o->activation,
                                                      [ROLE_ERROR] = o->error,
                                                      [ROLE_ACCUMULATOR] = i == 0 ? NULL : "exact"};
            rig_in_roles(&r[i], &product_rows[row], settings, i == 0 ? "auto" : "ref", i + 1);
            rig_forward(&r[i], true, 8, 8);
            rig_backward(&r[i]);
        }
        const struct {
            const float *got, *want;
            size_t n;
        } pairs[] = {
            {r[0].out.data, r[1].out.data, rig_size(&r[0], &r[0].out)},
            {r[0].din[0].data, r[1].din[0].data, rig_size(&r[0], &r[0].in[0])},
            {r[0].layer->params[0].grad, r[1].layer->params[0].grad, r[0].layer->params[0].size},
        };
        for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
            double *const want = malloc(pairs[i].n * sizeof *want);
            for (size_t j = 0; j < pairs[i].n; j++)
                want[j] = (double)pairs[i].want[j];
            cr_assert_lt(relative_error(pairs[i].got, want, pairs[i].n), 3e-7);
            free(want);
        }
        rig_close(&r[0]);
        rig_close(&r[1]);
    }
}

/* An accumulator role goes its own way: its results do not know of codes. */
Test(roles_exact, a_float32_accumulator_still_sums_in_float32)
{
    static const struct product_row wide = {"wide", 5, 6, 48, 20, 3, 1, 1, 1};
    static const char *const settings[2][ROLE_COUNT] = {
        {[ROLE_WEIGHT] = "fx:s8.1", [ROLE_ACTIVATION] = "fx:s8.2", [ROLE_ACCUMULATOR] = "fp:fp32:rne:inf"},
        {[ROLE_WEIGHT] = "fx:s8.1", [ROLE_ACTIVATION] = "fx:s8.2", [ROLE_ACCUMULATOR] = "float32"}};
    struct rig r[2];

    for (int i = 0; i < 2; i++) {
        rig_in_roles(&r[i], &wide, settings[i], "auto", 0);
        rig_forward(&r[i], true, 8, 8);
        rig_backward(&r[i]);
    }
    expect_same(r[0].out.data, r[1].out.data, rig_size(&r[0], &r[0].out), "output");
    expect_same_data(&r[0], &r[1], &wide);
    rig_close(&r[0]);
    rig_close(&r[1]);
}
