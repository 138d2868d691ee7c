/* sim/roles/role.c - the table of roles; from a setting and a step's bits to a quantized tensor. */
#include "sim/roles/role.h"

#include "quant/quantizer.h"
#include "quant/try.h"
#include "sim/roles/role_accumulator.h"

#include <assert.h>
#include <ctype.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* To add a role: its name in enum role, its row here (in the same order), a call of role_apply where its
 * tensor is made, its row in experiments/config/config_keys.c, its claims in tests/sim/test_roles.c. */
static const struct role_row rows[ROLE_COUNT] = {
    [ROLE_WEIGHT] = {"weight", "a convolution's weights, as its products read them", ROLE_WIDTH_FORWARD,
                     RANDOM_WEIGHT},
    [ROLE_ACTIVATION] = {"activation", "a convolution's input", ROLE_WIDTH_FORWARD, RANDOM_ACTIVATION},
    [ROLE_ERROR] = {"error", "the gradient of a convolution's output", ROLE_WIDTH_BACKWARD, RANDOM_ERROR},
    [ROLE_GRADIENT] = {"gradient", "the gradient of a parameter, before the optimizer reads it",
                       ROLE_WIDTH_BACKWARD, RANDOM_GRADIENT},
    [ROLE_MASTER] = {"master", "a parameter, after each update", ROLE_WIDTH_NONE, RANDOM_MASTER},
    [ROLE_MOMENTUM] = {"momentum", "the optimizer's state, before the parameter is updated from it",
                       ROLE_WIDTH_NONE, RANDOM_MOMENTUM},
    [ROLE_ACCUMULATOR] =
        {"accumulator",
         "the sums of a convolution's three products: FORMAT, or FORMAT/CHUNK/FORMAT with exact for either",
         ROLE_WIDTH_NONE, RANDOM_ACCUMULATOR},
};

const struct role_row *role_all(int *count)
{
    *count = ROLE_COUNT;
    return rows;
}

const char *role_print(const struct role_setting *s)
{
    return s->way == ROLE_RECIPE ? "recipe" : s->way == ROLE_FLOAT32 ? "float32" : s->text;
}

bool role_is_driven(const struct role_setting *s)
{
    return s->way == ROLE_FORMAT && strchr(s->text, '{') != NULL;
}

/* --- {bits} --- */

/* The number that a placeholder at *at stands for; moves *at behind it. False: it is none. */
static bool placeholder_read(int *value, const char **at, int bits)
{
    static const char begin[] = "{bits";
    char *end;

    if (strncmp(*at, begin, sizeof begin - 1) != 0) return false;
    const char *c = *at + sizeof begin - 1;
    *value = bits;
    if (*c == '+' || *c == '-') {
        if (!isdigit((unsigned char)c[1]) || (isdigit((unsigned char)c[2]) && isdigit((unsigned char)c[3])))
            return false; /* two digits shift any width out of any format */
        *value += (int)strtol(c, &end, 10);
        c = end;
    }
    *at = c + 1;
    return *c == '}';
}

enum status role_expand(char out[static ROLE_TEXT], const char *text, int bits)
{
    size_t used = 0;

    for (const char *at = text; *at != '\0' && used < ROLE_TEXT - 16;) {
        int value;
        if (*at != '{' && *at != '}') {
            out[used++] = *at++;
        } else if (placeholder_read(&value, &at, bits)) {
            used += (size_t)snprintf(out + used, ROLE_TEXT - used, "%d", value);
        } else {
            return status_fail(STATUS_INPUT, "'%s' has a brace that is none of {bits}, {bits+N} and {bits-N}",
                               text);
        }
    }
    out[used] = '\0';
    return STATUS_OK;
}

static enum status placeholders_check(enum role role, const char *text)
{
    char expanded[ROLE_TEXT];

    TRY(role_expand(expanded, text, 8));
    if (strchr(text, '{') != NULL && rows[role].width == ROLE_WIDTH_NONE)
        return status_fail(STATUS_INPUT,
                           "'%s' has {bits}, but no schedule drives this role's width; want a number", text);
    return STATUS_OK;
}

/* --- settings --- */

/* The format of an array role with its plan, at these bits. */
static enum status plan_of(struct quantizer *out, const struct role_setting *s, int bits)
{
    char text[ROLE_TEXT];
    struct format format;

    TRY(role_expand(text, s->text, bits));
    TRY(format_parse(&format, text));
    return quantizer_make(out, &format, CARRIER_FLOAT32);
}

/* Write the string with all its defaults, so that equal settings are equal texts. */
static enum status text_complete(struct role_setting *s, enum role role)
{
    struct quantizer plan;

    if (role == ROLE_ACCUMULATOR) {
        struct accumulator sums;
        TRY(role_accumulator_parse(&sums, s->text));
        role_accumulator_print(s->text, &sums);
        return STATUS_OK;
    }
    TRY(plan_of(&plan, s, 0));
    format_print(s->text, &plan.format);
    return STATUS_OK;
}

