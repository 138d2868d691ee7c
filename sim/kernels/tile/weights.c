/* sim/kernels/tile/weights.c - backward-weights convolution by register tiles.
 *
 * The sum runs over pixels, so what an integer multiply-add takes together must be neighbouring pixels: x and
 * e are woven into [step][channel][pack], a step being 4 (bytes) or 2 (words) outputs of a row. x is woven
 * once per kx, so that tap (kx, c) of every step lies at a fixed distance, and shared by all ky. Floats need
 * no weaving. Rows are taken in bands whose operands stay in the first cache; partial sums wait in scratch
 * between bands.
 */
#include "sim/kernels/tile/pad.h"
#include "sim/kernels/tile/tile.h"

#include <string.h>

enum { BAND_BYTES = 32768, IMAGES_MAX = 8 };

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

/* How images are cut: bands of rows, or of whole small images; steps of pixels. */
struct cut {
    int images;  /* of a band; more than one only if they are whole */
    int band;    /* output rows of a band, of each image */
    int in_rows; /* input rows under them */
    int steps;   /* of an output row */
};

/* Elements are 4 / pack bytes of a step, so that a step of one channel is 4 bytes in every type. */
static struct cut cut_make(const struct conv_shape *s, int pack)
{
    const int steps = (s->ow + pack - 1) / pack;
    const size_t row = (size_t)steps * 4 * (s->c + s->k);
    const int most = row < BAND_BYTES ? (int)(BAND_BYTES / row) : 1;
    const int bands = (s->oh + most - 1) / most, band = (s->oh + bands - 1) / bands;
    const int images = s->stride == 1 && most >= s->oh ? most / s->oh : 1;

    return (struct cut){.images = images < IMAGES_MAX ? images : IMAGES_MAX,
                        .band = band,
                        .in_rows = (band - 1) * s->stride + s->kernel,
                        .steps = steps};
}

/* The pieces of scratch. */
struct pieces {
    ptrdiff_t *column; /* [kernel * c/groups] */
    void *partial;     /* [kernel][kernel * c/groups][k] of 4 bytes */
    void *image;       /* x with its border, and with the pixels that the last step of a row needs */
    char *row;         /* a row of errors, filled up */
    char *x, *e;       /* woven bands; float: nothing, errors with room to read on */
};

/* Where they begin, in bytes; the column begins at 0. */
struct places {
    size_t partial, image, row, x, e;
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

static struct places places_of(const struct conv_shape *s, size_t woven_bytes)
{
    const size_t columns = (size_t)s->kernel * (s->c / s->groups);
    struct places at;

    at.partial = round_up(columns * sizeof(ptrdiff_t), 64);
    at.image = at.partial + round_up(columns * s->kernel * s->k * 4, 64);
    at.row = at.image + image_bytes(s);
    at.x = at.row + round_up((size_t)(s->ow + 3) * s->k * sizeof(uint16_t) + TILE_SPARE, 64);
    at.e = at.x + round_up(woven_bytes + TILE_SPARE, 64);
    return at;
}

static struct pieces lay_out(void *scratch, const struct conv_shape *s, size_t woven_bytes)
{
    const struct places at = places_of(s, woven_bytes);
    char *base = scratch;

