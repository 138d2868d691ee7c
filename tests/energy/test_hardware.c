/* tests/energy/test_hardware.c - hardware: every knob, hardware files, what is refused and how. */
#include "energy/backends/backend.h"
#include "energy/hardware/presets.h"
#include "energy/prices/price.h"
#include "experiments/config/hardware_file.h"

#include "tests/fixtures/folder.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <math.h>

static enum status parse(struct hardware *h, const char *text)
{
    return hardware_parse(h, text, strlen(text), "x.yaml");
}

static int knob_of(const char *path)
{
    int knob = -1;
    must(hardware_find(&knob, path));
    return knob;
}

/* --- knobs --- */

Test(hardware, every_knob_has_a_default_that_reads_back)
{
    const struct hardware h = hardware_default();
    struct hardware again = hardware_default();
    const struct knob *k;

    for (int i = 0; (k = hardware_knob(i)) != NULL; i++) {
        char text[64], same[64];
        hardware_value(text, sizeof text, &h, i);
        must(hardware_set(&again, k->path, text));
        hardware_value(same, sizeof same, &again, i);
        cr_assert_str_eq(same, text, "%s", k->path);
        cr_assert(strlen(k->meaning) > 3 && strlen(k->kind) > 3, "%s", k->path);
        cr_assert_eq(knob_of(k->path), i);
    }
    must(hardware_check(&h));
}

/* Each value is another than the default, and changes the hash; the name does not. */
Test(hardware, the_hash_is_of_all_values_but_the_name)
{
    const struct hardware h = hardware_default();
    char hash[DIGEST_SIZE], other[DIGEST_SIZE];
    struct hardware named = h;

    hardware_hash(hash, &h);
    must(hardware_set(&named, "name", "something-else"));
    hardware_hash(other, &named);
    cr_assert_str_eq(other, hash);
    for (int i = 1; hardware_knob(i) != NULL; i++) {
        static const char *const values[] = {"3",       "0.75",      "300",      "true",         "false",
                                             "edp",     "hp",        "os",       "fit",          "1rw",
                                             "none",    "adam",      "emulated", "hbm2",         "bitops",
                                             "spatial", "quadratic", "all",      "zero-inserted"};
        struct hardware changed = h;
        bool different = false;
        for (size_t v = 0; v < sizeof values / sizeof values[0] && !different; v++) {
            if (hardware_set(&changed, hardware_knob(i)->path, values[v]) != STATUS_OK) continue;
            hardware_hash(other, &changed);
            different = strcmp(other, hash) != 0;
        }
        cr_assert(different, "%s", hardware_knob(i)->path);
    }
}

/* Records know hardware by its hash. */
Test(hardware, a_younger_knob_at_its_default_leaves_hashes_as_they_were)
{
    struct hardware h;
    char hash[DIGEST_SIZE];

    must(hardware_load(&h, "bitfusion", NULL, 0));
    hardware_hash(hash, &h);
    cr_assert(strncmp(hash, "db39d7a13233", 12) == 0, "%s", hash);
}

Test(hardware, values_are_written_with_the_fewest_digits)
{
    struct hardware h = hardware_default();
    char text[64];

    must(hardware_set(&h, "array.mhz", "0.1"));
    hardware_value(text, sizeof text, &h, knob_of("array.mhz"));
    cr_assert_str_eq(text, "0.1");
    must(hardware_set(&h, "array.mhz", "1e3"));
    hardware_value(text, sizeof text, &h, knob_of("array.mhz"));
    cr_assert_str_eq(text, "1000");
    must(hardware_set(&h, "buffer.weight.bytes", "64 KiB"));
    hardware_value(text, sizeof text, &h, knob_of("buffer.weight.bytes"));
    cr_assert_str_eq(text, "65536");
}

Test(hardware, numbers_are_numbers_and_words_and_auto_are_none)
{
    const struct hardware h = hardware_default();

    cr_assert_eq(hardware_number(&h, knob_of("array.rows")), 16);
    cr_assert_eq(hardware_number(&h, knob_of("array.pmax")), 8);
    cr_assert_eq(hardware_number(&h, knob_of("array.mhz")), 500);
    cr_assert_eq(hardware_number(&h, knob_of("noc.multicast")), 1);
    cr_assert(isnan(hardware_number(&h, knob_of("dram.pj_per_bit"))));
    cr_assert(isnan(hardware_number(&h, knob_of("buffer.weight.banks"))));
    cr_assert(isnan(hardware_number(&h, knob_of("dram.kind"))));
}

