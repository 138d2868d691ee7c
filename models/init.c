/* models/init.c - initial values, each named by (seed, layer, element): a table of rules per source. */
#include "models/init.h"

#include "sim/layers/layers.h"
#include "sim/base/scalar.h"

#include <assert.h>
#include <math.h>

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

static struct random_name bias_name(struct random_name weight)
{
    return (struct random_name){weight.seed, weight.stream, 1};
}

static void conv_fan_out(struct layer *l, struct random_name name)
{
    const struct conv_shape *s = layer_facts_of(l).conv;
    fill_normal(&l->params[0], name, sqrt(2.0 / ((double)s->kernel * s->kernel * s->k)));
}

static void conv_fan_in(struct layer *l, struct random_name name)
{
    const struct conv_shape *s = layer_facts_of(l).conv;
    fill_uniform(&l->params[0], name, 1.0 / sqrt((double)l->params[0].size / s->k));
}

static void linear_product(struct layer *l, struct random_name name)
{
    fill_normal(&l->params[0], name, sqrt(2.0 / (double)l->params[0].size));
    fill_uniform(&l->params[1], bias_name(name), 1.0 / sqrt((double)shape_size(l->in)));
}

static void linear_fan_in(struct layer *l, struct random_name name)
{
    const double bound = 1.0 / sqrt((double)shape_size(l->in));
    fill_uniform(&l->params[0], name, bound);
    fill_uniform(&l->params[1], bias_name(name), bound);
}

static void linear_small(struct layer *l, struct random_name name)
{
    fill_normal(&l->params[0], name, 0.01); /* the bias is 0 */
}

static void norm_one(struct layer *l, struct random_name name)
{
    (void)name;
    fill(l->params[0].value, l->params[0].size, 1.0f);   /* weight; the bias is 0 */
    fill(l->buffers[1].value, l->buffers[1].size, 1.0f); /* running variance; the mean is 0 */
}

/* How the layers of one kind begin; NULL: they have no parameters. */
typedef void rule(struct layer *l, struct random_name name);

/* To add a kind of layer with parameters: its row in each table. */
static rule *const he[LAYER_KINDS] = {
    [LAYER_CONV] = conv_fan_out, [LAYER_LINEAR] = linear_product, [LAYER_NORM] = norm_one};
static rule *const uniform[LAYER_KINDS] = {
    [LAYER_CONV] = conv_fan_in, [LAYER_LINEAR] = linear_fan_in, [LAYER_NORM] = norm_one};
static rule *const mobilenet[LAYER_KINDS] = {
    [LAYER_CONV] = conv_fan_out, [LAYER_LINEAR] = linear_small, [LAYER_NORM] = norm_one};

static void init_graph(struct graph *g, uint64_t seed, rule *const rules[LAYER_KINDS])
{
    for (int i = 0; i < g->count; i++) {
        struct layer *l = g->nodes[i].layer;
        rule *const init = rules[layer_facts_of(l).kind];
        assert(init != NULL || l->param_count == 0);
        if (init != NULL) init(l, (struct random_name){seed, random_stream(RANDOM_INIT, l->id), 0});
    }
}

void init_he(struct graph *g, uint64_t seed)
{
    init_graph(g, seed, he);
}

void init_uniform(struct graph *g, uint64_t seed)
{
    init_graph(g, seed, uniform);
}

void init_mobilenet(struct graph *g, uint64_t seed)
{
    init_graph(g, seed, mobilenet);
}
