/* sim/layers/layer_conv_int.c - a convolution's exact integer products: forward, and to the input where
 * the weights have one map.
 *
 * With S = sum qx qw' and X1 = sum qx over the in-bounds taps, both exact integers, and n of those taps,
 *   y = sx sw S + sx zw' X1 + zx (sw sum(qw') + n zw'),
 * three terms in double and one rounding to float32. To the input: the same of the error's codes with the
 * filters flipped (sim/kernels/flip.h). Of the weights: layer_conv_back.c.
 */
#include "sim/layers/layer_conv.h"

#include "sim/kernels/flip.h"

/* One product of codes: forward, or flipped. The coefficients are the conv's. */
struct product {
    struct conv_shape s;
    struct affine x;
    int w_step;             /* from one filter's map in c->w to the next one's: 1, or 0 if they share one */
    const int16_t *w_codes; /* [s.k][kernel][kernel][s.c/groups], centered */
    enum conv_path path;
};

size_t conv_encode_filter(struct conv *c, int o, const struct pass *p, const float *w)
{
    const struct affine *map = &c->w[o];
    const size_t n = c->filter;
    int16_t *centered = c->w_codes + (size_t)o * n;
    uint16_t *code = p->scratch[omp_get_thread_num()];
    const size_t clipped = p->kernels->encode(code, w, n, map, NULL, 0);

    for (size_t i = 0; i < n; i++)
        centered[i] =
            (int16_t)((code_bytes(map->bits) == 1 ? ((uint8_t *)code)[i] : code[i]) - (1 << (map->bits - 1)));
    return clipped;
}

static struct product product_make(const struct conv_shape *s, const struct affine *x, const int16_t *w_codes,
                                   int w_bits, int w_step)
{
    const int64_t length = (int64_t)s->kernel * s->kernel * (s->c / s->groups);
    return (struct product){*s, *x, w_step, w_codes, conv_path(x->bits, w_bits, length)};
}

/* sums[tap] = sum of a filter's centered codes over its channels. */
static void sum_taps(int64_t sums[], const int16_t *w, const struct conv_shape *s)
{
    const int cg = s->c / s->groups;
    for (int tap = 0; tap < s->kernel * s->kernel; tap++) {
        sums[tap] = 0;
        for (int i = 0; i < cg; i++)
            sums[tap] += w[tap * cg + i];
    }
}

/* gamma[p][o] = zx (sw[o] sum(qw') + n zw'[o]) over the in-bounds taps of output p. */
static void fill_gamma(double *gamma, const struct product *q, int o, double sw, double zw)
{
    const struct conv_shape *s = &q->s;
    const size_t filter = (size_t)s->kernel * (size_t)s->kernel * (size_t)(s->c / s->groups);
    int64_t tap_sum[KERNEL_MAX * KERNEL_MAX];

    sum_taps(tap_sum, q->w_codes + (size_t)o * filter, s);
    for (int oy = 0; oy < s->oh; oy++)
        for (int ox = 0; ox < s->ow; ox++) {
            int64_t sum = 0, taps = 0;
            for (int ky = 0; ky < s->kernel; ky++)
                for (int kx = 0; kx < s->kernel; kx++) {
                    const int iy = oy * s->stride + ky - s->pad, ix = ox * s->stride + kx - s->pad;
                    if (iy < 0 || iy >= s->h || ix < 0 || ix >= s->w) continue;
                    sum += tap_sum[ky * s->kernel + kx];
                    taps += s->c / s->groups;
                }
            gamma[((size_t)oy * (size_t)s->ow + (size_t)ox) * (size_t)s->k + (size_t)o] =
                (double)q->x.zero * (sw * (double)sum + (double)taps * zw);
        }
}

/* The three factors of an output's integer sums. */
static struct conv_epilogue make_epilogue(struct conv *c, const struct product *q)
{
    const bool offset = q->x.zero != 0.0f;

    for (int o = 0; o < q->s.k; o++) {
        const struct affine *w = &c->w[o * q->w_step];
        const double sw = (double)w->scale, zw = (double)w->zero + sw * (double)(1 << (w->bits - 1));
        c->alpha[o] = (double)q->x.scale * sw;
        c->beta[o] = (double)q->x.scale * zw;
        if (offset)
            fill_gamma(c->gamma, q, o, sw, zw);
        else
            c->gamma[o] = 0.0;
    }
    return (struct conv_epilogue){c->alpha, c->beta, c->gamma, offset ? q->s.k : 0};
}

