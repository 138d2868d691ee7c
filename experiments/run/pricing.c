/* experiments/run/pricing.c - a meter for a run. */
#include "experiments/run/pricing.h"

#include "experiments/cost/cost_roles.h"
#include "experiments/config/hardware_file.h"

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

enum status pricing_open(struct pricing *p, const struct config *c, const struct graph *g)
{
    if (strcmp(c->hardware, none) == 0) return STATUS_OK;
    enum status s = hardware_load(&p->hardware, c->hardware, NULL, 0);
    if (s == STATUS_USAGE)
        s = fail(config_fault(c, STATUS_INPUT, "hardware"), "hardware: %s",
                 status_detail()); /* a wrong name */
    TRY(s);
    s = open_meter(p, c, g);
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
    return p->text != NULL ? STATUS_OK : fail(STATUS_NOMEM, "out of memory");
}

void pricing_close(struct pricing *p)
{
    meter_close(p->meter);
    free(p->text);
    *p = (struct pricing){0};
}

enum status pricing_step(struct pricing *p, struct run_row *row)
{
    const struct widths scheduled = {row->step.forward_bits, row->step.backward_bits};
    struct cost c = {0};

    if (p->meter != NULL)
        TRY(meter_iteration(&c, p->meter, cost_roles_operands(&p->recipe, scheduled), row->step.images));
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
