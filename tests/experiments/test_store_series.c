/* tests/experiments/test_store_series.c - claims about series: they grow, are searched and truncated, and
 * go on after reopening. */
#include "tests/fixtures/store_rows.h"

#include <criterion/parameterized.h>

struct growth {
    int64_t first, second; /* rows before and after a flush and reopening */
};

ParameterizedTestParameters(store_series, series_grow_over_flushes_and_reopening)
{
    static struct growth rows[] = {{0, 0}, {1, 2}, {63, 64}, {64, 65}, {65, 200}, {4095, 4097}, {5000, 9000}};

    return cr_make_param_array(struct growth, rows, sizeof rows / sizeof *rows);
}

ParameterizedTest(struct growth *g, store_series, series_grow_over_flushes_and_reopening)
{
    struct folder f = folder_new();
    struct store *s;

    must(store_open(&s, folder_path(&f, "a.h5"), STORE_CREATE));
    append(s, 0, g->first);
    must(store_flush(s));
    expect_rows(folder_path(&f, "a.h5"), g->first);
    store_close(&s);
    must(store_open(&s, folder_path(&f, "a.h5"), STORE_UPDATE));
    append(s, g->first, g->second);
    must(store_flush(s));
    store_close(&s);
    expect_rows(folder_path(&f, "a.h5"), g->second);
    folder_remove(&f);
}

ParameterizedTestParameters(store_series, truncated_series_go_on_as_if_never_longer)
{
    static struct growth rows[] = {{10, 0},   {10, 7},   {100, 64},    {100, 65},
                                   {100, 63}, {100, 99}, {5000, 4096}, {5000, 17}};

    return cr_make_param_array(struct growth, rows, sizeof rows / sizeof *rows);
}

ParameterizedTest(struct growth *g, store_series, truncated_series_go_on_as_if_never_longer)
{
    struct folder f = folder_new();
    struct store *s;

    must(store_open(&s, folder_path(&f, "a.h5"), STORE_CREATE));
    struct store_series *series = append(s, 0, g->first);
    int64_t below;
    must(store_series_below(&below, series, g->second));
    cr_assert_eq(below, g->second);
    must(store_series_below(&below, series, g->first + 9));
    cr_assert_eq(below, g->first);
    must(store_series_truncate(series, g->second));
    cr_assert_eq(store_series_length(series), g->second);
    for (int64_t i = g->second; i < g->first + 70; i++) {
        const struct line l = line_of(i);
        must(store_series_append(series, &l));
    }
    must(store_flush(s));
    store_close(&s);
    expect_rows(folder_path(&f, "a.h5"), g->first + 70);
    folder_remove(&f);
}

Test(store_series, unflushed_rows_are_the_only_loss)
{
    struct folder f = folder_new();
    struct store *s;

    must(store_open(&s, folder_path(&f, "a.h5"), STORE_CREATE));
    append(s, 0, 300);
    must(store_flush(s));
    store_close(&s);
    must(store_open(&s, folder_path(&f, "a.h5"), STORE_UPDATE));
    append(s, 300, 999);
    store_close(&s); /* as a kill would: without a flush */
    expect_rows(folder_path(&f, "a.h5"), 300);
    folder_remove(&f);
}

Test(store_series, columns_of_different_lengths_are_refused)
{
    struct folder f = folder_new();
    struct store *s;
    struct store_series *series;
    const struct line l = line_of(0);

    must(store_open(&s, folder_path(&f, "a.h5"), STORE_CREATE));
    append(s, 0, 5);
    must(store_flush(s));
    must(store_series_open(&series, s, "train", columns, 1)); /* the first column alone */
    must(store_series_append(series, &l));
    must(store_flush(s));
    store_close(&s);
    must(store_open(&s, folder_path(&f, "a.h5"), STORE_UPDATE));
    expect_failure(store_series_open(&series, s, "train", columns, COLUMNS), STATUS_INPUT,
                   "'train/loss': has 5 rows, the columns beside it 6");
    store_close(&s);
    folder_remove(&f);
}
