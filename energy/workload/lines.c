/* energy/workload/lines.c - lines of a text file and their fields. */
#include "energy/workload/lines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum status lines_open(struct lines *out, const char *path)
{
    const bool standard = strcmp(path, "-") == 0;

    *out = (struct lines){.path = standard ? "standard input" : path,
                          .file = standard ? stdin : fopen(path, "r")};
    return out->file != NULL ? STATUS_OK : fail(STATUS_IO, "%s: %s", path, strerror(errno));
}

bool lines_next(struct lines *l)
{
    errno = 0;
    while (getline(&l->text, &l->room, l->file) >= 0) {
        l->number++;
        l->text[strcspn(l->text, "\r\n")] = '\0';
        if (l->text[strspn(l->text, " \t,")] != '\0' && l->text[0] != '#') return true;
    }
    l->error = feof(l->file) ? 0 : errno;
    return false;
}

enum status lines_close(struct lines *l, enum status s)
{
    if (l->error != 0) s = fail(STATUS_IO, "%s: %s", l->path, strerror(l->error));
    free(l->text);
    if (l->file != stdin) fclose(l->file);
    return s;
}

char lines_delimiter(const char *heading)
{
    return strchr(heading, '\t') != NULL ? '\t' : ',';
}

int lines_cut(char *fields[], int most, char *text, char delimiter)
{
    const char delimiters[] = {delimiter, '\0'};
    int count = 0;

    for (char *rest = text; rest != NULL && count <= most;)
        fields[count++] = strsep(&rest, delimiters);
    return count;
}
