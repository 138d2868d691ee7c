/* tests/experiments/test_whatif.c - laws of what-ifs: slopes that are shares, crossings that are
 * crossings when priced afresh, draws that depend on seed and number alone.
 */
#include "experiments/whatif/whatif.h"
#include "tests/fixtures/whatif_cases.h"

#include <criterion/parameterized.h>
#include <math.h>
#include <omp.h>

/* --- elasticity --------------------------------------------------------------------------------------- */

static const struct elasticity *find(const struct elasticity *rows, int count, const char *name)
{
    for (int i = 0; i < count; i++)
        if (strcmp(rows[i].name, name) == 0) return &rows[i];
    cr_assert(false, "no elasticity of %s", name);
    return NULL;
}

/* As released, energy is linear in the prices, and prices are linear in the constants. */
Test(whatif, constants_of_a_linear_energy_have_elasticities_that_sum_to_one)
{
    struct cost_case *c = case_on("bitfusion");
    struct elasticity *rows;
    double energy = 0, saving = 0;
    int count;

    must(whatif_elasticity(&rows, &count, c));
    for (int i = 0; i < count; i++) {
        if (rows[i].knob) continue;
        energy += rows[i].energy;
        saving += rows[i].saving;
    }
    cr_assert(fabs(energy - 1) < 1e-4, "%.8f", energy);
    cr_assert(fabs(saving) < 1e-4, "a saving has no unit: %.8f", saving);
    free(rows);
    close_case(c);
}

Test(whatif, the_elasticity_of_a_price_is_its_share_of_the_energy)
{
    struct cost_case *c = case_on("bitfusion-physical");
    struct elasticity *rows;
    struct cost_pair pair;
    int count;

    must(cost_case_price(&pair, c));
    must(whatif_elasticity(&rows, &count, c));
    const double share = pair.run.parts_j[PART_DRAM] / pair.run.cost.energy_j;
    const double is = find(rows, count, "dram_lpddr3")->energy;
    cr_assert(fabs(is - share) < 1e-4, "%.8f of %.8f", is, share);
    free(rows);
    close_case(c);
}

Test(whatif, a_faster_clock_takes_as_much_less_time)
{
    struct cost_case *c = case_on("bitfusion");
    struct elasticity *rows;
    int count;

    must(whatif_elasticity(&rows, &count, c));
    cr_assert(fabs(find(rows, count, "array.mhz")->latency + 1) < 1e-9);
    cr_assert(find(rows, count, "array.mhz")->recounted && !find(rows, count, "dram.capacity_gb")->recounted);
    free(rows);
    close_case(c);
}

/* As released, the fewest cycles decide, and near 171 bits a cycle another mapping has them. */
Test(whatif, answers_that_move_in_steps_say_so)
{
    struct cost_options o = options("bitfusion");
    struct elasticity *rows;
    int count;

    set(&o, "dram.bits_per_cycle=171");
    struct cost_case *c = case_of(&o);
    must(whatif_elasticity(&rows, &count, c));
    cr_assert(find(rows, count, "dram.bits_per_cycle")->in_steps);
    cr_assert(!find(rows, count, "array.mhz")->in_steps);
    free(rows);
    close_case(c);
}

Test(whatif, elasticities_come_by_size_and_most_constants_do_not_matter)
{
    struct cost_case *c = case_on("bitfusion");
    struct elasticity *rows;
    int count, matter = 0;

    must(whatif_elasticity(&rows, &count, c));
    for (int i = 0; i < count; i++) {
        matter += elasticity_matters(&rows[i]);
        cr_assert(i == 0 || fabs(rows[i].energy) <= fabs(rows[i - 1].energy));
    }
    cr_assert(matter > 2 && matter < 20, "%d", matter);
    free(rows);
    close_case(c);
}

