/* tests/fuzz/target_format.c - a format string, then after a line's end float32 values: what is printed is the same
 * format, and the fastest kernel gives the reference's bits. */
#include "quant/quantizer.h"
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

enum { VALUES = 64 };

static const struct draw draw = {.name = {.seed = 1, .stream = 2, .step = 3}};

static void quantize(const struct format *f, const float *x, size_t n)
{
    struct quantizer best, ref;
    float fast[VALUES], slow[VALUES];
    struct tally tally[2] = {{0}};

    if (!fuzz_done(quantizer_make(&best, f, CARRIER_FLOAT32))) return;
    fuzz_claim(quantizer_make_with(&ref, f, CARRIER_FLOAT32, KERNELS_REF) == STATUS_OK,
               "the reference takes it too");
    quantizer_apply_f32(&best, fast, x, n, draw, &tally[0]);
    quantizer_apply_f32(&ref, slow, x, n, draw, &tally[1]);
    fuzz_claim(memcmp(fast, slow, n * sizeof *x) == 0, "the kernels agree in every bit");
    fuzz_claim(tally[0].overflow == tally[1].overflow && tally[0].inexact == tally[1].inexact,
               "and in what they count");
}

static void encode(const struct format *f, const float *x, size_t n)
{
    struct quantizer q;
    uint64_t code[VALUES];
    uint32_t scale[VALUES];
    double wide[VALUES], direct[VALUES], decoded[VALUES];

    if (!fuzz_done(quantizer_make(&q, f, CARRIER_FLOAT64))) return;
    for (size_t i = 0; i < n; i++)
        wide[i] = (double)x[i];
    quantizer_measure_f64(&q, wide, n);
    quantizer_apply_f64(&q, direct, wide, n, draw, NULL);
    quantizer_encode_f64(&q, code, scale, wide, n, draw, NULL);
    quantizer_decode_f64(&q, decoded, code, scale, n);
    for (size_t i = 0; i < n; i++)
        fuzz_claim(decoded[i] == direct[i] || (decoded[i] != decoded[i] && direct[i] != direct[i]),
                   "a value is that of its code");
}

void fuzz_one(const uint8_t *data, size_t size)
{
    const uint8_t *end = size > 0 ? memchr(data, '\n', size) : NULL;
    const size_t length = end != NULL ? (size_t)(end - data) : size;
    const size_t bytes = end != NULL ? size - length - 1 : 0;
    const size_t n = bytes / sizeof(float) < VALUES ? bytes / sizeof(float) : VALUES;
    char *text = fuzz_text(data, length), printed[FORMAT_TEXT], second[FORMAT_TEXT];
    struct format f, again;
    float x[VALUES] = {0};

    if (n > 0) memcpy(x, end + 1, n * sizeof *x);
    if (fuzz_done(format_parse(&f, text))) {
        format_print(printed, &f);
        fuzz_claim(format_parse(&again, printed) == STATUS_OK, "what is printed can be read");
        fuzz_claim(strcmp(printed, format_print(second, &again)) == 0, "printing is a fixed point");
        quantize(&f, x, n);
        encode(&f, x, n);
    }
    free(text);
}
