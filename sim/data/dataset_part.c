/* sim/data/dataset_part.c - the memory of a part: its labels, and what it holds given back. */
#include "sim/data/dataset_images.h"

#include <stdlib.h>
#include <sys/mman.h>

enum status dataset_labels_set(struct dataset_part *part, const uint8_t *label, size_t count)
{
    part->label = malloc((count ? count : 1) * sizeof *part->label);
    if (!part->label) return status_fail(STATUS_NOMEM, "no memory for %zu labels", count);
    for (size_t i = 0; i < count; i++)
        part->label[i] = label[i];
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