Test(whatif, a_back_end_without_energy_is_refused)
{
    struct cost_options o = options("bitfusion");
    struct whatif_counts counts;

    o.hardware.backend = "bitops";
    struct cost_case *c = case_of(&o);
    expect_failure(whatif_count(&counts, c), STATUS_INPUT, "'bitops' counts operations without a machine");
    close_case(c);
}

/* --- prices that leave counts alone ------------------------------------------------------------------- */

/* Another value than h's that a real knob takes; false for other kinds. */
static bool another_value(char text[32], const struct hardware *h, int knob)
{
    const double value = hardware_number(h, knob);

    if (strncmp(hardware_knob(knob)->kind, "a number", 8) != 0) return false;
    snprintf(text, 32, "%.17g", isnan(value) ? 1 : value * 1.1);
    return true;
}

/* The systolic array's counts are in closed form: no search, which prices could lead elsewhere. */
Test(whatif, knobs_that_are_prices_change_no_count)
{
    struct cost_case *c = case_on("tpu-like");
    struct whatif_counts before, after;
    char text[32];
    int prices = 0;

    must(whatif_count(&before, c));
    for (int i = 0; hardware_knob(i) != NULL; i++) {
        struct cost_case changed = *c;
        if (!whatif_is_price(hardware_knob(i)->path) || !another_value(text, &c->hardware, i)) continue;
        must(hardware_set(&changed.hardware, hardware_knob(i)->path, text));
        must(whatif_count(&after, &changed));
        cr_assert(memcmp(&before, &after, sizeof before) == 0, "%s", hardware_knob(i)->path);
        prices++;
    }
    cr_assert(prices > 20, "%d", prices);
    close_case(c);
}

/* --- break-even --------------------------------------------------------------------------------------- */

static double saving_of(const struct cost_options *o)
{
    struct cost_case *c = case_of(o);
    struct cost_pair pair;

    must(cost_case_price(&pair, c));
    const double saving = saving_percent(pair.run.cost.energy_j, pair.top.cost.energy_j);
    close_case(c);
    return saving;
}

Test(whatif, a_break_even_point_is_one_when_priced_afresh)
{
    struct cost_case *c = case_on("edge");
    struct break_even *b = malloc(sizeof *b);
    struct break_even_question q;

    must(break_even_read(&q, "dram.pj_per_bit=0.5:200", &c->hardware));
    q.target = 0; /* for the ends of the curve */
    must(whatif_break_even(b, c, &q));
    q.target = 0.5 * (b->curve[0].saving + b->curve[BREAK_EVEN_CURVE - 1].saving);
    must(whatif_break_even(b, c, &q));
    cr_assert(b->roots > 0 && b->target == q.target);
    for (int i = 0; i < b->roots; i++) {
        struct cost_options o = options("edge");
        char word[64];
        snprintf(word, sizeof word, "dram.pj_per_bit=%.17g", b->root[i].value);
        set(&o, word);
        const double saving = saving_of(&o);
        cr_assert(!b->root[i].is_jump && fabs(saving - q.target) < 1e-6, "%s: %.10f, not %.10f", word, saving,
                  q.target);
    }
    free(b);
    close_case(c);
}

Test(whatif, without_a_crossing_there_is_no_break_even)
{
    struct cost_case *c = case_on("bitfusion");
    struct break_even *b = malloc(sizeof *b);
    struct break_even_question q;

    must(break_even_read(&q, "dram.pj_per_bit", &c->hardware));
    must(whatif_break_even(b, c, &q));
    cr_assert(b->roots == 0 && b->target > 20);
    for (int i = 0; i < BREAK_EVEN_CURVE; i++)
        cr_assert(b->curve[i].saving < b->target && (i == 0 || b->curve[i].value > b->curve[i - 1].value));
    free(b);
    close_case(c);
}

/* As released, the fewest cycles decide: at some bandwidths another mapping takes over, with another
 * energy. */
