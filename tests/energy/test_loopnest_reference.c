/* tests/energy/test_loopnest_reference.c - Timeloop's own results for four mappings, row by row.
 *
 * tests/golden/timeloop_reference.csv holds the reference outputs of the tool's exercises, one layer (3 to 32
 * channels, 112 x 112 outputs, 3 x 3, stride 2) on four dense designs. Every row is compared: cycles,
 * utilisation, multiply-accumulates, energy, energy per multiply-accumulate and scalar accesses of every
 * level, reads, fills, updates, instances and energy of every tensor in it. The rows ERT_read, ERT_write,
 * ERT_leak and ERT_compute are the prices that go in; ERT_update equals ERT_write, as the model has it. Not
 * used: the four rows ERT_leak of mac, which the reference's own energies leave out.
 */
#include "energy/backends/loopnest/loopnest.h"
#include "tests/fixtures/folder.h"
#include "tests/fixtures/quant_csv.h"

#include <criterion/new/assert.h>
#include <criterion/parameterized.h>

#include <math.h>

static const struct loopnest_problem layer = {
    .extent = {1, 3, 32, 112, 112, 3, 3}, .stride = 2, .bits = {8, 8, 8}};

enum { DESIGN, PROBLEM, METRIC, COMPONENT, VALUE, COLUMNS };

/* Words per access of a level's port: not in the file, so from the width of the ports and words there. */
struct design {
    char name[32];
    int words[LOOPNEST_LEVELS]; /* of the levels as the mapping lists them */
    int rows;                   /* of the file that are compared */
};

static struct design designs[] = {
    {"eyeriss_like", {8, 8, 1, 1, 2, 2, 1}, 56},
    {"simba_like", {8, 32, 1, 8, 1, 8, 1, 1, 12}, 63},
    {"simple_weight_stationary", {4, 4, 1, 1, 1, 1, 1}, 68},
    {"simple_output_stationary", {4, 4, 1, 1, 1, 1, 1}, 63},
};

struct reference {
    struct loopnest_architecture arch;
    struct loopnest_mapping mapping;
    struct loopnest_counts counts;
};

/* Level by the name before `end` in a component: "shared_glb.Inputs", "system_top_level.DRAM[1..1]". */
static int level_of(const struct loopnest_architecture *a, const char *component, const char *end)
{
    for (int l = 0; l < a->levels; l++) {
        const size_t length = strlen(a->level[l].name);
        if (strncmp(component, a->level[l].name, length) == 0 && strchr(end, component[length])) return l;
    }
    return -1;
}

static void set_price(struct reference *r, char *const field[], bool *is_price)
{
    const char *name = strchr(field[COMPONENT], '.');
    const double pj = atof(field[VALUE]);
    *is_price = strncmp(field[METRIC], "ERT_", 4) == 0;
    if (!*is_price) return;
    cr_assert(name != NULL);
    const int level = level_of(&r->arch, name + 1, "[");
    if (strcmp(field[METRIC], "ERT_compute") == 0) {
        r->arch.mac_pj = pj;
        cr_assert(eq(int, sscanf(name, ".mac[1..%ld]", (long *)&r->arch.units), 1));
    } else if (level >= 0 && strcmp(field[METRIC], "ERT_read") == 0) {
        r->arch.level[level].read_pj = pj;
    } else if (level >= 0 && strcmp(field[METRIC], "ERT_write") == 0) {
        r->arch.level[level].fill_pj = pj;
    } else if (level >= 0 && strcmp(field[METRIC], "ERT_leak") == 0) {
        r->arch.level[level].leak_pj = pj;
    }
}

