/* quant/quantizer.c - quantizers: checks and kernels chosen once, then arrays in pieces that the kernel takes. */
#include "quant/quantizer.h"

#include "quant/kernels/carrier.h"
#include "quant/kernels/host.h"
#include "quant/kernels/kernel.h"
#include "quant/kernels/quantizer_ref.h"

#include <assert.h>
#include <string.h>

bool quantizer_needs_measure(const struct format *f)
{
    return f->family == FAMILY_AFFINE || f->family == FAMILY_NVFP4 || block_length(f) == SIZE_MAX;
}

static enum status refuse(const struct format *asked, const struct format *nearest, const struct reason *why)
{
    char a[FORMAT_TEXT], b[FORMAT_TEXT];
    return status_fail(STATUS_INPUT, "format '%s': %s; the nearest valid one is '%s'", format_print(a, asked),
                       why->text, format_print(b, nearest));
}

enum status quantizer_make_with(struct quantizer *out, const struct format *f, enum carrier carrier,
                                enum quantizer_kernels kernels)
{
    struct format nearest = *f;
    struct reason why;

    why.text[0] = '\0';
    family_row(f->family)->repair(&nearest, &why);
    carrier_repair(&nearest, &why, carrier);
    if (why.text[0] != '\0') return refuse(f, &nearest, &why);
    out->format = nearest; /* the same, but for the default number of random bits */
    out->carrier = carrier;
    out->whole.known = false;
    out->kernel = NULL;
    if (kernels == KERNELS_BEST) kernel_choose(out);
    return STATUS_OK;
}

enum status quantizer_make(struct quantizer *out, const struct format *f, enum carrier carrier)
{
    return quantizer_make_with(out, f, carrier, KERNELS_BEST);
}

static struct array array_at(struct array a, size_t i)
{
    const size_t size = a.carrier == CARRIER_FLOAT32 ? sizeof(float) : sizeof(double);
    return (struct array){(char *)a.data + i * size, a.carrier};
}

static void array_copy(struct array to, struct array from, size_t n)
{
    memcpy(to.data, from.data, n * (from.carrier == CARRIER_FLOAT32 ? sizeof(float) : sizeof(double)));
}

enum { PIECE = 1024, STEP_MOST = 64 };

/* n elements by the kernel; those that do not fill a step go through a buffer, at the place that their index
 * has in the step, so that they meet the same random bits. */
static void kernel_run(const struct quantizer *p, struct array y, struct array x, size_t n, struct draw draw)
{
    const size_t step = (size_t)p->step;
    const size_t before = p->format.random_bits > 0 ? (size_t)(draw.first % step) : 0;
    double room[STEP_MOST];
    const struct array buffer = {room, p->carrier};

    for (size_t i = 0; i < n;) {
        const size_t skipped = i == 0 ? before : 0;
        const struct draw at = {draw.name, draw.first + i - skipped};
        size_t taken = (n - i) / step * step;
        if (skipped == 0 && taken > 0)
            p->kernel(p, array_at(y, i).data, array_at(x, i).data, taken, at);
        else {
            taken = n - i < step - skipped ? n - i : step - skipped;
            memset(room, 0, sizeof room);
            array_copy(array_at(buffer, skipped), array_at(x, i), taken);
            p->kernel(p, room, room, step, at);
            array_copy(array_at(y, i), array_at(buffer, skipped), taken);
        }
        i += taken;
    }
}

/* What the kernel does not say: overflow, which only values beyond the ends of the format can suffer. */
static unsigned outcome_of(const struct quantizer *p, double before, double after, struct draw draw, size_t i)
{
    if (before != before) return OUTCOME_NAN;
    if (before >= p->constants.lowest && before <= p->constants.highest)
        return after == 0 && before != 0 ? OUTCOME_UNDERFLOW : 0;
    return element_encode(&p->format, number_of_double(before),
                          draw_bits(draw.name, draw.first + i, p->format.random_bits))
        .outcome;
}

static double array_value(struct array a, size_t i)
{
    return a.carrier == CARRIER_FLOAT32 ? (double)((const float *)a.data)[i] : ((const double *)a.data)[i];
}

/* The same with counts: piece by piece while it is in the nearest cache. */
static void kernel_run_counted(const struct quantizer *p, struct array y, struct array x, size_t n,
                               struct draw draw, struct tally *tally)
{
    double room[PIECE];
    const struct array buffer = {room, p->carrier};

    for (size_t at = 0; at < n; at += PIECE) {
        const size_t size = n - at < PIECE ? n - at : PIECE;
        const struct array piece = array_at(x, at);
        const struct draw here = {draw.name, draw.first + at};
        kernel_run(p, buffer, piece, size, here);
        for (size_t i = 0; i < size; i++) {
            const double before = array_value(piece, i), after = array_value(buffer, i);
            tally_element(tally, before, after, outcome_of(p, before, after, here, i));
        }
        array_copy(array_at(y, at), buffer, size);
    }
}

/* p, measured on these n elements if it needs a measure and has none. */
static const struct quantizer *quantizer_measured(struct quantizer *room, const struct quantizer *p,
                                                  struct array x, size_t n)
{
    if (!quantizer_needs_measure(&p->format) || p->whole.known) return p;
    *room = *p;
    quantizer_ref_measure(room, x, n);
    return room;
}

