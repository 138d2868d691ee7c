/* experiments/whatif/whatif_axis.c - keys and values of a sweep: from words to points. */
#include "experiments/whatif/whatif_axis.h"

#include "quant/try.h"
#include "sim/base/table.h"
#include "sim/base/text.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORD(member) offsetof(struct cost_options, member)

static const struct sweep_key keys[] = {
    {"model", SWEEP_NETWORK, WORD(model)},
    {"layers", SWEEP_NETWORK, WORD(layers)},
    {"data", SWEEP_NETWORK, WORD(data)},
    {"dataset", SWEEP_NETWORK, WORD(data)},
    {"recipe", SWEEP_NETWORK, WORD(recipe)},
    {"convention", SWEEP_NETWORK, WORD(convention)},
    {"bits", SWEEP_SCHEDULE, WORD(schedule.bits)},
    {"backward", SWEEP_SCHEDULE, WORD(backward)},
    {"grad-bits", SWEEP_SCHEDULE, WORD(backward)},
    {"schedule", SWEEP_SCHEDULE, WORD(type)},
    {"cycles", SWEEP_SCHEDULE, WORD(schedule.cycles)},
    {"remainder", SWEEP_SCHEDULE, WORD(schedule.remainder)},
    {"iterations", SWEEP_SCHEDULE, WORD(schedule.iterations)},
    {"images", SWEEP_SCHEDULE, WORD(images)},
    {"batch", SWEEP_SCHEDULE, WORD(batch)},
    {"hardware", SWEEP_MACHINE, WORD(hardware.name)},
    {"backend", SWEEP_MACHINE, WORD(hardware.backend)},
};

enum { KEYS = sizeof keys / sizeof *keys, KNOBS_MOST = 256 };

enum sweep_part sweep_part(const struct sweep_axis *a)
{
    return a->key != NULL ? a->key->part : SWEEP_MACHINE;
}

/* --- keys --------------------------------------------------------------------------------------------- */

/* The nearest of all that can be swept: options, and knobs but for the name; NULL if none is near. */
static const char *nearest_key(const char *name)
{
    const char *names[KEYS + KNOBS_MOST];
    size_t count = 0;

    for (; count < KEYS; count++)
        names[count] = keys[count].name;
    for (int i = 1; hardware_knob(i) != NULL && count < KEYS + KNOBS_MOST; i++)
        names[count++] = hardware_knob(i)->path;
    const int nearest = table_nearest(name, names, sizeof *names, count);
    return nearest >= 0 ? names[nearest] : NULL;
}

static enum status find_key(struct sweep_axis *a)
{
    size_t i;
    int knob;

    if (table_has(&i, a->name, keys, sizeof *keys, KEYS)) a->key = &keys[i];
    if (a->key != NULL || (hardware_find(&knob, a->name) == STATUS_OK && knob > 0)) return STATUS_OK;
    const char *nearest = nearest_key(a->name);
    if (nearest != NULL)
        return status_fail(STATUS_USAGE, "--sweep: unknown key '%s'; did you mean '%s'?", a->name, nearest);
    return status_fail(
        STATUS_USAGE, "--sweep: unknown key '%s'; want an option of the run or a knob of `cptsim list knobs`",
        a->name);
}

/* --- values ------------------------------------------------------------------------------------------- */

static enum status value_add(struct sweep_axis *a, const char *text, size_t length)
{
    if (length == 0)
        return status_fail(STATUS_USAGE, "--sweep %s: an empty value; want %s=a,b,c", a->name, a->name);
    if (a->count == SWEEP_POINTS)
        return status_fail(STATUS_USAGE, "--sweep %s: more than %d values", a->name, SWEEP_POINTS);
    if ((a->count & (a->count - 1)) == 0) { /* room for as many again */
        void *more = realloc(a->value, (size_t)(a->count ? 2 * a->count : 1) * sizeof *a->value);
        if (more == NULL) return status_fail(STATUS_NOMEM, "no memory for the values of a sweep");
        a->value = more;
    }
    if (text_copy(a->value[a->count], sizeof *a->value, NULL, text, length) != STATUS_OK)
        return status_fail(STATUS_USAGE, "--sweep %s: %s", a->name, status_detail());
    a->count++;
    return STATUS_OK;
}

static enum status number_add(struct sweep_axis *a, double number)
{
    char text[32];
    const int length = snprintf(text, sizeof text, "%.10g", number);
    return value_add(a, text, (size_t)length);
}

/* "from:to:step" */
static enum status range_add(struct sweep_axis *a, double from, double to, double step)
{
    static const double slack = 1e-9; /* so that 0:1:0.1 has its end */

    if (!(step > 0) || !(from <= to))
        return status_fail(STATUS_USAGE,
                           "--sweep %s: want from:to:step with from <= to and step > 0, not %g:%g:%g",
                           a->name, from, to, step);
    if ((to - from) / step >= SWEEP_POINTS)
        return status_fail(STATUS_USAGE, "--sweep %s: %g:%g:%g are more than %d values", a->name, from, to,
                           step, SWEEP_POINTS);
    for (int i = 0; from + i * step <= to + slack * step; i++)
        TRY(number_add(a, from + i * step));
    return STATUS_OK;
}

