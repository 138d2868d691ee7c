/* tests/experiments/test_config.c - experiment files: what is refused and how, what overrides what, what
 * the resolved form says. */
#include "experiments/config/config.h"

#include "quant/try.h"
#include "tests/fixtures/folder.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>
#include <stdlib.h>
#include <string.h>

/* Parse a text as the file "x.yaml" and resolve one arm; the file is closed again. */
static enum status resolve(struct config *c, const char *text, int arm, const char *const *overrides,
                           int count)
{
    struct config_file *f = NULL;
    TRY(config_parse(&f, text, strlen(text), "x.yaml"));
    const enum status s = config_resolve(c, f, arm, overrides, count);
    config_close(f);
    return s;
}

static struct config resolved(const char *text, int arm)
{
    struct config c;
    must(resolve(&c, text, arm, NULL, 0));
    return c;
}

/* --- what is refused --- */

struct refusal {
    char text[96];     /* of the file */
    char sentence[96]; /* must be in the message */
};

ParameterizedTestParameters(config, refuses_with_place_and_remedy)
{
    static struct refusal rows[] = {
        {"", "x.yaml: is empty"},
        {"# only a comment\n", "x.yaml: is empty"},
        {"hello", "x.yaml:1:1: not an experiment file"},
        {"- a\n- b\n", "x.yaml:1:1: not an experiment file"},
        {"name: x: y\n", "x.yaml:1:8: not YAML"},
        {"name: x\n\tseed: 3\n", "x.yaml:2:1: not YAML"},
        {"name: x\n  seed: 3\n", "x.yaml:2:7: not YAML: mapping values are not allowed in this context"},
        {"name: x\nforward:\n\tbits: 3\n", "x.yaml:3:1: not YAML: a tab; lines are indented by spaces"},
        {"name: \"x\nseed: 3\n",
         "x.yaml:3:1: not YAML: found unexpected end of stream, while scanning a quoted"},
        {"name: [x\n", "x.yaml:2:1: not YAML: did not find expected ',' or ']', while parsing a flow"},
        {"name: &a x\n", "x.yaml:1:7: an anchor; want the value without a name for it"},
        {"name: x\nmodel: *a\n", "x.yaml:2:8: an alias; want the value itself"},
        {"seed: !!int 3\n", "x.yaml:1:7: a tag; want the value without its type"},
        {"name: |\n  a\n  b\n", "x.yaml:1:7: a text of several lines; want it on one line"},
        {"name: \"a\\0b\"\n", "x.yaml:1:7: a text with a zero byte in it"},
        {"? [a]\n: b\n", "x.yaml:1:3: a key that is not a word"},
        {"name: [[[[[[[[[[[[[[[[[[x]]]]]]]]]]]]]]]]]]\n", "x.yaml:1:22: nested too deeply"},
        {"name: \x01\n", "x.yaml: byte 6: not a YAML text"},
        {"name: a\n---\nname: b\n", "x.yaml:3:1: a second YAML document"},
        {"name: x\nforward:\n  cicles: 3\n",
         "x.yaml:3:3: unknown key 'forward.cicles'; did you mean 'forward.cycles'?"},
        {"name: x\nmomentum: 0.9\n",
         "x.yaml:2:1: unknown key 'momentum'; did you mean 'optimizer.momentum'?"},
        {"colour: red\n", "x.yaml:1:1: unknown key 'colour'; `cptsim list keys`"},
        {"seed: 1\nname: x\nseed: 2\n", "x.yaml:3:1: key 'seed' appears twice"},
        {"forward: {bits: 8}\nforward: {cycles: 2}\n", "x.yaml:2:1: key 'forward' appears twice"},
        {"forward:\n  bits: 8\n  bits: 8\n", "x.yaml:3:3: key 'forward.bits' appears twice"},
        {"forward: {bits: 8}\nforward.bits: 8\n", "x.yaml:2:1: key 'forward.bits' appears twice"},
        {"arms:\n  - name: a\n    name: b\n", "x.yaml:3:5: key 'name' appears twice"},
        {"arms: {name: a}\n", "x.yaml:1:7: arms: want a list"},
        {"arms: [a]\n", "x.yaml:1:8: arms: want keys with values"},
        {"forward: 3\n", "x.yaml:1:10: forward: want keys with values"},
        {"model: [a, b]\n", "x.yaml:1:8: model: want a name"},
        {"learning_rate: {drops: [[0.5]]}\n", "x.yaml:1:25: learning_rate.drops: want a list"},
        {"learning_rate:\n  drops: 0.5\n", "x.yaml:2:10: learning_rate.drops: want a list"},
        {"data:\n  batch: many\n", "x.yaml:2:10: data.batch: 'many' is not a whole number"},
        {"data: {batch: 1.5}\n", "x.yaml:1:15: data.batch: '1.5' is not a whole number"},
        {"data: {batch: 0}\n", "data.batch: 0 is out of range; want 1 to 65536"},
        {"data: {batch: 99999999999999999999}\n", "is out of range; want 1 to 65536"},
        {"data: {drop_last: maybe}\n", "data.drop_last: 'maybe' is neither true nor false"},
        {"data: {name: fashion-mnits}\n", "did you mean 'fashion-mnist'?"},
        {"data: {augment: mirror}\n", "'mirror' is none of: none, flip, crop, pad-crop-flip"},
        {"forward: {bits: 0}\n", "x.yaml:1:17: forward.bits: 0 is out of range; training takes 2 to 32"},
        {"forward: {bits: 1}\n", "forward.bits: 1 is out of range; training takes 2 to 32"},
        {"forward: {bits: 33}\n", "forward.bits: 33 is out of range"},
        {"forward:\n  bits: 3:33\n", "forward.bits: 3:33 is out of range"},
        {"forward:\n  bits: 8:3\n", "x.yaml:2:9: forward.bits: 8:3 has the larger width first; want 3:8"},
        {"forward:\n  bits: '8:'\n", "'8:' is not a width; want bits as 8, a range as 3:8, or float32"},
        {"forward:\n  bits: -8\n", "'-8' is not a width"},
        {"forward: {cycles: 0}\n", "forward.cycles: 0 is out of range"},
        {"forward: {schedule: static}\n", "'static' holds one width and bits are 3:8; want forward.bits: 8"},
        {"forward: {schedule: cosin}\n",
         "forward.schedule: unknown schedule 'cosin'; did you mean 'cosine'?"},
        {"recipe: float23\n", "x.yaml:1:9: recipe: unknown recipe 'float23'; did you mean 'float32'?"},
        {"learning_rate: {initial: nan}\n", "'nan' is not a number"},
        {"learning_rate: {initial: -1}\n", "-1 is out of range"},
        {"learning_rate: {drops: [0.75, 0.5]}\n", "0.5 is out of place; want ascending"},
        {"learning_rate: {drops: [half]}\n", "'half' is not a list of numbers"},
        {"optimizer: {momentum: fast}\n", "optimizer.momentum: 'fast' is not a number"},
        {"length: 3 parsecs\n", "length: 'parsecs' is none of: iterations, epochs, seconds"},
        {"length: 30 seconds\n", "'30 seconds' depends on the machine"},
        {"length: end\n", "'end' is not a length"},
        {"length: 0 iterations\n", "is out of range; want 1 to 4294967296 iterations"},
        {"length: 0.5\n", "0.5 iterations are not whole; want them as in 64000 iterations or 0.5 epochs"},
        {"length: 0 epochs\n", "'0 epochs' is out of range; want 1e-06 to 4294967296 epochs"},
        {"data: {train: 0}\n", "data.train: 0 is out of range; want 1 to 4294967296, or all"},
        {"evaluate: {bits: huge}\n",
         "'huge' is not a width; want max, current, all, float32, bits as 8 or a range"},
        {"evaluate: {bits: 1}\n", "1 is out of range; want 2 to 32 bits"},
        {"evaluate: {split: validation}\n", "data.validation holds out no images"},
        {"length: 5\nforward: {cycles: 6}\n", "6 cycles in 5 iterations"},
        {"seed: -1\n", "'-1' is not a seed"},
        {"seed: 0x10\n", "'0x10' is not a seed; want a whole number from 0 to 2^64 - 1"},
        {"seed: 18446744073709551616\n", "is too large for a seed"},
        {"name: ../../etc\n", "name: '../../etc' has a '/'"},
        {"name:\n", "name: is empty; want a name"},
        {"arms:\n  - seed: 1\n", "x.yaml:2:5: an arm without a name"},
        {"arms:\n  - name: ''\n", "x.yaml:2:5: an arm without a name"},
        {"learning_rate: {initial: 1e999}\n",
         "x.yaml:1:26: learning_rate.initial: '1e999' is too large a number"},
        {"arms:\n  - name: a\n  - name: a\n", "x.yaml:3:5: a second arm called 'a'"},
        {"arms:\n  - name: a\n    forward: {bits: 1}\n", "x.yaml:3:21: forward.bits: 1 is out of range"},
        {"arms:\n  - name: a\n  - name: b\n    forward: 3\n", "x.yaml:4:14: forward: want keys with values"},
        {"arms:\n  - name: a\n    recpie: cpt\n", "x.yaml:3:5: unknown key 'recpie'; did you mean 'recipe'?"},
    };
    return cr_make_param_array(struct refusal, rows, sizeof rows / sizeof rows[0]);
}

