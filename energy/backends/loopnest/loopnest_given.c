/* energy/backends/loopnest/loopnest_given.c - a mapping that is given in a file, on described hardware.
 *
 * The file's levels are named as its author likes; which of the hardware's they are follows from their order
 * and from what they keep. A fan-out may be written as several levels that keep nothing.
 */
#include "energy/backends/loopnest/loopnest_search.h"

#include "energy/backends/arithmetic.h"
#include "quant/try.h"

#include <stdio.h>
#include <string.h>

static bool keeps_nothing(const struct loopnest_level *l)
{
    for (int t = 0; t < LOOPNEST_TENSORS; t++)
        if (l->keeps[t]) return false;
    return true;
}

/* Which level of the machine each level of the file is; false: they are not the same hierarchy. */
static bool match(int place[LOOPNEST_LEVELS], const struct loopnest_architecture *file,
                  const struct loopnest_machine *machine)
{
    const struct loopnest_architecture *own = &machine->arch;
    int at = -1;

    for (int i = 0; i < file->levels; i++) {
        const struct loopnest_level *l = &file->level[i];
        const bool spreads = keeps_nothing(l);
        if (!(spreads && at == machine->array)) at++;
        if (!spreads && at == machine->array) at++; /* nothing is spread over the array */
        if (at >= own->levels || memcmp(l->keeps, own->level[at].keeps, sizeof l->keeps) != 0) return false;
        place[i] = at;
    }
    return at == own->levels - 1;
}

/* "DRAM [ Weights Inputs Outputs ], the array [ ]" */
static void describe(char *text, size_t size, const struct loopnest_architecture *a)
{
    size_t n = 0;

    for (int i = 0; i < a->levels && n < size; i++) {
        n += (size_t)snprintf(text + n, size - n, "%s%s [", i > 0 ? ", " : "", a->level[i].name);
        for (int t = 0; t < LOOPNEST_TENSORS && n < size; t++)
            if (a->level[i].keeps[t])
                n += (size_t)snprintf(text + n, size - n, " %s",
                                      loopnest_tensor_name((enum loopnest_tensor)t));
        if (n < size) n += (size_t)snprintf(text + n, size - n, " ]");
    }
}

/* Move a file's loops to the levels of h; weights may be kept in the buffers or go past them. */
static enum status place(struct loopnest_machine *machine, struct loopnest_mapping *m,
                         const struct loopnest_architecture *file, const struct nest *n,
                         const struct hardware *h, const char *path)
{
    int level[LOOPNEST_LEVELS];
    char want[512];

    loopnest_machine(machine, n, h, true);
    if (!match(level, file, machine)) {
        loopnest_machine(machine, n, h, false);
        if (!match(level, file, machine)) {
            describe(want, sizeof want, &machine->arch);
            return status_fail(STATUS_INPUT,
                               "%s: its levels do not keep what those of hardware %s do, in order: %s", path,
                               h->name, want);
        }
    }
    for (int i = 0; i < m->loops; i++)
        m->loop[i].level = level[m->loop[i].level];
    return STATUS_OK;
}

enum status loopnest_given(struct counts *out, const struct nest *n, const struct hardware *h,
                           const struct prices *p, const char *path)
{
    const struct loopnest_problem problem = loopnest_problem(n, h);
    struct loopnest_architecture file;
    struct loopnest_machine machine;
    struct loopnest_mapping m;

    TRY(arithmetic_check(n, h));
    TRY(loopnest_read(&file, &m, &problem, path, NULL));
    TRY(place(&machine, &m, &file, n, h, path));
    const enum status s = loopnest_cost(out, &machine, &m, n, h, p);
    return s == STATUS_OK ? backend_finish(out, n, h) : status_fail(s, "%s: %s", path, status_detail());
}
