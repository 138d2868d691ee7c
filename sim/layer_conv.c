/* sim/layer_conv.c - the convolution of the published CPT code, with exact integer products.
 *
 *   Wq = Q_b(W; min/max of each output channel)
 *   Xq = Q_b(X; min/max of the whole batch when training, the running range otherwise)
 *   Y  = conv(Xq, Wq), where the padding is real 0, not the zero point
 *
 * With S = sum qx qw' and X1 = sum qx over the in-bounds taps, both exact integers, and n of those taps,
 *   y = sx sw S + sx zw' X1 + zx (sw sum(qw') + n zw'),
 * three terms in double and one rounding to float32. Backward: layer_conv_back.c.
 */
#include "sim/layer_conv.h"

#include <assert.h>
#include <string.h>

/* Parameters, codes and coefficients, for the widest code that a pass may ask for. */
static void conv_plan(struct layer *l, const struct plan *p, struct arena *run)
{
    struct conv *c = conv_of(l);
    const size_t weights = c->filter * (size_t)c->s.k, k = (size_t)c->s.k;
    const size_t batch = (size_t)p->batch, pixels = (size_t)c->s.oh * (size_t)c->s.ow;

    layer_claim_state(l, p, run);
    c->decodes = l->quantized && p->recipe != NULL && recipe_decodes(p->recipe);
    if (l->quantized && p->forward_bits_max > 0)
        c->x_saved = arena_push(run, batch * c->in_size * conv_saved_bytes(p->forward_bits_max, c->decodes));
    c->w_codes = arena_push(run, weights * sizeof(int16_t));
    c->w_values = arena_push(run, weights * sizeof(float));
    c->w = arena_push(run, k * sizeof(struct affine));
    c->w_range = arena_push(run, k * sizeof(struct range));
    c->alpha = arena_push(run, k * sizeof(double));
    c->beta = arena_push(run, k * sizeof(double));
    c->gamma = arena_push(run, pixels * k * sizeof(double));
    c->packed = arena_push(run, p->kernels->conv_packed_bytes(&c->s));
    l->scratch_bytes = conv_thread_bytes(c, p);
    if (c->decodes && p->recipe->role[ROLE_ACCUMULATOR].way == ROLE_FORMAT)
        l->scratch_bytes += conv_sum_bytes(c, p->batch);
    l->shared_bytes = p->training ? conv_backward_bytes(c, p) : 0;
}

/* One output channel: its map, decoded values and, up to 16 bits, centered codes. Returns the clipped count.
 */
static size_t quantize_filter(struct conv *c, int o, const struct pass *p)
{
    const int bits = p->forward_bits;
    const size_t n = c->filter, at = (size_t)o * n;
    const float *w = c->base.params[0].value + at;
    const struct kernels *k = p->kernels;

    c->w_range[o] = range_join(k->range(w, n), RANGE_EMPTY);
    c->w[o] = affine_of_range(c->w_range[o], bits, p->recipe->division, p->recipe->floor);
    if (bits > AFFINE_CODE_BITS) return affine_quantize(c->w_values + at, w, n, &c->w[o], NULL, 0);

    uint16_t *code = p->scratch[omp_get_thread_num()];
    const size_t clipped = k->encode(code, w, n, &c->w[o], NULL, 0);
    k->decode(c->w_values + at, (struct codes){code, bits}, n, &c->w[o]);
    for (size_t i = 0; i < n; i++)
        c->w_codes[at + i] =
            (int16_t)((code_bytes(bits) == 1 ? ((uint8_t *)code)[i] : code[i]) - (1 << (bits - 1)));
    return clipped;
}

static void quantize_weights(struct conv *c, const struct pass *p)
{
    struct layer_trace *trace = &c->base.trace;
    uint64_t clipped = 0;

#pragma omp parallel for schedule(static) num_threads(p->threads) reduction(+ : clipped)
    for (int o = 0; o < c->s.k; o++)
        clipped += quantize_filter(c, o, p);

    c->w_decoded = c->w_values;
    trace->weight = RANGE_EMPTY;
    trace->clipped_weight = clipped;
    trace->floored_channels = 0;
    for (int o = 0; o < c->s.k; o++) {
        trace->weight = range_join(trace->weight, c->w_range[o]);
        trace->floored_channels += c->w[o].floored;
    }
}

/* The activation's map: this batch's range, which also feeds the running one, or the running range alone. */
static struct affine activation_map(struct conv *c, const struct tensor *in, const struct pass *p)
{
    float *zero = c->base.buffers[0].value, *width = c->base.buffers[1].value;
    struct affine q;