ParameterizedTest(struct refusal *row, config, refuses_with_place_and_remedy)
{
    struct config c;
    expect_failure(resolve(&c, row->text, 0, NULL, 0), STATUS_INPUT, row->sentence);
    cr_assert(strchr(status_detail(), '\n') == NULL, "one sentence, one line: %s", status_detail());
}

Test(config, refuses_folders_and_missing_files_by_name)
{
    struct config_file *f = NULL;
    expect_failure(config_open(&f, "tests"), STATUS_INPUT, "tests: is a folder");
    expect_failure(config_open(&f, "tests/absent.yaml"), STATUS_IO, "tests/absent.yaml: No such file");
}

Test(config, survives_every_truncation_and_any_damaged_byte)
{
    static const char whole[] =
        "name: x\nforward: {bits: 3:8, cycles: 2}\nlearning_rate:\n  drops: [0.5, 0.75]\n"
        "arms:\n  - name: a\n    recipe: float32\n  - {name: b, seed: 3}\n";
    struct config c;

    for (size_t n = 0; n < sizeof whole - 1; n++) {
        struct config_file *f = NULL;
        if (config_parse(&f, whole, n, "cut.yaml") == STATUS_OK) (void)!config_resolve(&c, f, 0, NULL, 0);
        config_close(f);
        for (int byte = 0; byte < 256; byte += 5) {
            char damaged[sizeof whole];
            memcpy(damaged, whole, sizeof whole);
            damaged[n] = (char)byte;
            f = NULL;
            if (config_parse(&f, damaged, sizeof whole - 1, "damaged.yaml") == STATUS_OK)
                (void)!config_resolve(&c, f, 0, NULL, 0);
            config_close(f);
        }
    }
}

