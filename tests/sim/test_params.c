/* tests/sim/test_params.c - claims about the walks: every tensor once, in the written order. */
#include "sim/layers/layers.h"
#include "sim/layers/params.h"
#include "tests/fixtures/devices.h"
#include "tests/fixtures/folder.h"

#include <string.h>

/* conv, norm, pool, linear; the pool has no state. */
static void make(struct graph *g, bool training, int states)
{
    graph_init(g, (struct shape){6, 6, 3});
    int at = graph_add(g, layer_conv_new("conv", g->input, 4, 3, 1, 1, 1, true), GRAPH_INPUT, GRAPH_INPUT);
    at = graph_add(g, layer_norm_new("bn", graph_shape(g, at), false, ACTIVATION_RELU), at, GRAPH_INPUT);
    at = graph_add(g, layer_pool_new("pool", graph_shape(g, at)), at, GRAPH_INPUT);
    graph_add(g, layer_linear_new("fc", graph_shape(g, at), 10), at, GRAPH_INPUT);
    must(graph_plan(g, &(struct memory_plan){.device = device_made("ref", 1),
                                             .batch = 2,
                                             .forward_bits_max = 8,
                                             .training = training,
                                             .states = states}));
}

/* "conv.weight:0 " and so on for each tensor of the state: layer, name, kind, and the optimizer's slot. */
static void describe(char text[static 1024], const struct graph *g)
{
    *text = '\0';
    for (struct state_at at = state_begin(g); at.value; state_next(&at)) {
        char one[2 * NAME_LENGTH];
        snprintf(one, sizeof one, "%s.%s:%d", at.layer->name, at.name, (int)at.kind);
        strcat(text, one);
        strcat(text, at.kind != STATE_OPTIMIZER ? " " : at.slot == 0 ? "a " : "b ");
    }
}

static struct {
    bool training;
    int states;
    const char *want;
} const plans[] = {
    {true, 2,
     "conv.weight:0 conv.weight:1a conv.weight:1b "
     "conv.quantize_input.running_zero_point:2 conv.quantize_input.running_range:2 "
     "bn.weight:0 bn.weight:1a bn.weight:1b bn.bias:0 bn.bias:1a bn.bias:1b "
     "bn.running_mean:2 bn.running_var:2 "
     "fc.weight:0 fc.weight:1a fc.weight:1b fc.bias:0 fc.bias:1a fc.bias:1b "},
    {true, 0,
     "conv.weight:0 conv.quantize_input.running_zero_point:2 conv.quantize_input.running_range:2 "
     "bn.weight:0 bn.bias:0 bn.running_mean:2 bn.running_var:2 fc.weight:0 fc.bias:0 "},
    {false, 2,
     "conv.weight:0 conv.quantize_input.running_zero_point:2 conv.quantize_input.running_range:2 "
     "bn.weight:0 bn.bias:0 bn.running_mean:2 bn.running_var:2 fc.weight:0 fc.bias:0 "},
};

Test(params, the_walk_over_the_state_meets_each_tensor_that_has_memory_once_in_order)
{
    for (size_t i = 0; i < sizeof plans / sizeof *plans; i++) {
        struct graph g;
        char got[1024];
        make(&g, plans[i].training, plans[i].states);
        describe(got, &g);
        cr_assert_str_eq(got, plans[i].want);
        graph_close(&g);
    }
}

Test(params, sizes_add_up)
{
    struct graph g;
    size_t layers = 0, values = 0;
    make(&g, true, 1);
    for (int i = 0; i < g.count; i++)
        layers += params_of_layer(g.nodes[i].layer);
    for (struct state_at at = state_begin(&g); at.value; state_next(&at))
        if (at.kind == STATE_VALUE) values += at.size;
    cr_assert_eq(params_size(&g), 4 * 3 * 9 + 2 * 4 + 4 * 10 + 10);
    cr_assert_eq(layers, params_size(&g));
    cr_assert_eq(values, params_size(&g));
    graph_close(&g);
}

Test(params, what_is_set_is_what_is_copied)
{
    struct graph g;
    make(&g, true, 1);
    const size_t n = params_size(&g);
    float in[256], out[256];
    cr_assert(n <= 256);
    for (size_t i = 0; i < n; i++)
        in[i] = 0.375f * (float)i - 7;
    params_set(&g, in);
    params_copy(out, &g);
    cr_assert_eq(memcmp(in, out, n * sizeof *in), 0);
    graph_close(&g);
}

Test(params, vectors_are_added_and_multiplied_in_the_written_order)
{
    float y[3] = {1.0f, 0x1p24f, -2.5f};
    const float x[3] = {3.0f, 1.0f, 0x1p-24f};
    params_axpy(y, 0.5f, x, 3);
    cr_assert(y[0] == 2.5f && y[1] == 0x1p24f && y[2] == -2.5f, "one rounding each: %a %a %a", (double)y[0],
              (double)y[1], (double)y[2]);
    cr_assert(params_dot((const float[]){0x1p60f, 1.0f, -0x1p60f}, (const float[]){1, 1, 1}, 3) == 0.0,
              "from the first to the last, in double");
}
