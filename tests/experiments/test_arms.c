/* tests/experiments/test_arms.c - claims about the arms of an experiment: their order, bits and savings,
 * and the report. */
#include "tests/fixtures/arms_fixture.h"

#include <signal.h>
#include <unistd.h>

/* Record one iteration at 8 bits. */
static void write_row(const struct record_spec *spec)
{
    struct record *r;
    const struct run_row row = row_of(0, 8, 8);

    must(record_open(&r, spec, false));
    must(record_row(r, &row));
    must(record_close(&r, STATUS_OK));
}

Test(arms, arms_come_dearest_first_with_the_bits_they_trained_at)
{
    static const char *const names[] = {"float32", "static-8", "cpt-3-8"};
    static const char *const precisions[] = {"float32", "8/8", "3-8/8"};
    struct fixture f;

    three_arms(&f);
    struct arms *a = read_arms(&f, "runs");
    cr_assert(a->count == 3);
    for (int i = 0; i < 3; i++) {
        cr_assert(strcmp(a->arm[i].name, names[i]) == 0, "%s", a->arm[i].name);
        cr_assert(strcmp(a->arm[i].precision, precisions[i]) == 0, "%s", a->arm[i].precision);
        cr_assert((int)a->arm[i].kind == i && strcmp(a->arm[i].status, "done") == 0);
        cr_assert(a->arm[i].iterations == ITERATIONS && strcmp(arm_split(&a->arm[i]), "test") == 0);
        cr_assert(same_bits(a->arm[i].accuracy, fixture_evaluation(ITERATIONS, 8).accuracy));
    }
    free(a);
    fixture_close(&f);
}

Test(arms, savings_are_against_the_static_arm)
{
    struct fixture f;
    double cyclic = 0;

    three_arms(&f);
    struct arms *a = read_arms(&f, "runs");
    for (int64_t i = 0; i < ITERATIONS; i++)
        cyclic += bitops_of(bits_of(i, 3, 8));
    cr_assert(a->reference == &a->arm[1]);
    cr_assert(isnan(arm_saving(a, &a->arm[0])));
    cr_assert(same_bits(arm_saving(a, &a->arm[1]), 0));
    cr_assert(same_bits(arm_saving(a, &a->arm[2]), 1 - cyclic / (ITERATIONS * bitops_of(8))));
    free(a);
    fixture_close(&f);
}

Test(arms, a_longer_run_is_not_compared_with_the_static_arm)
{
    struct fixture f;
    struct answer o;

    three_arms(&f);
    struct arms *a = read_arms(&f, "runs");
    struct arm *cyclic = &a->arm[2];
    cr_assert(arm_comparable(a, cyclic));
    cyclic->images++;
    cyclic->own_saving = 0.25;
    cr_assert(!arm_comparable(a, cyclic) && same_bits(arm_saving(a, cyclic), 0.25));
    free(a);

    f.spec.model = "other";
    f.spec.title = "static-8";
    f.spec.dir = folder_path(&f.folder, "runs/again");
    write_row(&f.spec);
    cli(&o, &f.folder, "report %s/runs", f.folder.path);
    cr_assert(strstr(o.out, "| again ") != NULL, "titles repeat, so folders name the arms: %s", o.out);
    cr_assert(strstr(o.out, "; for a run of another length, model or data, of the same run") != NULL, "%s",
              o.out);
    fixture_close(&f);
}

/* Record a run in runs/NAME by a process that ends it so, or is killed before. */
static void write_open_run(struct fixture *f, const char *name, enum status outcome, bool killed)
{
    struct record *r;

    snprintf(f->dir, sizeof f->dir, "%s/runs/%s", f->folder.path,
             name); /* which the specification points at */
    f->spec.title = name;
    const pid_t child = fork();
    if (child == 0) {
        must(record_open(&r, &f->spec, false));
        const struct run_row row = row_of(0, 3, 3);
        must(record_row(r, &row));
        must(record_flush(r));
        if (killed) raise(SIGKILL);
        must(record_close(&r, outcome));
        _exit(0);
    }
    cr_assert(child > 0 && waitpid(child, NULL, 0) == child);
}

