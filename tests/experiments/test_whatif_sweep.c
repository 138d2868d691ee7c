/* tests/experiments/test_whatif_sweep.c - fronts are those of all pairs, points cost what they cost
 * alone, values of keys. */
#include "experiments/whatif/whatif_sweep.h"
#include "quant/random.h"
#include "tests/fixtures/whatif_cases.h"

#include <criterion/parameterized.h>
#include <math.h>
#include <omp.h>

/* --- fronts ------------------------------------------------------------------------------------------- */

struct goals {
    int goals, values; /* coordinates are one of so few values, so that many are equal */
};

ParameterizedTestParameters(whatif_sweep, fronts_are_those_of_all_pairs)
{
    static struct goals rows[] = {{1, 5}, {2, 4}, {2, 1000}, {3, 6}, {3, 1000}, {4, 3}};
    return cr_make_param_array(struct goals, rows, sizeof rows / sizeof *rows);
}

static bool beaten(const struct pareto_point *points, int count, int i, int goals)
{
    for (int j = 0; j < count; j++) {
        bool less = false, more = false;
        for (int g = 0; g < goals; g++) {
            less = less || points[j].goal[g] < points[i].goal[g];
            more = more || !(points[j].goal[g] <= points[i].goal[g]);
        }
        if (less && !more) return true;
    }
    return false;
}

ParameterizedTest(struct goals *g, whatif_sweep, fronts_are_those_of_all_pairs)
{
    enum { POINTS = 300 };
    const struct random_name name = {42, (uint32_t)g->goals, (uint32_t)g->values};
    struct pareto_point points[POINTS];
    bool front[POINTS];

    for (int i = 0; i < POINTS; i++)
        for (int k = 0; k < g->goals; k++)
            points[i].goal[k] = random_bits32(name, (uint64_t)(i * PARETO_GOALS + k)) % (unsigned)g->values;
    points[17].goal[0] = NAN;
    must(pareto_front(front, points, POINTS, g->goals));
    for (int i = 0; i < POINTS; i++)
        cr_assert(front[i] == (i != 17 && !beaten(points, POINTS, i, g->goals)), "point %d", i);
}

/* --- sweeps ------------------------------------------------------------------------------------------- */

static struct sweep sweep_of(const char *const *texts, int count)
{
    struct sweep s = {0};
    for (int i = 0; i < count; i++)
        must(sweep_add(&s, texts[i]));
    return s;
}

struct values {
    char text[40], all[64];
};

ParameterizedTestParameters(whatif_sweep, values_of_a_key)
{
    static struct values rows[] = {
        {"array.rows=4:16:4", "4 8 12 16"},
        {"dram.pj_per_bit=log:1:64:4", "1 4 16 64"},
        {"bits=3:8,4:8,8", "3:8 4:8 8"},
        {"array.idle_gating=0:0.3:0.1", "0 0.1 0.2 0.3"},
        {"array.rows=1,log:2:8:3", "1 2 4 8"},
        {"system.gco2_per_kwh=france,5", "france 5"},
        {"array.rows=7:7:1", "7"},
    };
    return cr_make_param_array(struct values, rows, sizeof rows / sizeof *rows);
}

ParameterizedTest(struct values *v, whatif_sweep, values_of_a_key)
{
    const char *const texts[] = {v->text};
    struct sweep s = sweep_of(texts, 1);
    char all[128] = "";

    for (int i = 0; i < s.points; i++)
        snprintf(all + strlen(all), sizeof all - strlen(all), "%s%s", i ? " " : "", sweep_value(&s, 0, i));
    cr_assert(strcmp(all, v->all) == 0, "'%s', not '%s'", all, v->all);
    sweep_free(&s);
}

static const char *const grid[] = {"bits=3:8,4:6", "array.rows=8,16", "cycles=2,4", "dram.pj_per_bit=2,50"};

Test(whatif_sweep, every_point_of_a_sweep_costs_what_it_costs_alone)
{
    const struct cost_options base = options("bitfusion-physical");
    struct sweep s = sweep_of(grid, 4);
    struct sweep_row *rows;

    must(sweep_price(&rows, &s, &base));
    cr_assert(s.points == 16);
    for (int i = 0; i < s.points; i++) {
        struct cost_options o = base;
        struct sweep_words memory = {0};
        struct cost_pair pair;
        must(sweep_apply(&o, &memory, &s, i));
        struct cost_case *c = case_of(&o);
        must(cost_case_price(&pair, c));
        cr_assert(rows[i].reason == NULL && rows[i].number[SWEEP_ENERGY] == pair.run.cost.energy_j);
        cr_assert(rows[i].number[SWEEP_LATENCY] == pair.run.cost.latency_s);
        cr_assert(rows[i].number[SWEEP_GBITOPS] == pair.run.cost.counts.bitops / 1e9);
        close_case(c);
    }
    sweep_rows_free(rows, s.points);
    sweep_free(&s);
}

Test(whatif_sweep, sweeps_are_the_same_for_any_number_of_threads)
{
    const struct cost_options base = options("bitfusion");
    struct sweep s = sweep_of(grid, 4);
    struct sweep_row *one, *three;

    omp_set_num_threads(1);
    must(sweep_price(&one, &s, &base));
    omp_set_num_threads(3);
    must(sweep_price(&three, &s, &base));
    for (int i = 0; i < s.points; i++)
        cr_assert(memcmp(one[i].number, three[i].number, sizeof one[i].number) == 0);
    sweep_rows_free(one, s.points);
    sweep_rows_free(three, s.points);
    sweep_free(&s);
}

/* A mapping that was found at other prices cannot be cheaper than the one that was found at these. */
Test(whatif_sweep, a_kept_mapping_is_never_cheaper_than_a_new_one)
{
    static const char *const texts[] = {"dram.pj_per_bit=0.5,5,50,500"};
    const struct cost_options base = options("edge");
    struct sweep s = sweep_of(texts, 1);
    struct sweep_row *anew, *kept;
    bool differs = false;

    must(sweep_price(&anew, &s, &base));
    s.same_mapping = true;
    must(sweep_price(&kept, &s, &base));
    for (int i = 0; i < s.points; i++) {
        const double new_j = anew[i].number[SWEEP_ENERGY], old_j = kept[i].number[SWEEP_ENERGY];
        cr_assert(kept[i].number[SWEEP_DRAM] == kept[0].number[SWEEP_DRAM]);
        cr_assert(new_j <= old_j * (1 + 1e-12), "%g %g", new_j, old_j);
        differs = differs || new_j < old_j;
    }
    cr_assert(differs);
    sweep_rows_free(anew, s.points);
    sweep_rows_free(kept, s.points);
    sweep_free(&s);
}

Test(whatif_sweep, impossible_points_say_why_and_are_on_no_front)
{
    static const char *const texts[] = {"array.pmax=1,8"};
    const struct cost_options base = options("bitfusion");
    struct sweep s = sweep_of(texts, 1);
    struct sweep_row *rows;
    struct sweep_goals goals;

    must(sweep_price(&rows, &s, &base));
    must(sweep_goals_read(&goals, NULL));
    must(sweep_front(rows, s.points, &goals));
    cr_assert(rows[0].reason != NULL && strstr(rows[0].reason, "array.pmin is 2 and array.pmax 1") != NULL);
    cr_assert(isnan(rows[0].number[SWEEP_ENERGY]) && !rows[0].pareto);
    cr_assert(rows[1].reason == NULL && rows[1].pareto);
    sweep_rows_free(rows, s.points);
    sweep_free(&s);
}
