/* experiments/config/yaml.c - a tree of values from libyaml's events. */
#include "experiments/config/yaml.h"

#include "quant/try.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <yaml.h>

enum { BYTES_MAX = 1 << 20, NODES_MAX = 10000, DEPTH_MAX = 16 };

struct reader {
    yaml_parser_t parser;
    yaml_event_t event; /* the current one */
    struct yaml *y;
    int nodes, depth;
};

/* --- places and paths ---------------------------------------------------------------------------------- */

/* libyaml counts from 0. */
static struct yaml_mark mark_of(yaml_mark_t m)
{
    return (struct yaml_mark){m.line + 1, m.column + 1};
}

static void place_write(char place[YAML_PLACE], const struct yaml *y, struct yaml_mark mark)
{
    if (y->one_line) {
        snprintf(place, YAML_PLACE, "%s", y->source);
    } else {
        snprintf(place, YAML_PLACE, "%s:%zu:%zu", y->source, mark.line, mark.column);
    }
}

static enum status fault(enum status s, const struct yaml *y, struct yaml_mark mark)
{
    char place[YAML_PLACE];

    if (s == STATUS_OK) return s;
    place_write(place, y, mark);
    return status_fail(s, "%s: %s", place, status_detail());
}

void yaml_place(char place[YAML_PLACE], const struct yaml *y, const struct yaml_node *n)
{
    place_write(place, y, n->mark);
}

void yaml_key_place(char place[YAML_PLACE], const struct yaml *y, const struct yaml_node *n)
{
    place_write(place, y, n->key_mark);
}

enum status yaml_fault(enum status s, const struct yaml *y, const struct yaml_node *n)
{
    return fault(s, y, n->mark);
}

enum status yaml_key_fault(enum status s, const struct yaml *y, const struct yaml_node *n)
{
    return fault(s, y, n->key_mark);
}

void yaml_path(char path[YAML_PATH], const struct yaml_node *n)
{
    path[0] = '\0';
    if (n->parent != NULL && n->key != NULL) yaml_path(path, n->parent);
    if (n->key == NULL) return;
    const size_t used = strlen(path);
    snprintf(path + used, YAML_PATH - used, "%s%s", used > 0 ? "." : "", n->key);
}

/* --- events --------------------------------------------------------------------------------------------- */

/* Is there a tab before the first word of a line, counted from 0? */
static bool indented_by_tab(const struct yaml *y, size_t line)
{
    const char *at = y->bytes;

    for (; line > 0 && at != NULL; line--) {
        at = strchr(at, '\n');
        if (at != NULL) at++;
    }
    return at != NULL && memchr(at, '\t', strspn(at, " \t")) != NULL;
}

/* libyaml's reason, but for a tab, which it calls a character that cannot start any token. */
static enum status syntax_error(const struct reader *r)
{
    const yaml_parser_t *p = &r->parser;
    const struct yaml *y = r->y;

    if (p->error == YAML_MEMORY_ERROR) return status_fail(STATUS_NOMEM, "%s: out of memory", y->source);
    if (p->error == YAML_READER_ERROR)
        return status_fail(STATUS_INPUT, "%s: byte %zu: not a YAML text: %s", y->source, p->problem_offset,
                           p->problem);
    if (p->error == YAML_SCANNER_ERROR && indented_by_tab(y, p->problem_mark.line))
        (void)status_fail(STATUS_INPUT, "not YAML: a tab; lines are indented by spaces");
    else
        (void)status_fail(STATUS_INPUT, "not YAML: %s%s%s", p->problem, p->context != NULL ? ", " : "",
                          p->context != NULL ? p->context : "");
    return fault(STATUS_INPUT, y, mark_of(p->problem_mark));
}

static enum status next(struct reader *r)
{
    yaml_event_delete(&r->event);
    return yaml_parser_parse(&r->parser, &r->event) ? STATUS_OK : syntax_error(r);
}

/* Fail at the current event. */
static enum status refuse(const struct reader *r, const char *sentence)
{
    return fault(status_fail(STATUS_INPUT, "%s", sentence), r->y, mark_of(r->event.start_mark));
}

