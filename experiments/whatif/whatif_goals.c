/* experiments/whatif/whatif_goals.c - the numbers of a sweep, and what is best in them. */
#include "experiments/whatif/whatif_sweep.h"

#include "quant/try.h"
#include "sim/base/table.h"
#include "sim/base/text.h"

#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name, *title;
    bool most; /* the more the better */
} numbers[SWEEP_NUMBERS] = {
    [SWEEP_GBITOPS] = {"gbitops", "bit operations (GBitOPs)", true},
    [SWEEP_ENERGY] = {"energy_j", "energy (J)", false},
    [SWEEP_LATENCY] = {"latency_s", "latency (s)", false},
    [SWEEP_DRAM] = {"dram_bytes", "DRAM traffic (bytes)", false},
    [SWEEP_SAVING] = {"saving_vs_static_percent", "saving of bit operations (%)", true},
    [SWEEP_ENERGY_SAVING] = {"energy_saving_vs_static_percent", "saving of energy (%)", true},
    [SWEEP_LATENCY_SAVING] = {"latency_saving_vs_static_percent", "saving of latency (%)", true},
    [SWEEP_KWH] = {"kwh", "electricity (kWh)", false},
    [SWEEP_KG] = {"kg_co2e", "CO2e (kg)", false},
    [SWEEP_PRICE] = {"price_usd", "price (USD)", false},
};

const char *sweep_number_name(enum sweep_number n)
{
    return numbers[n].name;
}

const char *sweep_number_title(enum sweep_number n)
{
    return numbers[n].title;
}

static enum status goal_add(struct sweep_goals *g, const char *text, size_t length)
{
    char name[64];

    if (g->count == PARETO_GOALS)
        return status_fail(STATUS_USAGE, "--pareto: more than %d numbers", PARETO_GOALS);
    TRY(status_usage(text_copy(name, sizeof name, "--pareto", text, length)));
    char *colon = strchr(name, ':');
    if (colon != NULL) *colon++ = '\0';
    size_t i;
    if (table_find(&i, "number", name, numbers, sizeof *numbers, SWEEP_NUMBERS) != STATUS_OK)
        return status_fail(STATUS_USAGE, "--pareto: %s", status_detail());
    if (colon != NULL && strcmp(colon, "least") != 0 && strcmp(colon, "most") != 0)
        return status_fail(STATUS_USAGE, "--pareto: '%s' of %s; want least or most", colon, name);
    g->number[g->count] = (enum sweep_number)i;
    g->most[g->count++] = colon != NULL ? strcmp(colon, "most") == 0 : numbers[i].most;
    return STATUS_OK;
}

enum status sweep_goals_read(struct sweep_goals *out, const char *text)
{
    *out = (struct sweep_goals){0};
    for (const char *item = text != NULL ? text : "energy_j,latency_s,gbitops";; item++) {
        const size_t length = strcspn(item, ",");
        TRY(goal_add(out, item, length));
        item += length;
        if (*item == '\0') return STATUS_OK;
    }
}

static double goal_of(const struct sweep_row *row, const struct sweep_goals *g, int goal)
{
    const double value = row->number[g->number[goal]];
    return g->most[goal] ? -value : value;
}

enum status sweep_front(struct sweep_row *rows, int count, const struct sweep_goals *g)
{
    struct pareto_point *points = calloc((size_t)count, sizeof *points);
    bool *front = calloc((size_t)count, sizeof *front);
    enum status status = STATUS_NOMEM;

    if (points != NULL && front != NULL) {
        for (int i = 0; i < count; i++)
            for (int n = 0; n < g->count; n++)
                points[i].goal[n] = goal_of(&rows[i], g, n);
        status = pareto_front(front, points, count, g->count);
        for (int i = 0; i < count; i++)
            rows[i].pareto = front[i];
    }
    free(points);
    free(front);
    return status == STATUS_NOMEM ? status_fail(status, "no memory to compare %d points", count) : status;
}
