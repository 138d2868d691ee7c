/* experiments/whatif/whatif_elasticity.c - what a percent of each number does to the answers. */
#include "experiments/whatif/whatif.h"

#include "energy/prices/price.h"
#include "quant/try.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double up = 1.01, down = 0.99, percent = 0.01;

/* Differences of less are rounding's. */
static const double nothing = 1e-9;

/* Between the slopes up and down, percent for a percent: of a smooth answer they differ by far less. */
static const double smooth = 0.05;

static double settled(double slope)
{
    return fabs(slope) > nothing ? slope : 0;
}

/* Slopes between the answers at low and at high times the value. */
static void slopes(struct elasticity *e, const struct whatif_result *a, const struct whatif_result *b,
                   double low, double high)
{
    const double run = log(high) - log(low);

    e->energy = a->energy_j > 0 ? settled(log(b->energy_j / a->energy_j) / run) : 0;
    e->latency = a->latency_s > 0 ? settled(log(b->latency_s / a->latency_s) / run) : 0;
    e->saving = isnan(a->energy_saving) ? 0 : settled((b->energy_saving - a->energy_saving) / run * percent);
}

/* The answer at `factor` times a constant; counted anew where widths weigh by it. */
static enum status answer_with(struct whatif_result *out, double factor, const struct cost_case *c,
                               const struct whatif_counts *counts, enum constant_name name)
{
    struct cost_case changed = *c;
    struct whatif_counts recounted;
    const bool weighs = price_weighs_widths(name);

    changed.constants.value[name] *= factor;
    if (weighs) TRY(whatif_count(&recounted, &changed));
    *out = whatif_reprice(weighs ? &recounted : counts, &c->hardware, &changed.constants);
    return STATUS_OK;
}

static enum status of_constant(struct elasticity *e, const struct cost_case *c,
                               const struct whatif_counts *counts, enum constant_name name)
{
    struct whatif_result low, high;

    *e = (struct elasticity){.name = constant_of(name)->name,
                             .recounted = price_weighs_widths(name),
                             .value = c->constants.value[name]};
    TRY(answer_with(&low, down, c, counts, name));
    TRY(answer_with(&high, up, c, counts, name));
    slopes(e, &low, &high, down, up);
    return STATUS_OK;
}

/* The answer with a knob at `factor` times its value; at its value where that is beyond its limits. */
static enum status answer_at(struct whatif_result *out, double *factor, const struct cost_case *c,
                             const struct whatif_counts *counts, const struct elasticity *e)
{
    struct cost_case changed = *c;
    struct whatif_counts recounted;
    char text[32];

    snprintf(text, sizeof text, "%.17g", *factor * e->value);
    if (hardware_set(&changed.hardware, e->name, text) != STATUS_OK ||
        hardware_check(&changed.hardware) != STATUS_OK) {
        changed.hardware = c->hardware;
        *factor = 1;
    }
    if (e->recounted) TRY(whatif_count(&recounted, &changed));
    *out = whatif_reprice(e->recounted ? &recounted : counts, &changed.hardware, &changed.constants);
    return STATUS_OK;
}

static enum status of_knob(struct elasticity *e, const struct cost_case *c,
                           const struct whatif_counts *counts, int knob)
{
    const char *path = hardware_knob(knob)->path;
    struct whatif_result low, high;
    double least = down, most = up;
    struct elasticity below, above;

    below = above = *e = (struct elasticity){.name = path,
                                             .knob = true,
                                             .recounted = !whatif_is_price(path),
                                             .value = hardware_number(&c->hardware, knob)};
    TRY(answer_at(&low, &least, c, counts, e));
    TRY(answer_at(&high, &most, c, counts, e));
    slopes(e, &low, &high, least, most);
    if (!e->recounted || least == 1 || most == 1) return STATUS_OK;
    const struct whatif_result here = whatif_reprice(counts, &c->hardware, &c->constants);
    slopes(&below, &low, &here, least, 1);
    slopes(&above, &here, &high, 1, most);
    e->in_steps = fabs(above.energy - below.energy) > smooth || fabs(above.latency - below.latency) > smooth;
    return STATUS_OK;
}

/* A real number that is neither automatic nor 0, of which no percent is anything. */
static bool is_real(const struct hardware *h, int knob)
{
    const double value = hardware_number(h, knob);
    return strncmp(hardware_knob(knob)->kind, "a number", strlen("a number")) == 0 && !isnan(value) &&
           value != 0;
}

static int by_size(const void *a, const void *b)
{
    const struct elasticity *x = a, *y = b;
    const double energy = fabs(y->energy) - fabs(x->energy), latency = fabs(y->latency) - fabs(x->latency);

    if (energy != 0) return energy > 0 ? 1 : -1;
    if (latency != 0) return latency > 0 ? 1 : -1;
    return strcmp(x->name, y->name);
}

enum status whatif_elasticity(struct elasticity **out, int *count, const struct cost_case *c)
{
    struct whatif_counts counts;
    int knobs = 0;
    enum status status = STATUS_OK;

    *out = NULL;
    *count = 0;
    while (hardware_knob(knobs) != NULL)
        knobs++;
    TRY(whatif_count(&counts, c));
    struct elasticity *rows = malloc((size_t)(CONSTANTS + knobs) * sizeof *rows);
    if (rows == NULL) return status_fail(STATUS_NOMEM, "no memory for a table of elasticities");
    for (int i = 0; i < CONSTANTS && status == STATUS_OK; i++)
        status = of_constant(&rows[(*count)++], c, &counts, (enum constant_name)i);
    for (int i = 0; i < knobs && status == STATUS_OK; i++)
        if (is_real(&c->hardware, i)) status = of_knob(&rows[(*count)++], c, &counts, i);
    if (status != STATUS_OK) {
        free(rows);
        return status;
    }
    qsort(rows, (size_t)*count, sizeof *rows, by_size);
    *out = rows;
    return STATUS_OK;
}

bool elasticity_matters(const struct elasticity *e)
{
    return e->energy != 0 || e->latency != 0 || e->saving != 0;
}
