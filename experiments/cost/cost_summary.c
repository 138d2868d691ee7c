/* experiments/cost/cost_summary.c - what a run costs, on a page for people. */
#include "experiments/cost/cost_summary.h"

#include "experiments/cost/cost_terms.h"
#include "sim/base/text.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

enum { CELL = 32 };

/* 1234567 J as "1.235 MJ": four digits and a prefix. */
static void with_prefix(char out[CELL], double value, const char *unit)
{
    static const char *const prefixes[] = {"p", "n", "u", "m", "", "k", "M", "G", "T", "P", "E"};
    enum { NONE = 4, LAST = sizeof prefixes / sizeof *prefixes - 1 };
    int i = value > 0 ? NONE + (int)floor(log10(value) / 3) : NONE;

    i = i < 0 ? 0 : i > LAST ? LAST : i;
    snprintf(out, CELL, "%.4g %s%s", value / pow(1000, i - NONE), prefixes[i], unit);
}

static void duration(char out[CELL], double seconds)
{
    if (seconds < 120) {
        with_prefix(out, seconds, "s");
    } else if (seconds < 7200) {
        snprintf(out, CELL, "%.4g min", seconds / 60);
    } else {
        snprintf(out, CELL, "%.4g h", seconds / 3600);
    }
}

static void plain(char out[CELL], double value)
{
    snprintf(out, CELL, "%.6g", value);
}

static void joules(char out[CELL], double value)
{
    with_prefix(out, value, "J");
}

static void bytes(char out[CELL], double value)
{
    with_prefix(out, value, "B");
}

/* --- pieces of the page ------------------------------------------------------------------------------- */

static void print_run(FILE *out, const struct cost_case *c)
{
    const struct cost_labels *l = &c->labels;

    text_show(out, l->run, "");
    if (l->data[0] != '\0') fprintf(out, " on %s", l->data);
    if (l->recipe[0] != '\0') fprintf(out, ", recipe %s", l->recipe);
    fputs(": ", out);
    if (l->cycles > 0) fprintf(out, "%s in %d cycles, ", l->schedule, l->cycles);
    fprintf(out, "%s bits, errors %s\n", l->bits, l->backward_bits);
    fprintf(out, "%" PRId64 " iterations, %" PRId64 " images, %.0f multiply-accumulates an image forward\n",
            histogram_iterations(&c->run), histogram_images(&c->run), cost_case_forward_macs(c));
}

static void print_hardware(FILE *out, const struct cost_case *c)
{
    const struct hardware *h = &c->hardware;
    char hash[DIGEST_SIZE], objective[CELL];

    hardware_hash(hash, h);
    cost_objective(objective, sizeof objective, h);
    if (h->array.backend->operations_only) {
        fprintf(out, "back end %s: %s\n\n", h->array.backend->name, h->array.backend->title);
    } else {
        fputs("hardware ", out);
        text_show(out, h->name, "");
        fprintf(out, " (%.12s), back end %s, mapped for least %s\n\n", hash, h->array.backend->name,
                objective);
    }
}

static void print_line(FILE *out, const char *name, void (*print)(char out[CELL], double value), double run,
                       double top)
{
    char of_run[CELL], of_top[CELL], saving[CELL] = "-";

    print(of_run, run);
    print(of_top, top);
    if (top > 0) snprintf(saving, sizeof saving, "%.2f %%", saving_percent(run, top));
    fprintf(out, "%-10s %14s %16s %12s\n", name, of_run, of_top, saving);
}

static void print_numbers(FILE *out, const struct cost_pair *total, bool operations_only)
{
    const struct cost *run = &total->run.cost, *top = &total->top.cost;

    fprintf(out, "%-10s %14s %16s %12s\n", "", "run", "at the top bits", "saving");
    print_line(out, "GBitOPs", plain, run->counts.bitops / 1e9, top->counts.bitops / 1e9);
    if (operations_only) return;
    print_line(out, "energy", joules, run->energy_j, top->energy_j);
    print_line(out, "latency", duration, run->latency_s, top->latency_s);
    print_line(out, "DRAM", bytes, run->dram_bytes, top->dram_bytes);
}

static void print_share(FILE *out, const char *name, double part, double whole, int *printed)
{
    if (part <= 0) return;
    fprintf(out, "%s%s %.1f %%", (*printed)++ > 0 ? ", " : "", name, 100 * part / whole);
}

static void print_shares(FILE *out, const struct cost_sum *total, const struct cost_pair phases[PHASES])
{
    const double all = total->cost.energy_j;
    int printed = 0;

    if (all <= 0) return;
    fputs("\nenergy by part: ", out);
    for (int p = 0; p < PARTS; p++)
        print_share(out, part_name((enum part)p), total->parts_j[p], all, &printed);
    printed = 0;
    fputs("\nenergy by phase: ", out);
    for (int p = 0; p < PHASES; p++)
        print_share(out, phase_name((enum phase)p), phases[p].run.cost.energy_j, all, &printed);
    fputc('\n', out);
}

static void print_band(FILE *out, const struct cost_sum *total)
{
    char low[CELL], high[CELL];

    if (total->low_j == total->high_j) return;
    joules(low, total->low_j);
    joules(high, total->high_j);
    fprintf(out, "energy over the constants' ranges: %s to %s\n", low, high);
}

static void print_convention(FILE *out, enum convention c)
{
    static const char *const meaning[CONVENTIONS] = {
        [CONVENTION_PAPER] = "every layer at the scheduled widths, 2 operations for each batch-norm output",
        [CONVENTION_TRUE] = "as computed, layers outside the schedule at 32 bits",
    };
    fprintf(out, "operations in the convention '%s': %s\n", convention_name(c), meaning[c]);
}

void cost_print_summary(FILE *out, const struct cost_case *c, const struct cost_pair *total,
                        const struct cost_pair phases[PHASES])
{
    const bool operations_only = c->hardware.array.backend->operations_only;

    print_run(out, c);
    print_hardware(out, c);
    print_numbers(out, total, operations_only);
    print_shares(out, &total->run, phases);
    print_band(out, &total->run);
    if (operations_only) fputc('\n', out);
    if (!operations_only) fprintf(out, "energy is of the %s\n", cost_scope(&c->hardware));
    print_convention(out, c->convention);
}
