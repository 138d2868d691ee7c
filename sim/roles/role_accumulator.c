/* sim/roles/role_accumulator.c - reading and writing the accumulator's setting. */
#include "sim/roles/role_accumulator.h"

#include "quant/try.h"
#include "sim/base/text.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char exact[] = "exact";

static enum status stage_parse(struct stage *out, const char *text, size_t length)
{
    char word[ROLE_TEXT];

    *out = (struct stage){.rounds = false};
    TRY(text_copy(word, sizeof word, NULL, text, length));
    if (strcmp(word, exact) == 0) return STATUS_OK;
    out->rounds = true;
    TRY(format_parse(&out->format, word));
    if (out->format.random_bits == 0 && rounding_is_stochastic(out->format.rounding))
        out->format.random_bits = format_random_bits_default(format_bits(&out->format));
    return STATUS_OK;
}

enum status role_accumulator_parse(struct accumulator *out, const char *text)
{
    const char *slash = strchr(text, '/');
    char *end;

    *out = (struct accumulator){.order = SUM_CHUNKS};
    TRY(stage_parse(&out->inner, text, strcspn(text, "/")));
    if (slash != NULL) {
        const long chunk = strtol(slash + 1, &end, 10);
        if (!isdigit((unsigned char)slash[1]) || *end != '/' || chunk < 1 || chunk > 1 << 30)
            return status_fail(STATUS_INPUT,
                               "'%s' has no chunk; want FORMAT/CHUNK/FORMAT as in exact/64/fp:fp32:rne:inf",
                               text);
        out->chunk = (size_t)chunk;
        TRY(stage_parse(&out->outer, end + 1, strlen(end + 1)));
    }
    return accumulator_check(out);
}

static const char *stage_print(char text[static FORMAT_TEXT], const struct stage *s)
{
    return s->rounds ? format_print(text, &s->format) : exact;
}

void role_accumulator_print(char text[static ROLE_TEXT], const struct accumulator *s)
{
    char inner[FORMAT_TEXT], outer[FORMAT_TEXT];

    if (s->chunk == 0)
        snprintf(text, ROLE_TEXT, "%s", stage_print(inner, &s->inner));
    else
        snprintf(text, ROLE_TEXT, "%s/%zu/%s", stage_print(inner, &s->inner), s->chunk,
                 stage_print(outer, &s->outer));
}
