/* experiments/whatif/whatif_answer.c - which question is answered. */
#include "experiments/whatif/whatif_answer.h"

#include "experiments/whatif/whatif_show.h"
#include "quant/try.h"

enum status whatif_answer(const struct whatif_options *o, const struct cost_options *cost,
                          enum cost_form form)
{
    const struct whatif_show s = {o, cost, form};

    TRY(whatif_options_check(o));
    if (o->sweeps.count > 0) return whatif_show_sweep(&s);
    if (o->elasticity) return whatif_show_elasticity(&s);
    if (o->break_even != NULL) return whatif_show_break_even(&s);
    if (o->monte_carlo) return whatif_show_monte_carlo(&s);
    return whatif_show_carbon(&s);
}
