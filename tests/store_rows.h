/* tests/store_rows.h - a series of every column type whose row i is a function of i, for tests of files. */
#ifndef TESTS_STORE_ROWS_H
#define TESTS_STORE_ROWS_H

#include "sim/store.h"
#include "tests/folder.h"

#include <stddef.h>

struct line {
    int64_t iter;
    double loss;
    float pair[2];
    uint8_t bits;
    char text[16];
};

static const struct store_column columns[] = {
    {"iter", STORE_I64, 0, offsetof(struct line, iter), "1", "iteration", NULL, 0},
    {"loss", STORE_F64, 0, offsetof(struct line, loss), "1", "loss", "of the batch", 0},
    {"deep/pair", STORE_F32, 2, offsetof(struct line, pair), "1", NULL, NULL, STORE_WALL_CLOCK},
    {"bits", STORE_U8, 0, offsetof(struct line, bits), "bit", NULL, NULL, STORE_CUMULATIVE},
    {"text", STORE_TEXT, 16, offsetof(struct line, text), "1", NULL, NULL, 0},
};
enum { COLUMNS = sizeof columns / sizeof *columns };

/** Row i. */
static inline struct line line_of(int64_t i)
{
    struct line l = {i, 2.385 / (double)(i + 1), {(float)i, -0.37f * (float)i}, (uint8_t)(i % 251), ""};

    snprintf(l.text, sizeof l.text, "row %d", (int)i);
    return l;
}

/** Append rows from..to-1 to the series "train", which is opened or made. */
static inline struct store_series *append(struct store *s, int64_t from, int64_t to)
{
    struct store_series *series;

    must(store_series_open(&series, s, "train", columns, COLUMNS));
    for (int64_t i = from; i < to; i++) {
        const struct line l = line_of(i);
        must(store_series_append(series, &l));
    }
    return series;
}

/** Claim that the file at `path` holds rows 0..rows-1 and no other. */
static inline void expect_rows(const char *path, int64_t rows)
{
    struct store *s;
    struct store_info info;
    void *iter, *loss, *pair, *text;

    must(store_open(&s, path, STORE_READ));
    must(store_load(&iter, &info, STORE_I64, s, "train/iter"));
    cr_assert_eq(info.count, rows);
    must(store_load(&loss, &info, STORE_F64, s, "train/loss"));
    must(store_load(&pair, &info, STORE_F32, s, "train/deep/pair"));
    cr_assert_eq(info.rank, 2);
    cr_assert_eq(info.dim[1], 2);
    must(store_load(&text, &info, STORE_TEXT, s, "train/text"));
    for (int64_t i = 0; i < rows; i++) {
        const struct line want = line_of(i);
        cr_assert_eq(((int64_t *)iter)[i], i);
        cr_assert(memcmp((double *)loss + i, &want.loss, sizeof want.loss) == 0, "loss of row %d", (int)i);
        cr_assert(memcmp((float *)pair + 2 * i, want.pair, sizeof want.pair) == 0, "pair of row %d", (int)i);
        cr_assert_str_eq((char *)text + 16 * i, (char *)want.text);
    }
    free(iter);
    free(loss);
    free(pair);
    free(text);
    store_close(&s);
}

#endif
