/* experiments/record/record_layers.c - /layers: what the network's products are, and what their
 * quantizers saw. */
#include "experiments/record/record_inside.h"
#include "quant/try.h"
#include "sim/layers/params.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- columns ------------------------------------------------------------------------------------------ */

/** One layer in one row. Every value has four bytes: the row holds [column][layer]. */
struct layer_values {
    float weight_min, weight_max, act_min, act_max, err_min, err_max;
    uint32_t weight_clip, weight_floor, act_clip, act_floor, err_clip, err_floor;
};

enum { VALUE_BYTES = 4 };

struct value_column {
    const char *name;
    enum store_type type;
    size_t offset; /* in struct layer_values */
    const char *title, *description;
};

/* To add a value: a field above, its row here, its line in values_of. */
#define AT(field) offsetof(struct layer_values, field)
static const struct value_column value_columns[] = {
    {"weight/min", STORE_F32, AT(weight_min), "smallest weight", NULL},
    {"weight/max", STORE_F32, AT(weight_max), "largest weight", NULL},
    {"weight/clip", STORE_U32, AT(weight_clip), "clipped weights",
     "moved by the clamp by more than rounding does"},
    {"weight/floor", STORE_U32, AT(weight_floor), "floored channels", "whose scale is the recipe's floor"},
    {"act/min", STORE_F32, AT(act_min), "smallest input", NULL},
    {"act/max", STORE_F32, AT(act_max), "largest input", NULL},
    {"act/clip", STORE_U32, AT(act_clip), "clipped inputs", "moved by the clamp by more than rounding does"},
    {"act/floor", STORE_U32, AT(act_floor), "floored input", "1: the scale is the recipe's floor"},
    {"err/min", STORE_F32, AT(err_min), "smallest error", "gradient of the layer's output"},
    {"err/max", STORE_F32, AT(err_max), "largest error", "gradient of the layer's output"},
    {"err/clip", STORE_U32, AT(err_clip), "clipped errors", "moved by the clamp by more than rounding does"},
    {"err/floor", STORE_U32, AT(err_floor), "floored error", "1: the scale is the recipe's floor"},
};
enum { VALUES = sizeof value_columns / sizeof *value_columns, COLUMNS = VALUES + 1 };

#undef AT
/** What a layer is: one row of the data sets [L]. */
struct fact_row {
    char name[NAME_LENGTH], type[NAME_LENGTH];
    int64_t params, inputs, outputs;
    double macs;
    uint8_t quantized;
};

#define AT(field) offsetof(struct fact_row, field)
static const struct store_column fact_columns[] = {
    {"name", STORE_TEXT, NAME_LENGTH, AT(name), "1", "layer", NULL, 0},
    {"type", STORE_TEXT, NAME_LENGTH, AT(type), "1", "type of layer", NULL, 0},
    {"params", STORE_I64, 0, AT(params), "1", "parameters", NULL, 0},
    {"input_size", STORE_I64, 0, AT(inputs), "1", "values of one input", "of one image", 0},
    {"output_size", STORE_I64, 0, AT(outputs), "1", "values of one output", "of one image", 0},
    {"macs", STORE_F64, 0, AT(macs), "1", "multiply-accumulates", "of one image, forward", 0},
    {"is_quantized", STORE_U8, 0, AT(quantized), "1", "quantized", "1: takes part in the precision schedule",
     0},
};
enum { FACTS = sizeof fact_columns / sizeof *fact_columns };

/* A layer that is not quantized measures no ranges. */
static struct layer_values values_of(const struct layer *l, struct device *d)
{
    struct layer_trace trace, *t = &trace;

    if (!l->quantized) return (struct layer_values){NAN, NAN, NAN, NAN, NAN, NAN, 0, 0, 0, 0, 0, 0};
    d->ops->get(d, &trace, l->trace, sizeof trace);
    return (struct layer_values){
        .weight_min = t->weight.lo,
        .weight_max = t->weight.hi,
        .act_min = t->activation.lo,
        .act_max = t->activation.hi,
        .err_min = t->error.lo,
        .err_max = t->error.hi,
        .weight_clip = (uint32_t)t->clipped_weight,
        .weight_floor = (uint32_t)t->floored_channels,
        .act_clip = (uint32_t)t->clipped_activation,
        .act_floor = t->floored_activation,
        .err_clip = (uint32_t)t->clipped_error,
        .err_floor = t->floored_error,
    };
}

