/* tests/bench/yardstick.c - oneDNN's float32 convolutions, in layouts of its choice (-DWITH_DNNL, -ldnnl). */
#include "tests/bench/yardstick.h"

#include "tests/bench/bench.h"

#include <stdlib.h>

const char *const direction_name[DIRECTIONS] = {"forward", "data", "weights"};

static size_t sixteens(int channels)
{
    return (size_t)(channels + 15) / 16 * 16;
}

struct yardstick_memory yardstick_memory_new(int batch, const struct conv_shape *s)
{
    const size_t taps = (size_t)(s->kernel * s->kernel), images = (size_t)batch;
    const size_t elements[3] = {images * (size_t)(s->h * s->w) * sixteens(s->c),
                                taps * sixteens(s->c / s->groups) * sixteens(s->k),
                                images * (size_t)(s->oh * s->ow) * sixteens(s->k)};
    struct yardstick_memory m;

    for (int i = 0; i < 3; i++) {
        m.bytes[i] = elements[i] * sizeof(float);
        m.part[i] = claim(m.bytes[i]);
        fill_reals(m.part[i], elements[i]);
    }
    return m;
}

void yardstick_memory_free(struct yardstick_memory *m)
{
    for (int i = 0; i < 3; i++)
        free(m->part[i]);
    *m = (struct yardstick_memory){0};
}

#ifdef WITH_DNNL
#include <oneapi/dnnl/dnnl.h>
#include <stdio.h>

struct yardstick {
    dnnl_engine_t engine;
    dnnl_stream_t stream;
    dnnl_primitive_t primitive;
    dnnl_exec_arg_t args[3];
};

const char *yardstick_version(void)
{
    static char text[32];
    const dnnl_version_t *const v = dnnl_version();

    snprintf(text, sizeof text, "%d.%d.%d", v->major, v->minor, v->patch);
    return text;
}

void yardstick_run(void *yardstick)
{
    struct yardstick *const y = yardstick;

    dnnl_primitive_execute(y->primitive, y->stream, 3, y->args);
    dnnl_stream_wait(y->stream);
}

static dnnl_primitive_desc_t describe(int batch, const struct conv_shape *s, enum direction d,
                                      dnnl_engine_t engine)
{
    const bool grouped = s->groups > 1;
    const dnnl_dims_t x = {batch, s->c, s->h, s->w}, y = {batch, s->k, s->oh, s->ow},
                      stride = {s->stride, s->stride}, pad = {s->pad, s->pad},
                      dense = {s->k, s->c, s->kernel, s->kernel},
                      split = {s->groups, s->k / s->groups, s->c / s->groups, s->kernel, s->kernel};
    dnnl_memory_desc_t mx, mw, my;
    dnnl_convolution_desc_t c;
    dnnl_primitive_desc_t forward = NULL, backward = NULL;

    dnnl_memory_desc_init_by_tag(&mx, 4, x, dnnl_f32, dnnl_format_tag_any);
    dnnl_memory_desc_init_by_tag(&mw, grouped ? 5 : 4, grouped ? split : dense, dnnl_f32,
                                 dnnl_format_tag_any);
    dnnl_memory_desc_init_by_tag(&my, 4, y, dnnl_f32, dnnl_format_tag_any);
    dnnl_convolution_forward_desc_init(&c, dnnl_forward_training, dnnl_convolution_direct, &mx, &mw, NULL,
                                       &my, stride, pad, pad);
    if (dnnl_primitive_desc_create(&forward, &c, NULL, engine, NULL) != dnnl_success) return NULL;
    if (d == FORWARD) return forward;
    if (d == DATA)
        dnnl_convolution_backward_data_desc_init(&c, dnnl_convolution_direct, &mx, &mw, &my, stride, pad,
                                                 pad);
    else
        dnnl_convolution_backward_weights_desc_init(&c, dnnl_convolution_direct, &mx, &mw, NULL, &my, stride,
                                                    pad, pad);
    if (dnnl_primitive_desc_create(&backward, &c, NULL, engine, forward) != dnnl_success) backward = NULL;
    dnnl_primitive_desc_destroy(forward);
    return backward;
}

/* Bind images in, filters, images out; false if the library's layout needs more room. */
static bool bind(struct yardstick *y, dnnl_primitive_desc_t p, enum direction d,
                 const struct yardstick_memory *m)
{
    static const int arg[DIRECTIONS][3] = {{DNNL_ARG_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_DST},
                                           {DNNL_ARG_DIFF_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_DIFF_DST},
                                           {DNNL_ARG_SRC, DNNL_ARG_DIFF_WEIGHTS, DNNL_ARG_DIFF_DST}};

    for (int i = 0; i < 3; i++) {
        const dnnl_memory_desc_t *const layout =
            dnnl_primitive_desc_query_md(p, dnnl_query_exec_arg_md, arg[d][i]);
        if (dnnl_memory_desc_get_size(layout) > m->bytes[i]) return false;
        y->args[i].arg = arg[d][i];
        if (dnnl_memory_create(&y->args[i].memory, layout, y->engine, m->part[i]) != dnnl_success)
            return false;
    }
    return true;
}

struct yardstick *yardstick_new(int batch, const struct conv_shape *s, enum direction d,
                                const struct yardstick_memory *m)
{
    struct yardstick *y = calloc(1, sizeof *y);

    if (y == NULL || dnnl_engine_create(&y->engine, dnnl_cpu, 0) != dnnl_success)
        bench_must(status_fail(STATUS_NOMEM, "oneDNN does not start"));
    const dnnl_primitive_desc_t p = describe(batch, s, d, y->engine);
    const bool works = p != NULL && dnnl_primitive_create(&y->primitive, p) == dnnl_success &&
                       dnnl_stream_create(&y->stream, y->engine, 0) == dnnl_success && bind(y, p, d, m);
    if (p != NULL) dnnl_primitive_desc_destroy(p);
    if (works) return y;
    yardstick_free(y);
    return NULL;
}

void yardstick_free(struct yardstick *y)
{
    if (y == NULL) return;
    for (int i = 0; i < 3; i++)
        if (y->args[i].memory != NULL) dnnl_memory_destroy(y->args[i].memory);
    if (y->primitive != NULL) dnnl_primitive_destroy(y->primitive);
    if (y->stream != NULL) dnnl_stream_destroy(y->stream);
    dnnl_engine_destroy(y->engine);
    free(y);
}

#else

const char *yardstick_version(void)
{
    return NULL;
}

struct yardstick *yardstick_new(int batch, const struct conv_shape *s, enum direction d,
                                const struct yardstick_memory *m)
{
    (void)batch, (void)s, (void)d, (void)m;
    return NULL;
}

void yardstick_free(struct yardstick *y)
{
    (void)y;
}

void yardstick_run(void *yardstick)
{
    (void)yardstick;
}

#endif
