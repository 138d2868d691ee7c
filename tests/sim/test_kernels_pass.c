/* tests/sim/test_kernels_pass.c - elementwise passes: every row of the kernel table equals `ref` bit for
 * bit. */
#include "tests/fixtures/kernel_data.h"

FAST_ROWS_TEST(kernels_pass, range_equals_ref_and_sees_nan_anywhere)
{
    const struct kernels *const row = row_at(at);
    float x[261];

    for (size_t n = 0; n <= 260; n++) {
        for (size_t i = 0; i < n; i++)
            x[i] = real_at(20, i + n);
        const struct range want = reference()->range(x, n), got = row->range(x, n);
        cr_assert(memcmp(&want, &got, sizeof want) == 0, "%s, %zu elements", row->name, n);
        if (n == 0) continue;
        x[(n * 7) % n] = NAN;
        x[n / 2] = NAN;
        cr_assert(isnan(row->range(x, n).lo) && isnan(row->range(x, n).hi), "%s, %zu elements", row->name, n);
    }
}

ROWS_TEST(kernels_pass, range_has_no_negative_zero)
{
    const struct kernels *const row = row_at(at);
    const float zeros[2][4] = {{0.0f, -0.0f, -0.0f, 0.0f}, {-0.0f, -0.0f, -0.0f, -0.0f}};

    for (int z = 0; z < 2; z++) {
        const struct range r = row->range(zeros[z], 4);
        cr_assert(!signbit(r.lo) && !signbit(r.hi));
    }
}

/* Values inside, at the edges of and outside the range, halves, NaN and infinities. */
static float value_for(const struct affine *q, size_t i)
{
    static const float odd[] = {INFINITY, -INFINITY, NAN, 0.0f, -0.0f, 1e30f, -1e30f, 1e-40f};
    const uint32_t r = word_at(21, i);
    if (r % 37 == 0) return odd[r / 37 % 8];
    if (r % 5 == 0) return q->zero + q->scale * ((float)(r / 5 % 64) * 0.5f - 2.0f);
    return q->zero + (float)(r % 100000) * 1.1e-5f * q->scale * q->top;
}

FAST_ROWS_TEST(kernels_pass, encode_and_decode_equal_ref)
{
    enum { N = 700, TRIALS = 40 };
    const struct kernels *const row = row_at(at);
    float x[N], want_x[N], got_x[N];
    uint16_t want[N], got[N];

    for (int i = 0; i < 16 * TRIALS; i++) {
        const int bits = 1 + i / TRIALS, trial = i % TRIALS;
        const struct affine q =
            affine_make(-0.37f, trial % 4 ? 1.9f : 3e-9f, bits, DIVISION_IEEE, AFFINE_FLOOR);
        const struct random_name name = {.seed = 99, .stream = 5, .step = (uint32_t)trial};
        const struct random_name *const noise = trial % 2 ? &name : NULL;
        const uint64_t first =
            trial < 20 ? word_at(22, trial) % 200 : (1ull << 38) - 100 + word_at(22, trial) % 200;
        const size_t n = trial % 5 == 0 ? (size_t)trial : N - word_at(23, trial) % 200;
        for (size_t j = 0; j < n; j++)
            x[j] = value_for(&q, j + (size_t)trial * N);
        memset(want, 0xEE, sizeof want);
        memset(got, 0xEE, sizeof got);
        const size_t want_clipped = reference()->encode(want, x, n, &q, noise, first);
        const size_t got_clipped = row->encode(got, x, n, &q, noise, first);
        ASSERT_SAME(got, want, N, "%s, %d bits, first %llu", row->name, bits, (unsigned long long)first);
        cr_assert_eq(got_clipped, want_clipped);
        reference()->decode(want_x, (struct codes){want, bits}, n, &q);
        row->decode(got_x, (struct codes){want, bits}, n, &q);
        ASSERT_SAME(got_x, want_x, n, "decode of %s, %d bits", row->name, bits);
    }
}

Test(kernels_pass, encode_is_affine_quantize)
{
    enum { N = 300 };
    float x[N], want[N], got[N];
    uint8_t codes[N];
    const struct affine q = affine_make(-1.0f, 2.0f, 5, DIVISION_RCP, AFFINE_FLOOR);
    const struct random_name name = {.seed = 1, .stream = 2, .step = 3};

    for (size_t i = 0; i < N; i++)
        x[i] = value_for(&q, i);
    const size_t clipped = affine_quantize(want, x, N, &q, &name, 17);
    cr_assert_eq(reference()->encode(codes, x, N, &q, &name, 17), clipped);
    cr_assert_gt(clipped, 0);
    reference()->decode(got, (struct codes){codes, 5}, N, &q);
    ASSERT_SAME(got, want, N, "ref");
}

struct norm_case {
    int pixels, c;
};

static const struct norm_case norm_cases[] = {{9, 16}, {64, 64}, {7, 8}, {5, 24}, {13, 1}, {9, 3},
                                              {6, 10}, {3, 40},  {1, 8}, {4, 20}, {2, 5},  {1, 1}};

enum { NORM_CASES = sizeof norm_cases / sizeof norm_cases[0] };

struct norm_out {
    float a[4096], dx[4096], dresidual[4096], dx_in_place[4096];
    double sums[128];
    struct range ranges[3];
    uint8_t positive[512];
};

static struct norm_out *run_norm(const struct kernels *k, int pixels, int c, int variant)
{
    const size_t n = (size_t)pixels * c;
    const bool relu = variant & 1, residual = variant & 2, add = variant & 4, mask = variant & 8;
    float *const y = reals_make(n, 30), *const r = reals_make(n, 31), *const dy = reals_make(n, 32);
    float *const of_c[6] = {reals_make(c, 33), reals_make(c, 34), reals_make(c, 35),
                            reals_make(c, 36), reals_make(c, 37), reals_make(c, 38)};
    struct norm_out *const out = claim(sizeof *out);

