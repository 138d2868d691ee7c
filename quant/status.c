/* quant/status.c - the sentence behind a failure, one per thread. */
#include "quant/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static _Thread_local char detail[8192]; /* a path alone may have 4,095 bytes */

const char *status_text(enum status s)
{
    static const char *const text[] = {
#define X(name, words, code) words,
        STATUS_LIST(X)
#undef X
    };
    return text[s];
}

int status_exit_code(enum status s)
{
    static const int code_of[] = {
#define X(name, words, code) code,
        STATUS_LIST(X)
#undef X
    };
    return code_of[s];
}

const char *status_detail(void)
{
    return detail;
}

enum status(status_fail)(enum status s, const char *format, ...)
{
    char sentence[sizeof detail]; /* an argument may be the old detail */
    va_list args;

    va_start(args, format);
    const int length = vsnprintf(sentence, sizeof sentence, format, args);
    va_end(args);
    if (length >= (int)sizeof sentence) memcpy(sentence + sizeof sentence - 4, "...", 4);
    snprintf(detail, sizeof detail, "%s", sentence);
    return s;
}

enum status(status_usage)(enum status s)
{
    return s == STATUS_INPUT ? STATUS_USAGE : s;
}
