/* experiments/whatif/whatif_monte_carlo.c - constants drawn within their ranges, the same for both sides
 * of a pair. */
#include "experiments/whatif/whatif.h"

#include "quant/random.h"
#include "quant/try.h"

#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct constant_ranges constant_ranges_published(void)
{
    return (struct constant_ranges){constants_low(), constants_nominal(), constants_high()};
}

/* In [0, 1): 53 bits, of a block for each constant and sample. */
static double uniform(uint64_t seed, int constant, int sample)
{
    const struct random_name name = {seed, random_stream(RANDOM_USER, (uint32_t)constant), 0};
    uint32_t word[4];

    random_block(word, name, (uint64_t)sample);
    const uint64_t bits = (uint64_t)(word[0] >> 5) << 26 | word[1] >> 6;
    return (double)bits * 0x1p-53;
}

/* The inverse of the triangular distribution function on [a, b] with its mode in between. */
static double triangular(double u, double a, double mode, double b)
{
    const double width = b - a, rise = (mode - a) / width;
    return u < rise ? a + width * sqrt(u * rise) : b - width * sqrt((1 - u) * (1 - rise));
}

struct constants constants_draw(const struct constant_ranges *r, uint64_t seed, int sample)
{
    struct constants k = r->nominal;

    for (int i = 0; i < CONSTANTS; i++) {
        const double low = r->low.value[i], high = r->high.value[i];
        if (low < high && low > 0)
            k.value[i] =
                exp(triangular(uniform(seed, i, sample), log(low), log(r->nominal.value[i]), log(high)));
    }
    return k;
}

struct hardware hardware_draw(const struct hardware *h, uint64_t seed, int sample)
{
    enum { FIRST = 0x10000 }; /* beyond all constants */
    const double reach = log(h->tech.prices_within);
    struct hardware drawn = *h;

    if (!(reach > 0)) return drawn;
    for (int i = 0; hardware_knob(i) != NULL; i++)
        if (hardware_gives_price(h, i))
            hardware_scale_price(&drawn, i,
                                 exp(triangular(uniform(seed, FIRST + i, sample), -reach, 0, reach)));
    return drawn;
}

static double share_of_wins(const struct monte_carlo *m)
{
    double wins = 0;

    if (m->cases < 2) return NAN;
    for (int i = 0; i < m->samples; i++) {
        const double a = m->of[0].energy_j[i], b = m->of[1].energy_j[i];
        wins += a < b ? 1 : a == b ? 0.5 : 0;
    }
    return wins / m->samples;
}

static enum status prepare(struct monte_carlo *m, struct whatif_counts *counts,
                           const struct cost_case *const *c, const struct constant_ranges *r)
{
    for (int i = 0; i < m->cases; i++) {
        TRY(whatif_count(&counts[i], c[i]));
        m->of[i].nominal = whatif_reprice(&counts[i], &c[i]->hardware, &r->nominal);
        m->of[i].energy_j = malloc((size_t)m->samples * sizeof(double));
        m->of[i].energy_saving = malloc((size_t)m->samples * sizeof(double));
        if (m->of[i].energy_j == NULL || m->of[i].energy_saving == NULL)
            return status_fail(STATUS_NOMEM, "no memory for %d samples", m->samples);
    }
    return STATUS_OK;
}

enum status whatif_monte_carlo(struct monte_carlo *out, const struct cost_case *const *c, int cases,
                               const struct constant_ranges *r, int samples, uint64_t seed)
{
    struct whatif_counts counts[MONTE_CARLO_CASES];

    *out = (struct monte_carlo){.samples = samples, .cases = cases};
    const enum status status = prepare(out, counts, c, r);
    if (status != STATUS_OK) {
        monte_carlo_free(out);
        return status;
    }
#pragma omp parallel for
    for (int s = 0; s < samples; s++) {
        const struct constants k = constants_draw(r, seed, s);
        for (int i = 0; i < cases; i++) {
            const struct hardware h = hardware_draw(&c[i]->hardware, seed, s);
            const struct whatif_result a = whatif_reprice(&counts[i], &h, &k);
            out->of[i].energy_j[s] = a.energy_j;
            out->of[i].energy_saving[s] = a.energy_saving;
        }
    }
    out->wins = share_of_wins(out);
    return STATUS_OK;
}

void monte_carlo_free(struct monte_carlo *m)
{
    for (int i = 0; i < MONTE_CARLO_CASES; i++) {
        free(m->of[i].energy_j);
        free(m->of[i].energy_saving);
    }
    *m = (struct monte_carlo){0};
}

enum status monte_carlo_summary(struct summary *out, const double *value, int count)
{
    double *sorted = malloc((size_t)count * sizeof *sorted);

    if (sorted == NULL) return status_fail(STATUS_NOMEM, "no memory for %d samples", count);
    memcpy(sorted, value, (size_t)count * sizeof *sorted);
    gsl_sort(sorted, 1, (size_t)count);
    out->mean = gsl_stats_mean(sorted, 1, (size_t)count);
    out->low = gsl_stats_quantile_from_sorted_data(sorted, 1, (size_t)count, 0.05);
    out->median = gsl_stats_quantile_from_sorted_data(sorted, 1, (size_t)count, 0.5);
    out->high = gsl_stats_quantile_from_sorted_data(sorted, 1, (size_t)count, 0.95);
    free(sorted);
    return STATUS_OK;
}
