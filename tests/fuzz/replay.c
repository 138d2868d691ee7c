/* tests/fuzz/replay.c - a target without a fuzzer, for any compiler and for AFL++.
 *
 *     TARGET                                one input from stdin
 *     TARGET [--seconds N] FILE|FOLDER...   each of them, then for N seconds what blind changes make of them
 *
 * The changes are the same at every call, but for where time ends them. The input at work lies in TARGET.input.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INPUTS = 4096, LONGEST = 4096, CHANGES = 4 };

/* What was replayed and is short enough to be changed. */
static struct {
    uint8_t *data;
    size_t size;
} kept[INPUTS];
static int keeps, inputs;

static void fail(const char *path)
{
    fprintf(stderr, "%s: %s\n", path, strerror(errno));
    exit(4);
}

/* In memory of its own size, so that a sanitizer sees what reads beyond it. */
static void run(const uint8_t *data, size_t size)
{
    uint8_t *exact = malloc(size > 0 ? size : 1);

    if (exact == NULL) abort();
    if (size > 0) memcpy(exact, data, size);
    LLVMFuzzerTestOneInput(exact, size);
    free(exact);
    inputs++;
}

static void replay_stream(FILE *in, const char *path)
{
    uint8_t *data = NULL;
    size_t size = 0, room = 0, got;

    do {
        if (size == room) {
            room = room > 0 ? 2 * room : 4096;
            data = realloc(data, room);
            if (data == NULL) abort();
        }
        got = fread(data + size, 1, room - size, in);
        size += got;
    } while (got > 0);
    if (ferror(in)) fail(path);
    run(data, size);
    if (keeps == INPUTS || size > LONGEST) {
        free(data);
        return;
    }
    kept[keeps].data = data;
    kept[keeps++].size = size;
}

static void replay_path(const char *path)
{
    struct stat st;

    if (stat(path, &st) != 0) fail(path);
    if (!S_ISDIR(st.st_mode)) {
        FILE *in = fopen(path, "rb");
        if (in == NULL) fail(path);
        replay_stream(in, path);
        fclose(in);
        return;
    }
    DIR *folder = opendir(path);
    if (folder == NULL) fail(path);
    for (const struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        char inside[PATH_MAX];
        if (entry->d_name[0] == '.') continue;
        if (snprintf(inside, sizeof inside, "%s/%s", path, entry->d_name) >= (int)sizeof inside) abort();
        replay_path(inside);
    }
    closedir(folder);
}

/* --- blind changes ------------------------------------------------------------------------------------ */

static uint64_t draw(uint64_t limit)
{
    static uint64_t state = 1;
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return limit > 0 ? (state >> 33) % limit : 0;
}

/* A byte, a bit, a piece left out, a piece of another input put in. */
static size_t change(uint8_t *data, size_t size)
{
    const size_t at = draw(size + 1), other = draw((uint64_t)keeps);

    switch (draw(4)) {
    case 0:
        if (at < size) data[at] = (uint8_t)draw(256);
        return size;
    case 1:
        if (at < size) data[at] ^= (uint8_t)(1 << draw(8));
        return size;
    case 2: {
        const size_t gone = draw(size - at + 1);
        memmove(data + at, data + at + gone, size - at - gone);
        return size - gone;
    }
    default: {
        const size_t from = draw(kept[other].size), most = kept[other].size - from, room = LONGEST - size;
        const size_t more = draw((most < room ? most : room) + 1);
        memmove(data + at + more, data + at, size - at);
        memcpy(data + at, kept[other].data + from, more);
        return size + more;
    }
    }
}

static void fuzz_blindly(const char *program, double seconds)
{
    static uint8_t data[LONGEST];
    char path[PATH_MAX];
    struct timespec begin, now;

    if (snprintf(path, sizeof path, "%s.input", program) >= (int)sizeof path) abort();
    const int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    if (file < 0) fail(path);
    clock_gettime(CLOCK_MONOTONIC, &begin);
    do {
        const size_t from = draw((uint64_t)keeps);
        size_t size = kept[from].size;
        memcpy(data, kept[from].data, size);
        for (uint64_t i = draw(CHANGES) + 1; i > 0; i--)
            size = change(data, size);
        if (pwrite(file, data, size, 0) != (ssize_t)size || ftruncate(file, (off_t)size) != 0) fail(path);
        run(data, size);
        clock_gettime(CLOCK_MONOTONIC, &now);
    } while ((double)(now.tv_sec - begin.tv_sec) + 1e-9 * (double)(now.tv_nsec - begin.tv_nsec) < seconds);
    close(file);
    unlink(path);
}

int main(int argc, char **argv)
{
    const bool timed = argc > 2 && strcmp(argv[1], "--seconds") == 0;

    LLVMFuzzerInitialize(&argc, &argv);
    if (argc == 1) replay_stream(stdin, "stdin");
    for (int i = timed ? 3 : 1; i < argc; i++)
        replay_path(argv[i]);
    if (timed && keeps > 0) fuzz_blindly(argv[0], strtod(argv[2], NULL));
    for (int i = 0; i < keeps; i++)
        free(kept[i].data);
    fprintf(stderr, "%s: %d inputs\n", argv[0], inputs);
    return 0;
}
