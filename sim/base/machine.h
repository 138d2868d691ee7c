/* sim/base/machine.h - where it is computed: no result depends on it. */
#ifndef SIM_BASE_MACHINE_H
#define SIM_BASE_MACHINE_H

struct machine {
    const char *kernels; /* name of a row of kernels; NULL: the fastest that this CPU has */
    int threads;         /* 0: as many as OpenMP would take */
};

#endif
