/* experiments/config/config_file.c - experiment files: which value each row of the table of keys is given, by
 * the file and by each of its arms.
 *
 * Values stay texts here, so that what the file, an arm and --set say can be laid over each other before
 * anything is interpreted.
 */
#include "experiments/config/config_file.h"
#include "experiments/config/yaml.h"
#include "quant/try.h"

#include <stdlib.h>
#include <string.h>

enum { ARMS_MAX = 64 };

static const struct yaml_form form = {"an experiment file", "keys such as 'model: resnet20'"};

/* What the file or an arm says: value[i] belongs to row i of the table; NULL: not given. */
struct settings {
    const struct yaml_node *value[CONFIG_KEYS];
};

struct config_file {
    struct yaml yaml;
    struct settings said;
    struct settings arm[ARMS_MAX];
    int arm_count;
};

/* --- values --------------------------------------------------------------------------------------------- */

static enum status wrong_kind(const struct yaml *y, const struct yaml_node *n, const struct key *k)
{
    const char *words = k->kind->list ? "a list, as in [0.5, 0.75]" : k->kind->words;
    return yaml_fault(status_fail(STATUS_INPUT, "%s: want %s", k->path, words), y, n);
}

/* Add a text behind what is there, which may be all of KEY_TEXT. */
static enum status text_add(char text[KEY_TEXT], size_t *used, const char *more)
{
    const int length = snprintf(text + *used, KEY_TEXT - *used, "%s%s", *used > 0 ? ", " : "", more);

    *used += (size_t)length;
    return *used < KEY_TEXT ? STATUS_OK
                            : status_fail(STATUS_INPUT, "%zu characters; at most %d", *used, KEY_TEXT - 1);
}

/* The text of a value: of a list, its items with commas between them. */
static enum status value_text(char text[KEY_TEXT], const struct yaml *y, const struct yaml_node *n,
                              const struct key *k)
{
    size_t used = 0;
    enum status s = STATUS_OK;

    text[0] = '\0';
    if (n->kind != (k->kind->list ? YAML_LIST : YAML_TEXT)) return wrong_kind(y, n, k);
    if (n->kind == YAML_TEXT) s = text_add(text, &used, n->text);
    for (const struct yaml_node *item = n->first; item != NULL && s == STATUS_OK; item = item->next) {
        if (item->kind != YAML_TEXT) return wrong_kind(y, item, k);
        s = text_add(text, &used, item->text);
    }
    return s == STATUS_OK ? s : yaml_fault(status_fail(s, "%s: %s", k->path, status_detail()), y, n);
}

enum status config_value(char text[KEY_TEXT], const struct key *k, const char *value, const char *source)
{
    struct yaml y;

    TRY(yaml_read_value(&y, value, source));
    enum status s;
    if (k->kind->list && y.root->kind == YAML_TEXT) { /* 0.5,0.75 is a list too where a shell eats brackets */
        size_t used = 0;
        s = text_add(text, &used, y.root->text);
        if (s != STATUS_OK) s = yaml_fault(status_fail(s, "%s: %s", k->path, status_detail()), &y, y.root);
    } else {
        s = value_text(text, &y, y.root, k);
    }
    yaml_close(&y);
    return s;
}

/* --- files ---------------------------------------------------------------------------------------------- */

static enum status key_fault(const struct yaml *y, const struct yaml_node *n, const char *path)
{
    char place[YAML_PLACE];

    yaml_key_place(place, y, n);
    return key_unknown(place, path);
}

static enum status group_read(struct settings *out, struct config_file *f, const struct yaml_node *group);

static enum status key_read(struct settings *out, struct config_file *f, const struct yaml_node *n)
{
    char path[YAML_PATH], text[KEY_TEXT];
    const struct yaml *y = &f->yaml;

    yaml_path(path, n);
    const int row = key_row(path);
    if (row < 0 && !key_is_group(path)) return key_fault(y, n, path);
    if (row < 0 && n->kind != YAML_GROUP)
        return yaml_fault(status_fail(STATUS_INPUT, "%s: want keys with values, as in {bits: 8}", path), y,
                          n);
    if (row < 0) return group_read(out, f, n);
    if (out->value[row] != NULL) /* in its group and by its whole path */
        return yaml_key_fault(status_fail(STATUS_INPUT, "key '%s' appears twice; want each key once", path),
                              y, n);
    out->value[row] = n;
    return value_text(text, y, n, &key_all(&(int){0})[row]);
}

static enum status group_read(struct settings *out, struct config_file *f, const struct yaml_node *group)
{
    for (const struct yaml_node *n = group->first; n != NULL; n = n->next) {
        if (group == f->yaml.root && strcmp(n->key, "arms") == 0) continue;
        TRY(key_read(out, f, n));
    }
    return STATUS_OK;
}

static const char *arm_name(const struct settings *arm)
{
    const struct yaml_node *name = arm->value[key_row("name")];
    return name != NULL ? name->text : NULL;
}

