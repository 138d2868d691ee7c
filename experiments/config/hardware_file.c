/* experiments/config/hardware_file.c - hardware files through libyaml: each scalar is a knob, its path
 * the keys above.
 *
 * There is no schema to keep in step: the table of knobs says what is known, libyaml where it stands.
 */
#include "experiments/config/hardware_file.h"

#include "energy/hardware/presets.h"
#include "sim/base/table.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <yaml.h>

enum { PATH = 128, PLACE = 600, DEPTH_MAX = 3, FILE_BYTES_MAX = 1 << 18, KNOBS_MAX = 256, VALUE = 64 };

static const char base_key[] = "base";

struct hardware_text {
    yaml_document_t *document;
    const char *source;
    bool *set; /* [KNOBS_MAX]: by this text */
};

/* --- places --------------------------------------------------------------------------------------------- */

/* Marks count from 0, people from 1. */
static const char *place_at(char place[PLACE], const char *source, yaml_mark_t mark)
{
    snprintf(place, PLACE, "%s:%zu:%zu", source, mark.line + 1, mark.column + 1);
    return place;
}

/* Put the place before the sentence that is there. */
static enum status at(enum status s, const struct hardware_text *t, const yaml_node_t *node)
{
    char place[PLACE];
    return s == STATUS_OK ? s
                          : fail(s, "%s: %s", place_at(place, t->source, node->start_mark), status_detail());
}

/* --- knobs ---------------------------------------------------------------------------------------------- */

static const char *scalar(const yaml_node_t *node)
{
    return (const char *)node->data.scalar.value;
}

static enum status mapping_set(struct hardware *h, const struct hardware_text *t, const yaml_node_t *mapping,
                               const char *prefix, int depth);

/* Is the pair's key that of an earlier pair? */
static enum status check_once(const struct hardware_text *t, const yaml_node_t *mapping,
                              const yaml_node_pair_t *pair)
{
    const yaml_node_t *key = yaml_document_get_node(t->document, pair->key);

    for (const yaml_node_pair_t *p = mapping->data.mapping.pairs.start; p < pair; p++) {
        const yaml_node_t *earlier = yaml_document_get_node(t->document, p->key);
        if (strcmp(scalar(earlier), scalar(key)) == 0)
            return at(fail(STATUS_INPUT, "'%s' is there a second time; want each key once", scalar(key)), t,
                      key);
    }
    return STATUS_OK;
}

static enum status pair_set(struct hardware *h, const struct hardware_text *t, const yaml_node_pair_t *pair,
                            const char *prefix, int depth)
{
    const yaml_node_t *key = yaml_document_get_node(t->document, pair->key);
    const yaml_node_t *value = yaml_document_get_node(t->document, pair->value);
    char path[PATH];
    int knob;

    snprintf(path, sizeof path, "%s%s%s", prefix, prefix[0] != '\0' ? "." : "", scalar(key));
    if (strcmp(path, base_key) == 0) return STATUS_OK;
    if (value->type == YAML_MAPPING_NODE && depth < DEPTH_MAX)
        return mapping_set(h, t, value, path, depth + 1);
    TRY(at(hardware_find(&knob, path), t, key));
    if (value->type != YAML_SCALAR_NODE)
        return at(fail(STATUS_INPUT, "%s: want one value: %s", path, hardware_knob(knob)->kind), t, value);
    assert(knob < KNOBS_MAX);
    if (t->set[knob]) /* in a group and by its whole path */
        return at(fail(STATUS_INPUT, "%s is there a second time; want each knob once", path), t, key);
    t->set[knob] = true;
    return at(hardware_set(h, path, scalar(value)), t, value);
}

static enum status mapping_set(struct hardware *h, const struct hardware_text *t, const yaml_node_t *mapping,
                               const char *prefix, int depth)
{
    const yaml_node_pair_t *end = mapping->data.mapping.pairs.top;

    for (const yaml_node_pair_t *p = mapping->data.mapping.pairs.start; p < end; p++) {
        const yaml_node_t *key = yaml_document_get_node(t->document, p->key);
        if (key->type != YAML_SCALAR_NODE)
            return at(fail(STATUS_INPUT, "a key that is no word; want knobs such as 'rows: 16'"), t, key);
        TRY(check_once(t, mapping, p));
        TRY(pair_set(h, t, p, prefix, depth));
    }
    return STATUS_OK;
}

/* --- hardware of the program ---------------------------------------------------------------------------- */

static const struct preset *preset_find(const char *name)
{
    int count;
    const struct preset *presets = preset_all(&count);

    size_t i;
    return table_has(&i, name, presets, sizeof *presets, (size_t)count) ? &presets[i] : NULL;
}

