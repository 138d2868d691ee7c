/* sim/device/cpu/cpu.c - the CPU's table of operations and its memory. */
#include "sim/device/cpu/cpu.h"

#include <stdlib.h>
#include <string.h>

static bool always(void)
{
    return true;
}

static void cpu_close(struct device *d)
{
    struct cpu *c = cpu_of(d);

    team_close(c->team);
    arena_close(&c->scratch);
    free(c->mine);
    free(c);
}

static enum status cpu_open(struct device **out, const struct machine *m)
{
    struct cpu *c = calloc(1, sizeof *c);

    *out = NULL;
    if (!c) return status_fail(STATUS_NOMEM, "no memory for a device");
    c->base.ops = &cpu_ops;
    enum status s = kernels_find(&c->kernels, m->kernels);
    if (s == STATUS_OK) s = team_open(&c->team, m->threads);
    if (s == STATUS_OK) {
        c->mine = calloc((size_t)team_count(c->team), sizeof *c->mine);
        if (!c->mine) s = status_fail(STATUS_NOMEM, "no memory for a device");
    }
    if (s == STATUS_OK) {
        c->base.kernels = c->kernels->name;
        c->base.threads = team_count(c->team);
        *out = &c->base;
    }
    if (s != STATUS_OK) cpu_close(&c->base);
    return s;
}

static void *cpu_claim(struct device *d, size_t bytes)
{
    const struct memory host = memory_host();
    (void)d;
    return host.claim(host.of, bytes);
}

static void cpu_release(struct device *d, void *memory, size_t bytes)
{
    const struct memory host = memory_host();
    (void)d;
    host.release(host.of, memory, bytes);
}

static uint64_t cpu_left(struct device *d)
{
    (void)d;
    const struct memory host = memory_host();
    return host.left(host.of);
}

static void cpu_copy(struct device *d, void *to, const void *from, size_t bytes)
{
    (void)d;
    if (to != from) memcpy(to, from, bytes);
}

const struct device_ops cpu_ops = {
    .name = "cpu",
    .needs = "nothing else",
    .available = always,
    .open = cpu_open,
    .close = cpu_close,
    .claim = cpu_claim,
    .release = cpu_release,
    .left = cpu_left,
    .put = cpu_copy,
    .get = cpu_copy,
    .conv_packed_bytes = cpu_conv_packed_bytes,
    .conv_reserve = cpu_conv_reserve,
    .settle = cpu_settle,
    .range = cpu_op_range,
    .quantize = cpu_quantize,
    .copy = cpu_copy,
    .trace_weights = cpu_trace_weights,
    .trace_activation = cpu_trace_activation,
    .trace_error = cpu_trace_error,
    .conv_weights = cpu_conv_weights,
    .conv_weights_grid = cpu_conv_weights_grid,
    .conv_input_map = cpu_conv_input_map,
    .conv_input = cpu_conv_input,
    .conv_error = cpu_conv_error,
    .conv_int_forward = cpu_conv_int_forward,
    .conv_float_forward = cpu_conv_float_forward,
    .conv_sum_forward = cpu_conv_sum_forward,
    .conv_int_weights = cpu_conv_int_weights,
    .conv_float_weights = cpu_conv_float_weights,
    .conv_sum_weights = cpu_conv_sum_weights,
    .conv_int_data = cpu_conv_int_data,
    .conv_float_data = cpu_conv_float_data,
    .conv_sum_data = cpu_conv_sum_data,
    .norm_forward = cpu_norm_forward,
    .norm_backward = cpu_norm_backward,
    .product = cpu_product,
    .hand_on = cpu_hand_on,
    .pool_forward = cpu_pool_forward,
    .pool_backward = cpu_pool_backward,
    .maxpool_forward = cpu_maxpool_forward,
    .maxpool_backward = cpu_maxpool_backward,
    .linear_forward = cpu_linear_forward,
    .linear_backward = cpu_linear_backward,
    .loss = cpu_loss,
    .update = cpu_update,
};
