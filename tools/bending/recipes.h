/* The options --bend, --clusters and --set, which all subcommands that run a network share. The recipes are read once and
 * added to a session; their text is stored in pictures, so that they can be reproduced. */
#ifndef GANBEND_TOOLS_BENDING_H
#define GANBEND_TOOLS_BENDING_H

#include "tools/inputs/inputs.h"

typedef struct bending_options {
    text_list bend, set;
    const char *clusters;
} bending_options;

extern const option bending_table[];

enum { BENDING_RECIPES = 16, BENDING_TEXTS = 2 * BENDING_RECIPES + 1, BENDING_TEXT_ROOM = 2048 };

typedef struct bending {
    gb_recipe *recipes[BENDING_RECIPES];    /* a recipe belongs to the session that it was added to */
    char *texts[BENDING_RECIPES];           /* contents of their files */
    const char *whole[BENDING_RECIPES];     /* once they are applied: with what they name in other files, or NULL if they name
                                             * nothing */
    char *clusters;
    size_t count;
    uint64_t redraw;                        /* image number for gb_session_redraw() */
    const bending_options *options;
} bending;

/* Reads the files, sets the parameters, and adds the recipes' inputs to `in`, which may be NULL. Call free_bending() also
 * if it fails, but not while `in` is used. */
gb_status open_bending(const bending_options *options, input_options *in, bending *b, gb_error *err);
void free_bending(bending *b);
/* Sets b->redraw if the recipe's inputs do. */
void take_redraw(const gb_recipe *recipe, bending *b);
/* Adds all recipes to a session. Only one session can be used with each open_bending(). */
gb_status apply_bending(bending *b, gb_session *session, gb_error *err);

/* Finds a named parameter of the recipes; setting it sets it in all recipes that have it. */
bool find_bending_param(const bending *b, const char *name, gb_recipe_param *param);
gb_status set_bending_param(bending *b, const char *name, double value, gb_error *err);
/* Applies changed parameters to the session. */
gb_status update_bending(bending *b, gb_session *session, gb_error *err);

/* Writes " --bend crc32:… --set angle=30", which continues a picture's settings; empty without bends. */
void describe_bending(const bending *b, char text[BENDING_TEXT_ROOM]);
/* The texts of recipes and clusters for a PNG. Returns their number, at most BENDING_TEXTS. */
size_t bending_texts(const bending *b, gb_text *texts);

/* Reads a text file of at most 4 MiB and terminates it with a 0. The caller frees it. */
gb_status read_text(const char *path, char **text, size_t *size, gb_error *err);
/* Parses "name=value". */
enum { PARAM_NAME_ROOM = 64 };
bool split_setting(const char *text, char name[PARAM_NAME_ROOM], double *value);

#endif
