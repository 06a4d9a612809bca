/* A recipe that has been read and checked, independent of a model: steps in order, each with its places, features and
 * action. docs/recipes.md describes the format.
 *
 *     recipe.c        opening, named parameters, applying
 *     scalars.c       errors, keys, numbers, texts and ranges
 *     inputs.c        the inputs of the image
 *     modulators.c    numbers that move with time, along the waves of waves.c
 *     read.c          a step in ganbend's own format
 *     row.c           filters and activations with the parameters of their tables' rows
 *     transforms.c    network-bending's format
 *     features.c      feature maps and clusters
 *     values.c        values for boundaries: in the recipe or from a file
 *     direction.c     directions in a latent space
 *     paint.c         vectors and masks
 *     path.c          the paths of files named in the recipe
 *     picture.c       pictures in files or in the recipe itself
 *     bend.c          applies a step to a session
 *     describe.c      describes a step in words
 *     json.c          writes the recipe as JSON
 *     embed.c         the same with the contents of the files that it names */
#ifndef GB_ENGINE_RECIPE_H
#define GB_ENGINE_RECIPE_H

#include "engine/session/session.h"
#include "ops/bends/filters.h"
#include "yaml_tree.h"

enum {
    GB_RECIPE_MAX_PARAMS = 20,      /* of one step: as many as a filter or activation can have */
    GB_RECIPE_MAX_STEPS = 4096,
    GB_RECIPE_MAX_COLOURS = 64,
    GB_RECIPE_MAX_INPUTS = 12,
};

/* The value of a step's parameter: a number, or a named parameter of the recipe. */
typedef struct gb_param_value {
    double value;
    int param;                  /* index in the recipe; -1 = value */
} gb_param_value;

typedef struct gb_recipe_named {
    const char *name, *summary;
    double value, low, high;
    bool ranged;                /* low and high are set by the recipe; otherwise by the uses of the parameter */
    bool moved;                 /* by a modulator: a value that a use does not accept becomes the nearest that it does */
} gb_recipe_named;

typedef struct gb_recipe_input {
    const char *name, *text;
} gb_recipe_input;

/* ------------------------------------------------------------------------------------------------ where */

typedef enum gb_recipe_place_kind {
    GB_AT_NAME,                 /* a node's name or alias, or a glob */
    GB_AT_NUMBER,               /* the node with that number in the listing of `ganbend info` */
    GB_AT_W,                    /* the w of layer `number` */
    GB_AT_EVERY_W,
    GB_AT_LAYER                 /* network-bending's layer `number` */
} gb_recipe_place_kind;

typedef struct gb_recipe_place {
    gb_recipe_place_kind kind;
    const char *name;
    int number;
    int line, column;
} gb_recipe_place;

/* ------------------------------------------------------------------------------------------------ features */

typedef enum gb_recipe_features_kind {
    GB_CHOOSE_ALL,
    GB_CHOOSE_LIST,
    GB_CHOOSE_RANDOM,
    GB_CHOOSE_CLUSTER
} gb_recipe_features_kind;

typedef struct gb_recipe_features {
    gb_recipe_features_kind kind;
    const int *list;            /* features or clusters, ascending and unique */
    int count;
    double share;
    uint64_t seed;
    const char *file;           /* of clusters; NULL = the recipe's `clusters` */
} gb_recipe_features;

/* ------------------------------------------------------------------------------------------------ actions */

typedef enum gb_recipe_step_kind {
    GB_STEP_FILTER, GB_STEP_ACTIVATION, GB_STEP_PAINT, GB_STEP_DISABLE, GB_STEP_NOISE, GB_STEP_TRUNCATE,
    GB_STEP_SET,                /* sets or adds values */
    GB_STEP_STYLE               /* w's of another seed */
} gb_recipe_step_kind;

/* A PNG in a file or in the recipe itself. */
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

/* A direction, read from its file when the recipe is first applied. */
typedef struct gb_recipe_direction {
    const char *name;
    const char *file;           /* NULL = the recipe's `directions` */
    bool own_layers;            /* the recipe names the layers; otherwise those of the file */
    float *vector;              /* [width], times its deviation; NULL before it is read. Freed with the recipe */
    int64_t width;
    gb_latent_space space;
    int first_layer, last_layer;        /* last_layer < 0: all */
} gb_recipe_direction;

typedef struct gb_mask_colour {
    uint32_t rgb;
    const char *vector;         /* NULL = keep */
} gb_mask_colour;

