/* experiments/config/config_file.c - experiment files through libcyaml, by a schema made from the table
 * of keys.
 *
 * To libcyaml every value is a text or a list of texts, so that what the file, an arm and --set say can be
 * laid over each other before anything is interpreted. libcyaml finds unknown, repeated and misplaced keys;
 * the sentence is ours, and the line and column come from config_where.
 */
#include "experiments/config/config_file.h"
#include "experiments/config/config_where.h"

#include <cyaml/cyaml.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { GROUPS_MAX = 16, ARMS_MAX = 64, LIST_MAX = 64, FILE_BYTES_MAX = 1 << 20, DEPTH_MAX = 8, PLACE = 600 };

/* One key's text as libcyaml leaves it; both NULL: not given. */
struct setting {
    char *text;
    char **item; /* [item_count], of a list */
    uint32_t item_count;
};

/* What one mapping, the file or an arm, says: setting[i] belongs to row i of the table. */
struct settings {
    struct setting setting[KEY_COUNT_MAX];
    struct settings *arm; /* [arm_count], of the file only */
    uint32_t arm_count;
};

/* libcyaml's description of a file. Groups are mappings at offset 0, so that settings stay one flat array. */
struct schema {
    char group[GROUPS_MAX][CONFIG_NAME];
    cyaml_schema_field_t in_group[GROUPS_MAX][KEY_COUNT_MAX];
    cyaml_schema_field_t in_file[KEY_COUNT_MAX], in_arm[KEY_COUNT_MAX];
    cyaml_schema_value_t file, arm;
};

struct config_file {
    struct schema schema;
    struct settings *said;
    char source[512];
    struct yaml_text text;
};

/* --- the schema ----------------------------------------------------------------------------------------- */

static const cyaml_schema_value_t text_value = {
    CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 0, KEY_TEXT - 1)};

static cyaml_schema_field_t key_field(const struct key *k, int row)
{
    const size_t at = offsetof(struct settings, setting) + (size_t)row * sizeof(struct setting);
    cyaml_schema_field_t field = {.key = key_name(k), .value = text_value, .data_offset = (uint32_t)at};

    if (k->kind->list) {
        field.value = (cyaml_schema_value_t){
            CYAML_VALUE_SEQUENCE(CYAML_FLAG_POINTER, char *, &text_value, 0, LIST_MAX)};
        field.data_offset = (uint32_t)(at + offsetof(struct setting, item));
        field.count_offset = (uint32_t)(at + offsetof(struct setting, item_count));
        field.count_size = sizeof(uint32_t);
    }
    field.value.flags |= CYAML_FLAG_OPTIONAL;
    return field;
}

/* Fill field[] with the keys at the top and the groups, and the groups with theirs; returns the fields. */
static int fields_make(cyaml_schema_field_t *field, struct schema *s)
{
    int count, fields = 0, groups = 0, in_group = 0;
    const struct key *keys = key_all(&count);

    for (int i = 0; i < count; i++) {
        const int length = (int)key_group(&keys[i]);
        if (length == 0) {
            field[fields++] = key_field(&keys[i], i);
            continue;
        }
        if (groups == 0 || strncmp(keys[i].path, s->group[groups - 1], (size_t)length) != 0) {
            snprintf(s->group[groups], sizeof s->group[groups], "%.*s", length, keys[i].path);
            field[fields++] = (cyaml_schema_field_t){
                .key = s->group[groups],
                .value = {CYAML_VALUE_MAPPING(CYAML_FLAG_OPTIONAL, struct settings, s->in_group[groups])}};
            groups++;
            in_group = 0;
        }
        s->in_group[groups - 1][in_group++] = key_field(&keys[i], i);
    }
    return fields;
}

static void schema_make(struct schema *s)
{
    fields_make(s->in_arm, s);
    s->arm = (cyaml_schema_value_t){CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct settings, s->in_arm)};

    const int fields = fields_make(s->in_file, s);
    s->in_file[fields] = (cyaml_schema_field_t)CYAML_FIELD_SEQUENCE_COUNT(
        "arms", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct settings, arm, arm_count, &s->arm, 0,
        ARMS_MAX);
    s->file = (cyaml_schema_value_t){CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct settings, s->in_file)};
}

/* --- what libcyaml complains about ---------------------------------------------------------------------- */

/* Its first sentence, and the keys around the fault from the innermost out. */
struct complaint {
    char sentence[256];
    char key[DEPTH_MAX][CONFIG_NAME];
    int depth;
};

