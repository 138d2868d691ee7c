/* experiments/cost/cost_print.c - the rows of a priced run as a table or as JSON. */
#include "experiments/cost/cost_print.h"

#include "experiments/cost/cost_summary.h"
#include "experiments/cost/cost_terms.h"
#include "experiments/print/json.h"
#include "quant/try.h"

#include <stdlib.h>
#include <string.h>

/* --- numbers ------------------------------------------------------------------------------------------ */

/* Numbers of a sum under the names that tables and JSON have for them. */
enum column {
    COLUMN_MACS,
    COLUMN_GBITOPS,
    COLUMN_CYCLES,
    COLUMN_STALL_CYCLES,
    COLUMN_ENERGY,
    COLUMN_ENERGY_LOW,
    COLUMN_ENERGY_HIGH,
    COLUMN_PARTS, /* one for each part */
    COLUMN_LATENCY = COLUMN_PARTS + PARTS,
    COLUMN_DRAM,
    COLUMN_SUM,                 /* up to here of a struct cost_sum, from here of a pair: percent */
    COLUMN_SAVING = COLUMN_SUM, /* of bit operations */
    COLUMN_ENERGY_SAVING,
    COLUMN_LATENCY_SAVING,
    COLUMN_NUMBERS
};

/* Names of the numbers from index `at` on. */
#define NUMBER_NAMES(at)                                                                                     \
    [(at) + COLUMN_MACS] = "macs", [(at) + COLUMN_GBITOPS] = "gbitops", [(at) + COLUMN_CYCLES] = "cycles",   \
            [(at) + COLUMN_STALL_CYCLES] = "stall_cycles", [(at) + COLUMN_ENERGY] = "energy_j",              \
            [(at) + COLUMN_ENERGY_LOW] = "energy_j_low", [(at) + COLUMN_ENERGY_HIGH] = "energy_j_high",      \
            [(at) + COLUMN_PARTS + PART_CORE] = "core_j",                                                    \
            [(at) + COLUMN_PARTS + PART_REGISTER] = "register_j",                                            \
            [(at) + COLUMN_PARTS + PART_NETWORK] = "network_j",                                              \
            [(at) + COLUMN_PARTS + PART_BUFFER] = "buffer_j", [(at) + COLUMN_PARTS + PART_DRAM] = "dram_j",  \
            [(at) + COLUMN_PARTS + PART_STATIC] = "static_j", [(at) + COLUMN_LATENCY] = "latency_s",         \
            [(at) + COLUMN_DRAM] = "dram_bytes", [(at) + COLUMN_SAVING] = "saving_vs_static_percent",        \
            [(at) + COLUMN_ENERGY_SAVING] = "energy_saving_vs_static_percent",                               \
            [(at) + COLUMN_LATENCY_SAVING] = "latency_saving_vs_static_percent"

static const char *const column_names[COLUMN_NUMBERS] = {NUMBER_NAMES(0)};

static void columns_of_sum(double value[COLUMN_SUM], const struct cost_sum *s)
{
    value[COLUMN_MACS] = s->cost.counts.macs;
    value[COLUMN_GBITOPS] = s->cost.counts.bitops / 1e9;
    value[COLUMN_CYCLES] = s->cost.counts.cycles;
    value[COLUMN_STALL_CYCLES] = s->cost.counts.stall_cycles;
    value[COLUMN_ENERGY] = s->cost.energy_j;
    value[COLUMN_ENERGY_LOW] = s->low_j;
    value[COLUMN_ENERGY_HIGH] = s->high_j;
    for (int p = 0; p < PARTS; p++)
        value[COLUMN_PARTS + p] = s->parts_j[p];
    value[COLUMN_LATENCY] = s->cost.latency_s;
    value[COLUMN_DRAM] = s->cost.dram_bytes;
}

static void columns_of_pair(double value[COLUMN_NUMBERS], const struct cost_pair *pair)
{
    const struct cost *run = &pair->run.cost, *top = &pair->top.cost;

    columns_of_sum(value, &pair->run);
    value[COLUMN_SAVING] = saving_percent(run->counts.bitops, top->counts.bitops);
    value[COLUMN_ENERGY_SAVING] = saving_percent(run->energy_j, top->energy_j);
    value[COLUMN_LATENCY_SAVING] = saving_percent(run->latency_s, top->latency_s);
}

