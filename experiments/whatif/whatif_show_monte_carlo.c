/* experiments/whatif/whatif_show_monte_carlo.c - what the constants' ranges leave of the energy, and of a
 * pair's order.
 */
#include "experiments/config/config_keys.h"
#include "experiments/read/figures.h"
#include "experiments/whatif/whatif.h"
#include "experiments/whatif/whatif_show.h"
#include "experiments/whatif/whatif_sweep.h"
#include "quant/try.h"
#include "sim/base/text.h"

#include <gsl/gsl_sort.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct drawn {
    struct cost_case *of[MONTE_CARLO_CASES];
    char name[MONTE_CARLO_CASES][256];
    int cases, samples;
    int64_t seed;
    struct monte_carlo result;
};

/* --- what is asked ------------------------------------------------------------------------------------ */

/* The same options with those of --versus. */
static enum status read_versus(struct drawn *d, const struct whatif_show *s, struct sweep *sweep)
{
    struct cost_options other = *s->cost;
    struct sweep_words memory = {0};

    for (int i = 0; i < s->options->versus.count; i++)
        TRY(sweep_add(sweep, s->options->versus.word[i]));
    if (sweep->points != 1)
        return status_fail(STATUS_USAGE, "--versus takes one value for each key, not %d combinations",
                           sweep->points);
    TRY(sweep_apply(&other, &memory, sweep, 0));
    sweep_name(d->name[1], sizeof d->name[1], sweep, 0);
    return whatif_case(&d->of[d->cases++], &other);
}

static enum status read_drawn(struct drawn *d, const struct whatif_show *s)
{
    static const struct key samples = {
        .path = "--monte-carlo", .kind = &kind_integer, .min = 1, .max = MONTE_CARLO_MOST};
    static const struct key seed = {.path = "--seed", .kind = &kind_count, .min = 0, .max = 1e15};
    struct sweep sweep = {0};

    d->samples = 1000;
    d->seed = 1;
    TRY(option_read(&d->samples, &samples, s->options->samples));
    TRY(option_read(&d->seed, &seed, s->options->seed));
    TRY(whatif_case(&d->of[d->cases++], s->cost));
    snprintf(d->name[0], sizeof d->name[0], "%.150s %s bits %s", d->of[0]->labels.run, d->of[0]->labels.bits,
             d->of[0]->hardware.name);
    if (s->options->versus.count == 0) return STATUS_OK;
    const enum status status = read_versus(d, s, &sweep);
    sweep_free(&sweep);
    return status;
}

static void drawn_free(struct drawn *d)
{
    monte_carlo_free(&d->result);
    for (int i = 0; i < d->cases; i++) {
        if (d->of[i] != NULL) cost_case_free(d->of[i]);
        free(d->of[i]);
    }
}

/* --- the table ---------------------------------------------------------------------------------------- */

static enum status print_row(struct printout *t, const char *name, const char *quantity, double nominal,
                             const double *values, int samples, double wins)
{
    struct summary sum;

    TRY(monte_carlo_summary(&sum, values, samples));
    printout_text(t, name);
    printout_text(t, quantity);
    whatif_number(t, nominal);
    whatif_number(t, sum.mean);
    whatif_number(t, sum.low);
    whatif_number(t, sum.median);
    whatif_number(t, sum.high);
    whatif_number(t, wins);
    return STATUS_OK;
}

/* The first over the second, sample by sample. */
static enum status print_ratio(struct printout *t, const struct drawn *d)
{
    const struct monte_carlo *m = &d->result;
    double *ratio = malloc((size_t)m->samples * sizeof *ratio);
    char name[600];

    if (ratio == NULL) return status_fail(STATUS_NOMEM, "no memory for %d samples", m->samples);
    for (int i = 0; i < m->samples; i++)
        ratio[i] = m->of[0].energy_j[i] / m->of[1].energy_j[i];
    snprintf(name, sizeof name, "%s / %s", d->name[0], d->name[1]);
    const enum status status =
        print_row(t, name, "energy_ratio", m->of[0].nominal.energy_j / m->of[1].nominal.energy_j, ratio,
                  m->samples, NAN);
    free(ratio);
    return status;
}

