/* experiments/cost/cost_network.c - networks by name, and what a record says that it trained. */
#include "experiments/cost/cost_network.h"
#include "experiments/record/artifact.h"
#include "experiments/record/record_read.h"
#include "experiments/config/config.h"
#include "experiments/cost/cost_roles.h"

#include "models/model.h"
#include "quant/try.h"
#include "sim/base/text.h"
#include "sim/method/widths.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void cost_label_bits(char out[16], int least, int most)
{
    if (most == 0) {
        snprintf(out, 16, "float32");
    } else if (least == most) {
        snprintf(out, 16, "%d", most);
    } else {
        snprintf(out, 16, "%d:%d", least, most);
    }
}

/* --- a network by name -------------------------------------------------------------------------------- */

enum status network_data(struct network *n, const char *name)
{
    const struct dataset_row *row;

    TRY(dataset_find(&row, name));
    if (row->classes == 0)
        return status_fail(
            STATUS_USAGE,
            "data set '%s': its size and classes are known from its files alone; want the record of a run "
            "(--run), or a data set of a known size (--data cifar10)",
            name);
    n->shape = row->shape;
    n->classes = row->classes;
    return STATUS_OK;
}

enum status network_workload(struct workload *out, const struct network *n)
{
    const struct model_type *type;
    struct graph g = {0};

    enum status status = model_build(&type, &g, n->model, n->shape, n->classes, n->recipe);
    if (status == STATUS_OK) status = workload_of_graph(out, &g, n->model);
    graph_free(&g);
    return status;
}

/* --- a record ----------------------------------------------------------------------------------------- */

enum { SIZE_MOST = 65535 };

static bool is_size(int64_t n)
{
    return n >= 1 && n <= SIZE_MOST;
}

/* The shape of the images as the run saw them, or else as the data set of that name has them today. */
static enum status read_shape(struct network *n, struct store *s, const char *data)
{
    static const char *const path = RECORD_DATASET;
    char text[48];
    int64_t classes;

    if (!store_has(s, path)) return network_data(n, data);
    TRY(store_get_text(text, sizeof text, s, path, "shape"));
    TRY(store_get_integer(&classes, s, path, "classes"));
    if (sscanf(text, "%9d %9d %9d", &n->shape.h, &n->shape.w, &n->shape.c) != 3 || !is_size(n->shape.h) ||
        !is_size(n->shape.w) || !is_size(n->shape.c) || !is_size(classes))
        return status_fail(
            STATUS_INPUT,
            "%s: %s: the shape is '%s' and there are %lld classes; want height, width, channels and "
            "classes of 1 to %d",
            store_path(s), path, text, (long long)classes, SIZE_MOST);
    n->classes = (int)classes;
    return STATUS_OK;
}

enum { FORWARD, BACKWARD, IMAGES, COLUMNS };

static enum status add_rows(struct histogram *h, struct store *s, int64_t *const column[COLUMNS],
                            int64_t rows)
{
    const int64_t *const forward = column[FORWARD], *const backward = column[BACKWARD];
    const int64_t *const images = column[IMAGES];

    for (int64_t i = 0; i < rows; i++) {
        if (!width_known(forward[i]) || !width_known(backward[i]) || images[i] < 1 || images[i] > INT32_MAX)
            return status_fail(STATUS_INPUT, "%s: train: iteration %lld has %lld/%lld bits and %lld images",
                               store_path(s), (long long)i, (long long)forward[i], (long long)backward[i],
                               (long long)images[i]);
        TRY(histogram_add(h, operands_of((int)forward[i], (int)backward[i]), images[i], 1));
    }
    return STATUS_OK;
}

/* The same where each layer had widths of its own. */
static enum status add_layer_rows(struct histogram *h, struct store *s, const struct record_layer_widths *w,
                                  const int64_t *images, int layers)
{
    struct operands *bits = calloc((size_t)layers + 1, sizeof *bits);
    enum status status = STATUS_OK;

    if (bits == NULL) return status_fail(STATUS_NOMEM, "no memory for the widths of %d layers", layers);
    if (w->layers != layers)
        status = status_fail(STATUS_INPUT, "%s: %s: has widths of %d layers, but its network has %d",
                             store_path(s), RECORD_WIDTHS, w->layers, layers);
    for (int64_t i = 0; i < w->iterations && status == STATUS_OK; i++) {
        for (int l = 0; l < layers; l++)
            bits[l] = operands_of(w->layer[i * layers + l].forward, w->layer[i * layers + l].backward);
        status = histogram_add_layers(h, bits, layers, images[i], 1);
    }
    free(bits);
    return status;
}

