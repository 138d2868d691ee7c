/* tests/fuzz/target_reference.c - a reference file with edits, verified. */
#include "experiments/verify/verify.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/hdf5_edit.h"

#include <stdio.h>
#include <stdlib.h>

enum { PATH = 128, VALUES = 4096 };

#define MUST(expr) fuzz_claim(STATUS_OK == (expr), #expr)

static void put(struct store *s, const char *path, int rank, const int64_t *dim)
{
    static float value[VALUES];
    int64_t count = 1;

    for (int i = 0; i < rank; i++)
        count *= dim[i];
    fuzz_claim(count <= VALUES, "there are values");
    for (int i = 0; i < count; i++)
        value[i] = (float)(i % 7) - 2.5f;
    MUST(store_write(s, path, value, STORE_F32, rank, dim));
}

#define PUT(s, path, ...)                                                                                    \
    put(s, path, sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t), (int64_t[]){__VA_ARGS__})

/* A quantizer, a strided convolution, a schedule, and as much of a network as costs little. */
static void write_base(const char *path)
{
    static const char layer[] = "layer/conv3x3_stride2/fw4_bw8";
    char name[PATH];
    struct store *s;

    MUST(store_open(&s, path, STORE_REPLACE));
    PUT(s, "quantizer/error/input", 4, 3);
    PUT(s, "quantizer/error/bits5", 4, 3);
    PUT(s, "quantizer/weight/input", 2, 3, 2, 2);
    PUT(s, "quantizer/weight/bits3", 2, 3, 2, 2);
    static const char *const of_in[] = {"input", "grad_input"},
                             *const of_weight[] = {"weight", "grad_weight"},
                             *const of_out[] = {"error", "output", "eval_output"},
                             *const of_one[] = {"running_zero_point", "running_range"};
    for (int i = 0; i < 3; i++) {
        snprintf(name, sizeof name, "%s/%s", layer, of_out[i]);
        PUT(s, name, 1, 4, 2, 2);
        if (i == 2) break;
        snprintf(name, sizeof name, "%s/%s", layer, of_in[i]);
        PUT(s, name, 1, 3, 4, 4);
        snprintf(name, sizeof name, "%s/%s", layer, of_weight[i]);
        PUT(s, name, 4, 3, 3, 3);
        snprintf(name, sizeof name, "%s/%s", layer, of_one[i]);
        PUT(s, name, 1);
    }
    MUST(store_set_integer(s, layer, "stride", 2));
    MUST(store_set_integer(s, layer, "padding", 1));
    MUST(store_set_integer(s, layer, "groups", 1));
    PUT(s, "schedule/cosine_3_8_8_2", 8);
    PUT(s, "train/resnet8_fw4_bw8/images", 1, 1, 3, 8, 8);
    PUT(s, "train/resnet8_fw4_bw8/labels", 1, 1);
    PUT(s, "train/resnet8_fw4_bw8/init/fc.bias", 10);
    MUST(store_flush(s));
    store_close(&s);
}

void fuzz_one(const uint8_t *data, size_t size)
{
    static char path[PATH];
    static struct hdf5_base base;
    struct verify v = {.machine = {.kernels = "ref", .threads = 1}, .out = stdout, .json = size % 2 == 0};

    if (base.bytes == NULL) {
        snprintf(path, sizeof path, "%s/reference.h5", hdf5_folder());
        write_base(path);
        hdf5_base_read(&base, path);
    }
    hdf5_edit(path, &base, data, size);
    fuzz_done(verify_file(&v, path));
}
