/* sim/base/table.c - rows by name; the nearest known name, by edit distance. */
#include "sim/base/table.h"

#include <assert.h>
#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { LONGEST = 63, ROOM = 768, POINTERS = 32 };

/* Insertions, deletions and substitutions that turn a into b (Levenshtein); only the first LONGEST bytes
 * count. */
static int edit_distance(const char *a, const char *b)
{
    const int rows = (int)strnlen(a, LONGEST), columns = (int)strnlen(b, LONGEST);
    int line[LONGEST + 1]; /* distances of a's prefix to every prefix of b */

    for (int j = 0; j <= columns; j++)
        line[j] = j;
    for (int i = 1; i <= rows; i++) {
        int diagonal = line[0];
        line[0] = i;
        for (int j = 1; j <= columns; j++) {
            const int substituted = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = line[j];
            const int shorter = line[j] < line[j - 1] ? line[j] : line[j - 1];
            line[j] = shorter + 1 < substituted ? shorter + 1 : substituted;
        }
    }
    return line[columns];
}

/* A name without what people write differently: capitals, '-', '_' and spaces. */
static void fold(char out[LONGEST + 1], const char *name)
{
    size_t used = 0;

    for (; *name != '\0' && used < LONGEST; name++)
        if (strchr("-_ ", *name) == NULL) out[used++] = (char)tolower((unsigned char)*name);
    out[used] = '\0';
}

static int distance(const char *a, const char *b)
{
    char x[LONGEST + 1] = "", y[LONGEST + 1] = "";

    fold(x, a);
    fold(y, b);
    return edit_distance(x, y);
}

/* Near enough that it may be a slip of the finger: at most half of the longer name differs. */
static bool resembles(const char *name, const char *known)
{
    const size_t a = strlen(name), b = strlen(known);
    return 2 * (size_t)distance(name, known) <= (a > b ? a : b);
}

/* --- tables -------------------------------------------------------------------------------------------- */

static const char *name_at(const void *rows, size_t stride, size_t i)
{
    return *(const char *const *)((const char *)rows + i * stride);
}

bool table_has(size_t *row, const char *name, const void *rows, size_t stride, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(name_at(rows, stride, i), name) == 0) {
            *row = i;
            return true;
        }
    }
    return false;
}

int table_nearest(const char *name, const void *rows, size_t stride, size_t count)
{
    int nearest = -1, least = 0;

    for (size_t i = 0; i < count; i++) {
        const int d = distance(name, name_at(rows, stride, i));
        if (nearest >= 0 && d >= least) continue;
        nearest = (int)i;
        least = d;
    }
    return nearest >= 0 && resembles(name, name_at(rows, stride, (size_t)nearest)) ? nearest : -1;
}

enum status table_unknown(const char *kind, const char *name, const void *rows, size_t stride, size_t count)
{
    const int nearest = table_nearest(name, rows, stride, count);
    char question[LONGEST + 32] = "";
    char known[ROOM] = "";
    size_t used = 0;

    for (size_t i = 0; i < count && used < sizeof known; i++)
        used += (size_t)snprintf(known + used, sizeof known - used, "%s%s", i > 0 ? ", " : "",
                                 name_at(rows, stride, i));
    if (nearest >= 0)
        snprintf(question, sizeof question, " did you mean '%.*s'?", LONGEST,
                 name_at(rows, stride, (size_t)nearest));
    return status_fail(STATUS_INPUT, "unknown %s '%.*s';%s known: %s", kind, LONGEST, name, question, known);
}

enum status table_find(size_t *row, const char *kind, const char *name, const void *rows, size_t stride,
                       size_t count)
{
    return table_has(row, name, rows, stride, count) ? STATUS_OK
                                                     : table_unknown(kind, name, rows, stride, count);
}

enum status table_find_pointer(size_t *row, const char *kind, const char *name, const void *const *rows,
                               size_t count)
{
    const char *names[POINTERS];

    assert(count <= POINTERS);
    for (size_t i = 0; i < count; i++)
        names[i] = name_at(rows[i], 0, 0);
    return table_find(row, kind, name, names, sizeof *names, count);
}
