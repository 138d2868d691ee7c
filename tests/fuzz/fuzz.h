/* tests/fuzz/fuzz.h - a fuzz target: one reader, given bytes that nobody has checked.
 *
 * A reader may refuse whatever it is given, with a sentence. It may not crash, hang, leak, read what is not its
 * own or take a value that it prints otherwise.
 *
 * To add a target: fuzz_one() in target_NAME.c, its row in `targets`, seeds in seeds.sh, its words in
 * dictionary/NAME if its input is text.
 */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include "quant/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** What a target defines: read the input. */
void fuzz_one(const uint8_t *data, size_t size);

/** Stop the program unless `holds`: a crash, as the fuzzer sees it. */
void fuzz_claim(bool holds, const char *claim);

/** Is s a success? A failure must have left a sentence. */
bool fuzz_done(enum status s);

/** The input as text with a final zero, to be freed. */
char *fuzz_text(const uint8_t *data, size_t size);

enum { FUZZ_FILES = 2, FUZZ_NAME = 16 };

#define FUZZ_FOLDER "/proc/self/fd"

/** The path of file 0 or 1 in memory, which holds the input; FUZZ_FOLDER is its folder. Valid until the same
 * file is written again. */
const char *fuzz_file(int file, const uint8_t *data, size_t size);

/** The last part of its path. */
const char *fuzz_file_name(int file);

#endif
