/* tests/experiments/test_quantize.c - `cptsim quantize` and `cptsim explain` as scripts see them. */
#include "experiments/commands/command.h"
#include "tests/fixtures/command_line.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>
#include <criterion/redirect.h>
#include <stdio.h>
#include <string.h>

enum { WORDS = 12 };

/* Run a command line split at spaces; its output is in the redirected stdout. */
static enum status run(enum status (*command)(int, char **), const char *line)
{
    static char room[512];
    char *argv[WORDS + 1] = {NULL};
    int argc = 0;

    snprintf(room, sizeof room, "%s", line);
    for (char *word = strtok(room, " "); word != NULL && argc < WORDS; word = strtok(NULL, " "))
        argv[argc++] = word;
    const enum status s = command(argc, argv);
    fflush(stdout);
    return s;
}

Test(quantize, prints_input_code_and_value_in_order, .init = cr_redirect_stdout)
{
    cr_assert(
        eq(int, run(command_quantize, "quantize fx:s8.4:rnd_conv:sat 0.3 -1.03125 99 -inf nan"), STATUS_OK));
    cr_assert_stdout_eq_str("0x1.3333333333333p-2\t5\t0x1.4p-2\n"
                            "-0x1.08p+0\t-16\t-0x1p+0\n"
                            "0x1.8cp+6\t127\t0x1.fcp+2\n"
                            "-inf\t-128\t-0x1p+3\n"
                            "nan\t0\t0x0p+0\n");
}

Test(quantize, prints_codes_of_floats_in_hexadecimal, .init = cr_redirect_stdout)
{
    cr_assert(eq(int, run(command_quantize, "quantize fp:e4m3fn:rne:inf 0x1.c4p+8 -464 500 -0"), STATUS_OK));
    cr_assert_stdout_eq_str(
        "0x1.c4p+8\t7e\t0x1.cp+8\n-0x1.dp+8\tfe\t-0x1.cp+8\n0x1.f4p+8\t7f\tnan\n-0x0p+0\t80\t-0x0p+0\n");
}

Test(quantize, prints_all_64_bits_of_wide_words, .init = cr_redirect_stdout)
{
    cr_assert(eq(int, run(command_quantize, "quantize fx:u64.64:trn:sat 1e30 3.5"), STATUS_OK));
    cr_assert_stdout_eq_str("0x1.93e5939a08ceap+99\t18446744073709551615\t0x1.fffffffffffffffep+63\n"
                            "0x1.cp+1\t3\t0x1.8p+1\n");
}

Test(quantize, draws_the_named_bits, .init = cr_redirect_stdout)
{
    cr_assert(eq(int,
                 run(command_quantize, "quantize --seed 81985529216486895 --stream 3 --step 17 --first 0 "
                                       "fx:s8.4:sr1:sat -0x1.3332f33333333p-2"),
                 STATUS_OK));
    cr_assert_stdout_eq_str("-0x1.3332f33333333p-2\t-5\t-0x1.4p-2\n"); /* golden/sr_philox.csv, first row */
}

Test(quantize, appends_the_scale_of_blocks_and_takes_json, .init = cr_redirect_stdout)
{
    cr_assert(eq(int, run(command_quantize, "quantize --json mx:e4m3fn:2:floor 957 1"), STATUS_OK));
    cr_assert_stdout_eq_str(
        "{\"input\": \"0x1.de8p+9\", \"code\": \"7e\", \"value\": \"0x1.cp+9\", \"scale\": \"80\"}\n"
        "{\"input\": \"0x1p+0\", \"code\": \"30\", \"value\": \"0x1p+0\", \"scale\": \"80\"}\n");
}

Test(quantize, takes_blocks_of_one_value, .init = cr_redirect_stdout)
{
    cr_assert(eq(int, run(command_quantize, "quantize mx:e4m3fn:1:floor 957 1"), STATUS_OK));
    cr_assert_stdout_eq_str("0x1.de8p+9\t7e\t0x1.cp+9\t80\n0x1p+0\t78\t0x1p+0\t77\n");
}

Test(quantize, takes_the_range_of_all_values_for_the_published_quantizer, .init = cr_redirect_stdout)
{
    cr_assert(eq(int, run(command_quantize, "quantize affine:4 -0.7 -0.2 0 0.1 0.33 0.9"), STATUS_OK));
    cr_assert_stdout_eq_str(
        "-0x1.6666666666666p-1\t0\t-0x1.666666p-1\n-0x1.999999999999ap-3\t5\t-0x1.555558p-3\n"
        "0x0p+0\t7\t0x1.7e4bp-5\n0x1.999999999999ap-4\t8\t0x1.3a06dp-3\n"
        "0x1.51eb851eb851fp-2\t10\t0x1.777774p-2\n0x1.ccccccccccccdp-1\t15\t0x1.cccccap-1\n");
}

