/* sim/device/cpu/cpu_conv_zones.h - sums of codes under each tap of a filter. For cpu_conv_*.c only.
 *
 * A tap (ky, kx) reads the input at some rows and columns: nearly all of them, but for the border and the stride.
 * Rows that the same ky read are a zone, columns likewise; the sum over a zone of rows and one of columns is
 * taken once, with codes in the order in which they stand, and each tap adds up the few zones that it reads.
 */
#ifndef SIM_DEVICE_CPU_CPU_CONV_ZONES_H
#define SIM_DEVICE_CPU_CPU_CONV_ZONES_H

#include "sim/kernels/kernels.h"

/** Rows (or columns) first, first + step, ... that the taps in the mask, bit ky (or kx), read. */
struct conv_zone {
    unsigned taps;
    int first, step, count;
};

/* Zones of one axis: those that all taps of a residue of the stride read, kernel at most, and at each end
 * kernel - 1 rows at most that some of them miss. */
enum { CONV_ZONES = 3 * KERNEL_MAX };

struct conv_axis {
    struct conv_zone zone[CONV_ZONES];
    int count;
};

/** An image as its taps see it. */
struct conv_zones {
    struct conv_axis rows, columns;
    int width, channels; /* of the image */
};

/** The zones of the input [h][w][c], and of the output [oh][ow][k]: there, of the pixels for which a tap is in
 * bounds. */
struct conv_zones conv_input_zones(const struct conv_shape *s);
struct conv_zones conv_output_zones(const struct conv_shape *s);

/** Sums that conv_zones_add needs: [rows.count][columns.count][channels], a multiple of 8. */
size_t conv_zones_size(const struct conv_zones *z);

/** Add one image's codes. */
void conv_zones_add(int64_t *sum, const struct conv_zones *z, struct codes x);

/** out[channels] += the sums of what tap (ky, kx) reads. Returns the pixels that it reads of one image. */
int64_t conv_zones_tap(int64_t *out, const struct conv_zones *z, const int64_t *sum, int ky, int kx);

#endif
