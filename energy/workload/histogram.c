/* energy/workload/histogram.c - tallies of widths. */
#include "energy/workload/histogram.h"

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

enum status histogram_of_schedules(struct histogram *out, int64_t iterations, int64_t images,
                                   const struct schedule_spec *forward, const struct schedule_spec *backward)
{
    struct schedule_point p = {.iterations = iterations, .layer = -1, .loss = __builtin_nan("")};

    *out = (struct histogram){0};
    for (p.iteration = 0; p.iteration < iterations; p.iteration++) {
        const struct operands bits = operands_of(schedule_bits(forward, &p), schedule_bits(backward, &p));
        const enum status s = histogram_add(out, bits, images, 1);
        if (s != STATUS_OK) {
            histogram_free(out);
            return s;
        }
    }
    return STATUS_OK;
}

void histogram_free(struct histogram *h)
{
    for (int i = 0; i < h->count; i++)
        free(h->rows[i].layer);
    free(h->rows);
    *h = (struct histogram){0};
}
