/* sim/layers/layer_conv_back.c - the two backward products of the quantized convolution.
 *
 *   Eq = Qstoch_bg(E; min/max of the whole tensor)      one draw per element, used for both products
 *   dX = conv_transpose(Eq, Wq)                         dW = correlate(Xq, Eq)
 *
 * dW has one scale per operand, so its sums are exact integers: with S = sum qe' qx over the batch and the
 * in-bounds positions, X1 = sum qx, E1 = sum qe', n positions, dW = se sx S + se zx E1 + ze' sx X1 + n ze' zx
 * in double, one rounding to float32. dX sums over output channels, and each has its own weight scale: no
 * common integer grid exists. It is conv_float_data over decoded values, in one written order for every
 * machine, for 3x3 filters of stride 1 by minimal filtering; only where roles give the weights one scale and
 * the stride is 1, the integer product of layer_conv_int.c. Source: Fu et al., ICLR 2021, published code.
 */
#include "sim/layers/layer_conv.h"

#include <string.h>

/* Float gradients are summed in this many fixed groups of images, whatever the number of threads. */
enum { IMAGE_GROUPS = 8 };

/* Shared scratch of one backward pass. */
struct backward {
    struct affine e;      /* the error's map */
    bool coded;           /* the error is codes; otherwise it stands in dout */
    void *e_codes;        /* [n][oh*ow*k] */
    int64_t *exact;       /* [threads][kernel][kernel][c/groups][k] */
    double *real;         /* [IMAGE_GROUPS][the same], float path */
    int64_t *x_at, *e_at; /* sums over the batch of codes at each position: [h][w][c], [oh][ow][k] */
    int64_t *x_tap;       /* X1: [kernel][kernel][c] */
    int64_t *e_tap;       /* E1: [kernel][kernel][k] */
};

static void *take(char *base, size_t *used, size_t bytes)
{
    void *piece = base ? base + *used : NULL;
    *used += (bytes + 63) / 64 * 64;
    return piece;
}

/* Lay the pieces out from `base` (NULL: only measure); returns the bytes used. */
static size_t lay_out(struct backward *b, char *base, const struct conv *c, int batch, int threads)
{
    const size_t weights = c->filter * (size_t)c->s.k, taps = (size_t)c->s.kernel * (size_t)c->s.kernel;
    size_t used = 0;

    b->e_codes = take(base, &used, (size_t)batch * c->out_size * sizeof(uint16_t));
    b->exact = take(base, &used, (size_t)threads * weights * sizeof(int64_t));
    b->real = take(base, &used, IMAGE_GROUPS * weights * sizeof(double));
    b->x_at = take(base, &used, c->in_size * sizeof(int64_t));
    b->e_at = take(base, &used, c->out_size * sizeof(int64_t));
    b->x_tap = take(base, &used, taps * (size_t)c->s.c * sizeof(int64_t));
    b->e_tap = take(base, &used, taps * (size_t)c->s.k * sizeof(int64_t));
    return used;
}

size_t conv_backward_bytes(const struct conv *c, const struct plan *p)
{
    struct backward b;
    return lay_out(&b, NULL, c, p->batch, p->threads);
}

size_t conv_thread_bytes(const struct conv *c, const struct plan *p)
{
    const size_t floats = c->in_size + c->out_size + 32 + (c->filter > c->in_size ? c->filter : 0);
    return conv_kernel_bytes(c, p->kernels) + floats * sizeof(float);
}

/* Per-thread buffers behind the kernels' own scratch: an image of the input, then one of the error. */
float *conv_thread_image(const struct conv *c, const struct pass *p)
{
    char *mine = p->scratch[omp_get_thread_num()];
    void *behind = mine + conv_kernel_bytes(c, p->kernels);
    return behind;
}

static float *decoded_error(const struct conv *c, const struct pass *p)
{
    return conv_thread_image(c, p) + (c->in_size + 15) / 16 * 16;
}

