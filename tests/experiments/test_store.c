/* tests/experiments/test_store.c - claims about HDF5 files: what is written comes back, what is not there
 * is named. */
#include "tests/fixtures/store_rows.h"

#include <math.h>

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
    char text[64], *shown;
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
    must(store_show_attribute(&shown, s, "g", "saving"));
    cr_assert_str_eq(shown, "0.3667");
    free(shown);
    expect_failure(store_get_text(text, 8, s, "", "schema"), STATUS_INPUT,
                   "attribute schema: 'cptsim \xc3\xa9...' has 9 characters");
    cr_assert_str_eq(text, "");
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

/* --- what is not there --------------------------------------------------------------------------------- */

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

Test(store, a_long_attribute_is_shown_whole)
{
    static char text[5001];
    const struct folder f = folder_new();
    struct store *s;
    char *shown;

    memset(text, 'a', sizeof text - 1);
    must(store_open(&s, folder_path(&f, "a.h5"), STORE_CREATE));
    must(store_set_text(s, "", "long", text));
    must(store_show_attribute(&shown, s, "", "long"));
    cr_assert_str_eq(shown, text);
    free(shown);
    store_close(&s);
    folder_remove(&f);
}
