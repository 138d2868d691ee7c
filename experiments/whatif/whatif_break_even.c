/* experiments/whatif/whatif_break_even.c - where in a knob's range the energy saving reaches its target. */
#include "experiments/whatif/whatif.h"
#include "quant/try.h"

#include "sim/base/text.h"

#include <gsl/gsl_errno.h>
#include <gsl/gsl_roots.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ITERATIONS_MOST = 200 };

/* Percent points that count as equal. */
static const double equal_points = 1e-6;

/* --- the question ------------------------------------------------------------------------------------- */

static enum status read_range(struct break_even_question *q, const char *text, const char *path)
{
    char *end;

    q->low = strtod(text, &end);
    const bool first = end != text && *end == ':';
    const char *rest = first ? end + 1 : end;
    q->high = strtod(rest, &end);
    if (!first || end == rest || *end != '\0' || !isfinite(q->low) || !isfinite(q->high))
        return status_fail(STATUS_USAGE, "--break-even: '%s' is not a range of %s; want low:high, as 1:100",
                           text, path);
    if (!(q->low < q->high))
        return status_fail(STATUS_USAGE, "--break-even: %s has to begin below its end, not %s", path, text);
    return STATUS_OK;
}

static void guess_range(struct break_even_question *q, const struct hardware *h)
{
    static const double wide = 100, least_price = 0.01, most_price = 1000;
    const struct knob *k = hardware_knob(q->knob);
    const double value = hardware_number(h, q->knob);

    q->low = fmax(k->min, value > 0 ? value / wide : least_price);
    q->high = fmin(k->max, value > 0 ? value * wide : most_price);
}

enum status break_even_read(struct break_even_question *out, const char *text, const struct hardware *h)
{
    const size_t length = strcspn(text, "=");
    char path[128];

    *out = (struct break_even_question){.target = NAN};
    TRY(status_usage(text_copy(path, sizeof path, "--break-even", text, length)));
    if (hardware_find(&out->knob, path) != STATUS_OK)
        return status_fail(STATUS_USAGE, "--break-even: %s", status_detail());
    if (strncmp(hardware_knob(out->knob)->kind, "a number", strlen("a number")) != 0)
        return status_fail(STATUS_USAGE,
                           "--break-even: %s is %s; want a knob that is a real number, or --sweep %s=...",
                           path, hardware_knob(out->knob)->kind, path);
    if (text[length] == '=') return read_range(out, text + length + 1, path);
    guess_range(out, h);
    return STATUS_OK;
}

/* --- the curve ---------------------------------------------------------------------------------------- */

/* The question, and what went wrong where the solver's interface has no room for it. */
struct asked {
    const struct cost_case *c;
    const struct break_even_question *q;
    double target;
    bool geometric;
    enum status status;
};

/* Between 0 and 1 on the curve's own scale. */
static double value_at(const struct asked *a, double place)
{
    const double low = a->q->low, high = a->q->high;

    if (place <= 0) return low;
    if (place >= 1) return high;
    return a->geometric ? low * pow(high / low, place) : low + (high - low) * place;
}

static enum status saving_at(double *saving, const struct asked *a, double value)
{
    struct cost_case changed = *a->c;
    struct whatif_counts counts;
    char text[32];

    snprintf(text, sizeof text, "%.17g", value);
    TRY(hardware_set(&changed.hardware, hardware_knob(a->q->knob)->path, text));
    TRY(hardware_check(&changed.hardware));
    TRY(whatif_count(&counts, &changed));
    *saving = whatif_reprice(&counts, &changed.hardware, &changed.constants).energy_saving;
    return STATUS_OK;
}

static void trace(struct break_even *out, const struct asked *a)
{
#pragma omp parallel for schedule(dynamic)
    for (int i = 0; i < BREAK_EVEN_CURVE; i++) {
        struct break_even_point *p = &out->curve[i];
        p->value = value_at(a, i / (double)(BREAK_EVEN_CURVE - 1));
        p->reason[0] = '\0';
        if (saving_at(&p->saving, a, p->value) == STATUS_OK) continue;
        p->saving = NAN;
        snprintf(p->reason, sizeof p->reason, "%s", status_detail());
    }
}

/* --- a crossing --------------------------------------------------------------------------------------- */

static double difference(double place, void *asked)
{
    struct asked *a = asked;
    double saving;

    const enum status status = saving_at(&saving, a, value_at(a, place));
    if (status == STATUS_OK) return saving - a->target;
    a->status = status;
    return NAN;
}

/* Brent's method between two places of opposite signs; its solver stops where the answer has no number. */
static enum status solve(struct break_even_root *out, struct asked *a, double from, double to)
{
    gsl_function f = {difference, a};
    gsl_root_fsolver *solver = gsl_root_fsolver_alloc(gsl_root_fsolver_brent);

    if (solver == NULL) return status_fail(STATUS_NOMEM, "no memory for a root finder");
    a->status = STATUS_OK;
    int code = gsl_root_fsolver_set(solver, &f, from, to);
    for (int i = 0; i < ITERATIONS_MOST && code == GSL_SUCCESS; i++) {
        code = gsl_root_fsolver_iterate(solver);
        if (gsl_root_test_interval(gsl_root_fsolver_x_lower(solver), gsl_root_fsolver_x_upper(solver), 1e-14,
                                   1e-14) == GSL_SUCCESS)
            break;
    }
    out->value = value_at(a, gsl_root_fsolver_root(solver));
    gsl_root_fsolver_free(solver);
    TRY(a->status);
    TRY(saving_at(&out->saving, a, out->value));
    out->is_jump = fabs(out->saving - a->target) > equal_points;
    return STATUS_OK;
}

static enum status find_roots(struct break_even *out, struct asked *a)
{
    const double step = 1.0 / (BREAK_EVEN_CURVE - 1);

    for (int i = 0; i < BREAK_EVEN_CURVE; i++) {
        const struct break_even_point *p = &out->curve[i];
        const double here = p->saving - out->target;
        const double next = i + 1 < BREAK_EVEN_CURVE ? p[1].saving - out->target : (double)NAN;

        if (here == 0) {
            out->root[out->roots++] = (struct break_even_root){p->value, p->saving, false};
        } else if ((here < 0 && next > 0) || (here > 0 && next < 0)) {
            TRY(solve(&out->root[out->roots], a, i * step, (i + 1) * step));
            out->roots++;
        }
    }
    return STATUS_OK;
}

enum status whatif_break_even(struct break_even *out, const struct cost_case *c,
                              const struct break_even_question *q)
{
    struct asked a = {.c = c, .q = q, .target = q->target, .geometric = q->low > 0};
    struct whatif_counts counts;
    int possible = 0;

    TRY(whatif_count(&counts, c));
    if (isnan(a.target)) a.target = saving_percent(counts.run.bitops, counts.top.bitops);
    if (counts.run.bitops == counts.top.bitops)
        return status_fail(
            STATUS_INPUT,
            "--break-even: the run is at its top widths throughout, so there is nothing to save");
    *out = (struct break_even){.target = a.target};
    trace(out, &a);
    for (int i = 0; i < BREAK_EVEN_CURVE; i++)
        possible += !isnan(out->curve[i].saving);
    if (possible == 0)
        return status_fail(STATUS_INPUT, "--break-even: %s: no value from %g to %g is possible: %s",
                           hardware_knob(q->knob)->path, q->low, q->high, out->curve[0].reason);
    gsl_error_handler_t *const before = gsl_set_error_handler_off();
    const enum status status = find_roots(out, &a);
    gsl_set_error_handler(before);
    return status;
}
