/* models/model.h - the target networks by name. To add a model: see models/README.md. */
#ifndef MODELS_MODEL_H
#define MODELS_MODEL_H

#include "sim/layers/graph.h"

enum { MODEL_LARGE_SIDE = 128 };

struct model_type {
    const char *prefix; /* how its names begin: "resnet" */
    bool large;         /* for images of MODEL_LARGE_SIDE pixels a side and more, or else for smaller ones */
    const char *names;  /* "resnet18, resnet34": the usual ones */
    const char *title, *source;
    /** Build for `input` and `classes`. `name` is what the user wrote, e.g. "resnet20"; impossible ones
     * fail. */
    enum status (*build)(struct graph *g, const char *name, struct shape input, int classes,
                         const struct recipe *recipe);
    /** Write initial values (graph_plan must have placed them), as published: a function of models/init.h. */
    void (*init)(struct graph *g, uint64_t seed);
};

/**
 * Build the named model into g (empty); its row comes back in *type. A name may belong to two networks, one
 * for small images and one for large: the input's shape decides. Unknown names: the nearest known.
 */
STATUS_MUST_CHECK enum status model_build(const struct model_type **type, struct graph *g, const char *name,
                                          struct shape input, int classes, const struct recipe *recipe);

const struct model_type *model_all(int *count);

#endif