/* Every arm has a name of its own. */
static enum status arm_read(struct config_file *f, const struct yaml_node *n)
{
    struct settings *arm = &f->arm[f->arm_count];

    if (f->arm_count == ARMS_MAX)
        return yaml_fault(status_fail(STATUS_INPUT, "arms: more than %d", ARMS_MAX), &f->yaml, n);
    if (n->kind != YAML_GROUP)
        return yaml_fault(status_fail(STATUS_INPUT, "arms: want keys with values, as in {name: static-8}"),
                          &f->yaml, n);
    TRY(group_read(arm, f, n));
    const char *name = arm_name(arm);
    if (name == NULL || name[0] == '\0')
        return yaml_fault(status_fail(STATUS_INPUT, "an arm without a name; want one as in 'name: static-8'"),
                          &f->yaml, n);
    for (int i = 0; i < f->arm_count; i++)
        if (strcmp(arm_name(&f->arm[i]), name) == 0)
            return yaml_fault(
                status_fail(STATUS_INPUT, "a second arm called '%s'; want a name of its own", name), &f->yaml,
                n);
    f->arm_count++;
    return STATUS_OK;
}

static enum status arms_read_all(struct config_file *f)
{
    for (const struct yaml_node *n = f->yaml.root->first; n != NULL; n = n->next) {
        if (strcmp(n->key, "arms") != 0) continue;
        if (n->kind != YAML_LIST)
            return yaml_fault(status_fail(STATUS_INPUT, "arms: want a list, as in - name: static-8"),
                              &f->yaml, n);
        for (const struct yaml_node *arm = n->first; arm != NULL; arm = arm->next)
            TRY(arm_read(f, arm));
    }
    return STATUS_OK;
}

/* The YAML is read already, or `s` says why not. */
static enum status file_read(struct config_file **out, struct config_file *f, enum status s)
{
    if (s == STATUS_OK) s = group_read(&f->said, f, f->yaml.root);
    if (s == STATUS_OK) s = arms_read_all(f);
    if (s != STATUS_OK) config_close(f);
    *out = s == STATUS_OK ? f : NULL;
    return s;
}

enum status config_parse(struct config_file **out, const char *text, size_t length, const char *source)
{
    struct config_file *f = calloc(1, sizeof *f);

    if (f == NULL) return status_fail(STATUS_NOMEM, "%s: out of memory", source);
    return file_read(out, f, yaml_read(&f->yaml, text, length, source, &form));
}

enum status config_open(struct config_file **out, const char *path)
{
    struct config_file *f = calloc(1, sizeof *f);

    if (f == NULL) return status_fail(STATUS_NOMEM, "%s: out of memory", path);
    return file_read(out, f, yaml_open(&f->yaml, path, &form));
}

void config_close(struct config_file *f)
{
    if (f == NULL) return;
    yaml_close(&f->yaml);
    free(f);
}

const char *config_source(const struct config_file *f)
{
    return f->yaml.source;
}

const char *config_user_text(const struct config_file *f)
{
    return f->yaml.bytes;
}

/* --- arms ----------------------------------------------------------------------------------------------- */

int config_arms(const struct config_file *f)
{
    return f->arm_count > 0 ? f->arm_count : 1;
}

enum status config_find_arm(int *arm, const struct config_file *f, const char *name)
{
    char known[400] = "";
    size_t used = 0;

    if (f->arm_count == 0)
        return status_fail(STATUS_USAGE, "%s: has no arms, so there is no arm '%s'", f->yaml.source, name);
    for (*arm = 0; *arm < config_arms(f); ++*arm) {
        if (strcmp(arm_name(&f->arm[*arm]), name) == 0) return STATUS_OK;
        if (used < sizeof known)
            used += (size_t)snprintf(known + used, sizeof known - used, "%s%s", *arm > 0 ? ", " : "",
                                     arm_name(&f->arm[*arm]));
    }
    return status_fail(STATUS_USAGE, "%s: no arm is called '%s'; its arms: %s", f->yaml.source, name, known);
}

/* The value that an arm, or the file, gives a row. An arm's own name is the row `arm` of the run. */
static const struct yaml_node *value_of(const struct config_file *f, int arm, int row)
{
    if (arm == CONFIG_BASE) return f->said.value[row];
    if (f->arm_count == 0 || row == key_row("name")) return NULL;
    return f->arm[arm].value[row == key_row("arm") ? key_row("name") : row];
}

bool config_says(char text[KEY_TEXT], struct config_origin *origin, const struct config_file *f, int arm,
                 int row)
{
    const struct yaml_node *n = value_of(f, arm, row);

    if (n == NULL) return false;
    *origin = (struct config_origin){.from = ORIGIN_FILE, .line = n->mark.line, .column = n->mark.column};
    return value_text(text, &f->yaml, n,
                      &key_all(&(int){0})[row == key_row("arm") ? key_row("name") : row]) == STATUS_OK;
}
