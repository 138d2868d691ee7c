/* models/model.c - the table of networks.
 *
 * To add a model: a file that builds its graph out of sim's layers, a row here (the name is a prefix, the
 * rest is the model's to read), its MACs against a published count in tests/test_models.c.
 */
#include "models/model.h"

#include "models/resnet_cifar.h"
#include "sim/names.h"

#include <string.h>

static const struct model_type types[] = {
    {"resnet", "resnetN, N = 6n+2: 8, 14, 20, 38, 74, 110, 152, 164", "ResNet for small images, basic blocks",
     "He et al., CVPR 2016; Fu et al., ICLR 2021", resnet_cifar_build, resnet_init},
};
enum { COUNT = sizeof types / sizeof *types };

const struct model_type *model_all(int *count)
{
    *count = COUNT;
    return types;
}

static const char *row_name(int i)
{
    return types[i].names;
}

/* "resnet20" belongs to "resnet", "resnett20" to nobody: what follows the prefix begins with a digit, or is
 * missing. */
static bool belongs(const char *name, const struct model_type *type)
{
    const size_t n = strlen(type->prefix);
    return strncmp(name, type->prefix, n) == 0 && (name[n] == '\0' || (name[n] >= '0' && name[n] <= '9'));
}

enum status model_build(const struct model_type **type, struct graph *g, const char *name, struct shape input,
                        int classes, const struct recipe *recipe)
{
    for (int i = 0; i < COUNT; i++)
        if (belongs(name, &types[i])) {
            *type = &types[i];
            graph_init(g, input);
            return types[i].build(g, name, input, classes, recipe);
        }
    return names_unknown("model", name, row_name, COUNT);
}