Test(hardware, banks_follow_the_array_unless_they_are_given)
{
    struct hardware h = hardware_default();

    cr_assert_eq(hardware_banks(&h, &h.weight), 512);
    cr_assert_eq(hardware_banks(&h, &h.input), 16);
    cr_assert_eq(hardware_banks(&h, &h.output), 32);
    cr_assert_eq(hardware_banks(&h, &h.global), 1);
    must(hardware_set(&h, "buffer.input.banks", "4"));
    cr_assert_eq(hardware_banks(&h, &h.input), 4);
}

/* --- what is refused --- */

struct refusal {
    char path[32], value[24];
    char sentence[64];
};

ParameterizedTestParameters(hardware, a_value_that_cannot_be_is_refused_with_what_can)
{
    static struct refusal rows[] = {
        {"array.rows", "0", "array.rows: 0 is out of range; want 1 to 65536"},
        {"array.rows", "-4", "array.rows: -4 is out of range"},
        {"array.rows", "1.5", "'1.5' is not a whole number"},
        {"array.rows", "99999999999999999999", "is out of range"},
        {"array.rows", "", "'' is not a whole number"},
        {"array.mhz", "0", "array.mhz: 0 is out of range; want 0.001 to"},
        {"array.mhz", "-1", "out of range"},
        {"array.mhz", "nan", "'nan' is not a number; want one as in 500, in MHz"},
        {"array.mhz", "inf", "inf is out of range; want 0.001 to 100000 MHz"},
        {"array.mhz", "1e999", "1e999 is out of range; want 0.001 to 100000 MHz"},
        {"array.mhz", "500 MHz", "'500 MHz' is not a number"},
        {"array.mhz", "auto", "'auto' is not a number"},
        {"dram.bits_per_cycle", "0", "out of range"},
        {"dram.pj_per_bit", "-15", "-15 is out of range; want 0 to 1000000 pJ/bit, or auto"},
        {"dram.pj_per_bit", "nan", "'nan' is not a number"},
        {"dram.pj_per_bit", "1e999", "1e999 is out of range; want 0 to 1000000 pJ/bit, or auto"},
        {"dram.kind", "ddr9", "did you mean 'ddr3'? known: ddr3, ddr4"},
        {"array.backend", "bitfusoin", "did you mean 'bitfusion'?"},
        {"array.mac_model", "cubic", "'cubic' is not one of: quadratic | pe-fixed"},
        {"array.mac_model", "pe", "'pe' is not one of"},
        {"array.mac_model", "", "'' is not one of"},
        {"noc.multicast", "maybe", "'maybe' is neither true nor false"},
        {"buffer.weight.bytes", "-1", "out of range"},
        {"buffer.weight.bytes", "64 kB", "'64 kB' is not a whole number, as 65536 or 64"},
        {"buffer.weight.bytes", "99999999 GiB", "is out of range"},
        {"buffer.weight.bits_per_cycle", "0", "out of range; want 1e-06 to"},
        {"system.psu_efficiency", "1.1", "out of range; want 0.01 to 1, or auto"},
        {"name", "a b", "'a b' has a ' '; want letters"},
        {"aray.rows", "3", "unknown knob 'aray.rows'; did you mean 'array.rows'?"},
        {"rows", "3", "did you mean 'array.rows'?"},
        {"dram", "3", "did you mean 'dram.kind'?"},
        {"colour", "3", "unknown knob 'colour'; `cptsim list knobs`"},
        {"", "3", "unknown knob ''"},
    };
    return cr_make_param_array(struct refusal, rows, sizeof rows / sizeof rows[0]);
}

ParameterizedTest(struct refusal *r, hardware, a_value_that_cannot_be_is_refused_with_what_can)
{
    struct hardware h = hardware_default();
    char before[DIGEST_SIZE], after[DIGEST_SIZE];

    hardware_hash(before, &h);
    expect_failure(hardware_set(&h, r->path, r->value), STATUS_INPUT, r->sentence);
    hardware_hash(after, &h);
    cr_assert_str_eq(after, before, "a refused value changes nothing");
}

struct conflict {
    char path[32], value[16], path_too[32], value_too[16];
    char sentence[64];
};

ParameterizedTestParameters(hardware, knobs_that_contradict_each_other_are_refused)
{
    static struct conflict rows[] = {
        {"array.pmin", "9", "name", "x", "array.pmin is 9 and array.pmax 8"},
        {"dram.kind", "custom", "name", "x", "dram.pj_per_bit is auto and dram.kind is custom"},
        {"dram.kind", "custom", "dram.pj_per_bit", "3", "dram.background_w is auto"},
        {"buffer.input.energy", "fixed", "name", "x", "want buffer.input.read_pj_per_bit"},
        {"buffer.weight.bytes", "4095", "name", "x", "buffer.weight: 4095 bytes are too few for 512 banks"},
        {"tech.node_nm", "5", "tech.scaling", "stillmaker", "knows 7 to 130 nm, not 5"},
        {"tech.node_nm", "180", "tech.scaling", "stillmaker", "knows 7 to 130 nm, not 180"},
    };
    return cr_make_param_array(struct conflict, rows, sizeof rows / sizeof rows[0]);
}

