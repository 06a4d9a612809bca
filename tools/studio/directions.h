/* Directions in a latent space are found in the background (find_directions.c) or opened from a file. Either way recipes name a
 * file in the output folder, so that they can be rendered wherever the folder is. */
#ifndef GANBEND_STUDIO_DIRECTIONS_H
#define GANBEND_STUDIO_DIRECTIONS_H

#include <ganbend.h>
#include <jansson.h>

#include "folder.h"
#include "shared.h"

/* The fields of an answer that lists the directions of a file: the first 512 of those that fit the model. Fails if none fits. */
gb_status bank_json(const gb_model *model, const gb_directions *directions, const char *file, json_t **fields, gb_error *err);
/* Writes them into the output folder as "STEM.npz", or "STEM-2.npz", … and returns the name. A file that has these contents
 * already is used instead. */
gb_status keep_directions(shared *of, const gb_directions *directions, const char *stem, char file[FOLDER_FILE], gb_error *err);

#endif