/* --- all cells of a run ------------------------------------------------------------------------------- */

struct report {
    const struct cost_case *c;
    struct cost_pair (*cells)[PHASES]; /* [layers] */
    struct cost_pair phases[PHASES], total;
};

static bool is_empty(const struct cost_pair *cell)
{
    const struct cost *top = &cell->top.cost;
    return top->counts.macs == 0 && top->counts.bitops == 0 && top->energy_j == 0 && top->latency_s == 0 &&
           top->dram_bytes == 0;
}

static enum status gather(struct report *r, struct cost_meter *m)
{
    const int layers = r->c->workload.count;

    TRY(cost_meter_total(&r->total, m)); /* first: it searches for all layers at once */
    for (int l = 0; l < layers; l++)
        for (int p = 0; p < PHASES; p++) {
            TRY(cost_meter_cell(&r->cells[l][p], m, l, (enum phase)p));
            cost_pair_add(&r->phases[p], &r->cells[l][p]);
        }
    return STATUS_OK;
}

static enum status report_make(struct report *r, const struct cost_case *c)
{
    struct cost_meter *m;

    *r = (struct report){.c = c, .cells = calloc((size_t)c->workload.count + 1, sizeof *r->cells)};
    if (r->cells == NULL)
        return status_fail(STATUS_NOMEM, "no memory for the costs of %d layers", c->workload.count);
    TRY(cost_meter_open(&m, c));
    const enum status status = gather(r, m);
    cost_meter_close(m);
    return status;
}

/* --- tables ------------------------------------------------------------------------------------------- */

enum { LABELS = 5, DIGITS = 10, PERCENT_DIGITS = 4 };

static const char *const columns[LABELS + COLUMN_NUMBERS + 1] = {"run",   "hardware", "convention",
                                                                 "layer", "phase",    NUMBER_NAMES(LABELS)};

static void print_row(struct printout *t, const struct cost_case *c, const char *layer, const char *phase,
                      const struct cost_pair *pair)
{
    double value[COLUMN_NUMBERS];

    printout_text(t, c->labels.run);
    printout_text(t, c->hardware.name);
    printout_text(t, convention_name(c->convention));
    printout_text(t, layer);
    printout_text(t, phase);
    columns_of_pair(value, pair);
    for (int i = 0; i < COLUMN_NUMBERS; i++) {
        if (i >= COLUMN_SUM && value[i] != value[i]) {
            printout_text(t, NULL); /* nothing is saved of nothing */
        } else {
            printout_number(t, value[i], i < COLUMN_SUM ? DIGITS : PERCENT_DIGITS);
        }
    }
}

static void print_table(struct cost_printer *p, const struct report *r)
{
    const struct workload *w = &r->c->workload;

    if (!p->begun)
        p->table =
            p->form == COST_CSV ? printout_open_csv(stdout, columns) : printout_open(stdout, false, columns);
    p->begun = true;
    for (int l = 0; l < w->count && !p->total_only; l++)
        for (int phase = 0; phase < PHASES; phase++)
            if (!is_empty(&r->cells[l][phase]))
                print_row(&p->table, r->c, w->layers[l].name, phase_name((enum phase)phase),
                          &r->cells[l][phase]);
    for (int phase = 0; phase < PHASES && !p->total_only; phase++)
        if (!is_empty(&r->phases[phase]))
            print_row(&p->table, r->c, "total", phase_name((enum phase)phase), &r->phases[phase]);
    print_row(&p->table, r->c, "total", "all", &r->total);
}

/* --- JSON --------------------------------------------------------------------------------------------- */

enum { JSON_DIGITS = 15 };

static void json_numbers(struct json *j, const double *value, int count)
{
    for (int i = 0; i < count; i++)
        json_number(j, column_names[i], value[i], JSON_DIGITS);
}

static void json_pair(struct json *j, const char *layer, const char *phase, const struct cost_pair *pair)
{
    double value[COLUMN_NUMBERS];

    json_begin(j, NULL, '{');
    if (layer != NULL) json_text(j, "layer", layer);
    json_text(j, "phase", phase);
    columns_of_pair(value, pair);
    json_numbers(j, value, COLUMN_NUMBERS);
    json_end(j);
}

