/* tests/sim/test_method.c - claims about the hooks of a method, by methods that this file adds: a row and its
 * functions, and nothing else. */
#include "tests/fixtures/tiny_run.h"

/* The node of that name. */
static int node_named(const struct graph *g, const char *name)
{
    int i = 0;
    while (i < g->count && strcmp(g->nodes[i].layer->name, name) != 0)
        i++;
    cr_assert(i < g->count, "no layer %s", name);
    return i;
}

static void run_with(char hash[65], struct tiny *t, const struct method *m, int64_t until, int threads)
{
    tiny_prepare(t, "cpt");
    t->spec.method = m;
    tiny_start(t, "auto", threads);
    tiny_run(hash, t, until);
}

/* --- epochs: count[0] counts them, number[0] is the length of the first one's whole gradient --- */

/* Over all batches of an epoch, as methods of variance reduction need it. */
static double full_gradient(struct trainer *t)
{
    const int64_t length = trainer_epoch_length(t->spec, t->data);
    float *sum = calloc(params_size(t->graph), sizeof *sum);
    int64_t examples = 0;

    for (int64_t i = 0; i < length; i++) {
        const struct batch b = loader_batch(t->loader, i);
        const struct pass p = {
            .device = t->graph->plan.device, .recipe = &t->spec->recipe, .n = b.n, .training = false};
        float *at = sum;
        graph_put(t->graph, b.input, b.n);
        graph_forward(t->graph, &p);
        graph_loss(t->graph, b.target, b.n, true);
        graph_backward(t->graph, &p);
        for (struct param_at q = params_begin(t->graph); q.param; at += q.param->size, params_next(&q))
            params_axpy(at, (float)b.n, q.param->grad, q.param->size);
        examples += b.n;
    }
    const double square = params_dot(sum, sum, params_size(t->graph));
    free(sum);
    return sqrt(square) / (double)examples;
}

static void epochs_before(struct method_state *state, struct trainer *t, int64_t epoch)
{
    cr_assert_eq(epoch, state->count[0]);
    cr_assert_eq(t->at, epoch * 4);
    state->count[0]++;
    if (epoch == 0) state->number[0] = full_gradient(t);
}

static const struct method epochs = {.name = "epochs", .before_epoch = epochs_before};

Test(method, before_each_epoch_it_may_look_at_all_batches_and_the_run_goes_on_as_without)
{
    char with[65], without[65];
    struct tiny t;
    run_with(without, &t, NULL, 9, 2);
    tiny_close(&t);
    run_with(with, &t, &epochs, 9, 2);
    cr_assert_eq(t.trainer.method.count[0], 3, "20 images in batches of 6: 4 iterations an epoch");
    cr_assert(isfinite(t.trainer.method.number[0]) && t.trainer.method.number[0] > 0);
    tiny_close(&t);
    cr_assert_str_eq(with, without);
}

/* --- a frozen block: never runs, so that nothing of it changes --- */

static void freeze_before(struct method_state *state, bool *skip, struct trainer *t)
{
    state->count[0]++;
    skip[node_named(t->graph, "group1_layer0.bn2")] = true;
}

static const struct method freeze = {.name = "freeze", .before_step = freeze_before};

Test(method, a_block_that_never_runs_stays_as_it_began)
{
    char hash[65];
    struct tiny frozen, fresh;
    run_with(hash, &fresh, NULL, 0, 1);
    run_with(hash, &frozen, &freeze, 5, 2);
    cr_assert_eq(frozen.trainer.method.count[0], 5);
    int same = 0, other = 0;
    for (struct state_at a = state_begin(&frozen.graph), b = state_begin(&fresh.graph); a.value;
         state_next(&a), state_next(&b)) {
        const bool inside = strncmp(a.layer->name, "group1_layer0.", 14) == 0;
        const bool equal = memcmp(a.value, b.value, a.size * sizeof *a.value) == 0;
        cr_assert(equal || !inside, "%s.%s", a.layer->name, a.name);
        same += inside;
        other += !equal;
    }
    cr_assert(same > 8 && other > 8, "%d, %d", same, other);
    tiny_close(&frozen);
    tiny_close(&fresh);
}

Test(method, the_row_of_a_step_says_which_layers_ran)
{
    char hash[65];
    struct tiny t;
    struct step_row row;
    run_with(hash, &t, &freeze, 1, 1);
    must(trainer_step(&t.trainer, &row));
    cr_assert_not_null(row.skips);
    cr_assert_eq(row.skips[node_named(&t.graph, "group1_layer0.bn2")], SKIP_HANDS_ON);
    cr_assert_eq(row.skips[node_named(&t.graph, "group1_layer0.conv1")], SKIP_IDLE);
    cr_assert_eq(row.skips[node_named(&t.graph, "conv1")], SKIP_NOT);
    tiny_close(&t);
}

/* --- half of the weights are masked, from the second epoch on --- */

static void halve_before(struct method_state *state, struct trainer *t, int64_t epoch)
{
    (void)state;
    for (struct param_at at = params_begin(t->graph); at.param && epoch == 1; params_next(&at)) {
        float mask[65536];
        cr_assert(at.param->size <= sizeof mask / sizeof *mask);
        for (size_t i = 0; i < at.param->size; i++)
            mask[i] = (float)(i % 2);
        params_mask(t->graph, at.param, mask);
    }
}

static const struct method halve = {.name = "halve", .masks = true, .before_epoch = halve_before};

Test(method, masked_values_are_0_and_stay_so_while_the_others_train)
{
    char hash[65], one[65];
    struct tiny t, unmasked;
    run_with(hash, &unmasked, NULL, 4, 2);
    run_with(hash, &t, &halve, 4, 2);
    for (struct state_at a = state_begin(&t.graph), b = state_begin(&unmasked.graph); b.value;
         state_next(&a)) {
        if (a.kind == STATE_MASK) continue;
        cr_assert_eq(memcmp(a.value, b.value, a.size * sizeof *a.value), 0, "masks of ones change nothing");
        state_next(&b);
    }
    tiny_close(&unmasked);
    tiny_run(hash, &t, 8);
    for (struct param_at at = params_begin(&t.graph); at.param; params_next(&at)) {
        size_t live = 0;
        for (size_t i = 0; i < at.param->size; i++) {
            const float value = at.param->value[i], momentum = at.param->state[0][i];
            cr_assert(i % 2 == 1 || (value == 0 && momentum == 0), "%s.%s[%zu]: %g, %g", at.layer->name,
                      at.param->name, i, (double)value, (double)momentum);
            live += value != 0 && momentum != 0;
        }
        cr_assert_eq(live, at.param->size / 2, "%s.%s", at.layer->name, at.param->name);
    }
    tiny_close(&t);
    run_with(one, &t, &halve, 8, 3);
    tiny_close(&t);
    cr_assert_str_eq(one, hash);
}
