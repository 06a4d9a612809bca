/* Opening a checkpoint for a page, in the background: one that is not a .gbw is converted first, in the sandbox, to a file beside the
 * uploaded ones, which is used again. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checkpoints.h"
#include "folder.h"
#include "handlers.h"
#include "projects.h"
#include "engine/platform/files.h"
#include "tools/inputs/model_cache.h"
#include "tools/inputs/safe_convert.h"

enum { SHOWN_OF_KEY = 12 };

typedef struct opening {
    shared *of;
    char path[PATH_ROOM], inside[PATH_ROOM];
    const char *folder;         /* that `path` is in */
    analysis *a;
    double bytes;               /* of the checkpoint */
} opening;

/* The network is about as large as the checkpoint, so this is near enough for a bar. */
static bool written(void *arg, uint64_t bytes) {
    opening *o = arg;
    double share = o->bytes > 0 ? (double)bytes / o->bytes : 0;
    return analysis_goes_on(o->a, 0.05 + 0.9 * (share < 1 ? share : 1));
}

/* "out/models/NAME-KEY.gbw": the key is of the contents, so a checkpoint is converted once under any name and path. */
static gb_status converted_path(const opening *o, char path[PATH_ROOM], gb_error *err) {
    char key[CHECKPOINT_KEY + 1], name[MODEL_NAME], plain[PROJECT_NAME], stem[PROJECT_NAME];
    if (checkpoint_key(o->path, key, err)) return err->status;
    name_model(o->path, name);
    make_valid_name(name, plain);
    snprintf(stem, sizeof stem, "%.40s-%.*s", plain, SHOWN_OF_KEY, key);
    if (!is_valid_name(stem)) snprintf(stem, sizeof stem, "model-%.*s", SHOWN_OF_KEY, key);     /* a character was cut */
    return folder_path(path, o->of->out, "models", stem, ".gbw", err);
}

static gb_status convert_once(opening *o, char path[PATH_ROOM], gb_error *err) {
    const gb_convert_options how = {0};
    char unfinished[PATH_ROOM];
    bool exists;
    if (converted_path(o, path, err) || folder_has(path)) return err->status;
    if (folder_prepare(o->of->out, "models", err) || unfinished_path(unfinished, o->of->out, err)) return err->status;
    strcat(unfinished, ".gbw");         /* the name says the format; unfinished_path() leaves room for it */
    if (convert_safely_watched(o->path, unfinished, &how, written, o, err)) {
        folder_remove(unfinished);
        return err->status;
    }
    if (folder_move_new(unfinished, path, &exists, err) && exists) {       /* another tab was first */
        folder_remove(unfinished);
        *err = (gb_error){0};
    }
    return err->status;
}

static gb_status read_model(opening *o, gb_model **model, gb_error *err) {
    char converted[PATH_ROOM];
    bool is_gbw = ends_with(o->path, ".gbw");
    if (!is_gbw && convert_once(o, converted, err)) return err->status;
    if (!analysis_goes_on(o->a, 0.95)) return state(err, GB_CANCELLED, "stopped");
    return gb_model_read(o->of->context, is_gbw ? o->path : converted, model, err);
}

static gb_status add_model(opening *o, size_t *index, gb_error *err) {
    gb_model *model = NULL;
    char name[MODEL_NAME];
    int64_t shape[3] = {0};
    if (!read_model(o, &model, err)) {
        name_model(o->path, name);
        gb_model_output_shape(model, shape);
        if (!check_picture(&(loaded_model){.model = model, .channels = shape[0]}, o->inside, err))
            shared_add_model(o->of, model, o->path, name, index, err);
    }
    if (err->status) gb_model_close(model);
    return err->status;
}

static gb_status open_checkpoint_of(void *of, analysis *a, json_t **fields, gb_error *err) {
    opening *o = of;
    struct stat info;
    size_t index;
    o->a = a;
    o->bytes = stat(o->path, &info) == 0 ? (double)info.st_size : 0;
    if (!shared_find_model(o->of, o->path, &index)) add_model(o, &index, err);
    if (!err->status) *fields = json_pack("{s:I, s:o}", "index", (json_int_t)index, "models", models_json(o->of));
    hide_folder(err->message, o->folder);
    return err->status;
}

gb_status handle_load(live *s, const message *m, outgoing *p, gb_error *err) {
    opening *o = calloc(1, sizeof *o);
    (void)p;            /* the answer comes from analysis_poll() */
    if (!o) return state(err, GB_NO_MEMORY, "out of memory");
    o->of = s->shared;
    snprintf(o->inside, sizeof o->inside, "%s", m->inside);
    if (!checkpoint_path(s->shared, (size_t)m->index, m->inside, o->path, err)) {
        o->folder = s->shared->folders[m->index];
        if (!is_checkpoint_name(o->path))
            state(err, GB_BAD_ARGUMENT, "%.200s: is not a .gbw, .pkl, .pt, .pth, .bin or .safetensors file", m->inside);
        else if (!folder_check(o->path, err))
            return analysis_start(&s->analysis, m->id, (analysis_task){.run = open_checkpoint_of, .free = free, .of = o, .at_once = true}, err);
        hide_folder(err->message, s->shared->folders[m->index]);
    }
    free(o);
    return err->status;
}
