/* experiments/whatif/whatif_options.c - which question is asked, and with what. */
#include "experiments/whatif/whatif_options.h"

#include "models/model.h"
#include "sim/base/text.h"

#include <ctype.h>
#include <string.h>

enum {
    KEY_SWEEP = 512,
    KEY_PARETO,
    KEY_SAME_MAPPING,
    KEY_ELASTICITY,
    KEY_ALL,
    KEY_BREAK_EVEN,
    KEY_TARGET,
    KEY_MONTE_CARLO,
    KEY_SEED,
    KEY_VERSUS,
    KEY_CARBON,
    KEY_FIGURE,
    KEY_SCRIPTS
};

static const struct argp_option rows[] = {
    {0, 0, 0, 0, "What if", 4},
    {"sweep", KEY_SWEEP, "KEY=A,B,C", 0,
     "a row for each value of a knob or an option of the run; also from:to:step and log:from:to:count. "
     "Repeated: all combinations",
     4},
    {"pareto", KEY_PARETO, "NUMBERS", 0,
     "what the sweep's column 'pareto' is of, as energy_j,latency_s or gbitops:least; default: least "
     "energy_j and latency_s, most gbitops, which stand in for accuracy",
     4},
    {"same-mapping", KEY_SAME_MAPPING, 0, 0,
     "swept prices leave the mapping as it was before; otherwise each point is mapped anew", 4},
    {"elasticity", KEY_ELASTICITY, 0, 0,
     "percent that energy and latency, and points that the energy saving change by for one percent of each "
     "constant and knob",
     4},
    {"all", KEY_ALL, 0, 0, "those too that change nothing", 4},
    {"break-even", KEY_BREAK_EVEN, "KNOB[=LO:HI]", 0,
     "where the energy saving is as large as the saving of bit operations", 4},
    {"target", KEY_TARGET, "PERCENT", 0, "as large as this instead", 4},
    {"monte-carlo", KEY_MONTE_CARLO, "N", OPTION_ARG_OPTIONAL,
     "energy over N (1000) draws of the constants within their ranges: log-triangular, independent", 4},
    {"seed", KEY_SEED, "N", 0, "of the draws (1)", 4},
    {"versus", KEY_VERSUS, "KEY=VALUE", 0,
     "beside the same run with another value, and the probability that the first takes less energy; may be "
     "repeated",
     4},
    {"carbon", KEY_CARBON, "PLACES", OPTION_ARG_OPTIONAL,
     "kWh, CO2e and price, in all places of `cptsim list places` or in these; with --sweep as columns", 4},
    {"figure", KEY_FIGURE, "DIR", 0, "draw the answer too: DIR/cost_*.svg and .png, their data in DIR/data",
     4},
    {0},
};

/* What follows an option whose argument may be left out, if it can be one and stands apart from it. */
static char *next_word(struct argp_state *state, bool (*can_be)(const char *word))
{
    if (state->next >= state->argc || !can_be(state->argv[state->next])) return NULL;
    return state->argv[state->next++];
}

static bool is_count(const char *word)
{
    return isdigit((unsigned char)word[0]);
}

/* A list of places; a word that begins as a network is that. */
static bool is_place(const char *word)
{
    int count;
    const struct model_type *m = model_all(&count);

    for (int i = 0; i < count; i++)
        if (strncmp(word, m[i].prefix, strlen(m[i].prefix)) == 0) return false;
    return word[0] != '-';
}

static error_t parse_switch(struct whatif_options *o, int key)
{
    switch (key) {
    case KEY_SAME_MAPPING:
        o->same_mapping = true;
        return 0;
    case KEY_ELASTICITY:
        o->elasticity = true;
        return 0;
    case KEY_ALL:
        o->all = true;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct whatif_options *o = state->input;
    switch (key) {
    case KEY_SWEEP:
        cost_words_add(&o->sweeps, arg, state);
        return 0;
    case KEY_VERSUS:
        cost_words_add(&o->versus, arg, state);
        return 0;
    case KEY_PARETO:
        o->pareto = arg;
        return 0;
    case KEY_BREAK_EVEN:
        o->break_even = arg;
        return 0;
    case KEY_TARGET:
        o->target = arg;
        return 0;
    case KEY_MONTE_CARLO:
        o->monte_carlo = true;
        o->samples = arg != NULL ? arg : next_word(state, is_count);
        return 0;
    case KEY_SEED:
        o->seed = arg;
        return 0;
    case KEY_CARBON:
        o->carbon = true;
        o->places = arg != NULL ? arg : next_word(state, is_place);
        return 0;
    case KEY_FIGURE:
        o->figure = arg;
        return 0;
    case KEY_SCRIPTS:
        o->scripts = arg;
        return 0;
    default:
        return parse_switch(o, key);
    }
}

const struct argp whatif_argp = {rows, parse, NULL, NULL, NULL, NULL, NULL};

bool whatif_is_asked(const struct whatif_options *o)
{
    return o->sweeps.count > 0 || o->elasticity || o->break_even != NULL || o->monte_carlo || o->carbon ||
           o->pareto != NULL || o->target != NULL || o->seed != NULL || o->versus.count > 0 ||
           o->same_mapping || o->all || o->figure != NULL || o->scripts != NULL;
}

enum status whatif_options_check(const struct whatif_options *o)
{
    const struct {
        const char *name, *question;
        bool given, asked;
    } pairs[] = {
        {"--pareto", "--sweep", o->pareto != NULL, o->sweeps.count > 0},
        {"--same-mapping", "--sweep", o->same_mapping, o->sweeps.count > 0},
        {"--all", "--elasticity", o->all, o->elasticity},
        {"--target", "--break-even", o->target != NULL, o->break_even != NULL},
        {"--seed", "--monte-carlo", o->seed != NULL, o->monte_carlo},
        {"--scripts", "--figure", o->scripts != NULL, o->figure != NULL},
        {"--versus", "--monte-carlo", o->versus.count > 0, o->monte_carlo},
    };
    const int questions = (o->sweeps.count > 0) + o->elasticity + (o->break_even != NULL) + o->monte_carlo;

    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        if (pairs[i].given && !pairs[i].asked)
            return status_fail(STATUS_USAGE, "%s goes with %s only", pairs[i].name, pairs[i].question);
    if (questions > 1)
        return status_fail(STATUS_USAGE,
                           "--sweep, --elasticity, --break-even and --monte-carlo are questions of "
                           "their own; want one of them");
    if (o->carbon && questions > 0 && o->sweeps.count == 0)
        return status_fail(STATUS_USAGE, "--carbon goes alone or with --sweep");
    if (o->figure != NULL && questions == 0 && !o->carbon)
        return status_fail(STATUS_USAGE,
                           "--figure goes with --sweep, --elasticity, --break-even, --monte-carlo or "
                           "--carbon; 'cptsim figures' draws records");
    return STATUS_OK;
}
