/* tests/bench/exhaustive_quant.c - every float32 through the SIMD kernels, against the reference: the
 * same bits.
 *
 * All 2^32 inputs go through the kernel. The reference is asked at the ends of runs of neighbouring inputs:
 * where it gives the same bits at both it gives them in between, for it is monotone there
 * (tests/quant/test_laws.c); a run with different ends is halved. What wraps is monotone over less than
 * half a period, and 0 from 2^(iwl + 24) on, between the reference is asked at every input. Minutes for
 * all formats below. With SHARE > 0 the reference is asked at every input of every SHARE-th run, without
 * that law, stochastic roundings included. usage: exhaustive_quant [SHARE [FORMAT...]]    (default: 0,
 * the formats of the list below)
 */
#include "quant/quantizer.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 4096, MOST = 256 };

/* Inputs of block b: consecutive codes. */
static void fill(float *x, uint64_t b)
{
    for (uint32_t i = 0; i < BLOCK; i++) {
        const uint32_t bits = (uint32_t)(b * BLOCK) + i;
        memcpy(&x[i], &bits, sizeof bits);
    }
}

static float ask(const struct quantizer *ref, float x)
{
    float y;
    quantizer_apply_f32(ref, &y, &x, 1, (struct draw){.first = 0}, NULL);
    return y;
}

static bool same(float a, float b)
{
    return memcmp(&a, &b, sizeof a) == 0;
}

/* The reference at x[begin .. end], whose first and last results are known, by halving. */
static void expect_between(float *want, const float *x, int begin, int end, const struct quantizer *ref)
{
    if (end - begin < 2) return;
    if (same(want[begin], want[end])) {
        for (int i = begin + 1; i < end; i++)
            want[i] = want[begin];
        return;
    }
    const int middle = begin + (end - begin) / 2;
    want[middle] = ask(ref, x[middle]);
    expect_between(want, x, begin, middle, ref);
    expect_between(want, x, middle, end, ref);
}

/* Is the reference monotone over this run? Not where NaN follows infinity, nor over half a period that
 * wraps. */
static bool is_monotone(const struct format *f, const float *x)
{
    const float low = fabsf(x[0]), high = fabsf(x[BLOCK - 1]);
    if (isinf(x[0])) return false;
    if (f->family != FAMILY_FIXED || f->overflow != OVERFLOW_WRAP || isnan(high)) return true;
    return high - low < ldexpf(1, f->fixed.integer_bits - 1) || low >= ldexpf(1, f->fixed.integer_bits + 24);
}

static void expect(float *want, const float *x, const struct quantizer *ref, bool every, struct draw draw)
{
    if (every || !is_monotone(&ref->format, x)) {
        quantizer_apply_f32(ref, want, x, BLOCK, draw, NULL);
        return;
    }
    want[0] = ask(ref, x[0]);
    want[BLOCK - 1] = ask(ref, x[BLOCK - 1]);
    expect_between(want, x, 0, BLOCK - 1, ref);
}

/* Differences of one format; the first is printed. */
static uint64_t compare(const char *text, uint64_t share, uint64_t offset)
{
    const uint64_t blocks = (UINT64_C(1) << 32) / BLOCK, stride = share > 0 ? share : 1;
    uint64_t differences = 0;
    struct format f;
    struct quantizer fast, ref;

    if (format_parse(&f, text) != STATUS_OK || quantizer_make(&fast, &f, CARRIER_FLOAT32) != STATUS_OK ||
        quantizer_make_with(&ref, &f, CARRIER_FLOAT32, KERNELS_REF) != STATUS_OK) {
        fprintf(stderr, "%s\n", status_detail());
        return 1;
    }
    if (fast.kernel == NULL) {
        fprintf(stderr, "%s: no kernel on this processor\n", text);
        return 1;
    }
#pragma omp parallel for schedule(dynamic, 64) reduction(+ : differences)
    for (uint64_t b = offset % stride; b < blocks; b += stride) {
        float x[BLOCK], y[BLOCK], want[BLOCK];
        const struct draw draw = {{.seed = 1}, b * BLOCK};
        fill(x, b);
        quantizer_apply_f32(&fast, y, x, BLOCK, draw, NULL);
        expect(want, x, &ref, share > 0, draw);
        if (memcmp(y, want, sizeof y) == 0) continue;
        for (int i = 0; i < BLOCK; i++)
            if (!same(y[i], want[i]) && differences++ == 0)
                fprintf(stderr, "%s of %a: kernel %a, reference %a\n", text, (double)x[i], (double)y[i],
                        (double)want[i]);
    }
    return differences;
}

/* 7 roundings x 4 overflows of fx:s8.4, 6 x 2 of five floats: the names, into text[MOST][64]. */
static int list(char text[MOST][64])
{
    static const char *const fixed[] = {"rnd",      "rnd_zero", "rnd_min_inf", "rnd_inf",
                                        "rnd_conv", "trn",      "trn_zero"};
    static const char *const overflow[] = {"sat", "sat_zero", "sat_sym", "wrap"};
    static const char *const floats[] = {"e4m3fn", "e5m2", "e2m1", "bf16", "fp16"};
    static const char *const rounding[] = {"rne", "rz", "ru", "rd", "rna", "ro"};
    int n = 0;

    for (int q = 0; q < 7; q++)
        for (int o = 0; o < 4; o++)
            snprintf(text[n++], 64, "fx:s8.4:%s:%s", fixed[q], overflow[o]);
    for (int f = 0; f < 5; f++)
        for (int q = 0; q < 6; q++)
            for (int inf = 0; inf < (f == 2 ? 1 : 2); inf++) /* e2m1 is finite */
                snprintf(text[n++], 64, "fp:%s:%s:%s", floats[f], rounding[q], inf ? "inf" : "sat");
    return n;
}

int main(int argc, char **argv)
{
    static char text[MOST][64];
    const uint64_t share = argc > 1 && atoll(argv[1]) > 0 ? (uint64_t)atoll(argv[1]) : 0;
    int n = argc > 2 ? 0 : list(text), bad = 0;

    for (int i = 2; i < argc && n < MOST; i++)
        snprintf(text[n++], 64, "%s", argv[i]);
    for (int i = 0; i < n; i++) {
        const uint64_t differences = compare(text[i], share, (uint64_t)i);
        bad += differences != 0;
        printf("%-24s %llu differences in %llu inputs\n", text[i], (unsigned long long)differences,
               (unsigned long long)((UINT64_C(1) << 32) / (share > 0 ? share : 1)));
        fflush(stdout);
    }
    printf("%d of %d formats differ\n", bad, n);
    return bad != 0;
}
