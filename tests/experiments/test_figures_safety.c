/* tests/experiments/test_figures_safety.c - claims about drawing under strange names and on full disks: no shell is
 * reached, no link is followed, and a file that was whole is not replaced by a cut one. */
#include "tests/fixtures/command_line.h"

#include <criterion/parameterized.h>
#include <limits.h>
#include <unistd.h>

/* Draw a sweep into `dir`, which is below the folder that the test works in; sh runs `before` first. */
static int draw(const char *before, const char *dir)
{
    static char path[PATH_MAX], command[2 * PATH_MAX];

    if (path[0] == '\0') cr_assert(realpath(program(), path) != NULL);
    snprintf(command, sizeof command,
             "%s '%s' cost resnet20 --sweep dram.pj_per_bit=4,8,16 --figure '%s' >out 2>err", before, path,
             dir);
    const int status = system(command);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* Where the tests work: a folder of their own, so that a name may be relative. */
static struct folder work(void)
{
    const struct folder f = folder_new();

    program();
    static char path[PATH_MAX];
    cr_assert(realpath(program(), path) != NULL);
    setenv("CPTSIM", path, 1);
    cr_assert_eq(chdir(f.path), 0);
    return f;
}

static void expect_drawn(const struct folder *f, const char *dir)
{
    char name[PATH_MAX], text[4096] = "";

    slurp(text, sizeof text, f, "err");
    snprintf(name, sizeof name, "%s/cost_sweep.png", dir);
    cr_assert(access(name, F_OK) == 0, "no %s: %s", name, text);
    snprintf(name, sizeof name, "%s/cost_sweep.svg", dir);
    cr_assert(access(name, F_OK) == 0, "no %s: %s", name, text);
}

ParameterizedTestParameters(figures_safety, no_name_reaches_a_shell)
{
    static char rows[][32] = {
        "|touch reached;", "<touch reached;", "a b", "a\"b", "$(touch reached)", "a;b", "-a", "a\\b"};
    return cr_make_param_array(char[32], rows, sizeof rows / sizeof rows[0]);
}

ParameterizedTest(char (*dir)[32], figures_safety, no_name_reaches_a_shell)
{
    const struct folder f = work();

    cr_assert_eq(draw("", *dir), 0, "%s", *dir);
    expect_drawn(&f, *dir);
    cr_assert(access("reached", F_OK) != 0, "'%s' ran a command", *dir);
    folder_remove(&f);
}

Test(figures_safety, a_full_disk_leaves_the_figure_that_was_there)
{
    static char before[1 << 18], after[1 << 18], err[4096];
    const struct folder f = work();

    cr_assert_eq(draw("", "drawn"), 0);
    const size_t size = folder_read(&f, "drawn/cost_sweep.svg", before, sizeof before);
    cr_assert(size > 8192, "%zu bytes are too few for this test", size);
    cr_assert_eq(draw("ulimit -f 8;", "drawn"), 4); /* a file ends at 4 or 8 KiB, as the shell counts */
    slurp(err, sizeof err, &f, "err");
    cr_assert(strstr(err, "cannot write") != NULL, "%s", err);
    cr_assert_eq(folder_read(&f, "drawn/cost_sweep.svg", after, sizeof after), size);
    cr_assert(memcmp(before, after, size) == 0);
    folder_remove(&f);
}

Test(figures_safety, links_in_the_folder_are_not_followed)
{
    static char text[64];
    const struct folder f = work();

    cr_assert(mkdir("drawn", 0777) == 0 && mkdir("drawn/data", 0777) == 0);
    folder_write(&f, "victim", "whole", 5);
    cr_assert_eq(symlink("../victim", "drawn/.cost_sweep.svg"), 0);
    cr_assert_eq(symlink("../../victim", "drawn/data/gnuplot.log"), 0);
    cr_assert_eq(draw("", "drawn"), 0);
    expect_drawn(&f, "drawn");
    slurp(text, sizeof text, &f, "victim");
    cr_assert_str_eq(text, "whole");
    folder_remove(&f);
}
