/* tests/sim/test_memory.c - the memory that a run took is printed and recorded, and no record differs by
 * it. */
#include "sim/base/available.h"
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

/* --- how much there is --- */

/* A machine as its files tell it: `path` below the folder has `text`. */
static void tell(const struct folder *f, const char *path, const char *text)
{
    char command[512];

    snprintf(command, sizeof command, "mkdir -p \"$(dirname '%s/%s')\"", f->path, path);
    cr_assert_eq(system(command), 0);
    folder_write(f, path, text, strlen(text));
}

Test(memory, the_least_of_kernel_and_control_groups_is_available)
{
    const struct folder f = folder_new();

    cr_assert_eq(memory_available(f.path), UINT64_MAX, "nobody says");
    tell(&f, "proc/meminfo", "MemTotal: 9000 kB\nMemAvailable:    8000 kB\n");
    cr_assert_eq(memory_available(f.path), 8000 * 1024);

    tell(&f, "proc/self/cgroup", "0::/outer/inner\n"); /* version 2: the outer one is tighter */
    tell(&f, "sys/fs/cgroup/outer/inner/memory.max", "max\n");
    tell(&f, "sys/fs/cgroup/outer/memory.max", "5000000\n");
    tell(&f, "sys/fs/cgroup/outer/memory.current", "3000000\n");
    tell(&f, "sys/fs/cgroup/outer/memory.stat", "anon 1000000\ninactive_file 500000\n");
    cr_assert_eq(memory_available(f.path), 2500000, "what the cache holds can be given back");
    tell(&f, "sys/fs/cgroup/outer/memory.current", "6000000\n");
    cr_assert_eq(memory_available(f.path), 0, "more is used than allowed");

    tell(&f, "proc/self/cgroup", "5:cpu:/x\n4:memory:/job\n"); /* version 1 */
    tell(&f, "sys/fs/cgroup/memory/job/memory.limit_in_bytes", "7000000\n");
    tell(&f, "sys/fs/cgroup/memory/job/memory.usage_in_bytes", "1000000\n");
    cr_assert_eq(memory_available(f.path), 6000000);
    tell(&f, "sys/fs/cgroup/memory/job/memory.limit_in_bytes", "9223372036854771712\n");
    cr_assert_eq(memory_available(f.path), 8000 * 1024, "no limit");
    folder_remove(&f);
}

Test(memory, a_run_that_needs_more_than_is_left_is_refused_before_it_begins)
{
    static struct answer o;
    const struct folder f = tiny_experiment(3);

    cli(&o, &f, "train %s/tiny.yaml --out %s/run --set model=resnet164 --set data.batch=65536", f.path,
        f.path);
    expect_refusal(&o, 4, "GiB are left; want a smaller data.batch");
    cr_assert(folder_size(&f, "run/run.h5") < 0);
    folder_remove(&f);
}
