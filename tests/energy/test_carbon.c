/* tests/energy/test_carbon.c - kilowatt hours, CO2e and money. */
#include "energy/prices/carbon.h"

#include "tests/fixtures/folder.h"

#include <criterion/criterion.h>
#include <math.h>

static const double hour = 3600;

/* 7 GPUs of 350 W for 377.8 hours in a data centre of PUE 1.53 and a grid of 120 g/kWh: 1416.18 kWh, 169.94
 * kg */
Test(carbon, the_published_example_comes_out)
{
    struct hardware h = hardware_default();
    const struct constants k = constants_nominal();

    must(hardware_set(&h, "system.pue", "1.53"));
    must(hardware_set(&h, "system.psu_efficiency", "1"));
    must(hardware_set(&h, "system.gco2_per_kwh", "120"));
    const struct carbon c = carbon_of(350 * 7 * 377.8 * hour, 377.8 * hour, &h, &k);
    cr_assert_float_eq(c.kwh, 1416.18, 0.05);
    cr_assert_float_eq(c.kg, 169.94, 0.005);
    cr_assert_eq(c.embodied_kg, 0);
}

Test(carbon, knobs_that_are_auto_take_the_constants)
{
    const struct hardware h = hardware_default();
    const struct constants k = constants_nominal(), high = constants_high();
    const struct carbon c = carbon_of(3.6e6, hour, &h, &k);

    cr_assert_float_eq(c.kwh, 1.58 / 0.9, 1e-12);
    cr_assert_float_eq(c.kg, 1.58 / 0.9 * 0.481, 1e-12);
    cr_assert_float_eq(c.price, 1.58 / 0.9 * 0.12, 1e-12);
    cr_assert(carbon_of(3.6e6, hour, &h, &high).kg > c.kg);
}

Test(carbon, making_and_renting_chips_count_by_the_hour_and_the_chip)
{
    struct hardware h = hardware_default();
    const struct constants k = constants_nominal();

    must(hardware_set(&h, "system.chips", "8"));
    must(hardware_set(&h, "system.embodied_kg", "150"));
    must(hardware_set(&h, "system.lifetime_h", "30000"));
    must(hardware_set(&h, "system.hourly_rate", "2"));
    const struct carbon c = carbon_of(0, 300 * hour, &h, &k);
    cr_assert_float_eq(c.embodied_kg, 8 * 150 * 0.01, 1e-12);
    cr_assert_float_eq(c.kg, c.embodied_kg, 1e-12);
    cr_assert_float_eq(c.price, 8 * 2 * 300, 1e-9);
    cr_assert_eq(c.kwh, 0);
}

Test(carbon, places_are_known_by_name)
{
    struct hardware h = hardware_default();
    int count;
    const struct carbon_place *places = carbon_places(&count);

    for (int i = 0; i < count; i++) {
        must(hardware_set(&h, "system.gco2_per_kwh", places[i].name));
        cr_assert_eq(h.system.gco2_per_kwh, constant_of(places[i].grams_per_kwh)->nominal, "%s",
                     places[i].name);
    }
    must(hardware_set(&h, "system.gco2_per_kwh", "france"));
    cr_assert_eq(h.system.gco2_per_kwh, 56);
    expect_failure(hardware_set(&h, "system.gco2_per_kwh", "farnce"), STATUS_INPUT, "did you mean 'france'?");
}

Test(carbon, a_place_is_found_by_its_code_too)
{
    double name, code;

    cr_assert_eq(carbon_place_find(&name, "france"), STATUS_OK);
    cr_assert_eq(carbon_place_find(&code, "FR"), STATUS_OK);
    cr_assert_eq(name, code);
    cr_assert_eq(carbon_place_find(&code, "gb"), STATUS_OK);
    cr_assert_eq(carbon_place_find(&name, "uk"), STATUS_OK);
    cr_assert_eq(name, code);
    cr_assert_eq(carbon_place_find(&code, ""), STATUS_INPUT);
}
