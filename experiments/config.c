/* experiments/config.c - one run's settings: what was said laid over each other, parsed, checked, written
 * back. */
#include "experiments/config.h"
#include "experiments/config_file.h"

#include <stdlib.h>
#include <string.h>

enum { PLACE = 600 };

/* --- laying over each other
 * --------------------------------------------------------------------------------- */

/* The value of an override "path=value" if it is for `path`, else NULL. */
static const char *override_value(const char *override, const char *path)
{
    const size_t length = strlen(path);
    return strncmp(override, path, length) == 0 && override[length] == '=' ? override + length + 1 : NULL;
}

static enum status overrides_check(const char *const *overrides, int count)
{
    for (int i = 0; i < count; i++) {
        char path[CONFIG_NAME], place[PLACE];
        const size_t length = strcspn(overrides[i], "=");
        snprintf(place, sizeof place, "--set %s", overrides[i]);
        snprintf(path, sizeof path, "%.*s", (int)length, overrides[i]);
        if (overrides[i][length] == '\0')
            return fail(STATUS_INPUT, "%s: no value; want it as in forward.bits=3:8", place);
        if (config_row(path) < 0) return config_unknown_key(place, path);
    }
    return STATUS_OK;
}

/* Find the text of a row and the place that it comes from. */
static void said(char text[KEY_TEXT], char place[PLACE], const struct config_file *f, int arm, int row,
                 const struct key *k, const char *const *overrides, int count)
{
    for (int i = count - 1; i >= 0; i--) {
        const char *value = override_value(overrides[i], k->path);
        if (value == NULL) continue;
        snprintf(text, KEY_TEXT, "%s", value);
        snprintf(place, PLACE, "--set %s", overrides[i]);
        return;
    }
    if (config_says(text, f, arm, row)) {
        config_place(place, PLACE, f, arm, row);
    } else if (config_says(text, f, CONFIG_BASE, row)) {
        config_place(place, PLACE, f, CONFIG_BASE, row);
    } else {
        snprintf(text, KEY_TEXT, "%s", k->standard);
        snprintf(place, PLACE, "default");
    }
}

/* --- what keys say about each other
 * --------------------------------------------------------------------------- */

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
    return fail(STATUS_INPUT,
                "%s: the schedule 'static' holds one width and bits are %d:%d; want %s.bits: %d", where,
                s->bits_min, s->bits_max, where, s->bits_max);
}

static enum status schedules_check(const struct train_spec *train, int64_t iterations)
{
    TRY(schedule_check(&train->forward, iterations, "forward"));
    return schedule_check(&train->backward, iterations, "backward");
}

enum status config_resolve(struct config *c, const struct config_file *f, int arm,
                           const char *const *overrides, int count)
{
    int rows;
    const struct key *keys = key_all(&rows);

    memset(c, 0, sizeof *c);
    TRY(overrides_check(overrides, count));
    for (int i = 0; i < rows; i++) {
        char text[KEY_TEXT], place[PLACE];
        said(text, place, f, arm, i, &keys[i], overrides, count);
        const enum status s = keys[i].kind->parse((char *)c + keys[i].offset, &keys[i], text);
        if (s != STATUS_OK) return fail(s, "%s: %s: %s", place, keys[i].path, status_detail());
    }
    widths_follow_recipe(&c->train);
    TRY(width_check(&c->train.forward, "forward"));
    return width_check(&c->train.backward, "backward");
}

enum status config_settle(struct config *c, int64_t epoch_length)
{
    c->train.iterations = span_iterations(&c->length, epoch_length);
    if (c->train.iterations < 1)
        return fail(STATUS_INPUT, "length: %g epochs of %lld iterations are less than one iteration",
                    c->length.amount, (long long)epoch_length);
    return schedules_check(&c->train, c->train.iterations);
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

int config_eval_bits(int bits[EVAL_WIDTHS], const struct config *c, int current)
{
    const struct schedule_spec *forward = &c->train.forward;
    int count = 0;

    for (int i = 0; i < c->evaluate_bits.count; i++) {
        const int item = c->evaluate_bits.item[i];
        const bool all = item == EVAL_ALL && forward->bits_max > 0;
        const int one = item == EVAL_CURRENT ? current : item < 0 ? forward->bits_max : item;
        for (int b = all ? forward->bits_min : one; b <= (all ? forward->bits_max : one); b++) {
            int j = 0;
            while (j < count && bits[j] != b)
                j++;
            bits[j] = b;
            count += j == count;
        }
    }
    return count;
}

/* --- the resolved form
 * ---------------------------------------------------------------------------------------- */

static void print(FILE *out, const struct config *c, bool labels)
{
    int rows;
    const struct key *keys = key_all(&rows);
    const char *group = "";
    size_t group_length = 0;

    for (int i = 0; i < rows; i++) {
        const struct key *k = &keys[i];
        const size_t length = key_group(k);
        if (k->label && !labels) continue;
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
    print(out, c, true);
}

static char *printed(const struct config *c, bool labels)
{
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);

    if (out == NULL) return NULL;
    print(out, c, labels);
    fclose(out);
    return text;
}

char *config_text(const struct config *c)
{
    return printed(c, true);
}

char *config_identity(const struct config *c)
{
    return printed(c, false);
}
