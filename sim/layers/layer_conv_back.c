/* sim/layers/layer_conv_back.c - the two backward products of the quantized convolution.
 *
 *   Eq = Qstoch_bg(E; min/max of the whole tensor)      one draw per element, used for both products
 *   dX = conv_transpose(Eq, Wq)                         dW = correlate(Xq, Eq)
 *
 * dW has one scale per operand, so its sums are exact integers where both are codes. dX sums over output
 * channels, and each has its own weight scale: no common integer grid exists. It is a float product over
 * decoded values; only where roles give the weights one scale and the stride is 1, an integer one. Source: Fu
 * et al., ICLR 2021, published code.
 */
#include "sim/layers/layer_conv.h"

/* The error as both products see it: its codes, or its values in dout. */
static struct conv_operand take_error(struct conv *c, struct tensor *dout, const struct pass *p)
{
    const struct conv_operand values = {.data = dout->data};
    const int bits = pass_widths(p, &c->base).backward;

    if (c->forward_bits == 0 || bits == 0) return values;
    if (conv_role(c, ROLE_ERROR, p)->way != ROLE_RECIPE) return conv_role_error(c, dout, p);

    const bool decoded = bits > AFFINE_CODE_BITS || conv_role(c, ROLE_ACCUMULATOR, p)->way == ROLE_FORMAT;
    const struct conv_operand coded = {c->base.shared, c->e_map, bits};
    p->device->ops->conv_error(p->device,
                               &(struct conv_error_op){
                                   .e = coded,
                                   .error = dout->data,
                                   .trace = c->base.trace,
                                   .range = dout->range,
                                   .shape = &c->shape,
                                   .n = p->n,
                                   .rule = conv_rule(p, bits),
                                   .values = decoded,
                                   .stochastic = p->recipe->stochastic_error,
                                   .random = {p->seed, random_stream(RANDOM_ERROR, c->base.id), p->step},
                               });
    return decoded ? values : coded;
}

/* Both products in the accumulator's role. */
static void backward_sums(const struct conv_backward_weights_op *w, const struct conv_backward_data_op *x,
                          const struct conv *c, const struct pass *p)
{
    struct accumulator memory;
    const struct conv_sums sums = conv_role_sums(&memory, c, p);

    p->device->ops->conv_sum_weights(p->device, w, &sums);
    if (x->dx) p->device->ops->conv_sum_data(p->device, x, &sums);
}

void conv_backward(struct layer *l, struct tensor *const din[], const bool add[], struct tensor *dout,
                   struct tensor *const in[], const struct pass *p)
{
    struct conv *c = conv_of(l);
    const struct device_ops *ops = p->device->ops;
    const struct conv_operand e = take_error(c, dout, p);
    struct conv_operand x = c->x;

    if (c->forward_bits == 0) x = (struct conv_operand){.data = in[0]->data};
    const struct conv_backward_weights_op weights = {l->params[0].grad, x, e, &c->shape, p->n};
    const struct conv_backward_data_op data = {.dx = din[0] ? din[0]->data : NULL,
                                               .add = add[0],
                                               .range = din[0] ? din[0]->range : NULL,
                                               .w = c->weights,
                                               .w_values = c->w_values,
                                               .w_bits = c->w_bits,
                                               .e = e,
                                               .shape = &c->shape,
                                               .n = p->n};
    if (conv_role(c, ROLE_ACCUMULATOR, p)->way == ROLE_FORMAT) {
        backward_sums(&weights, &data, c, p);
        return;
    }
    if (e.bits > 0 && c->x_coded)
        ops->conv_int_weights(p->device, &weights);
    else
        ops->conv_float_weights(p->device, &weights);
    if (!din[0]) return;
    if (e.bits > 0 && c->w_shared && c->plan.flips)
        ops->conv_int_data(p->device, &data);
    else
        ops->conv_float_data(p->device, &data);
}