static enum status plain_check(const struct reader *r)
{
    const yaml_event_t *e = &r->event;
    const bool scalar = e->type == YAML_SCALAR_EVENT, list = e->type == YAML_SEQUENCE_START_EVENT;
    const yaml_char_t *anchor = scalar ? e->data.scalar.anchor
                                : list ? e->data.sequence_start.anchor
                                       : e->data.mapping_start.anchor;
    const yaml_char_t *tag = scalar ? e->data.scalar.tag
                             : list ? e->data.sequence_start.tag
                                    : e->data.mapping_start.tag;

    if (e->type == YAML_ALIAS_EVENT) return refuse(r, "an alias; want the value itself");
    if (anchor != NULL) return refuse(r, "an anchor; want the value without a name for it");
    if (tag != NULL) return refuse(r, "a tag; want the value without its type");
    return STATUS_OK;
}

/* The text of the current scalar, to be freed. */
static enum status scalar_text(char **out, const struct reader *r)
{
    const char *text = (const char *)r->event.data.scalar.value;

    if (strlen(text) < r->event.data.scalar.length) return refuse(r, "a text with a zero byte in it");
    if (strchr(text, '\n') != NULL) return refuse(r, "a text of several lines; want it on one line");
    *out = strdup(text);
    return *out != NULL ? STATUS_OK : status_fail(STATUS_NOMEM, "%s: out of memory", r->y->source);
}

/* --- the tree ------------------------------------------------------------------------------------------- */

static enum status node_add(struct yaml_node **out, struct reader *r, struct yaml_node *parent)
{
    struct yaml_node **link = parent != NULL ? &parent->first : &r->y->root;

    if (++r->nodes > NODES_MAX) return refuse(r, "too many values; want a smaller file");
    while (*link != NULL)
        link = &(*link)->next;
    *link = *out = calloc(1, sizeof **out);
    if (*out == NULL) return status_fail(STATUS_NOMEM, "%s: out of memory", r->y->source);
    (*out)->parent = parent;
    return STATUS_OK;
}

/* The current event is a key of `group`. */
static enum status key_add(struct yaml_node **out, struct reader *r, struct yaml_node *group)
{
    char path[YAML_PATH];

    if (r->event.type != YAML_SCALAR_EVENT && r->event.type != YAML_ALIAS_EVENT)
        return refuse(r, "a key that is not a word; want keys such as 'bits: 8'");
    TRY(plain_check(r));
    TRY(node_add(out, r, group));
    TRY(scalar_text(&(*out)->key, r));
    (*out)->key_mark = mark_of(r->event.start_mark);
    for (const struct yaml_node *n = group->first; n != *out; n = n->next) {
        if (strcmp(n->key, (*out)->key) != 0) continue;
        yaml_path(path, *out);
        return yaml_key_fault(status_fail(STATUS_INPUT, "key '%s' appears twice; want each key once", path),
                              r->y, *out);
    }
    return STATUS_OK;
}

static enum status read_node(struct reader *r, struct yaml_node *n);

static enum status read_inside(struct reader *r, struct yaml_node *n)
{
    const yaml_event_type_t end = n->kind == YAML_LIST ? YAML_SEQUENCE_END_EVENT : YAML_MAPPING_END_EVENT;

    if (r->depth == DEPTH_MAX) return refuse(r, "nested too deeply; want fewer levels");
    r->depth++;
    TRY(next(r));
    while (r->event.type != end) {
        struct yaml_node *child = NULL;
        if (n->kind == YAML_LIST) {
            TRY(node_add(&child, r, n));
        } else {
            TRY(key_add(&child, r, n));
            TRY(next(r));
        }
        TRY(read_node(r, child));
        TRY(next(r));
    }
    r->depth--;
    return STATUS_OK;
}

/* The current event is the value, or begins it. */
static enum status read_node(struct reader *r, struct yaml_node *n)
{
    TRY(plain_check(r));
    n->mark = mark_of(r->event.start_mark);
    if (r->event.type == YAML_SCALAR_EVENT) return scalar_text(&n->text, r);
    n->kind = r->event.type == YAML_SEQUENCE_START_EVENT ? YAML_LIST : YAML_GROUP;
    return read_inside(r, n);
}

static enum status read_document(struct reader *r)
{
    struct yaml_node *root = NULL;

    TRY(next(r)); /* the stream begins */
    TRY(next(r));
    if (r->event.type == YAML_STREAM_END_EVENT) return STATUS_OK;
    TRY(next(r));
    TRY(node_add(&root, r, NULL));
    TRY(read_node(r, root));
    TRY(next(r)); /* the document ends */
    TRY(next(r));
    if (r->event.type == YAML_STREAM_END_EVENT) return STATUS_OK;
    TRY(next(r));
    return refuse(r, "a second YAML document; want one in a file");
}