typedef struct gb_recipe_step {
    int line, column;
    bool muted;                 /* is not applied */
    const gb_recipe_place *places;
    int place_count;
    gb_recipe_features features;
    gb_recipe_step_kind kind;
    const gb_filter *filter;    /* FILTER */
    int activation;             /* ACTIVATION: a row of gb_acts */
    bool drop_bias, set_gain;
    double gain;
    /* FILTER, ACTIVATION: their parameters. NOISE: factor. TRUNCATE: psi. SET: times. STYLE: share. */
    gb_param_value param_value[GB_RECIPE_MAX_PARAMS];
    float applied[GB_RECIPE_MAX_PARAMS];        /* the numbers in the session */
    int param_count;
    bool reseed;                /* NOISE */
    bool anywhere;              /* PAINT with a mask */
    uint64_t seed;              /* NOISE; PAINT with `anywhere` */
    gb_param_value style;       /* STYLE: the seed, which float could not hold */
    uint64_t applied_style;
    bool own_psi;               /* STYLE */
    double psi;
    int label;                  /* STYLE; -1 = the session's */
    bool add;                   /* SET: add instead of replacing */
    const char *file;           /* SET: of the values, or NULL; PAINT: the library, or NULL for the recipe's */
    const int *index;           /* SET without a file: indices and values */
    const float *value;
    int values;
    gb_recipe_direction *direction;     /* SET: what is added, or NULL */
    const gb_recipe_picture *image;     /* SET: a greyscale map, or NULL */
    double low, high;           /* the values of its black and white */
    const char *vector;         /* PAINT without a mask */
    int grid;
    const gb_recipe_picture *mask;      /* PAINT: its colours select vectors; NULL = `vector` */
    const gb_mask_colour *colours;
    int colour_count;
    bool has_other;             /* there is a vector for all other colours, `other` */
    const char *other;          /* NULL = keep */
} gb_recipe_step;

typedef struct gb_cluster_member {      /* a feature in a cluster */
    const gb_yaml *at;
    int feature, cluster;
} gb_cluster_member;

typedef struct gb_cluster_layer {
    const gb_yaml *items;
    int number;                 /* network-bending's, or -1: `node` */
    gb_node node;
    gb_cluster_member *members; /* in the order of clusters; NULL until they are asked for */
    int count;
} gb_cluster_layer;

typedef struct gb_clusters {    /* a cluster file, or the recipe's own clusters */
    gb_arena *arena;            /* of a file */
    const char *file;           /* as the recipe names it, or NULL */
    const gb_yaml *tree;
    const char *name;
    gb_cluster_layer *layers;   /* of the network to which the recipe is applied; NULL until one is asked for */
    int layer_count;
} gb_clusters;

typedef struct gb_applied {     /* a bend in the session */
    gb_bend id;
    int step;
} gb_applied;

typedef struct gb_applied_list {
    gb_applied *bends;          /* in the order of steps */
    int count, room;
} gb_applied_list;

struct gb_recipe {
    gb_arena *arena;            /* holds everything that was read */
    const char *name;           /* for messages */
    const char *folder;         /* to which file names are relative: "" or ending in '/' */
    bool confined;              /* files outside the folder are refused */
    const gb_yaml *tree;        /* the whole document */
    char *json;                 /* the same as JSON, once gb_recipe_json() has been called */
    char *embedded;             /* with files embedded, once gb_recipe_embed() has been called and there are some */
    gb_recipe_input inputs[GB_RECIPE_MAX_INPUTS];
    int input_count;
    gb_recipe_named *params;
    int param_count;
    gb_recipe_step *steps;
    int step_count;
    const char *clusters, *vectors, *directions;    /* the files named at the top, or NULL */
    const gb_yaml *own_clusters;        /* clusters in the recipe instead of a file, or NULL */
    const gb_recipe_vector *own_vectors;
    int own_vector_count;
    gb_directions *own_directions;      /* directions in the recipe instead of a file, or NULL */
    uint64_t pixels;                    /* of all pictures in the recipe */
    gb_clusters set_clusters;           /* by gb_recipe_set_clusters() */
    const gb_session *session;          /* to which it was last applied; it may have been freed, so it is only compared */
    uint64_t session_number;
    uint64_t told;                      /* the session's id of it */
    uint64_t rollbacks;                 /* of the session, when `applied` of the steps was set */
    gb_applied_list applied;
};

/* ------------------------------------------------------------------------------------------------ reading */

