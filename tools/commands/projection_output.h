/* The files of `ganbend project` in its folder: what it has found, pictures of the way there, and what is needed to go on. */
#ifndef GANBEND_TOOLS_PROJECTION_OUTPUT_H
#define GANBEND_TOOLS_PROJECTION_OUTPUT_H

#include <ganbend_analysis.h>

#include "tools/inputs/open_model.h"
#include "tools/program/host.h"

typedef struct projection_output {
    const char *folder;
    const loaded_model *o;
    gb_projection *projection;
    gb_projection_space space;
    gb_projection_schedule schedule;
    int label;                  /* class, or negative */
    const char *photo;          /* path of the photo */
    const uint8_t *target;      /* [height, width, 4], at the size that is compared */
    int target_width, target_height;
} projection_output;

/* DIR/state.npz: an interrupted projection. */
gb_status state_path(const projection_output *out, char path[PATH_ROOM], gb_error *err);
/* Writes the picture of this step to DIR/stages/step0010.png if it is one of 1, 2, 5, 10, 20, 50, …. */
gb_status write_stage(const projection_output *out, const gb_projection_state *s, gb_error *err);
/* Writes projected_w.npz or projected_z.npz, target.png, proj.png, stages.png and recipe.yaml; and projected.pt for `as`,
 * "rosinality" or "networkbending", unless it is NULL. *difference: mean absolute difference of picture and target, 0 to 1. */
gb_status write_results(const projection_output *out, const char *as, double *difference, gb_error *err);
/* File `index` of the folder's results, "stages/step0010.png"; false past the last. */
enum { RESULT_NAME_ROOM = 48 };
bool result_file_at(const projection_output *out, const char *as, size_t index, char name[RESULT_NAME_ROOM]);

#endif
