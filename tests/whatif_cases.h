/* tests/whatif_cases.h - for tests of what-ifs: a short run of ResNet-8 on some hardware. */
#ifndef TESTS_WHATIF_CASES_H
#define TESTS_WHATIF_CASES_H

#include "experiments/cost_options.h"
#include "tests/folder.h"

static inline struct cost_options options(const char *hardware)
{
    return (struct cost_options){.model = "resnet8",
                                 .models = 1,
                                 .hardware.name = hardware,
                                 .schedule = {.bits = "3:8", .iterations = "100", .cycles = "4"}};
}

static inline void set(struct cost_options *o, const char *word)
{
    o->hardware.set.word[o->hardware.set.count++] = word;
}

static inline struct cost_case *case_of(const struct cost_options *o)
{
    struct cost_case *c = malloc(sizeof *c);

    cr_assert(c != NULL);
    must(cost_options_case(c, o, 0));
    return c;
}

static inline struct cost_case *case_on(const char *hardware)
{
    const struct cost_options o = options(hardware);
    return case_of(&o);
}

static inline void close_case(struct cost_case *c)
{
    cost_case_free(c);
    free(c);
}

#endif
