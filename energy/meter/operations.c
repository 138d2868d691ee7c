/* energy/meter/operations.c - operations and traffic of elementwise layers, quantizers and optimizers. */
#include "energy/meter/operations.h"

#include "sim/method/widths.h"

#include <math.h>

/* Operations for one element. */
struct rate {
    double multiplies, adds;
};

/* Mean (1 add), variance of centred values (2 add, 1 multiply), normalize and scale (2 add, 2 multiply). */
static const struct rate norm_forward = {3, 5};
/* Sums of d and of d x (3 add, 2 multiply with x found again), then gain (d - mean - x mean) (3 add, 4). */
static const struct rate norm_backward = {6, 6};
static const struct rate relu = {0, 1};     /* compare; on the way back select */
static const struct rate residual = {0, 1}; /* add; on the way back two errors meet */
static const struct rate quantize = {1, 4}; /* smallest, largest, scale, round, clip */
static const struct rate clip_mask = {0, 1};
static const struct rate scale = {1, 0};
static const struct rate compare = {0, 1};
static const struct rate sgd_momentum = {3, 3}; /* weight decay, momentum, step: each multiplies and adds */
static const struct rate adam = {11,
                                 5}; /* two moments (5, 2), corrections, root, quotient (4, 1), step, decay */

static void add(struct operations *o, struct rate r, double elements)
{
    o->multiplies += r.multiplies * elements;
    o->adds += r.adds * elements;
}

/* --- widths in DRAM --- */

/* Of a value that a schedule's `bits` describe. */
static double stored(const struct hardware *h, const struct workload_layer *l, int bits)
{
    return hardware_stored_bits(h, widths_real(l->quantized ? bits : WIDTH_FLOAT32));
}

/* --- elementwise layers --- */

static struct operations norm_operations(const struct workload_layer *l, double images, struct operands bits,
                                         const struct hardware *h)
{
    const double n = (double)l->count * workload_outputs(l) * images;
    const double activation = stored(h, l, bits.activation), error = stored(h, l, bits.error);
    const double sum = hardware_stored_bits(h, h->training.output_bits); /* the convolution's result */
    const double mask = l->relu && !h->mapping.fuse_relu ? n : 0;
    struct operations o = {.read_bits = mask, .written_bits = mask};

    add(&o, norm_forward, n);
    add(&o, norm_backward, n);
    if (l->relu) add(&o, relu, 2 * n);
    if (l->residual) {
        add(&o, residual, 2 * n);
        o.read_bits += n * (activation + error);
    }
    if (!h->mapping.fuse_norm) {
        o.read_bits += 2 * n * sum; /* statistics, then normalize */
        o.written_bits += n * activation;
        o.read_bits += 2 * n * error + n * sum; /* sums, then the error */
        o.written_bits += n * error;
    }
    return o;
}

static struct operations pool_operations(const struct workload_layer *l, double images, struct operands bits,
                                         const struct hardware *h)
{
    const double times = (double)l->count * images, taps = (double)(l->kernel_h * l->kernel_w);
    const double in = times * workload_inputs(l), out = times * workload_outputs(l);
    const double activation = stored(h, l, bits.activation), error = stored(h, l, bits.error);
    const double index = l->maximum ? out * ceil(log2(taps)) : 0; /* which one was the largest */
    struct operations o = {.read_bits = index + in * activation + out * error,
                           .written_bits = index + out * activation + in * error};

    add(&o, compare, l->maximum ? out * (taps - 1) : out * taps);
    add(&o, l->maximum ? compare : scale, l->maximum ? out : 2 * out);
    return o;
}

static struct operations elementwise(const struct workload_layer *l, double images, struct operands bits,
                                     const struct hardware *h)
{
    switch (l->kind) {
    case WORKLOAD_NORM:
        return norm_operations(l, images, bits, h);
    case WORKLOAD_POOL:
        return pool_operations(l, images, bits, h);
    default:
        return (struct operations){0};
    }
}

/* --- quantizers --- */

/* Activations and errors leave the batch norm before them quantized; only weights and the network's input
 * travel on their own account. */
static struct operations quantizers(const struct workload_layer *l, double images, struct operands bits,
                                    const struct hardware *h)
{
    const double times = (double)l->count * images, weights = workload_params(l);
    const double in = times * workload_inputs(l), out = times * workload_outputs(l);
    struct operations o = {0};

    if (l->kind != WORKLOAD_CONV || !l->quantized) return o;
    if (bits.activation > 0) {
        add(&o, quantize, weights + in);
        add(&o, clip_mask, weights + (l->from_input ? 0 : in));
        o.read_bits = weights * hardware_stored_bits(h, h->training.master_bits);
        o.written_bits = weights * stored(h, l, bits.weight);
        if (l->from_input) {
            o.read_bits += in * FLOAT32_BITS;
            o.written_bits += in * stored(h, l, bits.activation);
        }
    }
    if (bits.error > 0) add(&o, quantize, out);
    return o;
}

/* --- optimizer --- */

static struct operations update(const struct workload_layer *l, const struct hardware *h)
{
    const bool two_moments = h->training.optimizer == OPTIMIZER_ADAM;
    const double n = workload_params(l);
    const double master =
        hardware_stored_bits(h, l->kind == WORKLOAD_NORM ? h->training.norm_bits : h->training.master_bits);
    const double state = (two_moments ? 2 : 1) * hardware_stored_bits(h, h->training.state_bits);
    struct operations o = {.read_bits =
                               n * (master + state + hardware_stored_bits(h, h->training.gradient_bits)),
                           .written_bits = n * (master + state)};

    add(&o, two_moments ? adam : sgd_momentum, n);
    return o;
}

struct operations operations_of(const struct workload_layer *l, enum phase p, int64_t images,
                                struct operands bits, const struct hardware *h)
{
    if (images == 0) return (struct operations){0};
    switch (p) {
    case PHASE_ELEMENTWISE:
        return elementwise(l, (double)images, bits, h);
    case PHASE_QUANTIZE:
        return quantizers(l, (double)images, bits, h);
    case PHASE_UPDATE:
        return update(l, h);
    default:
        return (struct operations){0};
    }
}

void operations_count(struct counts *out, const struct operations *o, const struct hardware *h)
{
    const double busy = (o->multiplies + o->adds) / (double)h->array.columns;
    const double moving = (o->read_bits + o->written_bits) / h->dram.bits_per_cycle;

    *out = (struct counts){.cycles = busy > moving ? busy : moving,
                           .stall_cycles = busy > moving ? 0 : moving - busy};
    out->of[COST_FLOAT_MULTIPLY] = o->multiplies;
    out->of[COST_FLOAT_ADD] = o->adds;
    out->of[COST_DRAM_READ] = o->read_bits;
    out->of[COST_DRAM_WRITE] = o->written_bits;
    counts_time(out, h->array.mhz);
}
