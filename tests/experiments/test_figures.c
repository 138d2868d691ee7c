/* tests/experiments/test_figures.c - figures say what the records hold, in the same bytes each time. */
#include "experiments/read/figures.h"
#include "tests/fixtures/arms_fixture.h"

#include <unistd.h>

/* --- data files --------------------------------------------------------------------------------------- */

enum { TEXT = 1 << 16 };

/* Claim that column `at` of a data file of `columns` holds the values of a data set, bit for bit. */
static void expect_column(const struct fixture *f, const char *file, int at, int columns, const char *name,
                          const char *path)
{
    static char text[TEXT];
    struct store_info info;
    struct store *s;
    void *values;

    slurp(text, sizeof text, &f->folder, file);
    must(store_open(&s, folder_path(&f->folder, "runs/cpt-3-8/run.h5"), STORE_READ));
    must(store_load(&values, &info, STORE_F64, s, path));
    char *cell = strtok(text, "\t\n");
    for (int i = 0; i < at; i++)
        cell = strtok(NULL, "\t\n");
    cr_assert(strcmp(cell, name) == 0, "column %d is '%s', not '%s'", at, cell, name);
    for (int64_t row = 0; row < info.count; row++) {
        for (int i = 0; i < columns; i++)
            cell = strtok(NULL, "\t\n");
        cr_assert(cell != NULL, "%s ends after %ld rows", file, (long)row);
        cr_assert(same_bits(strtod(cell, NULL), ((const double *)values)[row]), "%s, row %ld: %s", path,
                  (long)row, cell);
    }
    for (int i = at + 1; i < columns; i++)
        cell = strtok(NULL, "\t\n");
    cr_assert(strtok(NULL, "\t\n") == NULL, "%s has more rows than the record", file);
    free(values);
    store_close(&s);
}

Test(figures, data_files_equal_the_record)
{
    struct fixture f;

    three_arms(&f);
    struct arms *a = read_arms(&f, "runs");
    must(figures_write_data(folder_path(&f.folder, "figures"), a));
    expect_column(&f, "figures/data/3-cpt-3-8.train.dat", 0, 6, "iter", "train/iter");
    expect_column(&f, "figures/data/3-cpt-3-8.train.dat", 1, 6, "loss", "train/loss");
    expect_column(&f, "figures/data/3-cpt-3-8.train.dat", 2, 6, "lr", "train/lr");
    expect_column(&f, "figures/data/3-cpt-3-8.train.dat", 3, 6, "bits_fw", "train/bits_fw");
    expect_column(&f, "figures/data/3-cpt-3-8.train.dat", 5, 6, "bitops", "train/bitops");
    expect_column(&f, "figures/data/3-cpt-3-8.eval.dat", 0, 5, "iter", "eval/max/iter");
    expect_column(&f, "figures/data/3-cpt-3-8.eval.dat", 2, 5, "acc", "eval/max/test_acc");
    free(a);
    fixture_close(&f);
}

Test(figures, an_evaluation_stands_at_the_cost_of_the_iterations_before_it)
{
    struct fixture f;
    static char text[TEXT];
    double cost = 0;

    three_arms(&f);
    struct arms *a = read_arms(&f, "runs");
    must(figures_write_data(folder_path(&f.folder, "figures"), a));
    slurp(text, sizeof text, &f.folder, "figures/data/3-cpt-3-8.eval.dat");
    for (int64_t i = 0; i < EVALUATED_EVERY; i++)
        cost += bitops_of(bits_of(i, 3, 8));
    const char *second_line = strchr(text, '\n') + 1;
    double bitops;
    cr_assert(sscanf(second_line, "50\t8\t%*g\t%*g\t%lf\n", &bitops) == 1, "%s", second_line);
    cr_assert(same_bits(bitops, cost));
    free(a);
    fixture_close(&f);
}

Test(figures, names_of_files_are_made_of_letters_that_files_may_have)
{
    struct fixture f;

    fixture_open(&f);
    f.spec.title = "../a b\n\"c";
    struct record *r;
    must(record_open(&r, &f.spec, false));
    fixture_rows(r, 0, 3);
    must(record_close(&r, STATUS_OK));
    struct arms *a = read_arms(&f, "runs");
    must(figures_write_data(folder_path(&f.folder, "figures"), a));
    cr_assert(folder_size(&f.folder, "figures/data/1-.._a_b__c.train.dat") > 0);
    free(a);
    fixture_close(&f);
}

