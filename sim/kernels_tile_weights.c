/* sim/kernels_tile_weights.c - backward-weights convolution by register tiles.
 *
 * The sum runs over pixels, so what an integer multiply-add takes together must be neighbouring pixels: x and
 * e are woven into [step][channel][pack], a step being 4 (bytes) or 2 (words) outputs of a row. x is woven
 * once per kx, so that tap (kx, c) of every step lies at a fixed distance, and shared by all ky. Floats need
 * no weaving. Rows are taken in bands whose operands stay in the first cache; partial sums wait in scratch
 * between bands.
 */
#include "sim/kernels_tile.h"

#include <string.h>

enum { BAND_BYTES = 32768 };

/* Weave the n channels of `pack` pixels at in[0..pack-1] into out[n][pack]. */
#define DEFINE_WEAVE_2(name, in_type, value)                                                                 \
    static void name(void *restrict to, const void *const in[], int n, int center)                           \
    {                                                                                                        \
        int16_t *restrict const out = to;                                                                    \
        const in_type *restrict const a = in[0], *restrict const b = in[1];                                  \
        (void)center;                                                                                        \
        for (int i = 0; i < n; i++) {                                                                        \
            out[2 * i] = (int16_t)(value(a[i]));                                                             \
            out[2 * i + 1] = (int16_t)(value(b[i]));                                                         \
        }                                                                                                    \
    }
#define CENTERED(v)   (v) - center
#define UPPER_BITS(v) (v) >> 1
#define LOWEST_BIT(v) (v) & 1

DEFINE_WEAVE_2(weave_u8_s16, uint8_t, CENTERED)
DEFINE_WEAVE_2(weave_u16_s16, uint16_t, CENTERED)
DEFINE_WEAVE_2(weave_upper, uint16_t, UPPER_BITS)
DEFINE_WEAVE_2(weave_lowest, uint16_t, LOWEST_BIT)

static void weave_bytes(void *restrict to, const void *const in[], int n, int center)
{
    uint8_t *restrict const out = to;
    const uint8_t *restrict const a = in[0], *restrict const b = in[1];
    const uint8_t *restrict const c = in[2], *restrict const d = in[3];

    for (int i = 0; i < n; i++) {
        out[4 * i] = (uint8_t)(a[i] - center);
        out[4 * i + 1] = (uint8_t)(b[i] - center);
        out[4 * i + 2] = (uint8_t)(c[i] - center);
        out[4 * i + 3] = (uint8_t)(d[i] - center);
    }
}

/* One operand on its way: where its pixels come from and how they are woven. */
struct operand {
    void (*weave)(void *to, const void *const in[], int n, int center);
    const char *data; /* [h][w][c] */
    const char *none; /* [c] of the code that stands for 0, for pixels that do not exist */
    int h, w, c, size, center, pack;
};

/* Row y of the operand, pixels x0, x0 + stride, ... woven into steps; returns the end. */
static char *weave_row(char *out, const struct operand *o, int y, int x0, int stride, int steps)
{
    for (int i = 0; i < steps; i++) {
        const void *in[4];
        for (int j = 0; j < o->pack; j++) {
            const int x = x0 + (i * o->pack + j) * stride;
            const bool inside = y >= 0 && y < o->h && x >= 0 && x < o->w;
            in[j] = inside ? o->data + ((ptrdiff_t)y * o->w + x) * o->c * o->size : o->none;
        }
        o->weave(out, in, o->c, o->center);
        out += o->c * 4; /* 4 bytes or 2 words */
    }
    return out;
}

/* --- memory
 * ---------------------------------------------------------------------------------------------------- */

/* How an image is cut: bands of rows, steps of pixels. */
struct cut {
    int band;    /* output rows of a band */
    int in_rows; /* input rows under it */
    int steps;   /* of an output row */
};

/* Elements are 4 / pack bytes of a step, so that a step of one channel is 4 bytes in every type. */
static struct cut cut_make(const struct conv_shape *s, int pack)
{
    const int steps = (s->ow + pack - 1) / pack;
    const size_t row = (size_t)steps * 4 * (s->c + s->k);
    const int most = row < BAND_BYTES ? (int)(BAND_BYTES / row) : 1;
    const int bands = (s->oh + most - 1) / most, band = (s->oh + bands - 1) / bands;

    return (struct cut){.band = band, .in_rows = (band - 1) * s->stride + s->kernel, .steps = steps};
}

