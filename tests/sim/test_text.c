/* tests/sim/test_text.c - texts are copied whole or not at all. */
#include "sim/base/text.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <string.h>

Test(text, what_fits_is_copied_and_ended)
{
    char out[8] = "xxxxxxx";

    cr_assert(eq(int, text_copy(out, sizeof out, NULL, "abcdefgh", 7), STATUS_OK));
    cr_assert(eq(str, out, "abcdefg"));
    cr_assert(eq(int, text_copy(out, sizeof out, NULL, "abc", 0), STATUS_OK));
    cr_assert(eq(str, out, ""));
}

Test(text, one_byte_too_many_leaves_nothing_and_is_told)
{
    char out[8] = "xxxxxxx", behind = out[7];

    cr_assert(eq(int, text_copy(out, sizeof out, "--set", "abcdefgh", 8), STATUS_INPUT));
    cr_assert(eq(str, out, ""));
    cr_assert(eq(chr, out[7], behind));
    cr_assert(eq(str, (char *)status_detail(), "--set: 'abcdefgh...' has 8 characters; at most 7"));
    cr_assert(eq(int, text_copy(out, 1, NULL, "abcdefghijklmnopqrstuvwxyz", 26), STATUS_INPUT));
    cr_assert(eq(str, (char *)status_detail(), "'abcdefghijklmnopqrst...' has 26 characters; at most 0"));
}

Test(text, no_byte_behind_the_length_is_read)
{
    char *text = malloc(4), out[8];

    memcpy(text, "abcd", 4);
    cr_assert(eq(int, text_copy(out, sizeof out, NULL, text, 4), STATUS_OK));
    cr_assert(eq(str, out, "abcd"));
    cr_assert(eq(int, text_copy(out, 2, NULL, text, 4), STATUS_INPUT));
    free(text);
    cr_assert(eq(int, text_copy(out, 2, "--sweep", "bits=4,8", 4), STATUS_INPUT));
    cr_assert(eq(str, (char *)status_detail(), "--sweep: 'bits...' has 4 characters; at most 1"));
}
