/* sim/device/device.h - the seam between layers and machines: memory, and operations on whole batches.
 *
 * Layers know shapes and methods; a device knows where a batch lives and who computes it. Pointers marked
 * [device] may be passed, offset and stored by anybody, but only the device reads or writes what they point
 * to; claim, put and get are the doors. Everything that a pass computes and a later operation reads (ranges,
 * maps, coefficients, statistics, traces) lives there, so that a step needs no word back.
 *
 * Operations are queued in order, take one struct of arguments each, outputs first, and cannot fail. Each is
 * defined by the CPU's, which is defined by `ref` (sim/kernels): another device gives the same bits.
 *
 * To add an operation: its struct in operations.h, its slot in struct device_ops here, its function in each
 * device's folder, declared in the folder's header and named in that device's table, its claims in
 * tests/sim/test_device.c: the same bits for any threads, and what it computes.
 * To add a device: a folder with its struct device_ops and its row in device.c.
 */
#ifndef SIM_DEVICE_DEVICE_H
#define SIM_DEVICE_DEVICE_H

#include "quant/status.h"
#include "sim/base/arena.h"
#include "sim/base/machine.h"
#include "sim/device/operations.h"

struct device;

/* --- the table ----------------------------------------------------------------------------------- */

struct device_ops {
    const char *name, *needs; /* what must be there, in words */
    bool (*available)(void);
    enum status (*open)(struct device **out, const struct machine *m);
    void (*close)(struct device *d);

    /* Memory: zeroed, aligned to 64; copies to it from the host, and back. */
    void *(*claim)(struct device *d, size_t bytes);
    void (*release)(struct device *d, void *memory, size_t bytes);
    uint64_t (*left)(struct device *d); /* bytes that may still be claimed */
    void (*put)(struct device *d, void *to, const void *from, size_t bytes);
    void (*get)(struct device *d, void *to, const void *from, size_t bytes);

    /* Before the first operation: sizes that only the device knows, scratch that it must have. */
    size_t (*conv_packed_bytes)(const struct device *d, const struct conv_needs *s);
    void (*conv_reserve)(struct device *d, const struct conv_needs *s);
    enum status (*settle)(struct device *d); /* have what was reserved */

    void (*range)(struct device *, const struct range_op *);
    void (*quantize)(struct device *, const struct quantize_op *);
    void (*copy)(struct device *, void *to, const void *from, size_t bytes); /* within the device */
    void (*trace_weights)(struct device *, const struct trace_weights_op *);
    void (*trace_activation)(struct device *, const struct trace_range_op *);
    void (*trace_error)(struct device *, const struct trace_range_op *);

    void (*conv_weights)(struct device *, const struct conv_weights_op *);
    void (*conv_weights_grid)(struct device *, const struct conv_weights_grid_op *);
    void (*conv_input_map)(struct device *, const struct conv_input_map_op *);
    void (*conv_input)(struct device *, const struct conv_input_op *);
    void (*conv_error)(struct device *, const struct conv_error_op *);
    void (*conv_int_forward)(struct device *, const struct conv_forward_op *);
    void (*conv_float_forward)(struct device *, const struct conv_forward_op *);
    void (*conv_sum_forward)(struct device *, const struct conv_forward_op *, const struct conv_sums *);
    void (*conv_int_weights)(struct device *, const struct conv_backward_weights_op *);
    void (*conv_float_weights)(struct device *, const struct conv_backward_weights_op *);
    void (*conv_sum_weights)(struct device *, const struct conv_backward_weights_op *,
                             const struct conv_sums *);
    void (*conv_int_data)(struct device *, const struct conv_backward_data_op *);
    void (*conv_float_data)(struct device *, const struct conv_backward_data_op *);
    void (*conv_sum_data)(struct device *, const struct conv_backward_data_op *, const struct conv_sums *);

    void (*product)(struct device *, const struct product_op *);
    void (*norm_forward)(struct device *, const struct norm_forward_op *);
    void (*norm_backward)(struct device *, const struct norm_backward_op *);
    void (*hand_on)(struct device *, const struct hand_on_op *);
    void (*pool_forward)(struct device *, const struct pool_op *);
    void (*pool_backward)(struct device *, const struct pool_op *);
    void (*maxpool_forward)(struct device *, const struct maxpool_op *);
    void (*maxpool_backward)(struct device *, const struct maxpool_op *);
    void (*linear_forward)(struct device *, const struct linear_op *);
    void (*linear_backward)(struct device *, const struct linear_op *);
    void (*loss)(struct device *, const struct loss_op *);
    void (*update)(struct device *, const struct update_op *);
};

/** A machine's devices begin with this. */
struct device {
    const struct device_ops *ops;
    const char *kernels;  /* what computes, in a word: for people and records */
    int threads;          /* that compute */
    size_t scratch_bytes; /* that settle placed */
};

/** Open the machine's device; fails with the known names. */
STATUS_MUST_CHECK enum status device_open(struct device **out, const struct machine *m);
void device_close(struct device *d); /* NULL is fine */

/** The device's memory, for arenas. */
struct memory device_memory(struct device *d);

/** Every row of the table; *count is set. */
const struct device_ops *const *device_all(int *count);

#endif
