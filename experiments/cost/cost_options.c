/* experiments/cost/cost_options.c - from the words of a command line to a case that can be priced. */
#include "experiments/cost/cost_options.h"
#include "experiments/config/config_keys.h"
#include "experiments/cost/cost_network.h"
#include "experiments/cost/cost_roles.h"
#include "experiments/config/hardware_file.h"
#include "quant/try.h"
#include "sim/base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- reading argv ------------------------------------------------------------------------------------- */

void cost_words_add(struct cost_words *words, const char *word, struct argp_state *state)
{
    if (words->count == COST_LIST_MAX)
        argp_error(state, "'%s': more than %d of a kind are given", word, COST_LIST_MAX);
    words->word[words->count++] = word;
}

enum { KEY_HARDWARE = 'H', KEY_BACKEND = 'k', KEY_SET = 'S' };

static const struct argp_option hardware_rows[] = {
    {"hardware", KEY_HARDWARE, "NAME|FILE", 0,
     "a preset of `cptsim list hardware`, or a file of knobs (bitfusion)", 0},
    {"backend", KEY_BACKEND, "NAME", 0, "another cost model for it: `cptsim list backends`", 0},
    {"set", KEY_SET, "KNOB=VALUE", 0, "change a knob of it, of `cptsim list knobs`; may be repeated", 0},
    {0},
};

