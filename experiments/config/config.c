/* experiments/config/config.c - one run's settings: what was said laid over each other, parsed, checked,
 * written back. */
#include "experiments/config/config.h"
#include "experiments/config/config_file.h"

#include "quant/try.h"
#include "sim/base/text.h"

#include <stdlib.h>
#include <string.h>

/* --- laying over each other --- */

/* The value of an override "path=value" if it is for `path`, else NULL. */
static const char *override_value(const char *override, const char *path)
{
    const size_t length = strlen(path);
    return strncmp(override, path, length) == 0 && override[length] == '=' ? override + length + 1 : NULL;
}

/* Of a long one the beginning, which says so. */
static void override_place(char place[YAML_PLACE], const char *override)
{
    const size_t length = strlen(override), shown = text_beginning(override, length, 500);

    snprintf(place, YAML_PLACE, "--set %.*s%s", (int)shown, override, shown < length ? "..." : "");
}

static enum status overrides_check(struct config *c, const char *const *overrides, int count)
{
    for (int i = 0; i < count; i++) {
        char path[CONFIG_NAME], place[YAML_PLACE];
        const size_t length = strcspn(overrides[i], "=");
        override_place(place, overrides[i]);
        if (length == 0)
            return status_fail(STATUS_USAGE, "%s: no key; want one as in forward.bits=3:8", place);
        if (overrides[i][length] == '\0')
            return status_fail(STATUS_USAGE, "%s: no value; want it as in forward.bits=3:8", place);
        TRY(status_usage(text_copy(path, sizeof path, "--set", overrides[i], length)));
        if (key_row(path) < 0) return status_usage(key_unknown(place, path));
        c->origin[key_row(path)] = (struct config_origin){.from = ORIGIN_COMMAND, .override = overrides[i]};
    }
    return STATUS_OK;
}

void config_from_command_line(struct config *c, const char *path)
{
    c->origin[key_row(path)] = (struct config_origin){.from = ORIGIN_COMMAND};
}

static void origin_place(char place[YAML_PLACE], const struct config *c, int row)
{
    const struct config_origin *o = &c->origin[row];

    place[0] = '\0';
    if (o->from == ORIGIN_FILE)
        snprintf(place, YAML_PLACE, "%s:%zu:%zu", c->source, o->line, o->column);
    else if (o->override != NULL)
        override_place(place, o->override);
}

/* The first row that `from` said, of the keys and groups in `paths`; -1: none. */
static int row_said(const struct config *c, const char *paths, int from)
{
    int rows;
    const struct key *keys = key_all(&rows);

    for (const char *path = paths; *path != '\0';) {
        const size_t length = strcspn(path, " ");
        for (int i = 0; i < rows; i++) {
            const bool named = strncmp(keys[i].path, path, length) == 0 &&
                               (keys[i].path[length] == '\0' || keys[i].path[length] == '.');
            if (named && (int)c->origin[i].from == from) return i;
        }
        path += length + (path[length] == ' ');
    }
    return -1;
}

enum status config_fault(const struct config *c, enum status s, const char *paths)
{
    char place[YAML_PLACE];

    if (s != STATUS_INPUT) return s;
    const int typed = row_said(c, paths, ORIGIN_COMMAND);
    const int row = typed >= 0 ? typed : row_said(c, paths, ORIGIN_FILE);
    if (typed >= 0) s = STATUS_USAGE;
    if (row >= 0) origin_place(place, c, row);
    return row >= 0 && place[0] != '\0' ? status_fail(s, "%s: %s", place, status_detail()) : s;
}

/* Find the text of a row, and who says it. */
static enum status said(char text[KEY_TEXT], struct config *c, const struct config_file *f, int arm, int row,
                        const struct key *k)
{
    struct config_origin *const o = &c->origin[row];
    char place[YAML_PLACE];

    if (o->from == ORIGIN_COMMAND) {
        origin_place(place, c, row);
        return status_usage(config_value(text, k, override_value(o->override, k->path), place));
    }
    if (config_says(text, o, f, arm, row) || config_says(text, o, f, CONFIG_BASE, row)) return STATUS_OK;
    snprintf(text, KEY_TEXT, "%s", k->standard);
    return STATUS_OK;
}

/* --- what keys say about each other --- */

/* Nothing is quantized in a float32 recipe: its widths are not settings that could differ. */
static void widths_follow_recipe(struct train_spec *train)
{
    if (train->recipe.quantize) return;
    train->forward.bits_min = train->forward.bits_max = 0;
    train->backward.bits_min = train->backward.bits_max = 0;
}

