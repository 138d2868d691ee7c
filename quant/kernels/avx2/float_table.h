/* quant/kernels/avx2/float_table.h - the deterministic kernels of small floats, made once for each width
 * of lanes by the file that includes this. */
#include "quant/kernels/avx2/float_lanes.h"

LANES_INLINE void float_loop(const struct quantizer *p, void *y, const void *x, size_t n, enum rounding q,
                             bool inf, bool has_minus_zero)
{
    const struct float_lanes k = float_lanes_of(p, q);

#pragma GCC unroll 4
    for (size_t i = 0; i < n; i += LANES) {
        lanes_fetch(x, i);
        const lanes v = lanes_load(x, i), size = lanes_unless(lanes_sign_bit(), v);
        const lanes a = inf && float_cuts(q) ? float_bounded(size, &k) : size;
        const lanes power = lanes_power(a, k.power_low, k.power_high);
        const lanes r = float_round(float_by_sign(q) ? v : a, power, &k, q);
        lanes_store(y, i, float_finish(r, v, &k, q, inf, has_minus_zero));
    }
}

#define FLOAT_KERNEL(q, name, inf, has_minus_zero)                                                           \
    static void float_##q##_##name(const struct quantizer *p, void *y, const void *x, size_t n,              \
                                   struct draw draw)                                                         \
    {                                                                                                        \
        (void)draw;                                                                                          \
        float_loop(p, y, x, n, ROUND_##q, inf, has_minus_zero);                                              \
    }
#define FLOAT_KERNELS(q)                                                                                     \
    FLOAT_KERNEL(q, sat, false, true)                                                                        \
    FLOAT_KERNEL(q, inf, true, true)                                                                         \
    FLOAT_KERNEL(q, sat_fnuz, false, false) FLOAT_KERNEL(q, inf_fnuz, true, false)

FLOAT_ROUNDING_LIST(FLOAT_KERNELS)

/* [rounding][overflow to infinity or NaN][FNUZ]; NULL: no kernel. */
static quantizer_kernel *const float_kernels[ROUNDING_COUNT][2][2] = {
#define X(q) [ROUND_##q] = {{float_##q##_sat, float_##q##_sat_fnuz}, {float_##q##_inf, float_##q##_inf_fnuz}},
    FLOAT_ROUNDING_LIST(X)
#undef X
};
