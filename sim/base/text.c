/* sim/base/text.c - copying texts whole, reading whole numbers. */
#include "sim/base/text.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

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

/* Bytes of the UTF-8 character that begins here, and its number; 0: there is none. */
static size_t character(uint32_t *number, const char *text)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char *const s = (const unsigned char *)text;
    const size_t length = s[0] < 0x80   ? 1
                          : s[0] < 0xC2 ? 0
                          : s[0] < 0xE0 ? 2
                          : s[0] < 0xF0 ? 3
                          : s[0] < 0xF5 ? 4
                                        : 0;

    *number = length == 1 ? s[0] : s[0] & (0x7Fu >> length);
    for (size_t i = 1; i < length; i++) {
        if ((s[i] & 0xC0) != 0x80) return 0;
        *number = *number << 6 | (s[i] & 0x3Fu);
    }
    return length > 0 && *number >= least[length] ? length : 0;
}

static bool is_control(uint32_t c)
{
    return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0x061C || c == 0x200E || c == 0x200F ||
           (c >= 0x2028 && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
}

bool text_is_spelt(uint32_t *number, size_t *length, const char *text)
{
    const size_t whole = character(number, text);

    *length = whole > 0 ? whole : 1;
    if (whole == 0) *number = (unsigned char)*text;
    return whole == 0 || is_control(*number);
}

void text_visible(char out[TEXT_VISIBLE], const char **text)
{
    uint32_t c;
    size_t length;

    if (!text_is_spelt(&c, &length, *text)) {
        memcpy(out, *text, length);
        out[length] = '\0';
    } else if (c == '\t' || c == '\n' || c == '\r') {
        snprintf(out, TEXT_VISIBLE, "\\%c", c == '\t' ? 't' : c == '\n' ? 'n' : 'r');
    } else {
        snprintf(out, TEXT_VISIBLE, length == 1 ? "\\x%02x" : "\\u%04x", (unsigned)(c & 0xFFFF));
    }
    *text += length;
}

int text_show(FILE *out, const char *text, const char *kept)
{
    char c[TEXT_VISIBLE];
    int printed = 0;

    while (*text != '\0') {
        if (strchr(kept, *text) != NULL) {
            snprintf(c, sizeof c, "%c", *text++);
        } else {
            text_visible(c, &text);
        }
        fputs(c, out);
        printed += (int)strlen(c);
    }
    return printed;
}

char *text_after_mark(char *line)
{
    static const char mark[] = "\xEF\xBB\xBF";

    return strncmp(line, mark, sizeof mark - 1) == 0 ? line + sizeof mark - 1 : line;
}

enum { LINE_LONG = -1, LINE_ZERO = -2 }; /* beside errno, which is positive */

static bool line_grow(char **text, size_t *room)
{
    const size_t wanted = *room == 0 ? 256 : 2 * *room;
    char *const more = realloc(*text, wanted);

    if (more == NULL) return false;
    *text = more;
    *room = wanted;
    return true;
}

bool text_line(char **text, size_t *room, int *error, FILE *file, bool first)
{
    size_t used = 0;
    int c;

    *error = 0;
    errno = 0;
    while ((c = getc(file)) != EOF && c != '\n') {
        if (used == TEXT_LINE_MOST || c == '\0') *error = c == '\0' ? LINE_ZERO : LINE_LONG;
        if (*error == 0 && used + 1 >= *room && !line_grow(text, room)) *error = ENOMEM;
        if (*error != 0) return false;
        (*text)[used++] = (char)c;
    }
    if (ferror(file)) *error = errno != 0 ? errno : EIO;
    if (c == EOF && (used == 0 || *error != 0)) return false;
    if (*room == 0 && !line_grow(text, room)) return *error = ENOMEM, false;
    (*text)[used] = '\0';
    if (used > 0 && (*text)[used - 1] == '\r') (*text)[used - 1] = '\0';
    const char *const begin = first ? text_after_mark(*text) : *text;
    memmove(*text, begin, strlen(begin) + 1);
    return true;
}

enum status text_line_fault(const char *path, int number, int error)
{
    if (error == LINE_LONG)
        return status_fail(STATUS_INPUT, "%s:%d: a line of more than %d bytes; want a text file", path,
                           number, TEXT_LINE_MOST);
    if (error == LINE_ZERO)
        return status_fail(STATUS_INPUT, "%s:%d: a byte that is 0; want a text file", path, number);
    return status_fail(STATUS_IO, "%s: %s", path, strerror(error));
}

enum status text_switch(bool *out, const char *text)
{
    static const char *const words[] = {"false", "true", "no", "yes", "off", "on"};

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcasecmp(text, words[i]) != 0) continue;
        *out = i % 2 != 0;
        return STATUS_OK;
    }
    return status_fail(STATUS_INPUT, "'%s' is neither true nor false", text);
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
