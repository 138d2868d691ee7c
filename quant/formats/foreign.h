/* quant/formats/foreign.h - formats as other tools spell them. */
#ifndef QUANT_FORMATS_FOREIGN_H
#define QUANT_FORMATS_FOREIGN_H

#include "quant/formats/words.h"

/**
 * out = `text` in our spelling, if it is a fixed point type of SystemC, Vitis HLS or Algorithmic C, as in
 * "ap_fixed<8,4,AP_RND,AP_SAT>", "sc_ufixed<8,4>", "ac_fixed<8,4,true,AC_TRN>", "ap_int<8>"; or else `text` itself. What
 * they leave out is, as there, trn and wrap. STATUS_INPUT if it begins as such a type and is none.
 */
STATUS_MUST_CHECK enum status foreign_read(char out[WORDS_TEXT], const char *text);

/** out = a word as we write it: AP_RND_CONV, SC_RND_CONV and AC_RND_CONV are rnd_conv. False: it is no such word. */
bool foreign_word(char out[WORD_ROOM], const char *word);

#endif
