/* experiments/cost/cost_terms.c - words for what a cost is of. */
#include "experiments/cost/cost_terms.h"

#include <string.h>

const char *cost_scope(const struct hardware *h)
{
    return h->system.host_w > 0 ? "accelerator and host" : "accelerator";
}

void cost_objective(char *out, size_t size, const struct hardware *h)
{
    const struct knob *k;

    out[0] = '\0';
    for (int i = 0; (k = hardware_knob(i)) != NULL; i++)
        if (strcmp(k->path, "mapping.objective") == 0) hardware_value(out, size, h, i);
}
