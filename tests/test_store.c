/* tests/test_store.c - claims about HDF5 files: what is written comes back, and a failure leaves what was
 * there. */
#include "sim/store.h"
#include "tests/folder.h"

#include <criterion/parameterized.h>
#include <math.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* HDF5 1.10 loses a little of its own memory when it meets damaged metadata; LeakSanitizer calls this. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libhdf5\n";
}

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

static struct line line_of(int64_t i)
{
    struct line l = {i, 2.385 / (double)(i + 1), {(float)i, -0.37f * (float)i}, (uint8_t)(i % 251), ""};

    snprintf(l.text, sizeof l.text, "row %d", (int)i);
    return l;
}

static struct store_series *append(struct store *s, int64_t from, int64_t to)
{
    struct store_series *series;

    must(store_series_open(&series, s, "train", columns, COLUMNS));
    for (int64_t i = from; i < to; i++) {
        const struct line l = line_of(i);
        must(store_series_append(series, &l));
    }
    return series;
}

static void expect_rows(const char *path, int64_t rows)
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

/* --- what is written comes back ----------------------------------------------------------------------- */

Test(store, arrays_of_every_type_come_back_bit_for_bit)
{
    struct folder f = folder_new();
    struct store *s;
    const float f32[6] = {2.385f, -0.0f, INFINITY, 0x1p-149f, NAN, -7.0f};
    const double f64[1] = {0x1.921fb54442d18p+1};
    const uint64_t u64[2] = {UINT64_MAX, 3};
    const int64_t i64[2] = {INT64_MIN, -3};
    float got32[6];
    double got64;
    uint64_t gotu[2];
    int64_t goti[2];

    must(store_open(&s, folder_path(&f, "a.h5"), STORE_CREATE));
    must(store_write(s, "deep/er/f32", f32, STORE_F32, 2, (int64_t[]){2, 3}));
    must(store_write(s, "f64", f64, STORE_F64, 0, NULL));
    must(store_write(s, "u64", u64, STORE_U64, 1, (int64_t[]){2}));
    must(store_write(s, "i64", i64, STORE_I64, 1, (int64_t[]){2}));
    must(store_flush(s));
    store_close(&s);
    cr_assert(s == NULL);
    must(store_open(&s, folder_path(&f, "a.h5"), STORE_READ));
    must(store_read(got32, STORE_F32, 6, s, "deep/er/f32"));
    must(store_read(&got64, STORE_F64, 1, s, "f64"));
    must(store_read(gotu, STORE_U64, 2, s, "u64"));
    must(store_read(goti, STORE_I64, 2, s, "i64"));
    cr_assert(memcmp(got32, f32, sizeof f32) == 0);
    cr_assert(memcmp(&got64, f64, sizeof f64) == 0);
    cr_assert(memcmp(gotu, u64, sizeof u64) == 0);
    cr_assert(memcmp(goti, i64, sizeof i64) == 0);
    store_close(&s);
    folder_remove(&f);
}

Test(store, numbers_are_read_as_the_type_asked_for)
{
    struct folder f = folder_new();
    struct store *s;
    const uint8_t u8[3] = {0, 3, 255};
    float as_float[3];
    int32_t as_int[3];

    must(store_open(&s, folder_path(&f, "a.h5"), STORE_CREATE));
    must(store_write(s, "bits", u8, STORE_U8, 1, (int64_t[]){3}));
    must(store_read(as_float, STORE_F32, 3, s, "bits"));
    must(store_read(as_int, STORE_I32, 3, s, "bits"));
    for (int i = 0; i < 3; i++)
        cr_assert(as_float[i] == (float)u8[i] && as_int[i] == u8[i]);
    store_close(&s);
    folder_remove(&f);
}

