/* energy/prices/carbon.h - from joules and seconds to kilowatt hours, kilograms of CO2e and money.
 *
 *     kWh    = joules / 3.6e6 * PUE / efficiency of the power supplies
 *     kgCO2e = kWh * g/kWh / 1000 + embodied_kg * hours / lifetime_h
 *     price  = kWh * price_per_kwh + hours * hourly_rate
 *
 * The joules are the accelerator's, unless system.host_w adds the machine around it. Knobs that are auto take
 * the constants pue, psu_efficiency, grid_world and price_per_kwh.
 */
#ifndef ENERGY_PRICES_CARBON_H
#define ENERGY_PRICES_CARBON_H

#include "energy/prices/constants.h"
#include "energy/hardware/hardware.h"

struct carbon {
    double kwh; /* of the facility */
    double kg;  /* of CO2e: of running and embodied_kg */
    double embodied_kg;
    double price; /* in the currency of the knobs; USD by default */
};

/** What joules spent within seconds come to, on all of h's system.chips together. */
struct carbon carbon_of(double joules, double seconds, const struct hardware *h, const struct constants *k);

/** A place and its grid. To add one: a row in carbon.c, its constant. */
struct carbon_place {
    const char *name, *iso, *title; /* iso: its code of ISO 3166, or "" */
    enum constant_name grams_per_kwh;
};

const struct carbon_place *carbon_places(int *count);

/** Grams per kWh of a place by its name or its code; STATUS_INPUT with the nearest known one. */
STATUS_MUST_CHECK enum status carbon_place_find(double *grams_per_kwh, const char *name);

#endif
