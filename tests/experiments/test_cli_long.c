/* tests/experiments/test_cli_long.c - a user's text that is a byte too long is refused, never cut: what is left
 * of it could be another valid one. */
#include "tests/fixtures/command_line.h"

enum { CODE_USAGE = 2, CODE_INPUT = 3 };

/* A command is before, a text of many times `letter`, after; @ stands for the folder. */
struct place_for_text {
    const char *before, *after;
    char letter;
    int most, code; /* the longest text, the exit code for a longer one */
};

static const struct place_for_text places[] = {
    {"cost layer ", "=3", 'a', 63, CODE_USAGE},
    {"cost resnet20 --set ", "=3", 'a', 127, CODE_USAGE},
    {"cost resnet20 --set name=", "", 'a', 47, CODE_USAGE},
    {"cost resnet20 --set buffer.weight.bytes='", " KiB'", '9', 23, CODE_USAGE},
    {"cost resnet20 --backend ", "", 'a', 81, CODE_USAGE},
    {"cost resnet20 --sweep ", "=3", 'a', 63, CODE_USAGE},
    {"cost resnet20 --sweep bits=", "", 'a', 63, CODE_USAGE},
    {"cost resnet20 --sweep bits=3,4 --pareto ", "", 'a', 63, CODE_USAGE},
    {"cost resnet20 --sweep bits=3,4 --carbon=", "", 'a', 139, CODE_USAGE},
    {"cost resnet20 --break-even ", "", 'a', 127, CODE_USAGE},
    {"cost resnet20 --carbon=", "", 'a', 31, CODE_USAGE},
    {"train @/tiny.yaml --print-config --set ", "=3", 'a', 63, CODE_USAGE},
    {"train @/tiny.yaml --print-config --set name=", "", 'a', 63, CODE_USAGE},
    {"train @/tiny.yaml --print-config --set data.dir=", "", 'a', 511, CODE_USAGE},
    {"train @/tiny.yaml --print-config --set hardware=", "", 'a', 255, CODE_USAGE},
    {"train @/tiny.yaml --print-config --set evaluate.bits=", "", '0', 31, CODE_USAGE},
    {"train @/tiny.yaml --print-config --out ", "", 'a', 3000, CODE_USAGE},
    {"eval @/tiny/run.h5 --data-dir ", "", 'a', 511, CODE_USAGE},
    {"info ", "", 'a', 3000, CODE_USAGE},
};

static void run_with(struct answer *o, const struct folder *f, const struct place_for_text *p, int length)
{
    char before[256], text[5000];

    with_folder(before, sizeof before, p->before, f);
    memset(text, p->letter, (size_t)length);
    text[length] = '\0';
    cli(o, f, "%s%s%s", before, text, p->after);
}

Test(cli_long, a_byte_too_many_is_told_and_one_less_is_read)
{
    static struct answer o;
    const struct folder f = tiny_experiment(2);
    char says[64];

    cli(&o, &f, "train %s/tiny.yaml --quiet --out %s/tiny", f.path, f.path);
    cr_assert(o.code == 0, "%s", o.err);
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        const struct place_for_text *p = &places[i];
        snprintf(says, sizeof says, "%d characters; at most %d", p->most + 1, p->most);
        run_with(&o, &f, p, p->most + 1);
        expect_refusal(&o, p->code, says);
        run_with(&o, &f, p, p->most);
        cr_assert(strstr(o.err, "characters; at most") == NULL, "%s%d%s: %s", p->before, p->most, p->after,
                  o.err);
    }
    folder_remove(&f);
}

/* A file of layers or of hardware, called by `length` letters. */
static void write_called(const struct folder *f, int length, const char *ending, const char *content)
{
    char name[128];

    memset(name, 'a', (size_t)length);
    strcpy(name + length, ending);
    folder_write(f, name, content, strlen(content));
}

static void cost_of(struct answer *o, const struct folder *f, const char *option, int length,
                    const char *ending)
{
    char name[128];

    memset(name, 'a', (size_t)length);
    strcpy(name + length, ending);
    cli(o, f, "cost %s %s/%s", option, f->path, name);
}

Test(cli_long, a_name_that_a_file_gives_by_its_own_is_whole)
{
    static const char layers[] = "layer,K,O,IC,OC\nconv,3,8,16,16\n";
    static struct answer o;
    const struct folder f = folder_new();

    for (int length = 47; length <= 48; length++) {
        write_called(&f, length, ".csv", layers);
        cost_of(&o, &f, "--layers", length, ".csv");
        if (length == 47) cr_assert(o.code == 0, "%s", o.err);
        if (length == 48) expect_refusal(&o, CODE_INPUT, "48 characters; at most 47");
        write_called(&f, length, ".yaml", "array: {rows: 8}\n");
        cost_of(&o, &f, "resnet20 --hardware", length, ".yaml");
        if (length == 47) cr_assert(o.code == 0, "%s", o.err);
        if (length == 48) expect_refusal(&o, CODE_INPUT, "48 characters; at most 47");
    }
    write_called(&f, 48, ".yaml", "name: short\narray: {rows: 8}\n");
    cost_of(&o, &f, "resnet20 --hardware", 48, ".yaml");
    cr_assert(o.code == 0, "a file that says a name may be called as it likes: %s", o.err);
    folder_remove(&f);
}

Test(cli_long, the_name_of_a_layer_in_a_file_is_whole)
{
    static struct answer o;
    const struct folder f = folder_new();
    char text[256];

    for (int length = 47; length <= 48; length++) {
        char name[64];
        memset(name, 'a', (size_t)length);
        name[length] = '\0';
        const int size = snprintf(text, sizeof text, "layer,K,O,IC,OC\n%s,3,8,16,16\n", name);
        folder_write(&f, "net.csv", text, (size_t)size);
        cli(&o, &f, "cost --layers %s/net.csv", f.path);
        if (length == 47) cr_assert(o.code == 0, "%s", o.err);
        if (length == 48)
            expect_refusal(&o, CODE_INPUT, "net.csv:2: layer: 'aaaaaaaaaaaaaaaaaaaa...' has 48");
    }
    folder_remove(&f);
}

Test(cli_long, a_seed_of_many_digits_is_not_a_shorter_one)
{
    static struct answer o;
    const struct folder f = tiny_experiment(2);

    cli(&o, &f, "train %s/tiny.yaml --print-config --seed 0%064d", f.path, 7);
    expect_refusal(&o, CODE_USAGE, "--seed has too many digits");
    folder_remove(&f);
}
