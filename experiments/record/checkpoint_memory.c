/* experiments/record/checkpoint_memory.c - the small numbers of a checkpoint: groups /schedule and /method. */
#include "experiments/record/checkpoint_memory.h"

#include "quant/try.h"

#include <string.h>

const char *const checkpoint_versions[CHECKPOINT_VERSIONS] = {"1.0", "1.1", "1.2"};

static const char *const schedule_numbers = "schedule/number", *const schedule_counts = "schedule/count";
static const char *const method_numbers = "method/number", *const method_counts = "method/count";

enum status checkpoint_memory_write(struct store *s, const struct checkpoint_memory *m)
{
    double number[SCHEDULES][SCHEDULE_NUMBERS];
    int64_t count[SCHEDULES][SCHEDULE_COUNTS];

    for (int i = 0; i < SCHEDULES; i++) {
        memcpy(number[i], m->schedule[i].number, sizeof number[i]);
        memcpy(count[i], m->schedule[i].count, sizeof count[i]);
    }
    TRY(store_group(s, "schedule"));
    TRY(store_write(s, schedule_numbers, number, STORE_F64, 2, (int64_t[]){SCHEDULES, SCHEDULE_NUMBERS}));
    TRY(store_write(s, schedule_counts, count, STORE_I64, 2, (int64_t[]){SCHEDULES, SCHEDULE_COUNTS}));
    TRY(store_group(s, "method"));
    TRY(store_write(s, method_numbers, m->method.number, STORE_F64, 1, (int64_t[]){METHOD_NUMBERS}));
    return store_write(s, method_counts, m->method.count, STORE_I64, 1, (int64_t[]){METHOD_COUNTS});
}

static enum status read_schedules(struct checkpoint_memory *m, struct store *s)
{
    double number[SCHEDULES][SCHEDULE_NUMBERS];
    int64_t count[SCHEDULES][SCHEDULE_COUNTS];

    TRY(store_read(number, STORE_F64, SCHEDULES * SCHEDULE_NUMBERS, s, schedule_numbers));
    TRY(store_read(count, STORE_I64, SCHEDULES * SCHEDULE_COUNTS, s, schedule_counts));
    for (int i = 0; i < SCHEDULES; i++) {
        memcpy(m->schedule[i].number, number[i], sizeof number[i]);
        memcpy(m->schedule[i].count, count[i], sizeof count[i]);
    }
    return STATUS_OK;
}

enum status checkpoint_memory_read(struct checkpoint_memory *m, struct store *s,
                                   enum checkpoint_version version)
{
    memset(m, 0, sizeof *m);
    if (version >= CHECKPOINT_SCHEDULES) TRY(read_schedules(m, s));
    if (version < CHECKPOINT_METHODS) return STATUS_OK;
    TRY(store_read(m->method.number, STORE_F64, METHOD_NUMBERS, s, method_numbers));
    return store_read(m->method.count, STORE_I64, METHOD_COUNTS, s, method_counts);
}

void checkpoint_memory_digest(struct digest *d, const struct checkpoint_memory *m,
                              enum checkpoint_version version)
{
    if (version >= CHECKPOINT_SCHEDULES) digest_add(d, m->schedule, sizeof m->schedule);
    if (version >= CHECKPOINT_METHODS) digest_add(d, &m->method, sizeof m->method);
}

static enum status refuse(const struct store *s, enum checkpoint_version version, const char *what,
                          const char *name)
{
    return status_fail(
        STATUS_INPUT,
        "%s: has schema version %s, which does not hold what %s '%s' remembers; begin again by train "
        "--force",
        store_path(s), checkpoint_versions[version], what, name);
}

enum status checkpoint_memory_fits(const struct train_spec *t, enum checkpoint_version version,
                                   const struct store *s)
{
    const struct schedule_spec *const schedules[SCHEDULES] = {&t->forward, &t->backward};

    for (int i = 0; i < SCHEDULES && version < CHECKPOINT_SCHEDULES; i++)
        if (schedule_remembers(schedules[i])) return refuse(s, version, "schedule", schedules[i]->type->name);
    if (t->method != NULL && version < CHECKPOINT_METHODS)
        return refuse(s, version, "method", t->method->name);
    return STATUS_OK;
}
