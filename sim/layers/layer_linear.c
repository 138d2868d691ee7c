/* sim/layers/layer_linear.c - the classifier: y = W x + b in float32 storage, every sum in double, in
 * index order.
 *
 * It is a thousandth of a network's work; products of two floats are exact in double, so that each output is
 * one sequence of double additions and one rounding.
 */
#include "sim/layers/layer_parts.h"

enum { WEIGHT, BIAS };

static void linear_plan(struct layer *l, const struct plan *p, struct arena *run)
{
    layer_claim_state(l, p, run);
}

static void linear_forward(struct layer *l, struct tensor *out, struct tensor *const in[],
                           const struct pass *p)
{
    const size_t inputs = shape_size(l->in), outputs = (size_t)l->out.c;
    const float *w = l->params[WEIGHT].value, *bias = l->params[BIAS].value;

#pragma omp parallel for schedule(static) num_threads(p->threads)
    for (int n = 0; n < p->n; n++)
        for (size_t o = 0; o < outputs; o++) {
            const float *x = in[0]->data + (size_t)n * inputs;
            double sum = (double)bias[o];
            for (size_t i = 0; i < inputs; i++)
                sum += (double)w[o * inputs + i] * (double)x[i];
            out->data[(size_t)n * outputs + o] = (float)sum;
        }
    if (out->wants_range) out->range = range_over_images(out->data, outputs, p);
}

static void linear_gradients(struct layer *l, const struct tensor *dout, const struct tensor *in,
                             const struct pass *p)
{
    const size_t inputs = shape_size(l->in), outputs = (size_t)l->out.c;

#pragma omp parallel for schedule(static) num_threads(p->threads)
    for (size_t o = 0; o < outputs; o++) {
        double bias = 0.0;
        for (int n = 0; n < p->n; n++)
            bias += (double)dout->data[(size_t)n * outputs + o];
        l->params[BIAS].grad[o] = (float)bias;
        for (size_t i = 0; i < inputs; i++) {
            double sum = 0.0;
            for (int n = 0; n < p->n; n++)
                sum += (double)dout->data[(size_t)n * outputs + o] * (double)in->data[(size_t)n * inputs + i];
            l->params[WEIGHT].grad[o * inputs + i] = (float)sum;
        }
    }
}

static void linear_backward(struct layer *l, struct tensor *const din[], const bool add[],
                            struct tensor *dout, struct tensor *const in[], const struct pass *p)
{
    const size_t inputs = shape_size(l->in), outputs = (size_t)l->out.c;
    const float *w = l->params[WEIGHT].value;

    linear_gradients(l, dout, in[0], p);
    if (!din[0]) return;
#pragma omp parallel for schedule(static) num_threads(p->threads)
    for (int n = 0; n < p->n; n++)
        for (size_t i = 0; i < inputs; i++) {
            double sum = 0.0;
            for (size_t o = 0; o < outputs; o++)
                sum += (double)w[o * inputs + i] * (double)dout->data[(size_t)n * outputs + o];
            float *dx = din[0]->data + (size_t)n * inputs + i;
            *dx = add[0] ? *dx + (float)sum : (float)sum;
        }
    if (din[0]->wants_range) din[0]->range = range_over_images(din[0]->data, inputs, p);
}

static void linear_facts(struct layer_facts *out, const struct layer *l)
{
    out->kind = LAYER_LINEAR;
    out->macs = (double)l->params[WEIGHT].size;
}

static const struct layer_type linear_type = {"linear", linear_plan, linear_forward, linear_backward,
                                              linear_facts};

struct layer *layer_linear_new(const char *name, struct shape in, int outputs)
{
    struct layer *l = layer_make(sizeof *l, &linear_type, name, in, (struct shape){1, 1, outputs});
    layer_add_param(l, "weight", shape_size(in) * (size_t)outputs);
    l->params[WEIGHT].row = shape_size(in);
    layer_add_param(l, "bias", (size_t)outputs);
    l->keeps_input = true;
    return l;
}
