/* experiments/record/version.c - which build this is. The Makefile says, and compiles this file again when it
 * changes. */
#include "experiments/record/version.h"

const char version_number[] = VERSION_NUMBER;
const char version_commit[] = VERSION_COMMIT;
const char version_flags[] = VERSION_FLAGS;
const char version_compiler[] = "gcc " __VERSION__;
