/* experiments/run/pricing.c - a meter for a run. */
#include "experiments/run/pricing.h"

#include "energy/meter/bitops.h"
#include "experiments/cost/cost_roles.h"
#include "experiments/config/hardware_file.h"
#include "quant/try.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const none = "none";

/* Every knob by its whole path, as hardware_parse reads it back. */
static char *knobs_text(const struct hardware *h)
{
    char *text = NULL, value[256];
    size_t size;
    FILE *out = open_memstream(&text, &size);
    const struct knob *knob;

    if (out == NULL) return NULL;
    for (int i = 0; (knob = hardware_knob(i)) != NULL; i++) {
        hardware_value(value, sizeof value, h, i);
        fprintf(out, "%s: %s\n", knob->path, value);
    }
    if (fclose(out) == 0) return text;
    free(text);
    return NULL;
}

static enum status open_meter(struct pricing *p, const struct config *c, const struct graph *g)
{
    const struct constants k = constants_nominal();
    const struct operands widest = cost_roles_operands(
        &c->train.recipe, (struct widths){c->train.forward.bits_max, c->train.backward.bits_max});
    struct workload w;
    struct cost unused;

    TRY(workload_of_graph(&w, g, c->model));
    enum status s = meter_open(&p->meter, &(struct meter_spec){&w, &p->hardware, &k, CONVENTION_TRUE});
    workload_free(&w);
    if (s == STATUS_OK) s = meter_iteration(&unused, p->meter, widest, c->train.batch);
    return s;
}

/* A wrong name is the fault of who said it; a wrong file its own. */
static enum status load_hardware(struct hardware *h, const struct config *c)
{
    const enum status s = hardware_load(h, c->hardware, NULL, 0);

    if (s != STATUS_USAGE) return s;
    return config_fault(c, status_fail(STATUS_INPUT, "hardware: %s", status_detail()), "hardware");
}

enum status pricing_check(const struct config *c)
{
    struct hardware unused;

    return strcmp(c->hardware, none) == 0 ? STATUS_OK : load_hardware(&unused, c);
}

enum status pricing_open(struct pricing *p, const struct config *c, const struct graph *g)
{
    if (strcmp(c->hardware, none) == 0) return STATUS_OK;
    TRY(load_hardware(&p->hardware, c));
    enum status s = open_meter(p, c, g);
    if (s == STATUS_INPUT) {
        snprintf(p->refusal, sizeof p->refusal, "%s", status_detail());
        meter_close(p->meter);
        p->meter = NULL;
        return STATUS_OK;
    }
    TRY(s);
    hardware_hash(p->sha256, &p->hardware);
    p->recipe = c->train.recipe;
    p->text = knobs_text(&p->hardware);
    return p->text != NULL ? STATUS_OK : status_fail(STATUS_NOMEM, "out of memory");
}

void pricing_close(struct pricing *p)
{
    meter_close(p->meter);
    free(p->text);
    *p = (struct pricing){0};
}

/* Does a layer run at other widths than the run as a whole? */
static bool layers_differ(const struct step_row *step)
{
    for (int i = 0; i < step->layers; i++)
        if (step->layer_widths[i].forward != step->forward_bits ||
            step->layer_widths[i].backward != step->backward_bits)
            return true;
    return false;
}

/* One price for all layers. */
static enum status step_alike(struct cost *out, struct pricing *p, struct run_row *row, const struct graph *g)
{
    const struct step_row *step = &row->step;
    const struct widths scheduled = {step->forward_bits, step->backward_bits};
    const struct work work = work_of_graph(g);

    row->bitops = bitops_paper(&work, step->images, scheduled.forward, scheduled.backward);
    if (p->meter == NULL) return STATUS_OK;
    return meter_iteration(out, p->meter, cost_roles_operands(&p->recipe, scheduled), step->images);
}

/* Each layer at its own widths. The workload's layers are the graph's nodes. */
static enum status step_by_layer(struct cost *out, struct pricing *p, struct run_row *row,
                                 const struct graph *g)
{
    const struct step_row *step = &row->step;
    struct operands *layer = malloc((size_t)step->layers * sizeof *layer);
    enum status status = STATUS_OK;

    if (layer == NULL)
        return status_fail(STATUS_NOMEM, "no memory for the widths of %d layers", step->layers);
    for (int i = 0; i < step->layers; i++)
        layer[i] = operands_of(step->layer_widths[i].forward, step->layer_widths[i].backward);
    row->bitops = bitops_paper_layers(g, step->images, layer);
    for (int i = 0; i < step->layers && p->meter != NULL; i++)
        layer[i] = cost_roles_operands(&p->recipe, step->layer_widths[i]);
    if (p->meter != NULL) status = meter_iteration_layers(out, p->meter, layer, step->images);
    free(layer);
    return status;
}

enum status pricing_step(struct pricing *p, struct run_row *row, const struct graph *g)
{
    struct cost c = {0};

    TRY(layers_differ(&row->step) ? step_by_layer(&c, p, row, g) : step_alike(&c, p, row, g));
    row->energy_j = c.energy_j;
    row->latency_s = c.latency_s;
    row->dram_bytes = c.dram_bytes;
    return STATUS_OK;
}

/* An epoch's last batch is smaller where the batches do not divide the images, or is left out. */
static enum status static_run(struct histogram *h, const struct train_spec *t, int64_t epoch_length,
                              int64_t images)
{
    const struct operands widest =
        cost_roles_operands(&t->recipe, (struct widths){t->forward.bits_max, t->backward.bits_max});
    const int64_t rest = images - (epoch_length - 1) * t->batch;
    const int64_t smaller = rest < t->batch ? t->iterations / epoch_length : 0;

    *h = (struct histogram){0};
    TRY(histogram_add(h, widest, t->batch, t->iterations - smaller));
    return smaller > 0 ? histogram_add(h, widest, rest, smaller) : STATUS_OK;
}

enum status pricing_static(struct cost *out, struct pricing *p, const struct train_spec *t,
                           int64_t epoch_length, int64_t images)
{
    struct histogram h;
    enum status s = static_run(&h, t, epoch_length, images);

    *out = (struct cost){0};
    if (s == STATUS_OK && p->meter != NULL) s = meter_run(out, p->meter, &h);
    histogram_free(&h);
    return s;
}
