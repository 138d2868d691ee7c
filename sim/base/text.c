/* sim/base/text.c - copying texts whole. */
#include "sim/base/text.h"

#include <assert.h>
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
                       length < SHOWN ? (int)length : SHOWN, text, length, size - 1);
}
