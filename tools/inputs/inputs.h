/* The inputs of images: the options shared by render, dump and others (seeds, z, w, classes, steps, truncation, noise),
 * read once and applied to a session image by image. They are also written as text, for the settings in a PNG.
 *
 * A point is one source (a seed, a z, a w) with one class. The images are all points, class by class, or the steps from
 * one point to another. */
#ifndef GANBEND_TOOLS_INPUTS_H
#define GANBEND_TOOLS_INPUTS_H

#include "tools/program/arguments.h"
#include "classes.h"
#include "latents.h"
#include "open_model.h"
#include "seeds.h"

typedef struct input_options {
    const char *seeds, *rng, *z, *w, *w_as, *classes, *noise, *space;
    int64_t steps, image, cutoff;
    double trunc;
    device_options on;
} input_options;

/* Seed 0, no truncation, stored noise. */
input_options input_defaults(void);
extern const option input_table[];

/* Sets the options that have not been given to the recipe's inputs: the command line takes precedence over recipes, and
 * later recipes over earlier ones, so call it for the last recipe first. The strings belong to the recipe. */
void take_recipe_inputs(const gb_recipe *recipe, input_options *options);

typedef struct inputs {
    enum { FROM_SEEDS, FROM_Z, FROM_W } source;
    const char *seeds_text;
    seed_list seeds;
    latents latents;
    gb_rng rng;
    class_list classes;
    const gb_model *model;      /* set by load_inputs() */
    size_t c_dim;
    float *label;               /* [c_dim], of the current image; NULL if no class was given */
    size_t steps;               /* 0: no steps */
    bool in_w;                  /* interpolate w instead of z */
    float *ends[2], *between;   /* z or w's of both ends, set by prepare_inputs(), and of the current image */
    size_t end_floats;
    int end_rows;               /* num_ws, for w's */
    int64_t cutoff;
    double psi;
    bool has_noise;             /* the model has noise */
    gb_noise noise;
    uint64_t noise_seed;
    size_t only;                /* the only image of the series to render, counted from 1; 0: all */
    size_t count;               /* number of images to render */
} inputs;

/* Checks everything that needs no model. */
gb_status check_inputs(const input_options *options, inputs *in, gb_error *err);
/* Reads the files and checks the options against the model. `in` comes from check_inputs(). */
gb_status load_inputs(const input_options *options, const gb_model *model, inputs *in, gb_error *err);
void free_inputs(inputs *in);

/* Computes both ends of the steps, and checks the settings that only a session can check, such as the truncation. Call it
 * once, with the session that renders, before anything is written. */
gb_status prepare_inputs(inputs *in, gb_session *session, const gb_model *model, gb_error *err);
/* Sets the inputs of image `index`. The session's batch is 1. */
gb_status apply_inputs(const inputs *in, size_t index, gb_session *session, gb_error *err);
/* The image's file name without extension: "seed0007", "z0000", "class0207-seed0007", "step0003". */
enum { IMAGE_NAME_ROOM = 64, SETTINGS_ROOM = 16384 };
void name_image(const inputs *in, size_t index, char name[IMAGE_NAME_ROOM]);
/* The number for gb_session_redraw(): the image's seed, so that it does not depend on the rest of the list, or its index
 * among z's, w's and steps. */
uint64_t image_number(const inputs *in, size_t index);
/* The z or w of an image, or both ends of its steps, as text that --z and --w accept instead of a file. The caller frees
 * it. NULL for seeds and if out of memory. */
char *latent_numbers(const inputs *in, size_t index);
/* The inputs as options of render, "--seeds 7 --rng numpy --trunc 0.7 --noise const", for one image or ALL_IMAGES. */
#define ALL_IMAGES SIZE_MAX
void describe_inputs(const inputs *in, size_t index, char text[SETTINGS_ROOM]);

#endif
