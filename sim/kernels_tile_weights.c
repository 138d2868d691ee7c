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

enum {
    BAND_BYTES = 32768,
    SPARE = 64,  /* bytes that may be read or written too many, see tile_weave */
    ALIGNED = 16 /* channels of which none are */
};

/* The two halves of 16-bit codes, of which no single multiply-add takes all bits: upper 15 and lowest. */
static void weave_upper(void *to, const void *from, int steps, ptrdiff_t pitch, int c, int center)
{
    int16_t *out = to;
    (void)center;

    for (const uint16_t *in = from; steps > 0; steps--, in += 2 * pitch)
        for (int i = 0; i < c; i++) {
            *out++ = (int16_t)(in[i] >> 1);
            *out++ = (int16_t)(in[pitch + i] >> 1);
        }
}

static void weave_lowest(void *to, const void *from, int steps, ptrdiff_t pitch, int c, int center)
{
    int16_t *out = to;
    (void)center;

    for (const uint16_t *in = from; steps > 0; steps--, in += 2 * pitch)
        for (int i = 0; i < c; i++) {
            *out++ = (int16_t)(in[i] & 1);
            *out++ = (int16_t)(in[pitch + i] & 1);
        }
}

/* --- memory ------------------------------------------------------------------------------------------ */

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
    void *image;       /* x with its border, and with the pixels that the last step of a row needs */
    char *row;         /* a row of errors, filled up */
    char *x, *e;       /* woven bands; float: nothing, errors with room to read on */
};

/* Columns of zeros to the right, so that every step of a row finds its pixels. */
static int right_border(const struct conv_shape *s, const struct cut *cut, int pack)
{
    const int needed = (cut->steps * pack - 1) * s->stride + s->kernel, there = s->pad + s->w;
    return needed > there + s->pad ? needed - there : s->pad;
}

static size_t image_bytes(const struct conv_shape *s)
{
    return tile_padded_bytes(s->h + 2 * s->pad, s->w + 2 * s->pad + 3 * s->stride, s->c);
}

static struct pieces lay_out(void *scratch, const struct conv_shape *s, size_t woven_bytes)
{
    const size_t columns = (size_t)s->kernel * (s->c / s->groups);
    struct pieces p = {.column = scratch};

    p.partial = (char *)scratch + round_up(columns * sizeof *p.column, 64);
    p.image = (char *)p.partial + round_up(columns * s->kernel * s->k * 4, 64);
    p.row = (char *)p.image + image_bytes(s);
    p.x = p.row + round_up((size_t)(s->ow + 3) * s->k * sizeof(uint16_t) + SPARE, 64);
    p.e = p.x + round_up(woven_bytes + SPARE, 64);
    return p;
}

static size_t woven_bytes(const struct conv_shape *s, const struct cut *cut)
{
    return (size_t)s->kernel * cut->in_rows * cut->steps * s->c * 4;
}

size_t tile_weights_scratch_bytes(const struct conv_shape *s)
{
    const struct cut bytes = cut_make(s, 4), words = cut_make(s, 2);
    const size_t of_bytes = woven_bytes(s, &bytes), of_words = woven_bytes(s, &words);
    const struct pieces p = lay_out(NULL, s, of_bytes > of_words ? of_bytes : of_words);

    return (size_t)(p.e - (char *)NULL) + round_up((size_t)s->oh * (s->ow + 3) * s->k * 4 + SPARE, 64);
}

/* --- integers
 * -------------------------------------------------------------------------------------------------- */

/* One operand on its way: its rows, and how they are woven. */
struct operand {
    tile_weave *weave;
    const char *data;
    ptrdiff_t row; /* elements */
    int size, center;
};

/* One row of errors: as it is, or from a copy with room to read on, filled up with the code that stands for
 * 0. */
static void weave_errors(char *out, const struct operand *e, int y, const struct conv_shape *s, int steps,
                         int pack, char *copy)
{
    const char *in = e->data + y * e->row * e->size;

    if (s->ow % pack != 0 || s->k % ALIGNED != 0) {
        memcpy(copy, in, e->row * e->size);
        for (ptrdiff_t i = e->row; i < (ptrdiff_t)steps * pack * s->k; i++)
            if (e->size == 1)
                ((uint8_t *)copy)[i] = (uint8_t)e->center;
            else
                ((uint16_t *)copy)[i] = (uint16_t)e->center;
        in = copy;
    }
    e->weave(out, in, steps, s->k, s->k, e->center);
}

