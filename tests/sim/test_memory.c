/* tests/sim/test_memory.c - the memory that a run took is printed and recorded, and no record differs by
 * it. */
#include "tests/fixtures/command_line.h"

#include <criterion/criterion.h>

/* The number behind `key` in a text; the test fails without it. */
static double number_behind(const char *text, const char *key)
{
    const char *at = strstr(text, key);

    cr_assert(at != NULL, "no '%s' in:\n%s", key, text);
    return strtod(at + strlen(key), NULL);
}

Test(memory, train_prints_the_peak_and_the_record_holds_it)
{
    const struct folder f = tiny_experiment(3);
    struct answer o;

    cli(&o, &f, "train %s/tiny.yaml --out %s/run --quiet --json", f.path, f.path);
    cr_assert(o.code == 0, "%s", o.err);
    const double placed = number_behind(o.out, "\"peak_memory_bytes\": "),
                 resident = number_behind(o.out, "\"max_rss_bytes\": ");
    cr_assert(placed > 4 * 32 * 32 * 16 * sizeof(float) && resident > 1e6, "%g, %g", placed, resident);

    cli(&o, &f, "info %s/run --json", f.path);
    cr_assert(o.code == 0, "%s", o.err);
    cr_assert(number_behind(o.out, "\"provenance peak_memory_bytes\": ") == placed, "%s", o.out);
    cr_assert(number_behind(o.out, "\"provenance max_rss_bytes\": ") >= resident, "%s", o.out);
    folder_remove(&f);
}

Test(memory, more_threads_take_more_and_the_records_are_equal)
{
    const struct folder f = tiny_experiment(3);
    double placed[2];
    struct answer o;

    for (int i = 0; i < 2; i++) {
        cli(&o, &f, "train %s/tiny.yaml --out %s/run%d --threads %d --quiet", f.path, f.path, i, i + 1);
        cr_assert(o.code == 0, "%s", o.err);
        placed[i] = number_behind(o.out, "\npeak memory ");
        cr_assert(strstr(o.out, " MB resident\nstate sha256 ") != NULL, "%s", o.out);
    }
    cr_assert(placed[1] > placed[0], "%g MB, then %g MB", placed[0], placed[1]);
    cli(&o, &f, "diff %s/run0 %s/run1", f.path, f.path);
    cr_assert(o.code == 0, "%s%s", o.out, o.err);
    folder_remove(&f);
}
