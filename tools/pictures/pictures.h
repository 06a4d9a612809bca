/* What every PNG of ours says about itself, and where it goes. */
#ifndef GANBEND_TOOLS_PICTURES_H
#define GANBEND_TOOLS_PICTURES_H

#include "tools/bending/recipes.h"
#include "tools/inputs/open_model.h"

typedef struct picture_texts {
    char software[64], checksum[16];
    gb_text texts[6 + BENDING_RECIPES];
    size_t count;
} picture_texts;

/* Version, model, the settings that make the picture again, recipes, and nothing of this machine but its instruction
 * set, on which last bits hang. `latent`, which may be NULL, are the numbers of a z or w that a file named in `settings` has.
 * The texts point into `t`, `settings`, `latent` and `b`, which may be NULL. */
void fill_picture_texts(picture_texts *t, const opened *o, const char *settings, const char *latent, const bending *b);

bool ends_with(const char *text, const char *end);

enum { PATH_ROOM = 4096 };
/* "folder/name.png" */
gb_status join_path(char path[PATH_ROOM], const char *folder, const char *name, gb_error *err);

/* "7x5", "16,9": two whole numbers from `least` to `most` with `between` between them and nothing around. */
bool parse_pair(const char *text, char between, long least, long most, int *first, int *second);

#endif
