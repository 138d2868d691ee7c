/* tests/bench/bench_cost.c - searches of the cost models: how many layers a second one core maps to
 * BitFusion.
 *
 * The layers are the golden rows' (tests/golden/bitfusion.csv), in their own order, each with its machine. A
 * row is one pass over all of one kind: forward at 2 to 8 bits, the three products of training, larger
 * arrays, or training with all mends under each objective. what_if_s is what 1,000 points of a what-if over a
 * training run of ResNet-74 would take on one core: 9 shapes x 3 products x 6 widths = 162 searches a point.
 *
 * Predicted: about 1,000 tilings a layer at 10 ns for a bound that most of them do not pass, and 120 orders
 * for a few of them: 20 us, 50,000 searches a second; asked for 300, and for what_if_s below 10.
 *
 * Measured on one quiet core of an AMD EPYC: as released 41 us, 24,700 searches a second, what_if_s 6.6;
 * larger arrays 19,000; all mends 26 us for latency, 96 us for energy, whose 1,000 points take 15.6 s on one
 * core.
 *
 * Learned: more than half of the time are lower bounds. Counting a tiling's buffer reads only once it passes
 * without them, and a first bound without the division by the bandwidth, both gained nothing.
 */
#include "tests/bench/bench.h"
#include "tests/fixtures/bitfusion_machine.h"
#include "tests/fixtures/quant_csv.h"

enum { ROWS_MAX = 2048, WHAT_IF = 162 * 1000 };

/* To add a row: a line. Rows of the file whose config begins with a word, and how they are searched. */
static const struct cost_case {
    const char *name, *config;
    enum hardware_objective objective;
    bool mended;
} cases[] = {
    {"inference", "bf_e,", OBJECTIVE_LATENCY, false},
    {"training", "bf_e_train", OBJECTIVE_LATENCY, false},
    {"larger arrays", "bf_e_x", OBJECTIVE_LATENCY, false},
    {"training, mended, latency", "bf_e_train", OBJECTIVE_LATENCY, true},
    {"training, mended, energy", "bf_e_train", OBJECTIVE_ENERGY, true},
    {"training, mended, edp", "bf_e_train", OBJECTIVE_EDP, true},
};

/* What one case searches. */
struct searches {
    int count;
    struct bitfusion_layer layer[ROWS_MAX];
    struct bitfusion_machine machine[ROWS_MAX];
    int64_t cycles; /* the sum, so that nothing is left out */
};

static void read_rows(struct searches *s, const struct cost_case *c)
{
    struct csv f;
    char config[64];
    s->count = 0;
    if (!csv_open(&f, "tests/golden/bitfusion.csv"))
        bench_must(status_fail(STATUS_IO,
                               "tests/golden/bitfusion.csv cannot be read; run from the repository's root"));
    while (csv_next(&f)) {
        snprintf(config, sizeof config, "%s,", f.field[0]);
        if (strncmp(config, c->config, strlen(c->config)) != 0 || s->count == ROWS_MAX) continue;
        int64_t v[22]; /* columns N .. bits_w; the texts between them read as 0 */
        for (int i = 0; i < 22; i++)
            v[i] = atoll(f.field[i]);
        struct bitfusion_machine *const m = &s->machine[s->count];
        *m = bitfusion_machine(v[2], v[6]);
        m->objective = c->objective;
        if (c->mended) m->mends = all_mended;
        s->layer[s->count++] = (struct bitfusion_layer){.kernel_h = v[13],
                                                        .kernel_w = v[13],
                                                        .out_h = v[14],
                                                        .out_w = v[14],
                                                        .stride = v[15],
                                                        .in_c = v[16],
                                                        .out_c = v[17],
                                                        .batch = v[18],
                                                        .im2col = v[19],
                                                        .input_bits = (int)v[20],
                                                        .weight_bits = (int)v[21],
                                                        .output_bits = 32};
    }
}

static void search_rows(void *with)
{
    struct searches *const s = with;
    for (int i = 0; i < s->count; i++) {
        struct bitfusion_result r;
        bench_must(bitfusion_search(&r, &s->layer[i], &s->machine[i]));
        s->cycles += r.counts.cycles;
    }
}

int main(int argc, char **argv)
{
    static const struct bench_column columns[] = {{"searches", -28},     {"layers", 7},
                                                  {"us_per_search", 13}, {"searches_per_s", 14},
                                                  {"what_if_s", 9},      {NULL, 0}};
    static struct searches s;
    struct bench b = bench_open(argc, argv, "cost", "Time the searches of the cost models on one core.", 1.0);
    struct bench_table table;

    bench_table(&table, &b, "BitFusion", columns);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (!bench_wants(&b, "%s", cases[i].name)) continue;
        read_rows(&s, &cases[i]);
        struct contender c = {.run = search_rows, .with = &s};
        const double seconds = bench_median(&c, bench_race(&c, 1, b.seconds)) / s.count;
        bench_text(&table, cases[i].name);
        bench_number(&table, s.count, 0);
        bench_number(&table, 1e6 * seconds, 1);
        bench_number(&table, 1 / seconds, 0);
        bench_number(&table, WHAT_IF * seconds, 1);
    }
    bench_close(&b);
    return 0;
}
