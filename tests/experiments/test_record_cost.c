/* tests/experiments/test_record_cost.c - energy, time and traffic of a run in its record, also after
 * going on. */
#include "energy/meter/bitops.h"
#include "experiments/config/hardware_file.h"
#include "experiments/run/pricing.h"
#include "tests/fixtures/run_fixture.h"

#include <criterion/new/assert.h>

/* A small run, its configuration, and what prices it. */
struct priced {
    struct fixture f;
    struct config config;
    struct pricing pricing;
};

static void open_pricing(struct priced *p, const char *hardware)
{
    pricing_close(&p->pricing);
    snprintf(p->config.hardware, sizeof p->config.hardware, "%s", hardware);
    must(pricing_open(&p->pricing, &p->config, &p->f.graph));
    const bool is_priced = p->pricing.meter != NULL;
    p->f.spec.hardware.name = is_priced ? p->pricing.hardware.name : NULL;
    p->f.spec.hardware.sha256 = p->pricing.sha256;
    p->f.spec.hardware.text = p->pricing.text;
}

static void priced_open(struct priced *p, const char *hardware)
{
    *p = (struct priced){0};
    fixture_open(&p->f);
    snprintf(p->config.model, sizeof p->config.model, "small");
    p->config.train = p->f.train;
    p->config.train.forward.bits_max = p->config.train.backward.bits_max = 8;
    open_pricing(p, hardware);
}

static void priced_close(struct priced *p)
{
    pricing_close(&p->pricing);
    fixture_close(&p->f);
}

static struct run_row row_of(struct priced *p, int64_t i)
{
    struct run_row row = fixture_row(i);
    must(pricing_step(&p->pricing, &row, &p->f.graph));
    return row;
}

static void rows(struct priced *p, struct record *r, int64_t from, int64_t to)
{
    for (int64_t i = from; i < to; i++) {
        const struct run_row row = row_of(p, i);
        must(record_row(r, &row));
    }
}

/* --- what a step costs --- */

Test(record_cost, a_step_costs_what_its_widths_and_images_cost)
{
    struct priced p;
    struct run_row row = fixture_row(2);
    struct cost c;

    priced_open(&p, "bitfusion");
    must(pricing_step(&p.pricing, &row, &p.f.graph));
    must(meter_iteration(&c, p.pricing.meter, operands_of(row.step.forward_bits, row.step.backward_bits),
                         row.step.images));
    cr_assert(row.energy_j > 0 && row.energy_j == c.energy_j);
    cr_assert(row.latency_s > 0 && row.latency_s == c.latency_s);
    cr_assert(row.dram_bytes > 0 && row.dram_bytes == c.dram_bytes);
    priced_close(&p);
}

Test(record_cost, a_run_may_do_without)
{
    struct priced p;

    priced_open(&p, "none");
    const struct run_row row = row_of(&p, 0);
    cr_assert(p.pricing.meter == NULL && row.energy_j == 0 && row.latency_s == 0 && row.dram_bytes == 0);
    priced_close(&p);
}

Test(record_cost, an_unknown_hardware_is_refused_before_training)
{
    struct priced p;

    priced_open(&p, "none");
    snprintf(p.config.hardware, sizeof p.config.hardware, "bitfusio");
    expect_failure(pricing_open(&p.pricing, &p.config, &p.f.graph), STATUS_INPUT, "bitfusion");
    priced_close(&p);
}

Test(record_cost, hardware_that_cannot_compute_a_layer_leaves_its_reason)
{
    static const char narrow[] = "base: bitfusion\narray.compose: floor\n"; /* the classifier is float32 */
    struct priced p;

    priced_open(&p, "none");
    folder_write(&p.f.folder, "narrow.yaml", narrow, sizeof narrow - 1);
    open_pricing(&p, folder_path(&p.f.folder, "narrow.yaml"));
    cr_assert(p.pricing.meter == NULL && strstr(p.pricing.refusal, "32") != NULL, "%s", p.pricing.refusal);
    cr_assert(row_of(&p, 0).energy_j == 0);
    priced_close(&p);
}

Test(record_cost, the_recorded_text_is_a_hardware_file_of_the_same_hash)
{
    struct priced p;
    struct hardware again;
    char hash[DIGEST_SIZE];

    priced_open(&p, "bitfusion");
    must(hardware_parse(&again, p.pricing.text, strlen(p.pricing.text), "record"));
    hardware_hash(hash, &again);
    cr_assert(strcmp(hash, p.pricing.sha256) == 0);
    cr_assert(strcmp(again.name, p.pricing.hardware.name) == 0);
    priced_close(&p);
}

Test(record_cost, static_training_counts_smaller_last_batches)
{
    struct priced p;
    struct cost run, full, rest;
    const struct operands widest = operands_of(8, 8);

    priced_open(&p, "bitfusion");
    p.config.train.iterations = 1000;
    must(meter_iteration(&full, p.pricing.meter, widest, 2));
    must(meter_iteration(&rest, p.pricing.meter, widest, 1));
    must(pricing_static(&run, &p.pricing, &p.config.train, 100, 199)); /* 99 batches of 2, one of 1 */
    cr_assert(eq(dbl, run.counts.macs, 990 * full.counts.macs + 10 * rest.counts.macs));
    must(pricing_static(&run, &p.pricing, &p.config.train, 100, 201)); /* one image is left out */
    cr_assert(eq(dbl, run.counts.macs, 1000 * full.counts.macs));
    priced_close(&p);
}

/* --- what the record holds --- */

static const char *const sums[] = {"train/energy_j", "train/latency_s", "train/dram_bytes"};
static const char *const steps[] = {"train/energy_j_step", "train/latency_s_step", "train/dram_bytes_step"};