/* The model's value of a row; NaN: it has none. */
static double model_value(const struct reference *r, const char *metric, const char *component)
{
    const struct loopnest_counts *c = &r->counts;
    const int level = level_of(&r->arch, component, ".");
    if (strcmp(metric, "cycles") == 0) return c->cycles;
    if (strcmp(metric, "utilization") == 0) return 100 * c->utilization;
    if (strcmp(metric, "computes") == 0) return c->macs;
    if (strcmp(metric, "energy") == 0) return c->energy_pj * 1e-6;
    if (strcmp(metric, "energy_per_compute") == 0) {
        if (strcmp(component, "Total") == 0) return 1e3 * c->energy_pj / c->macs;
        return strcmp(component, "mac") == 0 ? 1e3 * r->arch.mac_pj
                                             : 1e3 * c->level[level].energy_pj / c->macs;
    }
    if (strcmp(metric, "scalar_accesses") == 0) {
        double words = 0;
        for (int t = 0; t < LOOPNEST_TENSORS; t++) {
            const struct loopnest_access *x = &c->level[level].of[t];
            words += (x->reads + x->fills + x->updates) * c->level[level].instances;
        }
        return words;
    }
    const char *tensor = strchr(component, '.');
    for (int t = 0; tensor && level >= 0 && t < LOOPNEST_TENSORS; t++) {
        if (strcmp(tensor + 1, loopnest_tensor_name(t)) != 0) continue;
        const struct loopnest_access *x = &c->level[level].of[t];
        if (strcmp(metric, "reads_per_inst") == 0) return x->reads;
        if (strcmp(metric, "fills_per_inst") == 0) return x->fills;
        if (strcmp(metric, "updates_per_inst") == 0) return x->updates;
        if (strcmp(metric, "utilized_instances") == 0) return c->level[level].instances;
        if (strcmp(metric, "energy_total") == 0) return x->energy_pj;
    }
    return NAN;
}

/* Counts are equal; what was printed with decimals is equal in all of them. */
static int agrees(double value, const char *printed)
{
    const char *point = strchr(printed, '.');
    const double unit = point ? pow(10, -(double)strlen(point + 1)) : 0;
    return fabs(value - atof(printed)) <= 0.5001 * unit;
}

ParameterizedTestParameters(loopnest_reference, every_row_of_a_design_is_equal)
{
    return cr_make_param_array(struct design, designs, sizeof designs / sizeof designs[0]);
}

ParameterizedTest(struct design *d, loopnest_reference, every_row_of_a_design_is_equal)
{
    struct reference r;
    struct csv csv;
    bool is_price;
    must(loopnest_read(&r.arch, &r.mapping, &layer, "tests/golden/timeloop_mappings.txt", d->name));
    for (int l = 0; l < r.arch.levels; l++)
        r.arch.level[l].words_per_access = d->words[l];
    cr_assert(csv_open(&csv, "tests/golden/timeloop_reference.csv"));
    while (csv_next(&csv))
        if (strcmp(csv.field[DESIGN], d->name) == 0) set_price(&r, csv.field, &is_price);
    must(loopnest_count(&r.counts, &layer, &r.arch, &r.mapping));

    int compared = 0;
    cr_assert(csv_open(&csv, "tests/golden/timeloop_reference.csv"));
    while (csv_next(&csv)) {
        char **f = csv.field;
        if (strcmp(f[DESIGN], d->name) != 0 || strncmp(f[METRIC], "ERT_", 4) == 0) continue;
        const double value = model_value(&r, f[METRIC], f[COMPONENT]);
        cr_expect(agrees(value, f[VALUE]), "%s, %s of %s: %.9g, the reference says %s", d->name, f[METRIC],
                  f[COMPONENT], value, f[VALUE]);
        compared++;
    }
    cr_assert(eq(int, compared, d->rows), "%s: %d rows were compared", d->name, compared);
}

Test(loopnest_reference, an_update_costs_what_a_write_costs)
{
    struct csv csv;
    double writes = 0, updates = 0;
    cr_assert(csv_open(&csv, "tests/golden/timeloop_reference.csv"));
    while (csv_next(&csv)) {
        writes += strcmp(csv.field[METRIC], "ERT_write") == 0 ? atof(csv.field[VALUE]) : 0;
        updates += strcmp(csv.field[METRIC], "ERT_update") == 0 ? atof(csv.field[VALUE]) : 0;
    }
    cr_assert(writes > 0);
    cr_assert(ieee_ulp_eq(dbl, writes, updates, 64));
}