__attribute__((format(printf, 3, 0))) static void complaint_hear(cyaml_log_t level, void *context,
                                                                 const char *format, va_list args)
{
    struct complaint *c = context;
    char line[256];
    (void)level;

    vsnprintf(line, sizeof line, format, args);
    line[strcspn(line, "\n")] = '\0';
    if (c->sentence[0] == '\0') {
        snprintf(c->sentence, sizeof c->sentence, "%s", strncmp(line, "Load: ", 6) == 0 ? line + 6 : line);
        return;
    }
    if (c->depth == DEPTH_MAX) return;
    unsigned entry; /* libcyaml counts from 1 */
    if (sscanf(line, " in mapping field '%63[^']'", c->key[c->depth]) == 1) c->depth++;
    if (sscanf(line, " in sequence entry '%u'", &entry) == 1)
        snprintf(c->key[c->depth++], CONFIG_NAME, "%u", entry - 1);
}

/* The path from the root to the fault, "arms.1.forward". */
static void complaint_path(char *path, size_t size, const struct complaint *c)
{
    size_t used = 0;

    path[0] = '\0';
    for (int i = c->depth - 1; i >= 0 && used < size; i--)
        used += (size_t)snprintf(path + used, size - used, "%s%s", c->key[i], i > 0 ? "." : "");
}

/* A path without the arm it stands in: "arms.1.forward" is "forward". */
static const char *path_in_arm(const char *path)
{
    int skipped = 0;
    if (sscanf(path, "arms.%*d%n", &skipped) == 0 && skipped > 0) path += skipped + (path[skipped] == '.');
    return path;
}

/* Say what libcyaml found in our words, with the place. */
static enum status complain(const struct config_file *f, const struct complaint *c)
{
    char path[DEPTH_MAX * CONFIG_NAME], place[PLACE], key[CONFIG_NAME], wanted[16], got[32];
    complaint_path(path, sizeof path, c);

    if (sscanf(c->sentence, "Unexpected key: %63s", key) == 1) {
        const size_t used = strlen(path);
        snprintf(path + used, sizeof path - used, "%s%s", used > 0 ? "." : "", key);
        where_find(place, sizeof place, &f->text, path, false);
        return key_unknown(place, path_in_arm(path));
    }
    if (strncmp(c->sentence, "Mapping field already seen", 26) == 0) {
        where_find(place, sizeof place, &f->text, path, false);
        return fail(STATUS_INPUT, "%s: key '%s' is there a second time; want each key once", place,
                    path_in_arm(path));
    }
    where_find(place, sizeof place, &f->text, path, true);
    if (sscanf(c->sentence, "Expecting %15[A-Z], got event: %31s", wanted, got) == 2) {
        const int row = key_row(path_in_arm(path));
        const char *words = row >= 0 ? key_all(&(int){0})[row].kind->words : NULL;
        return fail(STATUS_INPUT, "%s: %s: want %s", place, path_in_arm(path),
                    strcmp(wanted, "MAPPING") == 0    ? "keys with values, as in {bits: 8}"
                    : strcmp(wanted, "SEQUENCE") == 0 ? "a list, as in [0.5, 0.75]"
                    : words != NULL                   ? words
                                                      : "one value");
    }
    return fail(STATUS_INPUT, "%s: %s: %s", place, path_in_arm(path), c->sentence);
}

/* --- files ---------------------------------------------------------------------------------------------- */

static const char *arm_name(const struct settings *arm)
{
    return arm->setting[key_row("name")].text;
}

/* Every arm has a name of its own. */
static enum status arms_check(const struct config_file *f)
{
    for (uint32_t i = 0; i < f->said->arm_count; i++) {
        char path[CONFIG_NAME], place[PLACE];
        snprintf(path, sizeof path, "arms.%u", i);
        where_find(place, sizeof place, &f->text, path, false);
        if (arm_name(&f->said->arm[i]) == NULL)
            return fail(STATUS_INPUT, "%s: an arm without a name; want one as in 'name: static-8'", place);
        for (uint32_t j = 0; j < i; j++) {
            if (strcmp(arm_name(&f->said->arm[i]), arm_name(&f->said->arm[j])) == 0)
                return fail(STATUS_INPUT, "%s: a second arm called '%s'; want a name of its own", place,
                            arm_name(&f->said->arm[i]));
        }
    }
    return STATUS_OK;
}

static cyaml_config_t cyaml_settings(struct complaint *c)
{
    return (cyaml_config_t){
        .log_fn = complaint_hear, .log_ctx = c, .mem_fn = cyaml_mem, .log_level = CYAML_LOG_ERROR};
}

static enum status file_load(struct config_file *f)
{
    struct complaint complaint = {.depth = 0};
    const cyaml_config_t config = cyaml_settings(&complaint);

    TRY(where_check(&f->text));
    const cyaml_err_t error = cyaml_load_data((const uint8_t *)f->text.bytes, f->text.length, &config,
                                              &f->schema.file, (cyaml_data_t **)&f->said, NULL);
    if (error == CYAML_ERR_OOM) return fail(STATUS_NOMEM, "%s: out of memory", f->source);
    if (error != CYAML_OK) return complain(f, &complaint);
    return arms_check(f);
}

