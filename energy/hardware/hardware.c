/* energy/hardware/hardware.c - descriptions of hardware: defaults, setting, checking, printing and
 * hashing, all by the table of knobs.
 */
#include "energy/hardware/hardware_knobs.h"

#include "quant/try.h"
#include "sim/base/table.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

enum { VALUE = 64 };

static void *field_of(struct hardware *h, const struct knob_row *row)
{
    return (char *)h + row->offset;
}

static const void *field_in(const struct hardware *h, const struct knob_row *row)
{
    return (const char *)h + row->offset;
}

struct hardware hardware_default(void)
{
    struct hardware h;
    int count;
    const struct knob_row *rows = knob_rows(&count);

    memset(&h, 0, sizeof h); /* padding too */
    for (int i = 0; i < count; i++) {
        const enum status s = rows[i].kind->parse(field_of(&h, &rows[i]), &rows[i], rows[i].knob.standard);
        assert(s == STATUS_OK);
        (void)s;
    }
    return h;
}

/* --- knobs by path -------------------------------------------------------------------------------------- */

const struct knob *hardware_knob(int i)
{
    int count;
    const struct knob_row *rows = knob_rows(&count);
    return i < count ? &rows[i].knob : NULL;
}

static const char *path_of(int i)
{
    return hardware_knob(i)->path;
}

/* The first knob whose path begins with this group, or whose own name this is; -1 if there is none. */
static int path_like(const char *path, int count)
{
    const size_t length = strlen(path);

    for (int i = 0; i < count; i++) {
        const size_t all = strlen(path_of(i));
        if (strncmp(path_of(i), path, length) == 0 && path_of(i)[length] == '.') return i;
        if (all > length && path_of(i)[all - length - 1] == '.' &&
            strcmp(path_of(i) + all - length, path) == 0)
            return i;
    }
    return -1;
}

enum status hardware_find(int *knob, const char *path)
{
    int count;
    const struct knob_row *rows = knob_rows(&count);

    size_t row;

    if (table_has(&row, path, rows, sizeof *rows, (size_t)count)) {
        *knob = (int)row;
        return STATUS_OK;
    }
    const int like = path_like(path, count);
    const int nearest = like >= 0 ? like : table_nearest(path, rows, sizeof *rows, (size_t)count);
    if (nearest < 0)
        return status_fail(STATUS_INPUT, "unknown knob '%s'; `cptsim list knobs` prints them all", path);
    return status_fail(STATUS_INPUT,
                       "unknown knob '%s'; did you mean '%s'? `cptsim list knobs` prints them all", path,
                       path_of(nearest));
}

enum status hardware_set(struct hardware *h, const char *path, const char *text)
{
    int knob, count;
    const struct knob_row *rows = knob_rows(&count);

    TRY(hardware_find(&knob, path));
    const enum status s = rows[knob].kind->parse(field_of(h, &rows[knob]), &rows[knob], text);
    return s == STATUS_OK ? s : status_fail(s, "%s: %s", path, status_detail());
}

void hardware_value(char *text, size_t size, const struct hardware *h, int knob)
{
    int count;
    const struct knob_row *row = &knob_rows(&count)[knob];
    row->kind->print(text, size, field_in(h, row), row);
}

double hardware_number(const struct hardware *h, int knob)
{
    int count;
    const struct knob_row *row = &knob_rows(&count)[knob];
    return row->kind->number != NULL ? row->kind->number(field_in(h, row)) : NAN;
}

bool hardware_gives_price(const struct hardware *h, int knob)
{
    const char *unit = hardware_knob(knob)->unit;
    const bool price = strncmp(unit, "pJ", 2) == 0 || strcmp(unit, "W") == 0;
    return price && hardware_number(h, knob) > 0;
}

void hardware_scale_price(struct hardware *h, int knob, double factor)
{
    int count;
    const struct knob_row *row = &knob_rows(&count)[knob];

    assert(hardware_gives_price(h, knob) && row->size == sizeof(double));
    *(double *)field_of(h, row) *= factor;
}

struct hardware hardware_at_prices(const struct hardware *h, double factor)
{
    struct hardware scaled = *h;

    for (int i = 0; hardware_knob(i) != NULL; i++)
        if (hardware_gives_price(h, i)) hardware_scale_price(&scaled, i, factor);
    return scaled;
}

void hardware_hash(char hex[DIGEST_SIZE], const struct hardware *h)
{
    struct digest d;
    char value[VALUE];
    int count;
    const struct knob_row *rows = knob_rows(&count);

    digest_init(&d);
    for (int i = 1; i < count; i++) { /* 0 is the name */
        hardware_value(value, sizeof value, h, i);
        if (rows[i].if_set && strcmp(value, rows[i].knob.standard) == 0) continue;
        digest_add(&d, path_of(i), strlen(path_of(i)));
        digest_add(&d, "=", 1);
        digest_add(&d, value, strlen(value));
        digest_add(&d, "\n", 1);
    }
    digest_hex(hex, &d);
}

/* --- checks between knobs ------------------------------------------------------------------------------- */

static enum status buffer_check(const struct hardware *h, const struct hardware_buffer *b, const char *name)
{
    const int64_t banks = hardware_banks(h, b), halves = b->double_buffer ? 2 : 1;

    if (b->bytes == 0) return STATUS_OK;
    if (b->energy == BUFFER_FIXED && (isnan(b->read_pj_per_bit) || isnan(b->write_pj_per_bit)))
        return status_fail(
            STATUS_INPUT,
            "buffer.%s.energy is fixed; want buffer.%s.read_pj_per_bit and write_pj_per_bit, or table", name,
            name);
    if (b->bytes < banks * b->port_bytes * halves)
        return status_fail(STATUS_INPUT,
                           "buffer.%s: %" PRId64 " bytes are too few for %" PRId64 " banks of %s%" PRId64
                           "-byte ports; want at least %" PRId64 ", or fewer banks",
                           name, b->bytes, banks, b->double_buffer ? "two halves with " : "", b->port_bytes,
                           banks * b->port_bytes * halves);
    return STATUS_OK;
}

static enum status buffers_check(const struct hardware *h)
{
    TRY(buffer_check(h, &h->weight, "weight"));
    TRY(buffer_check(h, &h->input, "input"));
    TRY(buffer_check(h, &h->output, "output"));
    TRY(buffer_check(h, &h->global, "global"));
    return STATUS_OK;
}

enum status hardware_check(const struct hardware *h)
{
    int count;
    const struct knob_row *rows = knob_rows(&count);

    if (h->array.pmin > h->array.pmax)
        return status_fail(STATUS_INPUT, "array.pmin is %d and array.pmax %d; want pmin to be at most pmax",
                           h->array.pmin, h->array.pmax);
    if (h->tech.scaling == SCALING_STILLMAKER &&
        (h->tech.node_nm < STILLMAKER_NM_LEAST || h->tech.node_nm > STILLMAKER_NM_MOST))
        return status_fail(
            STATUS_INPUT,
            "tech.scaling stillmaker knows %d to %d nm, not %g; want a node in that range, or anchors",
            STILLMAKER_NM_LEAST, STILLMAKER_NM_MOST, h->tech.node_nm);
    TRY(buffers_check(h));
    for (int i = 0; i < count; i++)
        if (rows[i].kind->check != NULL) TRY(rows[i].kind->check(h));
    return STATUS_OK;
}