Test(whatif, a_jump_of_the_saving_is_not_called_equal)
{
    struct cost_case *c = case_on("bitfusion");
    struct break_even *b = malloc(sizeof *b);
    struct break_even_question q;

    must(break_even_read(&q, "dram.bits_per_cycle=165:175", &c->hardware));
    q.target = 10;
    must(whatif_break_even(b, c, &q));
    cr_assert(b->roots == 1 && b->root[0].is_jump && fabs(b->root[0].saving - 10) > 0.1);
    free(b);
    close_case(c);
}

struct bad_question {
    char text[48], part[64];
};

ParameterizedTestParameters(whatif, break_even_of)
{
    static struct bad_question rows[] = {
        {"dram.pj_per_bitt=1:2", "did you mean 'dram.pj_per_bit'?"},
        {"array.rows=1:64", "want a knob that is a real number"},
        {"dram.kind=a:b", "want a knob that is a real number"},
        {"dram.pj_per_bit=1", "want low:high"},
        {"dram.pj_per_bit=", "want low:high"},
        {"dram.pj_per_bit=1:x", "want low:high"},
        {"dram.pj_per_bit=5:5", "has to begin below its end"},
    };
    return cr_make_param_array(struct bad_question, rows, sizeof rows / sizeof *rows);
}

ParameterizedTest(struct bad_question *b, whatif, break_even_of)
{
    const struct hardware h = hardware_default();
    struct break_even_question q;
    expect_failure(break_even_read(&q, b->text, &h), STATUS_USAGE, b->part);
}

Test(whatif, a_run_at_one_width_has_no_break_even)
{
    struct cost_options o = options("bitfusion");
    struct break_even *b = malloc(sizeof *b);
    struct break_even_question q;

    o.schedule.bits = "8";
    struct cost_case *c = case_of(&o);
    must(break_even_read(&q, "dram.pj_per_bit", &c->hardware));
    expect_failure(whatif_break_even(b, c, &q), STATUS_INPUT, "nothing to save");
    free(b);
    close_case(c);
}

/* --- Monte Carlo -------------------------------------------------------------------------------------- */

enum { SAMPLES = 500, DRAWS = 20000 };

Test(whatif, samples_are_the_same_for_any_number_of_threads)
{
    const struct constant_ranges ranges = constant_ranges_published();
    struct cost_case *c = case_on("bitfusion");
    const struct cost_case *cases[] = {c};
    struct monte_carlo one, three;

    omp_set_num_threads(1);
    must(whatif_monte_carlo(&one, cases, 1, &ranges, SAMPLES, 7));
    omp_set_num_threads(3);
    must(whatif_monte_carlo(&three, cases, 1, &ranges, SAMPLES, 7));
    cr_assert(memcmp(one.of[0].energy_j, three.of[0].energy_j, SAMPLES * sizeof(double)) == 0);
    cr_assert(one.of[0].energy_j[0] != one.of[0].energy_j[1] && isnan(one.wins));
    monte_carlo_free(&one);
    monte_carlo_free(&three);
    close_case(c);
}

Test(whatif, without_ranges_every_sample_is_nominal)
{
    const struct constants k = constants_nominal();
    const struct constant_ranges ranges = {k, k, k};
    struct cost_case *c = case_on("edge");
    const struct cost_case *cases[] = {c};
    struct monte_carlo m;
    struct summary sum;

    must(whatif_monte_carlo(&m, cases, 1, &ranges, SAMPLES, 1));
    for (int i = 0; i < SAMPLES; i++)
        cr_assert(m.of[0].energy_j[i] == m.of[0].nominal.energy_j);
    must(monte_carlo_summary(&sum, m.of[0].energy_j, SAMPLES));
    cr_assert(sum.low == m.of[0].nominal.energy_j && sum.high == sum.low && sum.median == sum.low);
    monte_carlo_free(&m);
    close_case(c);
}

