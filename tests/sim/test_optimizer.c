/* tests/sim/test_optimizer.c - SGD to the last rounding. */
#include "sim/train/update.h"
#include "tests/fixtures/devices.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>

#include <string.h>

enum { STEPS = 3, SIZE = 10007 };

static struct optimizer_spec published(void)
{
    struct optimizer_spec s = {.momentum = 0.9, .weight_decay = 1e-4};
    cr_assert(eq(int, optimizer_find(&s.type, "sgd"), STATUS_OK));
    return s;
}

static uint32_t bits_of(float x)
{
    uint32_t u;
    memcpy(&u, &x, sizeof u);
    return u;
}

static void update(struct update *u, const struct optimizer_spec *s, double lr, int threads)
{
    struct device *d = device_made(NULL, threads);

    d->ops->update(d, &(struct update_op){u, 1, &s->type->observe, s, lr});
    d->ops->update(d, &(struct update_op){u, 1, &s->type->move, s, lr});
    device_close(d);
}

/* One parameter under a constant gradient; what it and its momentum are after each step. NumPy, float32. */
struct course {
    float start, grad;
    float value[STEPS], momentum[STEPS];
};

ParameterizedTestParameters(optimizer, sgd_rounds_every_operation)
{
    static struct course rows[] = {
        {0x1.3147aep+1f,
         -0x1.75cfaap-1f,
         {0x1.3a9f4ap+1f, 0x1.4c5f54p+1f, 0x1.65b080p+1f},
         {-0x1.75b068p-1f, -0x1.6300b4p+0f, -0x1.fa5774p+0f}},
        {-0x1.930be0p-7f,
         0x1.5645a2p+0f,
         {-0x1.2b01fcp-3f, -0x1.99a106p-2f, -0x1.8652bap-1f},
         {0x1.56458ep+0f, 0x1.45280ap+1f, 0x1.cfc588p+1f}},
        {0x1.0624dep-10f,
         -0x1.14d2f6p-15f,
         {0x1.0701a8p-10f, 0x1.08a526p-10f, 0x1.0afb7ap-10f},
         {-0x1.13fc36p-15f, -0x1.062f40p-14f, -0x1.75f468p-14f}},
        {0x1.edd2f2p+6f,
         0x1.47ae14p-7f,
         {0x1.edd0a8p+6f, 0x1.edcc50p+6f, 0x1.edc61cp+6f},
         {0x1.6e1c3cp-6f, 0x1.5bcd8ep-5f, 0x1.f0128ep-5f}},
    };
    return cr_make_param_array(struct course, rows, sizeof rows / sizeof rows[0]);
}

ParameterizedTest(struct course *r, optimizer, sgd_rounds_every_operation)
{
    const struct optimizer_spec s = published();
    float value = r->start, grad = r->grad, momentum = 0;
    struct update p = {.value = &value, .grad = &grad, .state = {&momentum}, .size = 1};

    for (int i = 0; i < STEPS; i++) {
        update(&p, &s, 0.1, 1);
        cr_assert(eq(u32, bits_of(value), bits_of(r->value[i])), "value after step %d: %a", i, value);
        cr_assert(eq(u32, bits_of(momentum), bits_of(r->momentum[i])), "momentum after step %d: %a", i,
                  momentum);
    }
}

Test(optimizer, decay_alone_shrinks_a_parameter_without_gradient)
{
    struct optimizer_spec s = published();
    s.momentum = 0;
    s.weight_decay = 0.5;
    float value = 8, grad = 0, momentum = 0;
    struct update p = {.value = &value, .grad = &grad, .state = {&momentum}, .size = 1};

    update(&p, &s, 0.25, 1);
    cr_assert(eq(flt, value, 7)); /* 8 - 0.25 * 0.5 * 8 */
}

static void fill(float value[], float grad[], float momentum[])
{
    for (int i = 0; i < SIZE; i++) {
        value[i] = 0.013f * (float)(i % 211) - 1.1f;
        grad[i] = 0.37f - 0.0071f * (float)(i % 97);
        momentum[i] = 0.0031f * (float)(i % 53);
    }
}

Test(optimizer, threads_do_not_change_a_bit)
{
    static float value[2][SIZE], grad[SIZE], momentum[2][SIZE];
    const struct optimizer_spec s = published();

    for (int threads = 1; threads <= 2; threads++) {
        struct update p = {
            .value = value[threads - 1], .grad = grad, .state = {momentum[threads - 1]}, .size = SIZE};
        fill(p.value, p.grad, p.state[0]);
        update(&p, &s, 0.1, threads);
    }
    cr_assert(zero(int, memcmp(value[0], value[1], sizeof value[0])));
    cr_assert(zero(int, memcmp(momentum[0], momentum[1], sizeof momentum[0])));
}

Test(optimizer, update_reaches_every_parameter_of_the_graph)
{
    float value[3] = {1, 1, 1}, grad[3] = {1, 2, 3}, momentum[3] = {0};
    struct layer layers[2] = {{.param_count = 2}, {.param_count = 1}};
    for (int i = 0; i < 3; i++)
        layers[i / 2].params[i % 2] =
            (struct param){.value = &value[i], .grad = &grad[i], .state = {&momentum[i]}, .size = 1};
    struct node nodes[2] = {{.layer = &layers[0]}, {.layer = &layers[1]}};
    struct device *d = device_made(NULL, 1);
    struct graph g = {.nodes = nodes, .count = 2, .plan = {.device = d, .states = 1}};
    struct optimizer_spec s = published();
    s.weight_decay = 0;
    static const struct recipe plain = {.name = "plain"};

    update_params(&g, &s, 0.25, &(struct pass){.device = d, .recipe = &plain});
    device_close(d);
    const float want[3] = {0.75f, 0.5f, 0.25f};
    for (int i = 0; i < 3; i++)
        cr_assert(eq(flt, value[i], want[i]));
}

Test(optimizer, every_row_is_found)
{
    int count;
    const struct optimizer_type *all = optimizer_all(&count), *found;
    for (int i = 0; i < count; i++) {
        cr_assert(eq(int, optimizer_find(&found, all[i].name), STATUS_OK));
        cr_assert(eq(ptr, (void *)found, (void *)&all[i]));
    }
}

Test(optimizer, unknown_name_answers_with_the_known_ones)
{
    const struct optimizer_type *type;
    cr_assert(eq(int, optimizer_find(&type, "sgdd"), STATUS_INPUT));
    cr_assert(not(zero(ptr, strstr(status_detail(), "unknown optimizer 'sgdd'; did you mean 'sgd'?"))));
}