Test(record_cost, columns_hold_each_step_and_the_sum_so_far)
{
    enum { ROWS = 100 };
    struct priced p;
    struct record *r;

    priced_open(&p, "bitfusion");
    must(record_open(&r, &p.f.spec, false));
    rows(&p, r, 0, ROWS);
    must(record_close(&r, STATUS_OK));
    struct store *s = fixture_store(&p.f);
    for (int c = 0; c < 3; c++) {
        int64_t count, step_count;
        double *sum = fixture_numbers(&count, s, sums[c]), *step = fixture_numbers(&step_count, s, steps[c]),
               all = 0;
        cr_assert(count == ROWS && step_count == ROWS);
        for (int i = 0; i < ROWS; i++) {
            all += step[i];
            cr_assert(step[i] > 0 && sum[i] == all, "%s, row %d", sums[c], i);
        }
        free(sum);
        free(step);
    }
    store_close(&s);
    priced_close(&p);
}

Test(record_cost, the_hardware_stands_beside_the_configuration)
{
    struct priced p;
    struct record *r;
    char text[DIGEST_SIZE], *knobs;

    priced_open(&p, "bitfusion");
    must(record_open(&r, &p.f.spec, false));
    must(record_close(&r, STATUS_OK));
    struct store *s = fixture_store(&p.f);
    must(store_get_text(text, sizeof text, s, "", "hardware"));
    cr_assert(strcmp(text, "bitfusion") == 0);
    must(store_get_text(text, sizeof text, s, "", "hardware_sha256"));
    cr_assert(strcmp(text, p.pricing.sha256) == 0);
    must(store_load_text(&knobs, s, "config/hardware"));
    cr_assert(strstr(knobs, "array.rows: 16\n") != NULL, "%s", knobs);
    free(knobs);
    store_close(&s);
    priced_close(&p);
}

Test(record_cost, a_run_that_is_not_priced_has_no_columns)
{
    struct priced p;
    struct record *r;

    priced_open(&p, "none");
    must(record_open(&r, &p.f.spec, false));
    rows(&p, r, 0, 10);
    must(record_close(&r, STATUS_OK));
    struct store *s = fixture_store(&p.f);
    for (int c = 0; c < 3; c++) {
        cr_assert(not(store_has(s, sums[c])));
        cr_assert(not(store_has(s, steps[c])));
    }
    cr_assert(not(store_has(s, "config/hardware")));
    store_close(&s);
    priced_close(&p);
}

/* --- going on --- */

Test(record_cost, going_on_leaves_the_sums_of_a_run_in_one_go)
{
    enum { ROWS = 120, CUT = 70, LOST = 25 };
    struct priced whole, parts;
    struct record *r;

    priced_open(&whole, "bitfusion");
    must(record_open(&r, &whole.f.spec, false));
    rows(&whole, r, 0, ROWS);
    must(record_close(&r, STATUS_OK));

    priced_open(&parts, "bitfusion");
    must(record_open(&r, &parts.f.spec, false));
    rows(&parts, r, 0, CUT + LOST);
    must(record_close(&r, STATUS_INTERRUPTED));
    open_pricing(&parts, "bitfusion"); /* a new process remembers no search */
    must(record_resume(&r, &parts.f.spec));
    must(record_rewind(r, CUT, "after a kill"));
    rows(&parts, r, CUT, ROWS);
    must(record_close(&r, STATUS_OK));

    struct store *a = fixture_store(&whole.f), *b = fixture_store(&parts.f);
    for (int c = 0; c < 3; c++) {
        int64_t rows_a, rows_b;
        double *x = fixture_numbers(&rows_a, a, sums[c]), *y = fixture_numbers(&rows_b, b, sums[c]);
        cr_assert(rows_a == ROWS && rows_b == ROWS);
        cr_assert(memcmp(x, y, ROWS * sizeof *x) == 0, "%s", sums[c]);
        free(x);
        free(y);
    }
    store_close(&a);
    store_close(&b);
    priced_close(&whole);
    priced_close(&parts);
}

Test(record_cost, going_on_with_other_hardware_is_refused)
{
    static const char wide[] = "base: bitfusion\narray.columns: 64\n";
    struct priced p;
    struct record *r;

    priced_open(&p, "bitfusion");
    must(record_open(&r, &p.f.spec, false));
    must(record_close(&r, STATUS_INTERRUPTED));
    folder_write(&p.f.folder, "wide.yaml", wide, sizeof wide - 1);
    open_pricing(&p, folder_path(&p.f.folder, "wide.yaml"));
    expect_failure(record_resume(&r, &p.f.spec), STATUS_INPUT, "is priced on hardware 'bitfusion'");
    open_pricing(&p, "none");
    expect_failure(record_resume(&r, &p.f.spec), STATUS_INPUT, "not on none");
    priced_close(&p);
}

Test(record_cost, a_record_without_columns_goes_on_without_them)
{
    struct priced p;
    struct record *r;

    priced_open(&p, "none");
    must(record_open(&r, &p.f.spec, false));
    rows(&p, r, 0, 10);
    must(record_close(&r, STATUS_INTERRUPTED));
    open_pricing(&p, "bitfusion");
    must(record_resume(&r, &p.f.spec));
    must(record_rewind(r, 10, "later"));
    rows(&p, r, 10, 20);
    must(record_close(&r, STATUS_OK));
    struct store *s = fixture_store(&p.f);
    cr_assert(not(store_has(s, "train/energy_j")));
    store_close(&s);
    priced_close(&p);
}