/* "log:from:to:count" */
static enum status geometric_add(struct sweep_axis *a, double from, double to, double count)
{
    if (!(from > 0) || !(from < to) || !(count >= 2) || count > SWEEP_POINTS || count != floor(count))
        return status_fail(
            STATUS_USAGE,
            "--sweep %s: want log:from:to:count with 0 < from < to and 2 to %d values, not log:%g:%g:%g",
            a->name, SWEEP_POINTS, from, to, count);
    for (int i = 0; i < (int)count; i++)
        TRY(number_add(a, i + 1 < count ? from * pow(to / from, i / (count - 1)) : to));
    return STATUS_OK;
}

/* Three numbers with colons between, and nothing else. */
static bool three_numbers(double out[3], const char *text, size_t length)
{
    char copy[96], *at = copy;

    if (text_copy(copy, sizeof copy, NULL, text, length) != STATUS_OK) return false;
    for (int i = 0; i < 3; i++) {
        char *end;
        out[i] = strtod(at, &end);
        if (end == at || !isfinite(out[i]) || *end != (i < 2 ? ':' : '\0')) return false;
        at = end + 1;
    }
    return true;
}

static enum status item_add(struct sweep_axis *a, const char *text, size_t length)
{
    double n[3];

    if (length >= 4 && strncmp(text, "log:", 4) == 0) {
        if (three_numbers(n, text + 4, length - 4)) return geometric_add(a, n[0], n[1], n[2]);
        return status_fail(STATUS_USAGE, "--sweep %s: '%.*s' is not log:from:to:count", a->name, (int)length,
                           text);
    }
    if (three_numbers(n, text, length)) return range_add(a, n[0], n[1], n[2]);
    return value_add(a, text, length);
}

enum status sweep_add(struct sweep *s, const char *text)
{
    const size_t length = strcspn(text, "=");

    if (text[length] == '\0' || length == 0)
        return status_fail(STATUS_USAGE, "--sweep: '%s' is not key=a,b,c", text);
    if (s->axes == SWEEP_AXES) return status_fail(STATUS_USAGE, "--sweep: more than %d keys", SWEEP_AXES);
    struct sweep_axis *a = &s->axis[s->axes++];
    *a = (struct sweep_axis){0};
    TRY(status_usage(text_copy(a->name, sizeof a->name, "--sweep", text, length)));
    TRY(find_key(a));
    for (int i = 0; i + 1 < s->axes; i++)
        if (strcmp(s->axis[i].name, a->name) == 0)
            return status_fail(STATUS_USAGE, "--sweep: '%s' is given twice", a->name);
    for (const char *item = text + length + 1;; item++) {
        const size_t item_length = strcspn(item, ",");
        TRY(item_add(a, item, item_length));
        item += item_length;
        if (*item == '\0') break;
    }
    const int before = s->points > 0 ? s->points : 1;
    if (a->count > SWEEP_POINTS / before)
        return status_fail(STATUS_USAGE, "--sweep: more than %d points with '%s'; want fewer values",
                           SWEEP_POINTS, a->name);
    s->points = before * a->count;
    return STATUS_OK;
}

void sweep_free(struct sweep *s)
{
    for (int i = 0; i < s->axes; i++)
        free(s->axis[i].value);
    *s = (struct sweep){0};
}

/* --- points ------------------------------------------------------------------------------------------- */

int sweep_digit(const struct sweep *s, int axis, int point)
{
    for (int i = s->axes - 1; i > axis; i--)
        point /= s->axis[i].count;
    return point % s->axis[axis].count;
}

const char *sweep_value(const struct sweep *s, int axis, int point)
{
    return s->axis[axis].value[sweep_digit(s, axis, point)];
}

void sweep_name(char *text, size_t size, const struct sweep *s, int point)
{
    size_t n = 0;

    text[0] = '\0';
    for (int i = 0; i < s->axes && n < size; i++)
        n += (size_t)snprintf(text + n, size - n, "%s%s=%s", i ? " " : "", s->axis[i].name,
                              sweep_value(s, i, point));
}

enum status sweep_set(struct cost_options *o, struct sweep_words *memory, const struct sweep_axis *a,
                      const char *value)
{
    if (a->key == NULL) {
        if (o->hardware.set.count == COST_LIST_MAX || memory->count == SWEEP_AXES)
            return status_fail(STATUS_USAGE, "more than %d knobs are set", COST_LIST_MAX);
        char *const word = memory->word[memory->count++];
        snprintf(word, sizeof *memory->word, "%s=%s", a->name, value);
        o->hardware.set.word[o->hardware.set.count++] = word;
        return STATUS_OK;
    }
    memcpy((char *)o + a->key->word, &value, sizeof value);
    if (a->key->word == WORD(model)) o->models = 1;
    if (a->key->part != SWEEP_MACHINE && a->key->word != WORD(convention)) o->own = true;
    return STATUS_OK;
}
