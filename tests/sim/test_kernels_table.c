/* tests/sim/test_kernels_table.c - rows are found by name, and a product's path holds what its operands can
 * reach. */
#include "tests/fixtures/kernel_data.h"

Test(kernels_table, find_knows_auto_names_and_the_environment)
{
    const struct kernels *k = NULL;

    unsetenv("CPTSIM_KERNELS");
    cr_assert_eq(kernels_find(&k, "ref"), STATUS_OK);
    cr_assert_str_eq(k->name, "ref");
    cr_assert_eq(kernels_find(&k, NULL), STATUS_OK);
    cr_assert(k->available());
    setenv("CPTSIM_KERNELS", "ref", 1);
    cr_assert_eq(kernels_find(&k, NULL), STATUS_OK);
    cr_assert_str_eq(k->name, "ref");
    cr_assert_eq(kernels_find(&k, "auto"), STATUS_OK);
    cr_assert_eq(kernels_find(&k, "avx22"), STATUS_INPUT);
    cr_assert_not_null(strstr(status_detail(), "avx2"));
}

/* The path's promise: its narrow sums hold what the operands can reach. */
Test(kernels_table, conv_path_holds_the_largest_sums)
{
    for (int a = 1; a <= 16; a++)
        for (int w = 1; w <= 16; w++)
            for (int64_t length = 1; length <= 1 << 20; length = length * 3 + 1) {
                const int64_t most = ((1ll << a) - 1) << (w - 1);
                const enum conv_path path = conv_path(a, w, length);
                if (path == CONV_PATH_I8) cr_assert(a <= 8 && w <= 8 && 2 * most <= INT16_MAX);
                if (path <= CONV_PATH_I16) cr_assert(length * most <= INT32_MAX);
                if (path == CONV_PATH_I16_64) cr_assert(2 * most <= INT32_MAX);
                if (path != CONV_PATH_I64) cr_assert(a <= 15);
            }
    cr_assert_eq(conv_path(4, 4, 576), CONV_PATH_I8);
    cr_assert_eq(conv_path(8, 8, 576), CONV_PATH_I16);
    cr_assert_eq(conv_path(12, 12, 576), CONV_PATH_I16_64);
    cr_assert_eq(conv_path(16, 2, 9), CONV_PATH_I64);
}

Test(kernels_table, images_of_a_call_keep_the_path)
{
    const struct conv_shape small = conv_shape_make(8, 8, 16, 16, 3, 1, 1, 1);
    const struct conv_shape large = conv_shape_make(112, 112, 16, 16, 3, 1, 1, 1);

    cr_assert_eq(conv_weights_images(4, 8, &small), 8);
    cr_assert_eq(conv_weights_images(8, 8, &large), 4);
    cr_assert_eq(conv_path(8, 8, 4 * 112 * 112), conv_path(8, 8, 112 * 112));
}
