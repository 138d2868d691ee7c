/* models/model.c - the table of networks. To add a model: see models/README.md. */
#include "models/model.h"

#include "models/init.h"
#include "models/mobilenet_v2.h"
#include "models/resnet_cifar.h"
#include "models/resnet_imagenet.h"
#include "sim/base/table.h"

#include <ctype.h>
#include <string.h>

static const struct model_type types[] = {
    {.prefix = "resnet",
     .large = false,
     .names = "resnet8, resnet14, resnet20, resnet38, resnet74, resnet110, resnet152, resnet164",
     .title = "ResNet for small images, basic blocks; any depth 6n+2",
     .source = "He et al., CVPR 2016; Fu et al., ICLR 2021",
     .build = resnet_cifar_build,
     .init = init_he},
    {.prefix = "resnet",
     .large = true,
     .names = "resnet18, resnet34, resnet50, resnet101, resnet152",
     .title = "ResNet for large images, basic blocks or bottlenecks",
     .source = "He et al., CVPR 2016; Fu et al., ICLR 2021",
     .build = resnet_imagenet_build,
     .init = init_he},
    {.prefix = "mobilenetv2",
     .large = false,
     .names = "mobilenetv2",
     .title = "MobileNetV2 for small images, ReLU",
     .source = "Sandler et al., CVPR 2018; Fu et al., ICLR 2021",
     .build = mobilenet_v2_cifar_build,
     .init = init_uniform},
    {.prefix = "mobilenetv2",
     .large = true,
     .names = "mobilenetv2",
     .title = "MobileNetV2 1.0 for large images, ReLU6",
     .source = "Sandler et al., CVPR 2018; torchvision",
     .build = mobilenet_v2_build,
     .init = init_mobilenet},
};
enum { COUNT = sizeof types / sizeof *types };

const struct model_type *model_all(int *count)
{
    *count = COUNT;
    return types;
}

/* "resnet20" belongs to "resnet", "resnett20" to nobody: what follows the prefix begins with a digit, or is
 * missing. */
static bool belongs(const char *name, const struct model_type *type)
{
    const size_t n = strlen(type->prefix);
    return strncmp(name, type->prefix, n) == 0 && (name[n] == '\0' || (name[n] >= '0' && name[n] <= '9'));
}

/* "ResNet-20" is answered with "resnet20". */
static enum status unknown(const char *name)
{
    char ours[32];
    size_t used = 0;

    for (const char *c = name; *c != '\0' && used < sizeof ours - 1; c++)
        if (isalnum((unsigned char)*c)) ours[used++] = (char)tolower((unsigned char)*c);
    ours[used] = '\0';
    for (int i = 0; i < COUNT; i++)
        if (strcmp(ours, name) != 0 && belongs(ours, &types[i]))
            return status_fail(STATUS_INPUT, "unknown model '%s'; did you mean '%s'?", name, ours);
    return table_unknown("model", name, &types[0].names, sizeof *types, COUNT);
}

enum status model_build(const struct model_type **type, struct graph *g, const char *name, struct shape input,
                        int classes, const struct recipe *recipe)
{
    const bool large = input.h >= MODEL_LARGE_SIDE && input.w >= MODEL_LARGE_SIDE;

    for (int i = 0; i < COUNT; i++)
        if (types[i].large == large && belongs(name, &types[i])) {
            *type = &types[i];
            graph_init(g, input);
            return types[i].build(g, name, input, classes, recipe);
        }
    return unknown(name);
}