Test(arms, a_killed_run_is_not_called_running)
{
    struct fixture f;
    struct answer o;
    struct record *r;

    fixture_open(&f);
    write_open_run(&f, "killed", STATUS_OK, true);
    cli(&o, &f.folder, "report %s/runs", f.folder.path);
    cr_assert(strstr(o.out, "| killed, 1 of 1000 |") != NULL, "%s", o.out);
    cr_assert(strstr(o.out, "|        - | -  |") != NULL, "nothing was evaluated, at no bits: %s", o.out);
    cr_assert(strstr(o.out, "\nkilled, interrupted: the same 'cptsim train' with --resume goes on.\n") !=
              NULL);
    must(record_resume(&r, &f.spec));
    cli(&o, &f.folder, "report %s/runs", f.folder.path);
    cr_assert(strstr(o.out, "| running, 1 of 1000 |") != NULL && strstr(o.out, "killed,") == NULL, "%s",
              o.out);
    must(record_close(&r, STATUS_INTERRUPTED));
    write_open_run(&f, "diverged", STATUS_DIVERGED, false);
    cli(&o, &f.folder, "report %s/runs --json", f.folder.path);
    cr_assert(
        strstr(o.out, "\"status\": \"interrupted\", \"iterations\": 1, \"planned_iterations\": 1000, ") !=
            NULL,
        "%s", o.out);
    cr_assert(strstr(o.out, "\"status\": \"diverged\", ") != NULL, "%s", o.out);
    fixture_close(&f);
}

Test(arms, nothing_is_saved_before_a_run_is_done)
{
    struct fixture f;
    struct record *r;

    three_arms(&f);
    f.spec.dir = folder_path(&f.folder, "runs/going-on");
    f.spec.title = "going-on";
    must(record_open(&r, &f.spec, false));
    const struct run_row row = row_of(0, 3, 3);
    must(record_row(r, &row));
    must(record_flush(r));
    struct arms *a = read_arms(&f, "runs");
    cr_assert(a->count == 4 && strcmp(a->arm[3].status, "running") == 0);
    cr_assert(isnan(arm_saving(a, &a->arm[3])) && isnan(a->arm[3].accuracy));
    must(record_close(&r, STATUS_OK));
    free(a);
    fixture_close(&f);
}

/* --- report ------------------------------------------------------------------------------------------- */

Test(arms, a_report_shows_the_number_formats_where_a_run_has_its_own)
{
    static const char *const resolved[] = {"roles: {weight: fp:e4m3fn, error: fp:e5m2:sr8}\n", "no key: 1\n"};
    struct fixture f;
    struct answer o;

    three_arms(&f);
    cli(&o, &f.folder, "report %s/runs", f.folder.path);
    cr_assert(o.code == 0 && strstr(o.out, "roles") == NULL, "no column without a word in it: %s", o.out);
    f.spec.config.resolved = resolved[0];
    write_run(&f, "fp8", 8, 8, true);
    f.spec.config.resolved = resolved[1];
    write_run(&f, "older", 8, 8, true);
    cli(&o, &f.folder, "report %s/runs", f.folder.path);
    cr_assert(strstr(o.out, "| weight=fp:e4m3fn error=fp:e5m2:sr8 |\n") != NULL, "%s", o.out);
    cr_assert(strstr(o.out, "| unknown                            |\n") != NULL, "%s", o.out);
    cr_assert(strstr(o.out, "| -                                  |\n") != NULL, "%s", o.out);
    cli(&o, &f.folder, "report %s/runs --json", f.folder.path);
    cr_assert(strstr(o.out, "\"roles\": \"weight=fp:e4m3fn error=fp:e5m2:sr8\"}") != NULL, "%s", o.out);
    cr_assert(strstr(o.out, "\"roles\": \"\"}") != NULL, "%s", o.out);
    cli(&o, &f.folder, "info %s/runs/fp8", f.folder.path);
    cr_assert(strstr(o.out, "\nroles                          weight=fp:e4m3fn error=fp:e5m2:sr8\n") != NULL,
              "%s", o.out);
    fixture_close(&f);
}

Test(arms, a_report_is_a_markdown_table_or_json)
{
    struct fixture f;
    struct answer o;

    three_arms(&f);
    cli(&o, &f.folder, "report %s/runs", f.folder.path);
    cr_assert(o.code == 0 && strncmp(o.out, "| arm      | bits    | accuracy | at      |", 43) == 0, "%s",
              o.out);
    cr_assert(strstr(o.out, "| static-8 | 8/8     |  27.00 % | 8 bits  |    27.00 % |") != NULL, "%s", o.out);
    cr_assert(strstr(o.out, "saving: of the GBitOPs of static-8.") != NULL, "%s", o.out);
    cli(&o, &f.folder, "report %s/runs --json", f.folder.path);
    cr_assert(o.code == 0 && strncmp(o.out, "{\"arm\": \"float32\", \"status\": \"done\", ", 37) == 0, "%s",
              o.out);
    cr_assert(strstr(o.out, "\"precision\": \"3-8/8\"") != NULL && strstr(o.out, "\"saving\": null") != NULL);
    fixture_close(&f);
}