/* A range of widths under a schedule that holds one would silently lose its lower end. */
static enum status width_check(const struct schedule_spec *s, const char *where)
{
    if (strcmp(s->type->name, "static") != 0 || s->bits_min == s->bits_max) return STATUS_OK;
    return status_fail(STATUS_INPUT,
                       "%s: the schedule 'static' holds one width and bits are %d:%d; want %s.bits: %d",
                       where, s->bits_min, s->bits_max, where, s->bits_max);
}

/* --- number formats of roles --- */

/* Widths that a role's format will be asked for: of the schedule, and of evaluations if it is a forward
 * one. */
static enum status role_widths_check(const struct config *c, enum role role, enum role_width width)
{
    const struct role_setting *s = &c->train.recipe.role[role];
    const bool forward = width == ROLE_WIDTH_FORWARD;
    const struct schedule_spec *schedule = forward ? &c->train.forward : &c->train.backward;

    TRY(role_check(s, role, schedule->bits_min, schedule->bits_max));
    for (int i = 0; i < c->evaluate_bits.count && forward; i++) {
        const int bits = c->evaluate_bits.item[i];
        if (bits > 0) TRY(role_check(s, role, bits, bits));
    }
    return STATUS_OK;
}

/* A format is of use only where the recipe quantizes, and where the schedule gives a width. */
static enum status role_of_config_check(const struct config *c, enum role role)
{
    const struct role_row *row = &role_all(&(int){0})[role];
    const struct role_setting *s = &c->train.recipe.role[role];
    const bool of_products = row->width != ROLE_WIDTH_NONE && role != ROLE_GRADIENT;
    const bool forward = row->width == ROLE_WIDTH_FORWARD;
    const int bits = forward ? c->train.forward.bits_max : c->train.backward.bits_max;

    if (s->way != ROLE_FORMAT) return STATUS_OK;
    if (!c->train.recipe.quantize && (of_products || role == ROLE_ACCUMULATOR))
        return status_fail(
            STATUS_INPUT,
            "the recipe '%s' quantizes no layer, so that '%s' would never be used; want it under the "
            "arms that quantize (recipe: cpt), or --arm with one of those",
            c->train.recipe.name, s->text);
    if (bits == 0 && (of_products || role_is_driven(s)))
        return status_fail(STATUS_INPUT, "'%s' has no width to go by where %s.bits is float32; want %s",
                           s->text, forward ? "forward" : "backward",
                           forward ? "forward.bits: 8" : "backward.bits: 8");
    return role_widths_check(c, role, row->width);
}

/* Epochs are as long as the data make them. */
static enum status schedules_check(const struct config *c, int64_t iterations)
{
    const bool epochs = c->length.unit == SPAN_EPOCHS;

    TRY(config_fault(c, schedule_check(&c->train.forward, iterations, "forward"),
                     epochs ? "forward.cycles length data forward" : "forward.cycles length forward"));
    return config_fault(c, schedule_check(&c->train.backward, iterations, "backward"),
                        epochs ? "backward.cycles length data backward" : "backward.cycles length backward");
}

/* What keys say about each other. Cycles are checked as soon as the iterations are known. */
static enum status keys_check(const struct config *c)
{
    const struct train_spec *train = &c->train;

    TRY(config_fault(c, width_check(&train->forward, "forward"), "forward.schedule forward.bits"));
    TRY(config_fault(c, width_check(&train->backward, "backward"), "backward.schedule backward.bits"));
    if (c->evaluate_split == SPLIT_VALIDATION && c->data.validation == 0)
        return config_fault(
            c,
            status_fail(STATUS_INPUT,
                        "evaluate.split: validation, but data.validation holds out no images; want "
                        "some, as in data: {validation: 5000}"),
            "evaluate.split data.validation");
    return c->length.unit == SPAN_ITERATIONS ? schedules_check(c, (int64_t)c->length.amount) : STATUS_OK;
}

/* With the place of the role's key, or of one that its format clashes with. */
static enum status roles_check(const struct config *c)
{
    int roles;
    const struct role_row *role = role_all(&roles);

    for (int i = 0; i < roles; i++) {
        char path[CONFIG_NAME], paths[2 * CONFIG_NAME];
        const enum status s = role_of_config_check(c, (enum role)i);
        if (s == STATUS_OK) continue;
        snprintf(path, sizeof path, "roles.%s", role[i].name);
        snprintf(paths, sizeof paths, "%s recipe forward backward evaluate.bits", path);
        return config_fault(c, status_fail(s, "%s: %s", path, status_detail()), paths);
    }
    return STATUS_OK;
}

