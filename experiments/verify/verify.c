/* experiments/verify/verify.c - walking a reference file. */
#include "experiments/verify/verify.h"

#include "quant/try.h"

#include <stdio.h>
#include <string.h>

static const struct kind {
    const char *group;
    enum status (*check)(struct verify *v, const char *group);
} kinds[] = {
    {"quantizer", verify_quantizers},
    {"layer", verify_layers},
    {"train", verify_training},
    {"schedule", verify_schedules},
};
enum { KINDS = sizeof kinds / sizeof *kinds };

/* A group that nothing checks must not pass for one that holds. */
static enum status groups_known(struct verify *v)
{
    struct store_names names;
    enum status s = STATUS_OK;

    TRY(store_members(&names, v->file, ""));
    for (int i = 0; i < names.count && s == STATUS_OK; i++) {
        int kind = 0;
        while (kind < KINDS && strcmp(names.name[i], kinds[kind].group) != 0)
            kind++;
        if (kind == KINDS)
            s = status_fail(
                STATUS_INPUT,
                "%s: /%s is none of /quantizer, /layer, /train, /schedule: nothing would check it",
                store_path(v->file), names.name[i]);
    }
    store_names_free(&names);
    return s;
}

enum status verify_file(struct verify *v, const char *path)
{
    enum status s = store_open(&v->file, path, STORE_READ);

    for (int i = 0; i < KINDS && s == STATUS_OK; i++)
        if (store_has(v->file, kinds[i].group)) s = kinds[i].check(v, kinds[i].group);
    if (s == STATUS_OK && v->checked == 0)
        s = status_fail(STATUS_INPUT,
                        "%s: holds none of /quantizer, /layer, /train, /schedule: not a reference file",
                        path);
    if (s == STATUS_OK) s = groups_known(v);
    if (v->out && v->json && v->checked > 0) fprintf(v->out, "\n]\n");
    if (s == STATUS_OK && v->failed > 0)
        s = status_fail(STATUS_MISMATCH, "%s: %d of %d vectors differ", path, v->failed, v->checked);
    verify_spread_free(v);
    store_close(&v->file);
    return s;
}
