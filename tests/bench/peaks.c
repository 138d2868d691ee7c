/* tests/bench/peaks.c - the table of peaks. An op is one multiply or one add.
 *
 * Integer sums count as the kernels must do them: int16 pairs added up in 32 bits (vpmaddwd, vpaddd), int8
 * pairs in 16 bits (vpmaddubsw, vpaddw), without what widening costs. VNNI does both in one instruction. An
 * empty asm after each step keeps the compiler from folding, hoisting or rotating the accumulators.
 */
#include "tests/bench/peaks.h"

#include <immintrin.h>

enum { STEPS = 1 << 17, ACCUMULATORS = 12 };

#define KEEP(v)       __asm__ volatile("" : "+x"(v))
#define EACH(DO)      DO(a) DO(b) DO(c) DO(d) DO(e) DO(f) DO(g) DO(h) DO(i) DO(j) DO(k) DO(l)
#define BEGIN256(v)   __m256i v = _mm256_setzero_si256();
#define BEGIN512(v)   __m512i v = _mm512_setzero_si512();
#define OPS(products) (2.0 * (products)*ACCUMULATORS * STEPS)

__attribute__((target("avx2,fma"))) static void fma_256(void)
{
    const __m256 x = _mm256_set1_ps(0.5f), y = _mm256_set1_ps(0.25f);
#define BEGIN(v) __m256 v = x;
#define STEP(v)                                                                                              \
    {                                                                                                        \
        v = _mm256_fmadd_ps(x, y, v);                                                                        \
        KEEP(v);                                                                                             \
    }
    EACH(BEGIN)
    for (int n = 0; n < STEPS; n++) {
        EACH(STEP)
    }
#undef BEGIN
#undef STEP
}

__attribute__((target("avx2"))) static void madd_256(void)
{
    __m256i x = _mm256_set1_epi16(3);
#define STEP(v)                                                                                              \
    {                                                                                                        \
        KEEP(x);                                                                                             \
        v = _mm256_add_epi32(v, _mm256_madd_epi16(x, x));                                                    \
        KEEP(v);                                                                                             \
    }
    EACH(BEGIN256)
    for (int n = 0; n < STEPS; n++) {
        EACH(STEP)
    }
#undef STEP
}

__attribute__((target("avx2"))) static void maddubs_256(void)
{
    __m256i x = _mm256_set1_epi8(3);
#define STEP(v)                                                                                              \
    {                                                                                                        \
        KEEP(x);                                                                                             \
        v = _mm256_add_epi16(v, _mm256_maddubs_epi16(x, x));                                                 \
        KEEP(v);                                                                                             \
    }
    EACH(BEGIN256)
    for (int n = 0; n < STEPS; n++) {
        EACH(STEP)
    }
#undef STEP
}

__attribute__((target("avx512f"))) static void fma_512(void)
{
    const __m512 x = _mm512_set1_ps(0.5f), y = _mm512_set1_ps(0.25f);
#define BEGIN(v) __m512 v = x;
#define STEP(v)                                                                                              \
    {                                                                                                        \
        v = _mm512_fmadd_ps(x, y, v);                                                                        \
        KEEP(v);                                                                                             \
    }
    EACH(BEGIN)
    for (int n = 0; n < STEPS; n++) {
        EACH(STEP)
    }
#undef BEGIN
#undef STEP
}

__attribute__((target("avx512f,avx512vnni"))) static void dpwssd_512(void)
{
    const __m512i x = _mm512_set1_epi16(3);
#define STEP(v)                                                                                              \
    {                                                                                                        \
        v = _mm512_dpwssd_epi32(v, x, x);                                                                    \
        KEEP(v);                                                                                             \
    }
    EACH(BEGIN512)
    for (int n = 0; n < STEPS; n++) {
        EACH(STEP)
    }
#undef STEP
}

__attribute__((target("avx512f,avx512vnni"))) static void dpbusd_512(void)
{
    const __m512i x = _mm512_set1_epi8(3);
#define STEP(v)                                                                                              \
    {                                                                                                        \
        v = _mm512_dpbusd_epi32(v, x, x);                                                                    \
        KEEP(v);                                                                                             \
    }
    EACH(BEGIN512)
    for (int n = 0; n < STEPS; n++) {
        EACH(STEP)
    }
#undef STEP
}

static bool has_avx2(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

static bool has_vnni(void)
{
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vnni");
}

/* To add instructions: a loop, and a row; slowest first for each arithmetic. */
static const struct peak peaks[] = {
    {ARITHMETIC_FLOAT32, "float32", "vfmadd 256", has_avx2, fma_256, OPS(8)},
    {ARITHMETIC_INT16, "int16", "vpmaddwd vpaddd 256", has_avx2, madd_256, OPS(16)},
    {ARITHMETIC_INT8, "int8", "vpmaddubsw vpaddw 256", has_avx2, maddubs_256, OPS(32)},
    {ARITHMETIC_FLOAT32, "float32", "vfmadd 512", has_vnni, fma_512, OPS(16)},
    {ARITHMETIC_INT16, "int16", "vpdpwssd 512", has_vnni, dpwssd_512, OPS(32)},
    {ARITHMETIC_INT8, "int8", "vpdpbusd 512", has_vnni, dpbusd_512, OPS(64)},
};

const struct peak *peak_find(enum arithmetic a)
{
    const struct peak *found = NULL;

    for (size_t i = 0; i < sizeof peaks / sizeof *peaks; i++)
        if (peaks[i].arithmetic == a && peaks[i].available()) found = &peaks[i];
    return found;
}

void peak_run(void *run)
{
    const struct peak_run *const r = run;

#pragma omp parallel num_threads(r->threads)
    r->peak->loop();
}

void peaks_print(const struct bench *b)
{
    static const struct bench_column columns[] = {
        {"arithmetic", -10}, {"instructions", -24}, {"threads", 7}, {"gop_per_s", 9}, {NULL, 0}};
    static struct contender c[ARITHMETICS * 2];
    struct peak_run run[ARITHMETICS * 2];
    struct bench_table t;
    int thread[2], count = 0;
    const int choices = bench_threads(thread, b);

    for (int a = 0; a < ARITHMETICS; a++)
        for (int i = 0; i < choices; i++) {
            run[count] = (struct peak_run){peak_find((enum arithmetic)a), thread[i]};
            if (run[count].peak == NULL) continue;
            c[count] = (struct contender){.run = peak_run, .with = &run[count]};
            count++;
        }
    const int rounds = bench_race(c, count, b->seconds);
    bench_table(&t, b, "peaks", columns);
    for (int i = 0; i < count; i++) {
        bench_text(&t, run[i].peak->name);
        bench_text(&t, run[i].peak->instructions);
        bench_number(&t, run[i].threads, 0);
        bench_number(&t, 1e-9 * run[i].threads * run[i].peak->ops / bench_median(&c[i], rounds), 1);
    }
}
