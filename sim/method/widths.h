/* sim/method/widths.h - the widths of numbers in training: 2 to 32 bits, or 0 for float32. */
#ifndef SIM_METHOD_WIDTHS_H
#define SIM_METHOD_WIDTHS_H

enum { WIDTH_LEAST = 2, WIDTH_MOST = 32 };

/** What one layer runs at in a step. 0: float32. */
struct widths {
    int forward;  /* of weights and activations */
    int backward; /* of errors */
};

/** The bits that a number of this width takes: 32 where 0 says float32. */
static inline int widths_real(int bits)
{
    return bits == 0 ? WIDTH_MOST : bits;
}

#endif
