/* quant/float_table.h - the deterministic kernels of small floats, made once for each width of lanes by the
 * file that includes this. */
#include "quant/float_lanes.h"

LANES_INLINE void float_loop(const struct plan *p, void *y, const void *x, size_t n, enum rounding q,
                             bool inf)
{
    const struct float_lanes k = float_lanes_of(p);
    const bool by_sign = q == ROUND_CEIL || q == ROUND_TRN;

#pragma GCC unroll 4
    for (size_t i = 0; i < n; i += LANES) {
        const lanes v = lanes_load(x, i), a = lanes_unless(lanes_sign_bit(), v);
        const lanes r = float_round(a, v, lanes_power(a, k.power_low, k.power_high), &k, q);
        lanes_store(y, i, float_finish(r, a, v, &k, inf, by_sign));
    }
}

#define FLOAT_KERNEL(q)                                                                                      \
    static void float_##q##_sat(const struct plan *p, void *y, const void *x, size_t n, struct draw draw)    \
    {                                                                                                        \
        (void)draw;                                                                                          \
        float_loop(p, y, x, n, ROUND_##q, false);                                                            \
    }                                                                                                        \
    static void float_##q##_inf(const struct plan *p, void *y, const void *x, size_t n, struct draw draw)    \
    {                                                                                                        \
        (void)draw;                                                                                          \
        float_loop(p, y, x, n, ROUND_##q, true);                                                             \
    }

FLOAT_ROUNDING_LIST(FLOAT_KERNEL)

/* [rounding][saturates, overflows to infinity or NaN]; NULL: no kernel. */
static plan_kernel *const float_kernels[ROUNDING_COUNT][2] = {
#define X(q) [ROUND_##q] = {float_##q##_sat, float_##q##_inf},
    FLOAT_ROUNDING_LIST(X)
#undef X
};
