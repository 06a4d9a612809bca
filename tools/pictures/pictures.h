/* Text chunks and paths of the PNGs that subcommands write. */
#ifndef GANBEND_TOOLS_PICTURES_H
#define GANBEND_TOOLS_PICTURES_H

#include "tools/bending/recipes.h"
#include "tools/inputs/open_model.h"
#include "tools/program/host.h"

typedef struct picture_texts {
    char software[64], checksum[16];
    gb_text texts[5 + BENDING_TEXTS];
    size_t count;
} picture_texts;

/* Version, model, the settings that reproduce the picture, and recipes; of this machine only the instruction set, which can
 * change the last bits. `latent` holds the numbers of a z or w from a file, or is NULL; `b` may be NULL. The texts point
 * into `t`, `settings`, `latent` and `b`. */
void fill_picture_texts(picture_texts *t, const loaded_model *o, const char *settings, const char *latent, const bending *b);

bool ends_with(const char *text, const char *end);

/* Writes "folder/name.png" to `path`. */
gb_status join_path(char path[PATH_ROOM], const char *folder, const char *name, gb_error *err);

/* Parses two integers from `min` to `max` with a separator: "7x5", "16,9". */
bool parse_pair(const char *text, char separator, long min, long max, int *first, int *second);
/* Parses --layers: "2-5", "3", or NULL, which leaves both as they are. */
gb_status parse_layers(const char *text, int *first, int *count, gb_error *err);

#endif
