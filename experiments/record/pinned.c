/* experiments/record/pinned.c - comparing what a record pins with what is there now. */
#include "experiments/record/pinned.h"

#include "experiments/config/config_keys.h"
#include "experiments/record/record_columns.h"
#include "quant/try.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- data --------------------------------------------------------------------------------------------- */

enum { FACTS = 9, FACT_TEXT = 80 };

/* A fact about data: a text, or else a number. */
struct fact {
    const char *name, *text;
    int64_t number;
};

static void facts_of(struct fact fact[FACTS], char shape[48], const struct dataset *d)
{
    snprintf(shape, 48, "%d %d %d", d->shape.h, d->shape.w, d->shape.c);
    const struct fact all[FACTS] = {
        {"name", d->name, 0},
        {"shape", shape, 0},
        {"classes", NULL, d->classes},
        {"n_train", NULL, d->count[SPLIT_TRAIN]},
        {"n_val", NULL, d->count[SPLIT_VALIDATION]},
        {"n_test", NULL, d->count[SPLIT_TEST]},
        {"sha256_train", d->sha256[0], 0},
        {"sha256_test", d->sha256[1], 0},
    };
    memcpy(fact, all, sizeof all);
}

enum status pinned_data_write(struct store *s, const struct dataset *d)
{
    struct fact fact[FACTS];
    char shape[48];

    facts_of(fact, shape, d);
    TRY(store_group(s, RECORD_DATASET));
    TRY(store_set_text(s, RECORD_DATASET, "source", d->source));
    for (const struct fact *f = fact; f->name != NULL; f++)
        TRY(f->text != NULL ? store_set_text(s, RECORD_DATASET, f->name, f->text)
                            : store_set_integer(s, RECORD_DATASET, f->name, f->number));
    return STATUS_OK;
}

/* Both as texts. A fact that cannot be read differs from all. */
static void fact_texts(char then[FACT_TEXT], char now[FACT_TEXT], struct store *s, const struct fact *f)
{
    int64_t number;

    snprintf(then, FACT_TEXT, "unreadable");
    if (f->text != NULL) {
        snprintf(now, FACT_TEXT, "%s", f->text);
        (void)!store_get_text(then, FACT_TEXT, s, RECORD_DATASET, f->name);
        return;
    }
    snprintf(now, FACT_TEXT, "%" PRId64, f->number);
    if (store_get_integer(&number, s, RECORD_DATASET, f->name) == STATUS_OK)
        snprintf(then, FACT_TEXT, "%" PRId64, number);
}

enum status pinned_data_check(struct store *s, const struct dataset *d)
{
    struct fact fact[FACTS];
    char shape[48], differences[PINNED_DIFFERENCES] = "";
    size_t used = 0;

    if (!store_has(s, RECORD_DATASET)) return STATUS_OK; /* older than that */
    facts_of(fact, shape, d);
    for (const struct fact *f = fact; f->name != NULL && used < sizeof differences; f++) {
        char then[FACT_TEXT], now[FACT_TEXT];
        if (!store_has_attribute(s, RECORD_DATASET, f->name)) continue;
        fact_texts(then, now, s, f);
        if (strcmp(then, now) == 0) continue;
        used += (size_t)snprintf(differences + used, sizeof differences - used, "%s%s %.16s, now %.16s",
                                 used > 0 ? "; " : "", f->name, then, now);
    }
    if (used == 0) return STATUS_OK;
    return status_fail(STATUS_INPUT,
                       "%s: was trained on other data than those in %s (%s); put back the files that it was "
                       "trained on, or train anew with another --out",
                       store_path(s), d->source, differences);
}

/* --- configuration, hardware -------------------------------------------------------------------------- */

/* A line "  name: value" below its "group:". */
struct setting {
    char path[96];
    const char *value;
    int length; /* of value */
};

/* The next setting at or after *at; false at the end. `group` is kept between calls. */
static bool next_setting(struct setting *out, char group[48], const char **at)
{
    while (**at != '\0') {
        const char *line = *at + strspn(*at, " "), *end = *at + strcspn(*at, "\n");
        const bool nested = line > *at;
        const size_t name = strcspn(line, ":\n");
        *at = *end != '\0' ? end + 1 : end;
        if (line + name >= end || *line == '#') continue;
        const char *value = line + name + 1;
        value += strspn(value, " ");
        if (!nested) snprintf(group, 48, "%s", "");
        if (value >= end) {
            snprintf(group, 48, "%.*s", (int)name, line);
            continue;
        }
        snprintf(out->path, sizeof out->path, "%s%s%.*s", group, *group != '\0' ? "." : "", (int)name, line);
        out->value = value;
        out->length = (int)(end - value);
        return true;
    }
    return false;
}

static bool find_setting(struct setting *out, const char *text, const char *path)
{
    char group[48] = "";

    while (next_setting(out, group, &text))
        if (strcmp(out->path, path) == 0) return true;
    return false;
}

/* Does a setting that the other text has not say nothing about the run? */
static bool is_silent(const struct setting *s, bool alone)
{
    const int row = key_row(s->path);
    int rows;

    if (row < 0) return false;
    const struct key *k = &key_all(&rows)[row];
    return k->part == LABEL || (alone && (int)strlen(k->standard) == s->length &&
                                strncmp(k->standard, s->value, (size_t)s->length) == 0);
}

struct list {
    char *text;
    size_t used;
    int more; /* that had no room */
};

static void list_add(struct list *l, const char *path, const struct setting *then, const struct setting *now)
{
    char line[256];
    const int length = snprintf(line, sizeof line, "%s%s %.*s, now %.*s", l->used > 0 ? "; " : "", path,
                                then != NULL ? then->length : 5, then != NULL ? then->value : "unset",
                                now != NULL ? now->length : 5, now != NULL ? now->value : "unset");

    if (l->more > 0 || length >= (int)sizeof line || l->used + (size_t)length + 32 > PINNED_DIFFERENCES) {
        l->more++;
        return;
    }
    memcpy(l->text + l->used, line, (size_t)length + 1);
    l->used += (size_t)length;
}

void pinned_differences(char out[PINNED_DIFFERENCES], const char *then, const char *now)
{
    struct list list = {.text = out};
    struct setting a, b;
    char group[48] = "";

    out[0] = '\0';
    for (const char *at = then; next_setting(&a, group, &at);) {
        const bool found = find_setting(&b, now, a.path);
        if (is_silent(&a, !found)) continue;
        if (!found || a.length != b.length || strncmp(a.value, b.value, (size_t)a.length) != 0)
            list_add(&list, a.path, &a, found ? &b : NULL);
    }
    group[0] = '\0';
    for (const char *at = now; next_setting(&b, group, &at);)
        if (!find_setting(&a, then, b.path) && !is_silent(&b, true)) list_add(&list, b.path, NULL, &b);
    if (list.more > 0)
        snprintf(out + list.used, PINNED_DIFFERENCES - list.used, "%s%d more", list.used > 0 ? "; and " : "",
                 list.more);
}
