/* tests/experiments/test_cli_schedule.c - cptsim schedule as a shell sees it. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

enum { OUTPUT = 1 << 20, EXIT_USAGE = 2, EXIT_INPUT = 3 };

static char output[OUTPUT];

/* Run cptsim with these words after it; what it printed is in output[]. Returns its exit code. */
static int cptsim(const char *words, const char *streams)
{
    const char *program = getenv("CPTSIM");
    char line[512];
    snprintf(line, sizeof line, "%s %s %s", program ? program : "./cptsim", words, streams);

    FILE *pipe = popen(line, "r");
    cr_assert(not(zero(ptr, pipe)));
    const size_t length = fread(output, 1, sizeof output - 1, pipe);
    output[length] = '\0';
    return WEXITSTATUS(pclose(pipe));
}

static int data_of(const char *words)
{
    return cptsim(words, "2>/dev/null");
}

static int talk_of(const char *words)
{
    return cptsim(words, "2>&1 >/dev/null");
}

static int count_lines(void)
{
    int lines = 0;
    for (const char *c = output; *c != '\0'; c++)
        lines += *c == '\n';
    return lines;
}

/* --- schedule --- */

Test(cli_schedule, prints_one_width_a_line_for_every_iteration)
{
    cr_assert(eq(int, data_of("schedule cosine --bits 3:8 --iterations 64000 --cycles 32"), 0));
    cr_assert(eq(int, count_lines(), 64000));
    cr_assert(eq(sz, strlen(output), 2 * 64000));
    const struct {
        int iteration;
        char bits;
    } changes[] = {{0, '3'},    {409, '3'},  {410, '4'},  {739, '5'},
                   {1000, '6'}, {1262, '7'}, {1591, '8'}, {2000, '3'}};
    for (int k = 0; k < 8; k++)
        cr_assert(eq(chr, output[2 * changes[k].iteration], changes[k].bits), "iteration %d",
                  changes[k].iteration);
}

Test(cli_schedule, static_stays)
{
    cr_assert(eq(int, data_of("schedule static --bits 8 --iterations 10"), 0));
    cr_assert(eq(str, output, "8\n8\n8\n8\n8\n8\n8\n8\n8\n8\n"));
}

Test(cli_schedule, remainder_chooses_how_a_run_ends)
{
    cr_assert(eq(int, data_of("schedule cosine --bits 3:8 --iterations 999 --cycles 10"), 0));
    cr_assert(eq(chr, output[2 * 998], '8'));
    cr_assert(
        eq(int, data_of("schedule cosine --bits 3:8 --iterations 999 --cycles 10 --remainder leftover"), 0));
    cr_assert(eq(chr, output[2 * 998], '3'));
}

Test(cli_schedule, json_has_the_place_in_the_cycle)
{
    cr_assert(eq(int, data_of("schedule cosine --bits 3:8 --iterations 8 --cycles 2 --json"), 0));
    cr_assert(eq(int, count_lines(), 8));
    cr_assert(
        not(zero(ptr, strstr(output, "{\"iteration\": 5, \"cycle\": 1, \"phase\": 0.25, \"bits\": 4}\n"))),
        "%s", output);
}

Test(cli_schedule, help_has_examples)
{
    cr_assert(eq(int, data_of("schedule --help"), 0));
    cr_assert(
        not(zero(ptr, strstr(output, "cptsim schedule cosine --bits 3:8 --iterations 64000 --cycles 32\n"))));
}

/* --- mistakes --- */

struct mistake {
    char words[80], says[80];
    int code;
};

ParameterizedTestParameters(cli_schedule, mistakes_are_named)
{
    static struct mistake rows[] = {
        {"schedule", "schedule takes one name, --bits and --iterations", EXIT_USAGE},
        {"schedule cosine --bits 3:8", "schedule takes one name, --bits and --iterations", EXIT_USAGE},
        {"schedule a b --bits 3:8 --iterations 5", "schedule takes one name", EXIT_USAGE},
        {"schedule cosin --bits 3:8 --iterations 5", "did you mean 'cosine'?", EXIT_USAGE},
        {"schedule cosine --bits 8:3 --iterations 5", "--bits: 8:3 has the larger width first", EXIT_USAGE},
        {"schedule cosine --bits 1:8 --iterations 5", "--bits: 1:8 is out of range", EXIT_USAGE},
        {"schedule cosine --bits 3-8 --iterations 5", "--bits: '3-8' is not a width", EXIT_USAGE},
        {"schedule cosine --bits 3:8 --iterations 0", "--iterations: 0 is out of range", EXIT_USAGE},
        {"schedule cosine --bits 3:8 --iterations 5 --cycles 6", "6 cycles in 5 iterations", EXIT_USAGE},
        {"schedule cosine --bits 3:8 --iterations 5 --remainder x", "--remainder: 'x' is none of: stretch",
         EXIT_USAGE},
        {"schedule --what", "unrecognized option '--what'", EXIT_USAGE},
    };
    return cr_make_param_array(struct mistake, rows, sizeof rows / sizeof rows[0]);
}

ParameterizedTest(struct mistake *m, cli_schedule, mistakes_are_named)
{
    cr_assert(eq(int, talk_of(m->words), m->code), "%s: %s", m->words, output);
    cr_assert(not(zero(ptr, strstr(output, m->says))), "%s: '%s' lacks '%s'", m->words, output, m->says);
    cr_assert(eq(int, data_of(m->words), m->code));
    cr_assert(eq(str, output, ""), "nothing on stdout");
}