Test(quantize, refuses_with_the_place_and_the_reason)
{
    cr_expect(eq(int, run(command_quantize, "quantize fx:s8.4 1 abc"), STATUS_USAGE));
    cr_expect(strstr(status_detail(), "value 2, 'abc', is not a number") != NULL, "%s", status_detail());
    cr_expect(eq(int, run(command_quantize, "quantize fx:s65.4 1"), STATUS_USAGE));
    cr_expect(strstr(status_detail(), "fx:s64.4:rnd_conv:sat") != NULL, "%s", status_detail());
    cr_expect(eq(int, run(command_quantize, "quantize fx:s8.4"), STATUS_USAGE));
    cr_expect(eq(int, run(command_quantize, "quantize"), STATUS_USAGE));
    cr_expect(eq(int, run(command_quantize, "quantize mx:e2m1:32 --first 3 1"), STATUS_USAGE));
}

Test(explain, tells_what_decided, .init = cr_redirect_stdout)
{
    cr_assert(eq(int, run(command_explain, "explain fx:s8.4:rnd_conv:sat 2.53125"), STATUS_OK));
    cr_assert_stdout_eq_str("format     fx:s8.4:rnd_conv:sat\n"
                            "x          0x1.44p+1 = 2.53125\n"
                            "unit       2^-4; codes -128 .. 127\n"
                            "t          0x1.44p+5 = 40.5\n"
                            "floor      0x1.4p+5 = 40\n"
                            "fraction   0x1p-1 = 0.5, exactly one half\n"
                            "rounding   rnd_conv: nearest, ties to even\n"
                            "rounded    0x1.4p+5 = 40\n"
                            "overflow   none\n"
                            "code       40\n"
                            "value      0x1.4p+1 = 2.5\n");
}

Test(explain, knows_every_family, .init = cr_redirect_stdout)
{
    static const char *const lines[] = {"explain fx:m9.3:sr4:wrap -99",
                                        "explain fp:e5m2:ro:inf:ftz 1e9 -inf nan 1e-9",
                                        "explain bfp:8:16 0.3",
                                        "explain mx:e2m1:32:midmax 957 0",
                                        "explain nvfp4 0.3 0",
                                        "explain affine:8:rcp:sr 3",
                                        "explain int:s8:0.1:3 -77",
                                        "explain pot:s:-7:7:log 0.3",
                                        "explain table:ternary -0.3",
                                        "explain posit:16.2 0.3",
                                        "explain fx:s64.-400:jam:wrap_sm3 5e-324",
                                        "explain fp:fp64 -1e-310"};
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        cr_expect(eq(int, run(command_explain, lines[i]), STATUS_OK), "%s: %s", lines[i], status_detail());
}

/* --- the same facts from both --- */

/* What stands behind `name` in a line of explain, to the next space. */
static void said(char out[64], const char *text, const char *name)
{
    const char *at = strstr(text, name);

    cr_assert(at != NULL, "no '%s' in:\n%s", name, text);
    sscanf(at + strlen(name), "%63s", out);
}

ParameterizedTestParameters(explain, says_what_quantize_says)
{
    static char rows[][48] = {
        "fx:m6.3 -0.375",
        "fx:s4.4:trn:sat_sym -8",
        "fx:u4.2 -1",
        "fx:s8.4:rnd:sat:nan nan",
        "bfp:4:2 3.3",
        "bfp:8:all -0.3",
        "mx:e2m1:32 957",
        "mx:e4m3fn:4 -0.3",
        "nvfp4 0.3",
        "nvfp4 nan",
        "affine:8 3",
        "int:s8:0.1:3 -77",
        "int:s4:1:0:rne:narrow -9",
        "pot:s:-7:7 -0.3",
        "table:ternary -1",
        "posit:16.2 0.3",
        "fp:e4m3fn -0.3",
        "fp:fp64 -1e-310",
        "fx:u64.64 1e19",
        "fx:s64.1 -0.7",
    };
    return cr_make_param_array(char[48], rows, sizeof rows / sizeof rows[0]);
}

