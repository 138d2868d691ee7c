/* tests/experiments/test_printout.c - rows as tabs, commas and JSON; JSON within JSON. */
#include "experiments/print/json.h"
#include "experiments/print/printout.h"

#include <criterion/criterion.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const columns[] = {"name", "count", "value", NULL};

/* What a function prints; free() it. */
static char *printed(void (*print)(FILE *out))
{
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    cr_assert(out != NULL);
    print(out);
    fclose(out);
    return text;
}

static void expect(void (*print)(FILE *out), const char *want)
{
    char *text = printed(print);
    cr_assert(strcmp(text, want) == 0, "%s", text);
    free(text);
}

static void fill(struct printout *t, const char *name)
{
    printout_text(t, name);
    printout_integer(t, -7);
    printout_number(t, 2.0 / 3, 4);
}

static void print_tabs(FILE *out)
{
    struct printout t = printout_open(out, false, columns);
    fill(&t, "a, \"b\"");
    fill(&t, NULL);
}

static void print_commas(FILE *out)
{
    struct printout t = printout_open_csv(out, columns);
    fill(&t, "plain");
    fill(&t, "a, \"b\"");
    fill(&t, NULL);
}

static void print_lines(FILE *out)
{
    struct printout t = printout_open(out, true, columns);
    fill(&t, "a\t\"b\"");
    fill(&t, NULL);
}

Test(printout, tabs_leave_text_as_it_is)
{
    expect(print_tabs, "name\tcount\tvalue\na, \"b\"\t-7\t0.6667\n\t-7\t0.6667\n");
}

Test(printout, commas_quote_what_could_be_misread)
{
    expect(print_commas, "name,count,value\nplain,-7,0.6667\n\"a, \"\"b\"\"\",-7,0.6667\n,-7,0.6667\n");
}

Test(printout, json_is_an_object_a_line)
{
    expect(print_lines, "{\"name\": \"a\\u0009\\\"b\\\"\", \"count\": -7, \"value\": 0.6667}\n"
                        "{\"name\": null, \"count\": -7, \"value\": 0.6667}\n");
}

static const char evil[] = "\x1b[2J\tx\n,\x7f\xc2\x9b";

static void print_evil_tabs(FILE *out)
{
    struct printout t = printout_open(out, false, columns);
    fill(&t, evil);
}

static void print_evil_commas(FILE *out)
{
    struct printout t = printout_open_csv(out, columns);
    fill(&t, evil);
}

static void print_evil_json(FILE *out)
{
    printout_json_string(out, evil);
}

Test(printout, control_characters_are_spelt_in_every_form)
{
    expect(print_evil_tabs, "name\tcount\tvalue\n\\x1b[2J\\tx\\n,\\x7f\\u009b\t-7\t0.6667\n");
    expect(print_evil_commas, "name,count,value\n\"\\x1b[2J\\tx\\n,\\x7f\\u009b\",-7,0.6667\n");
    expect(print_evil_json, "\"\\u001b[2J\\u0009x\\u000a,\\u007f\\u009b\"");
}

static void print_nested(FILE *out)
{
    struct json j = json_open(out);

    json_begin(&j, NULL, '{');
    json_text(&j, "name", "x");
    json_begin(&j, "list", '[');
    json_integer(&j, NULL, 1);
    json_begin(&j, NULL, '{');
    json_number(&j, "nothing", (double)NAN, 6);
    json_end(&j);
    json_begin(&j, NULL, '[');
    json_end(&j);
    json_end(&j);
    json_number(&j, "after", 0.5, 6);
    json_end(&j);
}

Test(printout, json_nests_objects_and_lists)
{
    expect(print_nested, "{\"name\": \"x\", \"list\": [1, {\"nothing\": null}, []], \"after\": 0.5}\n");
}
