/* sim/base/text.h - a user's text into a buffer: all of it, or a sentence. */
#ifndef SIM_BASE_TEXT_H
#define SIM_BASE_TEXT_H

#include "quant/status.h"

#include <stddef.h>

/**
 * Copy `length` bytes of `text` into out[size] and end them with a 0. If they have no room, out is "" (never a
 * part of the text, which could be another valid one) and STATUS_INPUT says
 * "PLACE: 'BEGINNING...' has N characters; at most M"; without a place (NULL) it begins at the quote.
 */
STATUS_MUST_CHECK enum status text_copy(char *out, size_t size, const char *place, const char *text,
                                        size_t length);

#endif
