/* tests/sim/test_product.c - claims about products of two activations: they are what operations.h says, of values and
 * of codes; an attention's scores, a layer that this file defines, have right gradients and the same bits for any
 * number of threads. */
#include "sim/layers/layer_parts.h"
#include "sim/layers/params.h"
#include "tests/fixtures/devices.h"
#include "tests/fixtures/folder.h"

#include <math.h>

/* --- the operation ------------------------------------------------------------------------------- */

enum { N = 3, ROWS = 4, COLUMNS = 6, LENGTH = 5, OUT = N * ROWS * COLUMNS, MOST = N * COLUMNS * LENGTH };

/* An operand of N matrices [of][LENGTH], or [LENGTH][of]: codes under a map, or values. */
struct operand {
    struct affine map;
    uint16_t codes[MOST]; /* as bytes up to 8 bits */
    float values[MOST];
    bool transposed;
    int of;
};

static struct conv_operand fill(struct operand *o, int bits, uint32_t salt, float scale, float zero)
{
    o->map = (struct affine){.scale = scale, .zero = zero, .bits = bits};
    for (uint32_t i = 0; i < MOST; i++) {
        const uint32_t word = random_bits32((struct random_name){salt, 0, 0}, i);
        const uint32_t code = bits > 0 ? word >> (32 - bits) : 0;
        if (bits > 8)
            o->codes[i] = (uint16_t)code;
        else
            ((uint8_t *)o->codes)[i] = (uint8_t)code;
        o->values[i] = bits > 0 ? affine_value(&o->map, (float)code) : (float)(int32_t)word * 0x1p-31f;
    }
    return (struct conv_operand){bits > 0 ? (void *)o->codes : (void *)o->values, &o->map, bits};
}

static float value_of(const struct operand *o, int n, int i, int k)
{
    const float *m = o->values + n * o->of * LENGTH;
    return o->transposed ? m[k * o->of + i] : m[i * LENGTH + k];
}

static struct {
    int a_bits, b_bits;
} const kinds[] = {{0, 0}, {8, 0}, {0, 12}, {4, 8}, {12, 16}};

/* Maps whose products are exact in double: then a product of codes is the exact sum, rounded once. */
Test(product, of_values_and_codes_is_as_defined)
{
    static struct operand a, b;
    struct device *d = device_made("ref", 2);

    for (size_t kind = 0; kind < sizeof kinds / sizeof *kinds; kind++)
        for (int way = 0; way < 8; way++) {
            float out[OUT], before = 0.1f;
            struct range range;
            a.of = ROWS;
            b.of = COLUMNS;
            a.transposed = way & 1;
            b.transposed = way & 2;
            struct product_op op = {.out = out,
                                    .add = way & 4,
                                    .range = &range,
                                    .a = fill(&a, kinds[kind].a_bits, 1, 0.25f, -1.5f),
                                    .b = fill(&b, kinds[kind].b_bits, 2, 0.125f, 3.0f),
                                    .a_transposed = a.transposed,
                                    .b_transposed = b.transposed,
                                    .n = N,
                                    .rows = ROWS,
                                    .columns = COLUMNS,
                                    .length = LENGTH,
                                    .scale = 0.3};
            for (int i = 0; i < OUT; i++)
                out[i] = before;
            d->ops->product(d, &op);
            for (int at = 0; at < OUT; at++) {
                const int n = at / (ROWS * COLUMNS), i = at / COLUMNS % ROWS, j = at % COLUMNS;
                const bool exact = kinds[kind].a_bits > 0 && kinds[kind].b_bits > 0;
                double sum = 0;
                float chain = 0;
                for (int k = 0; k < LENGTH; k++) {
                    sum += (double)value_of(&a, n, i, k) * (double)value_of(&b, n, j, k);
                    chain = fmaf(value_of(&a, n, i, k), value_of(&b, n, j, k), chain);
                }
                const float y = (float)(0.3 * (exact ? sum : (double)chain)), want = op.add ? before + y : y;
                cr_assert(out[at] == want, "kind %zu, way %d, [%d][%d][%d]: %a, %a", kind, way, n, i, j,
                          (double)out[at], (double)want);
            }
            const struct range whole = affine_range_of(out, OUT);
            cr_assert(range.lo == whole.lo && range.hi == whole.hi);
        }
    device_close(d);
}

