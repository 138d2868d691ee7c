/* models/init.c - initial values, each named by (seed, layer, element).
 *
 * Source: published CPT code (after He et al., ICCV 2015, fan-out): convolution N(0, sqrt(2 / (k k Cout)));
 * batch norm 1 and 0; linear N(0, sqrt(2 / (in out))), its bias U(-1/sqrt(in), 1/sqrt(in)).
 */
#include "models/resnet_cifar.h"

#include "sim/layers.h"
#include "sim/scalar.h"

#include <assert.h>
#include <math.h>
#include <string.h>

static void fill_normal(struct param *p, struct random_name name, double deviation)
{
    for (size_t i = 0; i < p->size; i++)
        p->value[i] = (float)(deviation * scalar_normal(name, i));
}

static void fill_uniform(struct param *p, struct random_name name, double bound)
{
    for (size_t i = 0; i < p->size; i++)
        p->value[i] = (float)(bound * (2.0 * scalar_uniform(name, i) - 1.0));
}

static void fill(float *x, size_t n, float value)
{
    for (size_t i = 0; i < n; i++)
        x[i] = value;
}

static void init_conv(struct layer *l, struct random_name name)
{
    const struct conv_shape *s = layer_conv_shape(l);
    fill_normal(&l->params[0], name, sqrt(2.0 / ((double)s->kernel * s->kernel * s->k)));
}

static void init_linear(struct layer *l, struct random_name name)
{
    const struct random_name bias = {name.seed, name.stream, 1};
    fill_normal(&l->params[0], name, sqrt(2.0 / (double)l->params[0].size));
    fill_uniform(&l->params[1], bias, 1.0 / sqrt((double)shape_size(l->in)));
}

static void init_norm(struct layer *l, struct random_name name)
{
    (void)name;
    fill(l->params[0].value, l->params[0].size, 1.0f);   /* weight; the bias is 0 */
    fill(l->buffers[1].value, l->buffers[1].size, 1.0f); /* running variance; the mean is 0 */
}

/* To add a layer with parameters: its row. */
static const struct {
    const char *layer;
    void (*init)(struct layer *l, struct random_name name);
} rules[] = {{"conv", init_conv}, {"linear", init_linear}, {"norm", init_norm}};

static void init_layer(struct layer *l, uint64_t seed)
{
    const struct random_name name = {seed, random_stream(RANDOM_INIT, l->id), 0};

    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (strcmp(l->type->name, rules[i].layer) == 0) {
            rules[i].init(l, name);
            return;
        }
    assert(l->param_count == 0);
}

void resnet_init(struct graph *g, uint64_t seed)
{
    for (int i = 0; i < g->count; i++)
        init_layer(g->nodes[i].layer, seed);
}
