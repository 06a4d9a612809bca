/* The regularisation of noise maps. */
#include "noise_regularisation.h"

#include <math.h>
#include <string.h>

enum { LEAST_SIDE = 8 };

/* A level's map and its gradient, both [h, w], in `work`. */
static size_t level_floats(int h, int w) {
    return 2 * (size_t)h * (size_t)w;
}

size_t gb_noise_work_floats(int height, int width) {
    size_t floats = 0;
    for (int h = height, w = width; ; h /= 2, w /= 2) {
        floats += level_floats(h, w);
        if (h <= LEAST_SIDE || w <= LEAST_SIDE)
            return floats;
    }
}

/* 2×2 means; of an odd side the last pixels are left out. */
static void halve(const float *from, int h, int w, float *to) {
    for (int y = 0; y < h / 2; y++)
        for (int x = 0; x < w / 2; x++) {
            const float *n = from + 2 * y * w + 2 * x;
            *to++ = (n[0] + n[1] + n[w] + n[w + 1]) / 4;
        }
}

/* (mean n·roll n)², with n[next] the neighbour in one direction; its gradient 2 · mean · (n[before] + n[after]) / count. */
static double level_loss(const float *n, int h, int w, double weight, float *gradient) {
    double across = 0, down = 0, count = (double)h * w;
    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++) {
            double v = (double)n[y * w + x];
            across += v * (double)n[y * w + (x + 1 == w ? 0 : x + 1)];
            down += v * (double)n[(y + 1 == h ? 0 : y + 1) * w + x];
        }
    across /= count;
    down /= count;
    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++) {
            double beside = (double)n[y * w + (x + 1 == w ? 0 : x + 1)] + (double)n[y * w + (x ? x - 1 : w - 1)];
            double above = (double)n[(y + 1 == h ? 0 : y + 1) * w + x] + (double)n[(y ? y - 1 : h - 1) * w + x];
            gradient[y * w + x] = (float)(weight * 2 / count * (across * beside + down * above));
        }
    return across * across + down * down;
}

double gb_noise_regularise(const float *map, int height, int width, double weight, float *gradient, float *work) {
    double loss = 0;
    int h = height, w = width, levels = 0;
    float *level = work;
    memcpy(level, map, (size_t)h * (size_t)w * sizeof *level);
    for (;;) {
        size_t plane = (size_t)h * (size_t)w;
        loss += level_loss(level, h, w, weight, level + plane);
        if (h <= LEAST_SIDE || w <= LEAST_SIDE)
            break;
        halve(level, h, w, level + 2 * plane);
        level += 2 * plane;
        h /= 2;
        w /= 2;
        levels++;
    }
    /* Hands the gradients back: each pixel of a smaller level is the mean of four. */
    while (levels--) {
        int large_h = height >> levels, large_w = width >> levels;
        float *larger = level - level_floats(large_h, large_w);
        const float *small = level + (size_t)h * (size_t)w;
        float *large = larger + (size_t)large_h * (size_t)large_w;
        for (int y = 0; y < 2 * h; y++)
            for (int x = 0; x < 2 * w; x++)
                large[y * large_w + x] += small[y / 2 * w + x / 2] / 4;
        level = larger;
        h = large_h;
        w = large_w;
    }
    for (size_t i = 0; i < (size_t)height * (size_t)width; i++)
        gradient[i] += level[(size_t)height * (size_t)width + i];
    return loss;
}

void gb_noise_normalise(float *map, size_t count, gb_noise_scaling scaling) {
    double sum = 0, squares = 0;
    for (size_t i = 0; i < count; i++)
        sum += (double)map[i];
    double mean = sum / (double)count;
    for (size_t i = 0; i < count; i++)
        squares += ((double)map[i] - mean) * ((double)map[i] - mean);
    double over = scaling == GB_NOISE_BY_DEVIATION && count > 1 ? (double)count - 1 : (double)count;
    double deviation = sqrt(squares / over);
    for (size_t i = 0; i < count && deviation > 0; i++)
        map[i] = (float)(((double)map[i] - mean) / deviation);
}
