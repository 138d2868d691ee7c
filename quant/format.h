/* quant/format.h - a number format as a plain struct, and as a string.
 *
 * The grammar; what stands in brackets has a default, words in <> are listed below or by `cptsim list
 * formats`:
 *
 *     fx:<s|u|m><wl>.<iwl>[:<rounding>[:<overflow>[:nan]]]
 *         fixed point, wl bits, iwl of them before the point
 *     fp:<name or eXmY[bZ]flavour>[:<rounding>[:<inf|sat>[:<sub|ftz|min>]]]
 *         small floats
 *     bfp:<wl>[e<bits>]:<n|all>[:<floor|carry>[:<rounding>[:<sat_sym|sat>]]]
 *         block floating point
 *     mx:<element>:<n|all>[:<floor|ceil|rne|midmax>[:<rounding>[:<nan|ignore>]]]
 *         OCP microscaling, E8M0 scales
 *     nvfp4[:<n|all>[:<rounding>]]
 *         E2M1 elements, E4M3 scales, a tensor scale
 *     affine:<bits>[:<ieee|rcp>[:<rne|sr16>]]
 *         Cyclic Precision Training: the array's range
 *     int:<s|u><bits>:<scale>[:<zero>[:<rounding>[:<full|narrow>]]]
 *         affine integers with a given scale
 *     pot:<s|u>:<emin>:<emax>[:<linear|log>[:<zero|min>]]
 *         powers of two
 *     table:<nf4|ternary|binary|apot4|...>[:<even|up|zero>]
 *         the nearest of a list of values
 *     posit:<n>.<es>
 *         posits up to 16 bits
 *
 * <rounding> is a name of quant/rounding.h; stochastic ones take their number of random bits: sr8, sr_mid12.
 * <overflow> is sat, sat_sym, sat_zero, wrap, wrap<n>, wrap_sm, wrap_sm<n> or numeric_std.
 * <flavour> is ieee, fn, finite, fnuz or e8m0.
 *
 * To add a family: a row in format.c, its struct below, its parse and print in format_*.c, its encode and
 * decode in a file of its own, its rows in quantizer.c, its claims in a test.
 */
#ifndef QUANT_FORMAT_H
#define QUANT_FORMAT_H

#include "quant/affine.h"
#include "quant/rounding.h"
#include "quant/status.h"

#include <stdbool.h>

enum family {
    FAMILY_FIXED,
    FAMILY_FLOAT,
    FAMILY_BFP,
    FAMILY_MX,
    FAMILY_NVFP4,
    FAMILY_AFFINE,
    FAMILY_INT,
    FAMILY_POT,
    FAMILY_TABLE,
    FAMILY_POSIT,
    FAMILY_COUNT
};

/** What a value outside the format becomes, after rounding. */
enum overflow {
    OVERFLOW_SAT,      /* the nearest end */
    OVERFLOW_SAT_SYM,  /* the nearest end of -hi..hi */
    OVERFLOW_SAT_ZERO, /* zero */
    OVERFLOW_WRAP,     /* the low bits; with saturated_bits > 0 the top ones take the pattern of saturation */
    OVERFLOW_WRAP_SM,  /* SystemC's sign-magnitude wrap */
    OVERFLOW_NUMERIC_STD, /* the low bits under the old sign */
    OVERFLOW_INF,         /* floats: infinity, or NaN where there is none */
    OVERFLOW_COUNT
};

enum fixed_sign { FIXED_SIGNED, FIXED_UNSIGNED, FIXED_SIGN_MAGNITUDE };

struct fixed_format {
    enum fixed_sign sign;
    int bits;         /* wl, 1..64 */
    int integer_bits; /* iwl, -512..512; one unit of the code is 2^(iwl - wl) */
    bool keep_nan;    /* NaN stays NaN in arrays; by default it becomes 0 */
};

enum flavour {
    FLAVOUR_IEEE,   /* top exponent: infinity and NaN */
    FLAVOUR_FN,     /* S.1...1 is NaN, no infinity (OCP E4M3) */
    FLAVOUR_FINITE, /* neither (OCP FP6, FP4) */
    FLAVOUR_FNUZ,   /* NaN in place of -0, no infinity */
    FLAVOUR_E8M0,   /* an unsigned power of two; all ones is NaN */
    FLAVOUR_COUNT
};