/* --- what overrides what --- */

Test(config, defaults_are_the_published_recipe)
{
    const struct config c = resolved("name: x\n", 0);
    const struct train_spec *t = &c.train;

    cr_assert(eq(str, (char *)t->recipe.name, "cpt"));
    cr_assert(eq(str, (char *)t->forward.type->name, "cosine"));
    cr_assert(all(eq(int, t->forward.bits_min, 3), eq(int, t->forward.bits_max, 8)));
    cr_assert(eq(str, (char *)t->backward.type->name, "static"));
    cr_assert(all(eq(int, t->backward.bits_min, 8), eq(int, t->backward.bits_max, 8)));
    cr_assert(all(eq(dbl, t->lr.initial, 0.1), eq(int, t->lr.drop_count, 2), eq(dbl, t->lr.drops[1], 0.75)));
    cr_assert(all(eq(dbl, t->optimizer.momentum, 0.9), eq(dbl, t->optimizer.weight_decay, 1e-4)));
    cr_assert(all(eq(int, t->batch, 128), t->crop, t->flip, eq(int, t->pad, 4), not(t->drop_last)));
}

Test(config, an_override_beats_the_arm_beats_the_file_beats_the_default)
{
    static const char text[] = "seed: 10\ndata: {batch: 20}\nforward: {cycles: 4}\narms:\n"
                               "  - name: a\n    data: {batch: 30}\n    forward: {cycles: 5}\n";
    const char *const overrides[] = {"forward.cycles=6", "forward.cycles=7"};
    struct config c;

    must(resolve(&c, text, 0, overrides, 2));
    cr_assert(eq(int, c.train.pad, 4), "the default");
    cr_assert(eq(u64, c.train.seed, 10), "the file");
    cr_assert(eq(int, c.train.batch, 30), "the arm");
    cr_assert(eq(int, c.train.forward.cycles, 7), "the last override");
    cr_assert(eq(str, c.arm, "a"));
    cr_assert(eq(str, c.name, "run"));
}

Test(config, arms_do_not_leak_into_each_other)
{
    static const char text[] = "arms:\n  - name: a\n    recipe: float32\n  - name: b\n";
    const struct config a = resolved(text, 0), b = resolved(text, 1);

    cr_assert(eq(str, (char *)a.train.recipe.name, "float32"));
    cr_assert(eq(str, (char *)b.train.recipe.name, "cpt"));
    cr_assert(eq(int, a.train.forward.bits_max, 0), "float32 has no widths");
    cr_assert(eq(int, b.train.forward.bits_max, 8));
}

