/* experiments/whatif/whatif_sweep.c - pricing the points of a sweep.
 *
 * Points fall apart into runs (networks and schedules), machines, and groups of points that have network and
 * machine in common: a group is one meter, which searches each nest once for all schedules. Groups are
 * independent of each other, and are spread over the threads.
 */
#include "experiments/whatif/whatif_axis.h"
#include "experiments/whatif/whatif_sweep.h"
#include "experiments/whatif/whatif.h"

#include "energy/prices/carbon.h"
#include "quant/try.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a set of axes has in common: points with the same digits in them have the same number. */
struct slice {
    bool axis[SWEEP_AXES];
    int count; /* of numbers */
};

static bool is_price_axis(const struct sweep *s, int axis)
{
    return s->same_mapping && s->axis[axis].key == NULL && whatif_is_price(s->axis[axis].name);
}

static struct slice slice_make(const struct sweep *s, bool (*takes)(const struct sweep *s, int axis))
{
    struct slice slice = {.count = 1};

    for (int i = 0; i < s->axes; i++) {
        slice.axis[i] = takes(s, i);
        if (slice.axis[i]) slice.count *= s->axis[i].count;
    }
    return slice;
}

static bool is_of_run(const struct sweep *s, int axis)
{
    return sweep_part(&s->axis[axis]) != SWEEP_MACHINE;
}

static bool is_of_machine(const struct sweep *s, int axis)
{
    return sweep_part(&s->axis[axis]) == SWEEP_MACHINE;
}

static bool is_of_group(const struct sweep *s, int axis)
{
    return sweep_part(&s->axis[axis]) != SWEEP_SCHEDULE && !is_price_axis(s, axis);
}

/* A point's number in a slice. */
static int slice_of(const struct slice *slice, const struct sweep *s, int point)
{
    int number = 0;

    for (int i = 0; i < s->axes; i++)
        if (slice->axis[i]) number = number * s->axis[i].count + sweep_digit(s, i, point);
    return number;
}

/* Options with a number's digits in the axes of a slice; those of other axes stay. */
static enum status slice_apply(struct cost_options *o, struct sweep_words *memory, const struct slice *slice,
                               const struct sweep *s, int number)
{
    for (int i = s->axes - 1; i >= 0; i--) {
        if (!slice->axis[i]) continue;
        TRY(sweep_set(o, memory, &s->axis[i], s->axis[i].value[number % s->axis[i].count]));
        number /= s->axis[i].count;
    }
    return STATUS_OK;
}

enum status sweep_apply(struct cost_options *o, struct sweep_words *memory, const struct sweep *s, int point)
{
    for (int i = 0; i < s->axes; i++)
        TRY(sweep_set(o, memory, &s->axis[i], sweep_value(s, i, point)));
    return STATUS_OK;
}

/* --- what points have in common ----------------------------------------------------------------------- */

/* A machine, or why there is none like it. */
struct swept_machine {
    struct hardware hardware;
    char *reason;
};

struct sweep_plan {
    const struct sweep *s;
    const struct cost_options *base;
    struct slice run, machine, group;
    struct cost_case *runs;
    struct swept_machine *machines;
    int *first, *next; /* points of a group: [group.count], and [points] after each; -1: none */
    int runs_made;
};

static void plan_free(struct sweep_plan *p)
{
    for (int i = 0; i < p->runs_made; i++)
        cost_case_free(&p->runs[i]);
    for (int i = 0; i < p->machine.count && p->machines != NULL; i++)
        free(p->machines[i].reason);
    free(p->runs);
    free(p->machines);
    free(p->first);
    free(p->next);
}

/* A value that its key never takes is a mistake of the user's, whatever stands beside it. */
static enum status check_values(const struct sweep_plan *p)
{
    for (int i = 0; i < p->s->axes; i++) {
        const struct sweep_axis *a = &p->s->axis[i];
        for (int v = 0; v < a->count && sweep_part(a) == SWEEP_MACHINE; v++) {
            struct cost_options o = *p->base;
            struct sweep_words memory = {0};
            struct hardware h;
            if (a->key == NULL) {
                h = hardware_default();
                if (hardware_set(&h, a->name, a->value[v]) == STATUS_OK) continue;
            } else {
                TRY(sweep_set(&o, &memory, a, a->value[v]));
                if (hardware_options_read(&h, &o.hardware) == STATUS_OK) continue;
            }
            return status_fail(STATUS_USAGE, "--sweep %s=%s: %s", a->name, a->value[v], status_detail());
        }
    }
    return STATUS_OK;
}

