/* sim/train/trainer.c - the training loop of Cyclic Precision Training. */
#include "sim/train/trainer.h"

#include "quant/try.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
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
        if (status != STATUS_OK) return status_fail(status, "role %s: %s", row[i].name, status_detail());
    }
    return STATUS_OK;
}

/* The network reads what the data set has. */
static enum status fits(const struct graph *g, const struct dataset *d)
{
    if (g->tokens == d->tokens && graph_targets(g) == d->targets) return STATUS_OK;
    return status_fail(STATUS_INPUT, "data set '%s' has %s and %d targets an example, the network %s and %d",
                       d->name, d->tokens ? "tokens" : "floats", d->targets, g->tokens ? "tokens" : "floats",
                       graph_targets(g));
}

enum status trainer_open(struct trainer *t, const struct train_spec *spec, struct device *device,
                         struct graph *g, struct dataset *d)
{
    const int asked = spec->evaluate_bits_max, trained = spec->forward.bits_max;
    const int widest = asked > trained ? asked : trained;

    const struct loader_spec batches = loading(spec, d);

    *t = (struct trainer){.spec = spec, .data = d, .graph = g, .loss = NAN};
    TRY(roles_check(spec));
    TRY(fits(g, d));
    TRY(graph_plan(g, &(struct memory_plan){
                          .device = device,
                          .batch = spec->batch,
                          .forward_bits_max = spec->recipe.quantize ? widest : 0,
                          .backward_bits_max = spec->recipe.quantize ? spec->backward.bits_max : 0,
                          .recipe = &spec->recipe,
                          .training = true,
                          .states = optimizer_states(spec->optimizer.type),
                          .masks = spec->method && spec->method->masks,
                      }));
    t->batch.input = malloc((size_t)spec->batch * dataset_input_bytes(d));
    t->batch.target = malloc((size_t)spec->batch * (size_t)d->targets * sizeof *t->batch.target);
    t->widths = calloc((size_t)g->count + 1, sizeof *t->widths);
    t->skip = calloc((size_t)g->count + 1, sizeof *t->skip);
    t->skips = calloc((size_t)g->count + 1, sizeof *t->skips);
    if (!t->batch.input || !t->batch.target || !t->widths || !t->skip || !t->skips)
        return status_fail(STATUS_NOMEM, "no memory for a batch of %d examples", spec->batch);
    if (spec->method && spec->method->masks) params_unmask(g);
    return loader_open(&t->loader, &batches);
}

void trainer_close(struct trainer *t)
{
    loader_close(t->loader);
    free(t->batch.input);
    free(t->batch.target);
    free(t->widths);
    free(t->skip);
    free(t->skips);
    t->loader = NULL;
    t->batch = (struct batch){0};
    t->widths = NULL;
    t->skip = NULL;
    t->skips = NULL;
}

/* Bits of this iteration, those of each layer in t->widths: zeros where the recipe quantizes nothing. */
static struct widths widths_at(struct trainer *t, const struct schedule_point *at)
{
    const struct train_spec *s = t->spec;

    if (!s->recipe.quantize) return (struct widths){0};
    return schedule_widths(t->widths, t->graph->count, &s->forward, &s->backward, t->schedule, at);
}

/* What happens between two epochs. */
static void begin_epoch(struct trainer *t, int64_t epoch)
{
    const struct method *m = t->spec->method;

    if (m && m->before_epoch) m->before_epoch(&t->method, t, epoch);
    graph_carry_drop(t->graph, CARRY_TRAINING);
}

/* What comes before a step: the beginning of an epoch, and the method's choice of layers. Returns pass.skips. */
static const enum skip *before_step(struct trainer *t)
{
    const struct method *m = t->spec->method;
    const int64_t length = trainer_epoch_length(t->spec, t->data);

    if (t->at % length == 0) begin_epoch(t, t->at / length);
    if (!m || !m->before_step) return NULL;
    memset(t->skip, 0, (size_t)t->graph->count * sizeof *t->skip);
    m->before_step(&t->method, t->skip, t);
    graph_skips(t->skips, t->graph, t->skip);
    return t->skips;
}

/* The row of a step as far as it is known before the step: its bits, its rate, what runs. */
static struct step_row row_of(struct trainer *t, const struct schedule_point *at, struct widths bits,
                              const enum skip *skips)
{
    const struct train_spec *s = t->spec;
    struct step_row row = {.iteration = t->at,
                           .epoch = at->epoch,
                           .lr = lr_rate(&s->lr, t->at, s->iterations),
                           .forward_bits = bits.forward,
                           .backward_bits = bits.backward,
                           .layer_widths = t->widths,
                           .layers = t->graph->count,
                           .skips = skips};

    row.phase = schedule_phase(&row.cycle, &s->forward, at);
    return row;
}

