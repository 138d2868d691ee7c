/* quant/status.c - the sentence behind a failure, one per thread. */
#include "quant/status.h"

#include <stdarg.h>
#include <stdio.h>

static _Thread_local char detail[1024];

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
    vsnprintf(sentence, sizeof sentence, format, args);
    va_end(args);
    snprintf(detail, sizeof detail, "%s", sentence);
    return s;
}

enum status(status_usage)(enum status s)
{
    return s == STATUS_INPUT ? STATUS_USAGE : s;
}