/* A map of any scale and zero: the four terms are the sum of decoded values but for their rounding. */
Test(product, of_codes_under_any_map_is_near_the_sum_of_their_values)
{
    static struct operand a = {.of = ROWS}, b = {.of = COLUMNS};
    float out[OUT];
    struct device *d = device_made("ref", 1);
    const struct product_op op = {.out = out,
                                  .a = fill(&a, 8, 5, 0.0137f, -0.91f),
                                  .b = fill(&b, 6, 6, 0.0731f, 0.333f),
                                  .n = N,
                                  .rows = ROWS,
                                  .columns = COLUMNS,
                                  .length = LENGTH,
                                  .scale = 1};
    d->ops->product(d, &op);
    for (int at = 0; at < OUT; at++) {
        double sum = 0, size = 0;
        for (int k = 0; k < LENGTH; k++) {
            const double term = (double)value_of(&a, at / (ROWS * COLUMNS), at / COLUMNS % ROWS, k) *
                                (double)value_of(&b, at / (ROWS * COLUMNS), at % COLUMNS, k);
            sum += term;
            size += fabs(term);
        }
        cr_assert(fabs((double)out[at] - sum) <= 3e-7 * size, "%g, %g", (double)out[at], sum);
    }
    device_close(d);
}

/* --- an attention's scores: [T][S] from queries [T][D] and keys [S][D] ---------------------------- */

enum { BATCH = 3, T = 4, S = 6, D = 5, FEATURES = 8 };

struct scores {
    struct layer base;
    struct conv_operand x[2], e; /* of the last forward pass */
    void *codes[3];
    struct affine *map[3];
};

static void scores_plan(struct layer *l, const struct memory_plan *p, struct arena *run)
{
    struct scores *s = (struct scores *)l;
    const size_t sizes[3] = {T * D, S * D, T * S};

    layer_claim_state(l, p, run);
    for (int i = 0; i < 3; i++) {
        s->codes[i] = arena_push(run, (size_t)p->batch * sizes[i] * sizeof(float));
        s->map[i] = arena_push(run, sizeof *s->map[i]);
    }
}

/* Operand i as its role says: codes on the format's grid, or the values themselves. */
static struct conv_operand take(struct scores *s, int i, const struct tensor *x, enum role role,
                                const struct pass *p)
{
    const struct role_setting *setting = &p->recipe->role[role];
    const struct role_moment now = pass_moment(p, &s->base);
    const struct role_tensor t = {(size_t)p->n, shape_size(x->shape), s->base.id, NULL};

    if (now.forward_bits == 0 || setting->way != ROLE_FORMAT) return (struct conv_operand){.data = x->data};
    struct quantize_op op = role_quantize(&t, setting, role, &now);
    cr_assert(role_grid(&op.map, setting, role, &now));
    op.codes = s->codes[i];
    op.map_out = s->map[i];
    op.x = x->data;
    p->device->ops->quantize(p->device, &op);
    return (struct conv_operand){s->codes[i], s->map[i], op.map.bits};
}

static const double scale = 0.44721359549995793; /* 1 / sqrt(D) */

static void scores_forward(struct layer *l, struct tensor *out, struct tensor *const in[],
                           const struct pass *p)
{
    struct scores *s = (struct scores *)l;
    s->x[0] = take(s, 0, in[0], ROLE_ACTIVATION, p);
    s->x[1] = take(s, 1, in[1], ROLE_ACTIVATION, p);
    p->device->ops->product(p->device, &(struct product_op){.out = out->data,
                                                            .range = out->range,
                                                            .a = s->x[0],
                                                            .b = s->x[1],
                                                            .n = p->n,
                                                            .rows = T,
                                                            .columns = S,
                                                            .length = D,
                                                            .scale = scale});
}

static void scores_backward(struct layer *l, struct tensor *const din[], const bool add[],
                            struct tensor *dout, struct tensor *const in[], const struct pass *p)
{
    struct scores *s = (struct scores *)l;
    struct product_op op = {.n = p->n, .columns = D, .scale = scale};

    (void)in;
    op.a = s->e = take(s, 2, dout, ROLE_ERROR, p);
    for (int i = 0; i < 2; i++) { /* of the queries, of the keys */
        op.out = din[i]->data;
        op.add = add[i];
        op.range = din[i]->range;
        op.b = s->x[1 - i];
        op.a_transposed = i == 1;
        op.b_transposed = true;
        op.rows = i == 0 ? T : S;
        op.length = i == 0 ? S : T;
        p->device->ops->product(p->device, &op);
    }
}