enum status trainer_step(struct trainer *t, struct step_row *row)
{
    const double start = now();
    const struct train_spec *s = t->spec;
    const enum skip *skips = before_step(t);
    const struct batch batch = loader_batch(t->loader, t->at);
    const int n = batch.n;
    struct schedule_point at = {t->at, s->iterations, batch.epoch, -1, t->loss};

    /* Cyclic precision: the bits of this iteration. */
    const struct widths bits = widths_at(t, &at);
    *row = row_of(t, &at, bits, skips);

    const struct pass pass = {.device = t->graph->plan.device,
                              .recipe = &s->recipe,
                              .n = n,
                              .widths = bits,
                              .layer_widths = t->widths,
                              .skips = skips,
                              .training = true,
                              .seed = s->seed,
                              .step = (uint32_t)t->at};

    graph_put(t->graph, batch.input, n);
    graph_forward(t->graph, &pass);
    graph_loss(t->graph, batch.target, n, true);
    graph_backward(t->graph, &pass);
    update_params(t->graph, &s->optimizer, row->lr, &pass);

    const struct loss loss = graph_loss_get(t->graph);

    row->images = n;
    row->loss = t->loss = at.loss = loss.mean;
    schedule_observe(t->schedule, &s->forward, &s->backward, &at);
    row->accuracy = (double)loss.correct / (double)(n * t->data->targets);
    row->seconds = now() - start;
    t->at++;
    if (!isfinite(loss.mean))
        return status_fail(
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
    const struct pass pass = {.device = t->graph->plan.device,
                              .recipe = &t->spec->recipe,
                              .n = (int)(left < t->spec->batch ? left : t->spec->batch),
                              .widths = {.forward = e->bits},
                              .seed = t->spec->seed,
                              .step = (uint32_t)t->at};

    if (pass.n == 0) return false;
    if (e->seen == 0) graph_carry_drop(t->graph, CARRY_EVALUATION);
    uint32_t *index = malloc((size_t)pass.n * sizeof *index);
    if (!index) abort(); /* a few hundred bytes */
    for (int i = 0; i < pass.n; i++)
        index[i] = (uint32_t)(e->seen + i);
    t->batch.n = pass.n;
    dataset_fetch(&t->batch, t->data, e->split, index, NULL);
    free(index);
    graph_put(t->graph, t->batch.input, pass.n);
    graph_forward(t->graph, &pass);
    graph_loss(t->graph, t->batch.target, pass.n, false);
    const struct loss l = graph_loss_get(t->graph);
    e->loss_sum += l.mean * pass.n;
    e->correct += l.correct;
    e->seen += pass.n;
    if (e->seen < e->count) return true;
    e->loss = e->loss_sum / (double)e->count;
    e->accuracy = (double)e->correct / (double)(e->count * t->data->targets);
    return false;
}

struct evaluation trainer_evaluate(struct trainer *t, enum split split, int bits)
{
    struct evaluation e = trainer_evaluation(t, split, bits);

    while (trainer_evaluation_step(t, &e))
        continue;
    return e;
}

/* --- the digest that tells two runs apart --- */

/* A tensor of the state behind its layer's name and its own. */
static void add_tensor(struct digest *h, struct device *d, const struct state_at *at, const char *name)
{
    float *host = malloc(at->size * sizeof *host);
    if (!host) abort(); /* no larger than one layer's weights */
    d->ops->get(d, host, at->value, at->size * sizeof *host);
    digest_add(h, at->layer->name, strlen(at->layer->name) + 1);
    digest_add(h, name, strlen(name) + 1);
    digest_add(h, host, at->size * sizeof *host);
    free(host);
}

void trainer_hash(char hex[static DIGEST_SIZE], const struct trainer *t)
{
    struct digest h;
    struct device *d = t->graph->plan.device;
    const uint64_t at = (uint64_t)t->at;

    digest_init(&h);
    digest_add(&h, &at, sizeof at);
    for (struct state_at s = state_begin(t->graph); s.value; state_next(&s))
        add_tensor(&h, d, &s, s.kind == STATE_OPTIMIZER ? t->spec->optimizer.type->state[s.slot] : s.name);
    digest_hex(hex, &h);
}
