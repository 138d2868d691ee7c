/* energy/meter/memo.h - what a back end has counted, by nest: each distinct nest is searched once. */
#ifndef ENERGY_METER_MEMO_H
#define ENERGY_METER_MEMO_H

#include "energy/backends/backend.h"

struct memo_entry;

/** Of one hardware. Zero-initialize; free with memo_free. */
struct memo {
    struct memo_entry *entries;
    int *slots; /* [slot_count] indices into entries, open addressing; -1: free */
    int count, room, slot_count;
    int counted; /* entries that have been searched: the first ones */
};

/** Ask for a nest: memo_count will search it unless it is known. Instances do not distinguish nests. */
STATUS_MUST_CHECK enum status memo_want(struct memo *m, const struct nest *n);

/** Search all that was asked for, on all threads; the same counts for any number of them. After a failure
 * nothing is wanted any more. */
STATUS_MUST_CHECK enum status memo_count(struct memo *m, const struct hardware *h, const struct prices *p);

/** Counts of a nest, all its instances; it must have been counted. */
struct counts memo_counts(const struct memo *m, const struct nest *n);

void memo_free(struct memo *m);

#endif
