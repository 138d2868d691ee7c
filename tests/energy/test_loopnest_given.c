/* tests/energy/test_loopnest_given.c - mappings from a file on described hardware: they count as the same
 * ones that were found, and what does not fit is said.
 */
#include "energy/backends/loopnest/loopnest_search.h"
#include "experiments/config/hardware_file.h"
#include "tests/fixtures/folder.h"

#include <criterion/new/assert.h>

#include <inttypes.h>

static const struct nest conv = {.batch = 4,
                                 .in_c = 16,
                                 .out_c = 32,
                                 .out_h = 16,
                                 .out_w = 16,
                                 .kernel_h = 3,
                                 .kernel_w = 3,
                                 .stride = 1,
                                 .instances = 3,
                                 .input_bits = 8,
                                 .weight_bits = 4};

/* A mapping as a file has it. The machine's names have blanks: a word does. */
static void write_mapping(const struct folder *f, const struct loopnest_choice *c)
{
    FILE *out = fopen(folder_path(f, "mapping.txt"), "w");

    for (int level = 0; level < c->machine.arch.levels; level++) {
        fprintf(out, "level%d [", level);
        for (int t = 0; t < LOOPNEST_TENSORS; t++)
            if (c->machine.arch.level[level].keeps[t]) fprintf(out, " %s", loopnest_tensor_name(t));
        fputs(" ]\n", out);
        for (int i = 0; i < c->mapping.loops; i++) {
            const struct loopnest_loop *l = &c->mapping.loop[i];
            if (l->level == level)
                fprintf(out, "| for %s in [0:%" PRId64 ")%s\n", loopnest_dimension_name(l->dimension),
                        l->trips, l->spatial ? " (Spatial-X)" : "");
        }
    }
    fputs("<< Compute >>\n", out);
    fclose(out);
}

static void load(struct hardware *h, struct prices *p, const char *name)
{
    const char *const backend = "array.backend=loopnest";
    const struct constants k = constants_nominal();

    must(hardware_load(h, name, &backend, 1));
    prices_make(p, h, &k);
}

Test(loopnest_given, a_found_mapping_read_from_a_file_counts_the_same)
{
    static const char *const names[] = {"eyeriss", "edge", "tpu-like", "horowitz45"};
    const struct folder f = folder_new();

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct loopnest_choice best;
        struct counts found, given;
        struct hardware h;
        struct prices p;
        load(&h, &p, names[i]);
        must(loopnest_search(&best, &conv, &h, &p));
        must(backend_count(&found, &conv, &h, &p));
        write_mapping(&f, &best);
        must(loopnest_given(&given, &conv, &h, &p, folder_path(&f, "mapping.txt")));
        cr_assert(found.cycles == given.cycles && found.bitops == given.bitops, "%s", names[i]);
        for (int c = 0; c < COST_COMPONENTS; c++)
            cr_assert(found.of[c] == given.of[c], "%s: %s", names[i], component_of((enum component)c)->name);
    }
    folder_remove(&f);
}

/* Eyeriss has DRAM, a buffer, the array, registers. */
static void expect_refused(const char *text, const char *part)
{
    const struct folder f = folder_new();
    struct counts c;
    struct hardware h;
    struct prices p;

    load(&h, &p, "eyeriss");
    folder_write(&f, "mapping.txt", text, strlen(text));
    expect_failure(loopnest_given(&c, &conv, &h, &p, folder_path(&f, "mapping.txt")), STATUS_INPUT, part);
    folder_remove(&f);
}

#define ALL  "[ Weights Inputs Outputs ]\n"
#define REST "| for N in [0:4)\n| for C in [0:16)\n| for M in [0:32)\n| for P in [0:16)\n| for Q in [0:16)\n"
#define TAPS "| for R in [0:3)\n| for S in [0:3)\n<< Compute >>\n"

Test(loopnest_given, what_does_not_fit_is_said)
{
    expect_refused("a " ALL "b " ALL "c [ ]\n" REST TAPS,
                   "an element's registers [ Weights Inputs Outputs ]");
    expect_refused("a " ALL "b [ Weights ]\nc [ ]\nd " ALL REST TAPS, "do not keep what those of hardware");
    expect_refused("a " ALL "b " ALL "c [ ]\nd " ALL REST "| for R in [0:3)\n<< Compute >>\n",
                   "mapping.txt: the loops over S multiply to 1");
    expect_refused("a " ALL "b " ALL "c [ ]\nd " ALL REST TAPS, "registers holds 512 bytes");
}

Test(loopnest_given, a_fan_out_may_be_left_out_or_written_in_parts)
{
    static const char *const texts[] = {"a " ALL REST "b " ALL "c " ALL TAPS,
                                        "a " ALL REST "b " ALL "c [ ]\nd [ ]\ne " ALL TAPS};
    const struct folder f = folder_new();

    for (int i = 0; i < 2; i++) {
        struct counts c;
        struct hardware h;
        struct prices p;
        load(&h, &p, "eyeriss");
        folder_write(&f, "mapping.txt", texts[i], strlen(texts[i]));
        must(loopnest_given(&c, &conv, &h, &p, folder_path(&f, "mapping.txt")));
        cr_assert(ge(dbl, c.cycles, nest_macs(&conv))); /* one element does it all */
    }
    folder_remove(&f);
}
