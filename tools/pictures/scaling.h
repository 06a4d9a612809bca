/* Pictures enlarged or reduced: --size, and photos that are read. */
#ifndef GANBEND_TOOLS_SCALING_H
#define GANBEND_TOOLS_SCALING_H

#include <stdbool.h>
#include <stdint.h>

#include <ganbend.h>

typedef struct scaling {
    bool given;
    int from_width, from_height, channels;
    int width, height;          /* of the results */
    float *between;             /* [from_height, width, channels] */
    uint8_t *pixels;            /* the last result */
    struct scaling_axis {       /* the weights of each column or row of the result */
        int *first;
        float *weights;         /* [width or height, count] */
        int count;
    } across, down;
} scaling;

/* `text` is "512", the width, with the height in proportion, or "1024x512"; NULL leaves pictures as they are. Call
 * scaling_free() also if it fails. */
gb_status scaling_new(scaling *s, const char *text, int width, int height, int channels, gb_error *err);
typedef enum resampling { RESAMPLING_LANCZOS, RESAMPLING_BILINEAR } resampling;
/* The same from one width and height to another. */
gb_status scaling_new_to(scaling *s, resampling how, const int from[2], const int to[2], int channels, gb_error *err);
void scaling_free(scaling *s);
/* The scaled picture, valid until the next call, or `pixels` itself. */
const uint8_t *scaled(scaling *s, const uint8_t *pixels);

#endif
