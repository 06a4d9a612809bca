/* A recipe as it was read and checked, before it knows a model: steps in order, each saying where, on which features
 * and what. docs/recipes.md is its grammar.
 *
 *     recipe.c             opening, named parameters, applying
 *     recipe_inputs.c      what the image is made from
 *     recipe_read.c        a step of our own form
 *     recipe_row.c         filters and activations with their parameters, out of their tables' rows
 *     recipe_transforms.c  network-bending's form, and its layer numbers
 *     recipe_features.c    which feature maps; clusters
 *     recipe_values.c      numbers for boundaries: given or from a file
 *     recipe_paint.c       vectors and masks
 *     recipe_picture.c     pictures of masks and maps, in files or in the recipe itself
 *     recipe_bend.c        a step on a model: what gb_session_bend() is given
 *     recipe_describe.c    the same in words
 *     recipe_json.c        what was read, as JSON */
#ifndef GB_ENGINE_RECIPE_H
#define GB_ENGINE_RECIPE_H

#include "ops/bends/filters.h"
#include "engine/session/session.h"
#include "yaml_tree.h"

enum {
    GB_RECIPE_PARAMS = 20,      /* numbers of one step: as many as a row of filters or activations can have */
    GB_RECIPE_STEPS = 4096,
    GB_RECIPE_COLOURS = 64,
    GB_RECIPE_INPUTS = 12,
};

/* A number, or a named parameter of the recipe that gives it. */
typedef struct gb_dial {
    double value;
    int param;                  /* index in the recipe; -1 = value */
} gb_dial;

typedef struct gb_recipe_named {
    const char *name, *summary;
    double value, low, high;
    bool ranged;                /* low and high are the recipe's; otherwise those of what it is used for */
} gb_recipe_named;

typedef struct gb_recipe_input {
    const char *name, *text;
} gb_recipe_input;

/* ------------------------------------------------------------------------------------------------ where */

typedef enum gb_place_kind {
    GB_PLACE_NAME,              /* a node's name or alias, or a glob */
    GB_PLACE_NUMBER,            /* the node of that number, as `ganbend info` counts them */
    GB_PLACE_W,                 /* the w of layer `number` */
    GB_PLACE_EVERY_W,
    GB_PLACE_LAYER              /* network-bending's layer `number` */
} gb_place_kind;

typedef struct gb_place {
    gb_place_kind kind;
    const char *name;
    int number;
    int line, column;
} gb_place;

/* ------------------------------------------------------------------------------------------------ which */

typedef enum gb_pick_kind { GB_PICK_ALL, GB_PICK_LIST, GB_PICK_RANDOM, GB_PICK_CLUSTER } gb_pick_kind;

typedef struct gb_pick {
    gb_pick_kind kind;
    const int *list;            /* features, or clusters; ascending, each once */
    int count;
    double share;
    uint64_t seed;
    const char *file;           /* of clusters; NULL = those at the top of the recipe */
} gb_pick;

/* ------------------------------------------------------------------------------------------------ what */

typedef enum gb_recipe_step_kind {
    GB_STEP_FILTER, GB_STEP_ACTIVATION, GB_STEP_PAINT, GB_STEP_DISABLE, GB_STEP_NOISE, GB_STEP_TRUNCATE,
    GB_STEP_SET,                /* values given, or from a file */
    GB_STEP_STYLE               /* w's of another seed */
} gb_recipe_step_kind;

/* A PNG: a file, or one that stands in the recipe. */
typedef struct gb_recipe_picture {
    const char *file;           /* NULL = `bytes` */
    const unsigned char *bytes;
    size_t size;
} gb_recipe_picture;

typedef struct gb_recipe_vector {
    const char *name;
    const float *values;
    int count;
} gb_recipe_vector;

typedef struct gb_mask_colour {
    uint32_t rgb;
    const char *vector;         /* NULL = keep */
} gb_mask_colour;

typedef struct gb_recipe_step {
    int line, column;
    bool muted;                 /* stays in the list and does nothing */
    const gb_place *places;
    int place_count;
    gb_pick pick;
    gb_recipe_step_kind kind;
    const gb_filter *filter;    /* FILTER */
    int activation;             /* ACTIVATION: a row of gb_acts */
    bool drop_bias, set_gain;
    double gain;
    /* FILTER, ACTIVATION: parameters. NOISE: factor. TRUNCATE: psi. SET: times. STYLE: share. */
    gb_dial dial[GB_RECIPE_PARAMS];
    float applied[GB_RECIPE_PARAMS];    /* what the session has */
    int dials;
    bool reseed;                /* NOISE */
    uint64_t seed;              /* NOISE, STYLE */
    bool own_psi;               /* STYLE */
    double psi;
    int label;                  /* STYLE; -1 = the session's */
    bool add;                   /* SET */
    const char *file;           /* SET: of the values, or NULL; PAINT: the library, or NULL for the recipe's */
    const int *index;           /* SET without a file: places and values */
    const float *value;
    int values;
    const gb_recipe_picture *image;     /* SET: a map in grey, or NULL */
    double low, high;           /* what its black and white stand for */
    const char *vector;         /* PAINT without a mask */
    int grid;
    const gb_recipe_picture *mask;      /* PAINT: its colours name vectors; NULL = vector */
    const gb_mask_colour *colours;
    int colour_count;
    bool has_other;             /* colours that are not named: */
    const char *other;
} gb_recipe_step;