ParameterizedTest(struct conflict *r, hardware, knobs_that_contradict_each_other_are_refused)
{
    struct hardware h = hardware_default();
    must(hardware_set(&h, r->path, r->value));
    must(hardware_set(&h, r->path_too, r->value_too));
    expect_failure(hardware_check(&h), STATUS_INPUT, r->sentence);
}

/* --- files --- */

struct bad_file {
    char text[80];
    char sentence[96];
};

ParameterizedTestParameters(hardware, a_file_is_refused_with_place_and_remedy)
{
    static struct bad_file rows[] = {
        {"", "x.yaml: is empty"},
        {"# nothing\n", "x.yaml: is empty"},
        {"- a\n", "x.yaml:1:1: not a hardware file"},
        {"array:\n\trows: 3\n", "x.yaml:2:1: not YAML"},
        {"array: {rows: 3}\n---\ndram: {}\n", "x.yaml:3:1: a second YAML document"},
        {"array:\n  rows: 16\n  colums: 3\n",
         "x.yaml:3:3: unknown knob 'array.colums'; did you mean 'array.columns'?"},
        {"array:\n  rows: 0\n", "x.yaml:2:9: array.rows: 0 is out of range"},
        {"array:\n  rows: [1, 2]\n", "x.yaml:2:9: array.rows: want one value: a whole number"},
        {"array: 3\n", "x.yaml:1:1: unknown knob 'array'; did you mean 'array.backend'?"},
        {"array: {rows: 3}\narray: {mhz: 2}\n", "x.yaml:2:1: key 'array' appears twice"},
        {"array:\n  rows: 3\n  rows: 3\n", "x.yaml:3:3: key 'array.rows' appears twice"},
        {"array: {rows: 3}\narray.rows: 4\n", "x.yaml:2:1: key 'array.rows' appears twice"},
        {"? [a]\n: 3\n", "x.yaml:1:3: a key that is not a word"},
        {"base: bitfusoin\n", "x.yaml:1:7: unknown hardware 'bitfusoin'; did you mean 'bitfusion'?"},
        {"base: [bitfusion]\n", "x.yaml:1:7: base: want a name"},
        {"array: &a {rows: *a}\n", "x.yaml:1:8: an anchor"},
        {"array: {rows: *a}\n", "x.yaml:1:15: an alias"},
        {"array: {rows: {rows: {rows: 3}}}\n", "unknown knob 'array.rows.rows.rows'"},
    };
    return cr_make_param_array(struct bad_file, rows, sizeof rows / sizeof rows[0]);
}

ParameterizedTest(struct bad_file *r, hardware, a_file_is_refused_with_place_and_remedy)
{
    struct hardware h;
    expect_failure(parse(&h, r->text), STATUS_INPUT, r->sentence);
}

Test(hardware, a_file_starts_from_its_base_wherever_it_is_said)
{
    struct hardware h, base;

    must(hardware_load(&base, "bitfusion", NULL, 0));
    must(parse(&h, "array: {rows: 8}\nbase: bitfusion\ndram.kind: hbm2\n"));
    cr_assert_eq(h.array.rows, 8);
    cr_assert_eq(h.array.columns, base.array.columns);
    cr_assert(h.bitfusion.compat && h.training.products_only);
    cr_assert_str_eq(h.name, "x");
    must(parse(&h, "name: mine\narray: {rows: 8}\n"));
    cr_assert_str_eq(h.name, "mine");
    cr_assert(!h.bitfusion.compat);
}

struct renamed {
    const char *sets[2];
    int count;
    const char *name;
};

