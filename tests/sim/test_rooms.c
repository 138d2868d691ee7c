/* tests/sim/test_rooms.c - rooms keep to what is theirs: threads are the devices' affair; .ci/layers finds a header of
 * a room below and a file that stands in none, .ci/circles objects that need each other. */
#include "tests/fixtures/folder.h"

#include <criterion/new/assert.h>

#include <limits.h>
#include <sys/wait.h>
#include <unistd.h>

/* Exit status of a shell's command. */
static int shell(const char *command)
{
    const int status = system(command);
    cr_assert(eq(int, WIFEXITED(status) != 0, 1), "%s", command);
    return WEXITSTATUS(status);
}

/* --- who may have threads --- */

static void expect_no_threads(const char *floor)
{
    char command[256];

    cr_assert(eq(int, access(floor, R_OK), 0), "%s: the tests run in the root of the source", floor);
    snprintf(command, sizeof command, "grep -rnE 'omp_|omp\\.h|#[ ]*pragma[ ]+omp' '%s'", floor);
    cr_expect(eq(int, shell(command), 1), "%s has threads of its own; grep says where", floor);
}

Test(rooms, layers_have_no_threads_of_their_own)
{
    expect_no_threads("sim/layers");
}

Test(rooms, training_has_no_threads_of_its_own)
{
    expect_no_threads("sim/train");
}

Test(rooms, methods_have_no_threads_of_their_own)
{
    expect_no_threads("sim/method");
}

/* --- what .ci/layers finds, in a house of two rooms --- */

/* To add a house: its line, and the sentence that it shall be told; NULL: it is in order. */
static const struct house {
    const char *name, *upper, *lower, *stray, *sentence;
} houses[] = {
    {"in order", "", "#include \"house/upper/upper.h\"", NULL, NULL},
    {"below", "#include \"house/lower/lower.h\"", "", NULL,
     "house/upper/upper.c:2: includes \"house/lower/lower.h\" of a room below its own"},
    {"no room", "", "", "house/stray/stray.c", "house/stray/stray.c: stands in no room"},
    {"no path", "#include \"upper.h\"", "", NULL, "house/upper/upper.c:2: \"upper.h\" is not a path"},
};

enum { HOUSES = sizeof houses / sizeof houses[0] };

static void write_text(const struct folder *f, const char *name, const char *text)
{
    folder_write(f, name, text, strlen(text));
}

static void write_source(const struct folder *f, const char *name, const char *include)
{
    char text[256];

    snprintf(text, sizeof text, "/* a file */\n%s\nextern int nothing;\n", include);
    write_text(f, name, text);
}

static struct folder build(const struct house *h)
{
    const struct folder f = folder_new();
    char command[256];

    snprintf(command, sizeof command, "cd '%s' && mkdir -p house/upper house/lower house/stray", f.path);
    cr_assert(eq(int, shell(command), 0));
    write_text(&f, "rooms", "# a house\nhouse/upper   what all stand on\nhouse/lower   what stands on it\n");
    write_source(&f, "house/upper/upper.h", "");
    write_source(&f, "house/upper/upper.c", h->upper);
    write_source(&f, "house/lower/lower.h", "");
    write_source(&f, "house/lower/lower.c", h->lower);
    if (h->stray) write_source(&f, h->stray, "");
    return f;
}

static void check_house(const struct house *h)
{
    const struct folder f = build(h);
    char root[PATH_MAX], command[PATH_MAX + 256], said[4096] = "";

    cr_assert(getcwd(root, sizeof root) != NULL);
    snprintf(command, sizeof command, "cd '%s' && sh '%s/.ci/layers' rooms >said 2>&1", f.path, root);
    const int status = shell(command);
    folder_read(&f, "said", said, sizeof said - 1);
    if (h->sentence == NULL)
        cr_expect(eq(int, status, 0), "%s: %s", h->name, said);
    else
        cr_expect(status != 0 && strstr(said, h->sentence) != NULL, "%s: status %d: %s", h->name, status,
                  said);
    folder_remove(&f);
}

Test(rooms, a_house_in_order_passes)
{
    check_house(&houses[0]);
}

Test(rooms, what_is_out_of_order_is_told_with_its_place)
{
    for (int i = 1; i < HOUSES; i++)
        check_house(&houses[i]);
}

/* --- what .ci/circles finds among three objects --- */

/* a.c calls b.c, b.c calls what `b` says, c.c calls a.c: only b.c can close a circle. */
static int circles_of(char *said, size_t size, const char *b)
{
    const struct folder f = folder_new();
    char root[PATH_MAX], command[PATH_MAX + 256];

    cr_assert(getcwd(root, sizeof root) != NULL);
    write_text(&f, "a.c", "int b(void);\nint a(void)\n{\n    return b();\n}\n");
    write_text(&f, "b.c", b);
    write_text(&f, "c.c", "int a(void);\nint c(void);\nint c(void)\n{\n    return a();\n}\n");
    snprintf(command, sizeof command,
             "cd '%s' && cc -c a.c b.c c.c && sh '%s/.ci/circles' a.o b.o c.o >said 2>&1", f.path, root);
    const int status = shell(command);
    said[folder_read(&f, "said", said, size - 1)] = '\0';
    folder_remove(&f);
    return status;
}

Test(rooms, objects_that_need_each_other_are_told_with_their_symbols)
{
    char said[1024];

    cr_expect(eq(int, circles_of(said, sizeof said, "int b(void)\n{\n    return 1;\n}\n"), 0), "%s", said);
    cr_expect(eq(str, said, "circles: none among 3 objects\n"));
    cr_expect(circles_of(said, sizeof said, "int a(void);\nint b(void)\n{\n    return a();\n}\n") != 0);
    cr_expect(eq(str, said, "circle of 2 objects:\n    a.o -> b.o: b\n    b.o -> a.o: a\n"));
    cr_expect(circles_of(said, sizeof said, "int c(void);\nint b(void)\n{\n    return c();\n}\n") != 0);
    cr_expect(strncmp(said, "circle of 3 objects:\n", 21) == 0, "%s", said);
}
