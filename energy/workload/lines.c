/* energy/workload/lines.c - a heading, rows and their fields. */
#include "energy/workload/lines.h"

#include "quant/try.h"
#include "sim/base/table.h"
#include "sim/base/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* --- lines --- */

enum status lines_open(struct lines *out, const char *path)
{
    const bool standard = strcmp(path, "-") == 0;

    *out = (struct lines){.path = standard ? "standard input" : path,
                          .file = standard ? stdin : fopen(path, "r")};
    return out->file != NULL ? STATUS_OK : status_fail(STATUS_IO, "%s: %s", path, strerror(errno));
}

bool lines_next(struct lines *l)
{
    while (text_line(&l->text, &l->room, &l->error, l->file, l->number == 0)) {
        l->number++;
        if (l->text[strspn(l->text, " \t,\r")] != '\0' && l->text[0] != '#') return true;
    }
    return false;
}

enum status lines_close(struct lines *l, enum status s)
{
    if (l->error != 0) s = text_line_fault(l->path, l->number + 1, l->error);
    free(l->text);
    free(l->heading);
    if (l->file != stdin) fclose(l->file);
    return s;
}

/* --- fields --- */

/* Without the blanks around it. */
static char *trimmed(char *field)
{
    field += strspn(field, " ");
    for (size_t n = strlen(field); n > 0 && field[n - 1] == ' '; n--)
        field[n - 1] = '\0';
    return field;
}

/* Cut a text in place. LINES_COLUMNS + 1 says that there are more than so many. */
static int cut(char *fields[LINES_COLUMNS], char *text, char delimiter)
{
    const char delimiters[] = {delimiter, '\0'};
    int count = 0;

    for (char *rest = text; rest != NULL; count++) {
        if (count == LINES_COLUMNS) return LINES_COLUMNS + 1;
        fields[count] = trimmed(strsep(&rest, delimiters));
    }
    return count;
}

/* --- the heading --- */

/* One name that holds a separator of other programs is most likely several. */
static enum status separators_check(const struct lines *l)
{
    const char *other = strpbrk(l->name[0], ";|");

    if (l->columns > 1 || other == NULL) return STATUS_OK;
    return status_fail(STATUS_INPUT, "%s:%d: the columns are separated by '%c'; want commas or tabs", l->path,
                       l->number, *other);
}

static enum status names_check(const struct lines *l)
{
    for (int i = 0; i < l->columns; i++)
        for (int j = 0; j < i; j++)
            if (strcmp(l->name[i], l->name[j]) == 0)
                return status_fail(STATUS_INPUT, "%s:%d: column %d: '%s' appears twice", l->path, l->number,
                                   i + 1, l->name[i]);
    return STATUS_OK;
}

enum status lines_heading(struct lines *l, const char *example)
{
    if (!lines_next(l))
        return status_fail(STATUS_INPUT, "%s: is empty; a heading such as %s comes first", l->path, example);
    l->delimiter = strchr(l->text, '\t') != NULL ? '\t' : ',';
    l->heading_number = l->number;
    l->heading = strdup(l->text);
    if (l->heading == NULL) return status_fail(STATUS_NOMEM, "out of memory");
    l->columns = cut(l->name, l->heading, l->delimiter);
    if (l->columns > LINES_COLUMNS)
        return status_fail(STATUS_INPUT, "%s:%d: more than %d columns", l->path, l->number, LINES_COLUMNS);
    TRY(separators_check(l));
    return names_check(l);
}

enum status lines_row(char *fields[LINES_COLUMNS], struct lines *l)
{
    const int count = cut(fields, l->text, l->delimiter);

    if (count == l->columns) return STATUS_OK;
    if (count > LINES_COLUMNS)
        return status_fail(STATUS_INPUT, "%s:%d: more than %d fields, but the heading has %d columns",
                           l->path, l->number, LINES_COLUMNS, l->columns);
    return status_fail(STATUS_INPUT, "%s:%d: %d fields, but the heading has %d columns", l->path, l->number,
                       count, l->columns);
}

/* The row of this name in other letters; -1 if there is none. */
static int same_letters(const char *name, const void *rows, size_t stride, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcasecmp(*(const char *const *)((const char *)rows + i * stride), name) == 0) return (int)i;
    return -1;
}

enum status lines_unknown(const struct lines *l, int column, const void *rows, size_t stride, size_t count)
{
    const char *name = l->name[column];
    const int same = same_letters(name, rows, stride, count);

    if (same >= 0)
        return status_fail(STATUS_INPUT, "%s:%d: column %d: unknown name '%s'; did you mean '%s'?", l->path,
                           l->heading_number, column + 1, name,
                           *(const char *const *)((const char *)rows + (size_t)same * stride));
    (void)table_unknown("name", name, rows, stride, count);
    return status_fail(STATUS_INPUT, "%s:%d: column %d: %s", l->path, l->heading_number, column + 1,
                       status_detail());
}
