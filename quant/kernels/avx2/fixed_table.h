/* quant/kernels/avx2/fixed_table.h - the deterministic kernels of fixed point, made once for each width
 * of lanes by the file that includes this: one function for each rounding, overflow and need of the
 * guard. */
#include "quant/kernels/avx2/fixed_lanes.h"

LANES_INLINE void fixed_loop(const struct quantizer *p, void *y, const void *x, size_t n, enum rounding q,
                             enum overflow o, bool guard)
{
    const struct fixed_lanes c = fixed_lanes_of(p);
    const lanes zero = lanes_set(0.0), tiny = lanes_set(0x1p-100);

#pragma GCC unroll 4
    for (size_t i = 0; i < n; i += LANES) {
        lanes_fetch(x, i);
        const lanes v = lanes_load(x, i);
        lanes t = lanes_mul(v, c.up);
        if (guard) t = lanes_or(t, lanes_and(lanes_and(lanes_eq(t, zero), lanes_ne(v, zero)), tiny));
        lanes_store(y, i, fixed_finish(fixed_round(t, q), v, &c, o));
    }
}

/* One function for each rounding, overflow and need of the guard. */
#define FIXED_KERNEL(q, o, guard, suffix)                                                                    \
    static void fixed_##q##_##o##suffix(const struct quantizer *p, void *y, const void *x, size_t n,         \
                                        struct draw draw)                                                    \
    {                                                                                                        \
        (void)draw;                                                                                          \
        fixed_loop(p, y, x, n, ROUND_##q, OVERFLOW_##o, guard);                                              \
    }
#define FIXED_NEAREST_LIST(X)                                                                                \
    X(RND_CONV) X(RND) X(RND_MIN_INF) X(RND_ZERO) X(RND_INF) X(RND_CONV_ODD) X(TRN_ZERO)
#define FIXED_DIRECTED_LIST(X) X(TRN) X(CEIL) X(AWAY) X(ODD)
#define FIXED_PLAIN(q)                                                                                       \
    FIXED_KERNEL(q, SAT, false, ) FIXED_KERNEL(q, SAT_ZERO, false, ) FIXED_KERNEL(q, WRAP, false, )
#define FIXED_GUARDED(q)                                                                                     \
    FIXED_KERNEL(q, SAT, true, _guarded)                                                                     \
    FIXED_KERNEL(q, SAT_ZERO, true, _guarded) FIXED_KERNEL(q, WRAP, true, _guarded)

FIXED_NEAREST_LIST(FIXED_PLAIN)
FIXED_DIRECTED_LIST(FIXED_PLAIN)
FIXED_DIRECTED_LIST(FIXED_GUARDED)

/* [rounding][saturating, zero, wrapping][guarded]; NULL: no kernel. */
static quantizer_kernel *const fixed_kernels[ROUNDING_COUNT][3][2] = {
#define X(q)                                                                                                 \
    [ROUND_##q] = {{fixed_##q##_SAT, fixed_##q##_SAT},                                                       \
                   {fixed_##q##_SAT_ZERO, fixed_##q##_SAT_ZERO},                                             \
                   {fixed_##q##_WRAP, fixed_##q##_WRAP}},
    FIXED_NEAREST_LIST(X)
#undef X
#define X(q)                                                                                                 \
    [ROUND_##q] = {{fixed_##q##_SAT, fixed_##q##_SAT_guarded},                                               \
                   {fixed_##q##_SAT_ZERO, fixed_##q##_SAT_ZERO_guarded},                                     \
                   {fixed_##q##_WRAP, fixed_##q##_WRAP_guarded}},
        FIXED_DIRECTED_LIST(X)
#undef X
};
