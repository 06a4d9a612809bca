/* How far a picture is from a target. */
#include "picture_loss.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/error.h"
#include "feature_distance.h"

enum { COLOURS = 3, LEAST_SIDE = 8 };

struct gb_picture_loss {
    gb_picture_loss_options o;
    float *target, *mask;       /* owned */
    gb_feature_distance *features;
    float *picture;             /* [3, h, w]: the picture reduced and masked */
    float *gradient;            /* with respect to it */
    float *part;                /* the same of one measure */
    float *level, *level_gradient;      /* of `scales`: the differences at all scales, one after another */
};

/* ------------------------------------------------------------------------------------------------ reducing */

/* The pixels that pixel i of `small` covers: [first, end). */
static void covered(int i, int small, int large, int *first, int *end) {
    *first = (int)((int64_t)i * large / small);
    *end = (int)(((int64_t)(i + 1) * large + small - 1) / small);
}

void gb_reduce_picture(const float *from, int planes, int height, int width, int small_height, int small_width, float *to) {
    for (int p = 0; p < planes; p++)
        for (int y = 0; y < small_height; y++)
            for (int x = 0; x < small_width; x++) {
                int top, bottom, left, right;
                double sum = 0;
                covered(y, small_height, height, &top, &bottom);
                covered(x, small_width, width, &left, &right);
                for (int v = top; v < bottom; v++)
                    for (int u = left; u < right; u++)
                        sum += (double)from[((size_t)p * (size_t)height + (size_t)v) * (size_t)width + (size_t)u];
                *to++ = (float)(sum / ((double)(bottom - top) * (double)(right - left)));
            }
}

/* Its adjoint: adds the gradient of the small picture to that of the large one. */
static void spread_gradient(const float *from, int planes, int height, int width, int small_height, int small_width, float *to) {
    for (int p = 0; p < planes; p++)
        for (int y = 0; y < small_height; y++)
            for (int x = 0; x < small_width; x++) {
                int top, bottom, left, right;
                covered(y, small_height, height, &top, &bottom);
                covered(x, small_width, width, &left, &right);
                float share = (float)((double)*from++ / ((double)(bottom - top) * (double)(right - left)));
                for (int v = top; v < bottom; v++)
                    for (int u = left; u < right; u++)
                        to[((size_t)p * (size_t)height + (size_t)v) * (size_t)width + (size_t)u] += share;
            }
}

/* ------------------------------------------------------------------------------------------------ mse */

static double mean_square(const gb_picture_loss *l, size_t count, float *gradient) {
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        double d = (double)l->picture[i] - (double)l->target[i];
        sum += d * d;
        gradient[i] = (float)(2 * d / (double)count);
    }
    return sum / (double)count;
}

/* ------------------------------------------------------------------------------------------------ scales */

static float sign(float v) {
    return (float)((v > 0) - (v < 0));
}

/* Adds to `loss` mean |d| + mean |Δx d| + mean |Δy d| times `weight`, and to `gradient` its gradient. */
static void add_level(const float *d, int h, int w, double weight, double *loss, float *gradient) {
    double planes = COLOURS, sum = 0, across = 0, down = 0;
    const float each = (float)(weight / (planes * h * w)), each_across = (float)(weight / (planes * h * (w - 1)));
    const float each_down = (float)(weight / (planes * (h - 1) * w));
    for (int p = 0; p < COLOURS; p++)
        for (int y = 0; y < h; y++)
            for (int x = 0; x < w; x++, d++, gradient++) {
                sum += fabs((double)*d);
                *gradient += each * sign(*d);
                if (x + 1 < w) {
                    float by = d[1] - d[0];
                    across += fabs((double)by);
                    gradient[1] += each_across * sign(by);
                    gradient[0] -= each_across * sign(by);
                }
                if (y + 1 < h) {
                    float by = d[w] - d[0];
                    down += fabs((double)by);
                    gradient[w] += each_down * sign(by);
                    gradient[0] -= each_down * sign(by);
                }
            }
    *loss += (double)each * sum + (double)each_across * across + (double)each_down * down;
}

static int scale_count(int h, int w) {
    int count = 1;
    while (h / 2 >= LEAST_SIDE && w / 2 >= LEAST_SIDE) {
        h /= 2;
        w /= 2;
        count++;
    }
    return count;
}

/* The differences of all scales follow each other in `level`; gradients are handed back from the smallest to the largest. */
static double scales_loss(gb_picture_loss *l, float *gradient) {
    int h = l->o.height, w = l->o.width, scales = scale_count(h, w);
    size_t count = COLOURS * (size_t)h * (size_t)w, at = 0;
    double loss = 0;
    for (size_t i = 0; i < count; i++)
        l->level[i] = l->picture[i] - l->target[i];
    memset(l->level_gradient, 0, 2 * count * sizeof *l->level_gradient);
    for (int s = 0; s < scales; s++) {
        size_t floats = COLOURS * (size_t)(h >> s) * (size_t)(w >> s);
        if (s)
            gb_reduce_picture(l->level + at - COLOURS * (size_t)(h >> (s - 1)) * (size_t)(w >> (s - 1)), COLOURS, h >> (s - 1),
                              w >> (s - 1), h >> s, w >> s, l->level + at);
        add_level(l->level + at, h >> s, w >> s, 1.0 / scales, &loss, l->level_gradient + at);
        at += floats;
    }
    for (int s = scales - 1; s > 0; s--) {
        size_t floats = COLOURS * (size_t)(h >> s) * (size_t)(w >> s);
        size_t larger = COLOURS * (size_t)(h >> (s - 1)) * (size_t)(w >> (s - 1));
        at -= floats;
        spread_gradient(l->level_gradient + at, COLOURS, h >> (s - 1), w >> (s - 1), h >> s, w >> s,
                        l->level_gradient + at - larger);
    }
    memcpy(gradient, l->level_gradient, count * sizeof *gradient);
    return loss;
}