Test(store, attributes_come_back_and_are_replaced)
{
    struct folder f = folder_new();
    struct store *s;
    char text[64];
    int64_t integer;
    double number;

    must(store_open(&s, folder_path(&f, "a.h5"), STORE_CREATE));
    must(store_group(s, "g"));
    must(store_set_text(s, "", "schema", "first"));
    must(store_set_text(s, "/", "schema", "cptsim \xc3\xa9"));
    must(store_set_text(s, "g", "empty", ""));
    must(store_set_integer(s, "g", "seed", INT64_MIN));
    must(store_set_number(s, "g", "saving", 0.3667));
    must(store_flush(s));
    store_close(&s);
    must(store_open(&s, folder_path(&f, "a.h5"), STORE_READ));
    must(store_get_text(text, sizeof text, s, "", "schema"));
    cr_assert_str_eq(text, "cptsim \xc3\xa9");
    must(store_get_text(text, sizeof text, s, "g", "empty"));
    cr_assert_str_eq(text, "");
    must(store_get_integer(&integer, s, "g", "seed"));
    cr_assert_eq(integer, INT64_MIN);
    must(store_get_number(&number, s, "g", "saving"));
    cr_assert(number == 0.3667);
    must(store_show_attribute(text, sizeof text, s, "g", "saving"));
    cr_assert_str_eq(text, "0.3667");
    cr_assert(store_has_attribute(s, "g", "seed") && !store_has_attribute(s, "g", "sed"));
    store_close(&s);
    folder_remove(&f);
}

Test(store, members_keep_the_order_in_which_they_were_made)
{
    struct folder f = folder_new();
    struct store *s;
    struct store_names names;

    must(store_open(&s, folder_path(&f, "a.h5"), STORE_CREATE));
    append(s, 0, 1);
    must(store_members(&names, s, "train"));
    cr_assert_eq(names.count, COLUMNS);
    cr_assert_str_eq(names.name[0], "iter");
    cr_assert_str_eq(names.name[1], "loss");
    cr_assert_str_eq(names.name[2], "deep");
    store_names_free(&names);
    must(store_attributes(&names, s, "train/loss"));
    cr_assert_eq(names.count, 3); /* and none of those that link the dimension scale */
    cr_assert_str_eq(names.name[0], "units");
    store_names_free(&names);
    store_close(&s);
    folder_remove(&f);
}

Test(store, long_texts_come_back)
{
    struct folder f = folder_new();
    struct store *s;
    static char text[100001]; /* more than an attribute holds */
    char *got;

    memset(text, 'y', sizeof text - 1);
    must(store_open(&s, folder_path(&f, "a.h5"), STORE_CREATE));
    must(store_write_text(s, "config/user", text));
    must(store_write_text(s, "config/empty", ""));
    must(store_load_text(&got, s, "config/user"));
    cr_assert_str_eq(got, text);
    free(got);
    must(store_load_text(&got, s, "config/empty"));
    cr_assert_str_eq(got, "");
    free(got);
    store_close(&s);
    folder_remove(&f);
}

/* --- series ------------------------------------------------------------------------------------------- */

struct growth {
    int64_t first, second; /* rows before and after a flush and reopening */
};

ParameterizedTestParameters(store, series_grow_over_flushes_and_reopening)
{
    static struct growth rows[] = {{0, 0}, {1, 2}, {63, 64}, {64, 65}, {65, 200}, {4095, 4097}, {5000, 9000}};

    return cr_make_param_array(struct growth, rows, sizeof rows / sizeof *rows);
}

ParameterizedTest(struct growth *g, store, series_grow_over_flushes_and_reopening)
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

ParameterizedTestParameters(store, truncated_series_go_on_as_if_never_longer)
{
    static struct growth rows[] = {{10, 0},   {10, 7},   {100, 64},    {100, 65},
                                   {100, 63}, {100, 99}, {5000, 4096}, {5000, 17}};

    return cr_make_param_array(struct growth, rows, sizeof rows / sizeof *rows);
}