    if (p->training) {
        const double momentum = p->recipe->range_momentum;
        q = affine_of_range(in->range, p->forward_bits, p->recipe->division, p->recipe->floor);
        *zero = affine_running(*zero, in->range.lo, momentum);
        *width = affine_running(*width, in->range.hi - in->range.lo, momentum);
    } else {
        q = affine_make(*zero, *width, p->forward_bits, p->recipe->division, p->recipe->floor);
    }
    c->base.trace.activation =
        (struct range){q.zero, q.zero + (p->training ? in->range.hi - in->range.lo : *width)};
    c->base.trace.floored_activation = q.floored;
    return q;
}

/* sums[tap] = sum of a filter's centered codes over its channels. */
static void sum_taps(int64_t sums[], const int16_t *w, const struct conv_shape *s)
{
    const int cg = s->c / s->groups;
    for (int tap = 0; tap < s->kernel * s->kernel; tap++) {
        sums[tap] = 0;
        for (int i = 0; i < cg; i++)
            sums[tap] += w[tap * cg + i];
    }
}

/* gamma[p][o] = zx (sw[o] sum(qw') + n zw'[o]) over the in-bounds taps of output p. */
static void fill_gamma(struct conv *c, int o, double zw)
{
    const struct conv_shape *s = &c->s;
    int64_t tap_sum[KERNEL_MAX * KERNEL_MAX];

    sum_taps(tap_sum, c->w_codes + (size_t)o * c->filter, s);
    for (int oy = 0; oy < s->oh; oy++)
        for (int ox = 0; ox < s->ow; ox++) {
            int64_t sum = 0, taps = 0;
            for (int ky = 0; ky < s->kernel; ky++)
                for (int kx = 0; kx < s->kernel; kx++) {
                    const int iy = oy * s->stride + ky - s->pad, ix = ox * s->stride + kx - s->pad;
                    if (iy < 0 || iy >= s->h || ix < 0 || ix >= s->w) continue;
                    sum += tap_sum[ky * s->kernel + kx];
                    taps += s->c / s->groups;
                }
            c->gamma[((size_t)oy * (size_t)s->ow + (size_t)ox) * (size_t)s->k + (size_t)o] =
                (double)c->x.zero * ((double)c->w[o].scale * (double)sum + (double)taps * zw);
        }
}

/* The three factors of an output's integer sums. */
static struct conv_epilogue make_epilogue(struct conv *c)
{
    const bool offset = c->x.zero != 0.0f;

    for (int o = 0; o < c->s.k; o++) {
        const struct affine *w = &c->w[o];
        const double zw = (double)w->zero + (double)w->scale * (double)(1 << (w->bits - 1));
        c->alpha[o] = (double)c->x.scale * (double)w->scale;
        c->beta[o] = (double)c->x.scale * zw;
        if (offset)
            fill_gamma(c, o, zw);
        else
            c->gamma[o] = 0.0;
    }
    return (struct conv_epilogue){c->alpha, c->beta, c->gamma, offset ? c->s.k : 0};
}

/* Where image n's sums for a batch norm go; running statistics need none. */
static double *sums_of(const struct tensor *out, int n, const struct pass *p)
{
    return out->sums && p->training ? out->sums + (size_t)n * 2 * (size_t)out->shape.c : NULL;
}

static void forward_integer(struct conv *c, struct tensor *out, const struct tensor *in, const struct pass *p)
{
    const struct kernels *k = p->kernels;
    const int bits = p->forward_bits;
    const size_t each = c->in_size * code_bytes(bits);
    const enum conv_path path = conv_path(bits, bits, (int64_t)c->filter);
    uint64_t clipped = 0;

    k->conv_int_pack(c->packed, c->w_codes, &c->s, path);
    const struct conv_epilogue e = make_epilogue(c);
#pragma omp parallel for schedule(static) num_threads(p->threads) reduction(+ : clipped)
    for (int n = 0; n < p->n; n++) {
        void *codes = (char *)c->x_saved + (size_t)n * each;
        clipped += k->encode(codes, in->data + (size_t)n * c->in_size, c->in_size, &c->x, NULL, 0);
        k->conv_int_forward(out->data + (size_t)n * c->out_size, sums_of(out, n, p),
                            (struct codes){codes, bits}, c->packed, &c->s, path, bits, &e,
                            p->scratch[omp_get_thread_num()]);
    }
    c->base.trace.clipped_activation = clipped;
}

