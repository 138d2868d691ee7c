/* tests/sim/test_names.c - an unknown name answers with the nearest known one. */
#include "sim/base/table.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <stdio.h>
#include <string.h>

static const char *fruit(int i)
{
    static const char *const names[] = {"apple", "pear", "pineapple", "plum"};
    return names[i];
}

static const char *many(int i)
{
    static char name[32];
    snprintf(name, sizeof name, "a-name-of-some-length-%d", i);
    return name;
}

Test(names, slip_of_the_finger_is_answered_with_the_name)
{
    cr_assert(eq(int, names_unknown("fruit", "aple", fruit, 4), STATUS_INPUT));
    cr_assert(eq(str, (char *)status_detail(),
                 "unknown fruit 'aple'; did you mean 'apple'? known: apple, pear, pineapple, plum"));
}

Test(names, nearest_is_by_edits_not_by_first_letters)
{
    cr_assert(eq(int, names_unknown("fruit", "pineaple", fruit, 4), STATUS_INPUT));
    cr_assert(not(zero(ptr, strstr(status_detail(), "did you mean 'pineapple'?"))));
    cr_assert(eq(int, names_unknown("fruit", "peer", fruit, 4), STATUS_INPUT));
    cr_assert(not(zero(ptr, strstr(status_detail(), "did you mean 'pear'?"))));
}

Test(names, nothing_near_asks_no_question)
{
    cr_assert(eq(int, names_unknown("fruit", "xyzzy", fruit, 4), STATUS_INPUT));
    cr_assert(eq(str, (char *)status_detail(), "unknown fruit 'xyzzy'; known: apple, pear, pineapple, plum"));
}

Test(names, empty_name_is_answered)
{
    cr_assert(eq(int, names_unknown("fruit", "", fruit, 4), STATUS_INPUT));
    cr_assert(eq(str, (char *)status_detail(), "unknown fruit ''; known: apple, pear, pineapple, plum"));
}

Test(names, long_names_and_long_tables_are_cut_not_overrun)
{
    char name[5000];
    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';

    cr_assert(eq(int, names_unknown("fruit", name, fruit, 4), STATUS_INPUT));
    cr_assert(lt(sz, strlen(status_detail()), 1024));
    cr_assert(eq(int, names_unknown("fruit", "a-name-of-some-length-7", many, 100), STATUS_INPUT));
    cr_assert(not(zero(ptr, strstr(status_detail(), "known: a-name-of-some-length-0, "))));
}

Test(names, nearest_is_a_row_number_or_none)
{
    cr_assert(eq(int, names_nearest("plumb", fruit, 4), 3));
    cr_assert(eq(int, names_nearest("xyzzy", fruit, 4), -1));
    cr_assert(eq(int, names_nearest("apple", fruit, 0), -1));
}
