/* energy/meter/memo.c - a hash table of counts by nest. */
#include "energy/meter/memo.h"

#include "quant/try.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct memo_entry {
    struct nest nest; /* of one instance */
    struct counts counts;
};

enum { FREE = -1, SLOTS_FIRST = 256, FIELDS = 13 };

static void fields_of(int64_t out[FIELDS], const struct nest *n)
{
    const int64_t fields[FIELDS] = {n->batch,      n->in_c,     n->out_c,   n->out_h,      n->out_w,
                                    n->kernel_h,   n->kernel_w, n->stride,  n->input_bits, n->weight_bits,
                                    n->from_input, n->float32,  n->gradient};
    memcpy(out, fields, sizeof fields);
}

static bool same(const struct nest *a, const struct nest *b)
{
    int64_t x[FIELDS], y[FIELDS];

    fields_of(x, a);
    fields_of(y, b);
    return memcmp(x, y, sizeof x) == 0;
}

/* Each field is mixed in by the multiplication and shift of a linear congruential step. */
static uint64_t hash(const struct nest *n)
{
    int64_t fields[FIELDS];
    uint64_t h = 0x9e3779b97f4a7c15; /* 2^64 / golden ratio */

    fields_of(fields, n);
    for (int i = 0; i < FIELDS; i++) {
        h = (h ^ (uint64_t)fields[i]) * 0x9e3779b97f4a7c15;
        h ^= h >> 29;
    }
    return h;
}

/* The slot that n has, or would have. */
static int *slot_of(const struct memo *m, const struct nest *n)
{
    const uint64_t mask = (uint64_t)m->slot_count - 1;

    for (uint64_t i = hash(n);; i++) {
        int *slot = &m->slots[i & mask];
        if (*slot == FREE || same(&m->entries[*slot].nest, n)) return slot;
    }
}

static void fill_slots(struct memo *m)
{
    for (int i = 0; i < m->slot_count; i++)
        m->slots[i] = FREE;
    for (int i = 0; i < m->count; i++)
        *slot_of(m, &m->entries[i].nest) = i;
}

/* At least twice as many slots as entries. */
static enum status grow(struct memo *m)
{
    const int slots = m->slot_count == 0 ? SLOTS_FIRST : 2 * m->slot_count, room = slots / 2;
    struct memo_entry *entries = realloc(m->entries, (size_t)room * sizeof *entries);

    if (entries != NULL) m->entries = entries;
    int *more = realloc(m->slots, (size_t)slots * sizeof *more);
    if (more != NULL) m->slots = more;
    if (entries == NULL || more == NULL) return status_fail(STATUS_NOMEM, "out of memory");
    m->room = room;
    m->slot_count = slots;
    fill_slots(m);
    return STATUS_OK;
}

enum status memo_want(struct memo *m, const struct nest *n)
{
    if (m->count == m->room) TRY(grow(m));
    int *slot = slot_of(m, n);
    if (*slot != FREE) return STATUS_OK;
    m->entries[m->count] = (struct memo_entry){.nest = *n};
    m->entries[m->count].nest.instances = 1;
    *slot = m->count++;
    return STATUS_OK;
}

enum status memo_count(struct memo *m, const struct hardware *h, const struct prices *p)
{
    int failed = m->count; /* the first that did */

#pragma omp parallel for schedule(dynamic) reduction(min : failed) if (m->count - m->counted > 1)
    for (int i = m->counted; i < m->count; i++) {
        struct memo_entry *e = &m->entries[i];
        if (backend_count(&e->counts, &e->nest, h, p) != STATUS_OK && i < failed) failed = i;
    }
    if (failed == m->count) {
        m->counted = m->count;
        return STATUS_OK;
    }
    const struct nest refused = m->entries[failed].nest; /* once more: the sentence belongs to a thread */
    struct counts unused;
    m->count = m->counted;
    fill_slots(m);
    return backend_count(&unused, &refused, h, p);
}

struct counts memo_counts(const struct memo *m, const struct nest *n)
{
    struct counts all = {0};
    const int at = *slot_of(m, n);

    assert(at != FREE && at < m->counted);
    counts_add(&all, &m->entries[at].counts, (double)n->instances);
    return all;
}

void memo_free(struct memo *m)
{
    free(m->entries);
    free(m->slots);
    *m = (struct memo){0};
}
