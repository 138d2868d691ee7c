/* sim/data/dataset_part.c - the memory of a part: its labels, and what it holds given back; what its pixels are like. */
#include "sim/data/dataset_images.h"

#include "quant/try.h"

#include <math.h>
#include <stdlib.h>
#include <sys/mman.h>

enum status dataset_labels_set(struct dataset_part *part, const uint8_t *label, size_t count, int first)
{
    part->label = malloc((count ? count : 1) * sizeof *part->label);
    if (!part->label) return status_fail(STATUS_NOMEM, "no memory for %zu labels", count);
    for (size_t i = 0; i < count; i++) {
        part->label[i] = (uint16_t)(label[i] - first);
        if (part->label[i] >= part->classes) part->classes = part->label[i] + 1;
    }
    return STATUS_OK;
}

/* Sums of integers, so that the order does not matter. */
enum status dataset_part_measure(float *mean, float *std, const struct dataset_part *part, const char *name)
{
    const size_t pixels = (size_t)part->count * (size_t)(part->raw.h * part->raw.w);

    for (int c = 0; c < part->raw.c; c++) {
        uint64_t sum = 0, squares = 0;
        for (size_t i = 0; i < pixels; i++) {
            const uint64_t p = part->pixel[i * (size_t)part->raw.c + (size_t)c];
            sum += p;
            squares += p * p;
        }
        const double n = (double)pixels, m = (double)sum / n, variance = (double)squares / n - m * m;
        if (!(variance > 0.0))
            return status_fail(STATUS_INPUT, "%s: all pixels of channel %d of the training images are %g",
                               name, c, m);
        mean[c] = (float)(m / 255.0);
        std[c] = (float)(sqrt(variance) / 255.0);
    }
    return STATUS_OK;
}

void dataset_part_free(struct dataset_part *part)
{
    if (part->map)
        munmap(part->map, part->map_size);
    else
        free(part->pixel);
    free(part->label);
}
