/* experiments/config/yaml.h - the one door to YAML: a text as a tree of values that know their key, path and
 * place.
 *
 * Every value is a text, a list or a group of keys with values; what a text means is for the caller to say.
 * Refused, with line and column: what is not YAML, a key that appears twice, a second document, anchors,
 * aliases and tags (a value stands where it is used), values of several lines, nesting without end.
 */
#ifndef EXPERIMENTS_CONFIG_YAML_H
#define EXPERIMENTS_CONFIG_YAML_H

#include "quant/status.h"

#include <stdbool.h>
#include <stddef.h>

enum { YAML_PLACE = 600, YAML_PATH = 256, YAML_SOURCE = 512 };

/** A place in a text, as people count: from 1. */
struct yaml_mark {
    size_t line, column;
};

struct yaml_node {
    enum yaml_kind { YAML_TEXT, YAML_LIST, YAML_GROUP } kind;
    char *key;  /* its own in the group around it; NULL in a list and at the root */
    char *text; /* of a YAML_TEXT */
    struct yaml_mark key_mark, mark;
    struct yaml_node *parent, *first, *next; /* first: of its items or values */
};

/** A text that was read; bytes[length] is 0. */
struct yaml {
    char source[YAML_SOURCE]; /* stands in messages before line and column */
    bool one_line;            /* a value of the command line: its place is the source alone */
    char *bytes;
    size_t length;
    struct yaml_node *root;
};

/** What a file is, in words for messages. */
struct yaml_form {
    const char *name, *content; /* "an experiment file", "keys such as 'model: resnet20'" */
};

/** Read a file whose root is a group with at least one key. On failure there is nothing to close. */
STATUS_MUST_CHECK enum status yaml_open(struct yaml *y, const char *path, const struct yaml_form *form);

/** The same from text; messages call it `source`. */
STATUS_MUST_CHECK enum status yaml_read(struct yaml *y, const char *text, size_t length, const char *source,
                                        const struct yaml_form *form);

/** Read one value as it would stand behind the key of a file: "[0.5, 0.75]". */
STATUS_MUST_CHECK enum status yaml_read_value(struct yaml *y, const char *text, const char *source);

void yaml_close(struct yaml *y);

/**
 * Write the keys that lead to a value, "forward.bits": from the root, or from the item of the innermost list
 * around it.
 */
void yaml_path(char path[YAML_PATH], const struct yaml_node *n);

/** Write "source:line:column" of a value, or of its key. */
void yaml_place(char place[YAML_PLACE], const struct yaml *y, const struct yaml_node *n);
void yaml_key_place(char place[YAML_PLACE], const struct yaml *y, const struct yaml_node *n);

/** Put the place of a value, or of its key, before the sentence of a failure: `return yaml_fault(status_fail(...), y,
 * n)`. STATUS_OK stays. */
enum status yaml_fault(enum status s, const struct yaml *y, const struct yaml_node *n);
enum status yaml_key_fault(enum status s, const struct yaml *y, const struct yaml_node *n);

#endif
