/* tests/quant/test_install.c - the library as another project takes it: installed, found, linked, run. */
#include "tests/fixtures/folder.h"

#include <criterion/new/assert.h>

static char *read_file(const char *path)
{
    FILE *file = fopen(path, "r");
    cr_assert(file != NULL, "%s", path);
    char *text = calloc(1, 1 << 16);
    cr_assert(lt(sz, 0, fread(text, 1, (1 << 16) - 1, file)));
    fclose(file);
    return text;
}

Test(install, the_readme_shows_the_example)
{
    char *readme = read_file("quant/README.md"), *example = read_file("tests/fixtures/example_quant.c");
    cr_assert(strstr(readme, example) != NULL, "quant/README.md and tests/fixtures/example_quant.c differ");
    free(readme);
    free(example);
}

/* A function begins with the name of a header, a macro with that in capitals or the guard's QUANT_: they meet no name of the
 * program that takes the library. */
Test(install, public_names_begin_with_the_name_of_a_header)
{
    char line[256];
    FILE *out =
        popen("env -u MAKEFLAGS -u MAKELEVEL -u BUILD make -s build/release/libquant.names; "
              "headers=$(sed -n 's/^QUANT_HEADERS := //p' quant/install.mk); "
              "words=$(echo $headers | tr ' ' '|'); "
              "{ cat build/release/libquant.names; "
              "cd quant && sed -n 's/^# *define \\([A-Za-z_0-9]*\\).*/\\1/p' $(printf '%s.h ' $headers) | "
              "tr A-Z a-z | grep -v '^x$'; } | grep -Ev \"^($words|quant)_\"",
              "r");
    cr_assert(out != NULL);
    while (fgets(line, sizeof line, out) != NULL)
        cr_expect(0, "%s has no prefix", line);
    cr_assert(lt(int, 0, pclose(out)), "grep must have found nothing and said so");
}

/* What the headers declare, as the compiler understands them, and what the archive defines: the same, so that
 * every declared function links and no other name can meet one of the program that takes the library. */
static void expect_declared_names_alone(const char *installed)
{
    char command[1024], line[256];

    snprintf(
        command, sizeof command,
        "cd %s && (cd include && printf '#include <%%s>\\n' quant/*.h) >all.c && "
        "gcc -std=c17 -Iinclude -aux-info all.aux -c all.c -o all.o && "
        "awk '/include\\/quant\\/[a-z_]*\\.h:[0-9]+:NC/ { sub(/.*\\*\\/ /, \"\"); match($0, /[a-z_0-9]+ \\(/); "
        "print substr($0, RSTART, RLENGTH - 2) }' all.aux | sort -u >declared && "
        "nm -g --defined-only lib/libquant.a | awk 'NF == 3 { print $3 }' | sort -u >defined && "
        "test -s declared && diff declared defined",
        installed);
    FILE *out = popen(command, "r");
    cr_assert(out != NULL);
    while (fgets(line, sizeof line, out) != NULL)
        cr_log_error("declared < > defined: %s", line);
    cr_assert(eq(int, pclose(out), 0), "libquant.a defines other names than its headers declare");
}

Test(install, the_example_compiles_against_the_installed_library_and_runs, .timeout = 300)
{
    const struct folder f = folder_new();
    char command[1024], line[256];

    snprintf(
        command, sizeof command,
        "env -u MAKEFLAGS -u MAKELEVEL -u BUILD make -s BUILD=release install-quant PREFIX=%s >&2 && "
        "PKG_CONFIG_PATH=%s/lib/pkgconfig && export PKG_CONFIG_PATH && ${CC:-gcc} -std=c17 "
        "tests/fixtures/example_quant.c $(pkg-config --cflags --libs libquant) -o %s/example && %s/example",
        f.path, f.path, f.path, f.path);
    FILE *out = popen(command, "r");
    cr_assert(out != NULL && fgets(line, sizeof line, out) != NULL);
    cr_expect(
        eq(str, line,
           "fx:s6.2:rnd_conv:sat   0.3125 -1.6875 0 0.875 -0.4375 1.9375 0 1.125  (21.5 dB, 1 saturated)\n"));
    while (fgets(line, sizeof line, out) != NULL)
        continue;
    cr_assert(eq(int, pclose(out), 0));
    expect_declared_names_alone(f.path);
    folder_remove(&f);
}