/* --- open --------------------------------------------------------------------------------------------- */

static enum status find_layers(struct layer_table *t, const struct graph *g)
{
    t->node = calloc((size_t)g->count + 1, sizeof *t->node);
    if (t->node == NULL) return status_fail(STATUS_NOMEM, "no memory for a table of %d layers", g->count);
    for (int i = 0; i < g->count; i++)
        if (g->nodes[i].layer->quantized || layer_facts_of(g->nodes[i].layer).macs > 0)
            t->node[t->count++] = i;
    t->row = calloc(1, sizeof(int64_t) + (size_t)t->count * VALUES * VALUE_BYTES);
    return t->row != NULL ? STATUS_OK
                          : status_fail(STATUS_NOMEM, "no memory for a row of %d layers", t->count);
}

static enum status write_facts(struct record *r, const struct graph *g)
{
    struct store_series *facts;

    TRY(store_series_open(&facts, r->store, RECORD_LAYERS, fact_columns, FACTS));
    for (int i = 0; i < r->layers.count; i++) {
        const struct layer *l = g->nodes[r->layers.node[i]].layer;
        struct fact_row row = {.inputs = (int64_t)shape_size(l->in),
                               .outputs = (int64_t)shape_size(l->out),
                               .params = (int64_t)params_of_layer(l),
                               .macs = layer_facts_of(l).macs,
                               .quantized = l->quantized};
        snprintf(row.name, sizeof row.name, "%s", l->name);
        snprintf(row.type, sizeof row.type, "%s", l->type->name);
        TRY(store_series_append(facts, &row));
    }
    return STATUS_OK;
}

enum status record_layers_open(struct record *r, const struct graph *g, bool fresh)
{
    struct layer_table *t = &r->layers;
    struct store_column columns[COLUMNS] = {
        {.name = "iter", .type = STORE_I64, .units = "1", .title = "iteration"}};

    TRY(find_layers(t, g));
    TRY(store_group(r->store, RECORD_LAYERS));
    if (fresh) TRY(write_facts(r, g));
    if (t->count == 0) return STATUS_OK; /* nothing in this network multiplies */
    for (int i = 0; i < VALUES; i++)
        columns[i + 1] =
            (struct store_column){.name = value_columns[i].name,
                                  .type = value_columns[i].type,
                                  .width = t->count,
                                  .offset = sizeof(int64_t) + (size_t)(i * t->count) * VALUE_BYTES,
                                  .units = "1",
                                  .title = value_columns[i].title,
                                  .description = value_columns[i].description};
    return store_series_open(&t->series, r->store, RECORD_LAYERS, columns, COLUMNS);
}

/* --- grow --------------------------------------------------------------------------------------------- */

enum status record_layers(struct record *r, const struct graph *g, int64_t iteration)
{
    struct layer_table *t = &r->layers;

    if (t->series == NULL) return STATUS_OK;
    memcpy(t->row, &iteration, sizeof iteration);
    for (int l = 0; l < t->count; l++) {
        const struct layer_values values = values_of(g->nodes[t->node[l]].layer, g->plan.device);
        for (int i = 0; i < VALUES; i++)
            memcpy(t->row + sizeof iteration + (size_t)(i * t->count + l) * VALUE_BYTES,
                   (const unsigned char *)&values + value_columns[i].offset, VALUE_BYTES);
    }
    return store_series_append(t->series, t->row);
}

enum status record_layers_rewind(struct record *r, int64_t iteration)
{
    int64_t rows;

    if (r->layers.series == NULL) return STATUS_OK;
    TRY(store_series_below(&rows, r->layers.series, iteration));
    return store_series_truncate(r->layers.series, rows);
}

void record_layers_free(struct layer_table *t)
{
    free(t->node);
    free(t->row);
}
