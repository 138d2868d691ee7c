/* quant/formats/family.h - how a family of formats reads, writes and checks its strings. Internal to the
 * library. */
#ifndef QUANT_FORMATS_FAMILY_H
#define QUANT_FORMATS_FAMILY_H

#include "quant/format.h"
#include "quant/formats/words.h"

#include <stddef.h>

/** Why a format is impossible; "" while nothing is wrong. The first reason stays. */
struct reason {
    char text[160];
};

/** Leave a reason, printf style. */
__attribute__((format(printf, 2, 3))) void reason_set(struct reason *why, const char *format, ...);

/** Bring *value into lo..hi; leaves "NAME value is not in lo..hi". */
void reason_clamp(struct reason *why, int *value, int lo, int hi, const char *name);

/** One family. parse sees in->field[0] = its name; a missing field is "" and means the default. */
struct family_row {
    enum status (*parse)(struct format *f, const struct words *in);
    void (*print)(char *text, size_t room, const struct format *f);
    void (*repair)(struct format *f, struct reason *why); /* make f possible, saying what was not */
    int (*bits)(const struct format *f);
};

/** The row of a family. */
const struct family_row *family_row(enum family family);

/** Read a rounding: of floats (rne, rz, ...) or of fixed point, with random bits; "" gives nearest, ties
 * even. */
enum status parse_rounding(struct format *f, const struct words *in, const char *word);

/** The name of f's rounding: in the words of floats, or of fixed point. */
const char *print_rounding(char text[static WORD_ROOM], const struct format *f, bool floating);

/** Random bits: 1..32 for a stochastic rounding (0 becomes the default of code_bits), 0 for the others. */
void repair_rounding(struct format *f, struct reason *why, int code_bits, bool floating);

/** STATUS_INPUT unless in has at most `most` fields. */
enum status parse_count(const struct words *in, int most);

/** Index of word in a list, `otherwise` if word is "". */
enum status parse_word(int *out, const struct words *in, const char *kind, const char *word, word_list *list,
                       int otherwise);

/** Read "<name or eXmY[bZ]flavour>". */
enum status parse_float_name(struct float_format *out, const struct words *in, const char *word);
const char *print_float_name(char text[static WORD_ROOM], const struct float_format *f);
void repair_float(struct float_format *f, struct reason *why);

/** Read a block size: an integer, or "all" for 0. */
enum status parse_block_size(int *out, const struct words *in, const char *word, int otherwise);
const char *print_block_size(char text[static WORD_ROOM], int size);

/** The rows of the families, one file each: format_fixed.c, format_float.c, format_block.c, ... */
extern const struct family_row family_fixed, family_float, family_bfp, family_mx, family_nvfp4, family_affine,
    family_int, family_pot, family_table, family_posit;

#endif
