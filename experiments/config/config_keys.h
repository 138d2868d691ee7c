/* experiments/config/config_keys.h - the table of an experiment file's keys: type, default, range,
 * meaning; private to config.
 *
 * To add a key: a member of struct config (or of what it holds), a row in config_keys.c beside the rows of its
 * group; PART_IF_SET, so that the hashes of older runs stay. Nothing else: reading, --set, checking, printing,
 * hashing and `cptsim list keys` all go by the row.
 * To add a kind of value: its two functions and its row in config_kinds.c.
 */
#ifndef EXPERIMENTS_CONFIG_CONFIG_KEYS_H
#define EXPERIMENTS_CONFIG_CONFIG_KEYS_H

#include "experiments/config/config.h"

#include <string.h>

enum { KEY_TEXT = 512 };

struct key;

/** What a key is to the identity of its run, which the hash stands for. */
enum key_part {
    PART_OF_THE_RUN,
    PART_IF_SET, /* no part while it has its default: a key that is younger than runs that go on */
    LABEL        /* only names, places or watches the run */
};

/** How the text of a value becomes a field of struct config, and back. */
struct kind {
    const char *words; /* what would be right: "a whole number" */
    bool list;         /* written as a YAML list: [0.5, 0.75] */
    /** Fails with a sentence that begins with what is wrong; the caller puts file, line and key before it. */
    enum status (*parse)(void *field, const struct key *k, const char *text);
    /** Shortest text that parse turns into the same field. */
    void (*print)(FILE *out, const void *field);
};

struct key {
    const char *path; /* "model", or "group.name" */
    const struct kind *kind;
    size_t offset, size;  /* of the field in struct config */
    const char *standard; /* the default, as it would be written */
    double min, max;      /* of a number */
    enum key_part part;
    const char *meaning;
};

extern const struct kind kind_name, kind_label, kind_path, kind_hardware, kind_integer, kind_count,
    kind_limit, kind_seed;
extern const struct kind kind_real, kind_switch, kind_dataset, kind_augment, kind_recipe, kind_division;
extern const struct kind kind_schedule, kind_bits, kind_remainder, kind_policy, kind_drops, kind_optimizer;
extern const struct kind kind_span, kind_interval, kind_eval_bits, kind_split, kind_role;

/** The rows, in the order of the resolved form: keys of one group stand together. */
const struct key *key_all(int *count);

/** Write the fewest digits that read back as the same number. */
void real_write(FILE *out, double value);

/** The last part of its path. */
static inline const char *key_name(const struct key *k)
{
    const char *dot = strchr(k->path, '.');
    return dot != NULL ? dot + 1 : k->path;
}

/** The length of its group's name; 0 at the top of the file. */
static inline size_t key_group(const struct key *k)
{
    const char *dot = strchr(k->path, '.');
    return dot != NULL ? (size_t)(dot - k->path) : 0;
}

/** Row of the key called `path`, or -1. */
int key_row(const char *path);

/** Does a key begin with `path` and a dot? */
bool key_is_group(const char *path);

/** STATUS_INPUT: `path` is not a key. The sentence begins with `place` and names the nearest key. */
enum status key_unknown(const char *place, const char *path);

#endif
