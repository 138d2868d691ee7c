/* energy/backends/backends.c - the table of cost models, and the knob that names one.
 *
 * To add a back end: a file with its count function and its source, a row here, its published numbers as
 * tests/energy/test_NAME.c.
 */
#include "energy/backends/backends.h"

#include "energy/backends/bitfusion/bitfusion.h"
#include "energy/backends/loopnest/loopnest_search.h"
#include "energy/backends/systolic.h"
#include "energy/hardware/hardware_knobs.h"
#include "quant/try.h"
#include "sim/base/table.h"

#include <stdio.h>

/* Its only results are multiply-accumulates and bit operations, which backend_count has for every back
 * end. */
static enum status bitops_count(struct counts *out, const struct nest *n, const struct hardware *h,
                                const struct prices *p)
{
    (void)out, (void)n, (void)h, (void)p;
    return STATUS_OK;
}

static const struct backend bitops = {
    .name = "bitops",
    .title = "multiply-accumulates and bit operations, without a machine or time",
    .source = "Fu et al., ICLR 2021; Fu et al. (FracTrain), NeurIPS 2020",
    .operations_only = true,
    .count = bitops_count,
};

static const struct backend bitfusion = {
    .name = "bitfusion",
    .title = "an array of fusion units that trade operand width for parallelism",
    .source = "Sharma et al., ISCA 2018, and the simulator released with it",
    .times_itself = true,
    .count = bitfusion_count,
};

static const struct backend *const backends[] = {&bitops, &bitfusion, &systolic_backend, &loopnest_backend};

enum { COUNT = sizeof backends / sizeof backends[0] };

const struct backend *const *backend_all(int *count)
{
    *count = COUNT;
    return backends;
}

enum status backend_find(const struct backend **out, const char *name)
{
    size_t i;

    TRY(table_find_pointer(&i, "back end", name, (const void *const *)backends, COUNT));
    *out = backends[i];
    return STATUS_OK;
}

/* --- the knob array.backend --- */

static enum status backend_parse(void *field, const struct knob_row *row, const char *text)
{
    (void)row;
    return backend_find(field, text);
}

static void backend_print(char *text, size_t size, const void *field, const struct knob_row *row)
{
    (void)row;
    snprintf(text, size, "%s", (*(const struct backend *const *)field)->name);
}

const struct knob_kind knob_backend = {.parse = backend_parse, .print = backend_print};
