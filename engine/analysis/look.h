/* A network that looks at a generator's pictures: brings them to its size and range, computes the features of one of its
 * layers, and takes gradients of features back to the pictures. */
#ifndef GB_ENGINE_LOOK_H
#define GB_ENGINE_LOOK_H

#include "engine/ganbend.h"

typedef struct gb_look {
    gb_model *features;
    bool built_in;                      /* `features` was made by gb_look_new() */
    gb_session *session;
    gb_node input, node;                /* of the features: the picture, and the layer */
    const char *at;                     /* the layer's name */
    size_t channels, rows, columns;     /* of the layer */
    size_t batch;
    size_t from[3], height, width;      /* of the generator's pictures [C, H, W], and of those that are looked at */
    float *pixels;                      /* [batch, 3, height, width] */
} gb_look;

/* `features` is a network with one picture in 0…1 as input (ResNet, VGG-16), or NULL for the built-in features. `at` is its
 * layer; NULL stands for "features" of the built-in ones, and torchvision's layer2 or its equivalent. `size` is the larger
 * side of the pictures that it looks at. `gradients`: gb_look_back() will be called. Call gb_look_free() also if it fails. */
gb_status gb_look_new(gb_look *look, gb_model *generator, gb_model *features, const char *at, int size, size_t batch,
                      bool gradients, gb_error *err);
void gb_look_free(gb_look *look);
/* The features [batch, channels, rows, columns] of pictures [batch, C, H, W] in -1…1. They are scaled by nearest neighbour
 * (pixel ⌊j · from / to⌋) and not clamped. */
gb_status gb_look_at(gb_look *look, const float *pictures, float *features, gb_error *err);
/* From the gradient with respect to the last features to the one with respect to the pictures [batch, C, H, W]. */
gb_status gb_look_back(gb_look *look, const float *cotangent, float *gradient, gb_error *err);

/* The cosine of the angle between two vectors; 0 if one of them is 0. */
double gb_cosine(const float *a, const float *b, size_t count);

#endif
