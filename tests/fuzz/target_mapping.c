/* tests/fuzz/target_mapping.c - mappings as Timeloop prints them, counted if they can be. */
#include "energy/backends/loopnest/loopnest.h"
#include "tests/fuzz/fuzz.h"

void fuzz_one(const uint8_t *data, size_t size)
{
    /* AlexNet's third convolution for one image, as in experiments/mappings. */
    static const struct loopnest_problem p = {
        .extent = {1, 256, 384, 13, 13, 3, 3}, .stride = 1, .bits = {16, 16, 16}};
    struct loopnest_architecture a;
    struct loopnest_mapping m;
    struct loopnest_counts counts;

    if (fuzz_done(loopnest_read(&a, &m, &p, fuzz_file(0, data, size), NULL)))
        fuzz_done(loopnest_count(&counts, &p, &a, &m));
}
