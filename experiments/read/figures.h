/* experiments/read/figures.h - the figures of an experiment: its series as data files, drawn by gnuplot.
 *
 * To add a figure: its script plots/NAME.gp, its row in figures.c. A script reads data files and holds no
 * results; plots/README.md says what it is given.
 */
#ifndef EXPERIMENTS_READ_FIGURES_H
#define EXPERIMENTS_READ_FIGURES_H

#include "experiments/read/arms.h"

#include <stdio.h>

struct figure {
    const char *name; /* of its script and of its files */
    const char *meaning;
    bool from_evaluations; /* cannot be drawn before there is one */
};

/** All rows; *count is set. */
const struct figure *figure_all(int *count);

/**
 * Make DIR the folder of the figures of `runs`, a folder of runs, which DIR/data/source then names.
 * STATUS_IO if it has figures of another one, unless they are to be replaced.
 */
STATUS_MUST_CHECK enum status figures_claim(const char *dir, const char *runs, bool replace);

/** Write the series of all arms to DIR/data, as plots/README.md describes them. */
STATUS_MUST_CHECK enum status figures_write_data(const char *dir, const struct arms *a);

/** Begin DIR/data/NAME, in folders that are made; *path is for messages. End it with figure_data_close. */
STATUS_MUST_CHECK enum status figure_data_open(FILE **out, char path[PATH_MAX], const char *dir,
                                               const char *name);
STATUS_MUST_CHECK enum status figure_data_close(FILE *out, const char *path);

/** Draw one figure from DIR/data by the script in the folder `scripts`: DIR/NAME.svg and DIR/NAME.png. */
STATUS_MUST_CHECK enum status figure_draw(const struct figure *f, const char *dir, const char *scripts);

/** Find the folder of scripts: beside the program, or where `make install` puts it. */
STATUS_MUST_CHECK enum status figures_find_scripts(char scripts[PATH_MAX]);

#endif
