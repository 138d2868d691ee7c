/* experiments/config/config_keys.c - the table of an experiment file's keys. Defaults: the published
 * CIFAR recipe. */
#include "experiments/config/config_keys.h"

#include "sim/base/table.h"

#include <stddef.h>
#include <string.h>

#define AT(member) offsetof(struct config, member), sizeof(((struct config *)0)->member)
#define MOST       ((double)SCHEDULE_ITERATIONS_MOST)

/* A role's format; its meaning goes on behind "number format". */
#define ROLE_KEY(name, which, meaning)                                                                       \
    {                                                                                                        \
        "roles." name, &kind_role, AT(train.recipe.role[which]), "recipe", 0, 0, PART_IF_SET,                \
            "number format " meaning ": see `cptsim list roles`"                                             \
    }

static const struct key keys[] = {
    {"name", &kind_name, AT(name), "run", 0, 0, LABEL, "names the experiment and its folder under runs/"},
    {"arm", &kind_label, AT(arm), "", 0, 0, LABEL, "names the run within the experiment; see arms"},
    {"seed", &kind_seed, AT(train.seed), "1", 0, 0, PART_OF_THE_RUN, "names all randomness of the run"},
    {"model", &kind_name, AT(model), "resnet20", 0, 0, PART_OF_THE_RUN, "a row of `cptsim list models`"},
    {"recipe", &kind_recipe, AT(train.recipe), "cpt", 0, 0, PART_OF_THE_RUN,
     "a row of `cptsim list recipes`"},
    {"division", &kind_division, AT(train.recipe.division), "ieee", 0, 0, PART_OF_THE_RUN,
     "how range / levels is computed: as IEEE division, or times the reciprocal as on a GPU"},
    {"length", &kind_span, AT(length), "64000 iterations", 1e-6, MOST, PART_OF_THE_RUN,
     "of the run, as '64000 iterations' or '3 epochs'"},

    {"hardware", &kind_hardware, AT(hardware), "bitfusion", 0, 0, LABEL,
     "what energy and time are recorded for: a row of `cptsim list hardware`, a file, or none"},

    {"data.name", &kind_dataset, AT(data.name), "cifar10", 0, 0, PART_OF_THE_RUN,
     "a row of `cptsim list data`"},
    {"data.dir", &kind_path, AT(data.dir), "", 0, 0, LABEL, "folder of its files, if not the usual one"},
    {"data.train", &kind_limit, AT(data.train_limit), "all", 1, MOST, PART_OF_THE_RUN,
     "training images to use"},
    {"data.test", &kind_limit, AT(data.test_limit), "all", 1, MOST, PART_OF_THE_RUN, "test images to use"},
    {"data.validation", &kind_count, AT(data.validation), "0", 0, MOST, PART_OF_THE_RUN,
     "images held out of the training set"},
    {"data.split_seed", &kind_seed, AT(data.split_seed), "1", 0, 0, PART_OF_THE_RUN,
     "names which images are held out or used"},
    {"data.augment", &kind_augment, AT(train), "pad-crop-flip", 0, 0, PART_OF_THE_RUN,
     "random changes of training images"},
    {"data.pad", &kind_integer, AT(train.pad), "4", 0, 16, PART_OF_THE_RUN,
     "pixels of zeros around an image before it is cropped"},
    {"data.batch", &kind_integer, AT(train.batch), "128", 1, 65536, PART_OF_THE_RUN,
     "images of one iteration"},
    {"data.drop_last", &kind_switch, AT(train.drop_last), "false", 0, 0, PART_OF_THE_RUN,
     "leave out an epoch's last, smaller batch"},

    {"forward.schedule", &kind_schedule, AT(train.forward.type), "cosine", 0, 0, PART_OF_THE_RUN,
     "of weights and activations: a row of `cptsim list schedules`"},
    {"forward.bits", &kind_bits, AT(train.forward), "3:8", 0, 0, PART_OF_THE_RUN,
     "lowest and highest width, or one width"},
    {"forward.cycles", &kind_integer, AT(train.forward.cycles), "8", 1, 1e9, PART_OF_THE_RUN,
     "cycles in the run"},
    {"forward.remainder", &kind_remainder, AT(train.forward.remainder), "stretch", 0, 0, PART_OF_THE_RUN,
     "iterations that the cycles do not divide: end at the top, or fall back as published"},

    {"backward.schedule", &kind_schedule, AT(train.backward.type), "static", 0, 0, PART_OF_THE_RUN,
     "of errors: a row of `cptsim list schedules`"},
    {"backward.bits", &kind_bits, AT(train.backward), "8", 0, 0, PART_OF_THE_RUN,
     "lowest and highest width, or one width"},
    {"backward.cycles", &kind_integer, AT(train.backward.cycles), "1", 1, 1e9, PART_OF_THE_RUN,
     "cycles in the run"},
    {"backward.remainder", &kind_remainder, AT(train.backward.remainder), "stretch", 0, 0, PART_OF_THE_RUN,
     "as for forward"},

    ROLE_KEY("weight", ROLE_WEIGHT, "of the weights as products read them"),
    ROLE_KEY("activation", ROLE_ACTIVATION, "of the inputs of products"),
    ROLE_KEY("error", ROLE_ERROR, "of the gradients of products' outputs"),
    ROLE_KEY("gradient", ROLE_GRADIENT, "of the parameters' gradients"),
    ROLE_KEY("master", ROLE_MASTER, "of the parameters"),
    ROLE_KEY("momentum", ROLE_MOMENTUM, "of the optimizer's state"),
    ROLE_KEY("accumulator", ROLE_ACCUMULATOR, "of the sums within products"),

    {"learning_rate.policy", &kind_policy, AT(train.lr.type), "piecewise", 0, 0, PART_OF_THE_RUN,
     "a row of `cptsim list learning-rates`"},
    {"learning_rate.initial", &kind_real, AT(train.lr.initial), "0.1", 1e-12, 1e6, PART_OF_THE_RUN,
     "at the start"},
    {"learning_rate.drops", &kind_drops, AT(train.lr), "[0.5, 0.75]", 0, 1, PART_OF_THE_RUN,
     "piecewise: where it drops, as fractions of the run"},
    {"learning_rate.factor", &kind_real, AT(train.lr.factor), "0.1", 0, 1e6, PART_OF_THE_RUN,
     "piecewise: what it is multiplied by at a drop"},
    {"learning_rate.final", &kind_real, AT(train.lr.final_fraction), "0.01", 0, 1e6, PART_OF_THE_RUN,
     "linear and cosine: at the end, as a fraction of initial"},
    {"learning_rate.warmup", &kind_count, AT(train.lr.warmup), "0", 0, MOST, PART_OF_THE_RUN,
     "first iterations at a smaller rate"},
    {"learning_rate.warmup_factor", &kind_real, AT(train.lr.warmup_fraction), "0.1", 0, 1e6, PART_OF_THE_RUN,
     "that rate as a fraction of initial"},

    {"optimizer.name", &kind_optimizer, AT(train.optimizer.type), "sgd", 0, 0, PART_OF_THE_RUN,
     "a row of `cptsim list optimizers`"},
    {"optimizer.momentum", &kind_real, AT(train.optimizer.momentum), "0.9", 0, 1, PART_OF_THE_RUN,
     "weight of the earlier updates"},
    {"optimizer.weight_decay", &kind_real, AT(train.optimizer.weight_decay), "0.0001", 0, 1e6,
     PART_OF_THE_RUN, "on every parameter, as published"},

    {"evaluate.every", &kind_span, AT(evaluate_every), "1 epoch", 0, MOST, PART_OF_THE_RUN,
     "iterations or epochs; end: only after the last"},
    {"evaluate.bits", &kind_eval_bits, AT(evaluate_bits), "max", 0, 0, PART_OF_THE_RUN,
     "widths to test at: max, current, all, float32, numbers or ranges as 3:8, several apart by spaces"},
    {"evaluate.split", &kind_split, AT(evaluate_split), "test", 0, 0, PART_OF_THE_RUN, "images to test on"},

    {"record.layers_every", &kind_span, AT(layers_every), "100 iterations", 0, MOST, PART_OF_THE_RUN,
     "rows of the layers' ranges and clip counts"},
    {"record.checkpoint_every", &kind_interval, AT(checkpoint_every), "60 seconds", 0, MOST, LABEL,
     "what a kill costs at most, in iterations, epochs or seconds"},
};

