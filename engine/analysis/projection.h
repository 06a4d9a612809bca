/* A projection while it runs. */
#ifndef GB_ENGINE_PROJECTION_H
#define GB_ENGINE_PROJECTION_H

#include "engine/base/random.h"
#include "engine/ganbend_analysis.h"
#include "engine/ganbend_gradient.h"
#include "picture_loss.h"
#include "running_picture.h"

enum { GB_PROJECTION_STAGES = 4, GB_PROJECTION_STARTS = 4 };

typedef struct gb_projection_map {
    gb_node input;              /* that holds the noise map */
    const char *name;
    int height, width;
    size_t at;                  /* first value in `noise` */
} gb_projection_map;

/* What is compared: the picture, or with FAST a smaller running picture first. */
typedef struct gb_projection_stage {
    gb_node node;
    const char *name;
    int channels, height, width;
    gb_picture_loss *loss;
    gb_colour_map colours;      /* of a running picture, to those of the whole one */
} gb_projection_stage;

/* With FAST: what the stage has found. */
typedef struct gb_projection_best {
    float loss;
    size_t since;               /* steps without a better one */
    size_t steps;               /* of this stage, or of the start that is tried in it */
    float *latents, *logits;
} gb_projection_best;

struct gb_projection {
    gb_model *model;
    gb_projection_options o;    /* its arrays are used by gb_projection_new() only */
    float *target, *mask;       /* copies; mask may be NULL */
    gb_session *session;
    gb_node latent_node;        /* ws [num_ws, w_dim], or z */
    const char *latent_name;
    int rows, num_ws;           /* num_ws: rows of latent_node */
    size_t width, count;        /* count = rows · width */
    float *latents, *gradient;  /* [rows, width] */
    float *moved;               /* latents with their noise */
    float *node_gradient;       /* [num_ws, width] */
    gb_adam *adam;

    size_t classes;             /* 0: no mixture of classes is sought */
    gb_node label_node;
    const char *label_name;
    float *logits, *label, *label_gradient;     /* label = softmax(logits) */
    gb_adam *label_adam;

    gb_projection_map *maps;
    size_t map_count, noise_count;
    float *noise, *noise_gradient, *noise_work;
    gb_adam *noise_adam;        /* NULL: the noise stays as it is stored */

    double deviation;           /* of latents: σ of the published schedules */
    float *latent_noise;        /* given draws, or NULL: */
    gb_random random, random_at_start;
    uint32_t signature;         /* of model, target, options and start: CRC-32 */

    float *starts, *start_logits;       /* FAST: [start_count, rows · width] and [start_count, classes], the nearest first */
    int start_count, start;     /* tried one after another in the first stage */
    gb_projection_stage stages[GB_PROJECTION_STAGES];
    int stage_count, stage;
    gb_projection_best best;
    float *picture, *cotangent;
    gb_projection_state state;
};

/* Rate and strength of the latents' noise at t = step / steps, as all published projectors have them. */
double gb_projection_rate(double t);
double gb_projection_noise_strength(double t);

/* Draws the samples and sets the latents (and classes) to start from, or all starts, and the deviation. */
gb_status gb_projection_start(gb_projection *p, gb_error *err);
/* Tells the progress function the share of the preparations; GB_CANCELLED if it returns false. */
gb_status gb_projection_tell(gb_projection *p, double share, gb_error *err);
/* Sets the share of the work that is done, from the number of steps. */
void gb_projection_share(gb_projection *p);
/* The next draw of [rows, width] normal numbers, valid until the backward pass. */
const float *gb_projection_draw(gb_projection *p);
/* Begins a stage: compares another boundary, and forgets what is known of the one before. */
gb_status gb_projection_enter(gb_projection *p, int stage, gb_error *err);
/* Sets `signature` and `random_at_start`, at the end of the preparations. */
void gb_projection_sign(gb_projection *p);
/* The smallest running picture of at least that height, or the output. */
gb_node gb_projection_picture_node(const gb_model *model, int height);

#endif