/* Weave the operands of job->rows output rows from oy on. */
static void weave_band(const struct operand *x, const struct operand *e, const struct conv_shape *s,
                       const struct cut *cut, int pack, int oy, int rows, struct pieces p)
{
    const int in_rows = (rows - 1) * s->stride + s->kernel;
    const ptrdiff_t x_row = (ptrdiff_t)cut->steps * s->c * 4, e_row = (ptrdiff_t)cut->steps * s->k * 4;

    for (int kx = 0; kx < s->kernel; kx++)
        for (int i = 0; i < in_rows; i++) {
            const ptrdiff_t at = (oy * s->stride + i) * x->row + (ptrdiff_t)kx * s->c;
            x->weave(p.x + (kx * cut->in_rows + i) * x_row, x->data + at * x->size, cut->steps,
                     (ptrdiff_t)s->stride * s->c, s->c, x->center);
        }
    for (int i = 0; i < rows; i++)
        weave_errors(p.e + i * e_row, e, oy + i, s, cut->steps, pack, p.row);
}

/* Every band of the image for every group; x.weave decides which bits of x. */
static void run_bands(void (*run)(const struct weights_job *), struct weights_job job, int64_t *acc,
                      const struct operand *x, const struct operand *e, const struct conv_shape *s, int pack,
                      struct pieces p)
{
    const struct cut cut = cut_make(s, pack);
    const int cg = s->c / s->groups, kg = s->k / s->groups;
    const ptrdiff_t row = (ptrdiff_t)cut.steps * s->c * pack;

    job.kernel = s->kernel;
    job.columns = s->kernel * cg;
    job.column = p.column;
    job.pitch = row;
    job.down = s->stride * row;
    job.x_step = (ptrdiff_t)s->c * pack;
    job.e_step = (ptrdiff_t)s->k * pack;
    job.filters = kg;
    job.k = s->k;
    for (int j = 0; j < job.columns; j++)
        p.column[j] = j / cg * cut.in_rows * row + j % cg * pack;
    for (int oy = 0; oy < s->oh; oy += cut.band) {
        job.rows = s->oh - oy < cut.band ? s->oh - oy : cut.band;
        job.steps = cut.steps;
        job.first = oy == 0;
        job.last = oy + job.rows == s->oh;
        weave_band(x, e, s, &cut, pack, oy, job.rows, p);
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

static tile_weave *weave_for(const struct tile_isa *isa, int bits, enum conv_path path)
{
    if (bits > 8) return isa->weave_words;
    return path == CONV_PATH_I8 ? isa->weave_bytes : isa->weave_bytes_to_words;
}

void tile_int_weights(const struct tile_isa *isa, int64_t *acc, struct codes x, struct codes e,
                      const struct conv_shape *s, enum conv_path path, void *scratch)
{
    const int pack = path == CONV_PATH_I8 ? 4 : 2;
    const struct cut cut = cut_make(s, pack);
    const struct pieces p = lay_out(scratch, s, woven_bytes(s, &cut));
    const struct padded image =
        tile_pad(p.image, x.data, x.bits <= 8 ? ELEMENT_U8 : ELEMENT_U16_S16, s->h, s->w, s->c, 0, s->c,
                 s->pad, s->pad, s->pad, right_border(s, &cut, pack));
    struct operand of_x = {weave_for(isa, x.bits, path), image.data, image.pitch, (int)code_bytes(x.bits), 0};
    const struct operand of_e = {weave_for(isa, e.bits, path), e.data, (ptrdiff_t)s->ow * s->k,
                                 (int)code_bytes(e.bits), 1 << (e.bits - 1)};
    struct weights_job job = {.flush = 0};

    switch (path) {
    case CONV_PATH_I8:
        job.flush = conv_pairs_i16(x.bits, e.bits);
        run_bands(isa->weights_i8, job, acc, &of_x, &of_e, s, pack, p);
        break;
    case CONV_PATH_I16:
        run_bands(isa->weights_i16, job, acc, &of_x, &of_e, s, pack, p);
        break;
    case CONV_PATH_I16_64:
        job.flush = conv_pairs_i32(x.bits, e.bits);
        run_bands(isa->weights_i16_64, job, acc, &of_x, &of_e, s, pack, p);
        break;
    case CONV_PATH_I64:
        job.flush = conv_pairs_i32(15, e.bits);
        job.shift = 1;
        of_x.weave = weave_upper;
        run_bands(isa->weights_i16_64, job, acc, &of_x, &of_e, s, pack, p);
        job.shift = 0;
        of_x.weave = weave_lowest;
        run_bands(isa->weights_i16_64, job, acc, &of_x, &of_e, s, pack, p);
        break;
    }
}

/* --- binary32 ---------------------------------------------------------------------------------------- */

void tile_float_weights(const struct tile_isa *isa, double *acc, const float *x, const float *dy,
                        const struct conv_shape *s, void *scratch)
{
    const struct cut cut = cut_make(s, 1);
    const int cg = s->c / s->groups, kg = s->k / s->groups;
    const struct pieces p = lay_out(scratch, s, 0);
    const struct padded padded =
        tile_pad(p.image, x, ELEMENT_F32, s->h, s->w, s->c, 0, s->c, s->pad, s->pad, s->pad, s->pad);
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
