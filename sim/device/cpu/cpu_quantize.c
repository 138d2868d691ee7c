/* sim/device/cpu/cpu_quantize.c - a tensor through any number format, as values or as codes on a grid. */
#include "sim/device/cpu/cpu.h"

#include "quant/element.h"

/* How a tensor is cut into pieces for the members: spans of rows; rows that hold whole blocks are one run. */
struct cut {
    size_t rows, row;    /* as the formats' blocks see it */
    size_t stride;       /* from one row's first element to the next one's, as random bits are numbered */
    size_t piece, count; /* elements (one row) or rows (several) of a piece; pieces */
};

static struct cut cut_make(size_t rows, size_t row, size_t block)
{
    enum { PIECE = 16384 };
    const bool one = block == 1 || block == SIZE_MAX || row % block == 0;
    struct cut c = {.rows = one ? 1 : rows, .row = one ? rows * row : row};

    c.stride = one ? c.row : (c.row + block - 1) / block * block;
    c.piece = !one                ? (PIECE + c.row - 1) / c.row
              : block == SIZE_MAX ? PIECE
                                  : (PIECE + block - 1) / block * block;
    c.count = ((one ? c.row : c.rows) + c.piece - 1) / c.piece;
    return c;
}

/* Take the range of the whole tensor into the quantizer. Without infinities and NaN its two ends say it all. */
static void measure(struct quantizer *q, const struct quantize_op *op)
{
    const size_t n = op->rows * op->row;
    const struct range r = op->known ? *op->known : affine_range_of(op->x, n);
    const float ends[2] = {r.lo, r.hi};

    if (r.lo - r.lo == 0.0f && r.hi - r.hi == 0.0f)
        quantizer_measure_f32(q, ends, 2);
    else
        quantizer_measure_f32(q, op->x, n);
}

/* --- values --- */

static void apply_piece(const struct quantizer *q, const struct quantize_op *op, const struct cut *c,
                        size_t i, struct tally *tally)
{
    const size_t begin = i * c->piece, whole = c->rows == 1 ? c->row : c->rows;
    const size_t end = whole - begin < c->piece ? whole : begin + c->piece;

    if (c->rows == 1) {
        quantizer_apply_f32(q, op->y + begin, op->x + begin, end - begin, (struct draw){op->random, begin},
                            tally);
        return;
    }
    for (size_t r = begin; r < end; r++)
        quantizer_apply_f32(q, op->y + r * c->row, op->x + r * c->row, c->row,
                            (struct draw){op->random, r * c->stride}, tally);
}

static void values_task(struct seat me, void *args)
{
    const struct cpu_task *t = args;
    const struct quantize_op *op = t->op;
    const struct quantizer *q = t->more;
    const struct cut c = cut_make(op->rows, op->row, block_length(&q->format));
    struct deal pieces = team_deal(me, c.count);
    const bool counts = op->overflow && element_is_family(q->format.family);
    uint64_t overflow = 0;

    for (size_t i; team_next(&i, me, &pieces);) {
        struct tally tally = {0};
        apply_piece(q, op, &c, i, counts ? &tally : NULL);
        overflow += tally.overflow;
    }
    overflow = team_sum(me, overflow);
    if (op->overflow && me.index == 0) *op->overflow = overflow;
}

/* --- codes --- */

/* How many elements overflow: what a tally counts, without its sums, which cost more than the quantizer. Only
 * values beyond the ends of the format can. */
static uint64_t overflow_of(const struct quantizer *q, const float *x, size_t n, struct draw draw)
{
    const double lowest = q->constants.lowest, highest = q->constants.highest;
    uint64_t count = 0;

    for (size_t i = 0; i < n; i++) {
        const double v = (double)x[i];
        if (v >= lowest && v <= highest) continue;
        const uint32_t random = draw_bits(draw.name, draw.first + i, q->format.random_bits);
        count += (element_encode(&q->format, number_of_double(v), random).outcome & OUTCOME_OVERFLOW) != 0;
    }
    return count;
}

static void codes_task(struct seat me, void *args)
{
    enum { PIECE = 4096 }; /* of the member's stack, and a multiple of what the SIMD kernels take at once */
    const struct cpu_task *t = args;
    const struct quantize_op *op = t->op;
    const struct quantizer *q = t->more;
    const size_t n = op->rows * op->row;
    struct deal pieces = team_deal(me, (n + PIECE - 1) / PIECE);
    const bool counts = op->overflow && element_is_family(q->format.family);
    uint64_t overflow = 0;

    for (size_t piece; team_next(&piece, me, &pieces);) {
        const size_t i = piece * PIECE;
        const size_t size = n - i < PIECE ? n - i : PIECE;
        float value[PIECE];
        const struct draw draw = {op->random, i};
        quantizer_apply_f32(q, value, op->x + i, size, draw, NULL);
        t->cpu->kernels->encode((char *)op->codes + i * code_bytes(op->map.bits), value, size, &op->map, NULL,
                                0);
        if (counts) overflow += overflow_of(q, op->x + i, size, draw);
    }
    overflow = team_sum(me, overflow);
    if (op->overflow && me.index == 0) *op->overflow = overflow;
}

void cpu_quantize(struct device *d, const struct quantize_op *op)
{
    struct quantizer q = op->quantizer;

    if (op->map_out) *op->map_out = op->map;
    if (quantizer_needs_measure(&q.format)) measure(&q, op);
    cpu_run(d, op->codes ? codes_task : values_task, op, &q);
}

/* --- what is told of roles --- */

void cpu_trace_weights(struct device *d, const struct trace_weights_op *op)
{
    op->trace->weight = affine_range_join(cpu_of(d)->kernels->range(op->value, op->size), AFFINE_RANGE_EMPTY);
    op->trace->clipped_weight = 0;
    op->trace->floored_channels = 0;
}

void cpu_trace_activation(struct device *d, const struct trace_range_op *op)
{
    (void)d;
    op->trace->activation = *op->range;
    op->trace->clipped_activation = 0;
    op->trace->floored_activation = false;
}

void cpu_trace_error(struct device *d, const struct trace_range_op *op)
{
    (void)d;
    op->trace->error = *op->range;
    op->trace->clipped_error = 0;
    op->trace->floored_error = false;
}