/* --- forward --- */

size_t conv_encode_image(struct conv *c, const struct tensor *in, int n, const struct pass *p)
{
    const size_t at = (size_t)n * c->in_size;
    const struct deferred *d = in->deferred;
    void *codes = (char *)c->x_saved + at * code_bytes(c->x.bits);

    if (!d) return p->kernels->encode(codes, in->data + at, c->in_size, &c->x, NULL, 0);
    return p->kernels->norm_encode(codes, d->positive + (size_t)n * d->mask_bytes, d->y + at, d->scale,
                                   d->shift, (size_t)c->s.h * (size_t)c->s.w, c->s.c, d->relu, d->ceiling,
                                   &c->x);
}

uint64_t conv_int_forward(struct conv *c, struct tensor *out, const struct tensor *in, bool encodes,
                          const struct pass *p)
{
    const struct kernels *k = p->kernels;
    const int w_bits = c->w[0].bits;
    const struct product q = product_make(&c->s, &c->x, c->w_codes, w_bits, 1);
    const size_t each = c->in_size * code_bytes(c->x.bits);
    const int pieces = conv_pieces(p, c->s.oh);
    const struct conv_notes nothing = {0};
    uint64_t clipped = 0;

    k->conv_int_pack(c->packed, c->w_codes, &c->s, q.path);
    const struct conv_epilogue e = make_epilogue(c, &q);
#pragma omp parallel for schedule(static) num_threads(p->threads) reduction(+ : clipped)
    for (int i = 0; i < p->n * pieces; i++) {
        const int n = i / pieces;
        const struct codes codes = {(const char *)c->x_saved + (size_t)n * each, c->x.bits};
        if (encodes) clipped += conv_encode_image(c, in, n, p);
        k->conv_int_forward(out->data + (size_t)n * c->out_size,
                            pieces == 1 ? conv_notes_of(out, n, p) : nothing, codes, c->packed, &c->s,
                            conv_piece(i % pieces, pieces, c->s.oh), q.path, w_bits, &e,
                            p->scratch[omp_get_thread_num()]);
    }
    if (pieces > 1) conv_note_images(c, out, p);
    return clipped;
}

/* --- to the input --- */

size_t conv_packed_bytes(const struct conv *c, const struct kernels *k)
{
    const struct conv_shape f = c->flips ? flip_shape(&c->s) : c->s;
    const size_t one = k->conv_packed_bytes(&c->s), other = k->conv_packed_bytes(&f);
    return one > other ? one : other;
}

size_t conv_kernel_bytes(const struct conv *c, const struct kernels *k)
{
    const struct conv_shape f = c->flips ? flip_shape(&c->s) : c->s;
    const size_t one = k->conv_scratch_bytes(&c->s), other = k->conv_scratch_bytes(&f);
    return one > other ? one : other;
}

void conv_int_data(struct conv *c, struct tensor *din, bool add, const void *e_codes, const struct affine *e,
                   const struct pass *p)
{
    const struct kernels *k = p->kernels;
    const struct conv_shape f = flip_shape(&c->s);
    const int w_bits = c->w[0].bits;
    const struct product q = product_make(&f, e, c->flipped, w_bits, 0);
    const size_t each = c->out_size * code_bytes(e->bits);

    flip_weights(c->flipped, c->w_codes, &c->s);
    k->conv_int_pack(c->packed, c->flipped, &f, q.path);
    const struct conv_epilogue epilogue = make_epilogue(c, &q);
    const int pieces = conv_pieces(p, f.oh);
#pragma omp parallel for schedule(static) num_threads(p->threads)
    for (int i = 0; i < p->n * pieces; i++) {
        const size_t n = (size_t)(i / pieces), row = c->in_size / (size_t)f.oh;
        const struct conv_rows rows = conv_piece(i % pieces, pieces, f.oh);
        float *x = din->data + n * c->in_size;
        float *y = add ? conv_thread_image(c, p) : x;
        k->conv_int_forward(y, (struct conv_notes){0},
                            (struct codes){(const char *)e_codes + n * each, e->bits}, c->packed, &f, rows,
                            q.path, w_bits, &epilogue, p->scratch[omp_get_thread_num()]);
        for (size_t j = (size_t)rows.first * row; add && j < (size_t)(rows.first + rows.count) * row; j++)
            x[j] += y[j];
    }
}
