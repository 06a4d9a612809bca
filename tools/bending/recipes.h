/* What bends a network: the options --bend, --clusters and --set of every subcommand that runs one. The recipes are
 * read once and added to a session; a picture carries their text, so that it can be made again. */
#ifndef GANBEND_TOOLS_BENDING_H
#define GANBEND_TOOLS_BENDING_H

#include "tools/inputs/inputs.h"

typedef struct bending_options {
    text_list bend, set;
    const char *clusters;
} bending_options;

extern const option bending_table[];

enum { BENDING_RECIPES = 16, BENDING_TEXT_ROOM = 2048 };

typedef struct bending {
    gb_recipe *recipes[BENDING_RECIPES];    /* a recipe knows the one session it was added to */
    char *texts[BENDING_RECIPES];           /* what is in their files */
    char *clusters;
    size_t count;
    uint64_t redraw;                        /* image of a series that random features are drawn for */
    const bending_options *options;
} bending;

/* Reads the files and sets the parameters. What the recipes say that images are made from goes into `in`, where it is
 * not NULL and does not say it itself. `b` is to be freed whatever comes, after `in` is used no more. */
gb_status open_bending(const bending_options *options, input_options *in, bending *b, gb_error *err);
void free_bending(bending *b);
/* What the recipe says about `redraw`, where it does. */
void take_redraw(const gb_recipe *recipe, bending *b);
/* Adds all recipes to a session: one session for each open_bending(). */
gb_status apply_bending(bending *b, gb_session *session, gb_error *err);

/* A named parameter, of whichever recipes have it. */
bool find_bending_param(const bending *b, const char *name, gb_recipe_param *param);
gb_status set_bending_param(bending *b, const char *name, double value, gb_error *err);
/* Makes what was set so the session's, moving only what changed. */
gb_status update_bending(bending *b, gb_session *session, gb_error *err);

/* "--bend crc32:… --set angle=30", to follow a picture's other settings; empty where nothing is bent. */
void describe_bending(const bending *b, char text[BENDING_TEXT_ROOM]);
/* The recipes' and clusters' texts for a PNG, BENDING_RECIPES + 1 at most. Returns how many. */
size_t bending_texts(const bending *b, gb_text *texts);

/* A whole text file, up to 4 MiB, with a 0 behind it; to be freed. */
gb_status read_text(const char *path, char **text, size_t *size, gb_error *err);
/* "name=value": the name into `name`, the number into *value. */
enum { PARAM_NAME_ROOM = 64 };
bool split_setting(const char *text, char name[PARAM_NAME_ROOM], double *value);

#endif