/* --- pictures ----------------------------------------------------------------------------------------- */

static long big_endian(const uint8_t *at)
{
    return (long)at[0] << 24 | at[1] << 16 | at[2] << 8 | at[3];
}

/* Claim that both forms of a figure are there, in their sizes: SVG in pixels, PNG at three times them. */
static void expect_figure(const struct folder *f, const char *name, int width, int height)
{
    static char bytes[1 << 20];
    char file[64], size[64];

    snprintf(file, sizeof file, "figures/%s.svg", name);
    slurp(bytes, sizeof bytes, f, file);
    snprintf(size, sizeof size, "width=\"%d\" height=\"%d\"", width, height);
    cr_assert(strstr(bytes, size) != NULL && strstr(bytes, "</svg>") != NULL, "%s is not a whole SVG", file);
    snprintf(file, sizeof file, "figures/%s.png", name);
    const size_t length = folder_read(f, file, bytes, sizeof bytes);
    cr_assert(length > 4096 && memcmp(bytes, "\x89PNG\r\n\x1a\n", 8) == 0, "%s is no PNG", file);
    cr_assert(big_endian((uint8_t *)bytes + 16) == 3 * width &&
              big_endian((uint8_t *)bytes + 20) == 3 * height);
}

Test(figures, are_drawn_in_their_sizes_and_the_same_bytes_again)
{
    static const char *const files[] = {"schedule.svg", "schedule.png", "accuracy.svg", "accuracy.png"};
    static char first[1 << 20], second[1 << 20];
    struct fixture f;
    struct answer o;

    three_arms(&f);
    cli(&o, &f.folder, "figures %s/runs --out %s/figures", f.folder.path, f.folder.path);
    cr_assert(o.code == 0 && o.err[0] == '\0', "%s", o.err);
    cr_assert(strstr(o.out, "/figures/schedule.svg\n") != NULL &&
              strstr(o.out, "/figures/accuracy.png\n") != NULL);
    expect_figure(&f.folder, "schedule", 662, 500);
    expect_figure(&f.folder, "accuracy", 662, 400);

    cli(&o, &f.folder, "figures %s/runs --out %s/again", f.folder.path, f.folder.path);
    cr_assert(o.code == 0, "%s", o.err);
    for (int i = 0; i < 4; i++) {
        char a[64], b[64];
        snprintf(a, sizeof a, "figures/%s", files[i]);
        snprintf(b, sizeof b, "again/%s", files[i]);
        const size_t length = folder_read(&f.folder, a, first, sizeof first);
        cr_assert(length == folder_read(&f.folder, b, second, sizeof second), "%s", files[i]);
        cr_assert(memcmp(first, second, length) == 0, "%s differs from itself", files[i]);
    }
    fixture_close(&f);
}

struct lone_run {
    char name[16];
    int least, most;
};

static struct lone_run lone_runs[] = {
    {"float32", 0, 0}, {"static", 8, 8}, {"cyclic", 3, 8}, {"2 bits", 2, 2}};

Test(figures, a_run_alone_can_be_drawn)
{
    for (size_t i = 0; i < sizeof lone_runs / sizeof *lone_runs; i++) {
        const struct lone_run *run = &lone_runs[i];
        struct fixture f;
        struct answer o;
        fixture_open(&f);
        write_run(&f, run->name, run->least, run->most, true);
        cli(&o, &f.folder, "figures '%s/runs/%s' --out %s/figures", f.folder.path, run->name, f.folder.path);
        cr_assert(o.code == 0, "%s: %s", run->name, o.err);
        expect_figure(&f.folder, "accuracy", 662, 400);
        fixture_close(&f);
    }
}

Test(figures, a_run_without_evaluations_has_its_schedule_drawn)
{
    struct fixture f;
    struct answer o;

    fixture_open(&f);
    write_run(&f, "new", 3, 8, false);
    cli(&o, &f.folder, "figures %s/runs --out %s/figures", f.folder.path, f.folder.path);
    cr_assert(o.code == 0 && strstr(o.err, "accuracy: left out") != NULL, "%s", o.err);
    expect_figure(&f.folder, "schedule", 662, 500);
    cr_assert(folder_size(&f.folder, "figures/accuracy.svg") == -1);
    fixture_close(&f);
}

/* --- whose folder ------------------------------------------------------------------------------------- */

