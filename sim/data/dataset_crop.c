/* sim/data/dataset_crop.c - a random rectangle of an image, resized: the published augmentation of ImageNet.
 *
 * Source: Szegedy et al., CVPR 2015, section 6, as torchvision's RandomResizedCrop has it: area uniform on 8
 * to 100 % of the image, logarithm of the aspect ratio uniform between 3:4 and 4:3, ten attempts to lie
 * inside, then the whole image. Resizing is bilinear; where it shrinks, the triangle widens so that no pixel
 * is left out. It is done in double with one rounding to whole levels at the end (image libraries round after
 * each axis).
 */
#include "sim/data/dataset_images.h"
#include "sim/base/scalar.h"

#include <assert.h>
#include <math.h>

enum { ATTEMPTS = 10, SIDE_MAX = 256, TAPS = 4 };

static const double AREA_MIN = 0.08, RATIO_MAX = 4.0 / 3.0;

struct crop dataset_crop_draw(const struct augmentation *a, uint32_t record, struct shape raw)
{
    for (uint64_t attempt = 0; attempt < ATTEMPTS; attempt++) {
        const uint64_t element = record + (attempt << 48); /* dataset_draw may use the bits between */
        const double part = AREA_MIN + (1.0 - AREA_MIN) * dataset_draw_real(a, AUGMENT_AREA, element);
        const double log_ratio =
            scalar_log(RATIO_MAX) * (2.0 * dataset_draw_real(a, AUGMENT_RATIO, element) - 1.0);
        const double area = part * raw.h * raw.w, ratio = scalar_exp(log_ratio); /* width : height */
        const int w = (int)rint(sqrt(area * ratio)), h = (int)rint(sqrt(area / ratio));

        if (w < 1 || w > raw.w || h < 1 || h > raw.h) continue;
        return (struct crop){.top = (int)dataset_draw(a, AUGMENT_ROW, element, (uint32_t)(raw.h - h) + 1),
                             .left = (int)dataset_draw(a, AUGMENT_COLUMN, element, (uint32_t)(raw.w - w) + 1),
                             .h = h,
                             .w = w};
    }
    return (struct crop){0, 0, raw.h, raw.w};
}

/* Which of an axis' stored pixels make an output pixel, and their weights, which sum to 1. */
struct axis {
    int first[SIDE_MAX], taps[SIDE_MAX];
    double weight[SIDE_MAX][TAPS];
};

static void axis_fill(struct axis *axis, int from, int to)
{
    const double scale = (double)from / to, support = scale > 1.0 ? scale : 1.0;

    assert(to <= SIDE_MAX && 2 * support <= TAPS - 1);
    for (int o = 0; o < to; o++) {
        const double centre = (o + 0.5) * scale;
        const int low = (int)floor(centre - support + 0.5), high = (int)floor(centre + support + 0.5);
        const int first = low < 0 ? 0 : low, taps = (high > from ? from : high) - first;
        double sum = 0.0;

        axis->first[o] = first;
        axis->taps[o] = taps;
        for (int i = 0; i < taps; i++) {
            const double away = fabs(first + i + 0.5 - centre) / support;
            axis->weight[o][i] = away < 1.0 ? 1.0 - away : 0.0;
            sum += axis->weight[o][i];
        }
        for (int i = 0; i < taps; i++)
            axis->weight[o][i] /= sum;
    }
}

/* Level of one channel at output (y, column); corner is the rectangle's first pixel. */
static int level_at(const uint8_t *corner, size_t stride, int channels, const struct axis *rows, int y,
                    const struct axis *columns, int column)
{
    double sum = 0.0;
    for (int i = 0; i < rows->taps[y]; i++) {
        const uint8_t *p = corner + (size_t)(rows->first[y] + i) * stride +
                           (size_t)columns->first[column] * (size_t)channels;
        double row = 0.0;
        for (int j = 0; j < columns->taps[column]; j++)
            row += columns->weight[column][j] * p[j * channels];
        sum += rows->weight[y][i] * row;
    }
    return (int)floor(sum + 0.5);
}

void dataset_crop_write(float *x, const uint8_t *pixel, const struct dataset *d, struct crop crop, bool flip)
{
    const struct shape out = d->shape, raw = images_of(d)->part[0].raw;
    const size_t stride = (size_t)raw.w * (size_t)raw.c;
    const uint8_t *corner = pixel + (size_t)crop.top * stride + (size_t)crop.left * (size_t)raw.c;
    struct axis rows, columns;

    axis_fill(&rows, crop.h, out.h);
    axis_fill(&columns, crop.w, out.w);
    for (int y = 0; y < out.h; y++)
        for (int to = 0; to < out.w; to++) {
            const int column = flip ? out.w - 1 - to : to;
            for (int c = 0; c < out.c; c++)
                *x++ = images_of(d)
                           ->normalized[c][level_at(corner + c, stride, raw.c, &rows, y, &columns, column)];
        }
}
