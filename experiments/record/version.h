/* experiments/record/version.h - which build this is, for --version and for records. */
#ifndef EXPERIMENTS_RECORD_VERSION_H
#define EXPERIMENTS_RECORD_VERSION_H

/** "0.1" */
extern const char version_number[];

/** The commit it was built from, with a + if files had changed since; "unknown" outside a repository. */
extern const char version_commit[];

/** "release: -std=c17 -O3 ..." and "gcc 12.2.0". */
extern const char version_flags[], version_compiler[];

#endif
