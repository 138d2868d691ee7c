/* models/init.c - initial values, each named by (seed, layer, element): a table of rules per source. */
#include "models/init.h"

#include "sim/layers/layers.h"
#include "sim/base/scalar.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

/* Values are made on the host and put where the device has them: value(name, i) for each element. */
typedef float value_of(struct random_name name, size_t i, double scale);

static void fill(struct device *d, float *to, size_t n, value_of *value, struct random_name name,
                 double scale)
{
    float *host = malloc(n * sizeof *host);

    if (!host) abort(); /* no larger than one layer's weights, for which there was memory */
    for (size_t i = 0; i < n; i++)
        host[i] = value(name, i, scale);
    d->ops->put(d, to, host, n * sizeof *host);
    free(host);
}

static float normal(struct random_name name, size_t i, double deviation)
{
    return (float)(deviation * scalar_normal(name, i));
}

static float uniform_within(struct random_name name, size_t i, double bound)
{
    return (float)(bound * (2.0 * scalar_uniform(name, i) - 1.0));
}

static float constant(struct random_name name, size_t i, double value)
{
    (void)name;
    (void)i;
    return (float)value;
}

static void fill_normal(struct device *d, struct param *p, struct random_name name, double deviation)
{
    fill(d, p->value, p->size, normal, name, deviation);
}

static void fill_uniform(struct device *d, struct param *p, struct random_name name, double bound)
{
    fill(d, p->value, p->size, uniform_within, name, bound);
}

static struct random_name bias_name(struct random_name weight)
{
    return (struct random_name){weight.seed, weight.stream, 1};
}

static void conv_fan_out(struct device *d, struct layer *l, struct random_name name)
{
    const struct conv_shape *s = layer_facts_of(l).conv;
    fill_normal(d, &l->params[0], name, sqrt(2.0 / ((double)s->kernel * s->kernel * s->k)));
}

static void conv_fan_in(struct device *d, struct layer *l, struct random_name name)
{
    const struct conv_shape *s = layer_facts_of(l).conv;
    fill_uniform(d, &l->params[0], name, 1.0 / sqrt((double)l->params[0].size / s->k));
}

static void linear_product(struct device *d, struct layer *l, struct random_name name)
{
    fill_normal(d, &l->params[0], name, sqrt(2.0 / (double)l->params[0].size));
    fill_uniform(d, &l->params[1], bias_name(name), 1.0 / sqrt((double)shape_size(l->in)));
}

static void linear_fan_in(struct device *d, struct layer *l, struct random_name name)
{
    const double bound = 1.0 / sqrt((double)shape_size(l->in));
    fill_uniform(d, &l->params[0], name, bound);
    fill_uniform(d, &l->params[1], bias_name(name), bound);
}

static void linear_small(struct device *d, struct layer *l, struct random_name name)
{
    fill_normal(d, &l->params[0], name, 0.01); /* the bias is 0 */
}

static void norm_one(struct device *d, struct layer *l, struct random_name name)
{
    fill(d, l->params[0].value, l->params[0].size, constant, name, 1.0); /* weight; the bias is 0 */
    fill(d, l->buffers[1].value, l->buffers[1].size, constant, name,
         1.0); /* running variance; the mean is 0 */
}

/* How the layers of one kind begin; NULL: they have no parameters. */
typedef void rule(struct device *d, struct layer *l, struct random_name name);

/* A kind of layer with parameters has its row in each table. */
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
        if (init != NULL)
            init(g->plan.device, l, (struct random_name){seed, random_stream(RANDOM_INIT, l->id), 0});
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