static enum status preset_unknown(const char *name)
{
    int count;
    const struct preset *presets = preset_all(&count);
    return table_unknown("hardware", name, presets, sizeof *presets, (size_t)count);
}

static enum status preset_load(struct hardware *out, const struct preset *p)
{
    return hardware_parse(out, (const char *)p->text, p->length, p->name);
}

void hardware_title(char *title, size_t size, int preset)
{
    int count;
    const struct preset *p = &preset_all(&count)[preset];
    const char *text = (const char *)p->text;
    const char *end = memchr(text, '\n', p->length);

    while (text < end && (*text == '#' || *text == ' '))
        text++;
    if (end > text && end[-1] == '.') end--;
    snprintf(title, size, "%.*s", (int)(end - text), text);
}

/* --- texts ---------------------------------------------------------------------------------------------- */

/* Start from the base, or from the defaults. */
static enum status base_load(struct hardware *out, const struct hardware_text *t, const yaml_node_t *root)
{
    const yaml_node_pair_t *p = root->data.mapping.pairs.start;

    *out = hardware_default();
    for (; p < root->data.mapping.pairs.top; p++) {
        const yaml_node_t *key = yaml_document_get_node(t->document, p->key);
        const yaml_node_t *value = yaml_document_get_node(t->document, p->value);
        if (key->type != YAML_SCALAR_NODE || strcmp(scalar(key), base_key) != 0) continue;
        if (value->type != YAML_SCALAR_NODE)
            return at(fail(STATUS_INPUT, "base: want a name of `cptsim list hardware`"), t, value);
        const struct preset *base = preset_find(scalar(value));
        if (base == NULL) return at(preset_unknown(scalar(value)), t, value);
        if (strcmp(base->name, t->source) == 0)
            return at(fail(STATUS_INPUT, "base: '%s' is this hardware itself", base->name), t, value);
        return preset_load(out, base);
    }
    return STATUS_OK;
}

/* Unless it says otherwise, a hardware is called as its file is: without folders and ending. */
static void name_after(struct hardware *h, const char *source)
{
    const char *slash = strrchr(source, '/');

    snprintf(h->name, sizeof h->name, "%s", slash != NULL ? slash + 1 : source);
    char *dot = strrchr(h->name, '.');
    if (dot != NULL && dot > h->name) *dot = '\0';
    for (char *c = h->name; *c != '\0'; c++)
        if (!isalnum((unsigned char)*c) && strchr("._-", *c) == NULL) *c = '-';
}

static enum status document_set(struct hardware *out, const struct hardware_text *t)
{
    const yaml_node_t *root = yaml_document_get_root_node(t->document);

    if (root == NULL || (root->type == YAML_SCALAR_NODE && root->data.scalar.length == 0))
        return fail(STATUS_INPUT, "%s: is empty; a hardware file has knobs such as 'array: {rows: 16}'",
                    t->source);
    if (root->type != YAML_MAPPING_NODE)
        return at(fail(STATUS_INPUT, "not a hardware file; want knobs such as 'array: {rows: 16}'"), t, root);
    TRY(base_load(out, t, root));
    name_after(out, t->source);
    return mapping_set(out, t, root, "", 1);
}

static enum status syntax_error(const yaml_parser_t *parser, const char *source)
{
    char place[PLACE];

    if (parser->error == YAML_MEMORY_ERROR) return fail(STATUS_NOMEM, "%s: out of memory", source);
    if (parser->error == YAML_READER_ERROR)
        return fail(STATUS_INPUT, "%s: byte %zu: not a YAML text: %s", source, parser->problem_offset,
                    parser->problem);
    return fail(STATUS_INPUT, "%s: not YAML: %s", place_at(place, source, parser->problem_mark),
                parser->problem);
}

/* Is there nothing after the first document? */
static enum status check_end(yaml_parser_t *parser, const char *source)
{
    yaml_document_t second;

    if (!yaml_parser_load(parser, &second)) return syntax_error(parser, source);
    const yaml_node_t *root = yaml_document_get_root_node(&second);
    const size_t line = root != NULL ? root->start_mark.line + 1 : 0;
    yaml_document_delete(&second);
    if (root == NULL) return STATUS_OK;
    return fail(STATUS_INPUT, "%s:%zu: a second YAML document; want one in a file", source, line);
}

enum status hardware_parse(struct hardware *out, const char *text, size_t length, const char *source)
{
    yaml_parser_t parser;
    yaml_document_t document;
    enum status s;

