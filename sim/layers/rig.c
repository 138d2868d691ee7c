/* sim/layers/rig.c - what the graph does for its layers, done for one. */
#include "sim/layers/rig.h"

#include "quant/try.h"

#include <stdlib.h>

static void claim_tensor(struct tensor *t, struct shape shape, struct rig *r, bool notes)
{
    const size_t batch = (size_t)r->plan.batch;
    t->shape = shape;
    t->data = arena_push(&r->memory, shape_size(shape) * batch * sizeof(float));
    t->range = arena_push(&r->memory, sizeof *t->range);
    t->notes = notes ? arena_push(&r->memory, CONV_NOTES * (size_t)shape.c * batch * sizeof(double)) : NULL;
}

static void claim(struct rig *r)
{
    struct layer *l = r->layer;
    l->type->plan(l, &r->plan, &r->memory);
    for (int i = 0; i < l->inputs; i++) {
        const struct shape shape = i == 0 ? l->in : l->out; /* a second input is a residual */
        claim_tensor(&r->in[i], shape, r, i == 0 && l->notes_input);
        claim_tensor(&r->din[i], shape, r, false);
    }
    l->shared = arena_push(&r->memory, l->shared_bytes);
    claim_tensor(&r->out, l->out, r, false);
    claim_tensor(&r->dout, l->out, r, false);
}

enum status rig_open(struct rig *r, struct layer *layer, const struct machine *machine,
                     const struct memory_plan *p, const struct recipe *recipe)
{
    *r = (struct rig){.layer = layer, .recipe = *recipe, .plan = *p};
    TRY(device_open(&r->device, machine));
    r->plan.device = r->device;
    claim(r);
    TRY(arena_open(&r->memory, device_memory(r->device), r->memory.used, "one layer's tensors"));
    claim(r);
    r->pass.device = r->device;
    r->pass.recipe = &r->recipe;
    r->pass.n = p->batch;
    return r->device->ops->settle(r->device);
}

void rig_close(struct rig *r)
{
    arena_close(&r->memory);
    device_close(r->device);
    free(r->layer);
    *r = (struct rig){0};
}

/* What a convolution's epilogue notes. */
static void measure_notes(struct tensor *t, int batch)
{
    const size_t each = shape_size(t->shape), c = (size_t)t->shape.c;

    for (size_t n = 0; n < (size_t)batch; n++) {
        const struct conv_notes notes = {t->notes + n * CONV_NOTES * c, true};
        conv_notes_clear(notes.at, t->shape.c);
        for (size_t i = 0; i < each; i++)
            conv_notes_add(notes, t->shape.c, (int)(i % c), t->data[n * each + i]);
    }
}

static void measure_range(struct tensor *t, int batch)
{
    *t->range =
        affine_range_join(affine_range_of(t->data, shape_size(t->shape) * (size_t)batch), AFFINE_RANGE_EMPTY);
}

static void gather(struct tensor *to[], struct tensor from[])
{
    for (int i = 0; i < LAYER_INPUTS; i++)
        to[i] = &from[i];
}

void rig_forward(struct rig *r, bool training, int forward_bits, int backward_bits)
{
    struct tensor *in[LAYER_INPUTS];

    gather(in, r->in);
    r->pass.training = training;
    r->pass.widths = (struct widths){forward_bits, backward_bits};
    for (int i = 0; i < r->layer->inputs; i++)
        measure_range(&r->in[i], r->plan.batch);
    if (r->in[0].notes) measure_notes(&r->in[0], r->plan.batch);
    r->layer->type->forward(r->layer, &r->out, in, &r->pass);
}

void rig_backward(struct rig *r)
{
    struct tensor *in[LAYER_INPUTS], *din[LAYER_INPUTS];

    gather(in, r->in);
    gather(din, r->din);
    measure_range(&r->dout, r->plan.batch);
    r->layer->type->backward(r->layer, din, (const bool[LAYER_INPUTS]){false}, &r->dout, in, &r->pass);
}