/* The error's map and codes (16 bits or less), or decoded values in place (more). */
static struct affine quantize_error(struct conv *c, struct backward *b, struct tensor *dout,
                                    const struct pass *p)
{
    const int bits = p->backward_bits;
    const struct affine q = affine_of_range(dout->range, bits, p->recipe->division, p->recipe->floor);
    const struct random_name name = {p->seed, random_stream(RANDOM_ERROR, c->base.id), p->step};
    const struct random_name *noise = p->recipe->stochastic_error ? &name : NULL;
    const int pieces = conv_pieces(p, c->s.oh);
    const size_t row = c->out_size / (size_t)c->s.oh;
    uint64_t clipped = 0;

#pragma omp parallel for schedule(static) num_threads(p->threads) reduction(+ : clipped)
    for (int i = 0; i < p->n * pieces; i++) {
        const struct conv_rows rows = conv_piece(i % pieces, pieces, c->s.oh);
        const uint64_t first = (uint64_t)(i / pieces) * c->out_size + (uint64_t)rows.first * row;
        const size_t size = (size_t)rows.count * row;
        float *e = dout->data + first;
        if (bits > AFFINE_CODE_BITS)
            clipped += affine_quantize(e, e, size, &q, noise, first);
        else
            clipped +=
                p->kernels->encode((char *)b->e_codes + first * code_bytes(bits), e, size, &q, noise, first);
    }
    c->base.trace.error = dout->range;
    c->base.trace.clipped_error = clipped;
    c->base.trace.floored_error = q.floored;
    return q;
}

/* at[i] = sum over the batch of the codes at position i, less `center` each. */
static void sum_positions(int64_t *at, const void *codes, int bits, size_t each, int center,
                          const struct pass *p)
{
#pragma omp parallel for schedule(static) num_threads(p->threads)
    for (size_t i0 = 0; i0 < each; i0 += 1024) {
        const size_t i1 = i0 + 1024 < each ? i0 + 1024 : each;
        uint32_t sum[1024] = {0}; /* 65536 codes of 16 bits fit */
        for (int n = 0; n < p->n; n++) {
            const size_t row = (size_t)n * each;
            if (code_bytes(bits) == 1)
                for (size_t i = i0; i < i1; i++)
                    sum[i - i0] += ((const uint8_t *)codes)[row + i];
            else
                for (size_t i = i0; i < i1; i++)
                    sum[i - i0] += ((const uint16_t *)codes)[row + i];
        }
        for (size_t i = i0; i < i1; i++)
            at[i] = (int64_t)sum[i - i0] - (int64_t)center * p->n;
    }
}

/* The input row (or column) that tap `k` of output `o` reads; -1 outside. */
static int tap_position(const struct conv_shape *s, int o, int k, int size)
{
    const int i = o * s->stride + k - s->pad;
    return i >= 0 && i < size ? i : -1;
}

/* X1 and E1 of every tap from the position sums, and in *count how many positions each tap sees. */
static void sum_by_tap(struct backward *b, int64_t count[], const struct conv *c)
{
    const struct conv_shape *s = &c->s;
    const size_t ch = (size_t)s->c, k = (size_t)s->k;

    for (int ky = 0; ky < s->kernel; ky++)
        for (int kx = 0; kx < s->kernel; kx++) {
            const size_t tap = (size_t)(ky * s->kernel + kx);
            int64_t *x = b->x_tap + tap * ch, *e = b->e_tap + tap * k;
            memset(x, 0, ch * sizeof *x);
            memset(e, 0, k * sizeof *e);
            count[tap] = 0;
            for (int oy = 0; oy < s->oh; oy++)
                for (int ox = 0; ox < s->ow; ox++) {
                    const int iy = tap_position(s, oy, ky, s->h), ix = tap_position(s, ox, kx, s->w);
                    if (iy < 0 || ix < 0) continue;
                    const int64_t *xa = b->x_at + ((size_t)iy * (size_t)s->w + (size_t)ix) * ch;
                    const int64_t *ea = b->e_at + ((size_t)oy * (size_t)s->ow + (size_t)ox) * k;
                    for (size_t i = 0; i < ch; i++)
                        x[i] += xa[i];
                    for (size_t i = 0; i < k; i++)
                        e[i] += ea[i];
                    count[tap]++;
                }
        }
}

