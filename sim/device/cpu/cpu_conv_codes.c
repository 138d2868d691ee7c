/* sim/device/cpu/cpu_conv_codes.c - a convolution's operands as codes or decoded values.
 *
 *   Wq = Q_b(W; min/max of each output channel)
 *   Xq = Q_b(X; min/max of the whole batch when training, the running range otherwise)
 *   Eq = Qstoch_bg(E; min/max of the whole tensor)
 *
 * Source: Fu et al., ICLR 2021, published code; the quantizer: quant/affine.h.
 */
#include "sim/device/cpu/cpu_conv.h"

/* --- weights --- */

/* Centered codes of filter o's weights under its map; they stand in this member's scratch as well, as encode
 * left them. Returns the clipped count. */
static size_t encode_filter(struct seat me, const struct cpu *c, const struct conv_weights *w, size_t o,
                            const float *value, size_t n)
{
    const struct affine *map = &w->map[o];
    int16_t *centered = w->codes + o * n;
    uint16_t *code = c->mine[me.index];
    const size_t clipped = c->kernels->encode(code, value, n, map, NULL, 0);

    for (size_t i = 0; i < n; i++)
        centered[i] =
            (int16_t)((code_bytes(map->bits) == 1 ? ((uint8_t *)code)[i] : code[i]) - (1 << (map->bits - 1)));
    return clipped;
}

/* One output channel: its map, decoded values and, up to 16 bits, centered codes. Returns the clipped count. */
static size_t quantize_filter(struct seat me, const struct cpu *c, const struct conv_weights_op *op, size_t o)
{
    const struct conv_weights *w = &op->w;
    const int bits = op->rule.bits;
    const size_t n = conv_filter_size(op->shape);
    const float *value = op->value + o * n;

    w->range[o] = affine_range_join(c->kernels->range(value, n), AFFINE_RANGE_EMPTY);
    w->map[o] = affine_of_range(w->range[o], bits, op->rule.division, op->rule.floor);
    if (bits > AFFINE_CODE_BITS) return affine_quantize(w->values + o * n, value, n, &w->map[o], NULL, 0);

    const size_t clipped = encode_filter(me, c, w, o, value, n);
    c->kernels->decode(w->values + o * n, (struct codes){c->mine[me.index], bits}, n, &w->map[o]);
    return clipped;
}

static void weights_task(struct seat me, void *args)
{
    const struct cpu_task *t = args;
    const struct conv_weights_op *op = t->op;
    const struct share s = team_share(me, (size_t)op->shape->k);
    struct range range = AFFINE_RANGE_EMPTY;
    uint64_t clipped = 0, floored = 0;

    for (size_t o = s.first; o < s.end; o++) {
        clipped += quantize_filter(me, t->cpu, op, o);
        range = affine_range_join(range, op->w.range[o]);
        floored += op->w.map[o].floored;
    }
    range = team_join(me, range);
    clipped = team_sum(me, clipped);
    floored = team_sum(me, floored);
    if (me.index != 0) return;
    op->trace->weight = range;
    op->trace->clipped_weight = clipped;
    op->trace->floored_channels = (int)floored;
}

void cpu_conv_weights(struct device *d, const struct conv_weights_op *op)
{
    cpu_run(d, weights_task, op, NULL);
}

/* Codes of values that are on the grid of the map: nothing is lost, nothing clipped. */
static void weights_grid_task(struct seat me, void *args)
{
    const struct cpu_task *t = args;
    const struct conv_weights_grid_op *op = t->op;
    const size_t n = conv_filter_size(op->shape);
    const struct share s = team_share(me, (size_t)op->shape->k);

    for (size_t o = s.first; o < s.end; o++) {
        op->w.map[o] = op->map;
        encode_filter(me, t->cpu, &op->w, o, op->w.values + o * n, n);
    }
}

void cpu_conv_weights_grid(struct device *d, const struct conv_weights_grid_op *op)
{
    cpu_run(d, weights_grid_task, op, NULL);
}

/* --- input --- */

/* A few operations: not worth a task. */
void cpu_conv_input_map(struct device *d, const struct conv_input_map_op *op)
{
    const struct affine_rule *rule = &op->rule;
    struct affine q;

    (void)d;
    if (op->training) {
        const float width = op->range->hi - op->range->lo;
        q = affine_of_range(*op->range, rule->bits, rule->division, rule->floor);
        *op->zero = affine_running(*op->zero, op->range->lo, op->momentum);
        *op->width = affine_running(*op->width, width, op->momentum);
        op->trace->activation = (struct range){q.zero, q.zero + width};
    } else {
        q = affine_make(*op->zero, *op->width, rule->bits, rule->division, rule->floor);
        op->trace->activation = (struct range){q.zero, q.zero + *op->width};
    }
    op->trace->floored_activation = q.floored;
    *op->map = q;
}

