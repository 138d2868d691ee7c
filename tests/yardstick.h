/* tests/yardstick.h - for the benches: oneDNN's float32 convolutions, if the build has them (-DWITH_DNNL
 * -ldnnl). */
#ifndef TESTS_YARDSTICK_H
#define TESTS_YARDSTICK_H

#include "sim/kernels.h"

#include <stdlib.h>
#include <string.h>

#ifdef WITH_DNNL
#include <oneapi/dnnl/dnnl.h>
#endif

enum direction { FORWARD, DATA, WEIGHTS, DIRECTIONS };
static const char *const direction_name[DIRECTIONS] = {"forward", "data", "weights"};

/** Zeroed memory for the life of the program, aligned to 64. */
static inline void *claim(size_t bytes)
{
    void *const p = aligned_alloc(64, (bytes + 127) / 64 * 64);
    if (!p) abort();
    memset(p, 0, bytes);
    return p;
}

static inline uint32_t word_at(uint32_t stream, size_t i)
{
    return random_bits32((struct random_name){.seed = 1, .stream = stream}, i);
}

/** One convolution in one direction over a batch; run is NULL without the library. */
struct yardstick {
    void (*run)(struct yardstick *y);
#ifdef WITH_DNNL
    dnnl_primitive_t primitive;
    dnnl_stream_t stream;
    dnnl_exec_arg_t args[3];
#endif
};

#ifdef WITH_DNNL
static inline void run_dnnl(struct yardstick *y)
{
    dnnl_primitive_execute(y->primitive, y->stream, 3, y->args);
    dnnl_stream_wait(y->stream);
}

static inline dnnl_primitive_desc_t dnnl_describe(int batch, const struct conv_shape *s, enum direction d,
                                                  dnnl_engine_t engine)
{
    const bool grouped = s->groups > 1;
    dnnl_dims_t x = {batch, s->c, s->h, s->w}, y = {batch, s->k, s->oh, s->ow},
                stride = {s->stride, s->stride};
    dnnl_dims_t dense = {s->k, s->c, s->kernel, s->kernel}, pad = {s->pad, s->pad};
    dnnl_dims_t split = {s->groups, s->k / s->groups, s->c / s->groups, s->kernel, s->kernel};
    dnnl_memory_desc_t mx, mw, my;
    dnnl_convolution_desc_t c;
    dnnl_primitive_desc_t forward, p;

    dnnl_memory_desc_init_by_tag(&mx, 4, x, dnnl_f32, dnnl_format_tag_any);
    dnnl_memory_desc_init_by_tag(&mw, grouped ? 5 : 4, grouped ? split : dense, dnnl_f32,
                                 dnnl_format_tag_any);
    dnnl_memory_desc_init_by_tag(&my, 4, y, dnnl_f32, dnnl_format_tag_any);
    dnnl_convolution_forward_desc_init(&c, dnnl_forward_training, dnnl_convolution_direct, &mx, &mw, NULL,
                                       &my, stride, pad, pad);
    dnnl_primitive_desc_create(&forward, &c, NULL, engine, NULL);
    if (d == FORWARD) return forward;
    if (d == DATA)
        dnnl_convolution_backward_data_desc_init(&c, dnnl_convolution_direct, &mx, &mw, &my, stride, pad,
                                                 pad);
    else
        dnnl_convolution_backward_weights_desc_init(&c, dnnl_convolution_direct, &mx, &mw, NULL, &my, stride,
                                                    pad, pad);
    return dnnl_primitive_desc_create(&p, &c, NULL, engine, forward) == dnnl_success ? p : NULL;
}

static inline struct yardstick yardstick_make(int batch, const struct conv_shape *s, enum direction d)
{
    static const int arg[DIRECTIONS][3] = {{DNNL_ARG_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_DST},
                                           {DNNL_ARG_DIFF_DST, DNNL_ARG_WEIGHTS, DNNL_ARG_DIFF_SRC},
                                           {DNNL_ARG_SRC, DNNL_ARG_DIFF_DST, DNNL_ARG_DIFF_WEIGHTS}};
    static dnnl_engine_t engine;
    struct yardstick y = {.run = run_dnnl};

    if (!engine) dnnl_engine_create(&engine, dnnl_cpu, 0);
    const dnnl_primitive_desc_t p = dnnl_describe(batch, s, d, engine);
    if (!p || dnnl_primitive_create(&y.primitive, p) != dnnl_success) return (struct yardstick){0};
    dnnl_stream_create(&y.stream, engine, 0);
    for (int i = 0; i < 3; i++) {
        const dnnl_memory_desc_t *const m =
            dnnl_primitive_desc_query_md(p, dnnl_query_exec_arg_md, arg[d][i]);
        const size_t bytes = dnnl_memory_desc_get_size(m);
        float *const data = claim(bytes);
        for (size_t j = 0; j < bytes / sizeof *data; j++)
            data[j] = (float)(word_at(5, j) % 1000) * 1e-3f;
        y.args[i].arg = arg[d][i];
        dnnl_memory_create(&y.args[i].memory, m, engine, data); /* lives as long as the program */
    }
    return y;
}
#else
static inline struct yardstick yardstick_make(int batch, const struct conv_shape *s, enum direction d)
{
    (void)batch, (void)s, (void)d;
    return (struct yardstick){0};
}
#endif

#endif
