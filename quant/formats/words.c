/* quant/formats/words.c - cutting strings at colons, and the nearest known word by edit distance. */
#include "quant/formats/words.h"

#include "quant/formats/foreign.h"

#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum status words_split(struct words *out, const char *text)
{
    *out = (struct words){.count = 0};
    snprintf(out->whole, sizeof out->whole, "%s", text);
    for (const char *at = text;; at++) {
        const size_t n = strcspn(at, ":");
        if (out->count == WORDS_MOST)
            return status_fail(STATUS_INPUT, "format '%s' has more than %d fields", text, WORDS_MOST);
        if (n >= WORD_ROOM)
            return status_fail(STATUS_INPUT, "format '%s': '%.*s' is too long", text, (int)n, at);
        memcpy(out->field[out->count++], at, n);
        at += n;
        if (*at == '\0') return STATUS_OK;
    }
}

int word_find(const char *word, word_list *list)
{
    char ours[WORD_ROOM];

    for (int i = 0; list(i) != NULL; i++)
        if (strcmp(list(i), word) == 0) return i;
    return foreign_word(ours, word) ? word_find(ours, list) : -1;
}

/* Insertions, deletions and substitutions that turn a into b; words are shorter than WORD_ROOM. */
static int word_distance(const char *a, const char *b)
{
    int line[WORD_ROOM + 1]; /* distances of a's prefix to every prefix of b */
    const int columns = (int)strnlen(b, WORD_ROOM);

    for (int j = 0; j <= columns; j++)
        line[j] = j;
    for (int i = 1; a[i - 1] != '\0'; i++) {
        int diagonal = line[0];
        line[0] = i;
        for (int j = 1; j <= columns; j++) {
            int best = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = line[j];
            if (line[j] + 1 < best) best = line[j] + 1;
            if (line[j - 1] + 1 < best) best = line[j - 1] + 1;
            line[j] = best;
        }
    }
    return line[columns];
}

enum status word_unknown(const struct words *in, const char *kind, const char *word, word_list *list)
{
    char known[640] = "";
    size_t used = 0;
    const char *nearest = list(0);

    for (int i = 0; list(i) != NULL; i++) {
        if (word_distance(word, list(i)) < word_distance(word, nearest)) nearest = list(i);
        if (used < sizeof known)
            used += (size_t)snprintf(known + used, sizeof known - used, "%s%s", i > 0 ? ", " : "", list(i));
    }
    return status_fail(STATUS_INPUT, "format '%s': unknown %s '%s'; the nearest is '%s'; known: %s",
                       in->whole, kind, word, nearest, known);
}

bool word_integer(int *out, const char **at)
{
    const char *digits = **at == '-' || **at == '+' ? *at + 1 : *at;
    if (!isdigit((unsigned char)*digits) || strspn(digits, "0123456789") > 9) return false;
    char *end;
    *out = (int)strtol(*at, &end, 10);
    *at = end;
    return true;
}
