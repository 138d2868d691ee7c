/* tests/energy/test_lines.c - lines of a text file and their fields. */
#include "energy/workload/lines.h"
#include "tests/fixtures/folder.h"

#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

Test(lines, comments_and_lines_without_a_field_are_left_out_and_counted)
{
    static const char text[] = "# a comment\n\na,b\r\n , ,\t\n1,2\nlast";
    const struct folder f = folder_new();
    struct lines l;

    folder_write(&f, "a.csv", text, sizeof text - 1);
    must(lines_open(&l, folder_path(&f, "a.csv")));
    cr_assert(lines_next(&l) && l.number == 3);
    cr_assert_str_eq(l.text, "a,b");
    cr_assert(lines_next(&l) && l.number == 5);
    cr_assert(lines_next(&l) && l.number == 6);
    cr_assert_str_eq(l.text, "last");
    cr_assert(!lines_next(&l));
    must(lines_close(&l, STATUS_OK));
    folder_remove(&f);
}

Test(lines, a_file_that_cannot_be_read_is_said_whatever_else_went_wrong)
{
    const struct folder f = folder_new();
    struct lines l;

    cr_assert_eq(lines_open(&l, folder_path(&f, "none.csv")), STATUS_IO);
    must(lines_open(&l, f.path));
    cr_assert(!lines_next(&l));
    cr_assert_eq(lines_close(&l, STATUS_INPUT), STATUS_IO);
    cr_assert(strstr(status_detail(), "Is a directory") != NULL, "%s", status_detail());
    folder_remove(&f);
}

/* A heading and its rows, read to the end. */
static enum status read_all(char *last, size_t size, const char *text)
{
    const struct folder f = folder_new();
    char *fields[LINES_COLUMNS];
    struct lines l;

    folder_write(&f, "a.csv", text, strlen(text));
    must(lines_open(&l, folder_path(&f, "a.csv")));
    enum status s = lines_heading(&l, "a,b");
    while (s == STATUS_OK && lines_next(&l)) {
        s = lines_row(fields, &l);
        if (s == STATUS_OK) snprintf(last, size, "%s=%s", l.name[0], fields[0]);
    }
    s = lines_close(&l, s);
    folder_remove(&f);
    return s;
}

Test(lines, blanks_around_fields_and_a_byte_order_mark_do_not_belong_to_them)
{
    char last[64];

    must(read_all(last, sizeof last, "\xEF\xBB\xBF a ,b\n 1 , 2\n"));
    cr_assert_str_eq(last, "a=1");
    must(read_all(last, sizeof last, "a,b\tc\n1\t2\n"));
    cr_assert_str_eq(last, "a,b=1");
    must(read_all(last, sizeof last, "a,b\n,\n5,\n"));
    cr_assert_str_eq(last, "a=5");
}

Test(lines, a_bad_heading_and_bad_rows_are_answered_with_their_place)
{
    char last[64];

    expect_failure(read_all(last, sizeof last, "# none\n"), STATUS_INPUT, "is empty; a heading such as a,b");
    expect_failure(read_all(last, sizeof last, "a;b\n1;2\n"), STATUS_INPUT,
                   "a.csv:1: the columns are separated by ';'; want commas or tabs");
    expect_failure(read_all(last, sizeof last, "a,b,a\n"), STATUS_INPUT, "column 3: 'a' appears twice");
    expect_failure(read_all(last, sizeof last, "a,b\n1\n"), STATUS_INPUT,
                   "a.csv:2: 1 fields, but the heading");
    expect_failure(read_all(last, sizeof last, "a,b\n1,2,3\n"), STATUS_INPUT, "a.csv:2: 3 fields");
}

Test(lines, what_is_no_text_is_refused_and_endless_lines_end)
{
    static char text[(1 << 20) + 16];
    const struct folder f = folder_new();
    struct lines l;

    folder_write(&f, "zero.csv", "a,b\n1,\0002\n", 9);
    must(lines_open(&l, folder_path(&f, "zero.csv")));
    must(lines_heading(&l, "a,b"));
    cr_assert(!lines_next(&l));
    expect_failure(lines_close(&l, STATUS_OK), STATUS_INPUT,
                   "zero.csv:2: a byte that is 0; want a text file");

    must(lines_open(&l, "/dev/zero"));
    cr_assert(!lines_next(&l));
    expect_failure(lines_close(&l, STATUS_OK), STATUS_INPUT, "/dev/zero:1: a byte that is 0");

    memset(text, 'a', sizeof text);
    memcpy(text, "a,b\n", 4);
    folder_write(&f, "long.csv", text, 4 + (1 << 20) + 1);
    must(lines_open(&l, folder_path(&f, "long.csv")));
    must(lines_heading(&l, "a,b"));
    cr_assert(!lines_next(&l));
    expect_failure(lines_close(&l, STATUS_OK), STATUS_INPUT, "long.csv:2: a line of more than 1048576 bytes");
    folder_write(&f, "long.csv", text, 4 + (1 << 20));
    must(lines_open(&l, folder_path(&f, "long.csv")));
    must(lines_heading(&l, "a,b"));
    cr_assert(lines_next(&l) && strlen(l.text) == 1 << 20);
    must(lines_close(&l, STATUS_OK));
    folder_remove(&f);
}
