/* Masks of painted pictures, for training networks that find the painted parts. A mask is an 8-bit grey PNG whose values are
 * numbers of regions: 0 is not painted, each vector of each PAINT bend has a number from 1. */
#ifndef GANBEND_TOOLS_MASKS_H
#define GANBEND_TOOLS_MASKS_H

#include "tools/pictures/pictures.h"

typedef struct masks {
    bool picture, layers;       /* what is wanted: masks of the picture's size, masks of each painted layer's size */
    int width, height;          /* of the pictures */
    const bending *bending;
    const gb_session *session;
    struct mask_layer *layer;   /* in the order of the network, which decides where layers paint the same place */
    size_t count;
    uint8_t *pixels;            /* [height, width] */
    char *regions;              /* "1: nose\n2: eye" */
} masks;

/* `m` has its first five members, and the recipes are applied to the session. Call masks_free() also if it fails. */
gb_status masks_new(masks *m, gb_error *err);
void masks_free(masks *m);
/* Writes the masks of the session's current bends: `folder`/masks/NAME.png, and `folder`/masks-LAYER/NAME.png for each layer,
 * with the texts of the picture and "Regions". Those that are complete are kept if `resume`. */
gb_status masks_write(const masks *m, const char *folder, const char *name, bool resume, const picture_texts *texts,
                      gb_error *err);
/* The file in the folder of mask `index` of a picture, "masks/NAME.png"; false past the last. */
bool masks_file_at(const masks *m, size_t index, const char *name, char file[PATH_ROOM]);

#endif
