/* tests/experiments/test_store_safety.c - claims about damaged files and failed writes: a failure leaves
 * what was there. */
#include "tests/fixtures/store_rows.h"

#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

/* HDF5 1.10 loses a little of its own memory when it meets damaged metadata; LeakSanitizer calls this. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libhdf5\n";
}

/* --- foreign and damaged files ------------------------------------------------------------------------- */

Test(store_safety, foreign_and_empty_files_are_refused)
{
    struct folder f = folder_new();
    struct store *s;

    folder_write(&f, "text.h5", "seed: 1\nmodel: resnet20\n", 24);
    folder_write(&f, "empty.h5", "", 0);
    expect_failure(store_open(&s, folder_path(&f, "text.h5"), STORE_READ), STATUS_INPUT,
                   "is not an HDF5 file");
    expect_failure(store_open(&s, folder_path(&f, "text.h5"), STORE_UPDATE), STATUS_INPUT,
                   "is not an HDF5 file");
    expect_failure(store_open(&s, folder_path(&f, "empty.h5"), STORE_READ), STATUS_INPUT, "is empty");
    folder_remove(&f);
}

Test(store_safety, truncated_files_are_refused_at_every_length)
{
    struct folder f = folder_new();
    struct store *s;
    struct stat st;
    static char bytes[1 << 20];

    must(store_open(&s, folder_path(&f, "a.h5"), STORE_CREATE));
    append(s, 0, 100);
    must(store_flush(s));
    store_close(&s);
    stat(folder_path(&f, "a.h5"), &st);
    folder_read(&f, "a.h5", bytes, sizeof bytes);
    for (off_t keep = st.st_size - 1; keep > 0; keep -= 1 + st.st_size / 23) {
        folder_write(&f, "cut.h5", bytes, (size_t)keep);
        expect_failure(store_open(&s, folder_path(&f, "cut.h5"), STORE_READ), STATUS_INPUT, "cut.h5: ");
    }
    folder_remove(&f);
}

Test(store_safety, damage_is_found_wherever_it_is)
{
    struct folder f = folder_new();
    struct store *s;
    struct stat st;
    static char bytes[1 << 20];
    int found = 0;
    bool has_digest;

    must(store_open(&s, folder_path(&f, "a.h5"), STORE_CREATE));
    append(s, 0, 100);
    must(store_flush(s));
    store_close(&s);
    stat(folder_path(&f, "a.h5"), &st);
    for (off_t at = 0; at < st.st_size; at += st.st_size / 101) { /* never a crash, whichever byte it is */
        void *loss;
        folder_read(&f, "a.h5", bytes, sizeof bytes);
        bytes[at] = (char)(bytes[at] ^ 0x55);
        folder_write(&f, "hurt.h5", bytes, (size_t)st.st_size);
        enum status status = store_open(&s, folder_path(&f, "hurt.h5"), STORE_READ);
        if (status == STATUS_OK)
            expect_failure(store_check_digest(&has_digest, s), STATUS_INPUT, "is damaged: ");
        if (status == STATUS_OK) status = store_load(&loss, NULL, STORE_F64, s, "train/loss");
        if (status == STATUS_OK) free(loss);
        found += status == STATUS_INPUT;
        store_close(&s);
    }
    cr_assert_gt(found, 0);
    folder_remove(&f);
}

/* --- nothing lost, nothing half-written --------------------------------------------------------------- */

Test(store_safety, an_existing_file_is_not_overwritten_unasked)
{
    struct folder f = folder_new();
    struct store *s;

    folder_write(&f, "a.h5", "precious", 8);
    expect_failure(store_open(&s, folder_path(&f, "a.h5"), STORE_CREATE), STATUS_IO, "exists already");
    must(store_open(&s, folder_path(&f, "a.h5"), STORE_REPLACE));
    cr_assert_eq(folder_size(&f, "a.h5"), 8); /* until the flush */
    must(store_flush(s));
    cr_assert_gt(folder_size(&f, "a.h5"), 8);
    store_close(&s);
    folder_remove(&f);
}

Test(store_safety, a_folder_that_is_not_there_fails_at_the_first_flush)
{
    struct folder f = folder_new();
    struct store *s;

    must(store_open(&s, folder_path(&f, "none/a.h5"), STORE_CREATE));
    expect_failure(store_flush(s), STATUS_IO, "cannot be written: No such file or directory");
    store_close(&s);
    folder_remove(&f);
}

Test(store_safety, a_full_disk_leaves_the_old_file_and_a_later_flush_succeeds)
{
    struct folder f = folder_new();
    struct store *s;
    struct rlimit limit;

    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &limit);
    must(store_open(&s, folder_path(&f, "a.h5"), STORE_CREATE));
    struct store_series *series = append(s, 0, 100);
    must(store_flush(s));
    for (int64_t i = 100; i < 200; i++) {
        const struct line l = line_of(i);
        must(store_series_append(series, &l));
    }
    setrlimit(RLIMIT_FSIZE, &(struct rlimit){2000, limit.rlim_max});
    expect_failure(store_flush(s), STATUS_IO, "(what was there before is intact)");
    setrlimit(RLIMIT_FSIZE, &limit);
    expect_rows(folder_path(&f, "a.h5"), 100);
    cr_assert(access(folder_path(&f, "a.h5.tmp"), F_OK) != 0, "nothing is left aside");
    must(store_flush(s));
    expect_rows(folder_path(&f, "a.h5"), 200);
    store_close(&s);
    folder_remove(&f);
}

Test(store_safety, a_reader_sees_the_last_flush_while_the_writer_goes_on)
{
    struct folder f = folder_new();
    struct store *writer, *reader;
    struct store_info info;

    must(store_open(&writer, folder_path(&f, "a.h5"), STORE_CREATE));
    struct store_series *series = append(writer, 0, 70);
    must(store_flush(writer));
    must(store_open(&reader, folder_path(&f, "a.h5"), STORE_READ));
    const struct line l = line_of(70);
    must(store_series_append(series, &l));
    must(store_flush(writer));
    must(store_look(&info, reader, "train/iter"));
    cr_assert_eq(info.count, 70);
    store_close(&reader);
    expect_rows(folder_path(&f, "a.h5"), 71);
    store_close(&writer);
    folder_remove(&f);
}
