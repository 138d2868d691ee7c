/* tests/bench/trace_kernels.c - the traced kernel table. See trace_kernels.h. */
#include "tests/bench/trace_kernels.h"

#include "tests/bench/bench.h"

#include <assert.h>
#include <stdatomic.h>
#include <string.h>

enum { THREADS_MAX = 256 };

/* A thread's own sums, on cache lines of its own. */
struct slot {
    _Alignas(128) double seconds[TRACE_PASSES];
};

/* State of the trace: the table's functions get none. */
static const struct kernels *inner;
static struct kernels traced;
static struct slot slots[THREADS_MAX];
static atomic_bool backward; /* this step is on its way back */
static atomic_uint traces;   /* begun so far, */
static atomic_int taken;     /* slots of the last of them */

/* This thread's slot; a team may have other threads in each trace. */
static struct slot *my_slot(void)
{
    static _Thread_local unsigned trace;
    static _Thread_local int at;

    const unsigned now = atomic_load_explicit(&traces, memory_order_relaxed);
    if (trace != now) {
        trace = now;
        at = atomic_fetch_add(&taken, 1);
        assert(at < THREADS_MAX);
    }
    return &slots[at];
}

static void note(enum trace_pass pass, double start)
{
    my_slot()->seconds[pass] += bench_clock() - start;
}

static struct range trace_range(const float *x, size_t n)
{
    const double start = bench_clock();
    const struct range r = inner->range(x, n);
    note(TRACE_QUANTIZE, start);
    return r;
}

static size_t trace_encode(void *codes, const float *x, size_t n, const struct affine *q,
                           const struct random_name *noise, uint64_t first)
{
    const double start = bench_clock();
    const size_t clipped = inner->encode(codes, x, n, q, noise, first);
    note(TRACE_QUANTIZE, start);
    return clipped;
}

static void trace_decode(float *x, struct codes codes, size_t n, const struct affine *q)
{
    const double start = bench_clock();
    inner->decode(x, codes, n, q);
    note(TRACE_QUANTIZE, start);
}

static enum trace_pass direction_now(void)
{
    return atomic_load_explicit(&backward, memory_order_relaxed) ? TRACE_DATA : TRACE_FORWARD;
}

static void trace_int_pack(void *packed, const int16_t *w, const struct conv_shape *s, enum conv_path path,
                           struct conv_part part)
{
    const double start = bench_clock();
    inner->conv_int_pack(packed, w, s, path, part);
    note(direction_now(), start);
}

static void trace_int_forward(const struct kernels *k, const struct conv_forward_call *call)
{
    const double start = bench_clock();
    inner->conv_int_forward(k, call);
    note(direction_now(), start);
}

static void trace_int_weights(const struct kernels *k, const struct conv_int_weights_call *call)
{
    const double start = bench_clock();
    inner->conv_int_weights(k, call);
    note(TRACE_WEIGHTS, start);
}

static void trace_float_pack(void *packed, const float *w, const struct conv_shape *s, struct conv_part part)
{
    const double start = bench_clock();
    inner->conv_float_pack(packed, w, s, part);
    note(TRACE_FORWARD, start);
}

static void trace_float_pack_data(void *packed, const float *w, const struct conv_shape *s,
                                  struct conv_part part)
{
    const double start = bench_clock();
    inner->conv_float_pack_data(packed, w, s, part);
    note(TRACE_DATA, start);
}

static void trace_float_forward(const struct kernels *k, const struct conv_forward_call *call)
{
    const double start = bench_clock();
    inner->conv_float_forward(k, call);
    note(direction_now(), start);
}

static void trace_float_data(const struct kernels *k, const struct conv_data_call *call)
{
    const double start = bench_clock();
    inner->conv_float_data(k, call);
    note(TRACE_DATA, start);
}

static void trace_float_weights(const struct kernels *k, const struct conv_float_weights_call *call)
{
    const double start = bench_clock();
    inner->conv_float_weights(k, call);
    note(TRACE_WEIGHTS, start);
}

static struct range trace_norm_forward(const struct norm_forward_call *call)
{
    const double start = bench_clock();
    const struct range r = inner->norm_forward(call);
    note(TRACE_NORM, start);
    return r;
}

static size_t trace_norm_encode(const struct norm_encode_call *call)
{
    const double start = bench_clock();
    const size_t clipped = inner->norm_encode(call);
    note(TRACE_NORM, start);
    return clipped;
}

static void trace_norm_sums(double *sums, const struct norm_errors *e)
{
    const double start = bench_clock();
    atomic_store_explicit(&backward, true, memory_order_relaxed);
    inner->norm_sums(sums, e);
    note(TRACE_NORM, start);
}

static struct range trace_norm_backward(const struct norm_backward_call *call)
{
    const double start = bench_clock();
    const struct range r = inner->norm_backward(call);
    note(TRACE_NORM, start);
    return r;
}

const struct kernels *trace_begin(const struct kernels *k)
{
    memset(slots, 0, sizeof slots);
    atomic_store(&taken, 0);
    atomic_fetch_add(&traces, 1);
    inner = k;
    traced = *k;
    traced.range = trace_range;
    traced.encode = trace_encode;
    traced.decode = trace_decode;
    traced.conv_int_pack = trace_int_pack;
    traced.conv_int_forward = trace_int_forward;
    traced.conv_int_weights = trace_int_weights;
    traced.conv_float_pack = trace_float_pack;
    traced.conv_float_pack_data = trace_float_pack_data;
    traced.conv_float_forward = trace_float_forward;
    traced.conv_float_data = trace_float_data;
    traced.conv_float_weights = trace_float_weights;
    traced.norm_forward = trace_norm_forward;
    traced.norm_encode = trace_norm_encode;
    traced.norm_sums = trace_norm_sums;
    traced.norm_backward = trace_norm_backward;
    return &traced;
}

void trace_step(void)
{
    atomic_store(&backward, false);
}

void trace_read(double seconds[TRACE_PASSES])
{
    for (int p = 0; p < TRACE_PASSES; p++) {
        seconds[p] = 0;
        for (int t = 0; t < THREADS_MAX; t++)
            seconds[p] += slots[t].seconds[p];
    }
}
