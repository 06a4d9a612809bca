/* Checkpoints that pages open: the folders that they may look into, and the models that are added while the studio runs. */
#ifndef GANBEND_STUDIO_CHECKPOINTS_H
#define GANBEND_STUDIO_CHECKPOINTS_H

#include "shared.h"
#include "tools/program/host.h"

/* Whether it ends like a checkpoint: .gbw .pkl .pt .pth .bin .safetensors */
bool is_checkpoint_name(const char *name);
/* The path of "sub/file" in a folder of the studio. Fails if it leads out of the folder or through a symbolic link. */
gb_status checkpoint_path(const shared *of, size_t folder, const char *inside, char path[PATH_ROOM], gb_error *err);
/* "models/faces.gbw" is shown as "faces". A long name is cut between characters. */
void name_model(const char *path, char name[MODEL_NAME]);

/* The index of the model that was opened from this path; false if there is none. */
bool shared_find_model(shared *of, const char *path, size_t *index);
/* Adds a model, which the studio closes at its end, and copies `path`; another model of that name makes it "NAME-2". Any thread may
 * call it. On failure the model is still the caller's. */
gb_status shared_add_model(shared *of, gb_model *model, const char *path, const char *name, size_t *index, gb_error *err);

#endif