static error_t parse_hardware(int key, char *arg, struct argp_state *state)
{
    struct hardware_options *o = state->input;
    switch (key) {
    case KEY_HARDWARE:
        o->name = arg;
        return 0;
    case KEY_BACKEND:
        o->backend = arg;
        return 0;
    case KEY_SET:
        cost_words_add(&o->set, arg, state);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

const struct argp hardware_argp = {hardware_rows, parse_hardware, NULL, NULL, NULL, NULL, NULL};

enum {
    KEY_MODEL = 'm',
    KEY_LAYERS = 'l',
    KEY_DATA = 'd',
    KEY_RECIPE = 'R',
    KEY_TYPE = 's',
    KEY_BACKWARD = 'g',
    KEY_BATCH = 'B',
    KEY_IMAGES = 'n',
    KEY_CONVENTION = 'C',
    KEY_RUN = 'r' + 256, /* r is --remainder's */
};

static const struct argp_option rows[] = {
    {"model", KEY_MODEL, "NAME", 0, "the network, also without an option before it", 1},
    {"layers", KEY_LAYERS, "FILE", 0, "a file of layer shapes instead: layer,count,K,O,S,IC,OC", 1},
    {"data", KEY_DATA, "NAME", 0, "the images' shape and classes (cifar100)", 1},
    {"dataset", 0, 0, OPTION_ALIAS, 0, 1},
    {"recipe", KEY_RECIPE, "NAME", 0, "which layers stay float32 (cpt; of imagenet cpt-imagenet)", 1},
    {"schedule", KEY_TYPE, "NAME", 0, "forward precision schedule (cosine)", 1},
    {"backward", KEY_BACKWARD, "LO:HI", 0, "widths of the errors (8); a range follows the same schedule", 1},
    {"grad-bits", 0, 0, OPTION_ALIAS, 0, 1},
    {"batch", KEY_BATCH, "N", 0, "examples in an iteration (128)", 1},
    {"images", KEY_IMAGES, "N", 0,
     "length of the run in training images instead of iterations; the last batch may be smaller", 1},
    {"run", KEY_RUN, "RUNDIR", 0,
     "price a record by the widths and batches that it trained at; may be repeated", 2},
    {"convention", KEY_CONVENTION, "NAME", 0,
     "paper (default): every layer at the scheduled widths, two operations more for every batch-norm output; "
     "true: what is done, with layers that stay float32 at 32 bits and no backward-data product in the first",
     2},
    {0},
};

/* The field of an option that only a run without a record has; NULL for the others. */
static const char **own_field(struct cost_options *o, int key)
{
    switch (key) {
    case KEY_LAYERS:
        return &o->layers;
    case KEY_DATA:
        return &o->data;
    case KEY_RECIPE:
        return &o->recipe;
    case KEY_TYPE:
        return &o->type;
    case KEY_BACKWARD:
        return &o->backward;
    case KEY_BATCH:
        return &o->batch;
    case KEY_IMAGES:
        return &o->images;
    case KEY_MODEL:
    case ARGP_KEY_ARG:
        o->models++;
        return &o->model;
    default:
        return NULL;
    }
}

static error_t parse_cost(int key, char *arg, struct argp_state *state)
{
    struct cost_options *o = state->input;
    const char **own = own_field(o, key);

    if (own != NULL) {
        *own = arg;
        o->own = true;
        return 0;
    }
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &o->schedule;
        state->child_inputs[1] = &o->hardware;
        return 0;
    case KEY_CONVENTION:
        o->convention = arg;
        return 0;
    case KEY_RUN:
        cost_words_add(&o->runs, arg, state);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_child children[] = {{&schedule_argp, 0, NULL, 1}, {&hardware_argp, 0, NULL, 2}, {0}};

const struct argp cost_argp = {rows, parse_cost, NULL, NULL, children, NULL, NULL};

/* --- hardware ----------------------------------------------------------------------------------------- */

enum status hardware_options_read(struct hardware *out, const struct hardware_options *o)
{
    struct cost_words set = o->set;
    char backend[96] = "array.backend=";
    const size_t at = strlen(backend);

    if (o->backend != NULL) {
        TRY(status_usage(
            text_copy(backend + at, sizeof backend - at, "--backend", o->backend, strlen(o->backend))));
        if (set.count == COST_LIST_MAX)
            return status_fail(STATUS_USAGE, "--set is given more than %d times", set.count);
        set.word[set.count++] = backend;
    }
    return hardware_load(out, o->name != NULL ? o->name : "bitfusion", set.word, set.count);
}

/* --- a network that is trained by a schedule ----------------------------------------------------------- */

/* How training moves through the widths. */
struct training {
    struct recipe recipe;
    struct schedule_spec forward, backward;
    int64_t iterations, rest; /* rest: images of the last iteration */
    int batch;
};

/* The length of the run: iterations, or images that fill some of them and a part of one more. */
static enum status read_length(struct training *t, const struct cost_options *o)
{
    static const struct key images = {.path = "--images", .kind = &kind_count, .min = 1, .max = 1e15};
    int64_t count = 0;

    t->rest = t->batch;
    if (o->images == NULL) return STATUS_OK;
    if (o->schedule.iterations != NULL)
        return status_fail(STATUS_USAGE,
                           "--images and --iterations both say how long the run is; want one of them");
    TRY(option_read(&count, &images, o->images));
    t->iterations = (count + t->batch - 1) / t->batch;
    t->rest = count - (t->iterations - 1) * t->batch;
    if (t->iterations > UINT32_MAX)
        return status_fail(STATUS_USAGE, "--images: %s are more than 2^32 iterations of %d", o->images,
                           t->batch);
    return STATUS_OK;
}

static const char *data_of(const struct cost_options *o)
{
    return o->data != NULL ? o->data : "cifar100";
}

/* The recipe of the published code for a data set; a layer file says itself what is quantized. */
static const char *recipe_of(const struct cost_options *o)
{
    static const struct {
        const char *data, *recipe;
    } published[] = {{"imagenet", "cpt-imagenet"}};

    if (o->recipe != NULL) return o->recipe;
    for (size_t i = 0; i < sizeof published / sizeof *published; i++)
        if (strcmp(data_of(o), published[i].data) == 0) return published[i].recipe;
    return "cpt";
}

static enum status read_training(struct training *t, const struct cost_options *o)
{
    static const struct key recipe = {.path = "--recipe", .kind = &kind_recipe};
    static const struct key type = {.path = "--schedule", .kind = &kind_schedule};
    static const struct key backward = {.path = "--backward", .kind = &kind_bits};
    static const struct key batch = {.path = "--batch", .kind = &kind_integer, .min = 1, .max = 65536};

    *t = (struct training){.batch = 128,
                           .iterations = 64000,
                           .forward = {.bits_min = 3, .bits_max = 8, .cycles = 32},
                           .backward = {.bits_min = 8, .bits_max = 8}};
    TRY(option_read(&t->recipe, &recipe, recipe_of(o)));
    TRY(option_read(&t->forward.type, &type, o->type ? o->type : "cosine"));
    TRY(schedule_options_read(&t->forward, &t->iterations, &o->schedule));
    TRY(option_read(&t->backward, &backward, o->backward));
    TRY(option_read(&t->batch, &batch, o->batch));
    TRY(read_length(t, o));
    t->backward.cycles = t->forward.cycles;
    t->backward.remainder = t->forward.remainder;
    t->backward.type = t->forward.type;
    if (!t->recipe.quantize) {
        t->forward.bits_min = t->forward.bits_max = 0;
        t->backward.bits_min = t->backward.bits_max = 0;
    }
    TRY(status_usage(schedule_check_known(&t->forward, "forward")));
    TRY(status_usage(schedule_check(&t->forward, t->iterations, "forward")));
    return status_usage(schedule_check(&t->backward, t->iterations, "backward"));
}

/* Move the last iteration, which has fewer images, to a row of its own. */
static enum status shorten_last(struct histogram *h, const struct training *t)
{
    const struct schedule_point last = {
        .iteration = t->iterations - 1, .iterations = t->iterations, .layer = -1, .loss = __builtin_nan("")};
    const struct operands bits =
        operands_of(schedule_bits(&t->forward, &last), schedule_bits(&t->backward, &last));

    if (t->rest == t->batch) return STATUS_OK;
    TRY(histogram_add(h, bits, t->rest, 1));
    for (int i = 0; i < h->count; i++)
        if (operands_equal(h->rows[i].layer[0], bits) && h->rows[i].images == t->batch)
            h->rows[i].iterations--;
    return STATUS_OK;
}

static void label(struct cost_case *c, const struct training *t, const struct cost_options *o)
{
    struct cost_labels *l = &c->labels;

    snprintf(l->run, sizeof l->run, "%s", c->workload.name);
    snprintf(l->model, sizeof l->model, "%s", c->workload.name);
    snprintf(l->data, sizeof l->data, "%s", o->layers ? "" : data_of(o));
    snprintf(l->recipe, sizeof l->recipe, "%s", o->layers ? "" : t->recipe.name); /* the file says it */
    snprintf(l->schedule, sizeof l->schedule, "%s", t->forward.type->name);
    cost_label_bits(l->bits, t->forward.bits_min, t->forward.bits_max);
    cost_label_bits(l->backward_bits, t->backward.bits_min, t->backward.bits_max);
    l->cycles = t->forward.cycles;
    l->batch = t->batch;
}

static enum status read_network(struct cost_case *c, const struct recipe *recipe,
                                const struct cost_options *o)
{
    struct network n = {.model = o->model, .recipe = recipe};

    if (o->layers != NULL) return workload_read(&c->workload, o->layers);
    TRY(status_usage(network_data(&n, data_of(o))));
    return status_usage(network_workload(&c->workload, &n));
}

static enum status read_case(struct cost_case *c, const struct cost_options *o)
{
    struct training t;

    TRY(read_training(&t, o));
    TRY(read_network(c, &t.recipe, o));
    TRY(histogram_of_schedules(&c->run, t.iterations, t.batch, &t.forward, &t.backward));
    TRY(shorten_last(&c->run, &t));
    label(c, &t, o);
    return STATUS_OK;
}

/* --- any case ----------------------------------------------------------------------------------------- */

enum status cost_options_count(int *count, const struct cost_options *o)
{
    const struct schedule_options *s = &o->schedule;
    const bool own = o->own || s->bits || s->iterations || s->cycles || s->remainder;

    *count = o->runs.count > 0 ? o->runs.count : 1;
    if (o->runs.count > 0 && own)
        return status_fail(STATUS_USAGE,
                           "a record has a model, data and widths of its own: beside --run only "
                           "hardware and convention can be chosen");
    if (o->runs.count > 0) return STATUS_OK;
    if (o->layers != NULL && o->models > 0)
        return status_fail(STATUS_USAGE, "--layers and a model both say what is trained; want one of them");
    if (o->layers != NULL && o->data != NULL)
        return status_fail(STATUS_USAGE, "--layers has shapes of its own; --data belongs to a model");
    if (o->layers == NULL && o->models != 1)
        return status_fail(STATUS_USAGE,
                           "cost takes one model, --layers FILE or --run RUNDIR; see cptsim cost --help");
    return STATUS_OK;
}

enum status cost_options_case(struct cost_case *out, const struct cost_options *o, int i)
{
    enum status status;

    *out = (struct cost_case){.constants = constants_nominal(), .convention = CONVENTION_PAPER};
    if (o->convention != NULL) TRY(status_usage(convention_find(&out->convention, o->convention)));
    TRY(hardware_options_read(&out->hardware, &o->hardware));
    status = o->runs.count > 0 ? cost_record_read(out, o->runs.word[i]) : read_case(out, o);
    if (status == STATUS_OK) cost_roles_note(stderr, &out->roles, out->labels.run);
    if (status == STATUS_OK) status = histogram_at_the_top(&out->top, &out->run);
    if (status != STATUS_OK) cost_case_free(out);
    return status;
}