    memset(out, 0, sizeof *out);
    for (size_t i = 0; i < n; i++)
        out->dresidual[i] = real_at(39, i);
    memcpy(out->dx_in_place, dy, n * sizeof *dy);
    out->ranges[0] = k->norm_forward(&(struct norm_forward_call){
        out->a, out->positive, y, residual ? r : NULL, of_c[0], of_c[1], (size_t)pixels, c, relu});
    struct norm_errors e = {dy, mask ? out->positive : NULL, y, of_c[2], (size_t)pixels, c};
    k->norm_sums(out->sums, &e);
    out->ranges[1] = k->norm_backward(&(struct norm_backward_call){out->dx, residual ? out->dresidual : NULL,
                                                                   add, e, of_c[3], of_c[4], of_c[5]});
    e.dy = out->dx_in_place;
    out->ranges[2] = k->norm_backward(
        &(struct norm_backward_call){out->dx_in_place, NULL, add, e, of_c[3], of_c[4], of_c[5]});
    for (int i = 0; i < 6; i++)
        free(of_c[i]);
    free(y), free(r), free(dy);
    return out;
}

FAST_ROWS_TEST(kernels_pass, norm_passes_equal_ref)
{
    const struct kernels *const row = row_at(at);

    for (int i = 0; i < NORM_CASES * 16; i++) {
        const struct norm_case *const p = &norm_cases[i / 16];
        struct norm_out *const want = run_norm(reference(), p->pixels, p->c, i % 16);
        struct norm_out *const got = run_norm(row, p->pixels, p->c, i % 16);
        ASSERT_SAME((char *)got, (char *)want, sizeof *want, "%s, %d pixels of %d, variant %d", row->name,
                    p->pixels, p->c, i % 16);
        free(got), free(want);
    }
}

/* What norm_encode stands for: norm_forward, the ceiling, encode. */
static size_t norm_then_encode(void *codes, uint8_t *positive, const float *y, float *const of_c[2],
                               const struct norm_case *p, bool relu, float ceiling, const struct affine *q)
{
    const size_t n = (size_t)p->pixels * p->c;
    float a[4096];

    reference()->norm_forward(
        &(struct norm_forward_call){a, positive, y, NULL, of_c[0], of_c[1], (size_t)p->pixels, p->c, relu});
    for (size_t i = 0; i < n && ceiling < INFINITY; i++)
        if (a[i] >= ceiling) {
            a[i] = ceiling;
            positive[i / 8] &= (uint8_t) ~(1u << i % 8);
        }
    return reference()->encode(codes, a, n, q, NULL, 0);
}

static void expect_norm_encode(const struct kernels *k, const struct norm_case *p)
{
    const size_t n = (size_t)p->pixels * p->c;
    float *const y = reals_make(n, 40), *const of_c[2] = {reals_make(p->c, 41), reals_make(p->c, 42)};

    y[n / 2] = NAN;
    y[0] = y[n - 1] = INFINITY; /* in the vectors, and in what is left over */
    of_c[0][0] = of_c[0][p->c - 1] = 1.0f;
    for (int variant = 0; variant < 16; variant++) {
        const bool relu = variant & 1;
        const float ceiling = variant & 2 ? 0.75f : INFINITY;
        const struct affine q =
            affine_make(variant & 4 ? -0.25f : 0.0f, 1.0f, variant & 8 ? 12 : 5, DIVISION_IEEE, AFFINE_FLOOR);
        uint8_t positive[2][512] = {{0}}, codes[2][8192] = {{0}};
        const size_t want = norm_then_encode(codes[0], positive[0], y, of_c, p, relu, ceiling, &q);
        const size_t got = k->norm_encode(&(struct norm_encode_call){
            codes[1], positive[1], y, of_c[0], of_c[1], (size_t)p->pixels, p->c, relu, ceiling, &q});
        cr_assert_eq(got, want, "%s, %d pixels of %d, variant %d: clipped %zu, not %zu", k->name, p->pixels,
                     p->c, variant, got, want);
        ASSERT_SAME(codes[1], codes[0], 2 * n, "%s, %d pixels of %d, variant %d: codes", k->name, p->pixels,
                    p->c, variant);
        ASSERT_SAME(positive[1], positive[0], 512, "%s, %d pixels of %d, variant %d: mask", k->name,
                    p->pixels, p->c, variant);
    }
    free(y), free(of_c[0]), free(of_c[1]);
}

ROWS_TEST(kernels_pass, norm_encode_is_norm_forward_and_encode)
{
    const struct kernels *const k = row_at(at);

    for (int i = 0; i < NORM_CASES; i++)
        expect_norm_encode(k, &norm_cases[i]);
}

ROWS_TEST(kernels_pass, norm_lets_a_nan_through_the_relu)
{
    const struct kernels *const k = row_at(at);
    float y[16] = {1, -1, NAN, 2}, a[16];
    const float one[8] = {1, 1, 1, 1, 1, 1, 1, 1}, zero[8] = {0};
    uint8_t positive[2];

    const struct range r =
        k->norm_forward(&(struct norm_forward_call){a, positive, y, NULL, one, zero, 2, 8, true});
    cr_assert(isnan(a[2]) && isnan(r.lo), "%s", k->name);
    cr_assert_eq(positive[0], 0x9);
    cr_assert_eq(positive[1], 0);
}
