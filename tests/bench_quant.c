/* tests/bench_quant.c - quantizers in place over 1e7 elements, beside the loop x *= s of the same run.
 *
 * All kernels take turns in every round, so that they meet the same machine; the best round counts.
 * The last block times a new plan every 1,000 elements against one plan for all.
 * usage: bench_quant [ROUNDS [ELEMENTS]]
 */
#include "quant/plan.h"

#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static volatile double one = 1.0; /* a factor that the compiler cannot see */

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* What is timed, and the share of the scale loop's rate that it should have. */
static const struct row {
    const char *format; /* NULL: the scale loop */
    enum carrier carrier;
    double target;
} rows[] = {
    {NULL, CARRIER_FLOAT32, 1},
    {"fx:s8.4:rnd_conv:sat", CARRIER_FLOAT32, 0.75},
    {"fx:s8.4:rnd:wrap", CARRIER_FLOAT32, 0.75},
    {"fx:s8.4:trn:sat_zero", CARRIER_FLOAT32, 0.75},
    {"fx:s8.4:odd:sat_sym", CARRIER_FLOAT32, 0.75},
    {"fp:e4m3fn:rne:sat", CARRIER_FLOAT32, 0.75},
    {"fp:e5m2:ru:inf", CARRIER_FLOAT32, 0.75},
    {"fp:e2m1:rna:sat", CARRIER_FLOAT32, 0.75},
    {"fp:fp16:ro:inf", CARRIER_FLOAT32, 0.75},
    {"fp:bf16:rne:inf", CARRIER_FLOAT32, 0.75},
    {"fx:s8.4:sr16:sat", CARRIER_FLOAT32, 0.36},
    {"fp:e5m2:sr16:sat", CARRIER_FLOAT32, 0.36},
    {"fp:bf16:sr16:inf", CARRIER_FLOAT32, 0.36},
    {"fx:s8.4:sr32:sat", CARRIER_FLOAT32, 0.2},
    {"fp:bf16:sr32:sat", CARRIER_FLOAT32, 0.2},
    {"mx:e2m1:32:floor", CARRIER_FLOAT32, 0.5},
    {"mx:e4m3fn:32:ceil", CARRIER_FLOAT32, 0.5},
    {"bfp:8:32:floor", CARRIER_FLOAT32, 0.5},
    {NULL, CARRIER_FLOAT64, 1},
    {"fx:s8.4:rnd_conv:sat", CARRIER_FLOAT64, 0.75},
    {"fp:e4m3fn:rne:sat", CARRIER_FLOAT64, 0.75},
    {"fp:fp16:rz:inf", CARRIER_FLOAT64, 0.75},
};

enum { ROWS = sizeof rows / sizeof rows[0], GRAIN = 1 << 14 };

static void scale_f32(float *x, size_t n, float s)
{
    for (size_t i = 0; i < n; i++)
        x[i] *= s;
}

static void scale_f64(double *x, size_t n, double s)
{
    for (size_t i = 0; i < n; i++)
        x[i] *= s;
}

static void run_part(const struct row *r, const struct plan *p, void *x, size_t begin, size_t n)
{
    const struct draw draw = {{.seed = 1}, begin};
    if (r->format == NULL && r->carrier == CARRIER_FLOAT32)
        scale_f32((float *)x + begin, n, (float)one);
    else if (r->format == NULL)
        scale_f64((double *)x + begin, n, one);
    else if (r->carrier == CARRIER_FLOAT32)
        plan_apply_f32(p, (float *)x + begin, (float *)x + begin, n, draw, NULL);
    else
        plan_apply_f64(p, (double *)x + begin, (double *)x + begin, n, draw, NULL);
}

/* Seconds of one pass over x by `threads` threads, each with one run of whole grains. */
static double pass(const struct row *r, const struct plan *p, void *x, size_t n, int threads)
{
    const double start = now();
#pragma omp parallel num_threads(threads)
    {
        const size_t grains = (n + GRAIN - 1) / GRAIN, id = (size_t)omp_get_thread_num();
        const size_t begin = grains * id / (size_t)threads * GRAIN,
                     end = grains * (id + 1) / (size_t)threads * GRAIN;
        run_part(r, p, x, begin, (end < n ? end : n) - begin);
    }
    return now() - start;
}