/* Which number formats are priced as what; nothing where the recipe's own integers are all there is. */
static void json_roles(struct json *j, const struct cost_roles *roles)
{
    if (roles->count == 0) return;
    json_begin(j, "roles", '[');
    for (int i = 0; i < roles->count; i++) {
        json_begin(j, NULL, '{');
        json_text(j, "role", roles->rows[i].role);
        json_text(j, "format", roles->rows[i].format);
        json_text(j, "priced_as", roles->rows[i].priced_as);
        json_end(j);
    }
    json_end(j);
}

static void json_labels(struct json *j, const struct cost_case *c)
{
    const struct cost_labels *l = &c->labels;
    char hash[DIGEST_SIZE], objective[32];

    hardware_hash(hash, &c->hardware);
    cost_objective(objective, sizeof objective, &c->hardware);
    json_text(j, "run", l->run);
    json_text(j, "model", l->model);
    json_text(j, "dataset", l->data);
    json_text(j, "recipe", l->recipe);
    json_text(j, "schedule", l->schedule);
    json_text(j, "bits", l->bits);
    json_text(j, "grad_bits", l->backward_bits);
    json_integer(j, "cycles", l->cycles);
    json_integer(j, "iterations", histogram_iterations(&c->run));
    json_integer(j, "batch", l->batch);
    json_integer(j, "images", histogram_images(&c->run));
    json_text(j, "hardware", c->hardware.name);
    json_text(j, "hardware_sha256", hash);
    json_text(j, "backend", c->hardware.array.backend->name);
    json_text(j, "objective", objective);
    json_text(j, "convention", convention_name(c->convention));
    json_text(j, "energy_of", cost_scope(&c->hardware));
    json_number(j, "forward_macs_per_image", cost_case_forward_macs(c), JSON_DIGITS);
    json_roles(j, &c->roles);
}

/* What no name of a number says. */
static void json_units(struct json *j)
{
    json_begin(j, "units", '{');
    json_text(j, "macs", "multiply-accumulates");
    json_text(j, "gbitops", "1e9 bit operations");
    json_text(j, column_names[COLUMN_SAVING], "of the bit operations at the top widths");
    json_end(j);
}

static void json_layers(struct json *j, const struct report *r)
{
    const struct workload *w = &r->c->workload;

    json_begin(j, "layers", '[');
    for (int l = 0; l < w->count; l++)
        for (int p = 0; p < PHASES; p++)
            if (!is_empty(&r->cells[l][p]))
                json_pair(j, w->layers[l].name, phase_name((enum phase)p), &r->cells[l][p]);
    json_end(j);
}

static void json_totals(struct json *j, const struct report *r)
{
    double value[COLUMN_NUMBERS];

    json_begin(j, "phases", '[');
    for (int p = 0; p < PHASES; p++)
        if (!is_empty(&r->phases[p])) json_pair(j, NULL, phase_name((enum phase)p), &r->phases[p]);
    json_end(j);
    columns_of_sum(value, &r->total.top);
    json_begin(j, "static", '{');
    json_numbers(j, value, COLUMN_SUM);
    json_end(j);
    columns_of_pair(value, &r->total);
    json_begin(j, "total", '{');
    json_numbers(j, value, COLUMN_NUMBERS);
    json_end(j);
}

static void print_json(const struct cost_printer *p, const struct report *r)
{
    struct json j = json_open(stdout);

    json_begin(&j, NULL, '{');
    json_labels(&j, r->c);
    json_units(&j);
    if (!p->total_only) json_layers(&j, r);
    json_totals(&j, r);
    json_end(&j);
}

enum status cost_print(struct cost_printer *p, const struct cost_case *c)
{
    struct report r;
    enum status status = report_make(&r, c);

    if (status == STATUS_OK && p->form == COST_JSON) {
        print_json(p, &r);
    } else if (status == STATUS_OK && p->form == COST_SUMMARY) {
        if (p->begun) fputc('\n', stdout);
        p->begun = true;
        cost_print_summary(stdout, c, &r.total, r.phases);
    } else if (status == STATUS_OK) {
        print_table(p, &r);
    }
    free(r.cells);
    return status;
}
