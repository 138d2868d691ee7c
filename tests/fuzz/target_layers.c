/* tests/fuzz/target_layers.c - files of layers that make a network: `cptsim cost --layers`. */
#include "energy/workload/workload.h"
#include "tests/fuzz/fuzz.h"

void fuzz_one(const uint8_t *data, size_t size)
{
    struct workload w;

    if (!fuzz_done(workload_read(&w, fuzz_file(0, data, size)))) return;
    fuzz_claim(w.count > 0 && work_of_workload(&w).macs > 0, "a network multiplies");
    workload_free(&w);
}
