/* How far a picture is from a target, with the gradient, by any of three measures added up:
 *
 *     features   LPIPS, of the user's network
 *     mse        mean (x − t)²
 *     scales     our own, which needs no network: mean over scales (full size, 1/2, 1/4, … down to 8 pixels) of
 *                mean |d| + mean |Δx d| + mean |Δy d|, d = x − t reduced by 2×2 means
 *
 * Pictures larger than the target are reduced to its size by averaging first. With a mask m the picture becomes
 * m x + (1 − m) t, so that the rest of it does not matter. */
#ifndef GB_ENGINE_PICTURE_LOSS_H
#define GB_ENGINE_PICTURE_LOSS_H

#include "engine/ganbend.h"

typedef struct gb_picture_loss gb_picture_loss;

typedef struct gb_picture_loss_options {
    const float *target;        /* [3, height, width], nominally -1 to 1 */
    int height, width;
    const float *mask;          /* [height, width], 0 to 1; NULL = everywhere */
    gb_model *features;         /* LPIPS; NULL = without */
    double mse, scales;         /* weights of these parts; 0 = without. That of the features is 1 */
} gb_picture_loss_options;

typedef struct gb_picture_difference {
    double features, mse, scales;       /* before they are weighted; 0 without */
    double loss;                        /* their weighted sum */
} gb_picture_difference;

/* Copies target and mask. */
gb_status gb_picture_loss_new(const gb_picture_loss_options *options, gb_picture_loss **loss, gb_error *err);
void gb_picture_loss_free(gb_picture_loss *loss);
/* Of a picture [channels, height, width] of 1 (grey), 3 (RGB) or 4 channels (the last is ignored), at least as large as the
 * target. Writes the gradient of the loss, of the picture's size, unless `gradient` is NULL. */
gb_status gb_picture_loss_of(gb_picture_loss *loss, const float *image, int channels, int height, int width,
                             gb_picture_difference *difference, float *gradient, gb_error *err);

/* Reduces [planes, height, width] to [planes, small_height, small_width]: each pixel is the mean of those that it covers
 * (adaptive average pooling). */
void gb_reduce_picture(const float *from, int planes, int height, int width, int small_height, int small_width, float *to);

#endif
