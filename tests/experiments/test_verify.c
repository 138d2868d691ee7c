/* tests/experiments/test_verify.c - the published code's vectors hold, and a vector that is wrong is
 * caught. */
#include "experiments/verify/verify.h"
#include "tests/fixtures/command_line.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdlib.h>
#include <string.h>

static const char reference[] = "tests/golden/cpt_reference.h5";

static enum status check(const char *path, int *checked, int *failed)
{
    struct verify v = {0};
    const enum status s = verify_file(&v, path);
    if (checked) *checked = v.checked;
    if (failed) *failed = v.failed;
    return s;
}

static const char other_seed[] = "tests/golden/cpt_reference_7.h5";

Test(verify, every_vector_of_the_published_code_holds)
{
    int checked, failed;
    cr_assert_eq(check(reference, &checked, &failed), STATUS_OK, "%s", status_detail());
    cr_assert_eq(failed, 0);
    cr_assert_eq(checked, 479);
}

Test(verify, so_does_every_vector_of_another_seed)
{
    int checked, failed;
    cr_assert_eq(check(other_seed, &checked, &failed), STATUS_OK, "%s", status_detail());
    cr_assert_eq(failed, 0);
    cr_assert_eq(checked, 297);
}

/* Copy one data set of the reference, with one element changed by that part of itself, or of 1 if it is 0. */
static void copy_vector(struct store *to, struct store *from, const char *path, double change)
{
    struct store_info info;
    void *data;
    cr_assert_eq(store_load(&data, &info, STORE_F32, from, path), STATUS_OK, "%s", status_detail());
    float *spoilt = (float *)data + info.count / 3;
    *spoilt += (float)change * (*spoilt != 0.0f ? *spoilt : 1.0f);
    cr_assert_eq(store_write(to, path, data, STORE_F32, info.rank, info.dim), STATUS_OK, "%s",
                 status_detail());
    free(data);
}

static void copy_layer(const char *path, const char *spoilt, double change)
{
    static const char *const names[] = {
        "input",         "weight",     "error", "output", "grad_input", "grad_weight", "running_zero_point",
        "running_range", "eval_output"};
    static const char group[] = "layer/conv3x3_stride2/fw4_bw8";
    struct store *from, *to;
    char at[256];

    cr_assert_eq(store_open(&from, reference, STORE_READ), STATUS_OK);
    cr_assert_eq(store_open(&to, path, STORE_CREATE), STATUS_OK);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(at, sizeof at, "%s/%s", group, names[i]);
        copy_vector(to, from, at, strcmp(names[i], spoilt) == 0 ? change : 0.0);
    }
    static const char *const attributes[] = {"stride", "padding", "groups"};
    for (int i = 0; i < 3; i++) {
        int64_t value;
        cr_assert_eq(store_get_integer(&value, from, group, attributes[i]), STATUS_OK);
        cr_assert_eq(store_set_integer(to, group, attributes[i], value), STATUS_OK);
    }
    cr_assert_eq(store_flush(to), STATUS_OK);
    store_close(&from);
    store_close(&to);
}

struct spoilt_row {
    char name[24];
    double change;
    int failed;
};
static struct spoilt_row spoilt_rows[] = {
    {"nothing", 0.0, 0},     {"output", 0.5, 1},         {"grad_input", 0.5, 1},
    {"grad_weight", 0.5, 1}, {"running_range", 1e-3, 1}, {"running_zero_point", 1e-3, 1},
    {"eval_output", 0.5, 1},
};
ParameterizedTestParameters(verify, one_wrong_value_fails_its_vector_alone)
{
    return cr_make_param_array(struct spoilt_row, spoilt_rows, sizeof spoilt_rows / sizeof *spoilt_rows);
}
ParameterizedTest(struct spoilt_row *row, verify, one_wrong_value_fails_its_vector_alone)
{
    const struct folder dir = folder_new();
    char path[128];
    int checked, failed;
    snprintf(path, sizeof path, "%s/layer.h5", dir.path);
    copy_layer(path, row->name, row->change);
    cr_assert_eq(check(path, &checked, &failed), row->failed ? STATUS_MISMATCH : STATUS_OK, "%s",
                 status_detail());
    cr_assert_eq(failed, row->failed);
    cr_assert_eq(checked, 6);
    folder_remove(&dir);
}

