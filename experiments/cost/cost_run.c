/* experiments/cost/cost_run.c - pricing a run: counts of the meter over its iterations, three price lists. */
#include "experiments/cost/cost_run.h"

#include "energy/meter/bitops.h"

#include "energy/prices/price.h"
#include "quant/try.h"

#include <math.h>
#include <stdlib.h>

/* --- runs --------------------------------------------------------------------------------------------- */

int64_t histogram_iterations(const struct histogram *h)
{
    int64_t sum = 0;

    for (int i = 0; i < h->count; i++)
        sum += h->rows[i].iterations;
    return sum;
}

int64_t histogram_images(const struct histogram *h)
{
    int64_t sum = 0;

    for (int i = 0; i < h->count; i++)
        sum += h->rows[i].iterations * h->rows[i].images;
    return sum;
}

/* Float32, written 0, is the largest of all. */
static int larger(int a, int b)
{
    if (a == 0 || b == 0) return 0;
    return a > b ? a : b;
}

static struct operands wider(struct operands a, struct operands b)
{
    return (struct operands){.activation = larger(a.activation, b.activation),
                             .weight = larger(a.weight, b.weight),
                             .error = larger(a.error, b.error)};
}

/* The largest widths that each layer has in the run, [layers]. */
static void find_top(struct operands *top, int layers, const struct histogram *run)
{
    for (int l = 0; l < layers; l++) {
        top[l] = histogram_operands(&run->rows[0], l);
        for (int i = 1; i < run->count; i++)
            top[l] = wider(top[l], histogram_operands(&run->rows[i], l));
    }
}

enum status histogram_at_the_top(struct histogram *out, const struct histogram *run)
{
    enum status status = STATUS_OK;
    int layers = 1;

    *out = (struct histogram){0};
    for (int i = 0; i < run->count; i++)
        if (run->rows[i].layers > layers) layers = run->rows[i].layers;
    struct operands *top = calloc((size_t)layers, sizeof *top);
    if (top == NULL) return status_fail(STATUS_NOMEM, "out of memory");
    if (run->count > 0) find_top(top, layers, run);
    for (int i = 0; i < run->count && status == STATUS_OK; i++)
        status = histogram_add_layers(out, top, layers, run->rows[i].images, run->rows[i].iterations);
    free(top);
    if (status != STATUS_OK) histogram_free(out);
    return status;
}

void cost_case_free(struct cost_case *c)
{
    workload_free(&c->workload);
    histogram_free(&c->run);
    histogram_free(&c->top);
    *c = (struct cost_case){0};
}

double cost_case_forward_macs(const struct cost_case *c)
{
    const struct work w = work_of_workload(&c->workload);
    return c->convention == CONVENTION_PAPER ? bitops_paper_macs(&w) : w.macs;
}

double saving_percent(double run, double top)
{
    static const double rounding = 1e-12; /* of sums of the same terms in another order */
    const double saved = 1 - run / top;

    if (!(top > 0)) return (double)NAN;
    return fabs(saved) < rounding ? 0 : 100 * saved;
}

/* --- prices ------------------------------------------------------------------------------------------- */

struct cost_meter {
    const struct cost_case *c;
    struct meter *meter;
    struct prices nominal, low, high;
};

enum status cost_meter_open(struct cost_meter **out, const struct cost_case *c)
{
    const struct constants low = constants_low(), high = constants_high();
    const double within = c->hardware.tech.prices_within;
    const struct hardware cheap = hardware_at_prices(&c->hardware, 1 / within),
                          dear = hardware_at_prices(&c->hardware, within);
    const struct meter_spec spec = {&c->workload, &c->hardware, &c->constants, c->convention};
    struct cost_meter *m = calloc(1, sizeof *m);

    *out = NULL;
    if (m == NULL) return status_fail(STATUS_NOMEM, "no memory for a price list");
    m->c = c;
    prices_make(&m->nominal, &c->hardware, &c->constants);
    prices_make(&m->low, &cheap, &low);
    prices_make(&m->high, &dear, &high);
    const enum status status = meter_open(&m->meter, &spec);
    if (status != STATUS_OK) {
        free(m);
        return status;
    }
    *out = m;
    return STATUS_OK;
}

void cost_meter_close(struct cost_meter *m)
{
    if (m == NULL) return;
    meter_close(m->meter);
    free(m);
}

/* What follows from the counts. */
static void price(struct cost_sum *s, const struct cost_meter *m)
{
    counts_parts(s->parts_j, &s->cost.counts, &m->nominal);
    s->low_j = counts_energy(&s->cost.counts, &m->low);
    s->high_j = counts_energy(&s->cost.counts, &m->high);
}

static enum status price_cell(struct cost_sum *out, struct cost_meter *m, const struct histogram *h,
                              int layer, enum phase p)
{
    struct cost once;

    *out = (struct cost_sum){0};
    for (int i = 0; i < h->count; i++) {
        TRY(meter_layer(&once, m->meter, layer, p, histogram_operands(&h->rows[i], layer),
                        h->rows[i].images));
        cost_add(&out->cost, &once, (double)h->rows[i].iterations);
    }
    price(out, m);
    return STATUS_OK;
}

enum status cost_meter_cell(struct cost_pair *out, struct cost_meter *m, int layer, enum phase p)
{
    TRY(price_cell(&out->run, m, &m->c->run, layer, p));
    return price_cell(&out->top, m, &m->c->top, layer, p);
}

static enum status price_total(struct cost_sum *out, struct cost_meter *m, const struct histogram *h)
{
    *out = (struct cost_sum){0};
    TRY(meter_run(&out->cost, m->meter, h));
    price(out, m);
    return STATUS_OK;
}

enum status cost_meter_total(struct cost_pair *out, struct cost_meter *m)
{
    TRY(price_total(&out->run, m, &m->c->run));
    return price_total(&out->top, m, &m->c->top);
}

static void sum_add(struct cost_sum *sum, const struct cost_sum *s)
{
    sum->low_j += s->low_j;
    sum->high_j += s->high_j;
    for (int p = 0; p < PARTS; p++)
        sum->parts_j[p] += s->parts_j[p];
    cost_add(&sum->cost, &s->cost, 1);
}

void cost_pair_add(struct cost_pair *sum, const struct cost_pair *term)
{
    sum_add(&sum->run, &term->run);
    sum_add(&sum->top, &term->top);
}

enum status cost_case_price(struct cost_pair *out, const struct cost_case *c)
{
    struct cost_meter *m;

    TRY(cost_meter_open(&m, c));
    const enum status status = cost_meter_total(out, m);
    cost_meter_close(m);
    return status;
}
