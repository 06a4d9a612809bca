/* The pictures that a network looks at (ResNet, VGG-16, LPIPS, network-bending's classifiers): read from files, or taken
 * from a reference, and fed to a session. */
#ifndef GANBEND_TOOLS_PICTURE_INPUTS_H
#define GANBEND_TOOLS_PICTURE_INPUTS_H

#include <ganbend.h>

#include "tools/program/arguments.h"

enum { MOST_PICTURES = 2 };         /* LPIPS looks at two */

typedef struct picture_inputs {
    size_t samples;
    int count;                      /* pictures of one sample */
    int64_t channels, height, width;
    float *values[MOST_PICTURES];   /* [samples, channels, height, width] each */
} picture_inputs;

/* The number of pictures that the network looks at; 0 for a generator. */
int picture_input_count(const gb_model *model);
/* The input `index`, and the size of its picture. */
void picture_input_at(const gb_model *model, int index, gb_node_info *node);

/* Reads PNGs, and arrays [n, C, H, W] or [C, H, W] from .npy files. The pictures of a sample follow each other. PNGs are
 * brought to the range of values that the network expects, and to grey if it has one channel; arrays are taken as they
 * are. */
gb_status read_pictures(const text_list *paths, const gb_model *model, picture_inputs *p, gb_error *err);
void free_pictures(picture_inputs *p);

/* Feeds sample `index`, or all samples if the session's batch is their number. */
gb_status feed_pictures(const picture_inputs *p, size_t index, const gb_model *model, gb_session *session, gb_error *err);

/* "256" or "224x320" (height x width) of --size. False if it is neither. */
bool parse_size(const char *text, int *height, int *width);

#endif
