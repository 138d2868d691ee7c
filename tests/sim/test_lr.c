/* tests/sim/test_lr.c - learning-rate policies: the published recipe, corners, laws. */
#include "sim/method/lr.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>
#include <criterion/theories.h>

#include <math.h>
#include <string.h>

/* 0.1, a tenth of it from one half of the run, a hundredth from three quarters; ramps end at one
 * hundredth. */
static struct lr_spec published(const char *name)
{
    struct lr_spec s = {.initial = 0.1,
                        .drops = {0.5, 0.75},
                        .drop_count = 2,
                        .factor = 0.1,
                        .final_fraction = 0.01,
                        .warmup_fraction = 0.1};
    cr_assert(eq(int, lr_find(&s.type, name), STATUS_OK));
    return s;
}

struct value {
    char name[16];
    int64_t warmup, iteration;
    double rate;
};

ParameterizedTestParameters(lr, published_recipe_over_64000_iterations)
{
    static struct value rows[] = {
        {"constant", 0, 0, 0.1},
        {"constant", 0, 63999, 0.1},
        {"constant", 400, 399, 0.01},
        {"constant", 400, 400, 0.1},
        {"piecewise", 0, 0, 0.1},
        {"piecewise", 0, 31999, 0.1},
        {"piecewise", 0, 32000, 0.01},
        {"piecewise", 0, 47999, 0.01},
        {"piecewise", 0, 48000, 0.001},
        {"piecewise", 0, 63999, 0.001},
        {"piecewise", 400, 0, 0.01},
        {"piecewise", 400, 399, 0.01},
        {"piecewise", 400, 400, 0.1},
        {"linear", 0, 0, 0.1},
        {"linear", 0, 32000, 0.1},
        {"linear", 0, 44800, 0.0505}, /* half way down */
        {"linear", 0, 57600, 0.001},
        {"linear", 0, 63999, 0.001},
        {"cosine", 0, 0, 0.1},
        {"cosine", 0, 32000, 0.0505},
        {"cosine", 0, 63999, 0.0010000000596},
    };
    return cr_make_param_array(struct value, rows, sizeof rows / sizeof rows[0]);
}

ParameterizedTest(struct value *r, lr, published_recipe_over_64000_iterations)
{
    struct lr_spec s = published(r->name);
    s.warmup = r->warmup;
    const double got = lr_rate(&s, r->iteration, 64000);
    cr_assert(lt(dbl, fabs(got / r->rate - 1), 1e-10), "%s at %lld: %.17g", r->name, (long long)r->iteration,
              got);
}

TheoryDataPoints(lr, policies_never_rise_after_the_warm_up_and_stay_positive) = {
    DataPoints(int, 0, 1, 2, 3), DataPoints(int, 1, 10, 999), DataPoints(int, 0, 7)};

Theory((int row, int iterations, int warmup), lr, policies_never_rise_after_the_warm_up_and_stay_positive)
{
    int count;
    const struct lr_type *all = lr_all(&count);
    cr_assume(row < count);
    struct lr_spec s = published(all[row].name);
    s.warmup = warmup;
    double last = s.initial;
    for (int64_t i = warmup; i < iterations; i++) {
        const double rate = lr_rate(&s, i, iterations);
        cr_assert(le(dbl, rate, last));
        cr_assert(ge(dbl, rate, s.initial * s.final_fraction * (1 - 1e-12)));
        last = rate;
    }
}

Test(lr, no_drops_are_a_constant)
{
    struct lr_spec s = published("piecewise");
    s.drop_count = 0;
    cr_assert(eq(dbl, lr_rate(&s, 999, 1000), s.initial));
}

Test(lr, all_drops_are_applied)
{
    struct lr_spec s = published("piecewise");
    s.factor = 0.5;
    s.initial = 1;
    s.drop_count = LR_DROPS;
    for (int i = 0; i < LR_DROPS; i++)
        s.drops[i] = (i + 1) / 10.0;
    cr_assert(eq(dbl, lr_rate(&s, 999, 1000), 1.0 / 256));
    cr_assert(eq(dbl, lr_rate(&s, 300, 1000), 1.0 / 8));
}

Test(lr, every_row_is_found_and_has_its_formula)
{
    int count;
    const struct lr_type *all = lr_all(&count), *found;
    for (int i = 0; i < count; i++) {
        cr_assert(eq(int, lr_find(&found, all[i].name), STATUS_OK));
        cr_assert(eq(ptr, (void *)found, (void *)&all[i]));
        cr_assert(lt(sz, 0, strlen(found->formula)));
    }
}

Test(lr, unknown_name_answers_with_the_nearest)
{
    const struct lr_type *type;
    cr_assert(eq(int, lr_find(&type, "piecwise"), STATUS_INPUT));
    cr_assert(not(zero(
        ptr, strstr(status_detail(), "unknown learning-rate policy 'piecwise'; did you mean 'piecewise'?"))));
}