/* The pieces of scratch. */
struct pieces {
    ptrdiff_t *column; /* [kernel * c/groups] */
    void *partial;     /* [kernel][kernel * c/groups][k] of 4 bytes */
    char *none;        /* [c + k] codes, x's and e's */
    char *x, *e;       /* woven bands; float: bordered image, errors with room to read on */
};

static struct pieces lay_out(void *scratch, const struct conv_shape *s, size_t x_bytes)
{
    const size_t columns = (size_t)s->kernel * (s->c / s->groups);
    struct pieces p = {.column = scratch};

    p.partial = (char *)scratch + round_up(columns * sizeof *p.column, 64);
    p.none = (char *)p.partial + round_up(columns * s->kernel * s->k * 4, 64);
    p.x = p.none + round_up((size_t)(s->c + s->k) * 2, 64);
    p.e = p.x + round_up(x_bytes, 64);
    return p;
}

static size_t woven_x_bytes(const struct conv_shape *s, const struct cut *cut)
{
    return (size_t)s->kernel * cut->in_rows * cut->steps * s->c * 4;
}

size_t tile_weights_scratch_bytes(const struct conv_shape *s)
{
    const struct cut bytes = cut_make(s, 4), words = cut_make(s, 2);
    const size_t real = tile_padded_bytes(s->h + 2 * s->pad, s->w + 2 * s->pad, s->c);
    const size_t of_bytes = woven_x_bytes(s, &bytes), of_words = woven_x_bytes(s, &words);
    const size_t woven = of_bytes > of_words ? of_bytes : of_words;
    const struct pieces p = lay_out(NULL, s, woven > real ? woven : real);

    return (size_t)(p.e - (char *)NULL) +
           round_up((size_t)s->oh * (s->ow + 3) * s->k * 4 + TILE_LANES * 4, 64);
}

/* --- integers
 * -------------------------------------------------------------------------------------------------- */

/* Every band of the image for every group; x.weave decides which bits of x. */
static void run_bands(void (*run)(const struct weights_job *), struct weights_job job, int64_t *acc,
                      const struct operand *x, const struct operand *e, const struct conv_shape *s,
                      struct pieces p)
{
    const struct cut cut = cut_make(s, x->pack);
    const int cg = s->c / s->groups, kg = s->k / s->groups;
    const ptrdiff_t row = (ptrdiff_t)cut.steps * s->c * x->pack;

    job.kernel = s->kernel;
    job.columns = s->kernel * cg;
    job.column = p.column;
    job.pitch = row;
    job.down = s->stride * row;
    job.x_step = (ptrdiff_t)s->c * x->pack;
    job.e_step = (ptrdiff_t)s->k * x->pack;
    job.filters = kg;
    job.k = s->k;
    for (int j = 0; j < job.columns; j++)
        p.column[j] = j / cg * cut.in_rows * row + j % cg * x->pack;
    for (int oy = 0; oy < s->oh; oy += cut.band) {
        char *to = p.x, *errors = p.e;
        job.rows = s->oh - oy < cut.band ? s->oh - oy : cut.band;
        job.first = oy == 0;
        job.last = oy + job.rows == s->oh;
        job.steps = cut.steps;
        for (int kx = 0; kx < s->kernel; kx++)
            for (int i = 0; i < cut.in_rows; i++)
                to = weave_row(to, x, oy * s->stride - s->pad + i, kx - s->pad, s->stride, cut.steps);
        for (int i = 0; i < job.rows; i++)
            errors = weave_row(errors, e, oy + i, 0, 1, cut.steps);
        if (s->stride == 1) { /* rows follow each other in both operands: one long row */
            job.steps *= job.rows;
            job.rows = 1;
        }
        for (int g = 0; g < s->groups; g++) {
            job.x = p.x + (ptrdiff_t)g * cg * 4;
            job.e = p.e + (ptrdiff_t)g * kg * 4;
            job.partial = (int32_t *)p.partial + g * kg;
            job.acc = acc + g * kg;
            run(&job);
        }
    }
}

