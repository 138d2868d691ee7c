/* quant/formats/words.h - reading strings of fields: "fx:s8.4:rnd:sat" in pieces, with errors that name
 * what is near. */
#ifndef QUANT_FORMATS_WORDS_H
#define QUANT_FORMATS_WORDS_H

#include "quant/status.h"

#include <stdbool.h>

enum { WORDS_MOST = 8, WORD_ROOM = 32, WORDS_TEXT = 128 };

/** A string cut at its colons. Fields past the last are "". */
struct words {
    char whole[WORDS_TEXT];
    int count;
    char field[WORDS_MOST][WORD_ROOM];
};

/** Cut text, of WORDS_TEXT bytes at most, at ':'. STATUS_INPUT if it has too many or too long fields. */
STATUS_MUST_CHECK enum status words_split(struct words *out, const char *text);

/** The i-th name of a list, NULL past its end. */
typedef const char *word_list(int i);

/** Index of word in the list, or -1. */
int word_find(const char *word, word_list *list);

/** STATUS_INPUT: "format '...': unknown KIND 'word'; the nearest is 'x'; known: a, b, c". */
enum status word_unknown(const struct words *in, const char *kind, const char *word, word_list *list);

/** Read a decimal integer of at most nine digits with an optional sign; moves *at behind it. */
bool word_integer(int *out, const char **at);

#endif