/* x_saved: the recipe's codes, decoded. */
static void decode_input(struct conv *c, const struct tensor *in, const struct pass *p)
{
    uint64_t clipped = 0;

#pragma omp parallel for schedule(static) num_threads(p->threads) reduction(+ : clipped)
    for (int n = 0; n < p->n; n++) {
        const size_t at = (size_t)n * c->in_size;
        clipped += affine_quantize((float *)c->x_saved + at, in->data + at, c->in_size, &c->x, NULL, 0);
    }
    c->base.trace.clipped_activation = clipped;
}

/* float32, decoded values of more than 16 bits (binary32 carries all that there is to carry) or values of
 * whatever formats the roles have. */
static void forward_float(struct conv *c, struct tensor *out, const float *x, const struct pass *p)
{
    const struct kernels *k = p->kernels;

    if (conv_role(c, ROLE_ACCUMULATOR, p)->way == ROLE_FORMAT) {
        conv_sum_forward(c, out, p->training, x, p);
        return;
    }
    k->conv_float_pack(c->packed, c->w_decoded, &c->s);
#pragma omp parallel for schedule(static) num_threads(p->threads)
    for (int n = 0; n < p->n; n++)
        k->conv_float_forward(out->data + (size_t)n * c->out_size, sums_of(out, n, p),
                              x + (size_t)n * c->in_size, c->packed, &c->s, p->scratch[omp_get_thread_num()]);
}

/* The operands as this pass reads them: weights, and what is known of the input before it is encoded. */
static void take_operands(struct conv *c, const struct tensor *in, const struct pass *p)
{
    c->forward_bits = c->base.quantized ? p->forward_bits : 0;
    c->decoded = c->forward_bits > 0 && recipe_decodes(p->recipe);
    assert(c->decodes || !c->decoded);
    c->w_decoded = c->base.params[0].value;
    if (c->forward_bits == 0) return;
    if (conv_role(c, ROLE_WEIGHT, p)->way == ROLE_RECIPE)
        quantize_weights(c, p);
    else
        conv_role_weights(c, p);
    if (conv_role(c, ROLE_ACTIVATION, p)->way != ROLE_RECIPE) {
        conv_role_input(c, in, p);
        return;
    }
    c->x = activation_map(c, in, p);
    if (!conv_saved_codes(c)) decode_input(c, in, p);
}

static void conv_forward(struct layer *l, struct tensor *out, struct tensor *const in[], const struct pass *p)
{
    struct conv *c = conv_of(l);

    take_operands(c, in[0], p);
    if (conv_saved_codes(c))
        forward_integer(c, out, in[0], p);
    else
        forward_float(c, out, c->forward_bits > 0 ? c->x_saved : in[0]->data, p);
    if (out->wants_range) out->range = range_over_images(out->data, c->out_size, p);
}

static struct work conv_work(const struct layer *l)
{
    const struct conv *c = (const struct conv *)l;
    return (struct work){.macs = (double)c->out_size * (double)c->filter};
}

static const struct layer_type conv_type = {"conv", conv_plan, conv_forward, conv_backward, conv_work};

struct layer *layer_conv_new(const char *name, struct shape in, int filters, int kernel, int stride, int pad,
                             int groups, bool quantized)
{
    const struct conv_shape s = conv_shape_make(in.h, in.w, in.c, filters, kernel, stride, pad, groups);
    struct conv *c = layer_make(sizeof *c, &conv_type, name, in, (struct shape){s.oh, s.ow, filters});

    assert(kernel <= KERNEL_MAX && in.c % groups == 0 && filters % groups == 0 && s.oh > 0 && s.ow > 0);
    c->s = s;
    c->in_size = shape_size(in);
    c->out_size = shape_size(c->base.out);
    c->filter = (size_t)(kernel * kernel * (in.c / groups));
    layer_add_param(&c->base, "weight", c->filter * (size_t)filters);
    c->base.params[0].row = (size_t)(in.c / groups);
    if (quantized) {
        layer_add_buffer(&c->base, "quantize_input.running_zero_point", 1);
        layer_add_buffer(&c->base, "quantize_input.running_range", 1);
    }
    c->base.quantized = quantized;
    c->base.wants_error_range = quantized;
    c->base.keeps_input = !quantized;
    return &c->base;
}

const struct conv_shape *layer_conv_shape(const struct layer *l)
{
    return l->type == &conv_type ? &((const struct conv *)l)->s : NULL;
}
