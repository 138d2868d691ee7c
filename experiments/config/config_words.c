/* experiments/config/config_words.c - the kinds of values with words of their own: choices, bits, spans,
 * lists. */
#include "experiments/config/config_keys.h"

#include "quant/try.h"
#include "sim/base/text.h"
#include "sim/method/widths.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- one word of a few ---------------------------------------------------------------------------------- */

/* Number of `text` among words[], NULL at the end. */
static enum status choose(int *out, const char *const words[], const char *text)
{
    char known[160] = "";
    size_t used = 0;

    for (int i = 0; words[i] != NULL; i++) {
        if (strcmp(text, words[i]) == 0) {
            *out = i;
            return STATUS_OK;
        }
        used += (size_t)snprintf(known + used, sizeof known - used, "%s%s", i > 0 ? ", " : "", words[i]);
    }
    return status_fail(STATUS_INPUT, "'%s' is none of: %s", text, known);
}

static const char *const divisions[] = {"ieee", "rcp", NULL};
static const char *const remainders[] = {"stretch", "leftover", NULL};
static const char *const splits[] = {"train", "validation", "test", NULL};
static const char *const augmentations[] = {"none", "flip", "crop", "pad-crop-flip", NULL};

enum { AUGMENT_FLIP = 1, AUGMENT_CROP = 2 }; /* bits of the number in augmentations[] */

static enum status division_parse(void *field, const struct key *k, const char *text)
{
    int i = 0;
    (void)k;
    TRY(choose(&i, divisions, text));
    *(enum division *)field = (enum division)i;
    return STATUS_OK;
}

static void division_print(FILE *out, const void *field)
{
    fputs(divisions[*(const enum division *)field], out);
}

static enum status remainder_parse(void *field, const struct key *k, const char *text)
{
    int i = 0;
    (void)k;
    TRY(choose(&i, remainders, text));
    *(enum remainder *)field = (enum remainder)i;
    return STATUS_OK;
}

static void remainder_print(FILE *out, const void *field)
{
    fputs(remainders[*(const enum remainder *)field], out);
}

enum status config_parse_split(enum split *out, const char *text)
{
    int i = 0;
    TRY(choose(&i, splits, text));
    *out = (enum split)i;
    return STATUS_OK;
}

static enum status split_parse(void *field, const struct key *k, const char *text)
{
    (void)k;
    return config_parse_split(field, text);
}

const char *config_split_name(enum split split)
{
    return splits[split];
}

static void split_print(FILE *out, const void *field)
{
    fputs(config_split_name(*(const enum split *)field), out);
}

static enum status augment_parse(void *field, const struct key *k, const char *text)
{
    struct train_spec *train = field;
    int i = 0;
    (void)k;
    TRY(choose(&i, augmentations, text));
    train->flip = (i & AUGMENT_FLIP) != 0;
    train->crop = (i & AUGMENT_CROP) != 0;
    return STATUS_OK;
}

static void augment_print(FILE *out, const void *field)
{
    const struct train_spec *train = field;
    fputs(augmentations[(train->flip ? AUGMENT_FLIP : 0) | (train->crop ? AUGMENT_CROP : 0)], out);
}

const struct kind kind_division = {"ieee or rcp", false, division_parse, division_print};
const struct kind kind_remainder = {"stretch or leftover", false, remainder_parse, remainder_print};
const struct kind kind_split = {"train, validation or test", false, split_parse, split_print};
const struct kind kind_augment = {"none, flip, crop or pad-crop-flip", false, augment_parse, augment_print};

/* --- bits -------------------------------------------------------------------------------------------- */

/* "8", "3:8" or "float32"; the schedule it belongs to. */
static enum status bits_parse(void *field, const struct key *k, const char *text)
{
    struct schedule_spec *s = field;
    char *end;
    (void)k;