ParameterizedTest(struct growth *g, store, truncated_series_go_on_as_if_never_longer)
{
    struct folder f = folder_new();
    struct store *s;

    must(store_open(&s, folder_path(&f, "a.h5"), STORE_CREATE));
    struct store_series *series = append(s, 0, g->first);
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

Test(store, unflushed_rows_are_the_only_loss)
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

Test(store, columns_of_different_lengths_are_refused)
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

/* --- bad input ---------------------------------------------------------------------------------------- */

Test(store, a_missing_file_is_named)
{
    struct folder f = folder_new();
    struct store *s;

    expect_failure(store_open(&s, folder_path(&f, "none.h5"), STORE_READ), STATUS_IO,
                   "none.h5: No such file");
    cr_assert(s == NULL);
    expect_failure(store_open(&s, folder_path(&f, "."), STORE_READ), STATUS_IO, "is a folder");
    folder_remove(&f);
}

Test(store, foreign_and_empty_files_are_refused)
{
    struct folder f = folder_new();
    struct store *s;

    folder_write(&f, "text.h5", "seed: 1\nmodel: resnet20\n", 24);
    folder_write(&f, "empty.h5", "", 0);
    expect_failure(store_open(&s, folder_path(&f, "text.h5"), STORE_READ), STATUS_INPUT,
                   "is not an HDF5 file");
    expect_failure(store_open(&s, folder_path(&f, "text.h5"), STORE_UPDATE), STATUS_INPUT,
                   "is not an HDF5 file");
    expect_failure(store_open(&s, folder_path(&f, "empty.h5"), STORE_READ), STATUS_INPUT, "is empty");
    folder_remove(&f);
}

Test(store, truncated_files_are_refused_at_every_length)
{
    struct folder f = folder_new();
    struct store *s;
    struct stat st;
    static char bytes[1 << 20];

    must(store_open(&s, folder_path(&f, "a.h5"), STORE_CREATE));
    append(s, 0, 100);
    must(store_flush(s));
    store_close(&s);
    stat(folder_path(&f, "a.h5"), &st);
    folder_read(&f, "a.h5", bytes, sizeof bytes);
    for (off_t keep = st.st_size - 1; keep > 0; keep -= 1 + st.st_size / 23) {
        folder_write(&f, "cut.h5", bytes, (size_t)keep);
        expect_failure(store_open(&s, folder_path(&f, "cut.h5"), STORE_READ), STATUS_INPUT, "cut.h5: ");
    }
    folder_remove(&f);
}

Test(store, a_damaged_value_is_found_by_its_checksum)
{
    struct folder f = folder_new();
    struct store *s;
    struct stat st;
    static char bytes[1 << 20];
    int found = 0;

    must(store_open(&s, folder_path(&f, "a.h5"), STORE_CREATE));
    append(s, 0, 100);
    must(store_flush(s));
    store_close(&s);
    stat(folder_path(&f, "a.h5"), &st);
    for (off_t at = 0; at < st.st_size; at += st.st_size / 101) { /* never a crash, whichever byte it is */
        void *loss;
        folder_read(&f, "a.h5", bytes, sizeof bytes);
        bytes[at] = (char)(bytes[at] ^ 0x55);
        folder_write(&f, "hurt.h5", bytes, (size_t)st.st_size);
        enum status status = store_open(&s, folder_path(&f, "hurt.h5"), STORE_READ);
        if (status == STATUS_OK) status = store_load(&loss, NULL, STORE_F64, s, "train/loss");
        if (status == STATUS_OK) free(loss);
        found += status == STATUS_INPUT;
        store_close(&s);
    }
    cr_assert_gt(found, 0);
    folder_remove(&f);
}

Test(store, missing_and_misfit_objects_are_named)
{
    struct folder f = folder_new();
    struct store *s;
    double number;
    int64_t integer;
    char text[8];
    void *data;

    must(store_open(&s, folder_path(&f, "a.h5"), STORE_CREATE));
    append(s, 0, 3);
    must(store_flush(s)); /* rows held back cannot be read */
    must(store_set_text(s, "train", "note", "x"));
    expect_failure(store_load(&data, NULL, STORE_F64, s, "train/los"), STATUS_INPUT,
                   "'train/los': there is no such");
    expect_failure(store_load(&data, NULL, STORE_F64, s, "train/loss/x"), STATUS_INPUT, "there is no such");
    expect_failure(store_load(&data, NULL, STORE_F64, s, "train"), STATUS_INPUT, "'train': is a group");
    expect_failure(store_read(&number, STORE_F64, 1, s, "train/loss"), STATUS_INPUT,
                   "has 3 values instead of 1");
    expect_failure(store_load(&data, NULL, STORE_F64, s, "train/text"), STATUS_INPUT, "holds texts instead");
    expect_failure(store_get_integer(&integer, s, "train", "seed"), STATUS_INPUT, "has no attribute 'seed'");
    expect_failure(store_get_integer(&integer, s, "train", "note"), STATUS_INPUT, "is not an integer");
    expect_failure(store_get_text(text, sizeof text, s, "tain", "note"), STATUS_INPUT,
                   "'tain': has no attribute");
    store_close(&s);
    folder_remove(&f);
}

/* --- nothing lost, nothing half-written --------------------------------------------------------------- */

Test(store, an_existing_file_is_not_overwritten_unasked)
{
    struct folder f = folder_new();
    struct store *s;

    folder_write(&f, "a.h5", "precious", 8);
    expect_failure(store_open(&s, folder_path(&f, "a.h5"), STORE_CREATE), STATUS_IO, "exists already");
    must(store_open(&s, folder_path(&f, "a.h5"), STORE_REPLACE));
    cr_assert_eq(folder_size(&f, "a.h5"), 8); /* until the flush */
    must(store_flush(s));
    cr_assert_gt(folder_size(&f, "a.h5"), 8);
    store_close(&s);
    folder_remove(&f);
}

Test(store, a_folder_that_is_not_there_fails_at_the_first_flush)
{
    struct folder f = folder_new();
    struct store *s;

    must(store_open(&s, folder_path(&f, "none/a.h5"), STORE_CREATE));
    expect_failure(store_flush(s), STATUS_IO, "cannot be written: No such file or directory");
    store_close(&s);
    folder_remove(&f);
}

Test(store, a_full_disk_leaves_the_old_file_and_a_later_flush_succeeds)
{
    struct folder f = folder_new();
    struct store *s;
    struct rlimit limit;

    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &limit);
    must(store_open(&s, folder_path(&f, "a.h5"), STORE_CREATE));
    struct store_series *series = append(s, 0, 100);
    must(store_flush(s));
    for (int64_t i = 100; i < 200; i++) {
        const struct line l = line_of(i);
        must(store_series_append(series, &l));
    }
    setrlimit(RLIMIT_FSIZE, &(struct rlimit){2000, limit.rlim_max});
    expect_failure(store_flush(s), STATUS_IO, "(what was there before is intact)");
    setrlimit(RLIMIT_FSIZE, &limit);
    expect_rows(folder_path(&f, "a.h5"), 100);
    cr_assert(access(folder_path(&f, "a.h5.tmp"), F_OK) != 0, "nothing is left aside");
    must(store_flush(s));
    expect_rows(folder_path(&f, "a.h5"), 200);
    store_close(&s);
    folder_remove(&f);
}

Test(store, a_reader_sees_the_last_flush_while_the_writer_goes_on)
{
    struct folder f = folder_new();
    struct store *writer, *reader;
    struct store_info info;

    must(store_open(&writer, folder_path(&f, "a.h5"), STORE_CREATE));
    struct store_series *series = append(writer, 0, 70);
    must(store_flush(writer));
    must(store_open(&reader, folder_path(&f, "a.h5"), STORE_READ));
    const struct line l = line_of(70);
    must(store_series_append(series, &l));
    must(store_flush(writer));
    must(store_look(&info, reader, "train/iter"));
    cr_assert_eq(info.count, 70);
    store_close(&reader);
    expect_rows(folder_path(&f, "a.h5"), 71);
    store_close(&writer);
    folder_remove(&f);
}
