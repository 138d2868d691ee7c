/* experiments/run/session.c - from a configuration to a network that can be trained. */
#include "experiments/run/session.h"

#include "experiments/run/pricing.h"
#include "quant/try.h"

#include <omp.h>
#include <string.h>

/* The widest evaluation that the configuration asks for. */
static int evaluate_bits_max(const struct eval_bits *e)
{
    int widest = 0;
    for (int i = 0; i < e->count; i++)
        if (e->item[i] > widest) widest = e->item[i];
    return widest;
}

/* A damaged file is at fault itself, whoever named it; a limit is who said it. */
static enum status data_open(struct session *s)
{
    const struct config *c = &s->config;
    const enum status status = dataset_open(&s->data, &c->data);

    if (status != STATUS_USAGE) return status;
    return config_fault(c, STATUS_INPUT, "data.train data.validation data.test");
}

static enum status open_parts(struct session *s, const struct machine *machine)
{
    struct config *c = &s->config;

    TRY(device_open(&s->device, machine));
    TRY(data_open(s));
    s->epoch_length = trainer_epoch_length(&c->train, &s->data);
    TRY(config_settle(c, s->epoch_length));
    TRY(config_fault(
        c, model_build(&s->model, &s->graph, c->model, s->data.shape, s->data.classes, &c->train.recipe),
        "model data.name"));
    TRY(trainer_open(&s->trainer, &c->train, s->device, &s->graph, &s->data));
    s->model->init(&s->graph, c->train.seed);
    return STATUS_OK;
}

enum status session_check(const struct config *c)
{
    const struct dataset_row *row;
    const struct model_type *type;
    struct graph g = {0};

    TRY(pricing_check(c));
    TRY(dataset_find(&row, c->data.name));
    if (row->classes == 0 || row->tokens) return STATUS_OK; /* known from its files alone */
    const enum status s = model_build(&type, &g, c->model, row->shape, row->classes, &c->train.recipe);
    graph_free(&g);
    return config_fault(c, s, "model data.name");
}

enum status session_open(struct session *s, const struct config *c, const struct machine *machine)
{
    memset(s, 0, sizeof *s);
    s->config = *c;
    s->config.train.evaluate_bits_max = evaluate_bits_max(&c->evaluate_bits);
    if (machine->threads > 0) omp_set_num_threads(machine->threads);
    const enum status status = open_parts(s, machine);
    if (status != STATUS_OK) session_close(s);
    return status;
}

void session_close(struct session *s)
{
    trainer_close(&s->trainer);
    graph_free(&s->graph);
    device_close(s->device);
    dataset_close(&s->data);
    memset(s, 0, sizeof *s);
}

int64_t session_params(struct session *s)
{
    return (int64_t)params_size(&s->graph);
}