enum { COUNT = sizeof keys / sizeof keys[0] };
_Static_assert((int)COUNT <= (int)CONFIG_KEYS, "CONFIG_KEYS is too small for the table");

const struct key *key_all(int *count)
{
    *count = COUNT;
    return keys;
}

bool config_key(struct config_key *out, int i)
{
    if (i >= COUNT) return false;
    out->path = keys[i].path;
    out->kind = keys[i].kind->words;
    out->standard = keys[i].standard;
    out->meaning = keys[i].meaning;
    return true;
}

/* --- a key by its name ------------------------------------------------------------------------------- */

int key_row(const char *path)
{
    size_t i;
    return table_has(&i, path, keys, sizeof *keys, COUNT) ? (int)i : -1;
}

/* The key whose own name is `name`, written without its group or under another; -1 if there is none. */
static int row_by_name(const char *name)
{
    int i = COUNT;

    while (--i >= 0 && strcmp(key_name(&keys[i]), name) != 0)
        continue;
    return i;
}

/* The first key of a group, or NULL if `path` names no group. */
static const struct key *group_first(const char *path)
{
    for (int i = 0; i < COUNT; i++)
        if (key_group(&keys[i]) == strlen(path) && strncmp(keys[i].path, path, strlen(path)) == 0)
            return &keys[i];
    return NULL;
}

bool key_is_group(const char *path)
{
    return group_first(path) != NULL;
}

enum status key_unknown(const char *place, const char *path)
{
    const struct key *first = group_first(path);
    if (first != NULL)
        return status_fail(
            STATUS_INPUT,
            "%s: '%s' is a group; want one of its keys as in %s=%s; `cptsim list keys` prints them all",
            place, path, first->path, first->standard);
    const char *dot = strrchr(path, '.');
    const int nearest = table_nearest(path, keys, sizeof *keys, COUNT);
    const int row = nearest >= 0 ? nearest : row_by_name(dot != NULL ? dot + 1 : path);

    if (row < 0)
        return status_fail(STATUS_INPUT, "%s: unknown key '%s'; `cptsim list keys` prints them all", place,
                           path);
    return status_fail(STATUS_INPUT,
                       "%s: unknown key '%s'; did you mean '%s'? `cptsim list keys` prints them all", place,
                       path, keys[row].path);
}
