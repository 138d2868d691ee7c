/* experiments/cost/cost_roles.c - from the formats of roles to widths that can be priced. */
#include "experiments/cost/cost_roles.h"
#include "sim/base/text.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* Bits of a code of the role's format; 0: float32. */
static int bits_of(const struct role_setting *s, int scheduled)
{
    char text[ROLE_TEXT];
    struct format f;

    if (s->way == ROLE_RECIPE) return scheduled;
    if (s->way == ROLE_FLOAT32) return 0;
    if (role_expand(text, s->text, scheduled) != STATUS_OK || format_parse(&f, text) != STATUS_OK)
        abort(); /* role_check was not asked: a mistake in this program */
    return format_bits(&f);
}

struct operands cost_roles_operands(const struct recipe *r, struct widths scheduled)
{
    return (struct operands){.activation = bits_of(&r->role[ROLE_ACTIVATION], scheduled.forward),
                             .weight = bits_of(&r->role[ROLE_WEIGHT], scheduled.forward),
                             .error = bits_of(&r->role[ROLE_ERROR], scheduled.backward)};
}

/* What the schedule said of a layer whose row it is. */
static struct widths scheduled_of(struct operands layer)
{
    return (struct widths){layer.activation, layer.error};
}

/* A row's operands by the formats of roles. */
static enum status add_row(struct histogram *out, const struct recipe *r, const struct histogram_row *row)
{
    struct operands *layer = calloc((size_t)row->layers, sizeof *layer);

    if (layer == NULL) return status_fail(STATUS_NOMEM, "out of memory");
    for (int i = 0; i < row->layers; i++)
        layer[i] = cost_roles_operands(r, scheduled_of(row->layer[i]));
    const enum status s = histogram_add_layers(out, layer, row->layers, row->images, row->iterations);
    free(layer);
    return s;
}

/* --- the note --------------------------------------------------------------------------------------- */

/* What prices a role that is not an operand of a product. */
static const char *const knobs[ROLE_COUNT] = {
    [ROLE_GRADIENT] = "hardware's training.gradient_bits",
    [ROLE_MASTER] = "hardware's training.master_bits",
    [ROLE_MOMENTUM] = "hardware's training.state_bits",
    [ROLE_ACCUMULATOR] = "hardware's array.accumulator_bits",
};

/* "integers of 8 bits", "integers of 3 to 8 bits" over all rows of the scheduled run. */
static void operand_words(char *out, size_t size, const struct role_setting *s, enum role_width driver,
                          const struct histogram *run)
{
    int least = INT_MAX, most = 0;

    for (int i = 0; i < run->count; i++)
        for (int l = 0; l < run->rows[i].layers; l++) {
            const struct widths w = scheduled_of(run->rows[i].layer[l]);
            const int bits = bits_of(s, driver == ROLE_WIDTH_FORWARD ? w.forward : w.backward);
            least = bits < least ? bits : least;
            most = bits > most ? bits : most;
        }
    if (most == 0)
        snprintf(out, size, "float32");
    else if (least == most)
        snprintf(out, size, "integers of %d bits", most);
    else
        snprintf(out, size, "integers of %d to %d bits", least, most);
}

static void describe(struct cost_roles *out, const struct histogram *run, const struct recipe *r)
{
    int count;
    const struct role_row *rows = role_all(&count);

    *out = (struct cost_roles){0};
    for (int i = 0; i < count; i++) {
        const struct role_setting *s = &r->role[i];
        if (s->way == ROLE_RECIPE) continue;
        struct cost_role *told = &out->rows[out->count++];
        told->role = rows[i].name;
        snprintf(told->format, sizeof told->format, "%s", role_print(s));
        if (knobs[i] != NULL)
            snprintf(told->priced_as, sizeof told->priced_as, "%s", knobs[i]);
        else
            operand_words(told->priced_as, sizeof told->priced_as, s, rows[i].width, run);
    }
}

enum status cost_roles_read(struct cost_roles *out, struct histogram *run, const struct recipe *r)
{
    struct histogram operands = {0};
    enum status status = STATUS_OK;

    describe(out, run, r);
    if (out->count == 0) return STATUS_OK;
    for (int i = 0; i < run->count && status == STATUS_OK; i++)
        status = add_row(&operands, r, &run->rows[i]);
    histogram_free(run);
    *run = operands;
    return status;
}

void cost_roles_note(FILE *out, const struct cost_roles *roles, const char *run)
{
    if (roles->count == 0) return;
    fputs("note: ", out);
    text_show(out, run, "");
    fputs(": back ends know no formats but integers; these are priced:", out);
    for (int i = 0; i < roles->count; i++)
        fprintf(out, "%s %s %s as %s", i > 0 ? "," : "", roles->rows[i].role, roles->rows[i].format,
                roles->rows[i].priced_as);
    fputc('\n', out);
}
