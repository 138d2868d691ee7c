/* experiments/commands/numbers.h - numbers on a command line: decimal or C99 hexadecimal floats, negative
 * ones too, or '-' for standard input.
 *
 * "-0.5" looks like an option to argp, but " -0.5" does not and is the same number: numbers_protect puts the
 * space.
 */
#ifndef EXPERIMENTS_COMMANDS_NUMBERS_H
#define EXPERIMENTS_COMMANDS_NUMBERS_H

#include "quant/element.h"

#include <argp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Values in the order given. A mistake is kept until numbers_finish, which can report it. */
struct numbers {
    const char *program; /* the command's name, for messages */
    double *value;       /* [count] */
    size_t count, room;
    enum status status;
};

/** argv with a space before each negative number, for command_parse; free() it. NULL if there is no
 * memory. */
char **numbers_protect(int argc, char **argv);

/** Take a number, or "-" for all numbers of standard input. For ARGP_KEY_ARG; returns 0. */
error_t numbers_argument(struct numbers *v, const char *word);

/** Read an unsigned integer option of at most `most`; ends with argp's usage error if it is none. */
error_t numbers_integer(struct argp_state *state, const char *option, const char *text, uint64_t most,
                        uint64_t *out);

/** The first mistake, if any; STATUS_USAGE if there is no value. */
STATUS_MUST_CHECK enum status numbers_finish(struct numbers *v);

void numbers_free(struct numbers *v);

enum { CODE_TEXT = 32 };

/** A code as quantize and explain print it: decimal for fx, bfp, affine and int, hexadecimal for all others. */
void numbers_code(char text[static CODE_TEXT], const struct format *f, uint64_t code);

/** The value of the code of x in an elementwise format, as an array would hold it. */
struct number numbers_value(const struct format *f, struct number x, uint64_t code);

#endif
