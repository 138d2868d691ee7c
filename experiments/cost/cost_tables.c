/* experiments/cost/cost_tables.c - the tables that costs rest on: constants, knobs, a piece of hardware. */
#include "experiments/cost/cost_tables.h"
#include "experiments/config/hardware_file.h"
#include "experiments/print/printout.h"

#include "energy/prices/constants.h"
#include "quant/try.h"

#include <math.h>
#include <stdio.h>

static struct printout open_table(bool json, bool csv, const char *const *columns)
{
    return csv ? printout_open_csv(stdout, columns) : printout_open(stdout, json, columns);
}

enum status cost_print_constants(bool json, bool csv)
{
    static const char *const columns[] = {"name", "low",     "nominal", "high",
                                          "unit", "node_nm", "source",  NULL};
    struct printout t = open_table(json, csv, columns);

    for (int i = 0; i < CONSTANTS; i++) {
        const struct constant *c = constant_of((enum constant_name)i);
        printout_text(&t, c->name);
        printout_number(&t, c->low, 7);
        printout_number(&t, c->nominal, 7);
        printout_number(&t, c->high, 7);
        printout_text(&t, c->unit);
        printout_number(&t, c->node_nm > 0 ? c->node_nm : (double)NAN, 4);
        printout_text(&t, c->source);
    }
    return STATUS_OK;
}

enum status cost_print_knobs(bool json, bool csv)
{
    static const char *const columns[] = {"knob", "kind", "unit", "min", "max", "default", "meaning", NULL};
    struct printout t = open_table(json, csv, columns);
    const struct knob *k;

    for (int i = 0; (k = hardware_knob(i)) != NULL; i++) {
        printout_text(&t, k->path);
        printout_text(&t, k->kind);
        printout_text(&t, k->unit);
        printout_number(&t, k->min, 10);
        printout_number(&t, k->max, 10);
        printout_text(&t, k->standard);
        printout_text(&t, k->meaning);
    }
    return STATUS_OK;
}

enum { PLACE_OF_COMMENT = 46 };

/* One knob a line under its whole path, what it means beside it. */
static void print_knob(const struct hardware *h, int i)
{
    const struct knob *k = hardware_knob(i);
    char value[128];

    hardware_value(value, sizeof value, h, i);
    const int at = printf("%s: %s", k->path, value);
    printf("%*s# %s", at < PLACE_OF_COMMENT ? PLACE_OF_COMMENT - at : 1, "", k->meaning);
    if (k->unit[0] != '\0') printf(", %s", k->unit);
    fputc('\n', stdout);
}

enum status cost_print_hardware(const struct hardware_options *o)
{
    struct hardware h;
    char hash[DIGEST_SIZE];

    TRY(hardware_options_read(&h, o));
    hardware_hash(hash, &h);
    printf("# Hardware %s, every knob: a file for --hardware. SHA-256 %s\n", h.name, hash);
    for (int i = 0; hardware_knob(i) != NULL; i++)
        print_knob(&h, i);
    return STATUS_OK;
}
