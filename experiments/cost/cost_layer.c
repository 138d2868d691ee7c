/* experiments/cost/cost_layer.c - one convolution: its parameters, and what its back end says of it. */
#include "experiments/cost/cost_layer.h"

#include "energy/backends/bitfusion/bitfusion.h"
#include "energy/backends/loopnest/loopnest_search.h"
#include "quant/try.h"
#include "sim/base/table.h"
#include "sim/base/text.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- parameters --------------------------------------------------------------------------------------- */

static const struct param_row {
    const char *name;
    const char *knob;              /* of the hardware; NULL: of the layer */
    int64_t standard, least, most; /* of the layer; standard 0: must be given */
} params[LAYER_PARAMS_COUNT] = {
    [PARAM_ROWS] = {"N", "array.rows", 0, 0, 0},
    [PARAM_COLUMNS] = {"M", "array.columns", 0, 0, 0},
    [PARAM_WEIGHT_BYTES] = {"wbuf_bytes", "buffer.weight.bytes", 0, 0, 0},
    [PARAM_INPUT_BYTES] = {"ibuf_bytes", "buffer.input.bytes", 0, 0, 0},
    [PARAM_OUTPUT_BYTES] = {"obuf_bytes", "buffer.output.bytes", 0, 0, 0},
    [PARAM_BANDWIDTH] = {"dram_bits_per_cycle", "dram.bits_per_cycle", 0, 0, 0},
    [PARAM_PMAX] = {"pmax", "array.pmax", 0, 0, 0},
    [PARAM_PMIN] = {"pmin", "array.pmin", 0, 0, 0},
    [PARAM_KERNEL] = {"K", NULL, 1, 1, INT64_MAX},
    [PARAM_SIZE] = {"O", NULL, 1, 1, INT64_MAX},
    [PARAM_STRIDE] = {"S", NULL, 1, 1, INT64_MAX},
    [PARAM_IN] = {"IC", NULL, 0, 1, INT64_MAX},
    [PARAM_OUT] = {"OC", NULL, 0, 1, INT64_MAX},
    [PARAM_BATCH] = {"B", NULL, 16, 1, INT64_MAX},
    [PARAM_IM2COL] = {"im2col", NULL, 0, 0, 1},
    [PARAM_BITS_A] = {"bits_a", NULL, 8, 1, 64},
    [PARAM_BITS_W] = {"bits_w", NULL, 8, 1, 64},
};

const char *layer_param_name(enum layer_param p)
{
    return params[p].name;
}

/* Equal but for '-' and '_'. */
static bool same_name(const char *a, const char *b)
{
    for (; *a != '\0' && (*a == *b || (*a == '-' && *b == '_')); a++, b++)
        continue;
    return *a == '\0' && *b == '\0';
}

enum status layer_param_find(enum layer_param *out, const char *name)
{
    for (int i = 0; i < LAYER_PARAMS_COUNT; i++) {
        if (!same_name(name, params[i].name)) continue;
        *out = (enum layer_param)i;
        return STATUS_OK;
    }
    return table_unknown("parameter", name, params, sizeof *params, LAYER_PARAMS_COUNT);
}

void cost_layer_init(struct cost_layer *l, const struct hardware *h)
{
    *l = (struct cost_layer){.hardware = *h};
    for (int i = 0; i < LAYER_PARAMS_COUNT; i++)
        l->shape[i] = params[i].standard;
}

enum status cost_layer_set(struct cost_layer *l, enum layer_param p, const char *text)
{
    const struct param_row *row = &params[p];
    int64_t value = 0;

    if (row->knob != NULL) {
        const enum status status = hardware_set(&l->hardware, row->knob, text);
        return status == STATUS_OK ? status : status_fail(status, "%s: %s", row->name, status_detail());
    }
    const enum text_number is = text_whole(&value, text);
    if (is == TEXT_NO_NUMBER)
        return status_fail(STATUS_INPUT, "%s: '%s' is not a whole number", row->name, text);
    if (is == TEXT_TOO_LARGE || value < row->least || value > row->most)
        return status_fail(STATUS_INPUT, "%s: %s is out of range; want %" PRId64 " to %" PRId64, row->name,
                           text, row->least, row->most);
    l->shape[p] = value;
    return STATUS_OK;
}