/* ------------------------------------------------------------------------------------------------ the sum */

static float *copied(const float *values, size_t count) {
    float *copy = malloc(count * sizeof *copy);
    if (copy)
        memcpy(copy, values, count * sizeof *copy);
    return copy;
}

gb_status gb_picture_loss_new(const gb_picture_loss_options *o, gb_picture_loss **out, gb_error *err) {
    *out = NULL;
    if (o->height < LEAST_SIDE || o->width < LEAST_SIDE)
        return gb_fail(err, GB_BAD_ARGUMENT, "the picture to compare with is %dx%d; it needs at least %d pixels per side",
                       o->height, o->width, LEAST_SIDE);
    size_t plane = (size_t)o->height * (size_t)o->width, count = COLOURS * plane;
    gb_picture_loss *l = calloc(1, sizeof *l);
    if (!l)
        return gb_fail(err, GB_NO_MEMORY, "out of memory");
    l->o = *o;
    l->target = copied(o->target, count);
    l->mask = o->mask ? copied(o->mask, plane) : NULL;
    l->picture = malloc(count * sizeof *l->picture);
    l->gradient = malloc(count * sizeof *l->gradient);
    l->part = malloc(count * sizeof *l->part);
    l->level = malloc(2 * count * sizeof *l->level);
    l->level_gradient = malloc(2 * count * sizeof *l->level_gradient);
    bool whole = l->target && (l->mask || !o->mask) && l->picture && l->gradient && l->part && l->level && l->level_gradient;
    gb_status status = whole ? GB_OK : gb_fail(err, GB_NO_MEMORY, "out of memory");
    if (!status && o->features)
        status = gb_feature_distance_new(o->features, l->target, o->height, o->width, &l->features, err);
    if (status)
        gb_picture_loss_free(l);
    else
        *out = l;
    return status;
}

void gb_picture_loss_free(gb_picture_loss *l) {
    if (!l)
        return;
    gb_feature_distance_free(l->features);
    free(l->target);
    free(l->mask);
    free(l->picture);
    free(l->gradient);
    free(l->part);
    free(l->level);
    free(l->level_gradient);
    free(l);
}

/* Reduces the picture to the target's size, as RGB, with the target outside the mask. */
static void take_picture(gb_picture_loss *l, const float *image, int channels, int height, int width) {
    size_t plane = (size_t)l->o.height * (size_t)l->o.width;
    gb_reduce_picture(image, channels == 1 ? 1 : COLOURS, height, width, l->o.height, l->o.width, l->picture);
    for (size_t c = 1; channels == 1 && c < COLOURS; c++)
        memcpy(l->picture + c * plane, l->picture, plane * sizeof *l->picture);
    for (size_t i = 0; l->mask && i < COLOURS * plane; i++)
        l->picture[i] = l->target[i] + l->mask[i % plane] * (l->picture[i] - l->target[i]);
}

/* Its adjoint. */
static void give_gradient(gb_picture_loss *l, int channels, int height, int width, float *gradient) {
    size_t plane = (size_t)l->o.height * (size_t)l->o.width;
    for (size_t i = 0; l->mask && i < COLOURS * plane; i++)
        l->gradient[i] *= l->mask[i % plane];
    for (size_t i = plane; channels == 1 && i < COLOURS * plane; i++)
        l->gradient[i % plane] += l->gradient[i];
    memset(gradient, 0, (size_t)channels * (size_t)height * (size_t)width * sizeof *gradient);
    spread_gradient(l->gradient, channels == 1 ? 1 : COLOURS, height, width, l->o.height, l->o.width, gradient);
}

static void add_part(gb_picture_loss *l, size_t count, double weight) {
    for (size_t i = 0; i < count; i++)
        l->gradient[i] += (float)weight * l->part[i];
}

gb_status gb_picture_loss_of(gb_picture_loss *l, const float *image, int channels, int height, int width,
                             gb_picture_difference *difference, float *gradient, gb_error *err) {
    size_t count = COLOURS * (size_t)l->o.height * (size_t)l->o.width;
    *difference = (gb_picture_difference){0};
    if (height < l->o.height || width < l->o.width)
        return gb_fail(err, GB_BAD_ARGUMENT, "the picture to compare with is %dx%d, larger than the network's %dx%d", l->o.height,
                       l->o.width, height, width);
    take_picture(l, image, channels, height, width);
    memset(l->gradient, 0, count * sizeof *l->gradient);
    if (l->features) {
        gb_status status = gb_feature_distance_of(l->features, l->picture, &difference->features, gradient ? l->part : NULL, err);
        if (status)
            return status;
        if (gradient)
            add_part(l, count, 1);
    }
    if (l->o.mse > 0) {
        difference->mse = mean_square(l, count, l->part);
        add_part(l, count, l->o.mse);
    }
    if (l->o.scales > 0) {
        difference->scales = scales_loss(l, l->part);
        add_part(l, count, l->o.scales);
    }
    difference->loss = difference->features + l->o.mse * difference->mse + l->o.scales * difference->scales;
    if (gradient)
        give_gradient(l, channels, height, width, gradient);
    return GB_OK;
}