/* *by_layer: the record says what each layer ran at, and the rows are added. */
static enum status read_layers(struct histogram *h, bool *by_layer, struct store *s, const int64_t *images,
                               int layers)
{
    struct record_layer_widths w;

    TRY(record_read_widths(&w, s));
    *by_layer = w.found;
    const enum status status = w.found ? add_layer_rows(h, s, &w, images, layers) : STATUS_OK;
    record_release_widths(&w);
    return status;
}

/* Iterations as they were trained, by a network of so many layers. */
static enum status read_iterations(struct histogram *h, struct store *s, int layers)
{
    static const enum record_column columns[COLUMNS] = {
        [FORWARD] = RECORD_FORWARD_BITS, [BACKWARD] = RECORD_BACKWARD_BITS, [IMAGES] = RECORD_IMAGES};
    int64_t *column[COLUMNS] = {NULL}, rows[COLUMNS];
    enum status status = STATUS_OK;
    bool by_layer = false;

    for (int i = 0; i < COLUMNS && status == STATUS_OK; i++)
        status = record_read_integers(&column[i], &rows[i], s, columns[i]);
    for (int i = 1; i < COLUMNS && status == STATUS_OK; i++)
        if (rows[i] != rows[0])
            status = status_fail(
                STATUS_INPUT, "%s: '%s' and '%s' have different numbers of rows; see cptsim doctor",
                store_path(s), record_train_columns[columns[i]].name, record_train_columns[columns[0]].name);
    if (status == STATUS_OK && rows[0] == 0)
        status = status_fail(STATUS_INPUT, "%s: has no iterations yet", store_path(s));
    if (status == STATUS_OK) status = read_layers(h, &by_layer, s, column[IMAGES], layers);
    if (status == STATUS_OK && !by_layer) status = add_rows(h, s, column, rows[0]);
    for (int i = 0; i < COLUMNS; i++)
        free(column[i]);
    return status;
}

static enum status label(struct cost_case *c, const struct config *config, const char *path)
{
    struct cost_labels *l = &c->labels;
    struct operands least = c->run.rows[0].layer[0], most = least;

    for (int i = 0; i < c->run.count; i++)
        for (int j = 0; j < c->run.rows[i].layers; j++) {
            const struct operands bits = c->run.rows[i].layer[j];
            if (bits.activation < least.activation) least.activation = bits.activation;
            if (bits.activation > most.activation) most.activation = bits.activation;
            if (bits.error < least.error) least.error = bits.error;
            if (bits.error > most.error) most.error = bits.error;
        }
    TRY(text_copy(l->run, sizeof l->run, "--run", path, strlen(path)));
    snprintf(l->model, sizeof l->model, "%s", c->workload.name);
    snprintf(l->data, sizeof l->data, "%s", config->data.name);
    snprintf(l->recipe, sizeof l->recipe, "%s", config->train.recipe.name);
    snprintf(l->schedule, sizeof l->schedule, "%s", config->train.forward.type->name);
    cost_label_bits(l->bits, least.activation, most.activation);
    cost_label_bits(l->backward_bits, least.error, most.error);
    l->cycles = config->train.forward.cycles;
    l->batch = config->train.batch;
    return STATUS_OK;
}

static enum status read_record(struct cost_case *c, struct store *s, const char *path)
{
    struct config config;
    struct network n = {.model = config.model, .recipe = &config.train.recipe};

    TRY(artifact_config(&config, s));
    TRY(read_shape(&n, s, config.data.name));
    TRY(network_workload(&c->workload, &n));
    TRY(read_iterations(&c->run, s, c->workload.count));
    TRY(cost_roles_read(&c->roles, &c->run, &config.train.recipe));
    return label(c, &config, path);
}

enum status cost_record_read(struct cost_case *c, const char *path)
{
    struct artifact a;

    enum status status = artifact_open_run(&a, path);
    if (status == STATUS_OK) status = read_record(c, a.store, path);
    artifact_close(&a);
    return status;
}