    return (struct pieces){.column = scratch,
                           .partial = base + at.partial,
                           .image = base + at.image,
                           .row = base + at.row,
                           .x = base + at.x,
                           .e = base + at.e};
}

static size_t woven_bytes(const struct conv_shape *s, const struct cut *cut)
{
    return (size_t)s->kernel * cut->images * cut->in_rows * cut->steps * s->c * 4;
}

size_t tile_weights_scratch_bytes(const struct conv_shape *s)
{
    const struct cut bytes = cut_make(s, 4), words = cut_make(s, 2);
    const size_t of_bytes = woven_bytes(s, &bytes), of_words = woven_bytes(s, &words);
    const struct places at = places_of(s, of_bytes > of_words ? of_bytes : of_words);
    const size_t errors =
        (size_t)s->oh * (s->ow + 3) * s->k * 4 * (bytes.images > words.images ? bytes.images : words.images);

    return at.e + round_up(errors + TILE_SPARE, 64);
}

/* --- integers ---------------------------------------------------------------------------------------- */

/* The operands on their way from codes to woven bands. */
struct loom {
    const struct conv_int_weights_call *call;
    tile_weave *weave_x, *weave_e;
    int pack;
    int groups; /* jobs of a band: 1 if depthwise */
    struct cut cut;
    struct pieces p;
};

/* Output rows [oy, oy + rows) of one image's input under every kx, as the band's i-th image. */
static void weave_input(const struct loom *l, int image, int oy, int rows, int i)
{
    const struct conv_shape *const s = l->call->shape;
    const struct codes codes = l->call->x;
    const enum element element = codes.bits <= 8 ? ELEMENT_U8 : ELEMENT_U16_S16;
    const size_t size = code_bytes(codes.bits);
    const char *const x = (const char *)codes.data + (size_t)image * s->h * s->w * s->c * size;
    const ptrdiff_t row = (ptrdiff_t)l->cut.steps * s->c * 4;
    struct pad all = pad_input(x, element, s, 0, s->c);

    all.right = right_border(s, &l->cut, l->pack);
    const struct padded padded = tile_pad(l->p.image, &all);

    for (int kx = 0; kx < s->kernel; kx++)
        for (int r = 0; r < (rows - 1) * s->stride + s->kernel; r++) {
            const ptrdiff_t from = (oy * s->stride + r) * padded.pitch + (ptrdiff_t)kx * s->c;
            char *const to = l->p.x + ((ptrdiff_t)(kx * l->cut.images + i) * l->cut.in_rows + r) * row;
            l->weave_x(to, (const char *)padded.data + from * size, l->cut.steps, (ptrdiff_t)s->stride * s->c,
                       s->c, 0);
        }
}

/* One row of errors: as it is, or from a copy with room to read on, filled up with the code that stands for
 * 0. */
static void weave_error_row(char *out, const struct loom *l, const char *in)
{
    const struct conv_shape *const s = l->call->shape;
    const int bits = l->call->e.bits, center = 1 << (bits - 1);
    const ptrdiff_t there = (ptrdiff_t)s->ow * s->k, needed = (ptrdiff_t)l->cut.steps * l->pack * s->k;

    if (s->ow % l->pack != 0 || s->k % TILE_ALIGNED != 0) {
        memcpy(l->p.row, in, there * code_bytes(bits));
        for (ptrdiff_t i = there; i < needed; i++)
            if (bits <= 8)
                ((uint8_t *)l->p.row)[i] = (uint8_t)center;
            else
                ((uint16_t *)l->p.row)[i] = (uint16_t)center;
        in = l->p.row;
    }
    l->weave_e(out, in, l->cut.steps, s->k, s->k, center);
}

/* Output rows [oy, oy + rows) of some images. */
static void weave_band(const struct loom *l, int image, int images, int oy, int rows)
{
    const struct conv_shape *const s = l->call->shape;
    const size_t e_row = (size_t)s->ow * s->k * code_bytes(l->call->e.bits);
    char *out = l->p.e;

    for (int i = 0; i < images; i++) {
        weave_input(l, image + i, oy, rows, i);
        for (int r = 0; r < rows; r++, out += (ptrdiff_t)l->cut.steps * s->k * 4) {
            const size_t at = (size_t)(image + i) * s->oh + oy + r;
            weave_error_row(out, l, (const char *)l->call->e.data + at * e_row);
        }
    }
}

/* The part of a job that all bands share. */
static struct weights_job loom_job(const struct loom *l)
{
    const struct conv_shape *const s = l->call->shape;
    const int cg = s->c / s->groups;
    const ptrdiff_t row = (ptrdiff_t)l->cut.steps * s->c * l->pack;

