/* tests/experiments/test_verify_changed.c - one weight, one code, one direction of rounding, one scale: a quantizer that
 * differs from the published one by no more is not taken for it, in spite of what training is allowed.
 *
 * The reference is changed instead of the program: its vectors become what a program with the fault would print.
 */
#include "experiments/verify/verify.h"
#include "tests/fixtures/folder.h"

#include <hdf5.h>
#include <math.h>

static const char reference[] = "tests/golden/cpt_reference.h5",
                  spread[] = "tests/golden/cpt_reference_spread.csv";

static void copy(const char *to, const char *from)
{
    static char bytes[1 << 16];
    FILE *in = fopen(from, "rb"), *out = fopen(to, "wb");
    size_t got;

    cr_assert(in != NULL && out != NULL, "cannot copy %s", from);
    while ((got = fread(bytes, 1, sizeof bytes, in)) > 0)
        cr_assert_eq(fwrite(bytes, 1, got, out), got);
    cr_assert_eq(fclose(in) + fclose(out), 0);
}

/* A vector of the file in memory. */
struct vector {
    hid_t set;
    size_t count;
    float *value;
};

static struct vector vector_read(hid_t file, const char *path)
{
    struct vector v = {.set = H5Dopen2(file, path, H5P_DEFAULT)};
    const hid_t space = H5Dget_space(v.set);

    v.count = (size_t)H5Sget_simple_extent_npoints(space);
    H5Sclose(space);
    v.value = malloc(v.count * sizeof *v.value);
    cr_assert_not_null(v.value);
    cr_assert(H5Dread(v.set, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, v.value) >= 0);
    return v;
}

static void vector_close(struct vector *v, bool write)
{
    if (write) cr_assert(H5Dwrite(v->set, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, v->value) >= 0);
    H5Dclose(v->set);
    free(v->value);
}

/* --- the faults --------------------------------------------------------------------------------------- */

static void one_weight_of_a_layer(hid_t file)
{
    struct vector w = vector_read(file, "layer/conv3x3/fw4_bw8/weight");
    const struct range r = affine_range_of(w.value, w.count / 7); /* of the first of seven filters */

    w.value[1] +=
        (w.value[1] < (r.lo + r.hi) / 2 ? 1.0f : -1.0f) * (r.hi - r.lo) / 15; /* one step of four bits */
    vector_close(&w, true);
}

static void one_weight_of_a_network(hid_t file)
{
    struct vector w = vector_read(file, "train/resnet8_fw0_bw0/init/group2_layer0.conv1.weight");

    w.value[7] *= 1.01f;
    vector_close(&w, true);
}

/* What the quantizer gives of the signed activations in `bits` is what a fault makes of it. */
static void quantize_otherwise(hid_t file, int bits, float (*fault)(struct affine q, float x, size_t i))
{
    char path[64];
    struct vector x = vector_read(file, "quantizer/activation_signed/input");
    const struct affine q =
        affine_of_range(affine_range_of(x.value, x.count), bits, DIVISION_IEEE, AFFINE_FLOOR);

    snprintf(path, sizeof path, "quantizer/activation_signed/bits%d", bits);
    struct vector y = vector_read(file, path);
    for (size_t i = 0; i < y.count; i++)
        y.value[i] = fault(q, x.value[i], i);
    vector_close(&x, false);
    vector_close(&y, true);
}

static float neighbour_at_100(struct affine q, float x, size_t i)
{
    const float code = affine_code(&q, x, 0);
    return affine_value(&q, i == 100 ? (code > 0 ? code - 1 : code + 1) : code);
}
static void one_code(hid_t file)
{
    quantize_otherwise(file, 8, neighbour_at_100);
}

static float rounded_down(struct affine q, float x, size_t i)
{
    (void)i;
    return affine_value(&q, fminf(floorf((x - q.zero) / q.scale), q.top));
}
static void rounding_down(hid_t file)
{
    quantize_otherwise(file, 3, rounded_down);
}

/* Only the value that lies nearest to a tie goes the other way. */
static void one_direction_of_rounding(hid_t file)
{
    struct vector x = vector_read(file, "quantizer/activation_signed/input");
    struct vector y = vector_read(file, "quantizer/activation_signed/bits4");
    const struct affine q =
        affine_of_range(affine_range_of(x.value, x.count), 4, DIVISION_IEEE, AFFINE_FLOOR);
    size_t nearest = 0;
    float least = 1;

    for (size_t i = 0; i < x.count; i++) {
        const float t = (x.value[i] - q.zero) / q.scale, away = fabsf(t - floorf(t) - 0.5f);
        if (away < least) least = away, nearest = i;
    }
    const float code = affine_code(&q, x.value[nearest], 0), t = (x.value[nearest] - q.zero) / q.scale;
    y.value[nearest] = affine_value(&q, code > t ? code - 1 : code + 1);
    vector_close(&x, false);
    vector_close(&y, true);
}

