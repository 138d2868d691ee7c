/* tests/energy/test_lines.c - lines of a text file and their fields. */
#include "energy/workload/lines.h"
#include "tests/fixtures/folder.h"

#include <criterion/criterion.h>

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

Test(lines, fields_are_cut_at_the_delimiter_and_too_many_are_told)
{
    char text[] = "a, b ,,c", tabs[] = "a,b\tc", *fields[4];

    cr_assert_eq(lines_delimiter(text), ',');
    cr_assert_eq(lines_delimiter(tabs), '\t');
    cr_assert_eq(lines_cut(fields, 2, (char[]){"a,b,c,d"}, ','), 3);
    cr_assert_eq(lines_cut(fields, 3, text, ','), 4);
    cr_assert_str_eq(fields[1], " b ");
    cr_assert_str_eq(fields[2], "");
    cr_assert_eq(lines_cut(fields, 3, tabs, '\t'), 2);
    cr_assert_str_eq(fields[0], "a,b");
}