static const struct layer_type scores_type = {"scores", scores_plan, scores_forward, scores_backward, NULL};

static struct recipe recipe;

/* Queries and keys by linear layers, so that the gradients of both operands reach parameters. */
static void make(struct graph *g, const char *format, int threads)
{
    float values[1024], x[BATCH * FEATURES];

    must(recipe_find(&recipe, "cpt"));
    if (format) must(role_parse(&recipe.role[ROLE_ACTIVATION], ROLE_ACTIVATION, format));
    if (format) must(role_parse(&recipe.role[ROLE_ERROR], ROLE_ERROR, format));
    graph_init(g, (struct shape){1, 1, FEATURES});
    const int q = graph_add(g, layer_linear_new("q", g->input, T * D), GRAPH_INPUT, GRAPH_INPUT);
    const int k = graph_add(g, layer_linear_new("k", g->input, S * D), GRAPH_INPUT, GRAPH_INPUT);
    struct scores *s =
        layer_make(sizeof *s, &scores_type, "scores", (struct shape){1, 1, T * D}, (struct shape){T, 1, S});
    s->base.inputs = 2;
    s->base.keeps = 3;
    graph_add(g, &s->base, q, k);
    must(graph_plan(g, &(struct memory_plan){.device = device_made("auto", threads),
                                             .batch = BATCH,
                                             .forward_bits_max = 8,
                                             .backward_bits_max = 8,
                                             .recipe = &recipe,
                                             .training = true}));
    cr_assert(params_size(g) <= 1024);
    for (uint32_t i = 0; i < 1024; i++)
        values[i] = (float)random_bits32((struct random_name){4, 0, 0}, i) * 0x1p-32f - 0.5f;
    params_set(g, values);
    for (uint32_t i = 0; i < BATCH * FEATURES; i++)
        x[i] = (float)random_bits32((struct random_name){5, 0, 0}, i) * 0x1p-31f - 1.0f;
    graph_put(g, x, BATCH);
}

static double loss_of(struct graph *g, int bits, bool gradient)
{
    static const int targets[BATCH * T] = {0, 5, 2, 3, 1, 1, 4, 0, 2, 5, 3, 4};
    const struct pass p = {
        .device = g->plan.device, .recipe = &recipe, .n = BATCH, .widths = {bits, bits}, .training = true};
    graph_forward(g, &p);
    graph_loss(g, targets, BATCH, gradient);
    if (gradient) graph_backward(g, &p);
    return graph_loss_get(g).mean;
}

Test(product, scores_of_queries_and_keys_have_right_gradients)
{
    struct graph g;
    const float h = 1.0f / 128;
    make(&g, NULL, 2);
    loss_of(&g, 0, true);
    for (struct param_at at = params_begin(&g); at.param; params_next(&at))
        for (size_t i = 0; i < at.param->size; i++) {
            float *value = &at.param->value[i];
            const float was = *value;
            *value = was + h;
            const double above = loss_of(&g, 0, false);
            *value = was - h;
            const double below = loss_of(&g, 0, false);
            *value = was;
            const double slope = (above - below) / (2 * (double)h);
            cr_assert(fabs(slope - (double)at.param->grad[i]) < 1e-4, "%s.%s[%zu]: %g, %g", at.layer->name,
                      at.param->name, i, slope, (double)at.param->grad[i]);
        }
    graph_close(&g);
}

Test(product, scores_have_the_same_bits_for_any_number_of_threads)
{
    static const char *const formats[] = {NULL, "fx:s8.5", "fx:s12.8:sr8"};
    for (size_t f = 0; f < sizeof formats / sizeof *formats; f++)
        for (int threads = 2; threads <= 3; threads++) {
            struct graph one, many;
            make(&one, formats[f], 1);
            make(&many, formats[f], threads);
            cr_assert(loss_of(&one, 8, true) == loss_of(&many, 8, true));
            const struct scores *s = (const struct scores *)many.nodes[2].layer;
            cr_assert((s->x[0].bits > 0) == (f > 0) && (s->e.bits > 0) == (f > 0));
            for (struct param_at a = params_begin(&one), b = params_begin(&many); a.param;
                 params_next(&a), params_next(&b))
                cr_assert_eq(memcmp(a.param->grad, b.param->grad, a.param->size * sizeof(float)), 0, "%s",
                             a.param->name);
            graph_close(&one);
            graph_close(&many);
        }
}
