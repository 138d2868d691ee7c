/* tests/experiments/test_packaging.c - claims about what others install: completion offers the words of the program's
 * own tables, and whatever tells a version tells the same one. */
#include "tests/fixtures/command_line.h"

#include <criterion/parameterized.h>
#include <limits.h>

struct line {
    char words[64];  /* what was typed; bash takes '=' for a word of its own */
    char offer[96];  /* must be among what is offered */
    char absent[32]; /* must not be */
};

ParameterizedTestParameters(packaging, completion_offers_what_the_tables_hold)
{
    static struct line rows[] = {
        {"do", "doctor", "train"},
        {"--v", "--version", "train"},
        {"train --ke", "--kernels", "--json"},
        {"train --kernels a", "avx2", "ref"},
        {"train --kernels = r", "ref", "avx2"},
        {"train --kernels =", "avx512", "cosine"},
        {"train --set model", "model=", "seed"},
        {"train --set model = resnet1", "resnet152", "mobilenetv2"},
        {"train --set recipe =", "cpt-imagenet", "resnet20"},
        {"train --set forward.schedule = co", "cosine", "static"},
        {"train experiments/q", "experiments/quick.yaml", "experiments/demo.yaml"},
        {"cost mob", "mobilenetv2", "resnet20"},
        {"cost --hardware ey", "eyeriss", "bitfusion"},
        {"cost --set dram.k", "dram.kind=", "dram"},
        {"quantize fp:e4m3f", "fp:e4m3fnuz", "fp:e5m2"},
        {"schedule co", "cosine", "static"},
        {"figures --figure s", "schedule", "accuracy"},
        {"list ke", "kernels", "models"},
    };
    return cr_make_param_array(struct line, rows, sizeof rows / sizeof rows[0]);
}

/* What bash would offer, between spaces. */
static void offers(char *out, size_t size, const char *words)
{
    char program_path[PATH_MAX], command[2 * PATH_MAX];

    cr_assert(realpath(program(), program_path) != NULL);
    snprintf(command, sizeof command,
             "cptsim() { '%s' \"$@\"; }; . packaging/cptsim.bash; set -- cptsim %s; COMP_WORDS=(\"$@\"); "
             "COMP_CWORD=$(($# - 1)); _cptsim; printf ' %%s' \"${COMPREPLY[@]}\" ' '",
             program_path, words);
    setenv("COMPLETE_THIS", command, 1);
    FILE *const bash = popen("bash -c \"$COMPLETE_THIS\" 2>&1", "r");
    cr_assert(bash != NULL);
    out[fread(out, 1, size - 1, bash)] = '\0';
    cr_assert_eq(pclose(bash), 0, "%s: %s", words, out);
}

static bool among(const char *text, const char *word)
{
    char spaced[128];

    snprintf(spaced, sizeof spaced, " %s ", word);
    return strstr(text, spaced) != NULL;
}

ParameterizedTest(struct line *row, packaging, completion_offers_what_the_tables_hold)
{
    static char text[16384];

    offers(text, sizeof text, row->words);
    cr_assert(among(text, row->offer), "cptsim %s: no '%s' in%s", row->words, row->offer, text);
    cr_assert(!among(text, row->absent), "cptsim %s: '%s' in%s", row->words, row->absent, text);
}

/* --- versions --- */

/* What `command` prints, without its newline. */
static void printed(char *out, size_t size, const char *command)
{
    FILE *const f = popen(command, "r");

    cr_assert(f != NULL);
    out[fread(out, 1, size - 1, f)] = '\0';
    cr_assert_eq(pclose(f), 0, "%s", command);
    out[strcspn(out, "\n")] = '\0';
}

Test(packaging, every_file_that_tells_a_version_tells_that_of_the_changelog)
{
    static const char *const commands[] = {
        "sed -n '1s/^cptsim (\\(.*\\)) .*/\\1/p' debian/changelog",
        "sed -n 's/^version: \"\\(.*\\)\"/\\1/p' CITATION.cff",
    };
    char want[64], got[64];

    printed(want, sizeof want, "sed -n '/^## /{s/^## \\([^ ]*\\).*/\\1/p;q}' CHANGELOG.md");
    cr_assert(want[0] >= '0' && want[0] <= '9', "'%s' is no version", want);
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        printed(got, sizeof got, commands[i]);
        cr_assert_str_eq(got, want, "%s", commands[i]);
    }
}

Test(packaging, the_program_tells_the_version_of_its_tree)
{
    char command[PATH_MAX + 32], want[64], got[512];

    printed(want, sizeof want, "sh packaging/version");
    snprintf(command, sizeof command, "'%s' --version", program());
    printed(got, sizeof got, command);
    cr_assert(strncmp(got, "cptsim ", 7) == 0 && strncmp(got + 7, want, strlen(want)) == 0 &&
                  got[7 + strlen(want)] == ' ',
              "'%s' is not of version '%s'", got, want);
}