static enum status print(const struct whatif_show *s, const struct drawn *d)
{
    static const char *const columns[] = {
        "case", "quantity", "nominal", "mean", "q05", "q50", "q95", "less_energy_probability", NULL};
    const struct monte_carlo *m = &d->result;
    struct printout t = whatif_table(s, columns);

    for (int i = 0; i < m->cases; i++) {
        const struct monte_carlo_case *c = &m->of[i];
        TRY(print_row(&t, d->name[i], "energy_j", c->nominal.energy_j, c->energy_j, m->samples,
                      i == 0 ? m->wins : 1 - m->wins));
        TRY(print_row(&t, d->name[i], "energy_saving_vs_static_percent", c->nominal.energy_saving,
                      c->energy_saving, m->samples, NAN));
    }
    return m->cases > 1 ? print_ratio(&t, d) : STATUS_OK;
}

/* Prices that the hardware itself gives, and gives as exact: how sure an answer looks depends on them. */
static void tell_exact_prices(const struct drawn *d)
{
    const struct knob *k;

    for (int c = 0; c < d->cases; c++) {
        const struct hardware *h = &d->of[c]->hardware;
        int told = 0;
        if (h->tech.prices_within > 1) continue;
        for (int i = 0; (k = hardware_knob(i)) != NULL; i++) {
            if (!hardware_gives_price(h, i)) continue;
            if (told++ == 0)
                fprintf(stderr,
                        "%s gives prices as exact, which are not drawn (tech.prices_within):", h->name);
            fprintf(stderr, " %s", k->path);
        }
        if (told > 0) fputc('\n', stderr);
    }
}

/* --- the figure --------------------------------------------------------------------------------------- */

/* Each case's energies in order, and so their distribution function. */
static enum status write_sorted(FILE *out, const struct drawn *d)
{
    const struct monte_carlo *m = &d->result;
    double *energy = malloc((size_t)m->samples * sizeof *energy);

    if (energy == NULL) return status_fail(STATUS_NOMEM, "no memory for %d samples", m->samples);
    for (int c = 0; c < m->cases; c++) {
        memcpy(energy, m->of[c].energy_j, (size_t)m->samples * sizeof *energy);
        gsl_sort(energy, 1, (size_t)m->samples);
        for (int i = 0; i < m->samples; i++)
            fprintf(out, "%d\t%.10g\t%.10g\n", c, energy[i], (i + 0.5) / m->samples);
    }
    free(energy);
    return STATUS_OK;
}

static enum status draw(const struct whatif_show *s, const struct drawn *d)
{
    char path[PATH_MAX];
    FILE *out;

    TRY(figure_data_open(&out, path, s->options->figure, "cost_monte_carlo.dat"));
    fprintf(out, "case\tenergy_j\tshare\n");
    const enum status status = write_sorted(out, d);
    TRY(figure_data_close(out, path));
    TRY(status);
    TRY(figure_data_open(&out, path, s->options->figure, "cost_monte_carlo.cases.dat"));
    fprintf(out, "name\tnominal\n");
    for (int i = 0; i < d->cases; i++) {
        text_show(out, d->name[i], "");
        fprintf(out, "\t%.10g\n", d->result.of[i].nominal.energy_j);
    }
    TRY(figure_data_close(out, path));
    return whatif_draw(s, "cost_monte_carlo");
}

enum status whatif_show_monte_carlo(const struct whatif_show *s)
{
    const struct constant_ranges ranges = constant_ranges_published();
    struct drawn d = {0};

    enum status status = read_drawn(&d, s);
    if (status == STATUS_OK)
        status = whatif_monte_carlo(&d.result, (const struct cost_case *const *)d.of, d.cases, &ranges,
                                    d.samples, (uint64_t)d.seed);
    if (status == STATUS_OK) status = print(s, &d);
    if (status == STATUS_OK) tell_exact_prices(&d);
    if (status == STATUS_OK && s->options->figure != NULL) status = draw(s, &d);
    drawn_free(&d);
    return status;
}