enum subnormals {
    SUBNORMALS_ON,
    SUBNORMALS_FLUSHED, /* |x| < 2^emin becomes 0 before rounding */
    SUBNORMALS_ROUNDED  /* |x| < 2^emin is rounded to 0 or 2^emin */
};

struct float_format {
    int exponent_bits; /* 0..11 */
    int mantissa_bits; /* 0..52 */
    int bias;
    enum flavour flavour;
    enum subnormals subnormals;
};

enum scale_rule {
    SCALE_FLOOR,  /* floor(log2 amax): the largest element may saturate */
    SCALE_CEIL,   /* the smallest power of two that clips nothing; bfp: one up if rounding would carry */
    SCALE_RNE,    /* amax / largest element, rounded to the nearest power of two */
    SCALE_MIDMAX, /* one up where that makes the error of amax smaller */
    SCALE_COUNT
};

/** bfp, mx, nvfp4: n consecutive elements share a scale. */
struct block_format {
    struct float_format element; /* mx, nvfp4 */
    int bits;                    /* bfp: wl with its sign, 2..24 */
    int exponent_bits;           /* bfp: of the shared exponent, 2..11 */
    int size;                    /* n; 0: all elements of a call share one scale */
    enum scale_rule rule;
    bool ignore_special; /* mx: NaN and infinity do not make the block NaN; NaN becomes 0, infinity saturates
                          */
};

struct affine_format {
    int bits; /* 1..32 */
    enum division division;
};

struct int_format {
    bool is_unsigned;
    bool narrow;  /* signed: -hi..hi */
    int bits;     /* 1..32 */
    double scale; /* > 0 */
    int64_t zero; /* the code of 0 */
};

struct pot_format {
    bool is_unsigned;
    bool log_ties; /* the threshold between 2^k and 2^(k+1) is 2^(k+1/2), not 1.5 2^k */
    bool keep_min; /* what rounds below 2^emin becomes 2^emin, not 0 */
    int emin, emax;
};

enum table_ties { TIES_EVEN_CODE, TIES_UP, TIES_ZERO };

struct table_format {
    int which; /* row of quant/table.h */
    enum table_ties ties;
};

struct posit_format {
    int bits; /* 2..16 */
    int es;   /* 0..4 */
};

struct format {
    enum family family;
    enum rounding rounding;
    enum overflow overflow;
    int random_bits;    /* R of a stochastic rounding, else 0 */
    int saturated_bits; /* n of wrap<n> and wrap_sm<n> */
    union {
        struct fixed_format fixed;
        struct float_format floating;
        struct block_format block;
        struct affine_format affine;
        struct int_format integer;
        struct pot_format pot;
        struct table_format table;
        struct posit_format posit;
    };
};

enum { FORMAT_TEXT = 96 };

/** Read a format from its string. STATUS_INPUT says what is wrong and names the nearest valid string. */
STATUS_MUST_CHECK enum status format_parse(struct format *out, const char *text);

/** Write the string of f, with all its defaults: format_parse gives f back. Returns text. */
const char *format_print(char text[static FORMAT_TEXT], const struct format *f);

/** Is f possible? STATUS_INPUT names the reason and the nearest format that is; format_parse has asked
 * already. */
STATUS_MUST_CHECK enum status format_check(const struct format *f);

/** Bits of one code: 1..64. */
int format_bits(const struct format *f);

/** The random bits that a stochastic rounding takes by default: 16 for codes of at most 16 bits, else 32. */
int format_random_bits_default(int code_bits);

/** A family, or a named preset of one, for `cptsim list formats`. */
struct format_row {
    const char *name;    /* "fx", "fp:e4m3fn" */
    const char *grammar; /* how its string is written */
    const char *meaning;
    const char *source;
};

/** All families, then all presets; *count is set. */
const struct format_row *format_all(int *count);

#endif