static void refill(void *x, const float *source, size_t n, enum carrier carrier)
{
    for (size_t i = 0; i < n; i++)
        if (carrier == CARRIER_FLOAT32)
            ((float *)x)[i] = source[i];
        else
            ((double *)x)[i] = (double)source[i];
}

/* ns an element over 1,000 elements at a time: one plan, two kept plans in turn, a new plan each time in
 * turn. */
static void bench_switching(float *x, const float *source, int rounds)
{
    enum { SPAN = 1000, SPANS = 1000 };
    double best[3] = {1e9, 1e9, 1e9};
    struct format f[2];
    struct plan p[2];

    if (format_parse(&f[0], "fx:s8.4") != STATUS_OK || format_parse(&f[1], "fx:s6.4") != STATUS_OK) exit(1);
    for (int k = 0; k < 2; k++)
        if (plan_make(&p[k], &f[k], CARRIER_FLOAT32) != STATUS_OK) exit(1);
    for (int round = 0; round < 20 * rounds; round++)
        for (int way = 0; way < 3; way++) {
            const struct draw draw = {.first = 0};
            refill(x, source, SPAN * SPANS, CARRIER_FLOAT32);
            const double start = now();
            for (int i = 0; i < SPANS; i++) {
                const int k = way == 0 ? 0 : i % 2;
                if (way == 2 && plan_make(&p[k], &f[k], CARRIER_FLOAT32) != STATUS_OK) exit(1);
                plan_apply_f32(&p[k], x + i * SPAN, x + i * SPAN, SPAN, draw, NULL);
            }
            const double t = now() - start;
            if (t < best[way]) best[way] = t;
        }
    printf("\n1,000 elements at a time, ns/element: one plan %.4f, two in turn %.4f (%+.1f %%), made anew "
           "each time %.4f "
           "(%.0f ns a plan)\n",
           1e9 * best[0] / (SPAN * SPANS), 1e9 * best[1] / (SPAN * SPANS), 100 * (best[1] / best[0] - 1),
           1e9 * best[2] / (SPAN * SPANS), 1e9 * (best[2] - best[0]) / SPANS);
}

int main(int argc, char **argv)
{
    const int rounds = argc > 1 ? atoi(argv[1]) : 15, most = omp_get_max_threads() < 2 ? 1 : 2;
    const size_t n = argc > 2 ? (size_t)atoll(argv[2]) : 10000000;
    static struct plan plan[ROWS];
    static double best[ROWS][3];
    float *source = malloc(n * sizeof *source);
    void *x = malloc(n * sizeof(double));
    uint64_t state = 1;

    if (source == NULL || x == NULL) return 1;
    for (size_t i = 0; i < n; i++) {
        double sum = -6;
        for (int k = 0; k < 12; k++) {
            state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            sum += (double)(state >> 11) * 0x1p-53;
        }
        source[i] = (float)sum;
    }
    for (int i = 0; i < ROWS; i++) {
        struct format f;
        best[i][1] = best[i][2] = 1e9;
        if (rows[i].format == NULL) continue;
        if (format_parse(&f, rows[i].format) != STATUS_OK ||
            plan_make(&plan[i], &f, rows[i].carrier) != STATUS_OK) {
            fprintf(stderr, "%s\n", status_detail());
            return 1;
        }
    }
    for (int round = 0; round < rounds; round++)
        for (int i = 0; i < ROWS; i++)
            for (int threads = 1; threads <= most; threads++) {
                refill(x, source, n, rows[i].carrier);
                const double t = pass(&rows[i], &plan[i], x, n, threads);
                if (t < best[i][threads]) best[i][threads] = t;
            }
    printf("%zu elements in place, best of %d; Gelem/s (share of the scale loop)\n", n, rounds);
    printf("%-24s %-8s %14s %14s %8s\n", "format", "array", "1 thread", "2 threads", "target");
    const double *scale = best[0];
    for (int i = 0; i < ROWS; i++) {
        if (rows[i].format == NULL) scale = best[i];
        printf("%-24s %-8s", rows[i].format ? rows[i].format : "x *= s",
               rows[i].carrier == CARRIER_FLOAT32 ? "float32" : "float64");
        for (int t = 1; t <= most; t++)
            printf(" %7.2f (%.2f)", 1e-9 * (double)n / best[i][t], scale[t] / best[i][t]);
        printf(" %8.2f\n", rows[i].target);
    }
    if (n >= 1000000) bench_switching(x, source, rounds);
    free(source);
    free(x);
    return 0;
}
