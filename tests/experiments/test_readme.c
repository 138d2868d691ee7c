/* tests/experiments/test_readme.c - the first hour in README.md is a script: each of its commands runs and says what the
 * text promises. */
#include "tests/fixtures/command_line.h"

#include <limits.h>
#include <unistd.h>

static const char fence[] = "```";

/* The blocks that begin with ```sh in the section, behind each other. */
static void script_take(char *out, size_t size, const char *heading)
{
    static char text[1 << 16];
    FILE *const f = fopen("README.md", "r");
    bool inside = false;
    size_t used = 0;

    cr_assert(f != NULL);
    text[fread(text, 1, sizeof text - 1, f)] = '\0';
    fclose(f);
    char *const from = strstr(text, heading);
    cr_assert(from != NULL, "README.md has no section '%s'", heading);
    char *const behind = strstr(from + strlen(heading), "\n## ");
    if (behind != NULL) *behind = '\0';
    for (char *line = strtok(from, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        const bool is_fence = strncmp(line, fence, strlen(fence)) == 0;
        if (inside && !is_fence) used += (size_t)snprintf(out + used, size - used, "%s\n", line);
        if (is_fence) inside = !inside && strcmp(line, "```sh") == 0;
        cr_assert(used < size);
    }
}

/* The folder looks like the repository's root to the commands. */
static void root_make(const struct folder *f)
{
    static const char *const folders[] = {"experiments", "plots", "tests"};
    char here[PATH_MAX], at[PATH_MAX], from[2 * PATH_MAX];

    cr_assert(getcwd(here, sizeof here) != NULL);
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        snprintf(from, sizeof from, "%s/%s", here, folders[i]);
        snprintf(at, sizeof at, "%s/%s", f->path, folders[i]);
        cr_assert_eq(symlink(from, at), 0);
    }
    cr_assert(realpath(program(), here) != NULL);
    snprintf(at, sizeof at, "%s/cptsim", f->path);
    cr_assert_eq(symlink(here, at), 0);
}

Test(readme, the_first_hour_runs_as_it_is_written)
{
    static const char *const promises[] = {
        "status",
        "8 bits",
        "iter\tbits_fw\tloss",
        "| cpt-3-8  | 3-8/8 |",
        "runs/hour/figures/accuracy.svg",
        "equal: 66 data sets",
        "resnet8 on own, 2000 images",
        "roles error=fp:e5m2:sr8",
        "dram.pj_per_bit\t",
    };
    static char script[16384], told[1 << 18], command[PATH_MAX + 128];
    const struct folder f = folder_new();

    script_take(script, sizeof script, "## The first hour");
    cr_assert(strstr(script, "./cptsim train") != NULL && strstr(script, "./cptsim cost") != NULL);
    folder_write(&f, "script", script, strlen(script));
    root_make(&f);
    snprintf(command, sizeof command, "cd '%s' && mkdir -p runs/hour && bash -euo pipefail script >told 2>&1",
             f.path);
    const int status = system(command);
    slurp(told, sizeof told, &f, "told");
    cr_assert(status == 0, "%s", told);
    for (size_t i = 0; i < sizeof promises / sizeof promises[0]; i++)
        cr_assert(strstr(told, promises[i]) != NULL, "'%s' is not in:\n%s", promises[i], told);
    folder_remove(&f);
}
