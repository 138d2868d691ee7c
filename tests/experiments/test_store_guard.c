/* tests/experiments/test_store_guard.c - claims about files that HDF5 itself would not survive, or that lead elsewhere. */
#include "experiments/store/store.h"
#include "tests/fixtures/cli_run.h"

#include <hdf5.h>

static hid_t file_new(const struct folder *f, const char *name)
{
    return H5Fcreate(folder_path(f, name), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
}

static void group_new(hid_t file, const char *path)
{
    H5Gclose(H5Gcreate2(file, path, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
}

static void expect_refused(const struct folder *f, const char *name, const char *says)
{
    struct store *s;

    expect_failure(store_open(&s, folder_path(f, name), STORE_READ), STATUS_INPUT, says);
    expect_failure(store_open(&s, folder_path(f, name), STORE_UPDATE), STATUS_INPUT, says);
}

Test(store_guard, a_group_that_contains_itself_is_refused)
{
    const struct folder f = folder_new();
    const hid_t file = file_new(&f, "circle.h5");

    group_new(file, "a");
    for (const char *name = "bcd"; *name != '\0'; name++)
        H5Lcreate_hard(file, "a", file, (char[]){'a', '/', *name, '\0'}, H5P_DEFAULT, H5P_DEFAULT);
    H5Fclose(file);
    expect_refused(&f, "circle.h5", "circle.h5: has a group that is in two places, or in itself");
    folder_remove(&f);
}

Test(store_guard, groups_too_deep_are_refused)
{
    const struct folder f = folder_new();
    const hid_t file = file_new(&f, "deep.h5");
    char path[2048] = "a";

    group_new(file, path);
    for (int i = 1; i < 1000; i++) {
        strcat(path, "/a");
        group_new(file, path);
    }
    H5Fclose(file);
    expect_refused(&f, "deep.h5", "deep.h5: has groups inside each other deeper");
    folder_remove(&f);
}

Test(store_guard, nothing_leads_to_other_files)
{
    const struct folder f = folder_new();
    hid_t file = file_new(&f, "external.h5");

    H5Lcreate_external("/etc/passwd", "x", file, "train", H5P_DEFAULT, H5P_DEFAULT);
    H5Fclose(file);
    expect_refused(&f, "external.h5", "external.h5: has a link in it");

    file = file_new(&f, "soft.h5");
    H5Lcreate_soft("/", file, "train", H5P_DEFAULT, H5P_DEFAULT);
    H5Fclose(file);
    expect_refused(&f, "soft.h5", "soft.h5: has a link in it");

    file = file_new(&f, "outside.h5");
    const hid_t space = H5Screate_simple(1, (hsize_t[]){64}, NULL),
                properties = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_external(properties, "/etc/passwd", 0, 64);
    H5Dclose(H5Dcreate2(file, "secret", H5T_STD_U8LE, space, H5P_DEFAULT, properties, H5P_DEFAULT));
    H5Pclose(properties);
    H5Sclose(space);
    H5Fclose(file);
    expect_refused(&f, "outside.h5", "outside.h5: has values that lie in another file");
    folder_remove(&f);
}

/* A text of variable length, whose size in the heap of the file is then said to be 0x57 << 56 bytes. */
static void write_boundless_text(const struct folder *f, const char *name)
{
    enum {
        SIZE_TOP = 16 + 8 + 7
    }; /* behind the heap's name: its head, the object's head, the top byte of its size */
    static char bytes[1 << 16];
    const char *text = "cptsim-run";
    const hid_t file = file_new(f, name), space = H5Screate(H5S_SCALAR), type = H5Tcopy(H5T_C_S1);

    H5Tset_size(type, H5T_VARIABLE);
    const hid_t attribute = H5Acreate2(file, "schema", type, space, H5P_DEFAULT, H5P_DEFAULT);
    H5Awrite(attribute, type, &text);
    H5Aclose(attribute);
    H5Tclose(type);
    H5Sclose(space);
    H5Fclose(file);
    const size_t size = folder_read(f, name, bytes, sizeof bytes);
    char *heap = memmem(bytes, size, "GCOL", 4);
    cr_assert(heap != NULL);
    heap[SIZE_TOP] = 0x57;
    folder_write(f, name, bytes, size);
}

Test(store_guard, what_crashes_hdf5_is_a_sentence)
{
    struct fixture f;

    if (strcmp(store_library_version(), "1.10.8") != 0) cr_skip_test("known of HDF5 1.10.8");
    fixture_open(&f);
    write_boundless_text(&f.folder, "hurt.h5");
    expect_refused(&f.folder, "hurt.h5", "hurt.h5: HDF5 crashes on it");
    expect(&f, "info hurt.h5", EXIT_INPUT, "hurt.h5: HDF5 crashes on it");
    fixture_close(&f);
}
