/* tests/fuzz/fuzz.c - what all targets share: texts, files in memory, claims, the entry that fuzzers call. */
#include "tests/fuzz/fuzz.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What readers print on stdout is nobody's. */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    if (freopen("/dev/null", "w", stdout) == NULL) abort();
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_one(data, size);
    return 0;
}

void fuzz_claim(bool holds, const char *claim)
{
    if (holds) return;
    fprintf(stderr, "fuzz: does not hold: %s (%s)\n", claim, status_detail());
    abort();
}

bool fuzz_done(enum status s)
{
    if (s != STATUS_OK) fuzz_claim(status_detail()[0] != '\0', "a failure has a sentence");
    return s == STATUS_OK;
}

char *fuzz_text(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);

    if (text == NULL) abort();
    if (size > 0) memcpy(text, data, size);
    text[size] = '\0';
    return text;
}

static struct {
    int descriptor;
    char path[sizeof FUZZ_FOLDER + FUZZ_NAME];
} files[FUZZ_FILES];

const char *fuzz_file(int file, const uint8_t *data, size_t size)
{
    int *const d = &files[file].descriptor;

    if (*d == 0) {
        *d = memfd_create("fuzz", MFD_CLOEXEC);
        if (*d <= 0) abort();
        snprintf(files[file].path, sizeof files[file].path, FUZZ_FOLDER "/%d", *d);
    }
    if (ftruncate(*d, 0) != 0 || pwrite(*d, data, size, 0) != (ssize_t)size) abort();
    return files[file].path;
}

const char *fuzz_file_name(int file)
{
    return strrchr(files[file].path, '/') + 1;
}