Test(config, zero_is_a_value_and_not_the_default)
{
    const struct config c = resolved("optimizer: {momentum: 0, weight_decay: 0}\ndata: {pad: 0}\n", 0);
    cr_assert(eq(dbl, c.train.optimizer.momentum, 0));
    cr_assert(eq(dbl, c.train.optimizer.weight_decay, 0));
    cr_assert(eq(int, c.train.pad, 0));
}

struct bad_override {
    char text[40], sentence[96];
};

ParameterizedTestParameters(config, checks_overrides_like_the_file)
{
    static struct bad_override rows[] = {
        {"forward.bits=1", "--set forward.bits=1: forward.bits: 1 is out of range"},
        {"forward.bit=8", "--set forward.bit=8: unknown key 'forward.bit'; did you mean 'forward.bits'?"},
        {"forward.bits", "--set forward.bits: no value; want it as in forward.bits=3:8"},
        {"=8", "--set =8: no key; want one as in forward.bits=3:8"},
        {"data=5", "--set data=5: 'data' is a group; want one of its keys as in data.name=cifar10"},
        {"seed=", "--set seed=: seed: '' is not a seed"},
        {"seed=[1, 2]", "--set seed=[1, 2]: seed: want a seed"},
        {"seed=[1", "--set seed=[1: not YAML: did not find expected ',' or ']'"},
        {"learning_rate.drops={a: 1}", "learning_rate.drops: want a list, as in [0.5, 0.75]"},
        {"seed=*x", "--set seed=*x: an alias; want the value itself"},
    };
    return cr_make_param_array(struct bad_override, rows, sizeof rows / sizeof rows[0]);
}

ParameterizedTest(struct bad_override *row, config, checks_overrides_like_the_file)
{
    struct config c;
    const char *const overrides[] = {row->text};
    expect_failure(resolve(&c, "name: x\n", 0, overrides, 1), STATUS_USAGE, row->sentence);
}

static struct config overridden(const char *text, const char *override)
{
    struct config c;
    must(resolve(&c, text, 0, &override, 1));
    return c;
}

Test(config, an_override_reads_as_the_value_of_a_key)
{
    cr_assert(eq(int, overridden("name: x\n", "learning_rate.drops=[0.25]").train.lr.drop_count, 1));
    cr_assert(eq(int, overridden("name: x\n", "learning_rate.drops=0.25, 0.5").train.lr.drop_count, 2));
    cr_assert(eq(int, overridden("name: x\n", "learning_rate.drops=[]").train.lr.drop_count, 0));
    cr_assert(eq(int, overridden("name: x\n", "learning_rate.drops=").train.lr.drop_count, 0));
    cr_assert(eq(str, overridden("name: x\n", "data.dir='a: b'").data.dir, "a: b"));
    cr_assert(eq(str, overridden("name: x\n", "data.dir=").data.dir, ""));
}

Test(config, a_whole_path_reads_as_a_key_in_its_group)
{
    const struct config c = resolved("forward.bits: 5\nforward: {schedule: static}\n", 0);
    cr_assert(eq(int, c.train.forward.bits_max, 5));
}

Test(config, an_empty_list_is_a_value_and_not_the_default)
{
    static const char text[] = "learning_rate: {drops: []}\n";
    static const char arms[] = "learning_rate: {drops: [0.25]}\narms:\n  - name: a\n    learning_rate:\n"
                               "      drops: []\n  - name: b\n";
    const struct config c = resolved(text, 0);
    char *once = config_text(&c);
    const struct config again = resolved(once, 0);
    char *twice = config_text(&again);

    cr_assert(eq(int, c.train.lr.drop_count, 0));
    cr_assert(eq(int, again.train.lr.drop_count, 0));
    cr_assert(eq(str, once, twice));
    cr_assert(not(zero(ptr, strstr(once, "\n  drops: []\n"))));
    cr_assert(eq(int, resolved(arms, 0).train.lr.drop_count, 0), "the arm");
    cr_assert(eq(int, resolved(arms, 1).train.lr.drop_count, 1), "the file");
    free(once);
    free(twice);
}

Test(config, a_value_that_is_too_long_says_how_long_it_may_be)
{
    char text[700];
    struct config c;

    snprintf(text, sizeof text, "model: %0600d\n", 0);
    expect_failure(resolve(&c, text, 0, NULL, 0), STATUS_INPUT,
                   "x.yaml:1:8: model: 600 characters; at most 511");
    snprintf(text, sizeof text, "model: %0100d\n", 0);
    expect_failure(resolve(&c, text, 0, NULL, 0), STATUS_INPUT,
                   "x.yaml:1:8: model: '00000000000000000000...' has 100 characters; at most 63");
}

