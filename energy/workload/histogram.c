/* energy/workload/histogram.c - tallies of widths. */
#include "energy/workload/histogram.h"

#include "quant/try.h"

#include <stdlib.h>
#include <string.h>

static struct operands *copied(const struct operands *layer, int layers)
{
    struct operands *copy = malloc((size_t)layers * sizeof *copy);

    if (copy != NULL) memcpy(copy, layer, (size_t)layers * sizeof *copy);
    return copy;
}

enum status histogram_add_layers(struct histogram *h, const struct operands *layer, int layers,
                                 int64_t images, int64_t iterations)
{
    const int distinct = operands_alike(layer, layers) ? 1 : layers;

    for (int i = 0; i < h->count; i++) {
        struct histogram_row *r = &h->rows[i];
        if (r->images == images && r->layers == distinct &&
            memcmp(r->layer, layer, (size_t)distinct * sizeof *layer) == 0) {
            r->iterations += iterations;
            return STATUS_OK;
        }
    }
    struct histogram_row *more = realloc(h->rows, (size_t)(h->count + 1) * sizeof *more);
    if (more != NULL) h->rows = more;
    struct operands *copy = more != NULL ? copied(layer, distinct) : NULL;
    if (copy == NULL) return status_fail(STATUS_NOMEM, "out of memory");
    h->rows[h->count++] = (struct histogram_row){copy, distinct, images, iterations};
    return STATUS_OK;
}

enum status histogram_add(struct histogram *h, struct operands bits, int64_t images, int64_t iterations)
{
    return histogram_add_layers(h, &bits, 1, images, iterations);
}

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* By stretches of equal widths: a run of 2^32 iterations has no more of them than a short one. */
static enum status add_part(struct histogram *h, const struct schedule_part *part, struct schedule_point p,
                            int64_t images, const struct schedule_spec *forward,
                            const struct schedule_spec *backward)
{
    for (p.iteration = part->begin; p.iteration < part->end;) {
        const struct operands bits = operands_of(schedule_bits(forward, &p), schedule_bits(backward, &p));
        const int64_t same = smaller(schedule_same_until(forward, &p), schedule_same_until(backward, &p));
        const int64_t next = smaller(same, part->end);
        TRY(histogram_add(h, bits, images, (next - p.iteration) * part->times));
        p.iteration = next;
    }
    return STATUS_OK;
}

enum status histogram_of_schedules(struct histogram *out, int64_t iterations, int64_t images,
                                   const struct schedule_spec *forward, const struct schedule_spec *backward)
{
    const struct schedule_point p = {.iterations = iterations, .layer = -1, .loss = __builtin_nan("")};
    struct schedule_part part[SCHEDULE_PARTS];
    const int parts = schedule_parts(part, forward, backward, iterations);
    enum status s = STATUS_OK;

    *out = (struct histogram){0};
    for (int i = 0; i < parts && s == STATUS_OK; i++)
        s = add_part(out, &part[i], p, images, forward, backward);
    if (s != STATUS_OK) histogram_free(out);
    return s;
}

void histogram_free(struct histogram *h)
{
    for (int i = 0; i < h->count; i++)
        free(h->rows[i].layer);
    free(h->rows);
    *h = (struct histogram){0};
}
