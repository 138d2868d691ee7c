/* sim/kernels/tile/winograd.c - backward-data of 3x3 filters by minimal filtering: weights, borders, runs
 * of tiles. */
#include "sim/kernels/tile/winograd.h"

#include "sim/kernels/tile/pad.h"

static int points_of(int size)
{
    return 2 * ((size + 1) / 2) + 2; /* rows (or columns) of dy that the tiles read, borders included */
}

size_t winograd_packed_bytes(const struct conv_shape *s)
{
    return (size_t)blocks_of(s->c) * WINOGRAD_POINTS * s->k * TILE_LANES * sizeof(float);
}

static size_t errors_bytes(const struct conv_shape *s)
{
    return round_up(WINOGRAD_POINTS * winograd_errors(s->k) * sizeof(float), 64);
}

static size_t products_bytes(void)
{
    return round_up(WINOGRAD_POINTS * winograd_products() * sizeof(float), 64);
}

size_t winograd_scratch_bytes(const struct conv_shape *s)
{
    return tile_padded_bytes(points_of(s->h), points_of(s->w), s->k) + errors_bytes(s) + products_bytes();
}

void winograd_pack(void *packed, const float *w, const struct conv_shape *s, struct conv_part part)
{
    const int rows = blocks_of(s->c) * s->k;
    float *const out = packed;

    for (int row = conv_part_begin(part, rows); row < conv_part_end(part, rows); row++)
        for (int lane = 0; lane < TILE_LANES; lane++) {
            const int b = row / s->k, o = row % s->k, c = b * TILE_LANES + lane;
            float u[WINOGRAD_POINTS] = {0};
            if (c < s->c) winograd_filter(u, w + (size_t)o * 9 * s->c + c, s->c);
            for (int i = 0; i < WINOGRAD_POINTS; i++)
                out[(((size_t)b * WINOGRAD_POINTS + i) * s->k + o) * TILE_LANES + lane] = u[i];
        }
}

void winograd_data(const struct tile_isa *isa, const struct conv_data_call *call)
{
    const struct conv_shape *const s = call->shape;
    const struct conv_rows rows = call->rows;
    const int before = 2 - s->pad, columns = (s->w + 1) / 2;
    const int end = (rows.first + rows.count + 1) / 2 * columns;
    char *const behind = (char *)call->scratch + tile_padded_bytes(points_of(s->h), points_of(s->w), s->k);
    const struct pad all = {.image = call->dy,
                            .element = ELEMENT_F32,
                            .h = s->oh,
                            .w = s->ow,
                            .c = s->k,
                            .count = s->k,
                            .top = before,
                            .bottom = points_of(s->h) - before - s->oh,
                            .left = before,
                            .right = points_of(s->w) - before - s->ow};
    const struct padded errors = tile_pad(call->scratch, &all);
    struct winograd_job job = {.dy = errors.data,
                               .pitch = errors.pitch,
                               .k = s->k,
                               .weights = call->packed,
                               .dx = call->dx,
                               .h = s->h,
                               .w = s->w,
                               .c = s->c,
                               .add = call->add,
                               .errors = (void *)behind,
                               .products = (void *)(behind + errors_bytes(s))};

    for (job.first = rows.first / 2 * columns; job.first < end; job.first += job.count) {
        job.count = end - job.first < WINOGRAD_TILES ? end - job.first : WINOGRAD_TILES;
        isa->winograd(&job);
    }
}
