/* quant/status.h - how a function says that its caller's input cannot be used.
 *
 * Users' mistakes return an `enum status` and leave one sentence (file, place, what would be right) for
 * `main` to print. Programmers' mistakes assert. Kernels cannot fail and return void. To add a status: one
 * row in STATUS_LIST; `main` turns it into the exit code of its last column.
 */
#ifndef QUANT_STATUS_H
#define QUANT_STATUS_H

/*    name         text                               exit code */
#define STATUS_LIST(X)                                                                                       \
    X(OK, "success", 0)                                                                                      \
    X(USAGE, "wrong usage", 2)                                                                               \
    X(INPUT, "bad input", 3)                                                                                 \
    X(IO, "cannot read or write", 4)                                                                         \
    X(DIVERGED, "training diverged", 5)                                                                      \
    X(NOMEM, "out of memory", 4)                                                                             \
    X(INTERRUPTED, "interrupted, can be resumed", 75)                                                        \
    X(MISMATCH, "values differ", 1)

enum status {
#define X(name, text, code) STATUS_##name,
    STATUS_LIST(X)
#undef X
};

/** A word or two for s, e.g. "bad input". */
const char *status_text(enum status s);

/** The process exit code for s (0, 1, 2, 3, 4, 5 or 75). */
int status_exit_code(enum status s);

/** The sentence left by the last `status_fail` of this thread; "" if there is none. */
const char *status_detail(void);

/** Store the sentence (printf format) for this thread and return s: `return status_fail(STATUS_INPUT, "...")`. */
__attribute__((format(printf, 2, 3))) enum status status_fail(enum status s, const char *format, ...);

/** s, of what the command line says: STATUS_INPUT, what bad input in a file would be, is STATUS_USAGE there. The
 * sentence stays. */
enum status status_usage(enum status s);

/** The caller must look at what the function returns. */
#define STATUS_MUST_CHECK __attribute__((warn_unused_result))

#endif
