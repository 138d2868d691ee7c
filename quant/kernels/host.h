/* quant/kernels/host.h - the floating-point environment of the processor, set aside while a kernel runs.
 *
 * Kernels compute in round-to-nearest with subnormals and without traps, whatever the caller has set: results
 * do not depend on fesetround, on flushing of subnormals or on compiler flags that switch it on.
 */
#ifndef QUANT_KERNELS_HOST_H
#define QUANT_KERNELS_HOST_H

#if defined(__SSE2__)
#include <xmmintrin.h>

struct host_state {
    unsigned mxcsr;
};

/** Set the default environment; returns what was. The kernels are called through pointers, so that no
 * arithmetic moves across. */
static inline struct host_state host_enter(void)
{
    const struct host_state before = {_mm_getcsr()};
    if ((before.mxcsr & ~0x3Fu) != 0x1F80u) _mm_setcsr(0x1F80u);
    return before;
}

/** Put back what host_enter returned. Under the default environment that is nothing, and exception flags
 * raised meanwhile stay as after any arithmetic. */
static inline void host_leave(struct host_state before)
{
    if ((before.mxcsr & ~0x3Fu) != 0x1F80u) _mm_setcsr(before.mxcsr);
}

#else
#include <fenv.h>

struct host_state {
    fenv_t environment;
};

static inline struct host_state host_enter(void)
{
    struct host_state before;
    feholdexcept(&before.environment);
    fesetenv(FE_DFL_ENV);
    return before;
}

static inline void host_leave(struct host_state before)
{
    fesetenv(&before.environment);
}
#endif

#endif
