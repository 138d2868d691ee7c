/* sim/train/trainer.c - the training loop of Cyclic Precision Training. */
#include "sim/train/trainer.h"

#include "sim/method/loss.h"

#include <math.h>
#include <stdlib.h>
#include <time.h>

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static struct loader_spec loading(const struct train_spec *s, const struct dataset *d)
{
    return (struct loader_spec){d, s->seed, s->iterations, s->batch, s->drop_last, s->crop, s->flip, s->pad};
}

int64_t trainer_epoch_length(const struct train_spec *spec, const struct dataset *d)
{
    const struct loader_spec s = loading(spec, d);
    return loader_epoch_length(&s);
}

/* Every format that a role's setting may become during training is possible. */
static enum status roles_check(const struct train_spec *s)
{
    int count;
    const struct role_row *row = role_all(&count);

    for (int i = 0; i < count; i++) {
        const struct schedule_spec *schedule =
            row[i].width == ROLE_WIDTH_FORWARD ? &s->forward : &s->backward;
        const enum status status =
            role_check(&s->recipe.role[i], (enum role)i, schedule->bits_min, schedule->bits_max);
        if (status != STATUS_OK) return fail(status, "role %s: %s", row[i].name, status_detail());
    }
    return STATUS_OK;
}

enum status trainer_open(struct trainer *t, const struct train_spec *spec, const struct kernels *k,
                         struct graph *g, struct dataset *d)
{
    const int asked = spec->evaluate_bits_max, trained = spec->forward.bits_max;
    const int widest = asked > trained ? asked : trained;

    const struct loader_spec batches = loading(spec, d);

    *t = (struct trainer){.spec = spec, .kernels = k, .data = d, .graph = g, .loss = NAN};
    TRY(roles_check(spec));
    TRY(graph_plan(g, &(struct plan){.kernels = k,
                                     .batch = spec->batch,
                                     .forward_bits_max = spec->recipe.quantize ? widest : 0,
                                     .backward_bits_max = spec->recipe.quantize ? spec->backward.bits_max : 0,
                                     .recipe = &spec->recipe,
                                     .training = true}));
    t->widths = calloc((size_t)g->count + 1, sizeof *t->widths);
    if (!t->widths) return fail(STATUS_NOMEM, "no memory for the widths of %d layers", g->count);
    t->labels = malloc((size_t)spec->batch * sizeof *t->labels);
    if (!t->labels) return fail(STATUS_NOMEM, "no memory for %d labels", spec->batch);
    t->input = g->in.data;
    return loader_open(&t->loader, &batches);
}

void trainer_close(struct trainer *t)
{
    loader_close(t->loader);
    if (t->input) t->graph->in.data = t->input;
    free(t->labels);
    free(t->widths);
    t->loader = NULL;
    t->widths = NULL;
    t->labels = NULL;
}

/* Bits of this iteration, those of each layer in t->widths: zeros where the recipe quantizes nothing. */
static struct widths widths_at(struct trainer *t, const struct schedule_point *at)
{
    const struct train_spec *s = t->spec;

    if (!s->recipe.quantize) return (struct widths){0};
    return schedule_widths(t->widths, t->graph->count, &s->forward, &s->backward, t->schedule, at);
}

enum status trainer_step(struct trainer *t, struct step_row *row)
{
    const double start = now();
    const struct train_spec *s = t->spec;
    const struct loaded batch = loader_batch(t->loader, t->at);
    const int n = batch.n;
    *row = (struct step_row){.iteration = t->at, .epoch = batch.epoch};
    struct schedule_point at = {t->at, s->iterations, row->epoch, -1, t->loss};

    /* Cyclic precision: the bits of this iteration. */
    const struct widths bits = widths_at(t, &at);
    row->forward_bits = bits.forward;
    row->backward_bits = bits.backward;
    row->layer_widths = t->widths;
    row->layers = t->graph->count;
    row->phase = schedule_phase(&row->cycle, &s->forward, &at);
    row->lr = lr_rate(&s->lr, t->at, s->iterations);

    struct pass pass = {.recipe = &s->recipe,
                        .n = n,
                        .forward_bits = row->forward_bits,
                        .backward_bits = row->backward_bits,
                        .training = true,
                        .seed = s->seed,
                        .step = (uint32_t)t->at};
    graph_pass(&pass, t->graph);

    t->graph->in.data = batch.images;
    const struct tensor *logits = graph_forward(t->graph, &pass);
    const struct loss loss = loss_cross_entropy(t->graph->nodes[t->graph->count - 1].dout.data, logits->data,
                                                batch.labels, n, t->data->classes);
    graph_backward(t->graph, &pass);
    optimizer_update(t->graph, &s->optimizer, row->lr, &pass);

    row->images = n;
    row->loss = t->loss = at.loss = loss.mean;
    schedule_observe(t->schedule, &s->forward, &s->backward, &at);
    row->accuracy = (double)loss.correct / n;
    row->seconds = now() - start;
    t->at++;
    if (!isfinite(loss.mean))
        return fail(
            STATUS_DIVERGED,
            "the loss is %g at iteration %ld (learning rate %g, %d/%d bits): try a lower learning rate",
            loss.mean, (long)row->iteration, row->lr, row->forward_bits, row->backward_bits);
    return STATUS_OK;
}

struct evaluation trainer_evaluation(const struct trainer *t, enum split split, int bits)
{
    return (struct evaluation){
        .split = split, .bits = bits, .count = t->data->count[split], .loss = NAN, .accuracy = NAN};
}

bool trainer_evaluation_step(struct trainer *t, struct evaluation *e)
{
    const int64_t left = e->count - e->seen;
    struct pass pass = {.recipe = &t->spec->recipe,
                        .n = (int)(left < t->spec->batch ? left : t->spec->batch),
                        .forward_bits = e->bits,
                        .seed = t->spec->seed,
                        .step = (uint32_t)t->at};

    if (pass.n == 0) return false;
    uint32_t *index = malloc((size_t)pass.n * sizeof *index);
    if (!index) abort(); /* a few hundred bytes */
    for (int i = 0; i < pass.n; i++)
        index[i] = (uint32_t)(e->seen + i);
    graph_pass(&pass, t->graph);
    dataset_fetch(t->graph->in.data, t->labels, t->data, e->split, index, pass.n, NULL);
    free(index);
    const struct tensor *logits = graph_forward(t->graph, &pass);
    const struct loss l = loss_cross_entropy(NULL, logits->data, t->labels, pass.n, t->data->classes);
    e->loss_sum += l.mean * pass.n;
    e->correct += l.correct;
    e->seen += pass.n;
    if (e->seen < e->count) return true;
    e->loss = e->loss_sum / (double)e->count;
    e->accuracy = (double)e->correct / (double)e->count;
    return false;
}

struct evaluation trainer_evaluate(struct trainer *t, enum split split, int bits)
{
    struct evaluation e = trainer_evaluation(t, split, bits);

    while (trainer_evaluation_step(t, &e))
        continue;
    return e;
}
