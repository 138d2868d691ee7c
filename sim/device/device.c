/* sim/device/device.c - the table of devices, and what all of them share. */
#include "sim/device/device.h"

#include "sim/device/cpu/cpu.h"
#include "sim/base/table.h"

#include <string.h>

/* To add a device: its folder, its struct device_ops, its row here. */
static const struct device_ops *const table[] = {&cpu_ops};

enum { COUNT = sizeof table / sizeof table[0] };

const struct device_ops *const *device_all(int *count)
{
    *count = COUNT;
    return table;
}

static const char *row_name(int i)
{
    return table[i]->name;
}

enum status device_open(struct device **out, const struct machine *m)
{
    const char *const name = m->device ? m->device : table[0]->name;

    *out = NULL;
    for (int i = 0; i < COUNT; i++) {
        if (strcmp(name, table[i]->name) != 0) continue;
        if (!table[i]->available())
            return fail(STATUS_INPUT, "device '%s' needs %s, which is not here", name, table[i]->needs);
        return table[i]->open(out, m);
    }
    return names_unknown("device", name, row_name, COUNT);
}

void device_close(struct device *d)
{
    if (d) d->ops->close(d);
}

static void *claim(void *of, size_t bytes)
{
    struct device *d = of;
    return d->ops->claim(d, bytes);
}

static void release(void *of, void *block, size_t bytes)
{
    struct device *d = of;
    d->ops->release(d, block, bytes);
}

struct memory device_memory(struct device *d)
{
    return (struct memory){claim, release, d};
}