ParameterizedTest(char (*row)[48], explain, says_what_quantize_says)
{
    static struct answer quantized, explained;
    const struct folder f = folder_new();
    char code[64], value[64], want_code[64], want_value[64];

    cli(&quantized, &f, "quantize %s", *row);
    cli(&explained, &f, "explain %s", *row);
    cr_assert_eq(sscanf(quantized.out, "%*s %63s %63s", want_code, want_value), 2, "%s", quantized.err);
    said(code, explained.out, "\ncode       ");
    said(value, explained.out, "\nvalue      ");
    cr_assert(strcmp(code, want_code) == 0 && strcmp(value, want_value) == 0,
              "%s: %s and %s, but quantize has %s and %s", *row, code, value, want_code, want_value);
    folder_remove(&f);
}

/* The range that explain names is the one that comes out: every code of a small format. */
ParameterizedTestParameters(explain, names_the_codes_that_come_out)
{
    static char rows[][32] = {"fx:s4.4:trn:sat_sym",
                              "fx:s4.4",
                              "fx:m4.4",
                              "fx:u4.4",
                              "fx:s3.3:rnd:wrap",
                              "fx:s4.4:rnd:wrap_sm",
                              "fx:s4.4:rnd:sat_zero",
                              "fx:m4.4:rnd:sat_sym",
                              "fx:s4.4:rnd:numeric_std",
                              "fx:u4.4:rnd:sat_sym",
                              "int:s4:1:0:rne:narrow",
                              "int:u3:1:2"};
    return cr_make_param_array(char[32], rows, sizeof rows / sizeof rows[0]);
}

ParameterizedTest(char (*row)[32], explain, names_the_codes_that_come_out)
{
    static struct answer o;
    const struct folder f = folder_new();
    long least = 99, most = -99, low, high, code;
    char values[512] = "";

    for (int i = -20; i <= 20; i++)
        snprintf(values + strlen(values), sizeof values - strlen(values), " %d", i);
    cli(&o, &f, "quantize %s %s", *row, values);
    for (const char *line = o.out; sscanf(line, "%*s %ld", &code) == 1; line = strchr(line, '\n') + 1) {
        least = code < least ? code : least;
        most = code > most ? code : most;
    }
    cli(&o, &f, "explain %s 1", *row);
    const char *const codes = strstr(o.out, "codes ");
    cr_assert(codes != NULL && sscanf(codes, "codes %ld .. %ld", &low, &high) == 2, "%s", o.out);
    cr_assert(low == least && high == most, "%s: codes %ld .. %ld are told, %ld .. %ld come out", *row, low,
              high, least, most);
    folder_remove(&f);
}

/* --- values from a file --- */

ParameterizedTestParameters(quantize, reads_files_as_people_write_them)
{
    static struct {
        char text[64], values[32];
    } rows[] = {{"1 2\n3\n", "1 2 3"},
                {"1,2, 3\n", "1 2 3"},
                {"# weights\n1 # one\n2#two\n#", "1 2"},
                {"\xEF\xBB\xBF"
                 "1\n2",
                 "1 2"},
                {"\xEF\xBB\xBF# x\n7", "7"},
                {"1\r\n2\r\n", "1 2"},
                {",,1,,2,", "1 2"}};
    return cr_make_param_array(__typeof__(rows[0]), rows, sizeof rows / sizeof rows[0]);
}

ParameterizedTest(char (*row)[64], quantize, reads_files_as_people_write_them)
{
    static struct answer file, typed;
    const struct folder f = folder_new();

    folder_write(&f, "values", row[0], strlen(row[0]));
    cli(&file, &f, "quantize fx:s8.4 - <'%s/values'", f.path);
    cli(&typed, &f, "quantize fx:s8.4 %s", row[1]);
    cr_assert(file.code == 0 && typed.code == 0, "%s%s", file.err, typed.err);
    cr_assert(eq(str, file.out, typed.out));
    folder_remove(&f);
}

Test(quantize, a_word_is_a_value_or_refused_but_never_two)
{
    static struct answer o;
    static char text[2048];
    const struct folder f = folder_new();

    memset(text, '1', 1200);
    folder_write(&f, "values", text, 1200);
    cli(&o, &f, "quantize fx:s8.4 - <'%s/values'", f.path);
    cr_assert(o.code == 0 && strcmp(o.out, "inf\t127\t0x1.fcp+2\n") == 0, "%s%s", o.out, o.err);
    text[1200] = '1';
    folder_write(&f, "values", text, 1201);
    cli(&o, &f, "quantize fx:s8.4 - <'%s/values'", f.path);
    cr_assert(eq(int, o.code, 3));
    cr_assert(strstr(o.err, "value 1 of standard input has more than 1200 characters") != NULL, "%s", o.err);
    cr_assert(eq(str, o.out, ""));
    folder_remove(&f);
}