    if (strcmp(text, "float32") == 0) {
        s->bits_min = s->bits_max = 0;
        return STATUS_OK;
    }
    const long low = strtol(text, &end, 10);
    const long high = *end == ':' ? strtol(end + 1, &end, 10) : low;
    if (!isdigit((unsigned char)text[0]) || *end != '\0' || !isdigit((unsigned char)end[-1]))
        return status_fail(STATUS_INPUT, "'%s' is not a width; want bits as 8, a range as 3:8, or float32",
                           text);
    if (low < WIDTH_LEAST || low > WIDTH_MOST || high < WIDTH_LEAST || high > WIDTH_MOST)
        return status_fail(STATUS_INPUT, "%s is out of range; training takes %d to %d bits, or float32", text,
                           WIDTH_LEAST, WIDTH_MOST);
    if (low > high)
        return status_fail(STATUS_INPUT, "%s has the larger width first; want %ld:%ld", text, high, low);
    s->bits_min = (int)low;
    s->bits_max = (int)high;
    return STATUS_OK;
}

static void bits_print(FILE *out, const void *field)
{
    const struct schedule_spec *s = field;
    if (s->bits_max == 0) {
        fputs("float32", out);
    } else if (s->bits_min == s->bits_max) {
        fprintf(out, "%d", s->bits_max);
    } else {
        fprintf(out, "%d:%d", s->bits_min, s->bits_max);
    }
}

static const struct eval_word {
    const char *word;
    int item;
} eval_words[] = {{"max", EVAL_MAX}, {"current", EVAL_CURRENT}, {"all", EVAL_ALL}, {"float32", 0}};

enum { EVAL_WORDS = sizeof eval_words / sizeof eval_words[0] };

static const char eval_wants[] = "want max, current, all, float32, bits as 8 or a range as 3:8";

/* The widths of one word: [*low, *high] holds items, which are words only alone. */
static enum status eval_item(int *low, int *high, const char *text, size_t length)
{
    char word[32], *end;

    TRY(text_copy(word, sizeof word, NULL, text, length));
    for (int i = 0; i < EVAL_WORDS; i++) {
        if (strcmp(eval_words[i].word, word) == 0) {
            *low = *high = eval_words[i].item;
            return STATUS_OK;
        }
    }
    if (isdigit((unsigned char)word[0]) && strchr(word, '/') != NULL)
        return status_fail(STATUS_INPUT,
                           "'%s' has backward bits, and an evaluation goes only forward; want %.*s", word,
                           (int)strcspn(word, "/"), word);
    const long from = strtol(word, &end, 10);
    const long to = *end == ':' && isdigit((unsigned char)end[1]) ? strtol(end + 1, &end, 10) : from;
    if (!isdigit((unsigned char)word[0]) || *end != '\0')
        return status_fail(STATUS_INPUT, "'%s' is not a width; %s", word, eval_wants);
    if (from < WIDTH_LEAST || from > WIDTH_MOST || to < WIDTH_LEAST || to > WIDTH_MOST)
        return status_fail(STATUS_INPUT, "%s is out of range; want %d to %d bits, or float32", word,
                           WIDTH_LEAST, WIDTH_MOST);
    if (from > to)
        return status_fail(STATUS_INPUT, "%s has the larger width first; want %ld:%ld", word, to, from);
    *low = (int)from;
    *high = (int)to;
    return STATUS_OK;
}

enum status config_parse_eval_bits(struct eval_bits *out, const char *text)
{
    const char *const between = " ,";

    out->count = 0;
    for (text += strspn(text, between); *text != '\0'; text += strspn(text, between)) {
        const size_t length = strcspn(text, between);
        int low = 0, high = 0;
        TRY(eval_item(&low, &high, text, length));
        for (int item = low; item <= high; item++) {
            if (out->count == EVAL_ITEMS)
                return status_fail(STATUS_INPUT, "more than %d widths; want fewer, or all", EVAL_ITEMS);
            out->item[out->count++] = item;
        }
        text += length;
    }
    if (out->count == 0) return status_fail(STATUS_INPUT, "is empty; %s", eval_wants);
    return STATUS_OK;
}

static enum status eval_bits_parse(void *field, const struct key *k, const char *text)
{
    (void)k;
    return config_parse_eval_bits(field, text);
}

static void eval_bits_print(FILE *out, const void *field)
{
    const struct eval_bits *e = field;
    for (int i = 0; i < e->count; i++) {
        if (i > 0) fputc(' ', out);
        if (e->item[i] > 0) fprintf(out, "%d", e->item[i]);
        for (int j = 0; j < EVAL_WORDS; j++)
            if (e->item[i] == eval_words[j].item) fputs(eval_words[j].word, out);
    }
}

