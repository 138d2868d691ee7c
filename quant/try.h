/* quant/try.h - TRY, for the sources of this project; no public header needs it, so that it is not installed. */
#ifndef QUANT_TRY_H
#define QUANT_TRY_H

#include "quant/status.h"

/** Forward a failure to the caller. With things to undo, use `goto done` instead. */
#define TRY(expr)                                                                                            \
    do {                                                                                                     \
        const enum status try_status_ = (expr);                                                              \
        if (try_status_ != STATUS_OK) return try_status_;                                                    \
    } while (0)

#endif
