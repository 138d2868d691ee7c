/* experiments/cost/cost_roles.h - what the number formats of a run's roles cost: integers as wide as
 * their codes.
 *
 * No back end has elements for narrow floats, so that a product of two 8-bit floats is priced as one of 8-bit
 * integers; scales that a block or a tensor shares are left out. A note says so beside every cost.
 */
#ifndef EXPERIMENTS_COST_COST_ROLES_H
#define EXPERIMENTS_COST_COST_ROLES_H

#include "experiments/cost/cost_run.h"
#include "sim/method/recipe.h"
#include "sim/method/widths.h"

/** The widths of a step's operands where the schedule says `scheduled`; the formats are possible at it. */
struct operands cost_roles_operands(const struct recipe *r, struct widths scheduled);

/** How r's roles are priced in a run of scheduled widths, whose rows get the widths of the operands. */
STATUS_MUST_CHECK enum status cost_roles_read(struct cost_roles *out, struct histogram *run,
                                              const struct recipe *r);

/** One line on what is priced as what, if any role is. */
void cost_roles_note(FILE *out, const struct cost_roles *roles, const char *run);

#endif
