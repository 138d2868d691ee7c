/* sim/base/text.c - copying texts whole, reading whole numbers. */
#include "sim/base/text.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { SHOWN = 20 };

enum status text_copy(char *out, size_t size, const char *place, const char *text, size_t length)
{
    assert(size > 0);
    if (length < size) {
        memcpy(out, text, length);
        out[length] = '\0';
        return STATUS_OK;
    }
    out[0] = '\0';
    return status_fail(STATUS_INPUT, "%s%s'%.*s...' has %zu characters; at most %zu",
                       place != NULL ? place : "", place != NULL ? ": " : "",
                       (int)text_beginning(text, length, SHOWN), text, length, size - 1);
}

size_t text_beginning(const char *text, size_t length, size_t most)
{
    if (length <= most) return length;
    while (most > 0 && ((unsigned char)text[most] & 0xC0) == 0x80) /* inside of a character */
        most--;
    return most;
}

char *text_after_mark(char *line)
{
    static const char mark[] = "\xEF\xBB\xBF";

    return strncmp(line, mark, sizeof mark - 1) == 0 ? line + sizeof mark - 1 : line;
}

static bool all_digits(const char *text)
{
    return *text != '\0' && text[strspn(text, "0123456789")] == '\0';
}

enum text_number text_whole(int64_t *out, const char *text)
{
    if (!all_digits(text + (*text == '-' || *text == '+'))) return TEXT_NO_NUMBER;
    errno = 0;
    const long long value = strtoll(text, NULL, 10);
    if (errno == ERANGE) return TEXT_TOO_LARGE;
    *out = value;
    return TEXT_NUMBER;
}

enum text_number text_natural(uint64_t *out, const char *text)
{
    if (!all_digits(text)) return TEXT_NO_NUMBER;
    errno = 0;
    const unsigned long long value = strtoull(text, NULL, 10);
    if (errno == ERANGE) return TEXT_TOO_LARGE;
    *out = value;
    return TEXT_NUMBER;
}
