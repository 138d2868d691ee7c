/* experiments/whatif/whatif_show_carbon.c - what a run comes to by place: kilowatt hours, CO2e, money. */
#include "experiments/read/figures.h"
#include "experiments/whatif/whatif_show.h"

#include "energy/prices/carbon.h"
#include "experiments/cost/cost_terms.h"
#include "quant/try.h"
#include "sim/base/text.h"

#include <stdlib.h>
#include <string.h>

struct place {
    char name[32];
    double grams_per_kwh;
    struct carbon run, top;
};

/* --- places ------------------------------------------------------------------------------------------- */

static enum status place_add(struct place **list, int *count, const char *name, size_t length)
{
    struct place *more = realloc(*list, (size_t)(*count + 1) * sizeof *more);

    if (more == NULL) return status_fail(STATUS_NOMEM, "no memory for a list of places");
    *list = more;
    struct place *p = &more[*count];
    *p = (struct place){0};
    TRY(status_usage(text_copy(p->name, sizeof p->name, "--carbon", name, length)));
    if (carbon_place_find(&p->grams_per_kwh, p->name) != STATUS_OK)
        return status_fail(STATUS_USAGE, "--carbon: %s", status_detail());
    ++*count;
    return STATUS_OK;
}

/* "france,norway"; NULL: all. */
static enum status read_places(struct place **list, int *count, const char *text)
{
    int all;
    const struct carbon_place *known = carbon_places(&all);

    for (int i = 0; i < all && text == NULL; i++)
        TRY(place_add(list, count, known[i].name, strlen(known[i].name)));
    for (const char *item = text; item != NULL; item++) {
        const size_t length = strcspn(item, ",");
        TRY(place_add(list, count, item, length));
        item += length;
        if (*item == '\0') break;
    }
    return STATUS_OK;
}

static enum status price_places(struct place *list, int count, const struct cost_case *c)
{
    struct cost_pair pair;

    TRY(cost_case_price(&pair, c));
    for (int i = 0; i < count; i++) {
        struct hardware there = c->hardware;
        there.system.gco2_per_kwh = list[i].grams_per_kwh;
        list[i].run = carbon_of(pair.run.cost.energy_j, pair.run.cost.latency_s, &there, &c->constants);
        list[i].top = carbon_of(pair.top.cost.energy_j, pair.top.cost.latency_s, &there, &c->constants);
    }
    return STATUS_OK;
}

/* --- answers ------------------------------------------------------------------------------------------ */

static void print(const struct whatif_show *s, const struct place *list, int count, const struct hardware *h)
{
    static const char *const columns[] = {
        "place",          "gco2e_per_kwh",    "kwh",       "kg_co2e", "price_usd", "static_kwh",
        "static_kg_co2e", "static_price_usd", "energy_of", NULL};
    struct printout t = whatif_table(s, columns);

    for (int i = 0; i < count; i++) {
        const struct place *p = &list[i];
        printout_text(&t, p->name);
        whatif_number(&t, p->grams_per_kwh);
        whatif_number(&t, p->run.kwh);
        whatif_number(&t, p->run.kg);
        whatif_number(&t, p->run.price);
        whatif_number(&t, p->top.kwh);
        whatif_number(&t, p->top.kg);
        whatif_number(&t, p->top.price);
        printout_text(&t, cost_scope(h));
    }
}

static enum status draw(const struct whatif_show *s, const struct place *list, int count,
                        const struct cost_case *c)
{
    char path[PATH_MAX], title[128];
    FILE *out;

    TRY(figure_data_open(&out, path, s->options->figure, "cost_carbon.dat"));
    fprintf(out, "place\trun\ttop\n");
    for (int i = 0; i < count; i++)
        fprintf(out, "%s\t%.10g\t%.10g\n", list[i].name, list[i].run.kg, list[i].top.kg);
    TRY(figure_data_close(out, path));
    snprintf(title, sizeof title, "CO2e of the %s (kg)", cost_scope(&c->hardware));
    TRY(whatif_write_axes(s, "cost_carbon", title, c->labels.bits));
    return whatif_draw(s, "cost_carbon");
}

enum status whatif_show_carbon(const struct whatif_show *s)
{
    struct place *list = NULL;
    struct cost_case *c = NULL;
    int count = 0;

    enum status status = read_places(&list, &count, s->options->places);
    if (status == STATUS_OK) status = whatif_case(&c, s->cost);
    if (status == STATUS_OK) status = price_places(list, count, c);
    if (status == STATUS_OK) {
        print(s, list, count, &c->hardware);
        if (s->options->figure != NULL) status = draw(s, list, count, c);
    }
    if (c != NULL) cost_case_free(c);
    free(c);
    free(list);
    return status;
}
