/* experiments/store/store_fail.c - sentences about a file and what is in it. */
#include "experiments/store/store_hdf5.h"

#include <stdarg.h>
#include <stdio.h>

enum status store_fail(enum status status, const struct store *s, const char *object, const char *format, ...)
{
    char sentence[768];
    va_list args;

    va_start(args, format);
    vsnprintf(sentence, sizeof sentence, format, args);
    va_end(args);
    if (object == NULL) return status_fail(status, "%s: %s", s->path, sentence);
    return status_fail(status, "%s: '%s': %s", s->path, store_object(object), sentence);
}

static herr_t innermost(unsigned n, const H5E_error2_t *error, void *text)
{
    if (n == 0 && error->desc != NULL) snprintf(text, 256, "%s", error->desc);
    return 0;
}

enum status store_fail_call(enum status status, const struct store *s, const char *object, const char *what)
{
    char text[256] = "no reason given";

    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, innermost, text);
    return store_fail(status, s, object, "cannot %s (HDF5: %s)", what, text);
}