static float scaled_one_step_wider(struct affine q, float x, size_t i)
{
    (void)i;
    q.scale = nextafterf(q.scale, INFINITY);
    return affine_value(&q, affine_code(&q, x, 0));
}
static void one_scale(hid_t file)
{
    quantize_otherwise(file, 8, scaled_one_step_wider);
}

static void scale_by_reciprocal(hid_t file)
{
    static const int widths[] = {2, 3, 4, 5, 6, 7, 8};
    for (size_t i = 0; i < sizeof widths / sizeof *widths; i++) {
        char path[64];
        struct vector x = vector_read(file, "quantizer/error/input");
        const struct affine q =
            affine_of_range(affine_range_of(x.value, x.count), widths[i], DIVISION_RCP, AFFINE_FLOOR);

        snprintf(path, sizeof path, "quantizer/error/bits%d", widths[i]);
        struct vector y = vector_read(file, path);
        affine_quantize(y.value, x.value, x.count, &q, NULL, 0);
        vector_close(&x, false);
        vector_close(&y, true);
    }
}

static float as_published(struct affine q, float x, size_t i)
{
    (void)i;
    return affine_value(&q, affine_code(&q, x, 0));
}
static void nothing(hid_t file)
{
    quantize_otherwise(file, 8, as_published);
}

static const struct fault {
    const char *name;
    void (*make)(hid_t file);
    enum status status;
} faults[] = {
    {"nothing", nothing, STATUS_OK},
    {"one weight of a layer", one_weight_of_a_layer, STATUS_MISMATCH},
    {"one weight of a network", one_weight_of_a_network, STATUS_MISMATCH},
    {"one code", one_code, STATUS_MISMATCH},
    {"one direction of rounding", one_direction_of_rounding, STATUS_MISMATCH},
    {"rounding down", rounding_down, STATUS_MISMATCH},
    {"one scale", one_scale, STATUS_MISMATCH},
    {"scale by reciprocal", scale_by_reciprocal, STATUS_MISMATCH},
};

Test(verify_changed, a_fault_of_one_value_is_found)
{
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        const struct folder dir = folder_new();
        struct verify v = {0};

        copy(folder_path(&dir, "changed.h5"), reference);
        copy(folder_path(&dir, "changed_spread.csv"), spread);
        const hid_t file = H5Fopen(folder_path(&dir, "changed.h5"), H5F_ACC_RDWR, H5P_DEFAULT);
        faults[i].make(file);
        H5Fclose(file);
        cr_expect_eq(verify_file(&v, folder_path(&dir, "changed.h5")), faults[i].status, "%s: %s",
                     faults[i].name, status_detail());
        cr_expect_eq(v.failed > 0, faults[i].status == STATUS_MISMATCH, "%s", faults[i].name);
        folder_remove(&dir);
    }
}

/* --- the spread beside a reference --------------------------------------------------------------------- */

/* A reference whose spread is `text`; NULL: there is none. */
static enum status verify_with(const char *text)
{
    const struct folder dir = folder_new();
    struct verify v = {0};

    copy(folder_path(&dir, "other.h5"), "tests/golden/cpt_reference_7.h5");
    if (text != NULL) folder_write(&dir, "other_spread.csv", text, strlen(text));
    const enum status s = verify_file(&v, folder_path(&dir, "other.h5"));
    folder_remove(&dir);
    return s;
}

Test(verify_changed, a_spread_is_read_from_beside_the_file)
{
    static const char loss[] = "/train/resnet8_fw8_bw8/losses[0]";
    char text[256];

    expect_failure(verify_with(NULL), STATUS_IO, "other_spread.csv");
    expect_failure(verify_with(NULL), STATUS_IO, "tests/golden/cpt_reference.py writes it");
    expect_failure(verify_with("vector,distance\n"), STATUS_INPUT,
                   "other_spread.csv:1: the columns must be vector,spread");
    expect_failure(verify_with("vector,spread\n/train/none,1\n"), STATUS_INPUT,
                   "other_spread.csv:2: '/train/none' is no vector");
    snprintf(text, sizeof text, "vector,spread\n%s,-1\n", loss);
    expect_failure(verify_with(text), STATUS_INPUT, "other_spread.csv:2: '-1' is not a spread");
    snprintf(text, sizeof text, "vector,spread\n%s,1\n", loss);
    expect_failure(verify_with(text), STATUS_INPUT, "has no row for /train/resnet8_fw8_bw8/");
}