/* Errors that begin with a position: "recipe.yaml:3:5: …" */
gb_status gb_recipe_fail(const gb_recipe *recipe, const gb_yaml *at, gb_error *err, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
gb_status gb_recipe_fail_at(const gb_recipe *recipe, int line, int column, gb_status status, gb_error *err,
                            const char *format, ...) __attribute__((format(printf, 6, 7)));

/* Zeroed memory that lives as long as the recipe. */
gb_status gb_recipe_alloc(gb_recipe *recipe, size_t size, void **memory, gb_error *err);
/* Refuses a node that is not a map, and keys that are not in the NULL-terminated list. */
gb_status gb_recipe_keys(const gb_recipe *recipe, const gb_yaml *map, const char *const *known, gb_error *err);
gb_status gb_recipe_text(const gb_recipe *recipe, const gb_yaml *node, const char *what, const char **text,
                         gb_error *err);
gb_status gb_recipe_number(const gb_recipe *recipe, const gb_yaml *node, const char *what, double low, double high,
                           double *number, gb_error *err);
gb_status gb_recipe_integer(const gb_recipe *recipe, const gb_yaml *node, const char *what, int64_t low, int64_t high,
                            int64_t *number, gb_error *err);
/* Reads a number within the parameter's range, a $name whose range is within it, or one of its choices. */
gb_status gb_recipe_read_param_value(gb_recipe *recipe, const gb_yaml *node, const gb_param *param,
                                     gb_param_value *param_value, gb_error *err);
/* Reads "3", "0-5" or a list of these; the result is ascending and unique. */
gb_status gb_recipe_ranges(gb_recipe *recipe, const gb_yaml *node, const char *what, int most, const int **list,
                           int *count, gb_error *err);
gb_status gb_recipe_seed(const gb_recipe *recipe, const gb_yaml *node, uint64_t *seed, gb_error *err);
/* The values that a parameter accepts: "an integer from 0 to 5", "zeros, edge or wrap". */
const char *gb_recipe_range(const gb_param *param, char *buffer, size_t size);

/* If the recipe has a time, changes the numbers that its `modulators` move to those of that time; the rest of the recipe is read
 * after this. */
gb_status gb_recipe_modulate(gb_recipe *recipe, gb_yaml *root, gb_error *err);
gb_status gb_recipe_read_inputs(gb_recipe *recipe, const gb_yaml *map, gb_error *err);
gb_status gb_recipe_read_steps(gb_recipe *recipe, const gb_yaml *list, gb_error *err);
gb_status gb_recipe_read_transforms(gb_recipe *recipe, const gb_yaml *list, gb_error *err);
gb_status gb_recipe_read_features(gb_recipe *recipe, const gb_yaml *node, int place, gb_recipe_features *features,
                                  gb_error *err);
gb_status gb_recipe_read_paint(gb_recipe *recipe, const gb_yaml *node, gb_recipe_step *step, gb_error *err);
gb_status gb_recipe_read_picture(gb_recipe *recipe, const gb_yaml *node, const char *what,
                                 const gb_recipe_picture **picture, gb_error *err);
/* The recipe's `vectors`, `directions` and `clusters`: a file name, or the contents. */
gb_status gb_recipe_read_vectors(gb_recipe *recipe, const gb_yaml *node, gb_error *err);
gb_status gb_recipe_read_directions(gb_recipe *recipe, const gb_yaml *node, gb_error *err);
gb_status gb_recipe_read_clusters(gb_recipe *recipe, const gb_yaml *node, gb_error *err);
gb_status gb_recipe_read_values(gb_recipe *recipe, const gb_yaml *node, gb_recipe_step *step, gb_error *err);
/* `map` has the key "filter" or "activation"; `common` are the keys that are not parameters of the row. */
gb_status gb_recipe_read_filter(gb_recipe *recipe, const gb_yaml *map, const char *const *common, gb_recipe_step *step,
                                gb_error *err);
gb_status gb_recipe_read_activation(gb_recipe *recipe, const gb_yaml *map, const char *const *common,
                                    gb_recipe_step *step, gb_error *err);
/* Reads positional parameters from a list. */
gb_status gb_recipe_read_params(gb_recipe *recipe, const gb_yaml *list, const char *what, const gb_param *param,
                                int most, gb_recipe_step *step, gb_error *err);

/* ------------------------------------------------------------------------------------------------ applying */

double gb_recipe_value_of(const gb_recipe *recipe, const gb_param_value *param_value);
/* The table entry of the step's i-th parameter; NULL for steps that are not a filter or activation. */
const gb_param *gb_recipe_row_param(const gb_recipe_step *step, int i);
/* The seed of a STYLE step. */
uint64_t gb_recipe_style_seed(const gb_recipe *recipe, const gb_recipe_step *step);
/* The step's parameters for gb_session_set_bend_params(). */
void gb_recipe_numbers(const gb_recipe *recipe, const gb_recipe_step *step, float numbers[GB_RECIPE_MAX_PARAMS]);

/* The path of a file named in the recipe, to be freed. If the recipe is confined, a file outside its folder is
 * refused. */
gb_status gb_recipe_path(const gb_recipe *recipe, const char *file, char **path, gb_error *err);

/* network-bending's number of a layer; -1 for other nodes. */
int gb_layer_number(const gb_graph *graph, gb_node node);

/* Opens the clusters for `features`: those of gb_recipe_set_clusters(), the recipe's own, or the file named by
 * `features` or the recipe. `clusters` is zeroed, or was opened for other features: it is reused for the same file,
 * otherwise closed. */
gb_status gb_clusters_open(const gb_recipe *recipe, const gb_recipe_features *features, gb_clusters *clusters,
                           gb_error *err);
/* The features of `node` in the selected clusters, ascending, to be freed; empty if the file does not mention the node. */
gb_status gb_clusters_of(gb_clusters *clusters, const gb_recipe_features *features, const gb_graph *graph,
                         gb_node node, int **list, int *count, gb_error *err);
void gb_clusters_close(gb_clusters *clusters);
/* The members of a layer's list in a cluster file, by cluster and feature, each once, to be freed. */
gb_status gb_cluster_members(const char *file, const gb_yaml *items, gb_cluster_member **members, int *count, gb_error *err);

/* The name of a picture for messages. */
const char *gb_recipe_picture_name(const gb_recipe_picture *picture);
/* Its pixels, 8-bit RGBA, to be freed. */
gb_status gb_recipe_pixels(const gb_recipe *recipe, const gb_recipe_picture *picture, int *width, int *height,
                           uint8_t **rgba, gb_error *err);
/* The file as text for a recipe, "data:image/png;base64,…", to be freed. */
gb_status gb_recipe_picture_text(const gb_recipe *recipe, const gb_recipe_picture *picture, char **text, gb_error *err);

/* The file of a vector with which a step paints; NULL if the recipe itself should have the vector. If the vector is a file of its
 * own, this is `vector`. */
const char *gb_recipe_vector_file(const gb_recipe *recipe, const gb_recipe_step *step, const char *vector);
/* Its values [*c], to be freed. */
gb_status gb_recipe_vector_read(const gb_recipe *recipe, const gb_recipe_step *step, const char *vector, float **values, int *c,
                                gb_error *err);

/* The vectors and mask of a PAINT step, as in gb_bend_options; free with gb_recipe_paint_free(). */
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
/* The image of a SET step as painting: vectors of one value each, and a mask. */
gb_status gb_recipe_image_read(const gb_recipe *recipe, const gb_recipe_step *step, gb_recipe_paint *paint,
                               gb_error *err);

/* Reads `direction: {name, amount, layers, file}`, which has places of its own. */
gb_status gb_recipe_read_direction(gb_recipe *recipe, const gb_yaml *map, gb_recipe_step *step, gb_error *err);
/* Opens a file of directions that the recipe names, to be freed. */
gb_status gb_recipe_directions_file(const gb_recipe *recipe, const char *file, gb_directions **all, gb_error *err);
/* Finds one of them; `file` is used in messages. */
gb_status gb_recipe_direction_find(const char *file, const gb_directions *all, const char *name, gb_direction *found,
                                   gb_error *err);
/* Reads the direction's file unless it has been read. */
gb_status gb_recipe_direction_open(const gb_recipe *recipe, gb_recipe_direction *direction, gb_error *err);

/* Writes a tree as JSON, to be freed. */
gb_status gb_recipe_write_json(const char *name, const gb_yaml *tree, char **text, gb_error *err);

/* The values of a SET step for `node`: one sample [shape…], to be freed. */
gb_status gb_recipe_values(const gb_recipe *recipe, const gb_recipe_step *step, const gb_graph *graph, gb_node node,
                           float **values, gb_error *err);

/* The position of a step's first bend in the list, or the position where it would be. */
int gb_applied_first(const gb_applied_list *list, int step);

/* Adds the bends of step `index` to the session and to the list; if the list has them already, updates their options.
 * `clusters` as for gb_clusters_open(); the caller closes them after the last step. */
gb_status gb_recipe_bend_step(const gb_recipe *recipe, int index, gb_session *session, gb_clusters *clusters,
                              gb_applied_list *list, gb_error *err);

#endif