/* dW[o][tap][i] from the exact sums [tap][i][o]. */
static void finish_integer(struct conv *c, const struct backward *b, const int64_t count[],
                           const struct pass *p)
{
    const struct conv_shape *s = &c->s;
    const struct affine *e = &b->e;
    const size_t k = (size_t)s->k, weights = c->filter * k;
    const int cg = s->c / s->groups, kg = s->k / s->groups, taps = s->kernel * s->kernel;
    const double ze = (double)e->zero + (double)e->scale * (double)((int64_t)1 << (e->bits - 1));
    const double ee = (double)e->scale * (double)c->x.scale, ez = (double)e->scale * (double)c->x.zero;
    const double zs = ze * (double)c->x.scale, zz = ze * (double)c->x.zero;
    float *grad = c->base.params[0].grad;

#pragma omp parallel for schedule(static) num_threads(p->threads)
    for (int o = 0; o < s->k; o++)
        for (int tap = 0; tap < taps; tap++)
            for (int i = 0; i < cg; i++) {
                const size_t at = ((size_t)tap * (size_t)cg + (size_t)i) * k + (size_t)o;
                int64_t sum = 0;
                for (int t = 0; t < p->threads; t++)
                    sum += b->exact[(size_t)t * weights + at];
                const int64_t x1 = b->x_tap[tap * s->c + o / kg * cg + i], e1 = b->e_tap[tap * s->k + o];
                grad[(size_t)o * c->filter + (size_t)(tap * cg + i)] =
                    (float)(ee * (double)sum +
                            (ez * (double)e1 + (zs * (double)x1 + zz * (double)(count[tap] * p->n))));
            }
}

static void weights_integer(struct conv *c, struct backward *b, const struct pass *p)
{
    const size_t weights = c->filter * (size_t)c->s.k;
    const int eb = b->e.bits, xb = c->x.bits;
    const int share = p->n / p->threads > 1 ? p->n / p->threads : 1,
              most = conv_weights_images(xb, eb, &c->s);
    const int images = share < most ? share : most, calls = (p->n + images - 1) / images;
    const int pieces = conv_pieces(p, c->s.oh); /* exact sums: rows may be added in any order */
    int64_t count[KERNEL_MAX * KERNEL_MAX];

    memset(b->exact, 0, (size_t)p->threads * weights * sizeof *b->exact);
#pragma omp parallel for schedule(static) num_threads(p->threads)
    for (int i = 0; i < calls * pieces; i++) {
        const int n = i / pieces * images, now = p->n - n < images ? p->n - n : images;
        p->kernels->conv_int_weights(
            b->exact + (size_t)omp_get_thread_num() * weights,
            (struct codes){(char *)c->x_saved + (size_t)n * c->in_size * code_bytes(xb), xb},
            (struct codes){(char *)b->e_codes + (size_t)n * c->out_size * code_bytes(eb), eb}, now, &c->s,
            conv_piece(i % pieces, pieces, c->s.oh), conv_path(xb, eb, (int64_t)now * c->s.oh * c->s.ow),
            p->scratch[omp_get_thread_num()]);
    }
    sum_positions(b->x_at, c->x_saved, xb, c->in_size, 0, p);
    if (c->x.zero != 0.0f)
        sum_positions(b->e_at, b->e_codes, eb, c->out_size, 1 << (eb - 1), p);
    else
        memset(b->e_at, 0, c->out_size * sizeof *b->e_at);
    sum_by_tap(b, count, c);
    finish_integer(c, b, count, p);
}

/* The error as both products see it: its codes, or its values in dout. */
static void take_error(struct backward *b, struct conv *c, struct tensor *dout, const struct pass *p)
{
    b->coded = false;
    if (c->forward_bits == 0 || p->backward_bits == 0) return;
    if (conv_role(c, ROLE_ERROR, p)->way != ROLE_RECIPE) {
        b->coded = conv_role_error(&b->e, b->e_codes, c, dout, p);
        return;
    }
    b->e = quantize_error(c, b, dout, p);
    b->coded = b->e.bits <= AFFINE_CODE_BITS;
}

const float *conv_input_values(const struct conv *c, const struct tensor *in, int n, const struct pass *p)
{
    const size_t at = (size_t)n * c->in_size;
    if (c->forward_bits == 0) return in->data + at;
    if (!c->x_coded) return (const float *)c->x_saved + at;

    float *x = conv_thread_image(c, p);
    const struct codes codes = {(const char *)c->x_saved + at * code_bytes(c->x.bits), c->x.bits};
    p->kernels->decode(x, codes, c->in_size, &c->x);
    return x;
}

