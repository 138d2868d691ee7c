/* tests/sim/test_layers_pass.c - batch norm, ReLU6 and max pooling: values that can be worked out by hand. */
#include "tests/fixtures/rigs.h"

#include <math.h>
#include <string.h>

Test(layers_pass, norm_normalizes_and_tracks_unbiased_variance)
{
    struct rig r;
    rig_make(&r, layer_norm_new("norm", (struct shape){4, 4, 3}, false, ACTIVATION_NONE), 5, 0, "auto");
    for (int i = 0; i < 3; i++)
        r.layer->params[0].value[i] = 1.0f, r.layer->params[1].value[i] = 0.0f;
    rig_forward(&r, true, 0, 0);
    for (int c = 0; c < 3; c++) {
        double sum = 0.0, square = 0.0, in = 0.0, in2 = 0.0;
        for (int i = 0; i < 80; i++) {
            const double y = (double)r.out.data[3 * i + c], x = (double)r.in[0].data[3 * i + c];
            sum += y, square += y * y, in += x, in2 += x * x;
        }
        const double variance = (in2 - in * in / 80) / 79;
        cr_expect_float_eq(sum / 80, 0.0, 1e-6);
        cr_expect_float_eq(square / 80, 1.0, 1e-4); /* eps = 1e-5 takes its share */
        cr_expect_float_eq((double)r.layer->buffers[0].value[c], 0.1 * in / 80, 1e-7);
        cr_expect_float_eq((double)r.layer->buffers[1].value[c], 0.1 * variance, 1e-6);
    }
    rig_close(&r);
}

/* 3 x 3 windows of stride 2 and padding 1 over 4 x 4: rows -1..1 and 1..3. The values were worked out by
 * hand. */
Test(layers_pass, maxpool_takes_the_first_of_equals_and_passes_nan_on)
{
    struct rig r;
    const float x[16] = {-1, -1, -5, NAN, -3, -1, -2, -2, -3, -2, -2, -2, -INFINITY, -2, -7, -2};
    const float dy[4] = {1, 2, 4, 8}, dx[16] = {[0] = 1, [3] = 2, [5] = 4 + 8};

    rig_make(&r, layer_maxpool_new("maxpool", (struct shape){4, 4, 1}, 3, 2, 1), 1, 0, "auto");
    memcpy(r.in[0].data, x, sizeof x);
    memcpy(r.dout.data, dy, sizeof dy);
    rig_forward(&r, true, 0, 0);
    cr_expect_eq(r.out.data[0], -1.0f);
    cr_expect(isnan(r.out.data[1]));
    cr_expect_eq(r.out.data[2], -1.0f);
    cr_expect_eq(r.out.data[3], -1.0f);
    rig_backward(&r);
    cr_expect_arr_eq(r.din[0].data, dx, sizeof dx);
    rig_close(&r);
}

Test(layers_pass, maxpool_never_takes_the_padding)
{
    struct rig r;
    rig_make(&r, layer_maxpool_new("maxpool", (struct shape){5, 5, 2}, 3, 2, 1), 2, 0, "auto");
    for (size_t i = 0; i < rig_size(&r, &r.in[0]); i++)
        r.in[0].data[i] = i % 3 == 0 ? -4.0f : -INFINITY;
    rig_forward(&r, true, 0, 0);
    for (size_t i = 0; i < rig_size(&r, &r.out); i++)
        cr_expect_eq(r.out.data[i], -4.0f);
    rig_close(&r);
}

/* Weight 6 and bias 2: many values are cut at either end, and those get no gradient. */
Test(layers_pass, relu6_ends_at_six_in_value_range_and_gradient)
{
    struct rig r;
    double bias[8] = {0};
    rig_make(&r, layer_norm_new("norm", (struct shape){4, 4, 8}, false, ACTIVATION_RELU6), 5, 0, "auto");
    for (int i = 0; i < 8; i++)
        r.layer->params[0].value[i] = 6.0f, r.layer->params[1].value[i] = 2.0f;
    rig_forward(&r, true, 0, 0);
    const struct range range = affine_range_of(r.out.data, rig_size(&r, &r.out));
    cr_expect(range.lo == 0.0f && range.hi == 6.0f);
    cr_expect(r.out.range->lo == 0.0f && r.out.range->hi == 6.0f);
    for (size_t i = 0; i < rig_size(&r, &r.out); i++)
        if (r.out.data[i] > 0.0f && r.out.data[i] < 6.0f) bias[i % 8] += (double)r.dout.data[i];
    rig_backward(&r);
    for (int i = 0; i < 8; i++)
        cr_expect_float_eq((double)r.layer->params[1].grad[i], bias[i], 1e-5);
    rig_close(&r);
}