typedef struct gb_clusters {    /* a cluster file, or what stands in the recipe in place of one */
    gb_arena *arena;            /* of a file */
    const char *file;           /* as the recipe names it, or NULL */
    const gb_yaml *tree;
    const char *name;
} gb_clusters;

typedef struct gb_applied {     /* a bend in the session */
    gb_bend id;
    int step;
} gb_applied;

typedef struct gb_applied_list {
    gb_applied *bends;          /* by ascending steps */
    int count, room;
} gb_applied_list;

struct gb_recipe {
    gb_arena *arena;            /* holds everything that was read */
    const char *name;           /* for messages */
    const char *folder;         /* that files are named from: "" or ending in '/' */
    bool confined;              /* to it */
    const gb_yaml *tree;        /* all that was read */
    char *json;                 /* the same, once somebody asked */
    gb_recipe_input inputs[GB_RECIPE_INPUTS];
    int input_count;
    gb_recipe_named *params;
    int param_count;
    gb_recipe_step *steps;
    int step_count;
    const char *clusters, *vectors;     /* files named at the top, or NULL */
    const gb_yaml *own_clusters;        /* in place of a file, or NULL */
    const gb_recipe_vector *own_vectors;
    int own_vector_count;
    uint64_t pixels;                    /* of all pictures that stand in the recipe */
    gb_clusters given;                  /* by gb_recipe_set_clusters() */
    gb_session *session;        /* that it was applied to last */
    uint64_t rollbacks;         /* of the session, when `applied` of the steps was noted */
    gb_applied_list applied;
};

/* ------------------------------------------------------------------------------------------------ reading */

