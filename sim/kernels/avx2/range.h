/* sim/kernels/avx2/range.h - the range of a stream of vectors, seen on its way by. */
#ifndef SIM_KERNELS_AVX2_RANGE_H
#define SIM_KERNELS_AVX2_RANGE_H

#include "sim/kernels/avx2/simd.h"
#include "sim/kernels/kernels_table.h"

#include <math.h>

struct range_8 {
    __m256 lo, hi, nan; /* nan: lanes where a NaN was seen are all ones */
};

INLINE struct range_8 range_8_empty(void)
{
    return (struct range_8){_mm256_set1_ps(INFINITY), _mm256_set1_ps(-INFINITY), _mm256_setzero_ps()};
}

/* min and max pass their second operand on when the first is NaN; `nan` remembers it. */
INLINE void range_8_see(struct range_8 *r, __m256 x)
{
    r->lo = _mm256_min_ps(x, r->lo);
    r->hi = _mm256_max_ps(x, r->hi);
    r->nan = _mm256_or_ps(r->nan, _mm256_cmp_ps(x, x, _CMP_UNORD_Q));
}

INLINE struct range_8 range_8_join(struct range_8 a, struct range_8 b)
{
    return (struct range_8){_mm256_min_ps(a.lo, b.lo), _mm256_max_ps(a.hi, b.hi), _mm256_or_ps(a.nan, b.nan)};
}

INLINE struct range range_8_close(struct range_8 r)
{
    float lo[8], hi[8];
    struct range all = AFFINE_RANGE_EMPTY;

    if (_mm256_movemask_ps(r.nan)) return (struct range){NAN, NAN};
    _mm256_storeu_ps(lo, r.lo);
    _mm256_storeu_ps(hi, r.hi);
    for (int i = 0; i < 8; i++)
        all = (struct range){lo[i] < all.lo ? lo[i] : all.lo, hi[i] > all.hi ? hi[i] : all.hi};
    return range_normal(all);
}

#endif
