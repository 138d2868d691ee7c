/* tests/fuzz/replay.c - a target without a fuzzer, for any compiler and for AFL++: TARGET [FILE|FOLDER]..., or one
 * input from stdin. */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int inputs;

static void fail(const char *path)
{
    fprintf(stderr, "%s: %s\n", path, strerror(errno));
    exit(4);
}

/* In memory of its own size, so that a sanitizer sees what reads beyond it. */
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
    uint8_t *exact = malloc(size > 0 ? size : 1);
    if (exact == NULL) abort();
    memcpy(exact, data, size);
    free(data);
    LLVMFuzzerTestOneInput(exact, size);
    free(exact);
    inputs++;
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

int main(int argc, char **argv)
{
    LLVMFuzzerInitialize(&argc, &argv);
    if (argc == 1) replay_stream(stdin, "stdin");
    for (int i = 1; i < argc; i++)
        replay_path(argv[i]);
    fprintf(stderr, "%s: %d inputs\n", argv[0], inputs);
    return 0;
}