/* "recipe.yaml:3:5: …" */
gb_status gb_recipe_fail(const gb_recipe *recipe, const gb_yaml *at, gb_error *err, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
gb_status gb_recipe_fail_at(const gb_recipe *recipe, int line, int column, gb_status status, gb_error *err,
                            const char *format, ...) __attribute__((format(printf, 6, 7)));

/* Zeroed memory as long as the recipe lives. */
gb_status gb_recipe_take(gb_recipe *recipe, size_t size, void **memory, gb_error *err);
/* Refuses a node that is no map, and keys that are not in the NULL-terminated list. */
gb_status gb_recipe_keys(const gb_recipe *recipe, const gb_yaml *map, const char *const *known, gb_error *err);
gb_status gb_recipe_text(const gb_recipe *recipe, const gb_yaml *node, const char *what, const char **text,
                         gb_error *err);
gb_status gb_recipe_number(const gb_recipe *recipe, const gb_yaml *node, const char *what, double low, double high,
                           double *number, gb_error *err);
gb_status gb_recipe_whole(const gb_recipe *recipe, const gb_yaml *node, const char *what, int64_t low, int64_t high,
                          int64_t *number, gb_error *err);
/* A number or $name that stays within the parameter's range; a name of one of its choices. */
gb_status gb_recipe_dial(gb_recipe *recipe, const gb_yaml *node, const gb_param *param, gb_dial *dial, gb_error *err);
/* "3", "0-5", or a list of them, sorted, each once. */
gb_status gb_recipe_ranges(gb_recipe *recipe, const gb_yaml *node, const char *what, int most, const int **list,
                           int *count, gb_error *err);
gb_status gb_recipe_seed(const gb_recipe *recipe, const gb_yaml *node, uint64_t *seed, gb_error *err);
/* "whole numbers from 0 to 5", "zeros, edge or wrap": what a parameter takes. */
const char *gb_recipe_range(const gb_param *param, char *buffer, size_t size);

gb_status gb_recipe_read_inputs(gb_recipe *recipe, const gb_yaml *map, gb_error *err);
gb_status gb_recipe_read_steps(gb_recipe *recipe, const gb_yaml *list, gb_error *err);
gb_status gb_recipe_read_transforms(gb_recipe *recipe, const gb_yaml *list, gb_error *err);
gb_status gb_recipe_read_pick(gb_recipe *recipe, const gb_yaml *node, int place, gb_pick *pick, gb_error *err);
gb_status gb_recipe_read_paint(gb_recipe *recipe, const gb_yaml *node, gb_recipe_step *step, gb_error *err);
gb_status gb_recipe_read_picture(gb_recipe *recipe, const gb_yaml *node, const char *what,
                                 const gb_recipe_picture **picture, gb_error *err);
/* At the top of the recipe: a file, or what would be in it. */
gb_status gb_recipe_read_vectors(gb_recipe *recipe, const gb_yaml *node, gb_error *err);
gb_status gb_recipe_read_clusters(gb_recipe *recipe, const gb_yaml *node, gb_error *err);
gb_status gb_recipe_read_values(gb_recipe *recipe, const gb_yaml *node, gb_recipe_step *step, gb_error *err);
/* `map` has the key "filter" or "activation"; `common` are the keys that are not the row's. */
gb_status gb_recipe_read_filter(gb_recipe *recipe, const gb_yaml *map, const char *const *common, gb_recipe_step *step,
                                gb_error *err);
gb_status gb_recipe_read_activation(gb_recipe *recipe, const gb_yaml *map, const char *const *common,
                                    gb_recipe_step *step, gb_error *err);
/* Positional parameters from a list, defaults for the rest. */
gb_status gb_recipe_read_params(gb_recipe *recipe, const gb_yaml *list, const char *what, const gb_param *param,
                                int most, gb_recipe_step *step, gb_error *err);

/* ------------------------------------------------------------------------------------------------ on a model */

double gb_recipe_dialled(const gb_recipe *recipe, const gb_dial *dial);
/* The table's row of the step's i-th number. */
const gb_param *gb_recipe_row_param(const gb_recipe_step *step, int i);
/* The step's numbers as gb_session_set_bend_params() takes them. */
void gb_recipe_numbers(const gb_recipe *recipe, const gb_recipe_step *step, float numbers[GB_RECIPE_PARAMS]);

/* A path in the recipe, from the recipe's folder; refused where it leads out of it and the recipe is confined. */
gb_status gb_recipe_path(const gb_recipe *recipe, const char *file, char **path, gb_error *err);

/* network-bending's number of a layer, -1 for other nodes. */
int gb_layer_number(const gb_graph *graph, gb_node node);

/* The clusters that a pick speaks of: those given, or out of the file that it or the recipe names. `clusters` is zeroed
 * or what was opened for another pick, which is kept where it is the same file, and closed otherwise. */
gb_status gb_clusters_open(const gb_recipe *recipe, const gb_pick *pick, gb_clusters *clusters, gb_error *err);
/* Features of `node` in the pick's clusters, ascending as in the file, to be freed; none where the file does not speak
 * of the node. */
gb_status gb_clusters_of(const gb_clusters *clusters, const gb_pick *pick, const gb_graph *graph, gb_node node,
                         int **list, int *count, gb_error *err);
void gb_clusters_close(gb_clusters *clusters);

/* A picture's file, or words for one in the recipe. */
const char *gb_recipe_picture_name(const gb_recipe_picture *picture);
/* Its pixels, 8-bit RGBA, to be freed. */
gb_status gb_recipe_pixels(const gb_recipe *recipe, const gb_recipe_picture *picture, int *width, int *height,
                           uint8_t **rgba, gb_error *err);

/* What a PAINT step paints, as gb_bend_options has it; arrays to be freed by gb_recipe_paint_free(). */
typedef struct gb_recipe_paint {
    float *vectors;             /* [count, c] */
    int count, c;
    int16_t *mask;
    int mask_h, mask_w;
} gb_recipe_paint;
gb_status gb_recipe_paint_read(const gb_recipe *recipe, const gb_recipe_step *step, gb_recipe_paint *paint,
                               gb_error *err);
void gb_recipe_paint_free(gb_recipe_paint *paint);
/* The mask at a layer's size, [h, w], to be freed. */
gb_status gb_recipe_mask_at(const gb_recipe_paint *paint, const gb_shape *s, int16_t **mask, gb_error *err);
/* What the image of a SET step paints into a map: vectors of one value each. */
gb_status gb_recipe_image_read(const gb_recipe *recipe, const gb_recipe_step *step, gb_recipe_paint *paint,
                               gb_error *err);

/* What a SET step puts at `node`: one sample [shape…], to be freed. */
gb_status gb_recipe_values(const gb_recipe *recipe, const gb_recipe_step *step, const gb_graph *graph, gb_node node,
                           float **values, gb_error *err);

/* The position of a step's first bend in the list, or that where it would be. */
int gb_applied_first(const gb_applied_list *list, int step);

/* Adds the bends of step `index` to the session and to the list; or, where the list has them already, gives them the
 * options that the step has now. `clusters` as for gb_clusters_open(): the caller closes them after the last step. */
gb_status gb_recipe_bend_step(const gb_recipe *recipe, int index, gb_session *session, gb_clusters *clusters,
                              gb_applied_list *list, gb_error *err);

#endif