static void node_close(struct yaml_node *n)
{
    while (n != NULL) {
        struct yaml_node *following = n->next;
        node_close(n->first);
        free(n->key);
        free(n->text);
        free(n);
        n = following;
    }
}

void yaml_close(struct yaml *y)
{
    node_close(y->root);
    free(y->bytes);
    *y = (struct yaml){0};
}

/* --- texts and files ------------------------------------------------------------------------------------ */

/* Without a form, a value; bytes are taken over. */
static enum status read_bytes(struct yaml *y, char *bytes, size_t length, const char *source,
                              const struct yaml_form *form)
{
    struct reader r = {.y = y};
    enum status s;

    *y = (struct yaml){.one_line = form == NULL, .bytes = bytes, .length = length};
    snprintf(y->source, sizeof y->source, "%s", source);
    if (!yaml_parser_initialize(&r.parser)) {
        s = status_fail(STATUS_NOMEM, "%s: out of memory", source);
    } else {
        yaml_parser_set_input_string(&r.parser, (const unsigned char *)bytes, length);
        s = read_document(&r);
        yaml_event_delete(&r.event);
        yaml_parser_delete(&r.parser);
    }
    const struct yaml_node *root = y->root;
    const bool empty = root == NULL || (root->kind == YAML_TEXT && root->text != NULL && !*root->text);
    if (s == STATUS_OK && form != NULL && empty)
        s = status_fail(STATUS_INPUT, "%s: is empty; %s has %s", source, form->name, form->content);
    if (s == STATUS_OK && form != NULL && root->kind != YAML_GROUP)
        s = yaml_fault(status_fail(STATUS_INPUT, "not %s; want %s", form->name, form->content), y, root);
    if (s != STATUS_OK) yaml_close(y);
    return s;
}

enum status yaml_read(struct yaml *y, const char *text, size_t length, const char *source,
                      const struct yaml_form *form)
{
    char *copy = malloc(length + 1);

    *y = (struct yaml){0};
    if (copy == NULL) return status_fail(STATUS_NOMEM, "%s: out of memory", source);
    memcpy(copy, text, length);
    copy[length] = '\0';
    return read_bytes(y, copy, length, source, form);
}

enum status yaml_read_value(struct yaml *y, const char *text, const char *source)
{
    TRY(yaml_read(y, text, strlen(text), source, NULL));
    if (y->root != NULL) return STATUS_OK;
    y->root = calloc(1, sizeof *y->root); /* an empty value */
    if (y->root != NULL) y->root->text = strdup("");
    if (y->root != NULL && y->root->text != NULL) return STATUS_OK;
    yaml_close(y);
    return status_fail(STATUS_NOMEM, "%s: out of memory", source);
}

/* The bytes of an open file, to be freed. */
static enum status file_bytes(char **out, size_t *length, FILE *file, const char *path,
                              const struct yaml_form *form)
{
    struct stat info;

    if (fstat(fileno(file), &info) == 0 && S_ISDIR(info.st_mode))
        return status_fail(STATUS_INPUT, "%s: is a folder; want %s", path, form->name);
    *out = calloc(BYTES_MAX + 1, 1);
    if (*out == NULL) return status_fail(STATUS_NOMEM, "%s: out of memory", path);
    *length = fread(*out, 1, BYTES_MAX + 1, file);
    enum status s = STATUS_OK;
    if (ferror(file)) {
        s = status_fail(STATUS_IO, "%s: %s", path, strerror(errno));
    } else if (*length > BYTES_MAX) {
        s = status_fail(STATUS_INPUT, "%s: is longer than %d bytes; want %s", path, BYTES_MAX, form->name);
    }
    if (s != STATUS_OK) free(*out);
    return s;
}

enum status yaml_open(struct yaml *y, const char *path, const struct yaml_form *form)
{
    FILE *file = fopen(path, "rb");
    char *bytes = NULL;
    size_t length = 0;

    *y = (struct yaml){0};
    if (file == NULL) return status_fail(STATUS_IO, "%s: %s; want %s", path, strerror(errno), form->name);
    const enum status s = file_bytes(&bytes, &length, file, path, form);
    fclose(file);
    TRY(s);
    return read_bytes(y, bytes, length, path, form);
}
