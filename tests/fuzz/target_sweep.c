/* tests/fuzz/target_sweep.c - what-if words: a line is KEY=A,B,C of --sweep, or with a mark before it the words of
 * --pareto (@) or of --break-even (?). */
#include "energy/hardware/hardware.h"
#include "experiments/whatif/whatif.h"
#include "experiments/whatif/whatif_sweep.h"
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

static bool read_line(struct sweep *s, const char *line)
{
    const struct hardware h = hardware_default();
    struct sweep_goals goals;
    struct break_even_question question;

    switch (line[0]) {
    case '@':
        return fuzz_done(sweep_goals_read(&goals, line + 1));
    case '?':
        return fuzz_done(break_even_read(&question, line + 1, &h));
    default:
        return fuzz_done(sweep_add(s, line));
    }
}

static void apply(const struct sweep *s, int point)
{
    struct cost_options o = {0};
    struct sweep_words memory = {0};
    struct hardware h;
    char name[256];

    sweep_name(name, sizeof name, s, point);
    if (fuzz_done(sweep_apply(&o, &memory, s, point))) fuzz_done(hardware_options_read(&h, &o.hardware));
}

void fuzz_one(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size), *rest = NULL;
    struct sweep s = {0};
    bool good = true;

    for (char *line = strtok_r(text, "\n", &rest); line != NULL && good; line = strtok_r(NULL, "\n", &rest))
        good = read_line(&s, line);
    if (good && s.points > 0) {
        apply(&s, 0);
        apply(&s, s.points - 1);
    }
    sweep_free(&s);
    free(text);
}
