/* sim/device/device.c - the table of devices, and what all of them share. */
#include "sim/device/device.h"

#include "quant/try.h"
#include "sim/base/table.h"
#include "sim/device/cpu/cpu.h"

/* To add a device: see device.h. */
static const struct device_ops *const table[] = {&cpu_ops};

enum { COUNT = sizeof table / sizeof table[0] };

const struct device_ops *const *device_all(int *count)
{
    *count = COUNT;
    return table;
}

enum status device_open(struct device **out, const struct machine *m)
{
    size_t row = 0;

    *out = NULL;
    if (m->device) TRY(table_find_pointer(&row, "device", m->device, (const void *const *)table, COUNT));
    if (!table[row]->available())
        return status_fail(STATUS_INPUT, "device '%s' needs %s, which is not here", table[row]->name,
                           table[row]->needs);
    return table[row]->open(out, m);
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

static uint64_t left(void *of)
{
    struct device *d = of;
    return d->ops->left(d);
}

struct memory device_memory(struct device *d)
{
    return (struct memory){claim, release, left, d};
}
