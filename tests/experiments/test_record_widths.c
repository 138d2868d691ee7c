/* tests/experiments/test_record_widths.c - claims about runs whose layers differ in bits: what is recorded,
 * exported and priced is what each layer ran at. */
#include "tests/fixtures/command_line.h"
#include "tests/fixtures/run_fixture.h"

#include "energy/meter/bitops.h"
#include "experiments/record/record_read.h"
#include "experiments/run/pricing.h"

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