enum status config_resolve(struct config *c, const struct config_file *f, int arm,
                           const char *const *overrides, int count)
{
    int rows;
    const struct key *keys = key_all(&rows);

    memset(c, 0, sizeof *c);
    snprintf(c->source, sizeof c->source, "%s", config_source(f));
    TRY(overrides_check(c, overrides, count));
    for (int i = 0; i < rows; i++) {
        char text[KEY_TEXT];
        TRY(said(text, c, f, arm, i, &keys[i]));
        const enum status s = keys[i].kind->parse((char *)c + keys[i].offset, &keys[i], text);
        if (s != STATUS_OK)
            return config_fault(c, status_fail(s, "%s: %s", keys[i].path, status_detail()), keys[i].path);
    }
    widths_follow_recipe(&c->train);
    TRY(roles_check(c));
    return keys_check(c);
}

enum status config_settle(struct config *c, int64_t epoch_length)
{
    c->train.iterations = span_iterations(&c->length, epoch_length);
    if (c->train.iterations < 1)
        return config_fault(c,
                            status_fail(STATUS_INPUT,
                                        "length: %g epochs of %lld iterations are less than one iteration",
                                        c->length.amount, (long long)epoch_length),
                            "length data");
    TRY(roles_check(c)); /* a command may ask for other widths */
    return schedules_check(c, c->train.iterations);
}

int64_t span_iterations(const struct span *s, int64_t epoch_length)
{
    switch (s->unit) {
    case SPAN_ITERATIONS:
        return (int64_t)s->amount;
    case SPAN_EPOCHS:
        return (int64_t)(s->amount * (double)epoch_length + 0.5);
    case SPAN_SECONDS:
        break;
    }
    return 0;
}

/* Add a point unless its name is there. A recipe that quantizes nothing is measured in float32 alone. */
static int point_add(struct eval_point *points, int count, const struct recipe *recipe, const char *policy,
                     int bits)
{
    struct eval_point point = {.bits = recipe->quantize ? bits : 0};

    if (policy != NULL) {
        snprintf(point.policy, sizeof point.policy, "%s", policy);
    } else if (point.bits == 0) {
        snprintf(point.policy, sizeof point.policy, "fp32");
    } else {
        snprintf(point.policy, sizeof point.policy, "bits_%02d", point.bits);
    }
    for (int i = 0; i < count; i++)
        if (strcmp(points[i].policy, point.policy) == 0) return count;
    points[count] = point;
    return count + 1;
}

int config_eval_points(struct eval_point points[EVAL_POINTS], const struct config *c, int current)
{
    const struct schedule_spec *forward = &c->train.forward;
    const struct recipe *recipe = &c->train.recipe;
    int count = 0;

    for (int i = 0; i < c->evaluate_bits.count; i++) {
        const int item = c->evaluate_bits.item[i];
        switch (item) {
        case EVAL_MAX:
            count = point_add(points, count, recipe, "max", forward->bits_max);
            break;
        case EVAL_CURRENT:
            count = point_add(points, count, recipe, "current", current);
            break;
        case EVAL_ALL:
            for (int b = forward->bits_min; b <= forward->bits_max; b++)
                count = point_add(points, count, recipe, NULL, b);
            count = point_add(points, count, recipe, NULL, 0);
            break;
        default:
            count = point_add(points, count, recipe, NULL, item);
        }
    }
    return count;
}

/* --- the resolved form --- */

/* Does a key's field print as its default? */
static bool key_is_standard(const struct key *k, const struct config *c)
{
    char text[KEY_TEXT] = "";
    FILE *out = fmemopen(text, sizeof text, "w");

    if (out == NULL) return false;
    k->kind->print(out, (const char *)c + k->offset);
    fclose(out);
    return strcmp(text, k->standard) == 0;
}

/* All keys, or those that are the identity of the run. */
static void print(FILE *out, const struct config *c, bool identity)
{
    int rows;
    const struct key *keys = key_all(&rows);
    const char *group = "";
    size_t group_length = 0;

    for (int i = 0; i < rows; i++) {
        const struct key *k = &keys[i];
        const size_t length = key_group(k);
        if (identity && (k->part == LABEL || (k->part == PART_IF_SET && key_is_standard(k, c)))) continue;
        if (length > 0 && (length != group_length || strncmp(group, k->path, length) != 0))
            fprintf(out, "%.*s:\n", (int)length, k->path);
        group = k->path;
        group_length = length;
        fprintf(out, "%s%s: ", length > 0 ? "  " : "", key_name(k));
        k->kind->print(out, (const char *)c + k->offset);
        fputc('\n', out);
    }
}

void config_print(FILE *out, const struct config *c)
{
    print(out, c, false);
}

static char *printed(const struct config *c, bool identity)
{
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);

    if (out == NULL) return NULL;
    print(out, c, identity);
    fclose(out);
    return text;
}

char *config_text(const struct config *c)
{
    return printed(c, false);
}

void config_hash(char hex[DIGEST_SIZE], const struct config *c)
{
    char *text = printed(c, true);

    digest_text(hex, text != NULL ? text : "");
    free(text);
}