size_t conv_encode_image(const struct cpu *c, const struct conv_input_op *op, size_t n)
{
    const struct conv_shape *s = op->shape;
    const size_t each = conv_in_size(s), at = n * each;
    const struct deferred *d = op->deferred;
    const struct affine *map = op->x.map;

    if (op->x.bits == 0) /* values are asked for, or there are no codes so wide */
        return affine_quantize((float *)op->x.data + at, op->in + at, each, map, NULL, 0);
    void *codes = (char *)op->x.data + at * code_bytes(op->bits);
    if (!d) return c->kernels->encode(codes, op->in + at, each, map, NULL, 0);
    return c->kernels->norm_encode(&(struct norm_encode_call){.codes = codes,
                                                              .positive = d->positive + n * d->mask_bytes,
                                                              .y = d->y + at,
                                                              .scale = d->scale,
                                                              .shift = d->shift,
                                                              .pixels = (size_t)s->h * (size_t)s->w,
                                                              .c = s->c,
                                                              .relu = d->relu,
                                                              .ceiling = d->ceiling,
                                                              .q = map});
}

uint64_t conv_encode_share(struct seat me, const struct cpu *c, const struct conv_input_op *op)
{
    struct deal images = team_deal(me, (size_t)op->n);
    uint64_t clipped = 0;

    for (size_t n; team_next(&n, me, &images);)
        clipped += conv_encode_image(c, op, n);
    return clipped;
}

static void input_task(struct seat me, void *args)
{
    const struct cpu_task *t = args;
    const struct conv_input_op *op = t->op;
    const uint64_t clipped = team_sum(me, conv_encode_share(me, t->cpu, op));

    if (me.index == 0) *op->clipped = clipped;
}

void cpu_conv_input(struct device *d, const struct conv_input_op *op)
{
    cpu_run(d, input_task, op, NULL);
}

/* --- error --- */

/* Rows of one image's error. Returns the clipped count. */
static size_t encode_error(const struct cpu *c, const struct conv_error_op *op, const struct affine *q,
                           size_t image, struct conv_rows rows)
{
    const size_t each = conv_out_size(op->shape), row = each / (size_t)op->shape->oh;
    const uint64_t first = (uint64_t)image * each + (uint64_t)rows.first * row;
    const size_t size = (size_t)rows.count * row;
    const struct random_name *noise = op->stochastic ? &op->random : NULL;
    float *e = op->error + first;

    if (q->bits > AFFINE_CODE_BITS) return affine_quantize(e, e, size, q, noise, first);
    void *codes = (char *)op->e.data + first * code_bytes(q->bits);
    const size_t clipped = c->kernels->encode(codes, e, size, q, noise, first);
    if (op->values) c->kernels->decode(e, (struct codes){codes, q->bits}, size, q);
    return clipped;
}

static void error_task(struct seat me, void *args)
{
    const struct cpu_task *t = args;
    const struct conv_error_op *op = t->op;
    const struct affine q = affine_of_range(*op->range, op->rule.bits, op->rule.division, op->rule.floor);
    const int pieces = conv_pieces(me, op->n, op->shape->oh);
    struct deal parts = team_deal(me, (size_t)op->n * (size_t)pieces);
    uint64_t clipped = 0;

    for (size_t i; team_next(&i, me, &parts);)
        clipped += encode_error(t->cpu, op, &q, i / (size_t)pieces,
                                conv_piece((int)(i % (size_t)pieces), pieces, op->shape->oh));
    clipped = team_sum(me, clipped);
    if (me.index != 0) return;
    *op->e.map = q;
    op->trace->error = *op->range;
    op->trace->clipped_error = clipped;
    op->trace->floored_error = q.floored;
}

void cpu_conv_error(struct device *d, const struct conv_error_op *op)
{
    cpu_run(d, error_task, op, NULL);
}

/* --- what the float products read --- */

const float *conv_values(const struct cpu *c, const struct conv_operand *x, size_t n, size_t each,
                         float *room)
{
    const size_t at = n * each;

    if (x->bits == 0) return (const float *)x->data + at;
    c->kernels->decode(room, (struct codes){(const char *)x->data + at * code_bytes(x->bits), x->bits}, each,
                       x->map);
    return room;
}
