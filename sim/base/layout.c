/* sim/base/layout.c - greedy placement by size: within a few percent of the optimum for networks, and
 * deterministic. */
#include "sim/base/layout.h"

#include <stdbool.h>
#include <stdlib.h>

static size_t rounded(size_t size)
{
    return (size + 63) / 64 * 64;
}

static int larger_first(const void *a, const void *b)
{
    const struct block *x = *(struct block *const *)a, *y = *(struct block *const *)b;
    if (x->size != y->size) return x->size < y->size ? 1 : -1;
    return x < y ? -1 : x > y;
}

static bool collide(const struct block *a, const struct block *b)
{
    return a->first <= b->last && b->first <= a->last && a->offset < b->offset + rounded(b->size) &&
           b->offset < a->offset + rounded(a->size);
}

/* Move `b` up until it collides with none of the placed ones. */
static void settle(struct block *b, struct block *const placed[], int count)
{
    b->offset = 0;
    for (bool moved = true; moved;) {
        moved = false;
        for (int i = 0; i < count; i++)
            if (collide(b, placed[i])) {
                b->offset = placed[i]->offset + rounded(placed[i]->size);
                moved = true;
            }
    }
}

size_t place_blocks(struct block *b, int count)
{
    struct block **order = malloc((size_t)(count > 0 ? count : 1) * sizeof *order);
    size_t total = 0;

    if (!order) abort();
    for (int i = 0; i < count; i++)
        order[i] = &b[i];
    qsort(order, (size_t)count, sizeof *order, larger_first);
    for (int i = 0; i < count; i++) {
        settle(order[i], order, i);
        const size_t end = order[i]->offset + rounded(order[i]->size);
        if (end > total) total = end;
    }
    free(order);
    return total;
}