enum status role_parse(struct role_setting *out, enum role role, const char *text)
{
    static const struct {
        const char *word;
        enum role_way way;
    } words[] = {{"recipe", ROLE_RECIPE}, {"float32", ROLE_FLOAT32}};

    *out = (struct role_setting){.way = ROLE_FORMAT};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(text, words[i].word) == 0) {
            out->way = words[i].way;
            return STATUS_OK;
        }
    if (strlen(text) >= ROLE_TEXT / 2)
        return status_fail(STATUS_INPUT, "%zu characters; want a format, recipe or float32", strlen(text));
    memcpy(out->text, text, strlen(text) + 1);
    TRY(placeholders_check(role, text));
    const enum status s = role_is_driven(out) ? STATUS_OK : text_complete(out, role);
    return s == STATUS_OK ? s : status_fail(s, "%s; recipe and float32 are possible, too", status_detail());
}

enum status role_check(const struct role_setting *s, enum role role, int lo, int hi)
{
    struct quantizer plan;

    if (!role_is_driven(s)) return STATUS_OK;
    assert(rows[role].width != ROLE_WIDTH_NONE);
    for (int bits = lo; bits <= hi; bits++) {
        const enum status status = plan_of(&plan, s, bits);
        if (status == STATUS_OK) continue;
        return status_fail(status, "'%s' at %d bits, which the schedule or an evaluation asks for: %s",
                           s->text, bits, status_detail());
    }
    return STATUS_OK;
}

/* --- tensors --- */

/* The plan of a setting that has been checked, at the moment's bits. */
static void plan_now(struct quantizer *out, const struct role_setting *s, enum role role,
                     const struct role_moment *m)
{
    const int bits = rows[role].width == ROLE_WIDTH_FORWARD ? m->forward_bits : m->backward_bits;
    if (plan_of(out, s, bits) != STATUS_OK) abort(); /* role_check was not asked: a mistake in this program */
}

static struct random_name name_of(enum role role, const struct role_tensor *t, const struct role_moment *m)
{
    return (struct random_name){m->seed, random_stream(rows[role].use, t->id), m->step};
}

struct quantize_op role_quantize(const struct role_tensor *t, const struct role_setting *s, enum role role,
                                 const struct role_moment *m)
{
    struct quantize_op op = {
        .rows = t->rows, .row = t->row, .known = t->known, .random = name_of(role, t, m)};

    plan_now(&op.quantizer, s, role, m);
    return op;
}

/* --- grids --- */

/* The map of values (lowest + q) unit, q = 0..top = 2^bits - 1, if binary32 computes with them exactly.
 *
 * Proof. unit = M 2^e, M odd. Values, their differences from the zero, and q unit are integers of at most
 * M most <= 2^24 times 2^e; they are 0 or no smaller than the unit, which is not subnormal, and not too
 * large: binary32 has them all. So for a value x of code q, x - zero is q unit without rounding, its quotient
 * by the unit is q, and q unit + zero is x again. Real 0 comes back as +0, whatever its sign was. */
static bool grid_make(struct affine *out, int bits, double lowest, double unit)
{
    const double top = (double)((int64_t)1 << bits) - 1.0, highest = lowest + top;
    const double most = fmax(top, fmax(fabs(lowest), fabs(highest)));
    int exponent;
    double odd = ldexp(frexp(unit, &exponent), 24);

    if (odd != rint(odd)) return false; /* the unit itself is not in binary32 */
    while (fmod(odd, 2.0) == 0.0)
        odd /= 2.0;
    if (odd * most > 0x1p24 || unit < (double)FLT_MIN || unit * most > (double)FLT_MAX) return false;
    *out = (struct affine){
        .scale = (float)unit, .zero = (float)(lowest * unit), .top = (float)top, .bits = bits};
    return true;
}

/* Symmetric formats have no value at code 0: the offset is 2^(bits-1) in all signed ones, and cancels. */
static bool format_grid(struct affine *out, const struct format *f)
{
    if (format_bits(f) > AFFINE_CODE_BITS) return false;
    if (f->family == FAMILY_FIXED && !f->fixed.keep_nan) {
        const struct fixed_format *x = &f->fixed;
        const double lowest = x->sign == FIXED_UNSIGNED ? 0.0 : -ldexp(0.5, x->bits);
        return grid_make(out, x->bits, lowest, ldexp(1.0, x->integer_bits - x->bits));
    }
    if (f->family == FAMILY_INT) {
        const struct int_format *x = &f->integer;
        const double lowest = x->is_unsigned ? 0.0 : -ldexp(0.5, x->bits);
        return grid_make(out, x->bits, lowest - (double)x->zero, x->scale);
    }
    return false;
}

bool role_grid(struct affine *out, const struct role_setting *s, enum role role, const struct role_moment *m)
{
    struct quantizer plan;

    if (s->way != ROLE_FORMAT) return false;
    plan_now(&plan, s, role, m);
    return format_grid(out, &plan.format);
}
