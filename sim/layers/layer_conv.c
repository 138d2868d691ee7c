/* sim/layers/layer_conv.c - the convolution of the published CPT code: its operands, and which product
 * takes them.
 *
 *   Wq = Q_b(W; min/max of each output channel)
 *   Xq = Q_b(X; min/max of the whole batch when training, the running range otherwise)
 *   Y  = conv(Xq, Wq), where the padding is real 0, not the zero point
 *
 * Products of codes are exact: layer_conv_int.c. Operands by their roles: layer_conv_role.c. Backward:
 * layer_conv_back.c.
 */
#include "sim/layers/layer_conv.h"

#include "sim/kernels/flip.h"

#include <assert.h>
#include <string.h>

/* The coefficients of a product, and what backward-data in integers needs: its outputs are the input. */
static void claim_coefficients(struct conv *c, struct arena *run)
{
    const size_t outputs = c->flips && c->s.c > c->s.k ? (size_t)c->s.c : (size_t)c->s.k;
    const size_t all = c->flips && c->in_size > c->out_size ? c->in_size : c->out_size;

    c->alpha = arena_push(run, outputs * sizeof(double));
    c->beta = arena_push(run, outputs * sizeof(double));
    c->gamma = arena_push(run, all * sizeof(double));
}

/* Parameters, codes and coefficients, for the widest code that a pass may ask for. */
static void conv_plan(struct layer *l, const struct plan *p, struct arena *run)
{
    struct conv *c = conv_of(l);
    const size_t weights = c->filter * (size_t)c->s.k, k = (size_t)c->s.k, batch = (size_t)p->batch;
    const bool decodes = l->quantized && p->recipe != NULL && recipe_decodes(p->recipe);

    layer_claim_state(l, p, run);
    c->decodes = decodes;
    c->flips =
        decodes && p->training && p->recipe->role[ROLE_WEIGHT].way == ROLE_FORMAT && flip_covers(&c->s);
    if (l->quantized && p->forward_bits_max > 0)
        c->x_saved = arena_push(run, batch * c->in_size * conv_saved_bytes(p->forward_bits_max, decodes));
    c->w_codes = arena_push(run, weights * sizeof(int16_t));
    c->flipped = arena_push(run, c->flips ? weights * sizeof(int16_t) : 0);
    c->w_values = arena_push(run, weights * sizeof(float));
    c->w = arena_push(run, k * sizeof(struct affine));
    c->w_range = arena_push(run, k * sizeof(struct range));
    claim_coefficients(c, run);
    c->packed = arena_push(run, conv_packed_bytes(c, p->kernels));
    l->scratch_bytes = conv_thread_bytes(c, p);
    if (decodes && p->recipe->role[ROLE_ACCUMULATOR].way == ROLE_FORMAT)
        l->scratch_bytes += conv_sum_bytes(c, p->batch);
    l->shared_bytes = p->training ? conv_backward_bytes(c, p) : 0;
}

/* One output channel: its map, decoded values and, up to 16 bits, centered codes. Returns the clipped
 * count. */