/* The error's codes of image n, decoded. */
static void decode_error(float *x, const struct conv *c, const struct backward *b, int n,
                         const struct pass *p)
{
    const size_t at = (size_t)n * c->out_size;
    const struct codes codes = {(const char *)b->e_codes + at * code_bytes(b->e.bits), b->e.bits};
    p->kernels->decode(x, codes, c->out_size, &b->e);
}

/* Error of image n as both products see it. */
static const float *error_values(const struct conv *c, const struct backward *b, const struct tensor *dout,
                                 int n, const struct pass *p)
{
    if (!b->coded) return dout->data + (size_t)n * c->out_size;
    float *x = decoded_error(c, p);
    decode_error(x, c, b, n, p);
    return x;
}

static void weights_float(struct conv *c, struct backward *b, const struct tensor *dout,
                          const struct tensor *in, const struct pass *p)
{
    const size_t k = (size_t)c->s.k, weights = c->filter * k;
    float *grad = c->base.params[0].grad;

#pragma omp parallel for schedule(static, 1) num_threads(p->threads)
    for (int g = 0; g < IMAGE_GROUPS; g++) {
        double *sum = b->real + (size_t)g * weights;
        memset(sum, 0, weights * sizeof *sum);
        for (int n = p->n * g / IMAGE_GROUPS; n < p->n * (g + 1) / IMAGE_GROUPS; n++)
            p->kernels->conv_float_weights(sum, conv_input_values(c, in, n, p),
                                           error_values(c, b, dout, n, p), &c->s,
                                           p->scratch[omp_get_thread_num()]);
    }
#pragma omp parallel for schedule(static) num_threads(p->threads)
    for (size_t o = 0; o < k; o++)
        for (size_t i = 0; i < c->filter; i++) {
            double sum = 0.0;
            for (int g = 0; g < IMAGE_GROUPS; g++)
                sum += b->real[(size_t)g * weights + i * k + o];
            grad[o * c->filter + i] = (float)sum;
        }
}

static void data_float(struct conv *c, const struct backward *b, struct tensor *din, bool add,
                       const struct tensor *dout, const struct pass *p)
{
    p->kernels->conv_float_pack_data(c->packed, c->w_decoded, &c->s);
    const int pieces = conv_pieces(p, c->s.h);
#pragma omp parallel for schedule(static) num_threads(p->threads)
    for (int i = 0; i < p->n * pieces; i++)
        p->kernels->conv_float_data(din->data + (size_t)(i / pieces) * c->in_size, add,
                                    error_values(c, b, dout, i / pieces, p), c->packed, &c->s,
                                    conv_piece(i % pieces, pieces, c->s.h), p->scratch[omp_get_thread_num()]);
}

/* Both products in the accumulator's role: they read whole tensors of values. */
static void backward_sums(struct conv *c, const struct backward *b, struct tensor *din, bool add,
                          struct tensor *dout, const struct pass *p)
{
    for (int n = 0; b->coded && n < p->n; n++)
        decode_error(dout->data + (size_t)n * c->out_size, c, b, n, p);
    conv_sum_weights(c, c->x_saved, dout->data, p);
    if (din) conv_sum_data(c, din, add, dout->data, p);
}

void conv_backward(struct layer *l, struct tensor *const din[], const bool add[], struct tensor *dout,
                   struct tensor *const in[], const struct pass *p)
{
    struct conv *c = conv_of(l);
    struct backward b;

    lay_out(&b, p->shared, c, p->n, p->threads);
    take_error(&b, c, dout, p);
    if (conv_role(c, ROLE_ACCUMULATOR, p)->way == ROLE_FORMAT) {
        backward_sums(c, &b, din[0], add[0], dout, p);
        return;
    }
    if (b.coded && c->x_coded)
        weights_integer(c, &b, p);
    else
        weights_float(c, &b, dout, in[0], p);
    if (!din[0]) return;
    if (b.coded && c->w_shared && c->flips)
        conv_int_data(c, din[0], add[0], b.e_codes, &b.e, p);
    else
        data_float(c, &b, din[0], add[0], dout, p);
    if (din[0]->wants_range) din[0]->range = range_over_images(din[0]->data, c->in_size, p);
}
