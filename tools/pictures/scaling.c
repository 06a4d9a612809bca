/* Resampling: Lanczos (a = 3), w(x) = sinc(x) sinc(x / 3) for |x| < 3, or bilinear, w(x) = 1 − |x| for |x| < 1. A reduced axis
 * uses the filter stretched by the factor, so that nothing aliases; the weights of every pixel of the result sum to 1, and are
 * those of Pillow. Columns first, then rows; 8-bit values are rounded once. */
#include "scaling.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "tools/pictures/pictures.h"
#include "tools/pictures/plain_sheet.h"
#include "tools/program/error.h"

static const double lobes = 3, pi = 3.14159265358979323846;

static double lanczos(double x) {
    if (x == 0) return 1;
    if (fabs(x) >= lobes) return 0;
    return lobes * sin(pi * x) * sin(pi * x / lobes) / (pi * pi * x * x);
}

static double weight(resampling how, double x) {
    return how == RESAMPLING_LANCZOS ? lanczos(x) : fabs(x) < 1 ? 1 - fabs(x) : 0;
}

static gb_status make_axis(struct scaling_axis *a, resampling how, int from, int to, gb_error *err) {
    double factor = (double)from / to, stretch = factor > 1 ? factor : 1, reach = how == RESAMPLING_LANCZOS ? lobes : 1;
    a->count = (int)ceil(reach * stretch) * 2 + 1;
    if (a->count > from) a->count = from;
    a->first = malloc((size_t)to * sizeof *a->first);
    a->weights = malloc((size_t)to * (size_t)a->count * sizeof *a->weights);
    if (!a->first || !a->weights) return state(err, GB_NO_MEMORY, "out of memory");
    for (int i = 0; i < to; i++) {
        double centre = (i + 0.5) * factor - 0.5, sum = 0;
        float *weights = a->weights + (size_t)i * (size_t)a->count;
        int first = (int)ceil(centre - reach * stretch);
        if (first > from - a->count) first = from - a->count;
        if (first < 0) first = 0;
        a->first[i] = first;
        for (int k = 0; k < a->count; k++) sum += weight(how, (first + k - centre) / stretch);
        for (int k = 0; k < a->count; k++) weights[k] = (float)(weight(how, (first + k - centre) / stretch) / sum);
    }
    return GB_OK;
}

static bool parse_size(const char *text, scaling *s) {
    char *end;
    long width;
    if (parse_pair(text, 'x', 1, PNG_SIDE, &s->width, &s->height)) return true;
    width = *text >= '1' && *text <= '9' ? strtol(text, &end, 10) : 0;
    if (width < 1 || width > PNG_SIDE || *end) return false;
    s->width = (int)width;
    s->height = (int)fmin(fmax(floor((double)s->from_height * (double)width / s->from_width + 0.5), 1), PNG_SIDE);
    return true;
}

static gb_status prepare(scaling *s, resampling how, gb_error *err) {
    if (make_axis(&s->across, how, s->from_width, s->width, err) || make_axis(&s->down, how, s->from_height, s->height, err))
        return err->status;
    s->given = true;
    s->between = malloc((size_t)s->from_height * (size_t)s->width * (size_t)s->channels * sizeof *s->between);
    s->pixels = malloc((size_t)s->height * (size_t)s->width * (size_t)s->channels);
    return s->between && s->pixels ? GB_OK : state(err, GB_NO_MEMORY, "out of memory for %dx%d pixels", s->width, s->height);
}

gb_status scaling_new(scaling *s, const char *text, int width, int height, int channels, gb_error *err) {
    *s = (scaling){.from_width = width, .from_height = height, .channels = channels, .width = width, .height = height};
    if (!text) return GB_OK;
    if (!parse_size(text, s))
        return state(err, GB_BAD_ARGUMENT, "--size takes a width, as in 512, or WIDTHxHEIGHT, not '%.100s'", text);
    if ((int64_t)s->width * s->height > INT32_MAX / 4)
        return state(err, GB_BAD_ARGUMENT, "--size %s: larger than %d pixels", text, INT32_MAX / 4);
    return prepare(s, RESAMPLING_LANCZOS, err);
}

gb_status scaling_new_to(scaling *s, resampling how, const int from[2], const int to[2], int channels, gb_error *err) {
    *s = (scaling){.from_width = from[0], .from_height = from[1], .channels = channels, .width = to[0], .height = to[1]};
    return from[0] == to[0] && from[1] == to[1] ? GB_OK : prepare(s, how, err);
}

void scaling_free(scaling *s) {
    free(s->across.first);
    free(s->across.weights);
    free(s->down.first);
    free(s->down.weights);
    free(s->between);
    free(s->pixels);
    *s = (scaling){0};
}

static void scale_columns(const scaling *s, const uint8_t *pixels) {
    for (int y = 0; y < s->from_height; y++)
        for (int x = 0; x < s->width; x++)
            for (int c = 0; c < s->channels; c++) {
                const uint8_t *from = pixels + ((size_t)y * (size_t)s->from_width + (size_t)s->across.first[x]) * (size_t)s->channels + c;
                const float *w = s->across.weights + (size_t)x * (size_t)s->across.count;
                float sum = 0;
                for (int k = 0; k < s->across.count; k++) sum += w[k] * (float)from[k * s->channels];
                s->between[((size_t)y * (size_t)s->width + (size_t)x) * (size_t)s->channels + (size_t)c] = sum;
            }
}

static void scale_rows(const scaling *s) {
    size_t row = (size_t)s->width * (size_t)s->channels;
    for (int y = 0; y < s->height; y++)
        for (size_t x = 0; x < row; x++) {
            const float *from = s->between + (size_t)s->down.first[y] * row + x;
            const float *w = s->down.weights + (size_t)y * (size_t)s->down.count;
            float sum = 0;
            for (int k = 0; k < s->down.count; k++) sum += w[k] * from[(size_t)k * row];
            s->pixels[(size_t)y * row + x] = (uint8_t)fminf(fmaxf(floorf(sum + 0.5f), 0), 255);
        }
}

const uint8_t *scaled(scaling *s, const uint8_t *pixels) {
    if (!s->given) return pixels;
    scale_columns(s, pixels);
    scale_rows(s);
    return s->pixels;
}