Test(whatif, both_sides_of_a_pair_have_the_same_constants)
{
    const struct constant_ranges ranges = constant_ranges_published();
    struct cost_options cheap = options("bitfusion");
    struct cost_case *c = case_on("bitfusion"), *d;
    struct monte_carlo m;

    const struct cost_case *same[] = {c, c};
    must(whatif_monte_carlo(&m, same, 2, &ranges, SAMPLES, 1));
    cr_assert(m.wins == 0.5, "nothing is better than itself: %f", m.wins);
    monte_carlo_free(&m);
    cheap.schedule.bits = "3"; /* less of everything, whatever a thing costs */
    d = case_of(&cheap);
    const struct cost_case *ordered[] = {d, c};
    must(whatif_monte_carlo(&m, ordered, 2, &ranges, SAMPLES, 1));
    cr_assert(m.wins == 1, "%f", m.wins);
    monte_carlo_free(&m);
    close_case(c);
    close_case(d);
}

/* The logarithm of a draw has a triangular density: mean (low + mode + high) / 3. */
Test(whatif, draws_lie_in_their_ranges_and_have_the_density_that_is_said)
{
    const struct constant_ranges r = constant_ranges_published();
    const double slack = 1e-12; /* of a logarithm and back */
    double sum = 0;

    for (int s = 0; s < DRAWS; s++) {
        const struct constants k = constants_draw(&r, 3, s);
        for (int i = 0; i < CONSTANTS; i++)
            cr_assert(k.value[i] >= r.low.value[i] - slack * fabs(r.low.value[i]) &&
                          k.value[i] <= r.high.value[i] + slack * fabs(r.high.value[i]),
                      "%s: %g", constant_of((enum constant_name)i)->name, k.value[i]);
        sum += log(k.value[DRAM_LPDDR3]);
    }
    const double a = log(6), mode = log(15), b = log(40), mean = (a + mode + b) / 3;
    const double variance = (a * a + mode * mode + b * b - a * mode - a * b - mode * b) / 18;
    cr_assert(fabs(sum / DRAWS - mean) < 4 * sqrt(variance / DRAWS), "%f, not %f", sum / DRAWS, mean);
}

/* Eyeriss gives its prices itself, each within a factor of two. */
Test(whatif, prices_that_hardware_gives_are_drawn_within_their_factor)
{
    struct cost_case *c = case_on("eyeriss");
    const struct hardware *h = &c->hardware;
    double sum = 0, squares = 0;
    struct cost_pair pair;
    int dram, hop;

    must(hardware_find(&dram, "dram.pj_per_bit"));
    must(hardware_find(&hop, "noc.hop_pj_per_bit"));
    for (int s = 0; s < DRAWS; s++) {
        const struct hardware drawn = hardware_draw(h, 3, s);
        const double x = log(hardware_number(&drawn, dram) / hardware_number(h, dram)) / log(2);
        const double y = log(hardware_number(&drawn, hop) / hardware_number(h, hop)) / log(2);
        cr_assert(fabs(x) < 1 && fabs(y) < 1 && x != y);
        cr_assert(isnan(drawn.dram.background_w) == isnan(h->dram.background_w) &&
                  drawn.array.rows == h->array.rows);
        sum += x;
        squares += x * x;
    }
    cr_assert(fabs(sum / DRAWS) < 4 / sqrt(6.0 * DRAWS), "the mean of a symmetric density: %f", sum / DRAWS);
    cr_assert(fabs(squares / DRAWS - 1 / 6.0) < 0.02, "%f", squares / DRAWS);
    must(cost_case_price(&pair, c));
    cr_assert(pair.run.low_j < 0.52 * pair.run.cost.energy_j &&
              pair.run.high_j > 1.9 * pair.run.cost.energy_j);
    c->hardware.tech.prices_within = 1;
    const struct hardware exact = hardware_draw(h, 3, 0);
    cr_assert(hardware_number(&exact, dram) == hardware_number(h, dram));
    close_case(c);
}