static struct operand operand_make(struct codes codes, char *none, enum conv_path path, int h, int w, int c,
                                   int center)
{
    const int size = (int)code_bytes(codes.bits);

    for (int i = 0; i < c; i++)
        if (size == 1)
            ((uint8_t *)none)[i] = (uint8_t)center;
        else
            ((uint16_t *)none)[i] = (uint16_t)center;
    return (struct operand){.weave = path == CONV_PATH_I8 ? weave_bytes
                                     : size == 1          ? weave_u8_s16
                                                          : weave_u16_s16,
                            .data = codes.data,
                            .none = none,
                            .h = h,
                            .w = w,
                            .c = c,
                            .size = size,
                            .center = center,
                            .pack = path == CONV_PATH_I8 ? 4 : 2};
}

void tile_int_weights(const struct tile_isa *isa, int64_t *acc, struct codes x, struct codes e,
                      const struct conv_shape *s, enum conv_path path, void *scratch)
{
    const struct cut cut = cut_make(s, path == CONV_PATH_I8 ? 4 : 2);
    const struct pieces p = lay_out(scratch, s, woven_x_bytes(s, &cut));
    struct operand of_x = operand_make(x, p.none, path, s->h, s->w, s->c, 0);
    const struct operand of_e =
        operand_make(e, p.none + 2 * s->c, path, s->oh, s->ow, s->k, 1 << (e.bits - 1));
    struct weights_job job = {.flush = 0};

    switch (path) {
    case CONV_PATH_I8:
        job.flush = conv_pairs_i16(x.bits, e.bits);
        run_bands(isa->weights_i8, job, acc, &of_x, &of_e, s, p);
        break;
    case CONV_PATH_I16:
        run_bands(isa->weights_i16, job, acc, &of_x, &of_e, s, p);
        break;
    case CONV_PATH_I16_64:
        job.flush = conv_pairs_i32(x.bits, e.bits);
        run_bands(isa->weights_i16_64, job, acc, &of_x, &of_e, s, p);
        break;
    case CONV_PATH_I64:
        job.flush = conv_pairs_i32(15, e.bits);
        job.shift = 1;
        of_x.weave = weave_upper;
        run_bands(isa->weights_i16_64, job, acc, &of_x, &of_e, s, p);
        job.shift = 0;
        of_x.weave = weave_lowest;
        run_bands(isa->weights_i16_64, job, acc, &of_x, &of_e, s, p);
        break;
    }
}

/* --- binary32
 * -------------------------------------------------------------------------------------------------- */

void tile_float_weights(const struct tile_isa *isa, double *acc, const float *x, const float *dy,
                        const struct conv_shape *s, void *scratch)
{
    const struct cut cut = cut_make(s, 1);
    const int cg = s->c / s->groups, kg = s->k / s->groups;
    const struct pieces p =
        lay_out(scratch, s, tile_padded_bytes(s->h + 2 * s->pad, s->w + 2 * s->pad, s->c));
    const struct padded padded =
        tile_pad(p.x, x, ELEMENT_F32, s->h, s->w, s->c, 0, s->c, s->pad, s->pad, s->pad, s->pad);
    struct weights_job job = {.column = p.column,
                              .kernel = s->kernel,
                              .columns = s->kernel * cg,
                              .pitch = padded.pitch,
                              .down = s->stride * padded.pitch,
                              .steps = s->ow,
                              .x_step = (ptrdiff_t)s->stride * s->c,
                              .e_step = s->k,
                              .filters = kg,
                              .k = s->k};
    const float *errors = dy;

    if (kg % TILE_LANES != 0) { /* a last block reads up to 15 filters too far */
        const size_t n = (size_t)s->oh * s->ow * s->k;
        memcpy(p.e, dy, n * sizeof *dy);
        memset((float *)p.e + n, 0, TILE_LANES * sizeof *dy);
        errors = (const float *)p.e;
    }
    for (int j = 0; j < job.columns; j++)
        p.column[j] = (ptrdiff_t)(j / cg) * s->c + j % cg;
    for (int oy = 0; oy < s->oh; oy += cut.band) {
        job.rows = s->oh - oy < cut.band ? s->oh - oy : cut.band;
        job.first = oy == 0;
        job.last = oy + job.rows == s->oh;
        for (int g = 0; g < s->groups; g++) {
            job.x = (const float *)padded.data + (ptrdiff_t)oy * s->stride * padded.pitch + g * cg;
            job.e = errors + (ptrdiff_t)oy * s->ow * s->k + g * kg;
            job.partial = (float *)p.partial + g * kg;
            job.acc = acc + g * kg;
            isa->weights_f32(&job);
        }
    }
}
