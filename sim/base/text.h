/* sim/base/text.h - a user's text: whole into a buffer or not at all, and as a number. */
#ifndef SIM_BASE_TEXT_H
#define SIM_BASE_TEXT_H

#include "quant/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/**
 * Copy `length` bytes of `text` into out[size] and end them with a 0. If they have no room, out is "" (never a
 * part of the text, which could be another valid one) and STATUS_INPUT says
 * "PLACE: 'BEGINNING...' has N characters; at most M"; without a place (NULL) it begins at the quote.
 */
STATUS_MUST_CHECK enum status text_copy(char *out, size_t size, const char *place, const char *text,
                                        size_t length);

/** Bytes of `text` up to `most` of its `length`, so that no character of UTF-8 is cut in two. */
size_t text_beginning(const char *text, size_t length, size_t most);

/**
 * Is the first character of a text, which is not empty, one that a terminal must not be given? Controls are, characters
 * that turn the direction of writing, and bytes that are not UTF-8: whoever wrote a file that is looked at shall not speak
 * to the terminal. Its number, or the byte, and how many bytes it has.
 */
bool text_is_spelt(uint32_t *number, size_t *length, const char *text);

enum { TEXT_VISIBLE = 8 };

/** That character, spelt if it must be: \t, \n, \x1b, \u202e, \xff. *text moves on behind it. */
void text_visible(char out[TEXT_VISIBLE], const char **text);

/** Print a text in visible characters but for those in `kept`; returns the bytes printed. */
int text_show(FILE *out, const char *text, const char *kept);

enum { TEXT_LINE_MOST = 1 << 20 };

/**
 * Read a line into *text, which grows to *room bytes and is to be freed, without its end and, if it is the first, without
 * a byte-order mark. False: there is none, with *error 0 at the end of the file, or else what text_line_fault tells.
 */
bool text_line(char **text, size_t *room, int *error, FILE *file, bool first);

/** What went wrong in line `number`: it cannot be read, has more than TEXT_LINE_MOST bytes, or one that is 0. */
enum status text_line_fault(const char *path, int number, int error);

/** Where a text file's first line begins: behind a byte-order mark of UTF-8, if there is one. */
char *text_after_mark(char *line);

/** true or false in the words of YAML 1.1, in any case: also yes and no, on and off. */
STATUS_MUST_CHECK enum status text_switch(bool *out, const char *text);

enum text_number { TEXT_NUMBER, TEXT_NO_NUMBER, TEXT_TOO_LARGE };

/** The decimal whole number that `text` is: digits behind at most one sign, and nothing else. 010 is ten. */
enum text_number text_whole(int64_t *out, const char *text);

/** The same without a sign, from 0 to 2^64 - 1. */
enum text_number text_natural(uint64_t *out, const char *text);

#endif