Test(verify, the_command_prints_a_line_for_each_vector)
{
    const struct folder dir = folder_new();
    struct answer o;
    int lines = 0;

    copy_layer(folder_path(&dir, "right.h5"), "nothing", 0.0);
    copy_layer(folder_path(&dir, "wrong.h5"), "output", 0.5);
    cli(&o, &dir, "verify %s/right.h5", dir.path);
    cr_assert_eq(o.code, 0, "%s", o.err);
    for (const char *at = o.out; (at = strstr(at, "\tok\n")) != NULL; at++)
        lines++;
    cr_assert_eq(lines, 6, "%s", o.out);
    cr_assert_null(strstr(o.out, "FAIL"));
    cli(&o, &dir, "verify %s/wrong.h5", dir.path);
    cr_assert_eq(o.code, 1);
    cr_assert_not_null(strstr(o.out, "/output\t"), "%s", o.out);
    cr_assert_not_null(strstr(o.out, "\tFAIL\n"), "%s", o.out);
    folder_remove(&dir);
}

Test(verify, a_quantizer_must_agree_in_every_bit)
{
    const struct folder dir = folder_new();
    char path[128];
    struct store *from, *to;
    int failed;
    snprintf(path, sizeof path, "%s/quantizer.h5", dir.path);
    cr_assert_eq(store_open(&from, reference, STORE_READ), STATUS_OK);
    cr_assert_eq(store_open(&to, path, STORE_CREATE), STATUS_OK);
    copy_vector(to, from, "quantizer/error/input", 0.0);
    copy_vector(to, from, "quantizer/error/bits5", 0.0);
    copy_vector(to, from, "quantizer/error/bits6", 1.2e-7); /* one unit in the last place */
    cr_assert_eq(store_flush(to), STATUS_OK);
    store_close(&from);
    store_close(&to);
    cr_assert_eq(check(path, NULL, &failed), STATUS_MISMATCH);
    cr_assert_eq(failed, 1);
    folder_remove(&dir);
}

Test(verify, what_nothing_checks_is_refused)
{
    static const char *const extra[][2] = {
        {"quantizer/error/bit6", "/quantizer/error/bit6: the name must be"},
        {"quantiser/error/bits6", "/quantiser is none of /quantizer"}};
    for (size_t i = 0; i < sizeof extra / sizeof *extra; i++) {
        const struct folder dir = folder_new();
        struct store *from, *to;
        const char *path = folder_path(&dir, "misspelt.h5");
        must(store_open(&from, reference, STORE_READ));
        must(store_open(&to, path, STORE_CREATE));
        copy_vector(to, from, "quantizer/error/input", 0.0);
        copy_vector(to, from, "quantizer/error/bits5", 0.0);
        must(store_write(to, extra[i][0], (float[]){1}, STORE_F32, 1, (int64_t[]){1}));
        must(store_flush(to));
        store_close(&from);
        store_close(&to);
        expect_failure(check(path, NULL, NULL), STATUS_INPUT, extra[i][1]);
        folder_remove(&dir);
    }
}

Test(verify, a_foreign_file_is_refused)
{
    const struct folder dir = folder_new();
    char path[128];
    struct store *to;
    snprintf(path, sizeof path, "%s/foreign.h5", dir.path);
    cr_assert_eq(store_open(&to, path, STORE_CREATE), STATUS_OK);
    cr_assert_eq(store_group(to, "other"), STATUS_OK);
    cr_assert_eq(store_flush(to), STATUS_OK);
    store_close(&to);
    cr_assert_eq(check(path, NULL, NULL), STATUS_INPUT);
    cr_assert_not_null(strstr(status_detail(), "not a reference file"), "%s", status_detail());
    cr_assert_neq(check("README.md", NULL, NULL), STATUS_OK);
    folder_remove(&dir);
}

