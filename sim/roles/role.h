/* sim/roles/role.h - the roles of numbers in training, and the number format that each of them is given.
 *
 * A setting is a word or a format in the strings of quant/format.h:
 *
 *     recipe              what the recipe does: affine at the schedule's bits for weight, activation and
 *                         error, float32 for the others
 *     float32             left alone
 *     fp:e4m3fn:rne:sat   any format; in it {bits} is the schedule's width of the step, {bits-5} five less
 *
 * The accumulator takes elementwise formats, also by chunks: see role_accumulator.h.
 *
 * A setting is read once; the format is compiled anew for every tensor, which costs nothing beside it.
 * Results depend on values, setting and the names of the randomness alone: not on threads or instruction
 * sets.
 *
 * Arithmetic. A format is a grid if its values are integers times one scale that is known before the data:
 * fixed point of at most 16 bits (fx, unless it keeps NaN), and integers (int) of at most 16 bits whose scale
 * and zero point binary32 multiplies exactly: powers of two, 0.75, but not 0.03. Such a tensor is integer
 * codes under one affine map, as the recipe's own. A convolution's product of two operands that are codes
 * (grids, or the recipe's own up to 16 bits) is a sum of integers, exact, with one rounding to float32 at the
 * end; but the gradient of the input only where the weights have one scale, so not with the recipe's own
 * weights, and the stride is 1. Every other product is over decoded values, in float32 fused multiply-adds of
 * one written order (kernels.h). An accumulator role replaces both. Sums are exact while their magnitude in
 * units of the product of the scales stays below 2^53; beyond it binary64 rounds first.
 *
 * Granularity. A tensor is rows of its innermost axis: activations and errors are rows of one pixel's
 * channels, convolution weights rows of the input channels of one tap of one filter, others one row. Blocks
 * (bfp, mx, nvfp4) begin anew in each row; the last of a row may be shorter, as if filled up with zeros.
 * Formats that look at the whole tensor (affine, nvfp4's scale, blocks of "all") measure all of it: of an
 * activation or error the batch at hand, also in evaluations; running ranges belong to the recipe's own
 * quantizer.
 */
#ifndef SIM_ROLES_ROLE_H
#define SIM_ROLES_ROLE_H

#include "quant/affine.h"
#include "quant/format.h"
#include "quant/random.h"
#include "quant/status.h"
#include "sim/device/device.h"

#include <stddef.h>

enum role {
    ROLE_WEIGHT,
    ROLE_ACTIVATION,
    ROLE_ERROR,
    ROLE_GRADIENT,
    ROLE_MASTER,
    ROLE_MOMENTUM,
    ROLE_ACCUMULATOR,
    ROLE_COUNT
};

/** Which bits of a step stand for {bits} in a role's format. */
enum role_width { ROLE_WIDTH_NONE, ROLE_WIDTH_FORWARD, ROLE_WIDTH_BACKWARD };

/** One role: a row of the table in role.c. */
struct role_row {
    const char *name;
    const char *meaning;
    enum role_width width;
    enum random_use use; /* of its stochastic roundings */
};

enum role_way { ROLE_RECIPE, ROLE_FLOAT32, ROLE_FORMAT };

enum { ROLE_TEXT = 256 };

/** What one role is given. Zero: as the recipe does. */
struct role_setting {
    enum role_way way;
    char text[ROLE_TEXT]; /* ROLE_FORMAT: its string, {bits} not yet replaced */
};

/** Where training stands: what drives the widths and names the randomness. */
struct role_moment {
    int forward_bits, backward_bits; /* 0: float32 */
    uint64_t seed;
    uint32_t step;
};

/** The shape of a tensor of rows x row elements, and its number among those of its role. */
struct role_tensor {
    size_t rows, row;
    uint32_t id;
    const struct range *known; /* [device] NULL, or the range of all elements */
};

/** All roles, in the order of enum role; *count is ROLE_COUNT. */
const struct role_row *role_all(int *count);

/** Read a setting. STATUS_INPUT says what is wrong with it; without {bits} nothing can be wrong later. */
STATUS_MUST_CHECK enum status role_parse(struct role_setting *out, enum role role, const char *text);

/** The setting as it would be written. */
const char *role_print(const struct role_setting *s);

/** Does the schedule drive its width? */
bool role_is_driven(const struct role_setting *s);

/** Is its format possible at every width of lo..hi? STATUS_INPUT names the width and the nearest format. */
STATUS_MUST_CHECK enum status role_check(const struct role_setting *s, enum role role, int lo, int hi);

/**
 * What the device is told to quantize a tensor by a setting of ROLE_FORMAT that has been checked at these bits;
 * the caller adds what is read and written, and for codes the map of role_grid.
 */
struct quantize_op role_quantize(const struct role_tensor *t, const struct role_setting *s, enum role role,
                                 const struct role_moment *m);

/**
 * Is this role's format, at this moment's bits, a grid (see Arithmetic)? Then *out is its map: the codes of
 * all its values by affine_code are exact, and affine_value of a code is the value, except that -0 becomes 0.
 */
bool role_grid(struct affine *out, const struct role_setting *s, enum role role, const struct role_moment *m);

/** Replace every {bits}, {bits+N} and {bits-N} of `text`. STATUS_INPUT for any other brace. */
STATUS_MUST_CHECK enum status role_expand(char out[static ROLE_TEXT], const char *text, int bits);

#endif
