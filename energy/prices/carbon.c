/* energy/prices/carbon.c - kilowatt hours, CO2e, money; the grids of places. */
#include "energy/prices/carbon.h"

#include "energy/hardware/hardware_knobs.h"
#include "quant/try.h"
#include "sim/base/table.h"

#include <ctype.h>
#include <math.h>
#include <string.h>
#include <strings.h>

static const double joules_per_kwh = 3.6e6, seconds_per_hour = 3600, grams_per_kg = 1000;

static const struct carbon_place places[] = {
    {"world", "", "the world", GRID_WORLD},      {"australia", "AU", "Australia", GRID_AUSTRALIA},
    {"austria", "AT", "Austria", GRID_AUSTRIA},  {"belgium", "BE", "Belgium", GRID_BELGIUM},
    {"brazil", "BR", "Brazil", GRID_BRAZIL},     {"canada", "CA", "Canada", GRID_CANADA},
    {"china", "CN", "China", GRID_CHINA},        {"czechia", "CZ", "Czechia", GRID_CZECHIA},
    {"finland", "FI", "Finland", GRID_FINLAND},  {"france", "FR", "France", GRID_FRANCE},
    {"germany", "DE", "Germany", GRID_GERMANY},  {"india", "IN", "India", GRID_INDIA},
    {"norway", "NO", "Norway", GRID_NORWAY},     {"sweden", "SE", "Sweden", GRID_SWEDEN},
    {"uk", "GB", "the United Kingdom", GRID_UK}, {"usa", "US", "the United States", GRID_USA},
};

enum { PLACES = sizeof places / sizeof places[0] };

const struct carbon_place *carbon_places(int *count)
{
    *count = PLACES;
    return places;
}

enum status carbon_place_find(double *grams_per_kwh, const char *name)
{
    size_t i;

    for (i = 0; i < PLACES; i++) {
        if (places[i].iso[0] == '\0' || strcasecmp(name, places[i].iso) != 0) continue;
        *grams_per_kwh = constant_of(places[i].grams_per_kwh)->nominal;
        return STATUS_OK;
    }
    TRY(table_find(&i, "place", name, places, sizeof *places, PLACES));
    *grams_per_kwh = constant_of(places[i].grams_per_kwh)->nominal;
    return STATUS_OK;
}

static double auto_or(double knob, const struct constants *k, enum constant_name c)
{
    return isnan(knob) ? k->value[c] : knob;
}

struct carbon carbon_of(double joules, double seconds, const struct hardware *h, const struct constants *k)
{
    const double hours = seconds / seconds_per_hour;
    struct carbon c;

    c.kwh = joules / joules_per_kwh * auto_or(h->system.pue, k, PUE) /
            auto_or(h->system.psu_efficiency, k, PSU_EFFICIENCY);
    c.embodied_kg = h->system.chips * h->system.embodied_kg * hours / h->system.lifetime_h;
    c.kg = c.kwh * auto_or(h->system.gco2_per_kwh, k, GRID_WORLD) / grams_per_kg + c.embodied_kg;
    c.price = c.kwh * auto_or(h->system.price_per_kwh, k, PRICE_PER_KWH) +
              h->system.chips * h->system.hourly_rate * hours;
    return c;
}

/* --- the knob system.gco2_per_kwh: a place, a number, or auto --- */

static enum status grid_parse(void *field, const struct knob_row *row, const char *text)
{
    if (isalpha((unsigned char)text[0]) && strcmp(text, "auto") != 0 && strcmp(text, "nan") != 0)
        return carbon_place_find(field, text);
    return knob_auto.parse(field, row, text);
}

static void grid_print(char *text, size_t size, const void *field, const struct knob_row *row)
{
    knob_auto.print(text, size, field, row);
}

static double grid_number(const void *field)
{
    return knob_auto.number(field);
}

const struct knob_kind knob_grid = {.parse = grid_parse, .print = grid_print, .number = grid_number};
