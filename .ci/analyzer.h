/* .ci/analyzer.h - read before each file that `make lint` looks at. The analyzer sees one file at a time; without
 * knowing that a failure is not STATUS_OK it follows paths that do not exist. */
#include "quant/status.h"

#define status_fail(s, ...) ((status_fail)(s, __VA_ARGS__), (s))
#define status_usage(s)                                                                                      \
    __extension__({                                                                                          \
        const enum status usage_ = (s);                                                                      \
        usage_ == STATUS_INPUT ? STATUS_USAGE : usage_;                                                      \
    })