/* A layer group whose attribute says what no layer can be, or a vector that is not there in its size. */
Test(verify, sizes_are_believed_only_as_far_as_the_file_has_them)
{
    static const struct {
        const char *attribute, *part;
        int64_t value;
    } rows[] = {
        {"stride", "do not make a convolution", INT64_C(2147483649)},
        {"stride", "do not make a convolution", INT64_C(9223372036854775807)},
        {"padding", "do not make a convolution", INT64_C(1000000000)},
        {"padding", "do not make a convolution", INT64_C(9223372036854775807)},
        {"groups", "do not make a convolution", INT64_C(4294967297)},
        {"stride", "its input implies", 3},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct folder dir = folder_new();
        struct store *s;
        const char *path = folder_path(&dir, "sizes.h5");
        copy_layer(path, "nothing", 0.0);
        must(store_open(&s, path, STORE_UPDATE));
        must(store_set_integer(s, "layer/conv3x3_stride2/fw4_bw8", rows[i].attribute, rows[i].value));
        must(store_flush(s));
        store_close(&s);
        expect_failure(check(path, NULL, NULL), STATUS_INPUT, rows[i].part);
        folder_remove(&dir);
    }
}

Test(verify, a_schedule_takes_no_memory_before_its_vector_is_there)
{
    const struct folder dir = folder_new();
    const char *path = folder_path(&dir, "schedule.h5");
    struct store *s;

    must(store_open(&s, path, STORE_CREATE));
    must(store_write(s, "schedule/cosine_3_8_2000000000_8", (float[]){3}, STORE_F32, 1, (int64_t[]){1}));
    must(store_flush(s));
    store_close(&s);
    expect_failure(check(path, NULL, NULL), STATUS_INPUT, "has 1 values, its input implies 2000000000");
    folder_remove(&dir);
}

Test(verify, weights_have_channels)
{
    const struct folder dir = folder_new();
    const char *path = folder_path(&dir, "scalar.h5");
    struct store *s;

    must(store_open(&s, path, STORE_CREATE));
    must(store_write(s, "quantizer/weight/input", (float[]){3}, STORE_F32, 0, NULL));
    must(store_write(s, "quantizer/weight/bits3", (float[]){3}, STORE_F32, 0, NULL));
    must(store_flush(s));
    store_close(&s);
    expect_failure(check(path, NULL, NULL), STATUS_INPUT, "is a scalar");
    folder_remove(&dir);
}

Test(verify, a_network_has_extents_that_layers_can_have)
{
    const struct folder dir = folder_new();
    const char *path = folder_path(&dir, "classes.h5");
    enum { CLASSES = (1 << 16) + 1 };
    float *bias = calloc(CLASSES, sizeof *bias);
    struct store *s;

    must(store_open(&s, path, STORE_CREATE));
    must(store_write(s, "train/resnet8_fw0_bw0/images", bias, STORE_F32, 5, (int64_t[]){1, 1, 3, 8, 8}));
    must(store_write(s, "train/resnet8_fw0_bw0/labels", bias, STORE_F32, 2, (int64_t[]){1, 1}));
    must(store_write(s, "train/resnet8_fw0_bw0/init/fc.bias", bias, STORE_F32, 1, (int64_t[]){CLASSES}));
    must(store_flush(s));
    store_close(&s);
    expect_failure(check(path, NULL, NULL), STATUS_INPUT,
                   "1 images of 3 x 8 x 8 in 65537 classes; at most 4096");
    free(bias);
    folder_remove(&dir);
}
