/* sim/kernels/tile/forward.h - the parts of a job that a forward product by tiles and a depthwise one share. */
#ifndef SIM_KERNELS_TILE_FORWARD_H
#define SIM_KERNELS_TILE_FORWARD_H

#include "sim/kernels/tile/pad.h"
#include "sim/kernels/tile/tile.h"

/** What the call's shape and rows say of every job over `channels` of its bordered input x. */
static inline struct tile_job forward_job(const struct conv_forward_call *call, struct padded x,
                                          size_t element_bytes, int channels)
{
    const struct conv_shape *const s = call->shape;

    return (struct tile_job){.source = (const char *)x.data +
                                       call->rows.first * s->stride * x.pitch * element_bytes,
                             .across = (ptrdiff_t)s->stride * channels,
                             .down = s->stride * x.pitch,
                             .width = s->ow,
                             .pixels = call->rows.count * s->ow,
                             .pitch = x.pitch,
                             .rows = s->kernel,
                             .low = x.low,
                             .y_across = s->k,
                             .y_down = (ptrdiff_t)s->ow * s->k,
                             .notes_pitch = s->k};
}

/** Where the sums of up to 16 of the filters [first, end) go. */
static inline void forward_job_filters(struct tile_job *job, const struct conv_forward_call *call, int first,
                                       int end)
{
    const struct conv_epilogue *const e = call->epilogue;
    const ptrdiff_t at = (ptrdiff_t)call->rows.first * call->shape->ow;

    job->lanes = end - first < TILE_LANES ? end - first : TILE_LANES;
    job->y = call->y + at * call->shape->k + first;
    job->notes = (struct conv_notes){call->notes.at ? call->notes.at + first : NULL, call->notes.ends};
    if (!e) return;
    job->alpha = e->alpha + first;
    job->beta = e->beta + first;
    job->gamma = e->gamma + at * e->gamma_stride + first;
    job->gamma_stride = e->gamma_stride;
}

#endif
