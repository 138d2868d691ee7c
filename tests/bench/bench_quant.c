/* tests/bench/bench_quant.c - quantizers in place over 1e7 elements, beside the loop x *= s of the same run.
 *
 * All formats take turns in every round, on 1 thread and on all, so that they meet the same machine; the
 * array is filled anew before each, out of the time. share_of_scale is a format's speed by that of the scale
 * loop of the same array type and threads; target is what it should reach on a quiet machine. The last table
 * times a new plan every 1,000 elements against one plan for all.
 *
 * Predicted: deterministic formats wait for memory as the scale loop does, 1.0; stochastic ones for ten
 * rounds of Philox.
 *
 * Measured, 2 quiet cores of an AMD EPYC with AVX2, medians, 1 and 2 threads; the scale loop does 3.99
 * and 7.11 Gelem/s: fx 0.88 to 1.26 and 0.81 to 1.16 of it, fp 0.79 to 1.16 and 0.83 to 1.13, mx and bfp 0.62
 * to 0.77 and 0.61 to 0.75, float64 0.95 to 1.16 and 1.02 to 1.07. Gelem/s a thread with 16 random bits:
 * fx 1.92, e5m2 1.47, bf16 2.08; with 32: fx 0.91, bf16 1.34. Two plans in turn every 1,000 elements cost
 * nothing, a plan made anew each time 29 ns (of 119).
 *
 * Learned: above twenty operations a vector, the reorder window ends before the next line of memory: a
 * prefetch of one kilobyte makes most formats faster than the scale loop, which has none.
 */
#include "quant/quantizer.h"
#include "tests/bench/bench.h"

#include <omp.h>
#include <stdlib.h>

static volatile double one = 1.0; /* a factor that the compiler cannot see */

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

enum { ROWS = sizeof rows / sizeof rows[0], GRAIN = 1 << 14, ELEMENTS = 10000000 };

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

static void run_part(const struct row *r, const struct quantizer *p, void *x, size_t begin, size_t n)
{
    const struct draw draw = {{.seed = 1}, begin};
    if (r->format == NULL && r->carrier == CARRIER_FLOAT32)
        scale_f32((float *)x + begin, n, (float)one);
    else if (r->format == NULL)
        scale_f64((double *)x + begin, n, one);
    else if (r->carrier == CARRIER_FLOAT32)
        quantizer_apply_f32(p, (float *)x + begin, (float *)x + begin, n, draw, NULL);
    else
        quantizer_apply_f64(p, (double *)x + begin, (double *)x + begin, n, draw, NULL);
}

/* --- what takes turns
 * ------------------------------------------------------------------------------------ */

struct turn {
    const struct row *row;
    const struct quantizer *plan;
    const float *source;
    void *x;
    size_t n;
    int threads;
};

static void refill(void *with)
{
    const struct turn *const t = with;

    for (size_t i = 0; i < t->n; i++)
        if (t->row->carrier == CARRIER_FLOAT32)
            ((float *)t->x)[i] = t->source[i];
        else
            ((double *)t->x)[i] = (double)t->source[i];
}

/* One pass over x, each thread with one run of whole grains. */
static void run_turn(void *with)
{
    const struct turn *const t = with;

#pragma omp parallel num_threads(t->threads)
    {
        const size_t grains = (t->n + GRAIN - 1) / GRAIN, id = (size_t)omp_get_thread_num();
        const size_t begin = grains * id / (size_t)t->threads * GRAIN,
                     end = grains * (id + 1) / (size_t)t->threads * GRAIN;
        if (begin < t->n) run_part(t->row, t->plan, t->x, begin, (end < t->n ? end : t->n) - begin);
    }
}

static const char *format_name(const struct row *r)
{
    return r->format != NULL ? r->format : "x *= s";
}

static const char *array_name(const struct row *r)
{
    return r->carrier == CARRIER_FLOAT32 ? "float32" : "float64";
}

static void print_rows(const struct bench *b, const struct turn *turn, const struct contender *c, int choices,
                       int rounds)
{
    static const struct bench_column columns[] = {
        {"format", -22},        {"array", -7}, {"threads", 7}, {"gelem_per_s", 11},
        {"share_of_scale", 14}, {"target", 6}, {"scaling", 7}, {NULL, 0}};
    struct bench_table table;
    int scale = 0; /* the scale loop's row of the same array */

    bench_table(&table, b, "quantizers in place", columns);
    for (int r = 0; r < ROWS; r++) {
        if (rows[r].format == NULL) scale = r;
        if (!bench_wants(b, "%s %s", format_name(&rows[r]), array_name(&rows[r]))) continue;
        for (int i = 0; i < choices; i++) {
            const struct contender *const own = &c[r * choices + i];
            const struct turn *const t = &turn[r * choices + i];
            bench_text(&table, format_name(t->row));
            bench_text(&table, array_name(t->row));
            bench_number(&table, t->threads, 0);
            bench_number(&table, 1e-9 * (double)t->n / bench_median(own, rounds), 2);
            bench_number(&table, bench_ratio(&c[scale * choices + i], own, rounds), 2);
            bench_number(&table, t->row->target, 2);
            bench_number(&table, bench_ratio(&c[r * choices], own, rounds), 2);
        }
    }
}