static enum status make_nest(struct nest *out, const struct cost_layer *l)
{
    const int64_t *s = l->shape;

    if (s[PARAM_IN] == 0 || s[PARAM_OUT] == 0)
        return status_fail(STATUS_INPUT, "a layer has input and output channels: want IC=N and OC=N");
    *out = (struct nest){.batch = s[PARAM_BATCH],
                         .in_c = s[PARAM_IN],
                         .out_c = s[PARAM_OUT],
                         .out_h = s[PARAM_SIZE],
                         .out_w = s[PARAM_SIZE],
                         .kernel_h = s[PARAM_KERNEL],
                         .kernel_w = s[PARAM_KERNEL],
                         .stride = s[PARAM_STRIDE],
                         .instances = 1,
                         .input_bits = (int)s[PARAM_BITS_A],
                         .weight_bits = (int)s[PARAM_BITS_W],
                         .from_input = s[PARAM_IM2COL] != 0};
    return nest_check(out, "given");
}

/* --- results ------------------------------------------------------------------------------------------ */

int cells_find(const struct cells *c, const char *name)
{
    for (int i = 0; i < c->count; i++)
        if (strcmp(c->cell[i].name, name) == 0) return i;
    return -1;
}

static struct cell *cells_add(struct cells *c, const char *name, enum cell_kind kind)
{
    assert(c->count < CELLS_MAX);
    struct cell *cell = &c->cell[c->count++];
    *cell = (struct cell){.name = name, .kind = kind};
    return cell;
}

static void add_integer(struct cells *c, const char *name, int64_t value)
{
    struct cell *cell = cells_add(c, name, CELL_INTEGER);
    snprintf(cell->text, sizeof cell->text, "%" PRId64, value);
}

static void add_number(struct cells *c, const char *name, double value)
{
    struct cell *cell = cells_add(c, name, CELL_NUMBER);
    cell->number = value;
    snprintf(cell->text, sizeof cell->text, "%.6g", value);
}

/* Counts are whole, but for products of other widths than eight bits and seconds. */
static void add_count(struct cells *c, const char *name, double value)
{
    struct cell *cell = cells_add(c, name, CELL_NUMBER);
    cell->number = value;
    snprintf(cell->text, sizeof cell->text, "%.12g", value);
}

static void add_params(struct cells *c, const struct cost_layer *l)
{
    const struct knob *k;

    for (int p = 0; p < LAYER_PARAMS_COUNT; p++) {
        if (params[p].knob == NULL) {
            add_integer(c, params[p].name, l->shape[p]);
            continue;
        }
        struct cell *cell = cells_add(c, params[p].name, CELL_NUMBER);
        for (int i = 0; (k = hardware_knob(i)) != NULL; i++) {
            if (strcmp(k->path, params[p].knob) != 0) continue;
            hardware_value(cell->text, sizeof cell->text, &l->hardware, i);
            cell->number = hardware_number(&l->hardware, i);
        }
    }
}

/* Energy of the components of a part in nanojoules, as the reference file has it. */
static double nanojoules(const struct counts *c, const struct prices *p, int first, int last)
{
    double pj = 0;

    for (int i = first; i <= last; i++)
        pj += c->of[i] * p->pj[i];
    return pj / 1e3;
}

static void add_bitfusion_counts(struct cells *out, const struct bitfusion_counts *c)
{
    add_integer(out, "cycles", c->cycles);
    add_integer(out, "mem_stall_cycles", c->stall_cycles);
    add_integer(out, "ibuf_read_bits", c->input_read);
    add_integer(out, "ibuf_write_bits", c->input_write);
    add_integer(out, "wbuf_read_bits", c->weight_read);
    add_integer(out, "wbuf_write_bits", c->weight_write);
    add_integer(out, "obuf_read_bits", c->output_read);
    add_integer(out, "obuf_write_bits", c->output_write);
    add_integer(out, "dram_read_bits", c->dram_read);
    add_integer(out, "dram_write_bits", c->dram_write);
}