enum status config_parse(struct config_file **out, const char *text, size_t length, const char *source)
{
    struct config_file *f = calloc(1, sizeof *f);
    char *copy = malloc(length + 1);

    if (f == NULL || copy == NULL) {
        free(f);
        free(copy);
        return fail(STATUS_NOMEM, "%s: out of memory", source);
    }
    memcpy(copy, text, length);
    copy[length] = '\0';
    snprintf(f->source, sizeof f->source, "%s", source);
    f->text = (struct yaml_text){copy, length, f->source};
    schema_make(&f->schema);

    const enum status s = file_load(f);
    if (s != STATUS_OK) config_close(f);
    *out = s == STATUS_OK ? f : NULL;
    return s;
}

enum status config_open(struct config_file **out, const char *path)
{
    struct stat info;
    FILE *file = fopen(path, "rb");
    enum status s = STATUS_OK;

    if (file == NULL) return fail(STATUS_IO, "%s: %s; want an experiment file", path, strerror(errno));
    char *text = malloc(FILE_BYTES_MAX + 1);
    if (text == NULL) {
        s = fail(STATUS_NOMEM, "%s: out of memory", path);
    } else if (fstat(fileno(file), &info) == 0 && S_ISDIR(info.st_mode)) {
        s = fail(STATUS_INPUT, "%s: is a folder; want an experiment file", path);
    } else {
        const size_t length = fread(text, 1, FILE_BYTES_MAX + 1, file);
        if (ferror(file)) {
            s = fail(STATUS_IO, "%s: %s", path, strerror(errno));
        } else if (length > FILE_BYTES_MAX) {
            s = fail(STATUS_INPUT, "%s: is longer than %d bytes; want an experiment file", path,
                     FILE_BYTES_MAX);
        } else {
            s = config_parse(out, text, length, path);
        }
    }
    free(text);
    fclose(file);
    return s;
}

void config_close(struct config_file *f)
{
    struct complaint ignored = {.depth = 0};
    const cyaml_config_t config = cyaml_settings(&ignored);

    if (f == NULL) return;
    cyaml_free(&config, &f->schema.file, f->said, 0);
    free((char *)f->text.bytes);
    free(f);
}

const char *config_user_text(const struct config_file *f)
{
    return f->text.bytes;
}

int config_arms(const struct config_file *f)
{
    return f->said->arm_count > 0 ? (int)f->said->arm_count : 1;
}

const char *config_arm(const struct config_file *f, int arm)
{
    return f->said->arm_count > 0 ? arm_name(&f->said->arm[arm]) : "";
}

enum status config_find_arm(int *arm, const struct config_file *f, const char *name)
{
    char known[400] = "";
    size_t used = 0;

    if (f->said->arm_count == 0)
        return fail(STATUS_USAGE, "%s: has no arms, so there is no arm '%s'", f->source, name);
    for (*arm = 0; *arm < config_arms(f); ++*arm) {
        if (strcmp(config_arm(f, *arm), name) == 0) return STATUS_OK;
        if (used < sizeof known)
            used += (size_t)snprintf(known + used, sizeof known - used, "%s%s", *arm > 0 ? ", " : "",
                                     config_arm(f, *arm));
    }
    return fail(STATUS_USAGE, "%s: no arm is called '%s'; its arms: %s", f->source, name, known);
}

/* The row that `row` of an arm is written as: the arm's own name is the row `arm` of the run. */
static int row_said(int arm, int row)
{
    if (arm == CONFIG_BASE) return row;
    return row == key_row("arm") ? key_row("name") : row == key_row("name") ? -1 : row;
}

bool config_says(char text[KEY_TEXT], const struct config_file *f, int arm, int row)
{
    const int said = row_said(arm, row);
    size_t used = 0;

    if (said < 0 || (arm != CONFIG_BASE && f->said->arm_count == 0)) return false;
    const struct setting *s = arm == CONFIG_BASE ? &f->said->setting[said] : &f->said->arm[arm].setting[said];
    if (s->text != NULL) snprintf(text, KEY_TEXT, "%s", s->text);
    if (s->item == NULL) return s->text != NULL;
    text[0] = '\0';
    for (uint32_t i = 0; i < s->item_count && used < KEY_TEXT; i++)
        used += (size_t)snprintf(text + used, KEY_TEXT - used, "%s%s", i > 0 ? ", " : "", s->item[i]);
    return true;
}

void config_place(char *place, size_t size, const struct config_file *f, int arm, int row)
{
    char path[2 * CONFIG_NAME];
    int count;
    const char *key = key_all(&count)[row_said(arm, row)].path;

    if (arm == CONFIG_BASE) {
        snprintf(path, sizeof path, "%s", key);
    } else {
        snprintf(path, sizeof path, "arms.%d.%s", arm, key);
    }
    where_find(place, size, &f->text, path, true);
}
