/* tests/sim/test_table.c - rows by name; an unknown name answers with the nearest known one. */
#include "sim/base/table.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <stdio.h>
#include <string.h>

static const struct fruit {
    const char *name;
    double grams;
} fruits[] = {{"apple", 180}, {"pear", 160}, {"pineapple", 1500}, {"plum", 60}};

enum { FRUITS = sizeof fruits / sizeof *fruits };

static enum status find(size_t *row, const char *name)
{
    return table_find(row, "fruit", name, fruits, sizeof *fruits, FRUITS);
}

Test(table, a_row_is_found_in_tables_lists_and_tables_of_pointers)
{
    static const char *const list[] = {"apple", "pear"};
    static const struct fruit *const pointers[] = {&fruits[3], &fruits[1]};
    size_t row = 9;

    cr_assert(eq(int, find(&row, "plum"), STATUS_OK));
    cr_assert(eq(sz, row, 3));
    cr_assert(eq(int, table_find(&row, "fruit", "pear", list, sizeof *list, 2), STATUS_OK));
    cr_assert(eq(sz, row, 1));
    cr_assert(
        eq(int, table_find_pointer(&row, "fruit", "plum", (const void *const *)pointers, 2), STATUS_OK));
    cr_assert(eq(sz, row, 0));
    cr_assert(
        eq(int, table_find_pointer(&row, "fruit", "apple", (const void *const *)pointers, 2), STATUS_INPUT));
    cr_assert(eq(sz, row, 0), "stays");
    cr_assert(eq(str, (char *)status_detail(), "unknown fruit 'apple'; known: plum, pear"));
}

Test(table, slip_of_the_finger_is_answered_with_the_name)
{
    cr_assert(eq(int, find(&(size_t){0}, "aple"), STATUS_INPUT));
    cr_assert(eq(str, (char *)status_detail(),
                 "unknown fruit 'aple'; did you mean 'apple'? known: apple, pear, pineapple, plum"));
}

Test(table, nearest_is_by_edits_not_by_first_letters)
{
    cr_assert(eq(int, find(&(size_t){0}, "pineaple"), STATUS_INPUT));
    cr_assert(not(zero(ptr, strstr(status_detail(), "did you mean 'pineapple'?"))));
    cr_assert(eq(int, find(&(size_t){0}, "peer"), STATUS_INPUT));
    cr_assert(not(zero(ptr, strstr(status_detail(), "did you mean 'pear'?"))));
}

Test(table, nothing_near_asks_no_question)
{
    cr_assert(eq(int, find(&(size_t){0}, "xyzzy"), STATUS_INPUT));
    cr_assert(eq(str, (char *)status_detail(), "unknown fruit 'xyzzy'; known: apple, pear, pineapple, plum"));
}

Test(table, empty_name_is_answered)
{
    cr_assert(eq(int, find(&(size_t){0}, ""), STATUS_INPUT));
    cr_assert(eq(str, (char *)status_detail(), "unknown fruit ''; known: apple, pear, pineapple, plum"));
}

Test(table, long_names_and_long_tables_are_cut_not_overrun)
{
    char name[5000];
    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';

    cr_assert(eq(int, find(&(size_t){0}, name), STATUS_INPUT));
    cr_assert(lt(sz, strlen(status_detail()), 1024));
    char text[100][32];
    const char *many[100];
    for (int i = 0; i < 100; i++) {
        snprintf(text[i], sizeof text[i], "a-name-of-some-length-%d", i);
        many[i] = text[i];
    }
    cr_assert(
        eq(int, table_unknown("fruit", "a-name-of-some-length-7", many, sizeof *many, 100), STATUS_INPUT));
    cr_assert(not(zero(ptr, strstr(status_detail(), "known: a-name-of-some-length-0, "))));
}

Test(table, nearest_is_a_row_number_or_none)
{
    cr_assert(eq(int, table_nearest("plumb", fruits, sizeof *fruits, 4), 3));
    cr_assert(eq(int, table_nearest("xyzzy", fruits, sizeof *fruits, 4), -1));
    cr_assert(eq(int, table_nearest("apple", fruits, sizeof *fruits, 0), -1));
}