/* --- folders of runs ---------------------------------------------------------------------------------- */

Test(arms, a_broken_record_is_marked_and_the_others_are_shown)
{
    struct fixture f;
    struct answer o;

    three_arms(&f);
    const char *hurt = folder_path(&f.folder, "runs/float32/run.h5");
    cr_assert(truncate(hurt, 1000) == 0);
    cli(&o, &f.folder, "report %s/runs", f.folder.path);
    expect_refusal(&o, 3, "float32/run.h5: cannot open it");
    cr_assert(strstr(o.out, "| static-8 | 8/8   |  27.00 % |") != NULL, "%s", o.out);
    cr_assert(strstr(o.out, "| float32  | -     |        - | -      |") != NULL, "%s", o.out);
    cr_assert(strstr(o.out, " | unreadable ") != NULL && strstr(o.out, "\nunreadable: ") != NULL, "%s",
              o.out);
    cli(&o, &f.folder, "report %s/runs --json", f.folder.path);
    expect_refusal(&o, 3, "float32/run.h5: cannot open it");
    cr_assert(strstr(o.out, "{\"arm\": \"float32\", \"status\": \"unreadable\", \"iterations\": null, ") !=
                  NULL,
              "%s", o.out);
    cli(&o, &f.folder, "figures %s/runs --out %s/figures --figure accuracy", f.folder.path, f.folder.path);
    expect_refusal(&o, 3, "float32/run.h5: cannot open it");
    cr_assert(strstr(o.out, "accuracy.png\n") != NULL && folder_size(&f.folder, "figures/accuracy.svg") > 0);
    cr_assert(truncate(folder_path(&f.folder, "runs/cpt-3-8/run.h5"), 1000) == 0);
    cli(&o, &f.folder, "report %s/runs", f.folder.path);
    expect_refusal(&o, 3, "2 runs cannot be read; the first: ");
    cr_assert(truncate(folder_path(&f.folder, "runs/static-8/run.h5"), 1000) == 0);
    cli(&o, &f.folder, "report %s/runs", f.folder.path);
    expect_refusal(&o, 3, "3 runs cannot be read; the first: ");
    fixture_close(&f);
}

Test(arms, runs_are_found_at_any_depth_and_once)
{
    struct fixture f;

    fixture_open(&f);
    write_run(&f, "a/b/c/static-8", 8, 8, true);
    write_run(&f, "cpt-3-8", 3, 8, true);
    cr_assert(symlink("../..", folder_path(&f.folder, "runs/a/b/circle")) == 0);
    cr_assert(symlink("a/b/c/static-8", folder_path(&f.folder, "runs/newest")) == 0);
    cr_assert(symlink("nowhere", folder_path(&f.folder, "runs/dangling")) == 0);
    struct arms *a = read_arms(&f, "runs");
    cr_assert(a->count == 2 && a->broken_count == 0, "%d, %d", a->count, a->broken_count);
    free(a);
    fixture_close(&f);
}

Test(arms, a_folder_that_is_shut_is_told_of)
{
    struct fixture f;
    static struct arms a;

    three_arms(&f);
    cr_assert(chmod(folder_path(&f.folder, "runs/float32"), 0) == 0);
    cr_assert(mkdir(folder_path(&f.folder, "runs/shut"), 0) == 0);
    cr_assert(chmod(f.folder.path, 0755) == 0);
    const uid_t uid = geteuid(); /* root may read everything: somebody else asks */
    cr_assert(uid != 0 || setresuid(65534, 65534, 0) == 0);
    must(arms_read(&a, folder_path(&f.folder, "runs")));
    cr_assert(a.count == 2 && a.broken_count == 2, "%d, %d", a.count, a.broken_count);
    expect_failure(arms_whole(&a), STATUS_IO, "runs/float32: Permission denied");
    cr_assert(uid != 0 || setresuid(0, 0, 0) == 0);
    fixture_close(&f);
}
