/* sim/device/cpu/cpu.h - the CPU as a device: a team of threads over kernels of one image. For this folder only.
 *
 * An operation is a task of the team: its function takes the seat and a struct with the device and the
 * arguments. Images (or rows of them) are dealt to the members, short loops shared out; what members find is
 * combined by the team.
 */
#ifndef SIM_DEVICE_CPU_CPU_H
#define SIM_DEVICE_CPU_CPU_H

#include "sim/base/team.h"
#include "sim/device/device.h"

struct cpu {
    struct device base;
    const struct kernels *kernels;
    struct team *team;
    struct arena scratch;
    size_t thread_bytes, shared_bytes; /* reserved: of each member, of all together */
    void *shared;                      /* free between operations */
    void **mine;                       /* [members] */
};

extern const struct device_ops cpu_ops;

static inline struct cpu *cpu_of(struct device *d)
{
    return (struct cpu *)d;
}

/** What an operation's task is given. */
struct cpu_task {
    struct cpu *cpu;
    const void *op;   /* the operation's arguments */
    const void *more; /* what its function adds */
};

/** Run an operation's task on all members. */
static inline void cpu_run(struct device *d, team_task *task, const void *op, const void *more)
{
    struct cpu_task t = {cpu_of(d), op, more};
    team_run(t.cpu->team, task, &t);
}

/** Be ready for an operation that needs so much scratch. */
void cpu_reserve(struct cpu *c, size_t thread_bytes, size_t shared_bytes);

/** Range of x[n][each], which the members may have written just before (it begins with a barrier); for within a
 * task. */
struct range cpu_range(struct seat me, const struct cpu *c, const float *x, int n, size_t each);

/** Write a range that all members know: the first one does, where somebody wants it. */
static inline void cpu_tell(struct seat me, struct range *out, struct range r)
{
    if (out && me.index == 0) *out = r;
}

/* --- the operations, by file --- */

/* cpu_scratch.c */
STATUS_MUST_CHECK enum status cpu_settle(struct device *d);
/* cpu_range.c */
void cpu_op_range(struct device *d, const struct range_op *op);
/* cpu_quantize.c */
void cpu_quantize(struct device *d, const struct quantize_op *op);
void cpu_trace_weights(struct device *d, const struct trace_weights_op *op);
void cpu_trace_activation(struct device *d, const struct trace_range_op *op);
void cpu_trace_error(struct device *d, const struct trace_range_op *op);
/* cpu_conv_codes.c: weights, inputs and errors as codes or decoded values */
void cpu_conv_weights(struct device *d, const struct conv_weights_op *op);
void cpu_conv_weights_grid(struct device *d, const struct conv_weights_grid_op *op);
void cpu_conv_input_map(struct device *d, const struct conv_input_map_op *op);
void cpu_conv_input(struct device *d, const struct conv_input_op *op);
void cpu_conv_error(struct device *d, const struct conv_error_op *op);
/* cpu_conv_memory.c */
size_t cpu_conv_packed_bytes(const struct device *d, const struct conv_needs *s);
void cpu_conv_reserve(struct device *d, const struct conv_needs *s);
/* cpu_conv_int.c, cpu_conv_float.c, cpu_conv_sum.c: the products */
void cpu_conv_int_forward(struct device *d, const struct conv_forward_op *op);
void cpu_conv_float_forward(struct device *d, const struct conv_forward_op *op);
void cpu_conv_sum_forward(struct device *d, const struct conv_forward_op *op, const struct conv_sums *s);
void cpu_conv_int_weights(struct device *d, const struct conv_backward_weights_op *op);
void cpu_conv_float_weights(struct device *d, const struct conv_backward_weights_op *op);
void cpu_conv_sum_weights(struct device *d, const struct conv_backward_weights_op *op,
                          const struct conv_sums *s);
void cpu_conv_int_data(struct device *d, const struct conv_backward_data_op *op);
void cpu_conv_float_data(struct device *d, const struct conv_backward_data_op *op);
void cpu_conv_sum_data(struct device *d, const struct conv_backward_data_op *op, const struct conv_sums *s);
/* cpu_norm.c */
void cpu_norm_forward(struct device *d, const struct norm_forward_op *op);
void cpu_norm_backward(struct device *d, const struct norm_backward_op *op);
/* cpu_product.c */
void cpu_product(struct device *d, const struct product_op *op);
/* cpu_hand_on.c */
void cpu_hand_on(struct device *d, const struct hand_on_op *op);
/* cpu_pool.c */
void cpu_pool_forward(struct device *d, const struct pool_op *op);
void cpu_pool_backward(struct device *d, const struct pool_op *op);
void cpu_maxpool_forward(struct device *d, const struct maxpool_op *op);
void cpu_maxpool_backward(struct device *d, const struct maxpool_op *op);
/* cpu_linear.c */
void cpu_linear_forward(struct device *d, const struct linear_op *op);
void cpu_linear_backward(struct device *d, const struct linear_op *op);
/* cpu_update.c */
void cpu_loss(struct device *d, const struct loss_op *op);
void cpu_update(struct device *d, const struct update_op *op);

#endif
