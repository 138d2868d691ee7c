/* sim/base/table.c - the nearest known name, by edit distance. */
#include "sim/base/table.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { LONGEST = 63, ROOM = 768 };

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

/* Near enough that it may be a slip of the finger: at most half of the longer name differs. */
static bool resembles(const char *name, const char *known)
{
    const size_t a = strlen(name), b = strlen(known);
    return 2 * (size_t)edit_distance(name, known) <= (a > b ? a : b);
}

int names_nearest(const char *name, const char *(*row)(int i), int count)
{
    int nearest = -1;

    for (int i = 0; i < count; i++) {
        if (nearest < 0 || edit_distance(name, row(i)) < edit_distance(name, row(nearest))) nearest = i;
    }
    return nearest >= 0 && resembles(name, row(nearest)) ? nearest : -1;
}

enum status names_unknown(const char *kind, const char *name, const char *(*row)(int i), int count)
{
    const int nearest = names_nearest(name, row, count);
    char question[LONGEST + 32] = "";
    char known[ROOM] = "";
    size_t used = 0;

    for (int i = 0; i < count && used < sizeof known; i++)
        used += (size_t)snprintf(known + used, sizeof known - used, "%s%s", i > 0 ? ", " : "", row(i));
    if (nearest >= 0) snprintf(question, sizeof question, " did you mean '%.*s'?", LONGEST, row(nearest));
    return fail(STATUS_INPUT, "unknown %s '%.*s';%s known: %s", kind, LONGEST, name, question, known);
}