/* The run that all points of a number have. */
static enum status make_run(struct cost_case *out, const struct sweep_plan *p, int number)
{
    struct cost_options o = *p->base;
    struct sweep_words memory = {0};
    int cases;

    TRY(slice_apply(&o, &memory, &p->run, p->s, number));
    TRY(cost_options_count(&cases, &o));
    if (cases != 1) return status_fail(STATUS_USAGE, "want one --run");
    return cost_options_case(out, &o, 0);
}

static enum status make_runs(struct sweep_plan *p)
{
    for (; p->runs_made < p->run.count; p->runs_made++) {
        const enum status status = make_run(&p->runs[p->runs_made], p, p->runs_made);
        char name[256];
        int point = 0;
        if (status == STATUS_OK) continue;
        if (p->run.count == 1) return status; /* not of the sweep's making */
        while (slice_of(&p->run, p->s, point) != p->runs_made)
            point++;
        sweep_name(name, sizeof name, p->s, point);
        return status_fail(status, "--sweep: %s: %s", name, status_detail());
    }
    return STATUS_OK;
}

static enum status make_machines(struct sweep_plan *p)
{
    for (int i = 0; i < p->machine.count; i++) {
        struct cost_options o = *p->base;
        struct sweep_words memory = {0};
        TRY(slice_apply(&o, &memory, &p->machine, p->s, i));
        const enum status status = hardware_options_read(&p->machines[i].hardware, &o.hardware);
        if (status == STATUS_OK) continue;
        if (status != STATUS_INPUT && status != STATUS_USAGE) return status;
        p->machines[i].reason = strdup(status_detail());
        if (p->machines[i].reason == NULL) return status_fail(STATUS_NOMEM, "no memory for a sweep");
    }
    return STATUS_OK;
}

static void make_groups(struct sweep_plan *p)
{
    for (int i = 0; i < p->group.count; i++)
        p->first[i] = -1;
    for (int i = p->s->points - 1; i >= 0; i--) {
        int *first = &p->first[slice_of(&p->group, p->s, i)];
        p->next[i] = *first;
        *first = i;
    }
}

static enum status plan_make(struct sweep_plan *p)
{
    p->run = slice_make(p->s, is_of_run);
    p->machine = slice_make(p->s, is_of_machine);
    p->group = slice_make(p->s, is_of_group);
    p->runs = calloc((size_t)p->run.count, sizeof *p->runs);
    p->machines = calloc((size_t)p->machine.count, sizeof *p->machines);
    p->first = calloc((size_t)p->group.count, sizeof *p->first);
    p->next = calloc((size_t)p->s->points, sizeof *p->next);
    if (p->runs == NULL || p->machines == NULL || p->first == NULL || p->next == NULL)
        return status_fail(STATUS_NOMEM, "no memory for %d points", p->s->points);
    TRY(check_values(p));
    TRY(make_runs(p));
    TRY(make_machines(p));
    make_groups(p);
    return STATUS_OK;
}

/* --- prices ------------------------------------------------------------------------------------------- */

static void fill(struct sweep_row *row, const struct cost *run, const struct cost *top,
                 const struct cost_case *c)
{
    const struct carbon carbon = carbon_of(run->energy_j, run->latency_s, &c->hardware, &c->constants);

    row->number[SWEEP_GBITOPS] = run->counts.bitops / 1e9;
    row->number[SWEEP_ENERGY] = run->energy_j;
    row->number[SWEEP_LATENCY] = run->latency_s;
    row->number[SWEEP_DRAM] = run->dram_bytes;
    row->number[SWEEP_SAVING] = saving_percent(run->counts.bitops, top->counts.bitops);
    row->number[SWEEP_ENERGY_SAVING] = saving_percent(run->energy_j, top->energy_j);
    row->number[SWEEP_LATENCY_SAVING] = saving_percent(run->latency_s, top->latency_s);
    row->number[SWEEP_KWH] = carbon.kwh;
    row->number[SWEEP_KG] = carbon.kg;
    row->number[SWEEP_PRICE] = carbon.price;
}

