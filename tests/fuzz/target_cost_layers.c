/* tests/fuzz/target_cost_layers.c - files of layers that are priced one by one: `cptsim cost layer --file`. */
#include "experiments/config/hardware_file.h"
#include "experiments/cost/cost_layer_file.h"
#include "tests/fuzz/fuzz.h"

void fuzz_one(const uint8_t *data, size_t size)
{
    struct hardware h;
    struct cost_layer base;

    fuzz_claim(hardware_load(&h, "bitfusion", NULL, 0) == STATUS_OK, "the hardware is known");
    cost_layer_init(&base, &h);
    fuzz_done(cost_layer_file(&base, fuzz_file(0, data, size), size % 2 == 0, size % 3 == 0));
}