static void bench_formats(const struct bench *b, const float *source, void *x)
{
    static struct quantizer plan[ROWS];
    static struct contender c[2 * ROWS];
    static struct turn turn[2 * ROWS];
    int thread[2];
    const int choices = bench_threads(thread, b);

    for (int r = 0; r < ROWS; r++) {
        struct format f;
        if (rows[r].format != NULL) {
            bench_must(format_parse(&f, rows[r].format));
            bench_must(quantizer_make(&plan[r], &f, rows[r].carrier));
        }
        for (int i = 0; i < choices; i++) {
            const int at = r * choices + i;
            const bool wanted = rows[r].format == NULL ||
                                bench_wants(b, "%s %s", format_name(&rows[r]), array_name(&rows[r]));
            turn[at] = (struct turn){&rows[r], &plan[r], source, x, ELEMENTS, thread[i]};
            c[at] = (struct contender){wanted ? run_turn : NULL, refill, &turn[at], {0}};
        }
    }
    print_rows(b, turn, c, choices, bench_race(c, ROWS * choices, b->seconds));
}

/* --- plans by turns
 * -------------------------------------------------------------------------------------- */

/* To add a way: a row. */
static const struct way {
    const char *name;
    bool two, anew; /* two formats in turn; their plan is made anew each time */
} ways[] = {
    {"one plan", false, false}, {"two plans in turn", true, false}, {"a new plan each time", true, true}};

enum { WAYS = sizeof ways / sizeof ways[0], SPAN = 1000, SPANS = 1000, TIMES = 20 };

struct switching {
    const struct way *way;
    const struct format *format; /* [2] */
    struct quantizer *plan;      /* [2] */
    float *x;
};

static void run_switching(void *with)
{
    const struct switching *const s = with;
    const struct draw draw = {.first = 0};

    for (int i = 0; i < TIMES * SPANS; i++) {
        const int k = s->way->two ? i % 2 : 0;
        float *const part = s->x + i % SPANS * SPAN;
        if (s->way->anew) bench_must(quantizer_make(&s->plan[k], &s->format[k], CARRIER_FLOAT32));
        quantizer_apply_f32(&s->plan[k], part, part, SPAN, draw, NULL);
    }
}

static void bench_switching(const struct bench *b, float *x)
{
    static const struct bench_column columns[] = {
        {"plans", -22}, {"ns_per_elem", 11}, {"ns_more_per_span", 16}, {NULL, 0}};
    static const char *const names[2] = {"fx:s8.4", "fx:s6.4"};
    static struct contender c[WAYS];
    struct switching s[WAYS];
    struct format format[2];
    struct quantizer plan[2];
    struct bench_table table;

    for (int k = 0; k < 2; k++) {
        bench_must(format_parse(&format[k], names[k]));
        bench_must(quantizer_make(&plan[k], &format[k], CARRIER_FLOAT32));
    }
    for (int w = 0; w < WAYS; w++) {
        s[w] = (struct switching){&ways[w], format, plan, x};
        c[w] = (struct contender){.run = run_switching, .with = &s[w]};
    }
    const int rounds = bench_race(c, WAYS, b->seconds / 10);
    const double least = bench_median(&c[0], rounds) / (TIMES * SPANS);
    bench_table(&table, b, "1,000 elements at a time", columns);
    for (int w = 0; w < WAYS; w++) {
        const double span = bench_median(&c[w], rounds) / (TIMES * SPANS);
        bench_text(&table, ways[w].name);
        bench_number(&table, 1e9 * span / SPAN, 4);
        bench_number(&table, 1e9 * (span - least), 0);
    }
}

/* Normal values, nearly: sums of twelve uniform ones, less 6. */
static void fill_normal(float *x, size_t n)
{
    uint64_t state = 1;

    for (size_t i = 0; i < n; i++) {
        double sum = -6;
        for (int k = 0; k < 12; k++) {
            state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            sum += (double)(state >> 11) * 0x1p-53;
        }
        x[i] = (float)sum;
    }
}

int main(int argc, char **argv)
{
    struct bench b =
        bench_open(argc, argv, "quant", "Time the quantizers, in place, beside a loop that scales.", 12.0);
    float *const source = claim(ELEMENTS * sizeof *source);
    void *const x = claim(ELEMENTS * sizeof(double));

    fill_normal(source, ELEMENTS);
    bench_formats(&b, source, x);
    fill_normal(x, SPAN * SPANS);
    bench_switching(&b, x);
    free(source);
    free(x);
    bench_close(&b);
    return 0;
}
