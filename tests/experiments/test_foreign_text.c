/* tests/experiments/test_foreign_text.c - claims about files of strangers: whatever their titles, names and texts hold,
 * no command passes a control character on to the terminal. */
#include "tests/fixtures/cli_run.h"

/* Clears a screen and renames a window; CSI of one byte and of two. */
#define EVIL                                                                                                 \
    "\x1b[2J\x1b]0;x\a\x9b"                                                                                  \
    "1m\xc2\x9b"                                                                                             \
    "1m\x7f"

/* On either stream, but for ends of lines and the tabs of tables. */
static void expect_none(const struct fixture *f, const char *words)
{
    cptsim(f, words);
    cr_assert(output[0] != '\0', "cptsim %s says nothing", words);
    for (const char *c = output; *c != '\0'; c++) {
        const unsigned char byte = (unsigned char)*c;
        cr_assert((byte >= 0x20 && byte != 0x7f && byte != 0x9b) || byte == '\n' || byte == '\t',
                  "cptsim %s: byte %02x after:\n%.*s", words, byte, (int)(c - output), output);
    }
}

static void make_evil(struct fixture *f)
{
    struct store *s;

    fixture_open(f);
    make_run(f, "plain", -1);
    f->spec.title = "title" EVIL;
    f->spec.model = "model" EVIL;
    f->spec.config.resolved = "seed: 7\nname: \"" EVIL "\"\n";
    make_run(f, "a", 3);
    must(store_open(&s, folder_path(&f->folder, "other.h5"), STORE_CREATE));
    must(store_write(s, "set" EVIL, &(float){0}, STORE_F32, 0, NULL));
    must(store_set_text(s, "set" EVIL, "key" EVIL, "value" EVIL));
    must(store_flush(s));
    store_close(&s);
}

Test(foreign_text, no_command_speaks_to_the_terminal)
{
    static const char *const commands[] = {
        "info a",
        "info a --json",
        "info a --config",
        "info a --tree",
        "info other.h5",
        "report .",
        "report a --json",
        "diff plain a",
        "diff a plain",
        "diff a other.h5",
        "diff other.h5 a",
        "doctor a",
        "doctor other.h5",
        "export a",
        "export a --series events",
        "export a --series events --csv",
        "eval a",
        "cost --run a",
        "cost --run a --json",
        "verify other.h5",
        "train a/run.h5",
        "list $(printf 'a\\033[2J')",
        "info $(printf 'a\\033[2J')",
        "cost --layers $(printf 'a\\033[2J')",
        "quantize $(printf 'a\\033[2J') 1",
        "explain $(printf 'a\\033[2J') 1",
        "$(printf 'a\\033[2J')",
    };
    struct fixture f;

    make_evil(&f);
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        expect_none(&f, commands[i]);
    fixture_close(&f);
}

Test(foreign_text, what_it_was_can_be_read)
{
    struct fixture f;

    make_evil(&f);
    expect(&f, "info a", 0, "title\\x1b[2J\\x1b]0;x\\x07\\x9b1m\\u009b1m\\x7f\n");
    expect(&f, "report a", 0, "| title\\x1b[2J");
    expect(&f, "diff plain a", EXIT_DIFFERENT, "attribute title: small != title\\x1b[2J");
    fixture_close(&f);
}