    for (int j = 0; j < s->kernel * cg; j++)
        l->p.column[j] = (ptrdiff_t)(j / cg) * l->cut.images * l->cut.in_rows * row + j % cg * l->pack;
    return (struct weights_job){.column = l->p.column,
                                .kernel = s->kernel,
                                .columns = s->kernel * cg,
                                .pitch = row,
                                .down = (s->stride == 1 ? l->cut.in_rows : s->stride) * row,
                                .x_step = (ptrdiff_t)s->c * l->pack,
                                .e_step = (ptrdiff_t)s->k * l->pack,
                                .filters = s->k / l->groups,
                                .k = s->k};
}

/* Every band of the rows of every image, for every group; l->weave_x decides which bits of x. */
static void run_bands(void (*run)(const struct weights_job *), const struct loom *l, int flush, int shift)
{
    const struct conv_shape *const s = l->call->shape;
    const struct conv_rows of = l->call->rows;
    const int cg = s->c / l->groups, kg = s->k / l->groups;
    const int images = l->call->images, end = of.first + of.count;
    struct weights_job job = loom_job(l);

    job.flush = flush;
    job.shift = shift;
    for (int n = 0; n < images; n += l->cut.images)
        for (int oy = of.first; oy < end; oy += l->cut.band) {
            const int rows = end - oy < l->cut.band ? end - oy : l->cut.band;
            const int now = images - n < l->cut.images ? images - n : l->cut.images;
            weave_band(l, n, now, oy, rows);
            /* without stride the rows of an image follow each other in both operands: one long row an
             * image */
            job.rows = s->stride == 1 ? now : rows;
            job.steps = s->stride == 1 ? l->cut.steps * rows : l->cut.steps;
            job.first = n == 0 && oy == of.first;
            job.last = n + now == images && oy + rows == end;
            for (int g = 0; g < l->groups; g++) {
                job.x = l->p.x + (ptrdiff_t)g * cg * 4;
                job.e = l->p.e + (ptrdiff_t)g * kg * 4;
                job.partial = (int32_t *)l->p.partial + g * kg;
                job.acc = l->call->acc + g * kg;
                run(&job);
            }
        }
}

static tile_weave *weave_for(const struct tile_isa *isa, int bits, int pack)
{
    if (bits > 8) return isa->weave_words;
    return pack == 4 ? isa->weave_bytes : isa->weave_bytes_to_words;
}

/* Every band with the tiles that compute the path, and the multiply-adds that their accumulators hold. */
static void run_path(const struct tile_isa *isa, struct loom *l)
{
    const int x_bits = l->call->x.bits, e_bits = l->call->e.bits;

    switch (l->call->path) {
    case CONV_PATH_I8:
        run_bands(isa->weights_i8, l, conv_pairs_i16(x_bits, e_bits), 0);
        break;
    case CONV_PATH_I16:
        run_bands(isa->weights_i16, l, 0, 0);
        break;
    case CONV_PATH_I16_64:
        run_bands(isa->weights_i16_64, l, conv_pairs_i32(x_bits, e_bits), 0);
        break;
    case CONV_PATH_I64:
        l->weave_x = weave_upper;
        run_bands(isa->weights_i16_64, l, conv_pairs_i32(15, e_bits), 1);
        l->weave_x = weave_lowest;
        run_bands(isa->weights_i16_64, l, conv_pairs_i32(1, e_bits), 0);
        break;
    }
}

void tile_int_weights(const struct kernels *k, const struct conv_int_weights_call *call)
{
    const struct conv_shape *const s = call->shape;
    const bool depthwise = tile_depthwise_takes(s, call->path);
    const int pack = call->path == CONV_PATH_I8 && !depthwise ? 4 : 2;
    struct loom l = {.call = call,
                     .weave_x = weave_for(k->isa, call->x.bits, pack),
                     .weave_e = weave_for(k->isa, call->e.bits, pack),
                     .pack = pack,
                     .groups = depthwise ? 1 : s->groups,
                     .cut = cut_make(s, pack)};

    l.p = lay_out(call->scratch, s, woven_bytes(s, &l.cut));
    if (depthwise)
        run_bands(k->isa->depthwise_weights_i16, &l, 0, 0);
    else
        run_path(k->isa, &l);
}

/* --- binary32 ---------------------------------------------------------------------------------------- */

/* The errors, from a copy with zeros behind it where the last block of filters reads too far. */
static const float *errors_of(const struct conv_float_weights_call *call, const struct pieces *p, bool whole)
{
    const size_t n = (size_t)call->shape->oh * call->shape->ow * call->shape->k;
    float *const copy = (void *)p->e;

    if (whole) return call->dy;
    memcpy(copy, call->dy, n * sizeof *copy);
    memset(copy + n, 0, 2 * TILE_LANES * sizeof *copy);
    return copy;
}

void tile_float_weights(const struct kernels *k, const struct conv_float_weights_call *call)
{
    const struct conv_shape *const s = call->shape;
    const struct cut cut = cut_make(s, 1);
    const bool depthwise = tile_is_depthwise(s);
    const int groups = depthwise ? 1 : s->groups, cg = s->c / groups, kg = s->k / groups;
    const int columns = depthwise ? 1 : cg; /* of each kx */
    const int reach = depthwise ? 2 * TILE_LANES : TILE_LANES;
    const struct pieces p = lay_out(call->scratch, s, 0);
    const struct pad all = pad_input(call->x, ELEMENT_F32, s, 0, s->c);
    const struct padded padded = tile_pad(p.image, &all);
    const float *const errors = errors_of(call, &p, kg % reach == 0);
    struct weights_job job = {.column = p.column,
                              .kernel = s->kernel,
                              .columns = s->kernel * columns,
                              .pitch = padded.pitch,
                              .down = s->stride * padded.pitch,
                              .steps = s->ow,
                              .x_step = (ptrdiff_t)s->stride * s->c,
                              .e_step = s->k,
                              .filters = kg,
                              .k = s->k};

    for (int j = 0; j < job.columns; j++)
        p.column[j] = (ptrdiff_t)(j / columns) * s->c + j % columns;
    for (int oy = 0; oy < s->oh; oy += cut.band) {
        job.rows = s->oh - oy < cut.band ? s->oh - oy : cut.band;
        job.first = oy == 0;
        job.last = oy + job.rows == s->oh;
        for (int g = 0; g < groups; g++) {
            job.x = (const float *)padded.data + (ptrdiff_t)oy * s->stride * padded.pitch + g * cg;
            job.e = errors + (ptrdiff_t)oy * s->ow * s->k + g * kg;
            job.partial = (float *)p.partial + g * kg;
            job.acc = call->acc + g * kg;
            (depthwise ? k->isa->depthwise_weights_f32 : k->isa->weights_f32)(&job);
        }
    }
}
