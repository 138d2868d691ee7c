/* experiments/config/hardware_file.c - hardware files: each text is a knob, its path the keys above.
 *
 * There is no schema to keep in step: the table of knobs says what is known.
 */
#include "experiments/config/hardware_file.h"

#include "energy/hardware/presets.h"
#include "experiments/config/yaml.h"
#include "quant/try.h"
#include "sim/base/table.h"
#include "sim/base/text.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { PATH = 128, KNOBS_MAX = 256, VALUE = 64, NAME = 0 /* the knob */ };

static const struct yaml_form form = {"a hardware file", "knobs such as 'array: {rows: 16}'"};
static const char base_key[] = "base";

/* --- knobs ---------------------------------------------------------------------------------------------- */

/* A knob, or a group of them; `set[KNOBS_MAX]` by this text. */
static enum status knob_set(struct hardware *h, bool *set, const struct yaml *y, const struct yaml_node *n)
{
    char path[YAML_PATH];
    int knob;

    yaml_path(path, n);
    if (strcmp(path, base_key) == 0) return STATUS_OK;
    for (const struct yaml_node *child = n->first; n->kind == YAML_GROUP && child != NULL;
         child = child->next)
        TRY(knob_set(h, set, y, child));
    if (n->kind == YAML_GROUP) return STATUS_OK;
    TRY(yaml_key_fault(hardware_find(&knob, path), y, n));
    if (n->kind != YAML_TEXT)
        return yaml_fault(
            status_fail(STATUS_INPUT, "%s: want one value: %s", path, hardware_knob(knob)->kind), y, n);
    assert(knob < KNOBS_MAX);
    if (set[knob]) /* in a group and by its whole path */
        return yaml_key_fault(status_fail(STATUS_INPUT, "key '%s' appears twice; want each knob once", path),
                              y, n);
    set[knob] = true;
    return yaml_fault(hardware_set(h, path, n->text), y, n);
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
static enum status base_load(struct hardware *out, const struct yaml *y)
{
    const struct yaml_node *n = y->root->first;

    *out = hardware_default();
    while (n != NULL && strcmp(n->key, base_key) != 0)
        n = n->next;
    if (n == NULL) return STATUS_OK;
    if (n->kind != YAML_TEXT)
        return yaml_fault(status_fail(STATUS_INPUT, "base: want a name of `cptsim list hardware`"), y, n);
    const struct preset *base = preset_find(n->text);
    if (base == NULL) return yaml_fault(preset_unknown(n->text), y, n);
    if (strcmp(base->name, y->source) == 0)
        return yaml_fault(status_fail(STATUS_INPUT, "base: '%s' is this hardware itself", base->name), y, n);
    return preset_load(out, base);
}

/* Unless it says otherwise, a hardware is called as its file is: without folders and ending. */
static enum status name_after(struct hardware *h, const char *source)
{
    const char *slash = strrchr(source, '/'), *base = slash != NULL ? slash + 1 : source;
    const char *dot = strrchr(base, '.');

    TRY(text_copy(h->name, sizeof h->name, "the name of a hardware file without a `name`", base,
                  dot != NULL && dot > base ? (size_t)(dot - base) : strlen(base)));
    for (char *c = h->name; *c != '\0'; c++)
        if (!isalnum((unsigned char)*c) && strchr("._-", *c) == NULL) *c = '-';
    return STATUS_OK;
}

/* Closes y, which was read from the file or preset `source`. */
static enum status tree_load(struct hardware *out, struct yaml *y, const char *source)
{
    bool set[KNOBS_MAX] = {false};
    enum status s = base_load(out, y);

    for (const struct yaml_node *n = y->root->first; n != NULL && s == STATUS_OK; n = n->next)
        s = knob_set(out, set, y, n);
    if (s == STATUS_OK && !set[NAME]) s = name_after(out, source);
    yaml_close(y);
    return s;
}

enum status hardware_parse(struct hardware *out, const char *text, size_t length, const char *source)
{
    struct yaml y;

    TRY(yaml_read(&y, text, length, source, &form));
    return tree_load(out, &y, source);
}

/* --- files ---------------------------------------------------------------------------------------------- */

static enum status file_load(struct hardware *out, const char *path)
{
    struct yaml y;

    if (strpbrk(path, "/.") == NULL && access(path, F_OK) != 0 && errno == ENOENT)
        return status_fail(status_usage(preset_unknown(path)), "%s; or want the path of a hardware file",
                           status_detail());
    TRY(yaml_open(&y, path, &form));
    return tree_load(out, &y, path);
}

static enum status override(struct hardware *h, const char *assignment)
{
    const char *equals = strchr(assignment, '=');
    char path[PATH], source[YAML_SOURCE];
    struct yaml y;

    if (equals == NULL || equals == assignment)
        return status_fail(STATUS_USAGE, "--set %s: want KNOB=VALUE, as in --set array.rows=32", assignment);
    TRY(status_usage(text_copy(path, sizeof path, "--set", assignment, (size_t)(equals - assignment))));
    snprintf(source, sizeof source, "--set %s", assignment);
    TRY(status_usage(yaml_read_value(&y, equals + 1, source)));
    enum status s = hardware_find(&(int){0}, path);
    if (s == STATUS_OK && y.root->kind != YAML_TEXT)
        s = status_fail(STATUS_INPUT, "%s: want one value", path);
    if (s == STATUS_OK) s = hardware_set(h, path, y.root->text);
    yaml_close(&y);
    return s == STATUS_OK ? s : status_fail(STATUS_USAGE, "%s: %s", source, status_detail());
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
    snprintf(h->name, sizeof h->name, "%.*s", HARDWARE_NAME - 1, name);
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
        return status_fail(loaded == STATUS_OK ? STATUS_USAGE : s, "hardware %s: %s", out->name,
                           status_detail());
    if (strcmp(out->name, as_loaded.name) == 0) name_changes(out, &as_loaded);
    return STATUS_OK;
}
