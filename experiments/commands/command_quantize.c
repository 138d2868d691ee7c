/* experiments/commands/command_quantize.c - `cptsim quantize FORMAT [VALUE...|-]`: values through a
 * number format. */
#include "experiments/commands/command.h"
#include "experiments/commands/numbers.h"

#include "quant/quantizer.h"
#include "quant/try.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

struct options {
    const char *format;
    struct numbers values;
    struct draw draw;
    bool json, stats;
};

enum { KEY_SEED = 0x100, KEY_STREAM, KEY_STEP, KEY_FIRST, KEY_JSON, KEY_STATS };

static const struct argp_option rows[] = {
    {"seed", KEY_SEED, "N", 0, "Seed of stochastic roundings (default 0)", 0},
    {"stream", KEY_STREAM, "N", 0, "Stream: which tensor the values are (default 0)", 0},
    {"step", KEY_STEP, "N", 0, "Step: which iteration (default 0)", 0},
    {"first", KEY_FIRST, "N", 0, "Index of the first value in its tensor (default 0)", 0},
    {"json", KEY_JSON, NULL, 0, "One JSON object a line", 0},
    {"stats", KEY_STATS, NULL, 0, "Then counts and errors, each after '# '", 0},
    {0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct options *o = state->input;

    switch (key) {
    case KEY_SEED:
        return numbers_integer(state, "--seed", arg, UINT64_MAX, &o->draw.name.seed);
    case KEY_STREAM:
    case KEY_STEP: {
        uint64_t n = 0;
        const error_t wrong =
            numbers_integer(state, key == KEY_STEP ? "--step" : "--stream", arg, UINT32_MAX, &n);
        *(key == KEY_STEP ? &o->draw.name.step : &o->draw.name.stream) = (uint32_t)n;
        return wrong;
    }
    case KEY_FIRST:
        return numbers_integer(state, "--first", arg, UINT64_MAX, &o->draw.first);
    case KEY_JSON:
        o->json = true;
        return 0;
    case KEY_STATS:
        o->stats = true;
        return 0;
    case ARGP_KEY_ARG:
        if (o->format == NULL) {
            o->format = arg;
            return 0;
        }
        return numbers_argument(&o->values, arg);
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp description = {
    .options = rows,
    .parser = parse,
    .args_doc = "FORMAT [VALUE...|-]",
    .doc =
        "Quantize values: one line each of input (hexadecimal float), code, decoded value, separated by "
        "tabs. Values are decimal or C99 hexadecimal floats, from the command line or, with '-', from "
        "standard input. Codes are decimal integers for fx, bfp, affine and int, hexadecimal for all others; "
        "formats with blocks append the block's scale code in hexadecimal. Formats that look at a whole "
        "array (affine, nvfp4) look at all the values.\vFormats, in full in quant/README.md and by `cptsim "
        "list formats`:\n"
        "  fx:<s|u|m><wl>.<iwl>:<rounding>:<overflow>\n"
        "  fp:<name or eXmY[bZ]flavour>:<rounding>:<inf|sat>\n"
        "  bfp:<wl>:<n>  mx:<element>:<n>:<rule>  nvfp4  affine:<bits>[:ieee|rcp]  int:<s|u><bits>:<scale>\n"
        "  pot:<s|u>:<emin>:<emax>  table:<name>  posit:<n>.<es>\n\n"
        "Examples:\n"
        "  cptsim quantize fx:s8.4:rnd_conv:sat 0.3 -1.03125 99\n"
        "  cptsim quantize fp:e4m3fn:rne:sat 0x1.cp+8 464 nan\n"
        "  cptsim quantize 'ap_fixed<8,4,AP_RND,AP_SAT>' 0.3\n"
        "  cptsim quantize fx:s8.4:sr8:wrap --seed 1 --step 17 - < values.txt\n"
        "  cptsim quantize mx:e2m1:32:floor --stats 1 2 3.3 -0.1\n",
};

/* Codes and values of all inputs. */
struct results {
    uint64_t *code;
    uint32_t *scale; /* of each value's block; NULL without blocks */
    struct number *value;
};

static void line_print(const struct options *o, const struct format *f, const struct results *r, size_t i)
{
    char input[NUMBER_TEXT], code[CODE_TEXT], value[NUMBER_TEXT], scale[16] = "";

    number_print(input, number_of_double(o->values.value[i]));
    number_print(value, r->value[i]);
    numbers_code(code, f, r->code[i]);
    if (r->scale != NULL) snprintf(scale, sizeof scale, "%" PRIx32, r->scale[i]);
    if (!o->json)
        printf("%s\t%s\t%s%s%s\n", input, code, value, r->scale ? "\t" : "", scale);
    else
        printf("{\"input\": \"%s\", \"code\": \"%s\", \"value\": \"%s\"%s%s%s}\n", input, code, value,
               r->scale ? ", \"scale\": \"" : "", scale, r->scale ? "\"" : "");
}

static void stats_print(const struct options *o, const struct tally *t)
{
    const char *form = o->json ? "{\"count\": %" PRIu64 ", \"overflow\": %" PRIu64 ", \"underflow\": %" PRIu64
                                 ", \"inexact\": %" PRIu64 ", \"nan\": %" PRIu64
                                 ", \"sum_error\": %.17g, \"mean_error\": %.17g, \"max_error\": %.17g"
                               : "# count\t%" PRIu64 "\n# overflow\t%" PRIu64 "\n# underflow\t%" PRIu64
                                 "\n# inexact\t%" PRIu64 "\n# nan\t%" PRIu64
                                 "\n# sum_error\t%.17g\n# mean_error\t%.17g\n# max_error\t%.17g\n";
    const double sqnr = tally_sqnr_db(t);

    printf(form, t->count, t->overflow, t->underflow, t->inexact, t->nan, t->sum_error, tally_mean_error(t),
           t->max_error);
    if (!o->json)
        printf("# sqnr_db\t%.6g\n", sqnr);
    else if (t->sum_squared_error == 0)
        printf(", \"sqnr_db\": null}\n"); /* exact: infinite */
    else
        printf(", \"sqnr_db\": %.6g}\n", sqnr);
}

/* Elementwise formats directly: their 64-bit codes fit no array of floats. */
static void quantize_elements(struct results *r, const struct options *o, const struct format *f,
                              struct tally *tally)
{
    for (size_t i = 0; i < o->values.count; i++) {
        const double x = o->values.value[i];
        const uint32_t random = draw_bits(o->draw.name, o->draw.first + i, f->random_bits);
        const struct encoded e = element_encode(f, number_of_double(x), random);
        r->code[i] = e.code;
        r->value[i] = numbers_value(f, number_of_double(x), e.code);
        tally_element(tally, x, number_nearest_double(r->value[i]), e.outcome);
    }
}

/* Formats with scales, through a plan. */
static enum status quantize_array(struct results *r, const struct options *o, const struct format *f,
                                  struct tally *tally)
{
    const size_t n = o->values.count, block = block_length(f);
    double *y = malloc((n + 1) * sizeof *y);
    uint32_t *scale = r->scale == NULL ? NULL : malloc((n + 1) * sizeof *scale);
    struct quantizer plan;
    enum status s = STATUS_NOMEM;

    if (y == NULL || (r->scale != NULL && scale == NULL)) {
        s = status_fail(STATUS_NOMEM, "no memory for %zu values", n);
        goto done;
    }
    s = status_usage(quantizer_make(&plan, f, CARRIER_FLOAT64));
    if (s != STATUS_OK) goto done;
    if (block != SIZE_MAX && o->draw.first % block != 0) {
        s = status_fail(STATUS_USAGE, "--first %" PRIu64 " is inside a block of %zu; give a multiple of it",
                        o->draw.first, block);
        goto done;
    }
    quantizer_measure_f64(&plan, o->values.value, n);
    quantizer_encode_f64(&plan, r->code, scale, o->values.value, n, o->draw, tally);
    quantizer_decode_f64(&plan, y, r->code, scale, n);
    for (size_t i = 0; i < n; i++) {
        r->value[i] = number_of_double(y[i]);
        if (r->scale != NULL) r->scale[i] = scale[i / block];
    }
done:
    free(y);
    free(scale);
    return s;
}

static enum status quantize(const struct options *o)
{
    const size_t n = o->values.count;
    struct format f;
    struct tally tally = {0};

    TRY(status_usage(format_parse(&f, o->format)));
    struct results r = {.code = malloc((n + 1) * sizeof *r.code), .value = malloc((n + 1) * sizeof *r.value)};
    if (block_is_family(f.family)) r.scale = calloc(n + 1, sizeof *r.scale);
    enum status s = STATUS_OK;
    if (r.code == NULL || r.value == NULL || (block_is_family(f.family) && r.scale == NULL))
        s = status_fail(STATUS_NOMEM, "no memory for %zu values", n);
    else if (element_is_family(f.family))
        quantize_elements(&r, o, &f, &tally);
    else
        s = quantize_array(&r, o, &f, &tally);
    for (size_t i = 0; s == STATUS_OK && i < n; i++)
        line_print(o, &f, &r, i);
    if (s == STATUS_OK && o->stats) stats_print(o, &tally);
    free(r.code);
    free(r.scale);
    free(r.value);
    return s;
}

enum status command_quantize(int argc, char **argv)
{
    struct options o = {.values.program = "quantize"};
    char **words = numbers_protect(argc, argv);
    enum status s = words == NULL ? status_fail(STATUS_NOMEM, "no memory for the arguments")
                                  : command_parse(&description, argc, words, &o);

    if (s == STATUS_OK && o.format == NULL)
        s = status_fail(STATUS_USAGE,
                        "quantize needs a format, such as fx:s8.4:rnd_conv:sat; see `cptsim list formats`");
    if (s == STATUS_OK) s = numbers_finish(&o.values);
    if (s == STATUS_OK) s = quantize(&o);
    numbers_free(&o.values);
    free(words);
    return s;
}
