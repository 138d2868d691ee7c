/* tests/experiments/test_record.c - claims about a record: what it holds, and when. */
#include "tests/fixtures/run_fixture.h"

#include <unistd.h>

Test(record, holds_every_iteration_under_fixed_names)
{
    struct fixture f;
    struct record *r;
    int64_t count;

    fixture_open(&f);
    must(record_open(&r, &f.spec, false));
    fixture_rows(r, 0, 200);
    must(record_close(&r, STATUS_OK));
    struct store *s = fixture_store(&f);
    double *loss = fixture_numbers(&count, s, "train/loss"),
           *bits = fixture_numbers(&count, s, "train/bits_fw"),
           *sum = fixture_numbers(&count, s, "train/bitops"),
           *step = fixture_numbers(&count, s, "train/bitops_step");
    cr_assert_eq(count, 200);
    double expected = 0;
    for (int64_t i = 0; i < 200; i++) {
        const struct run_row row = fixture_row(i);
        expected += row.bitops;
        cr_assert(loss[i] == row.step.loss && bits[i] == row.step.forward_bits && step[i] == row.bitops &&
                      sum[i] == expected,
                  "row %d", (int)i);
    }
    free(loss);
    free(bits);
    free(sum);
    free(step);
    store_close(&s);
    fixture_close(&f);
}

Test(record, says_what_it_is_and_how_it_ended)
{
    struct fixture f;
    struct record *r;
    char text[128], *config;
    int64_t last;

    fixture_open(&f);
    must(record_open(&r, &f.spec, false));
    struct store *s = fixture_store(&f); /* on disk from the beginning */
    must(store_get_text(text, sizeof text, s, "", "status"));
    cr_assert_str_eq(text, "running");
    store_close(&s);
    fixture_rows(r, 0, 3);
    must(record_summary_number(r, "test_acc", 0.8951, "1"));
    must(record_close(&r, STATUS_DIVERGED));
    cr_assert(r == NULL);
    s = fixture_store(&f);
    must(store_get_text(text, sizeof text, s, "", "schema"));
    cr_assert_str_eq(text, "cptsim-run");
    must(store_get_text(text, sizeof text, s, "", "status"));
    cr_assert_str_eq(text, "diverged");
    must(store_get_integer(&last, s, "", "last_iter"));
    cr_assert_eq(last, 3);
    must(store_load_text(&config, s, "config/resolved"));
    cr_assert_str_eq(config, f.spec.config.resolved);
    free(config);
    must(store_load_text(&config, s, "config/overrides"));
    cr_assert_str_eq(config, "seed=7\nmodel=none\n");
    free(config);
    must(store_get_text(text, sizeof text, s, "train/loss", "units"));
    cr_assert_str_eq(text, "1");
    must(store_get_text(text, sizeof text, s, "train/wall_s", "units"));
    cr_assert_str_eq(text, "s");
    cr_assert(store_has_attribute(s, "provenance", "git_commit"));
    cr_assert(store_has_attribute(s, "provenance", "cpu_seconds"));
    store_close(&s);
    fixture_close(&f);
}

Test(record, an_evaluation_stands_beside_its_bits_once)
{
    struct fixture f;
    struct record *r;
    int64_t count;

    fixture_open(&f);
    must(record_open(&r, &f.spec, false));
    struct evaluation test = fixture_evaluation(10, 8), validation = test;
    validation.split = SPLIT_VALIDATION;
    validation.accuracy = 0.5;
    must(record_evaluation(r, &test, 10, "max"));
    must(record_evaluation(r, &validation, 10, "max")); /* the same row */
    must(record_evaluation(r, &test, 10, "max"));       /* again: replaces */
    test.bits = 3;
    must(record_evaluation(r, &test, 10, "all"));
    test.bits = 4;
    must(record_evaluation(r, &test, 10, "all")); /* other bits: another row */
    must(record_close(&r, STATUS_OK));
    struct store *s = fixture_store(&f);
    double *accuracy = fixture_numbers(&count, s, "eval/max/test_acc");
    cr_assert_eq(count, 1);
    cr_assert_eq(accuracy[0], test.accuracy);
    free(accuracy);
    accuracy = fixture_numbers(&count, s, "eval/max/val_acc");
    cr_assert_eq(accuracy[0], 0.5);
    free(accuracy);
    accuracy = fixture_numbers(&count, s, "eval/max/train_acc");
    cr_assert(isnan(accuracy[0]));
    free(accuracy);
    double *bits = fixture_numbers(&count, s, "eval/all/bits");
    cr_assert(count == 2 && bits[0] == 3 && bits[1] == 4);
    free(bits);
    store_close(&s);
    fixture_close(&f);
}

Test(record, layers_are_described_and_traced)
{
    struct fixture f;
    struct record *r;
    int64_t count;
    void *names;

    fixture_open(&f);
    must(record_open(&r, &f.spec, false));
    *f.graph.nodes[0].layer->trace = (struct layer_trace){.weight = {-0.5f, 0.25f},
                                                          .activation = {-1.0f, 2.385f},
                                                          .clipped_activation = 17,
                                                          .floored_channels = 2};
    must(record_layers(r, &f.graph, 0));
    must(record_layers(r, &f.graph, 10));
    must(record_close(&r, STATUS_OK));
    struct store *s = fixture_store(&f);
    must(store_load(&names, NULL, STORE_TEXT, s, "layers/name"));
    cr_assert_str_eq((char *)names, "conv1");
    cr_assert_str_eq((char *)names + NAME_LENGTH, "fc");
    free(names);
    double *max = fixture_numbers(&count, s, "layers/act/max"),
           *clip = fixture_numbers(&count, s, "layers/act/clip"),
           *floored = fixture_numbers(&count, s, "layers/weight/floor"),
           *macs = fixture_numbers(&count, s, "layers/macs");
    cr_assert(max[2] == (double)2.385f && clip[2] == 17 && floored[2] == 2, "second row, first layer");
    cr_assert(isnan(max[3]), "the linear layer stays float32");
    cr_assert_eq(macs[0], 6.0 * 6 * 4 * 3 * 9);
    free(max);
    free(clip);
    free(floored);
    free(macs);
    store_close(&s);
    fixture_close(&f);
}

Test(record, flushes_by_itself_every_few_seconds)
{
    struct fixture f;
    struct record *r;
    int64_t count;

    fixture_open(&f);
    must(record_open(&r, &f.spec, false));
    fixture_rows(r, 0, 7);
    struct store *s = fixture_store(&f);
    free(fixture_numbers(&count, s, "train/loss"));
    cr_assert_eq(count, 0);
    store_close(&s);
    sleep(RECORD_FLUSH_SECONDS);
    usleep(200000);
    fixture_rows(r, 7, 8);
    s = fixture_store(&f);
    free(fixture_numbers(&count, s, "train/loss"));
    cr_assert_eq(count, 8);
    store_close(&s);
    must(record_close(&r, STATUS_OK));
    fixture_close(&f);
}