/* One point by its group's meter, at the point's own prices. */
static enum status price_point(struct sweep_row *row, struct meter *m, const struct sweep_plan *p, int point)
{
    struct cost_case c = p->runs[slice_of(&p->run, p->s, point)];
    const struct swept_machine *machine = &p->machines[slice_of(&p->machine, p->s, point)];
    struct prices prices;
    struct cost run, top;

    if (machine->reason != NULL) return status_fail(STATUS_INPUT, "%s", machine->reason);
    c.hardware = machine->hardware;
    TRY(meter_run(&run, m, &c.run));
    TRY(meter_run(&top, m, &c.top));
    prices_make(&prices, &c.hardware, &c.constants);
    cost_reprice(&run, &prices);
    cost_reprice(&top, &prices);
    fill(row, &run, &top, &c);
    return STATUS_OK;
}

/* The hardware that a group is mapped for: with the same mapping kept, at the prices before the sweep. */
static enum status group_hardware(struct hardware *out, const struct sweep_plan *p, int group, int point)
{
    const struct swept_machine *machine = &p->machines[slice_of(&p->machine, p->s, point)];
    struct cost_options o = *p->base;
    struct sweep_words memory = {0};

    if (!p->s->same_mapping) {
        *out = machine->hardware;
        return machine->reason == NULL ? STATUS_OK : status_fail(STATUS_INPUT, "%s", machine->reason);
    }
    TRY(slice_apply(&o, &memory, &p->group, p->s, group));
    return hardware_options_read(out, &o.hardware);
}

/* Why the last step failed; false: no memory for the sentence. */
static bool set_reason(struct sweep_row *row)
{
    for (int i = 0; i < SWEEP_NUMBERS; i++)
        row->number[i] = NAN;
    row->reason = strdup(status_detail());
    return row->reason != NULL;
}

/* All points of a group; false: out of memory, which says nothing about the points. */
static bool price_group(struct sweep_row *rows, const struct sweep_plan *p, int group)
{
    const struct cost_case *run = &p->runs[slice_of(&p->run, p->s, p->first[group])];
    struct hardware h;
    struct meter *m = NULL;
    bool whole = true;
    enum status opened = group_hardware(&h, p, group, p->first[group]);

    if (opened == STATUS_OK)
        opened = meter_open(&m, &(struct meter_spec){&run->workload, &h, &run->constants, run->convention});
    for (int i = p->first[group]; i >= 0; i = p->next[i]) {
        const enum status status = opened == STATUS_OK ? price_point(&rows[i], m, p, i) : opened;
        if (status != STATUS_OK) whole = set_reason(&rows[i]) && status != STATUS_NOMEM && whole;
    }
    meter_close(m);
    return whole;
}

enum status sweep_price(struct sweep_row **rows, const struct sweep *s, const struct cost_options *base)
{
    struct sweep_plan p = {.s = s, .base = base};
    bool whole = true;

    *rows = calloc((size_t)s->points, sizeof **rows);
    enum status status =
        *rows != NULL ? plan_make(&p) : status_fail(STATUS_NOMEM, "no memory for %d points", s->points);
    if (status == STATUS_OK) {
#pragma omp parallel for schedule(dynamic) reduction(&& : whole) if (p.group.count > 1)
        for (int g = 0; g < p.group.count; g++)
            whole = price_group(*rows, &p, g) && whole;
        if (!whole) status = status_fail(STATUS_NOMEM, "no memory to price %d points", s->points);
    }
    if (status != STATUS_OK) {
        sweep_rows_free(*rows, s->points);
        *rows = NULL;
    }
    plan_free(&p);
    return status;
}

void sweep_rows_free(struct sweep_row *rows, int count)
{
    for (int i = 0; i < count && rows != NULL; i++)
        free(rows[i].reason);
    free(rows);
}