const struct kind kind_bits = {"bits as 8, 3:8 or float32", false, bits_parse, bits_print};
const struct kind kind_eval_bits = {"words like: max float32 8 3:5", false, eval_bits_parse, eval_bits_print};

/* --- spans ------------------------------------------------------------------------------------------- */

static const char *const units[] = {"iterations", "epochs", "seconds", NULL};

/* "390", "390 iterations", "1 epoch", "60 seconds" or "end". */
static enum status interval_parse(void *field, const struct key *k, const char *text)
{
    struct span *span = field;
    char unit[KEY_TEXT + 1] = "iterations", *end; /* room for an s behind the text */
    int i = 0;

    if (strcmp(text, "end") == 0) {
        *span = (struct span){0, SPAN_ITERATIONS};
        return STATUS_OK;
    }
    const double amount = strtod(text, &end);
    if (end == text) return status_fail(STATUS_INPUT, "'%s' has no number; want one as in '3 epochs'", text);
    end += strspn(end, " ");
    if (*end != '\0') {
        const size_t length = strlen(end);
        const bool plural = length > 0 && end[length - 1] == 's';
        snprintf(unit, sizeof unit, "%s%s", end, plural ? "" : "s");
    }
    TRY(choose(&i, units, unit));
    if (!(amount >= k->min && amount <= k->max))
        return status_fail(STATUS_INPUT, "'%s' is out of range; want %g to %.0f %s", text,
                           i == SPAN_ITERATIONS ? ceil(k->min) : k->min, k->max, units[i]);
    if (i == SPAN_ITERATIONS && amount != floor(amount))
        return status_fail(STATUS_INPUT,
                           "%g iterations are not whole; want them as in 64000 iterations or %g epochs",
                           amount, amount);
    *span = (struct span){amount, (enum span_unit)i};
    return STATUS_OK;
}

static enum status span_parse(void *field, const struct key *k, const char *text)
{
    struct span span = {0, SPAN_ITERATIONS};
    TRY(interval_parse(&span, k, text));
    if (span.unit == SPAN_SECONDS)
        return status_fail(STATUS_INPUT, "'%s' depends on the machine; want iterations or epochs", text);
    if (span.amount < k->min)
        return status_fail(STATUS_INPUT, "'%s' is not a length; want it as in '3 epochs'", text);
    *(struct span *)field = span;
    return STATUS_OK;
}

static void span_print(FILE *out, const void *field)
{
    const struct span *span = field;
    if (span->amount == 0) {
        fputs("end", out);
    } else {
        const char *unit = units[span->unit];
        real_write(out, span->amount);
        fprintf(out, " %.*s", (int)strlen(unit) - (span->amount == 1), unit);
    }
}

const struct kind kind_span = {"iterations or epochs", false, span_parse, span_print};
const struct kind kind_interval = {"iterations, epochs or seconds", false, interval_parse, span_print};

/* --- lists ------------------------------------------------------------------------------------------- */

/* "0.5, 0.75", with or without brackets: ascending fractions of a run; the learning rate they belong to. */
static enum status drops_parse(void *field, const struct key *k, const char *text)
{
    struct lr_spec *lr = field;
    const char *const between = " ,[]";
    double last = k->min;

    lr->drop_count = 0;
    for (text += strspn(text, between); *text != '\0'; text += strspn(text, between)) {
        char *end;
        const double value = strtod(text, &end);
        if (end == text || (*end != '\0' && strchr(between, *end) == NULL))
            return status_fail(STATUS_INPUT, "'%s' is not a list of numbers; want one as in [0.5, 0.75]",
                               text);
        if (!(value > last && value < k->max))
            return status_fail(STATUS_INPUT,
                               "%g is out of place; want ascending fractions of the run between %g and %g",
                               value, k->min, k->max);
        if (lr->drop_count == LR_DROPS) return status_fail(STATUS_INPUT, "more than %d drops", LR_DROPS);
        lr->drops[lr->drop_count++] = last = value;
        text = end;
    }
    return STATUS_OK;
}

static void drops_print(FILE *out, const void *field)
{
    const struct lr_spec *lr = field;
    fputc('[', out);
    for (int i = 0; i < lr->drop_count; i++) {
        if (i > 0) fputs(", ", out);
        real_write(out, lr->drops[i]);
    }
    fputc(']', out);
}

const struct kind kind_drops = {"a list of fractions", true, drops_parse, drops_print};