Test(figures, of_other_runs_are_not_overwritten_without_force)
{
    static char first[1 << 20], second[1 << 20];
    struct fixture f;
    struct answer o;

    three_arms(&f);
    const char *root = f.folder.path;
    cli(&o, &f.folder, "figures %s/runs/static-8 --figure schedule --out %s/figures", root, root);
    cr_assert(o.code == 0, "%s", o.err);
    const size_t length = folder_read(&f.folder, "figures/schedule.svg", first, sizeof first);
    cli(&o, &f.folder, "figures %s/runs/cpt-3-8 --out %s/figures", root, root);
    expect_refusal(&o, 4, "/figures: has the figures of ");
    cr_assert(strstr(o.err, "/runs/static-8; --out puts those of ") != NULL, "%s", o.err);
    cr_assert(length == folder_read(&f.folder, "figures/schedule.svg", second, sizeof second) &&
                  memcmp(first, second, length) == 0,
              "the figure is as it was");
    cr_assert(folder_size(&f.folder, "figures/data/1-cpt-3-8.train.dat") == -1);

    cli(&o, &f.folder, "figures %s/runs/../runs/static-8/ --figure schedule --out %s/figures", root, root);
    cr_assert(o.code == 0, "the same runs by another name: %s", o.err);
    cli(&o, &f.folder, "figures %s/runs/cpt-3-8 --out %s/figures --figure schedule --force", root, root);
    cr_assert(o.code == 0, "%s", o.err);
    cli(&o, &f.folder, "figures %s/runs/static-8 --out %s/figures", root, root);
    expect_refusal(&o, 4, "/runs/cpt-3-8; --out puts");
    fixture_close(&f);
}

/* --- refusals ----------------------------------------------------------------------------------------- */

Test(figures, what_is_no_folder_of_records_is_refused)
{
    const struct folder f = folder_new();
    static const char *const commands[] = {"figures", "report"};
    struct answer o;

    cr_assert(mkdir(folder_path(&f, "foreign"), 0777) == 0);
    folder_write(&f, "foreign/run.h5", "not HDF5", 8);
    for (int i = 0; i < 2; i++) {
        cli(&o, &f, "%s %s/nothing", commands[i], f.path);
        expect_refusal(&o, 4, "nothing: No such file or directory; want a folder of runs, as train writes");
        cli(&o, &f, "%s %s/foreign/run.h5", commands[i], f.path);
        expect_refusal(&o, 3, "foreign/run.h5: is a file; want a folder of runs");
        cli(&o, &f, "%s %s", commands[i], f.path);
        expect_refusal(&o, 3, "foreign/run.h5: is not");
        cli(&o, &f, "%s", commands[i]);
        expect_refusal(&o, 2, "takes one folder of runs");
    }
    folder_remove(&f);
}

Test(figures, an_unknown_figure_and_a_folder_that_cannot_be_made_are_refused)
{
    struct fixture f;
    struct answer o;

    three_arms(&f);
    cli(&o, &f.folder, "figures %s/runs --figure shedule", f.folder.path);
    expect_refusal(&o, 2, "unknown figure 'shedule'; did you mean 'schedule'?");
    folder_write(&f.folder, "file", "", 0);
    cli(&o, &f.folder, "figures %s/runs --out %s/file", f.folder.path, f.folder.path);
    expect_refusal(&o, 4, "/file: cannot make the folder: ");
    cli(&o, &f.folder, "figures %s/runs --out %s/figures --scripts %s", f.folder.path, f.folder.path,
        f.folder.path);
    expect_refusal(&o, 4, "schedule.gp: gnuplot cannot draw it");
    cr_assert(folder_size(&f.folder, "figures/schedule.svg") == -1);
    fixture_close(&f);
}

Test(figures, without_gnuplot_the_sentence_says_what_to_install)
{
    struct fixture f;
    struct answer o;
    char *path = strdup(getenv("PATH"));

    three_arms(&f);
    setenv("PATH", f.folder.path, 1);
    cli(&o, &f.folder, "figures %s/runs --out %s/figures", f.folder.path, f.folder.path);
    setenv("PATH", path, 1);
    expect_refusal(&o, 4, "gnuplot is missing; install it with 'sudo apt-get install gnuplot-nox ");
    cr_assert(folder_size(&f.folder, "figures/data/arms.dat") > 0, "the data files are kept");
    free(path);
    fixture_close(&f);
}
