/* tests/sim/test_text.c - texts are copied whole or not at all. */
#include "sim/base/text.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <stdlib.h>
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

/* --- numbers --- */

Test(text, whole_numbers_are_decimal_and_nothing_else)
{
    static const struct {
        const char *text;
        enum text_number is;
        int64_t value;
    } rows[] = {{"010", TEXT_NUMBER, 10},
                {"-7", TEXT_NUMBER, -7},
                {"+7", TEXT_NUMBER, 7},
                {"9223372036854775807", TEXT_NUMBER, INT64_MAX},
                {"-9223372036854775808", TEXT_NUMBER, INT64_MIN},
                {"9223372036854775808", TEXT_TOO_LARGE, 0},
                {"-9223372036854775809", TEXT_TOO_LARGE, 0},
                {"", TEXT_NO_NUMBER, 0},
                {"-", TEXT_NO_NUMBER, 0},
                {"--1", TEXT_NO_NUMBER, 0},
                {" 1", TEXT_NO_NUMBER, 0},
                {"1 ", TEXT_NO_NUMBER, 0},
                {"0x10", TEXT_NO_NUMBER, 0},
                {"1e3", TEXT_NO_NUMBER, 0},
                {"1.0", TEXT_NO_NUMBER, 0}};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int64_t value = 0;
        cr_assert(text_whole(&value, rows[i].text) == rows[i].is && value == rows[i].value, "'%s': %lld",
                  rows[i].text, (long long)value);
    }
}

Test(text, natural_numbers_have_no_sign_and_64_bits)
{
    uint64_t value = 0;

    cr_assert(text_natural(&value, "18446744073709551615") == TEXT_NUMBER && value == UINT64_MAX);
    cr_assert(text_natural(&value, "010") == TEXT_NUMBER && value == 10);
    cr_assert(text_natural(&value, "18446744073709551616") == TEXT_TOO_LARGE);
    cr_assert(text_natural(&value, "+1") == TEXT_NO_NUMBER && text_natural(&value, "-1") == TEXT_NO_NUMBER);
}

Test(text, no_character_is_cut_in_two)
{
    const char *const text = "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"; /* 1, 2, 3 and 4 bytes */
    static const size_t want[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 10};
    char out[4];

    for (size_t most = 0; most < sizeof want / sizeof want[0]; most++)
        cr_assert_eq(text_beginning(text, 10, most), want[most], "%zu", most);
    cr_assert_eq(text_copy(out, sizeof out, NULL, "nineteen characters\xc3\xa9 and more", 30), STATUS_INPUT);
    cr_assert_str_eq(status_detail(), "'nineteen characters...' has 30 characters; at most 3");
}

/* --- other people's texts --- */

static void expect_shown(const char *text, const char *kept, const char *want)
{
    char *shown;
    size_t size;
    FILE *out = open_memstream(&shown, &size);

    cr_assert(out != NULL);
    const int printed = text_show(out, text, kept);
    fclose(out);
    cr_assert_str_eq(shown, want);
    cr_assert_eq((size_t)printed, strlen(want));
    free(shown);
}

Test(text, plain_text_is_shown_as_it_is)
{
    expect_shown("", "", "");
    expect_shown("a \\ 'b' \"c\" ~", "", "a \\ 'b' \"c\" ~");
    expect_shown("Zürich 8\u20137 bits \U0001F600\u00A0.", "", "Zürich 8\u20137 bits \U0001F600\u00A0.");
}

Test(text, control_characters_are_spelt)
{
    expect_shown("\x1b]0;owned\a\x7f\x01", "", "\\x1b]0;owned\\x07\\x7f\\x01");
    expect_shown("a\tb\nc\r", "", "a\\tb\\nc\\r");
    expect_shown("a\tb\nc\r", "\n", "a\\tb\nc\\r");
    expect_shown("\xc2\x9b"
                 "31m",
                 "", "\\u009b31m"); /* CSI in one character */
    expect_shown("\u202Egnp.exe\u2028", "", "\\u202egnp.exe\\u2028");
}

Test(text, bytes_that_are_not_utf8_are_spelt)
{
    expect_shown("\x9b"
                 "31m",
                 "", "\\x9b31m");
    expect_shown("\xc0\x9b", "", "\\xc0\\x9b"); /* longer than it must be */
    expect_shown("\xe2\x82", "", "\\xe2\\x82"); /* cut */
    expect_shown("\xf5\xff", "", "\\xf5\\xff");
}

Test(text, a_switch_has_the_words_that_people_write)
{
    static const char *const words[] = {"false", "true", "False", "True", "no", "YES", "Off", "on"};
    bool on = false;

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        cr_assert_eq(text_switch(&on, words[i]), STATUS_OK);
        cr_assert_eq(on, i % 2 == 1, "%s", words[i]);
    }
    cr_assert_eq(text_switch(&on, "maybe"), STATUS_INPUT);
    cr_assert_str_eq(status_detail(), "'maybe' is neither true nor false");
    cr_assert_eq(text_switch(&on, ""), STATUS_INPUT);
}