static size_t quantize_filter(struct conv *c, int o, const struct pass *p)
{
    const int bits = p->forward_bits;
    const size_t n = c->filter, at = (size_t)o * n;
    const float *w = c->base.params[0].value + at;

    c->w_range[o] = range_join(p->kernels->range(w, n), RANGE_EMPTY);
    c->w[o] = affine_of_range(c->w_range[o], bits, p->recipe->division, p->recipe->floor);
    if (bits > AFFINE_CODE_BITS) return affine_quantize(c->w_values + at, w, n, &c->w[o], NULL, 0);

    const size_t clipped = conv_encode_filter(c, o, p, w);
    const struct codes codes = {p->scratch[omp_get_thread_num()], bits};
    p->kernels->decode(c->w_values + at, codes, n, &c->w[o]);
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

/* x_saved: the recipe's codes. */
static void encode_input(struct conv *c, const struct tensor *in, const struct pass *p)
{
    uint64_t clipped = 0;

#pragma omp parallel for schedule(static) num_threads(p->threads) reduction(+ : clipped)
    for (int n = 0; n < p->n; n++)
        clipped += conv_encode_image(c, in, n, p);
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

void conv_note_image(struct conv_notes notes, const float *y, const struct conv_shape *s)
{
    if (!notes.at) return;
    conv_notes_clear(notes.at, s->k);
    for (int p = 0; p < s->oh * s->ow; p++, y += s->k)
        for (int o = 0; o < s->k; o++)
            conv_notes_add(notes, s->k, o, y[o]);
}

void conv_note_images(const struct conv *c, const struct tensor *out, const struct pass *p)
{
#pragma omp parallel for schedule(static) num_threads(p->threads)
    for (int n = 0; n < p->n; n++)
        conv_note_image(conv_notes_of(out, n, p), out->data + (size_t)n * c->out_size, &c->s);
}

/* float32, decoded values of more than 16 bits (binary32 carries all that there is to carry) or values of
 * whatever formats the roles have. The recipe's input, if it is codes, is encoded here. */
static uint64_t forward_float(struct conv *c, struct tensor *out, const struct tensor *in, bool encodes,
                              const struct pass *p)
{
    const struct kernels *k = p->kernels;
    uint64_t clipped = 0;

    if (conv_role(c, ROLE_ACCUMULATOR, p)->way == ROLE_FORMAT) {
        conv_sum_forward(c, out, c->x_saved, p);
        return 0;
    }
    k->conv_float_pack(c->packed, c->w_decoded, &c->s);
    const int pieces = conv_pieces(p, c->s.oh);
    const struct conv_notes nothing = {0};
#pragma omp parallel for schedule(static) num_threads(p->threads) reduction(+ : clipped)
    for (int i = 0; i < p->n * pieces; i++) {
        const int n = i / pieces;
        if (encodes) clipped += conv_encode_image(c, in, n, p);
        k->conv_float_forward(out->data + (size_t)n * c->out_size,
                              pieces == 1 ? conv_notes_of(out, n, p) : nothing,
                              conv_input_values(c, in, n, p), c->packed, &c->s,
                              conv_piece(i % pieces, pieces, c->s.oh), p->scratch[omp_get_thread_num()]);
    }
    if (pieces > 1) conv_note_images(c, out, p);
    return clipped;
}

static void take_weights(struct conv *c, const struct pass *p)
{
    c->w_decoded = c->base.params[0].value;
    c->w_coded = c->w_shared = false;
    if (c->forward_bits == 0) return;
    if (conv_role(c, ROLE_WEIGHT, p)->way != ROLE_RECIPE) {
        conv_role_weights(c, p);
        return;
    }
    quantize_weights(c, p);
    c->w_coded = conv_takes_codes(c, p) && c->forward_bits <= AFFINE_CODE_BITS;
}

bool layer_conv_makes_codes(const struct layer *l, const struct pass *p)
{
    return l->quantized && p->forward_bits > 0 && p->forward_bits <= AFFINE_CODE_BITS &&
           recipe_codes_activations(p->recipe);
}

/* The input as this pass reads it, except that the recipe's codes are made by the product, image by image,
 * while each is in the cache: true if it has to. Threads that share an image need its codes before. */
static bool take_input(struct conv *c, const struct tensor *in, const struct pass *p)
{
    c->x_coded = false;
    if (c->forward_bits == 0) return false;
    if (conv_role(c, ROLE_ACTIVATION, p)->way != ROLE_RECIPE) {
        conv_role_input(c, in, p);
        return false;
    }
    c->x = activation_map(c, in, p);
    c->x_coded = layer_conv_makes_codes(&c->base, p);
    if (c->x_coded && conv_pieces(p, c->s.oh) == 1) return true;
    if (c->x_coded)
        encode_input(c, in, p);
    else
        decode_input(c, in, p);
    return false;
}

static void conv_forward(struct layer *l, struct tensor *out, struct tensor *const in[], const struct pass *p)
{
    struct conv *c = conv_of(l);

    c->forward_bits = l->quantized ? p->forward_bits : 0;
    assert(c->decodes || c->forward_bits == 0 || !recipe_decodes(p->recipe));
    take_weights(c, p);
    const bool encodes = take_input(c, in[0], p);
    const uint64_t clipped = c->x_coded && c->w_coded ? conv_int_forward(c, out, in[0], encodes, p)
                                                      : forward_float(c, out, in[0], encodes, p);
    if (encodes) l->trace.clipped_activation = clipped;
    if (out->wants_range) out->range = range_over_images(out->data, c->out_size, p);
}

static void conv_facts(struct layer_facts *out, const struct layer *l)
{
    const struct conv *c = (const struct conv *)l;

    out->kind = LAYER_CONV;
    out->conv = &c->s;
    out->macs = (double)c->out_size * (double)c->filter;
}

static const struct layer_type conv_type = {"conv", conv_plan, conv_forward, conv_backward, conv_facts};

struct layer *layer_conv_new(const char *name, struct shape in, int filters, int kernel, int stride, int pad,
                             int groups, bool quantized)
{
    const struct conv_shape s = conv_shape_make(in.h, in.w, in.c, filters, kernel, stride, pad, groups);
    struct conv *c = layer_make(sizeof *c, &conv_type, name, in, (struct shape){s.oh, s.ow, filters});

    assert(kernel <= KERNEL_MAX && in.c % groups == 0 && filters % groups == 0 && s.oh > 0 && s.ow > 0);
    c->s = s;
    c->in_size = shape_size(in);
    c->out_size = shape_size(c->base.out);
    c->filter = (size_t)kernel * (size_t)kernel * (size_t)(in.c / groups);
    layer_add_param(&c->base, "weight", c->filter * (size_t)filters);
    c->base.params[0].row = (size_t)(in.c / groups);
    if (quantized) {
        layer_add_buffer(&c->base, "quantize_input.running_zero_point", 1);
        layer_add_buffer(&c->base, "quantize_input.running_range", 1);
    }
    c->base.quantized = quantized;
    c->base.takes_deferred = quantized;
    c->base.wants_error_range = quantized;
    c->base.keeps_input = !quantized;
    return &c->base;
}