/* --- the resolved form --- */

Test(config, the_resolved_form_is_a_file_that_resolves_to_itself)
{
    static const char text[] =
        "name: x\nlength: 2.5 epochs\nseed: 18446744073709551615\ndata: {dir: \"a b\\\"c\"}\n"
        "learning_rate: {initial: 0.30000000000000004, drops: [0.25]}\n"
        "evaluate:\n  bits: max, float32, 5\n"
        "arms:\n  - name: 1st\n    backward: {schedule: cosine, bits: 6:8}\n";
    const struct config c = resolved(text, 0);
    char *once = config_text(&c);
    const struct config again = resolved(once, 0);
    char *twice = config_text(&again);

    cr_assert(eq(str, once, twice));
    cr_assert(eq(str, (char *)again.arm, "1st"));
    cr_assert(eq(str, (char *)again.data.dir, "a b\"c"));
    cr_assert(again.train.lr.initial == 0.30000000000000004);
    cr_assert(eq(u64, again.train.seed, UINT64_MAX));
    free(once);
    free(twice);
}

Test(config, identity_ignores_names_and_places_and_nothing_else)
{
    const struct config a = resolved("name: x\nlearning_rate: {initial: 0.1}\n", 0);
    const struct config b = resolved("name: y\ndata: {dir: elsewhere}\nlearning_rate: {initial: 0.10}\n", 0);
    const struct config d = resolved("name: x\nlearning_rate: {initial: 0.2}\n", 0);
    char ha[DIGEST_SIZE], hb[DIGEST_SIZE], hd[DIGEST_SIZE];

    config_hash(ha, &a);
    config_hash(hb, &b);
    config_hash(hd, &d);
    cr_assert(eq(str, ha, hb));
    cr_assert(ne(str, ha, hd));
}

Test(config, every_key_has_a_meaning_and_a_default_that_reads_back)
{
    struct config_key key;
    int count = 0;
    for (; config_key(&key, count); count++) {
        cr_assert(strlen(key.meaning) > 0 && strlen(key.kind) > 0);
        char override[600];
        struct config c;
        const char *const overrides[] = {override};
        snprintf(override, sizeof override, "%s=%s", key.path, key.standard);
        must(resolve(&c, "name: x\n", 0, overrides, 1));
    }
    cr_assert(lt(int, 30, count));
}

Test(config, epochs_become_iterations_and_cycles_must_fit)
{
    struct config c = resolved("length: 3 epochs\n", 0);
    must(config_settle(&c, 468));
    cr_assert(eq(i64, c.train.iterations, 1404));

    c = resolved("length: 0.01 epochs\nforward: {cycles: 6}\n", 0);
    expect_failure(config_settle(&c, 468), STATUS_INPUT, "6 cycles in 5 iterations");
}

Test(config, evaluations_follow_the_schedule_and_each_name_comes_once)
{
    struct eval_point p[EVAL_POINTS];
    struct config c = resolved("evaluate: {bits: all max current 5 float32}\n", 0);

    cr_assert(eq(int, config_eval_points(p, &c, 4), 9));
    for (int i = 0; i < 6; i++)
        cr_assert(eq(int, p[i].bits, 3 + i));
    cr_assert(all(eq(str, p[2].policy, "bits_05"), eq(str, p[6].policy, "fp32"), eq(int, p[6].bits, 0)));
    cr_assert(all(eq(str, p[7].policy, "max"), eq(int, p[7].bits, 8)));
    cr_assert(all(eq(str, p[8].policy, "current"), eq(int, p[8].bits, 4)));

    c = resolved("evaluate: {bits: 8 3:5 4 2:32 max}\n", 0);
    cr_assert(eq(int, config_eval_points(p, &c, 3), 32), "every width once");
    cr_assert(all(eq(int, p[0].bits, 8), eq(int, p[1].bits, 3), eq(int, p[3].bits, 5)));

    c = resolved("recipe: float32\nevaluate: {bits: max 8}\n", 0);
    cr_assert(eq(int, config_eval_points(p, &c, 0), 2));
    cr_assert(all(eq(str, p[0].policy, "max"), eq(int, p[0].bits, 0)));
    cr_assert(all(eq(str, p[1].policy, "fp32"), eq(int, p[1].bits, 0)));
}