    if (!yaml_parser_initialize(&parser)) return fail(STATUS_NOMEM, "%s: out of memory", source);
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, length);
    if (!yaml_parser_load(&parser, &document)) {
        s = syntax_error(&parser, source);
    } else {
        const bool empty = yaml_document_get_root_node(&document) == NULL;
        s = document_set(out, &(struct hardware_text){&document, source, (bool[KNOBS_MAX]){false}});
        yaml_document_delete(&document);
        if (s == STATUS_OK && !empty) s = check_end(&parser, source);
    }
    yaml_parser_delete(&parser);
    return s;
}

/* --- files ---------------------------------------------------------------------------------------------- */

static enum status file_read(struct hardware *out, FILE *file, const char *path)
{
    struct stat info;

    if (fstat(fileno(file), &info) == 0 && S_ISDIR(info.st_mode))
        return fail(STATUS_INPUT, "%s: is a folder; want a hardware file", path);
    char *text = malloc(FILE_BYTES_MAX + 1);
    if (text == NULL) return fail(STATUS_NOMEM, "%s: out of memory", path);

    const size_t length = fread(text, 1, FILE_BYTES_MAX + 1, file);
    enum status s = STATUS_OK;
    if (ferror(file)) {
        s = fail(STATUS_IO, "%s: %s", path, strerror(errno));
    } else if (length > FILE_BYTES_MAX) {
        s = fail(STATUS_INPUT, "%s: is longer than %d bytes; want a hardware file", path, FILE_BYTES_MAX);
    } else {
        s = hardware_parse(out, text, length, path);
    }
    free(text);
    return s;
}

static enum status file_load(struct hardware *out, const char *path)
{
    FILE *file = fopen(path, "rb");

    if (file == NULL && errno == ENOENT && strpbrk(path, "/.") == NULL) {
        const enum status unknown = preset_unknown(path);
        return fail(unknown == STATUS_INPUT ? STATUS_USAGE : unknown,
                    "%s; or want the path of a hardware file", status_detail());
    }
    if (file == NULL) return fail(STATUS_IO, "%s: %s; want a hardware file", path, strerror(errno));
    const enum status s = file_read(out, file, path);
    fclose(file);
    return s;
}

static enum status override(struct hardware *h, const char *assignment)
{
    const char *equals = strchr(assignment, '=');
    char path[PATH];

    if (equals == NULL || equals == assignment || equals - assignment >= PATH)
        return fail(STATUS_USAGE, "--set %s: want KNOB=VALUE, as in --set array.rows=32", assignment);
    snprintf(path, sizeof path, "%.*s", (int)(equals - assignment), assignment);
    const enum status s = hardware_set(h, path, equals + 1);
    return s == STATUS_OK ? s : fail(STATUS_USAGE, "--set %s: %s", assignment, status_detail());
}

/* Hardware that is not as its name says is called "NAME+KNOB=VALUE", or "NAME+2" after its number of
 * changes. */
static void name_changes(struct hardware *h, const struct hardware *as_loaded)
{
    char was[VALUE], is[VALUE], name[HARDWARE_NAME + PATH + VALUE];
    int changes = 0, last = 0;

    for (int i = 1; hardware_knob(i) != NULL; i++) { /* 0 is the name */
        hardware_value(was, sizeof was, as_loaded, i);
        hardware_value(is, sizeof is, h, i);
        if (strcmp(was, is) == 0) continue;
        changes++;
        last = i;
    }
    if (changes == 0) return;
    hardware_value(is, sizeof is, h, last);
    snprintf(name, sizeof name, "%s+%s=%s", as_loaded->name, hardware_knob(last)->path, is);
    if (changes > 1 || strlen(name) >= sizeof h->name)
        snprintf(name, sizeof name, "%.*s+%d", HARDWARE_NAME - 8, as_loaded->name, changes);
    snprintf(h->name, sizeof h->name, "%s", name);
}

enum status hardware_load(struct hardware *out, const char *what, const char *const *sets, int count)
{
    const struct preset *preset = preset_find(what);

    if (preset != NULL) {
        TRY(preset_load(out, preset));
    } else {
        TRY(file_load(out, what));
    }
    const struct hardware as_loaded = *out;
    for (int i = 0; i < count; i++)
        TRY(override(out, sets[i]));
    const enum status loaded = hardware_check(&as_loaded), s = hardware_check(out);
    if (s != STATUS_OK)
        return fail(loaded == STATUS_OK ? STATUS_USAGE : s, "hardware %s: %s", out->name, status_detail());
    if (strcmp(out->name, as_loaded.name) == 0) name_changes(out, &as_loaded);
    return STATUS_OK;
}
