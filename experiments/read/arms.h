/* experiments/read/arms.h - the arms of an experiment as their records tell them: for reports and figures. */
#ifndef EXPERIMENTS_READ_ARMS_H
#define EXPERIMENTS_READ_ARMS_H

#include "experiments/config/config.h"
#include "quant/status.h"

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

enum { ARMS_MAX = 64, ARM_NAME = 64 };

enum arm_kind { ARM_FLOAT32, ARM_STATIC, ARM_CYCLIC };

/** One run. Numbers that it has not measured are NaN. */
struct arm {
    char name[ARM_NAME];      /* title of the record */
    char dir[PATH_MAX];       /* its run directory */
    char status[16];          /* "done", "running", "killed", "interrupted", ...: see artifact_status */
    char precision[16];       /* forward/backward bits that were trained at: "float32", "8/8", "3-8/8" */
    char roles[CONFIG_ROLES]; /* number formats that are not the recipe's own: see config_roles */
    char policy[64];          /* the evaluations that `accuracy` is from: "max" if there are such */
    enum split split;         /* and the images that it was measured on */
    enum arm_kind kind;
    int bits;                          /* of the last evaluation under `policy`; 0: float32 */
    char model[64], data[64];          /* names of the network and of the data set; "": unknown */
    double accuracy, float32_accuracy; /* last ones, as fractions */
    int64_t planned;                   /* iterations that the run is to have */
    int64_t iterations, images;        /* recorded so far; training images seen in them */
    double bitops;                     /* of them, in the convention of the CPT paper */
    double seconds;                    /* of training them, evaluations left out */
    double own_saving; /* fraction of what the same run would cost at its largest widths throughout */
};

/** A run whose record cannot be read, or a folder that cannot be looked into; and why. */
struct arm_broken {
    enum status status;
    char dir[PATH_MAX], why[1024];
};

/** All runs of an experiment, the dearest per iteration first. */
struct arms {
    int count;
    const struct arm *reference; /* the dearest static arm, for arms that did the same work; NULL: none */
    struct arm arm[ARMS_MAX];
    int broken_count;
    struct arm_broken broken[ARMS_MAX];
};

/** What `accuracy` was measured on: "test", "val" or "train"; "" if it was not. */
const char *arm_split(const struct arm *arm);

/** Read the record in `path`, or those in its folders at any depth. Fails if not one can be read. */
STATUS_MUST_CHECK enum status arms_read(struct arms *out, const char *path);

/** Could all be read? Else the first one's status and sentence: what a command ends with when it has shown the
 * others. */
STATUS_MUST_CHECK enum status arms_whole(const struct arms *a);

/** Did an arm and the reference train the same model on as many images of the same data set in as many
 * steps? */
bool arm_comparable(const struct arms *a, const struct arm *arm);

/**
 * What an arm saves of the reference's bit operations, as a fraction; if it is not comparable to it, of its
 * own at its largest widths. NaN for float32 and before both are done.
 */
double arm_saving(const struct arms *a, const struct arm *arm);

#endif
