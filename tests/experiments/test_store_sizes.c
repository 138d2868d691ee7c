/* tests/experiments/test_store_sizes.c - claims about data sets that announce more than the file holds. */
#include "experiments/record/record_read.h"
#include "tests/fixtures/run_fixture.h"

#include <hdf5.h>

/* A file of two kilobytes whose data set was never written. */
static void write_unwritten(const char *path, hsize_t extent)
{
    const hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    const hid_t space = H5Screate_simple(1, &extent, NULL);
    const hid_t set =
        H5Dcreate2(file, "values", H5T_IEEE_F64LE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);

    cr_assert(file >= 0 && space >= 0 && set >= 0);
    H5Dclose(set);
    H5Sclose(space);
    H5Fclose(file);
}

Test(store_sizes, a_data_set_that_was_never_written_takes_no_memory)
{
    static const hsize_t extents[] = {1, 1000000000, (hsize_t)1 << 40};
    for (size_t i = 0; i < sizeof extents / sizeof *extents; i++) {
        const struct folder f = folder_new();
        struct store *s;
        void *data = NULL;

        write_unwritten(folder_path(&f, "unwritten.h5"), extents[i]);
        must(store_open(&s, folder_path(&f, "unwritten.h5"), STORE_READ));
        expect_failure(store_load(&data, NULL, STORE_F64, s, "values"), STATUS_INPUT,
                       "of which the file has 0 bytes");
        cr_assert_null(data);
        store_close(&s);
        folder_remove(&f);
    }
}

Test(store_sizes, what_deflates_best_is_read)
{
    enum { COUNT = 1 << 20 };
    const struct folder f = folder_new();
    const hsize_t extent = COUNT, chunk = COUNT;
    double *value = calloc(COUNT, sizeof *value);
    struct store *s;
    void *data;
    const hid_t file = H5Fcreate(folder_path(&f, "zeros.h5"), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    const hid_t space = H5Screate_simple(1, &extent, NULL), layout = H5Pcreate(H5P_DATASET_CREATE);

    H5Pset_chunk(layout, 1, &chunk);
    H5Pset_deflate(layout, 9);
    const hid_t set = H5Dcreate2(file, "values", H5T_IEEE_F64LE, space, H5P_DEFAULT, layout, H5P_DEFAULT);
    cr_assert(H5Dwrite(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, value) >= 0);
    H5Dclose(set);
    H5Pclose(layout);
    H5Sclose(space);
    H5Fclose(file);
    must(store_open(&s, folder_path(&f, "zeros.h5"), STORE_READ));
    must(store_load(&data, NULL, STORE_F64, s, "values"));
    cr_assert_eq(memcmp(data, value, COUNT * sizeof *value), 0);
    free(data);
    free(value);
    store_close(&s);
    folder_remove(&f);
}

/* A column that is shorter than iter is read by nobody as if it were as long. */
Test(store_sizes, a_column_of_train_has_a_row_an_iteration)
{
    struct fixture f;
    struct record *r;
    struct artifact_column column;
    double *values = NULL;
    int64_t count;

    fixture_open(&f);
    must(record_open(&r, &f.spec, false));
    fixture_rows(r, 0, 5);
    must(record_close(&r, STATUS_OK));
    const hid_t file = H5Fopen(fixture_run_file(&f), H5F_ACC_RDWR, H5P_DEFAULT);
    const hid_t loss = H5Dopen2(file, "train/loss", H5P_DEFAULT);
    cr_assert(H5Dset_extent(loss, (hsize_t[]){2}) >= 0);
    H5Dclose(loss);
    H5Fclose(file);
    struct store *s = fixture_store(&f);
    expect_failure(record_read_stored(&column, &count, s, RECORD_LOSS), STATUS_INPUT,
                   "'train/loss' has 2 rows in 5 iterations");
    expect_failure(record_read_numbers(&values, &count, s, RECORD_LOSS), STATUS_INPUT, "has 2 rows in 5");
    store_close(&s);
    fixture_close(&f);
}