Test(hardware, what_is_changed_is_in_the_name)
{
    static const struct renamed rows[] = {
        {{"array.rows=16"}, 1, "bitfusion"}, /* as it was */
        {{"dram.pj_per_bit=30"}, 1, "bitfusion+dram.pj_per_bit=30"},
        {{"dram.pj_per_bit=30", "dram.pj_per_bit=auto"}, 2, "bitfusion"},
        {{"array.rows=8", "dram.kind=hbm2"}, 2, "bitfusion+2"},
        {{"buffer.weight.read_pj_per_bit=0.12345678901"}, 1, "bitfusion+1"}, /* it would not fit */
        {{"array.rows=8", "name=mine"}, 2, "mine"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct hardware h, again = hardware_default();
        must(hardware_load(&h, "bitfusion", rows[i].sets, rows[i].count));
        cr_assert_str_eq(h.name, rows[i].name);
        must(hardware_set(&again, "name", h.name)); /* as a printed file has it */
    }
}

Test(hardware, set_is_laid_over_a_file_and_checked_with_it)
{
    const struct folder f = folder_new();
    const char *const good[] = {"array.rows=8", "dram.kind=hbm2"};
    const char *const unknown[] = {"aray.rows=8"}, *const bare[] = {"array.rows"},
                      *const clash[] = {"array.pmax=1"};
    struct hardware h;

    FILE *file = fopen(folder_path(&f, "small one.yaml"), "w");
    fputs("array: {rows: 4, columns: 4}\n", file);
    fclose(file);
    must(hardware_load(&h, folder_path(&f, "small one.yaml"), good, 2));
    cr_assert_eq(h.array.rows, 8);
    cr_assert_eq(h.array.columns, 4);
    cr_assert_str_eq(h.name, "small-one+2");
    expect_failure(hardware_load(&h, "bitfusion", unknown, 1), STATUS_USAGE,
                   "--set aray.rows=8: unknown knob 'aray.rows'; did you mean 'array.rows'?");
    expect_failure(hardware_load(&h, "bitfusion", bare, 1), STATUS_USAGE, "want KNOB=VALUE");
    expect_failure(hardware_load(&h, "bitfusion", clash, 1), STATUS_USAGE,
                   "hardware bitfusion: array.pmin is 2");
    expect_failure(hardware_load(&h, folder_path(&f, "none.yaml"), NULL, 0), STATUS_IO,
                   "want a hardware file");
    expect_failure(hardware_load(&h, f.path, NULL, 0), STATUS_INPUT, "is a folder");
    expect_failure(hardware_load(&h, "bitfusin", NULL, 0), STATUS_USAGE, "did you mean 'bitfusion'?");
}

/* --- the hardware of the program --- */

Test(hardware, every_hardware_of_the_program_loads_and_is_priced)
{
    const struct constants k = constants_nominal();
    int count;
    const struct preset *presets = preset_all(&count);

    cr_assert_geq(count, 7);
    for (int i = 0; i < count; i++) {
        struct hardware h;
        struct prices p;
        char title[256];
        must(hardware_load(&h, presets[i].name, NULL, 0));
        cr_assert_str_eq(h.name, presets[i].name);
        hardware_title(title, sizeof title, i);
        cr_assert(strlen(title) > 20, "%s: '%s'", presets[i].name, title);
        prices_make(&p, &h, &k);
        for (int c = 0; c < COST_COMPONENTS; c++)
            cr_assert(isfinite(p.pj[c]) && p.pj[c] >= 0, "%s", presets[i].name);
    }
}

Test(hardware, the_program_holds_the_files_byte_for_byte)
{
    int count;
    const struct preset *presets = preset_all(&count);

    for (int i = 0; i < count; i++) {
        char path[128];
        unsigned char bytes[8192];
        snprintf(path, sizeof path, "energy/hardware/%s.yaml", presets[i].name);
        FILE *file = fopen(path, "rb");
        cr_assert_not_null(file, "%s", path);
        const size_t length = fread(bytes, 1, sizeof bytes, file);
        fclose(file);
        cr_assert_eq(length, presets[i].length, "%s", path);
        cr_assert_eq(memcmp(bytes, presets[i].text, length), 0, "%s", path);
    }
}

/* Chen et al., JSSC 2017: 2, 1, 4, 15 and 460 pJ for 16 bits. */
Test(hardware, eyeriss_has_its_published_prices)
{
    const struct constants k = constants_nominal();
    struct hardware h;
    struct prices p;

    must(hardware_load(&h, "eyeriss", NULL, 0));
    prices_make(&p, &h, &k);
    const double mac = p.pj[COST_MULTIPLY] * multiply_equivalents(&h, &k, 16, 16);
    cr_assert_float_eq(mac, k.value[EYERISS_MAC], 0.002, "%g", mac);
    cr_assert_eq(16 * p.pj[COST_REGISTER], k.value[EYERISS_REGISTER]);
    cr_assert_eq(16 * p.pj[COST_NETWORK], k.value[EYERISS_HOP]);
    cr_assert_eq(16 * p.pj[COST_GLOBAL_READ], k.value[EYERISS_BUFFER]);
    cr_assert_eq(16 * p.pj[COST_DRAM_READ], k.value[EYERISS_DRAM]);
    cr_assert_float_eq(p.pj[COST_LEAKAGE], k.value[EYERISS_STATIC] * 1e9, 1);
}
