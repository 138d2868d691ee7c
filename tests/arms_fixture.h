/* tests/arms_fixture.h - three recorded runs, float32, static and cyclic, for reports and figures. */
#ifndef TESTS_ARMS_FIXTURE_H
#define TESTS_ARMS_FIXTURE_H

#include "experiments/arms.h"
#include "tests/command_line.h"
#include "tests/run_fixture.h"

enum { ITERATIONS = 200, EVALUATED_EVERY = 50 };

/** Bits of iteration i: up from least to most in four cycles; 0 0 is float32. */
static inline int bits_of(int64_t i, int least, int most)
{
    return least + (int)(i % 50 * (most - least + 1) / 50);
}

/** What a step at those bits costs, with gradients of 8. */
static inline double bitops_of(int bits)
{
    const double b = bits > 0 ? bits : 32, bg = bits > 0 ? 8 : 32;
    return 1e7 * (b * b + 2 * b * bg);
}

/** Iteration i of a run between those bits. */
static inline struct step_row row_of(int64_t i, int least, int most)
{
    struct step_row row = fixture_row(i);
    row.forward_bits = bits_of(i, least, most);
    row.backward_bits = most > 0 ? 8 : 0;
    row.bitops = bitops_of(row.forward_bits);
    row.lr = i < ITERATIONS / 2 ? 0.1 : 0.01;
    return row;
}

/** Record a run in FOLDER/runs/NAME, evaluated now and then or never. */
static inline void write_run(const struct fixture *f, const char *name, int least, int most, bool evaluated)
{
    struct record_spec spec = f->spec;
    struct record *r;
    char dir[192];

    snprintf(dir, sizeof dir, "%s/runs/%s", f->folder.path, name);
    spec.dir = dir;
    spec.title = name;
    must(record_open(&r, &spec, false));
    for (int64_t i = 0; i < ITERATIONS; i++) {
        const struct step_row row = row_of(i, least, most);
        must(record_row(r, &row));
        if (!evaluated || (i + 1) % EVALUATED_EVERY != 0) continue;
        const struct evaluation at_most = fixture_evaluation(i + 1, most),
                                full = fixture_evaluation(i + 1, 0);
        must(record_evaluation(r, &at_most, i + 1, "max"));
        must(record_evaluation(r, &full, i + 1, "fp32"));
    }
    must(record_close(&r, STATUS_OK));
}

/** A folder "runs" with float32, static-8 and cpt-3-8. */
static inline void three_arms(struct fixture *f)
{
    fixture_open(f);
    write_run(f, "static-8", 8, 8, true);
    write_run(f, "float32", 0, 0, true);
    write_run(f, "cpt-3-8", 3, 8, true);
}

/** The arms of a folder; the caller frees them. */
static inline struct arms *read_arms(const struct fixture *f, const char *path)
{
    struct arms *a = malloc(sizeof *a);
    cr_assert(a != NULL);
    must(arms_read(a, folder_path(&f->folder, path)));
    return a;
}

static inline bool same_bits(double a, double b)
{
    return memcmp(&a, &b, sizeof a) == 0;
}

#endif