/* What the reference file has columns for, and what it leaves out: hops and leakage, zero as released. */
static void add_bitfusion_energy(struct cells *out, const struct bitfusion_result *r, const struct prices *p)
{
    struct counts c = {0};

    bitfusion_add(&c, &r->counts, 1);
    add_number(out, "e_core_nJ", nanojoules(&c, p, COST_MULTIPLY, COST_IDLE));
    add_number(out, "e_wbuf_nJ", nanojoules(&c, p, COST_WEIGHT_READ, COST_WEIGHT_WRITE));
    add_number(out, "e_ibuf_nJ", nanojoules(&c, p, COST_INPUT_READ, COST_INPUT_WRITE));
    add_number(out, "e_obuf_nJ", nanojoules(&c, p, COST_OUTPUT_READ, COST_OUTPUT_WRITE));
    add_number(out, "e_dram_nJ", nanojoules(&c, p, COST_DRAM_READ, COST_DRAM_WRITE));
    add_number(out, "e_noc_nJ", nanojoules(&c, p, COST_NETWORK, COST_NETWORK));
    add_number(out, "e_static_nJ", nanojoules(&c, p, COST_LEAKAGE, COST_HOST));
    add_number(out, "e_total_nJ", r->energy_pj / 1e3);
}

static enum status price_bitfusion(struct cells *out, const struct nest *n, const struct hardware *h,
                                   const struct prices *p)
{
    struct bitfusion_layer layer;
    struct bitfusion_machine machine;
    struct bitfusion_result r;

    TRY(bitfusion_describe(&layer, &machine, n, h, p));
    TRY(bitfusion_search(&r, &layer, &machine));
    add_bitfusion_counts(out, &r.counts);
    add_bitfusion_energy(out, &r, p);
    struct cell *cell = cells_add(out, "tiling", CELL_TEXT);
    bitfusion_tiling(cell->text, sizeof cell->text, &r.mapping);
    cell = cells_add(out, "loop_order_outer_to_inner", CELL_TEXT);
    bitfusion_order(cell->text, sizeof cell->text, &r.mapping);
    return STATUS_OK;
}

/* Any back end: its counts under the names of their components, its energy by part. */
static enum status price_nest(struct cells *out, const struct nest *n, const struct hardware *h,
                              const struct prices *p, const char *mapping)
{
    static const char *const parts[PARTS] = {"e_core_nJ",   "e_register_nJ", "e_network_nJ",
                                             "e_buffer_nJ", "e_dram_nJ",     "e_static_nJ"};
    struct counts c;
    double joules[PARTS];

    TRY(mapping != NULL ? loopnest_given(&c, n, h, p, mapping) : backend_count(&c, n, h, p));
    add_count(out, "bitops", c.bitops);
    add_count(out, "cycles", c.cycles);
    add_count(out, "stall_cycles", c.stall_cycles);
    for (int i = 0; i < COST_COMPONENTS; i++)
        add_count(out, component_of((enum component)i)->name, c.of[i]);
    counts_parts(joules, &c, p);
    for (int i = 0; i < PARTS; i++)
        add_number(out, parts[i], joules[i] * 1e9);
    add_number(out, "e_total_nJ", counts_energy(&c, p) * 1e9);
    return STATUS_OK;
}

enum status cost_layer_check(const struct cost_layer *l)
{
    struct nest n;

    if (l->mapping != NULL && l->hardware.array.backend != &loopnest_backend)
        return status_fail(STATUS_INPUT,
                           "--mapping is for the back end loopnest, not %s; add --backend loopnest",
                           l->hardware.array.backend->name);
    TRY(make_nest(&n, l));
    return hardware_check(&l->hardware);
}

enum status cost_layer_price(struct cells *out, const struct cost_layer *l)
{
    const struct constants k = constants_nominal();
    const struct hardware *h = &l->hardware;
    struct prices p;
    struct nest n;

    out->count = 0;
    TRY(make_nest(&n, l));
    TRY(hardware_check(h));
    prices_make(&p, h, &k);
    add_params(out, l);
    add_integer(out, "macs", (int64_t)nest_macs(&n));
    if (h->array.backend->count == bitfusion_count) return price_bitfusion(out, &n, h, &p);
    return price_nest(out, &n, h, &p, l->mapping);
}
