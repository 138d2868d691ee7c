/* tests/experiments/test_record_widths.c - claims about runs whose layers differ in bits: what is recorded,
 * exported and priced is what each layer ran at. */
#include "tests/fixtures/command_line.h"
#include "tests/fixtures/run_fixture.h"

#include "energy/meter/bitops.h"
#include "experiments/record/record_read.h"
#include "experiments/run/pricing.h"

#include <stddef.h>

enum { ROWS = 5, NODES = 4 };

/* Forward bits of a node in an iteration. */
static int bits_of(int64_t iteration, int node)
{
    return 2 + (int)iteration + node;
}

/* A record of ROWS iterations whose layers differ. */
static void make_run(struct fixture *f)
{
    static const struct schedule_type by_layer = {.name = "by layer", .by_layer = true};
    struct widths now[NODES] = {{0}};
    struct record *r;

    fixture_open(f);
    cr_assert_eq(f->graph.count, NODES);
    f->train.forward.type = &by_layer;
    must(record_open(&r, &f->spec, false));
    for (int64_t i = 0; i < ROWS + 1; i++) {
        struct run_row row = fixture_row(i);
        for (int l = 0; l < NODES; l++)
            now[l] = (struct widths){bits_of(i, l), 8};
        row.step.layer_widths = now;
        row.step.layers = NODES;
        must(record_row(r, &row));
    }
    must(record_rewind(r, ROWS, "one less"));
    must(record_close(&r, STATUS_OK));
}

Test(record_widths, every_layer_has_its_bits_in_the_record)
{
    struct fixture f;
    struct record_layer_widths read;

    make_run(&f);
    struct store *s = fixture_store(&f);
    must(record_read_widths(&read, s));
    cr_assert(read.found && read.iterations == ROWS && read.layers == NODES);
    for (int64_t i = 0; i < ROWS; i++)
        for (int l = 0; l < NODES; l++) {
            const struct widths *w = &read.layer[i * NODES + l];
            cr_assert(w->forward == bits_of(i, l) && w->backward == 8, "iteration %d, layer %d", (int)i, l);
        }
    cr_assert_str_eq(read.name[1], "bn1");
    record_release_widths(&read);
    store_close(&s);
    fixture_close(&f);
}

Test(record_widths, export_prints_a_line_an_iteration_and_layer)
{
    static struct answer o;
    struct fixture f;

    make_run(&f);
    cli(&o, &f.folder, "export %s --series widths", f.dir);
    cr_assert(o.code == 0, "%s", o.err);
    static const char first[] = "iter\tlayer\tbits_fw\tbits_bw\n0\tconv1\t2\t8\n0\tbn1\t3\t8\n";
    cr_assert(strncmp(o.out, first, strlen(first)) == 0, "%s", o.out);
    cr_assert(strstr(o.out, "\n4\tfc\t9\t8\n") != NULL, "%s", o.out);
    fixture_close(&f);
}

/* A row of /widths, as record_widths.c writes it. */
struct widths_row {
    int64_t iteration;
    uint8_t forward[NODES], backward[NODES];
};

/* Put another last row into /widths, or none. */
static void damage(const struct fixture *f, const struct widths_row *row)
{
    const struct store_column columns[] = {
        {.name = "iter", .type = STORE_I64},
        {.name = "bits_fw", .type = STORE_U8, .width = NODES, .offset = offsetof(struct widths_row, forward)},
        {.name = "bits_bw",
         .type = STORE_U8,
         .width = NODES,
         .offset = offsetof(struct widths_row, backward)},
    };
    char path[512];
    struct store *s;
    struct store_series *series;

    snprintf(path, sizeof path, "%s/%s", f->dir, RECORD_FILE);
    must(store_open(&s, path, STORE_UPDATE));
    must(store_series_open(&series, s, RECORD_WIDTHS, columns, 3));
    must(store_series_truncate(series, ROWS - 1));
    if (row != NULL) must(store_series_append(series, row));
    must(store_flush(s));
    store_close(&s);
}

Test(record_widths, doctor_says_what_is_wrong_with_them)
{
    static const struct {
        bool lacks_last; /* else the last row is this one */
        struct widths_row row;
        const char *says;
    } damages[] = {
        {true,
         {0},
         "BAD\twidths has every iteration of train once, in order: 'widths/iter' has 4 rows, "
         "train has 5\n"},
        {false, {ROWS - 2, {8, 8, 8, 8}, {8, 8, 8, 8}}, "row 4 of 'widths/iter' is 3\n"},
        {false,
         {ROWS - 1, {8, 1, 8, 8}, {8, 8, 8, 8}},
         "BAD\twidths has possible bits for every iteration and layer: 'bn1' in iteration 4 ran at 1/8 bits; "
         "there are 0 and 2 to 32\n"},
        {false, {ROWS - 1, {8, 8, 8, 8}, {8, 8, 8, 33}}, "'fc' in iteration 4 ran at 8/33 bits"},
    };
    static struct answer o;

    for (size_t i = 0; i < sizeof damages / sizeof *damages; i++) {
        struct fixture f;
        make_run(&f);
        cli(&o, &f.folder, "doctor %s", f.dir);
        cr_assert(o.code == 0 && strstr(o.out, "ok\twidths has possible bits") != NULL, "%s%s", o.out, o.err);
        damage(&f, damages[i].lacks_last ? NULL : &damages[i].row);
        cli(&o, &f.folder, "doctor %s", f.dir);
        cr_assert(o.code == 3 && strstr(o.out, damages[i].says) != NULL, "%s%s", o.out, o.err);
        fixture_close(&f);
    }
}

Test(record_widths, layers_that_are_alike_have_none)
{
    static struct answer o;
    struct fixture f;
    struct record *r;
    struct record_layer_widths read;

    fixture_open(&f);
    must(record_open(&r, &f.spec, false));
    fixture_rows(r, 0, 1);
    must(record_close(&r, STATUS_OK));
    struct store *s = fixture_store(&f);
    must(record_read_widths(&read, s));
    cr_assert(!read.found && !store_has(s, RECORD_WIDTHS));
    store_close(&s);
    cli(&o, &f.folder, "export %s --series widths", f.dir);
    expect_refusal(&o, 3, "all layers ran at the same bits");
    fixture_close(&f);
}

Test(record_widths, a_step_costs_what_each_layer_ran_at)
{
    struct fixture f;
    struct pricing none = {0};
    struct widths now[NODES] = {{3, 8}, {3, 8}, {3, 8}, {3, 8}};
    struct run_row alike = fixture_row(0), more = fixture_row(0);

    fixture_open(&f);
    alike.step.layer_widths = more.step.layer_widths = now;
    alike.step.layers = more.step.layers = NODES;
    must(pricing_step(&none, &alike, &f.graph));
    const struct work work = work_of_graph(&f.graph), conv = work_of_layer(f.graph.nodes[0].layer);
    cr_assert_eq(alike.bitops, bitops_paper(&work, 2, 3, 8));
    now[0].forward = 6;
    must(pricing_step(&none, &more, &f.graph));
    cr_assert_float_eq(more.bitops - alike.bitops,
                       bitops_paper(&conv, 2, 6, 8) - bitops_paper(&conv, 2, 3, 8), 1e-3);
    fixture_close(&f);
}
