/* sim/device/cpu/cpu_conv.h - what the convolution's operations on the CPU share. For cpu_conv_*.c only.
 *
 * Notation: q are codes, s scales, z zeros; X = sx qx + zx per tensor, W[o] = sw[o] qw + zw[o] per output
 * channel, E = se qe + ze per tensor. Weight and error codes are centered, q' = q - 2^(b-1), so that they fit
 * signed bytes; their zeros move along: z' = z + s 2^(b-1), in double.
 */
#ifndef SIM_DEVICE_CPU_CPU_CONV_H
#define SIM_DEVICE_CPU_CPU_CONV_H

#include "sim/device/cpu/cpu.h"

/** Elements of one image of the input, of the output; weights of one filter. */
static inline size_t conv_in_size(const struct conv_shape *s)
{
    return (size_t)s->h * (size_t)s->w * (size_t)s->c;
}

static inline size_t conv_out_size(const struct conv_shape *s)
{
    return (size_t)s->oh * (size_t)s->ow * (size_t)s->k;
}

static inline size_t conv_filter_size(const struct conv_shape *s)
{
    return (size_t)s->kernel * (size_t)s->kernel * (size_t)(s->c / s->groups);
}

/** The pieces into which an operation cuts each image so that all members have work: one, unless there are
 * fewer images than members. Piece i of `rows` rows begins at an even one. Each piece borders the whole image
 * anew. */
static inline int conv_pieces(struct seat me, int n, int rows)
{
    const int wanted = n < me.count ? (me.count + n - 1) / n : 1, most = (rows + 1) / 2;
    return wanted < most ? wanted : most;
}

static inline struct conv_rows conv_piece(int i, int pieces, int rows)
{
    const int pairs = (rows + 1) / 2, first = 2 * (pairs * i / pieces), end = 2 * (pairs * (i + 1) / pieces);
    return (struct conv_rows){first, (end < rows ? end : rows) - first};
}

/** This member's part of what all members do together. */
static inline struct conv_part conv_part_of(struct seat me)
{
    return (struct conv_part){me.index, me.count};
}

/** What is noted of image n. */
static inline struct conv_notes conv_notes_of(const struct conv_forward_op *op, size_t n)
{
    double *at = op->notes ? op->notes + n * CONV_NOTES * (size_t)op->shape->k : NULL;
    return (struct conv_notes){at, op->note_ends};
}

/* --- cpu_conv_memory.c --- */

/** This member's room for one image of the input, and for one of the error, behind the kernels' scratch. */
float *conv_input_room(struct seat me, const struct cpu *c, const struct conv_shape *s);
float *conv_error_room(struct seat me, const struct cpu *c, const struct conv_shape *s);

/** Shared scratch of the weight gradient. */
struct conv_sums_memory {
    int64_t *exact;             /* [members][kernel][kernel][c/groups][k] */
    double *real;               /* [CONV_IMAGE_GROUPS][the same], float path */
    int64_t *x_zones, *e_zones; /* [members] sums of codes, as sim/device/cpu/cpu_conv_zones.h has them */
    int64_t *x_tap;             /* [kernel][kernel][c] */
    int64_t *e_tap;             /* [kernel][kernel][k] */
    int64_t *count;             /* [kernel][kernel] positions that each tap sees */
};

/** Float gradients are summed in this many fixed groups of images, whatever the number of members. */
enum { CONV_IMAGE_GROUPS = 8 };

struct conv_sums_memory conv_sums_memory(const struct cpu *c, const struct conv_shape *s);

/* --- cpu_conv_sum.c --- */

/** Bytes of scratch per member that sums in a modelled accumulator need. */
size_t conv_sum_bytes(const struct conv_shape *s, int batch);

/* --- cpu_conv_codes.c --- */

/** Image n of an operand as the float products read it: its values, or its codes decoded into `room`. */
const float *conv_values(const struct cpu *c, const struct conv_operand *x, size_t n, size_t each,
                         float *room);

/** Make the codes of image n, for within a task. Returns the clipped count. */
size_t conv_encode_image(const struct cpu *c, const struct conv_input_op *op, size_t n);

/** This member's images encoded. Returns their clipped count. */
uint64_t conv_encode_share(struct seat me, const struct cpu *c, const struct conv_input_op *op);

/* --- cpu_conv_after.c: what goes behind every product, for within a task --- */

/** What a batch norm reads about one image y[oh][ow][k]. */
void conv_note_image(struct conv_notes notes, const float *y, const struct conv_shape *s);

/** The range of image n, which this member has just written; empty if nobody asks. */
struct range conv_range_image(const struct cpu *c, const struct conv_forward_op *op, size_t n);

/** Notes and ranges of a batch that was computed in pieces; begins with a barrier. Returns this member's
 * range. */
struct range conv_after_pieces(struct seat me, const struct cpu *c, const struct conv_forward_op *op);

/** Tell what all members have found of a forward product. */
void conv_tell(struct seat me, const struct conv_forward_op *op, struct range r, uint64_t clipped);

/** The range of the gradient of the input, if somebody asks. */
void conv_range_dx(struct seat me, const struct cpu *c, const struct conv_backward_data_op *op);

#endif
