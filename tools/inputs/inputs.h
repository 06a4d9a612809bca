/* What an image is made from: the options that render and dump share (seeds, z, w, classes, steps, truncation, noise),
 * read once and applied to a session image by image. The same values, written down again, are the settings a picture
 * carries.
 *
 * Every source (a seed, a z, a w) with every class is a point; the images are the points, class by class, or the steps
 * from one point to another. */
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
    machine on;
} input_options;

/* Nothing given: seed 0, no truncation, stored noise. */
input_options input_defaults(void);
extern const option input_table[];

/* What the recipe says that the image is made from, in place of what is not given in `options` yet: the command line
 * comes before, and of several recipes the last. Texts stay the recipe's. */
void take_recipe_inputs(const gb_recipe *recipe, input_options *options);

typedef struct inputs {
    enum { FROM_SEEDS, FROM_Z, FROM_W } source;
    const char *seeds_text;
    seed_list seeds;
    latents latents;
    gb_rng rng;
    class_list classes;
    size_t c_dim;
    float *label;               /* [c_dim], for the image at hand; NULL where no class was named */
    size_t steps;               /* 0: none */
    bool in_w;                  /* where the steps go: z, or w */
    float *ends[2], *between;   /* of the steps: z or w's, as prepare_inputs() finds them; for the image at hand */
    size_t end_floats;
    int end_rows;               /* num_ws, for w's */
    int64_t cutoff;
    double psi;
    bool has_noise;             /* the model takes some */
    gb_noise noise;
    uint64_t noise_seed;
    size_t only;                /* image of all that there would be, counted from 1; 0: all of them */
    size_t count;               /* images that are rendered */
} inputs;

/* What can be judged without a model: GB_BAD_ARGUMENT with the reason. */
gb_status check_inputs(const input_options *options, inputs *in, gb_error *err);
/* The rest: files, and what the model takes. `in` comes from check_inputs(). */
gb_status load_inputs(const input_options *options, const gb_model *model, inputs *in, gb_error *err);
void free_inputs(inputs *in);

/* What only a session can judge: a truncation that this network does not take, the ends of the steps. Call it once, with
 * the session that renders, before anything is written. */
gb_status prepare_inputs(inputs *in, gb_session *session, const gb_model *model, gb_error *err);
/* The session renders image `index` next. Its batch is 1. */
gb_status apply_inputs(const inputs *in, size_t index, gb_session *session, gb_error *err);
/* "seed0007", "z0000", "class0207-seed0007", "step0003": what the image's file is called, without extension. */
enum { IMAGE_NAME_ROOM = 64, SETTINGS_ROOM = 16384 };
void name_image(const inputs *in, size_t index, char name[IMAGE_NAME_ROOM]);
/* What the image is known by in whatever is drawn for it alone: its seed, so that it is the same in another list, or
 * its place among z's, w's and steps. */
uint64_t image_number(const inputs *in, size_t index);
/* The z or w of an image, or both ends of its steps, as --z and --w take them in place of a file; NULL for seeds or where
 * memory is out; to be freed. */
char *latent_numbers(const inputs *in, size_t index);
/* "--seeds 7 --rng numpy --trunc 0.7 --noise const": render's own options, for one image or (ALL_IMAGES) for all. */
#define ALL_IMAGES SIZE_MAX
void describe_inputs(const inputs *in, size_t index, char text[SETTINGS_ROOM]);

#endif