static void quantizer_apply(const struct quantizer *p, struct array y, struct array x, size_t n,
                            struct draw draw, struct tally *tally)
{
    const struct host_state host = host_enter();
    struct quantizer room;

    assert(x.carrier == p->carrier);
    assert(n == 0 || (x.data != NULL && y.data != NULL));
    assert(block_length(&p->format) == SIZE_MAX || draw.first % block_length(&p->format) == 0);
    p = quantizer_measured(&room, p, x, n);
    if (p->kernel == NULL || (tally != NULL && !element_is_family(p->format.family)))
        quantizer_ref(p, y, NULL, NULL, x, n, draw, tally);
    else if (tally == NULL)
        kernel_run(p, y, x, n, draw);
    else
        kernel_run_counted(p, y, x, n, draw, tally);
    host_leave(host);
}

static struct array array_f32(const float *x)
{
    return (struct array){(void *)x, CARRIER_FLOAT32};
}

static struct array array_f64(const double *x)
{
    return (struct array){(void *)x, CARRIER_FLOAT64};
}

void quantizer_apply_f32(const struct quantizer *p, float *y, const float *x, size_t n, struct draw draw,
                         struct tally *tally)
{
    quantizer_apply(p, array_f32(y), array_f32(x), n, draw, tally);
}

void quantizer_apply_f64(const struct quantizer *p, double *y, const double *x, size_t n, struct draw draw,
                         struct tally *tally)
{
    quantizer_apply(p, array_f64(y), array_f64(x), n, draw, tally);
}

/* p with the map of one row. */
static struct quantizer quantizer_of_row(const struct quantizer *p, const double *scale, const int64_t *zero,
                                         size_t row)
{
    struct quantizer q = *p;
    if (p->format.family == FAMILY_INT && scale != NULL) q.format.integer.scale = scale[row];
    if (p->format.family == FAMILY_INT && zero != NULL) q.format.integer.zero = zero[row];
    q.whole.known = false;
    return q;
}

enum status quantizer_apply_rows_f32(const struct quantizer *p, float *y, const float *x, size_t rows,
                                     size_t n, const double *scale, const int64_t *zero, struct draw draw,
                                     struct tally *tally)
{
    for (size_t r = 0; r < rows && p->format.family == FAMILY_INT; r++) {
        const struct quantizer q = quantizer_of_row(p, scale, zero, r);
        if (format_check(&q.format) == STATUS_OK) continue;
        return status_fail(STATUS_INPUT, "row %zu: %s", r, status_detail());
    }
    for (size_t r = 0; r < rows; r++) {
        const struct quantizer q = quantizer_of_row(p, scale, zero, r);
        const bool blocks = block_is_family(p->format.family) && p->format.random_bits == 0;
        const struct draw here = {draw.name,
                                  blocks ? 0 : draw.first + r * n}; /* a block begins with its row */
        quantizer_apply_f32(&q, y + r * n, x + r * n, n, here, tally);
    }
    return STATUS_OK;
}

static void quantizer_encode(const struct quantizer *p, uint64_t *code, uint32_t *scale, struct array x,
                             size_t n, struct draw draw, struct tally *tally)
{
    const struct host_state host = host_enter();

    assert(!quantizer_needs_measure(&p->format) || p->whole.known);
    quantizer_ref(p, (struct array){NULL, p->carrier}, code, scale, x, n, draw, tally);
    host_leave(host);
}

void quantizer_encode_f32(const struct quantizer *p, uint64_t *code, uint32_t *scale, const float *x,
                          size_t n, struct draw draw, struct tally *tally)
{
    assert(p->carrier == CARRIER_FLOAT32);
    quantizer_encode(p, code, scale, array_f32(x), n, draw, tally);
}

void quantizer_encode_f64(const struct quantizer *p, uint64_t *code, uint32_t *scale, const double *x,
                          size_t n, struct draw draw, struct tally *tally)
{
    assert(p->carrier == CARRIER_FLOAT64);
    quantizer_encode(p, code, scale, array_f64(x), n, draw, tally);
}

static void quantizer_decode(const struct quantizer *p, struct array y, const uint64_t *code,
                             const uint32_t *scale, size_t n)
{
    const struct host_state host = host_enter();

    assert(p->carrier == y.carrier);
    assert(!quantizer_needs_measure(&p->format) || p->whole.known);
    quantizer_ref_decode(p, y, code, scale, n);
    host_leave(host);
}

void quantizer_decode_f32(const struct quantizer *p, float *y, const uint64_t *code, const uint32_t *scale,
                          size_t n)
{
    quantizer_decode(p, array_f32(y), code, scale, n);
}

void quantizer_decode_f64(const struct quantizer *p, double *y, const uint64_t *code, const uint32_t *scale,
                          size_t n)
{
    quantizer_decode(p, array_f64(y), code, scale, n);
}

static void quantizer_measure(struct quantizer *p, struct array x, size_t n)
{
    const struct host_state host = host_enter();
    quantizer_ref_measure(p, x, n);
    host_leave(host);
}

void quantizer_measure_f32(struct quantizer *p, const float *x, size_t n)
{
    quantizer_measure(p, array_f32(x), n);
}

void quantizer_measure_f64(struct quantizer *p, const double *x, size_t n)
{
    quantizer_measure(p, array_f64(x), n);
}
