/* experiments/whatif/whatif_answer.h - from the options to the question that they ask. */
#ifndef EXPERIMENTS_WHATIF_WHATIF_ANSWER_H
#define EXPERIMENTS_WHATIF_WHATIF_ANSWER_H

#include "experiments/whatif/whatif_options.h"

/** Answer it on stdout, and with --figure in a figure; answers have no summary form. */
STATUS_MUST_CHECK enum status whatif_answer(const struct whatif_options *o, const struct cost_options *cost,
                                            enum cost_form form);

#endif
