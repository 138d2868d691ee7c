/* experiments/commands/command_explain.c - `cptsim explain FORMAT VALUE`: how one value becomes its code,
 * step by step. */
#include "experiments/commands/command.h"
#include "experiments/commands/numbers.h"

#include "quant/integer.h"
#include "quant/quantizer.h"
#include "quant/try.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

struct options {
    const char *format;
    struct numbers values;
    struct draw draw;
};

enum { KEY_SEED = 0x100, KEY_STREAM, KEY_STEP, KEY_FIRST };

static const struct argp_option rows[] = {
    {"seed", KEY_SEED, "N", 0, "Seed of stochastic roundings (default 0)", 0},
    {"stream", KEY_STREAM, "N", 0, "Stream (default 0)", 0},
    {"step", KEY_STEP, "N", 0, "Step (default 0)", 0},
    {"first", KEY_FIRST, "N", 0, "Index of the value in its tensor (default 0)", 0},
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct options *o = state->input;
    uint64_t n = 0;

    switch (key) {
    case KEY_SEED:
        return numbers_integer(state, "--seed", arg, UINT64_MAX, &o->draw.name.seed);
    case KEY_STREAM:
        numbers_integer(state, "--stream", arg, UINT32_MAX, &n);
        o->draw.name.stream = (uint32_t)n;
        return 0;
    case KEY_STEP:
        numbers_integer(state, "--step", arg, UINT32_MAX, &n);
        o->draw.name.step = (uint32_t)n;
        return 0;
    case KEY_FIRST:
        return numbers_integer(state, "--first", arg, UINT64_MAX, &o->draw.first);
    case ARGP_KEY_ARG:
        if (o->format != NULL) return numbers_argument(&o->values, arg);
        o->format = arg;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp description = {
    .options = rows,
    .parser = parse,
    .args_doc = "FORMAT VALUE",
    .doc = "Explain how a value is quantized: its size t in units of the last place, floor and fraction, the "
           "rule that decided, the code, and the value of the code. Formats with blocks treat the value as a "
           "block alone.\vExamples:\n"
           "  cptsim explain fx:s8.4:rnd_conv:sat 2.53125\n"
           "  cptsim explain fp:e4m3fn:rne:inf 465\n"
           "  cptsim explain mx:e4m3fn:32:floor 957\n"
           "  cptsim explain fx:s8.4:sr8:sat --seed 1 --first 5 -0.3\n",
};

static void say(const char *name, const char *text)
{
    printf("%-10s %s\n", name, text);
}

static void say_code(const struct format *f, uint64_t code)
{
    char text[CODE_TEXT];

    numbers_code(text, f, code);
    say("code", text);
}

/* "0x1.8p+1 = 3". */
static void say_number(const char *name, struct number x)
{
    char hex[NUMBER_TEXT];
    printf("%-10s %s = %.17g\n", name, number_print(hex, x), number_nearest_double(x));
}

/* t cut at its point. A fraction that is too fine for 64 bits is only told to be there. */
struct cut {
    struct number floor, fraction;
    int against_half; /* of the fraction: -1, 0, 1 */
    bool exact, fine;
};

static struct cut cut_number(struct number t)
{
    struct cut c = {.floor = t, .exact = true, .fraction = number_zero(false)};
    const int shift = -t.e;

    if (t.m == 0 || shift <= 0) return c;
    const uint64_t a = shift < 64 ? t.m >> shift : 0,
                   rem = shift < 64 ? t.m & ((UINT64_C(1) << shift) - 1) : t.m;
    if (rem == 0) return c;
    c.exact = false;
    c.fine = shift > 63;
    c.against_half = rounding_half((struct rest){rem, shift});
    c.floor = (struct number){.m = a, .negative = false};
    c.fraction = (struct number){.m = rem, .e = -shift};
    if (!t.negative) return c;
    c.against_half = -c.against_half;
    c.floor = (struct number){.m = a + 1, .negative = true};
    if (!c.fine) c.fraction.m = (UINT64_C(1) << shift) - rem;
    return c;
}

static void say_cut(struct number t)
{
    const struct cut c = cut_number(t);
    static const char *const compared[] = {"below one half", "exactly one half", "above one half"};
    char hex[NUMBER_TEXT];

    say_number("t", t);
    say_number("floor", c.floor);
    if (c.exact)
        say("fraction", "0: t is a code already");
    else if (c.fine)
        printf("%-10s finer than 2^-63, %s\n", "fraction", compared[c.against_half + 1]);
    else
        printf("%-10s %s = %.17g, %s\n", "fraction", number_print(hex, c.fraction),
               number_nearest_double(c.fraction), compared[c.against_half + 1]);
}

static void say_rule(const struct format *f, uint32_t random)
{
    const struct rounding_row *row = rounding_row(f->rounding);

    printf("%-10s %s: %s\n", "rounding", row->name, row->meaning);
    if (rounding_is_stochastic(f->rounding))
        printf("%-10s r = %" PRIu32 " of 2^%d: r / 2^R = %.10g\n", "random", random, f->random_bits,
               ldexp(random, -f->random_bits));
}

static void say_overflow(const struct format *f, unsigned outcome)
{
    static const char *const meaning[] = {
        [OVERFLOW_SAT] = "sat: the nearest end",
        [OVERFLOW_SAT_SYM] = "sat_sym: the nearest end of -hi..hi",
        [OVERFLOW_SAT_ZERO] = "sat_zero: zero",
        [OVERFLOW_WRAP] = "wrap: the low bits, and the saturation pattern in the bits it names",
        [OVERFLOW_WRAP_SM] = "wrap_sm: the low bits, inverted where the lost sign disagrees",
        [OVERFLOW_NUMERIC_STD] = "numeric_std: the low bits under the old sign",
        [OVERFLOW_INF] = "inf: infinity, or NaN where there is none; inward roundings stop at the largest",
    };
    if (outcome & OUTCOME_OVERFLOW)
        printf("%-10s outside the format after rounding; %s\n", "overflow", meaning[f->overflow]);
    else
        say("overflow", "none");
}

/* The rounded integer before overflow: the same unit with all 64 bits. */
static void explain_fixed(const struct format *f, struct number x, uint32_t random)
{
    const struct fixed_format *g = &f->fixed;
    struct format wide = *f;
    struct number t = x;

    printf("%-10s 2^%d; codes %" PRId64 " .. %" PRIu64 "\n", "unit", g->integer_bits - g->bits,
           element_fixed_least(f), element_fixed_high(g));
    t.e += g->bits - g->integer_bits;
    say_cut(t);
    say_rule(f, random);
    wide.overflow = OVERFLOW_SAT;
    wide.fixed.sign = g->sign == FIXED_SIGN_MAGNITUDE ? FIXED_SIGN_MAGNITUDE : FIXED_SIGNED;
    wide.fixed.integer_bits += 64 - g->bits;
    wide.fixed.bits = 64;
    struct number m = element_fixed_decode(&wide, element_fixed_encode(&wide, x, random).code);
    m.e = 0;
    say_number("rounded", m);
}

static void explain_float(const struct format *f, struct number x, uint32_t random)
{
    const struct float_format *g = &f->floating;
    const int emin = element_float_exponent_min(g);
    const struct number top = element_float_decode(g, element_float_code_max(g));

    say_number("largest", top);
    if (x.m == 0) return;
    const int e = number_exponent(x) < emin ? emin : number_exponent(x);
    printf("%-10s 2^%d: |x| lies in %s of exponent %d; unit 2^%d\n", "smallest", emin,
           number_exponent(x) < emin ? "the subnormals" : "the binade", e, e - g->mantissa_bits);
    struct number t = x;
    t.e -= e - g->mantissa_bits;
    t.negative = false;
    say_cut(t);
    say_rule(f, random);
}

static void explain_grid(const struct format *f, const struct block_grid *g)
{
    printf("%-10s code %" PRIx32, "scale", g->code);
    if (g->nan)
        printf(": NaN, as every element of the block\n");
    else if (g->stretched)
        printf(": the elements are multiplied by %a\n", g->scale);
    else
        printf(": the elements are multiplied by 2^%d\n", g->shift);
    (void)f;
}

static void explain_element(const struct format *f, struct number x, uint32_t random)
{
    const struct encoded e = element_encode(f, x, random);

    if (x.kind != NUMBER_FINITE)
        say("special", x.kind == NUMBER_NAN ? "NaN" : "infinity");
    else if (f->family == FAMILY_FIXED)
        explain_fixed(f, x, random);
    else if (f->family == FAMILY_FLOAT)
        explain_float(f, x, random);
    else
        say("rounding", "the nearest value of the format; ties as the format says");
    say_overflow(f, e.outcome);
    say_code(f, e.code);
}

/* Formats whose scale is taken from the array or given: the value is an array of one. */
static enum status explain_scaled(const struct format *f, double x, const struct options *o)
{
    struct quantizer plan;
    uint64_t code;
    uint32_t scale[1];
    double y;

    TRY(status_usage(quantizer_make(&plan, f, CARRIER_FLOAT64)));
    quantizer_measure_f64(&plan, &x, 1);
    const struct draw draw = {o->draw.name, block_is_family(f->family) ? 0 : o->draw.first};
    quantizer_encode_f64(&plan, &code, scale, &x, 1, draw, NULL);
    quantizer_decode_f64(&plan, &y, &code, scale, 1);
    if (block_is_family(f->family)) {
        const struct block_grid g = block_grid_of_code(f, scale[0], plan.whole.tensor_scale);
        explain_grid(f, &g);
        struct number element = number_of_double(g.stretched && g.scale > 0 ? x / g.scale : x);
        if (!g.stretched) element.e -= g.shift;
        if (g.nan)
            say_code(f, code);
        else
            explain_element(&g.format, element, draw_bits(draw.name, draw.first, f->random_bits));
    } else {
        if (f->family == FAMILY_AFFINE)
            printf("%-10s %a, value of code 0 %a; codes 0 .. %g\n", "scale", (double)plan.whole.affine.scale,
                   (double)plan.whole.affine.zero, (double)plan.whole.affine.top);
        else {
            const double t = x / f->integer.scale;
            printf("%-10s %a; zero point %" PRId64 "; codes %" PRId64 " .. %" PRId64 "\n", "scale",
                   f->integer.scale, f->integer.zero, integer_low(&f->integer), integer_high(&f->integer));
            if (isfinite(t)) say_cut(number_of_double(t));
            say_rule(f, draw_bits(draw.name, draw.first, f->random_bits));
        }
        say_code(f, code);
    }
    say_number("value", number_of_double(y));
    return STATUS_OK;
}

static enum status explain(const struct options *o)
{
    struct format f;
    char text[FORMAT_TEXT];

    TRY(status_usage(format_parse(&f, o->format)));
    say("format", format_print(text, &f));
    for (size_t i = 0; i < o->values.count; i++) {
        struct options at = *o;
        const struct number x = number_of_double(o->values.value[i]);
        at.draw.first += i;
        if (i > 0) putchar('\n');
        say_number("x", x);
        if (!element_is_family(f.family)) {
            TRY(explain_scaled(&f, o->values.value[i], &at));
            continue;
        }
        const uint32_t random = draw_bits(at.draw.name, at.draw.first, f.random_bits);
        explain_element(&f, x, random);
        say_number("value", numbers_value(&f, x, element_encode(&f, x, random).code));
    }
    return STATUS_OK;
}

enum status command_explain(int argc, char **argv)
{
    struct options o = {.values.program = "explain"};
    char **words = numbers_protect(argc, argv);
    enum status s = words == NULL ? status_fail(STATUS_NOMEM, "no memory for the arguments")
                                  : command_parse(&description, argc, words, &o);

    if (s == STATUS_OK && o.format == NULL)
        s = status_fail(STATUS_USAGE, "explain needs a format and a value, such as fx:s8.4:rnd_conv:sat 0.3");
    if (s == STATUS_OK) s = numbers_finish(&o.values);
    if (s == STATUS_OK) s = explain(&o);
    numbers_free(&o.values);
    free(words);
    return s;
}
