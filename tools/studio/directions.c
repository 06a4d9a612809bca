/* Files of directions. */
#include "directions.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "folder.h"
#include "handlers.h"
#include "outgoing.h"
#include "tools/inputs/latents.h"
#include "tools/program/arguments.h"
#include "tools/program/text.h"

enum { MAX_SENT = 512, MAX_LISTED = 256 };

static const char *const extensions[] = {".npz", ".npy", ".pt"};

/* ------------------------------------------------------------------------------------------------ answers */

/* Values of a latent of this space; 0 if the network has none. */
static int64_t latent_width(const gb_model *model, gb_latent_space space) {
    gb_node_info info;
    gb_node node = gb_model_find_role(model, space == GB_LATENT_Z ? GB_ROLE_Z : GB_ROLE_WS, 0);
    if (node == GB_NO_NODE) return 0;
    gb_model_node(model, node, &info);
    return info.shape[info.ndim - 1];
}

static json_t *direction_json(const gb_direction *d, gb_latent_space space) {
    bool some = space == GB_LATENT_W && d->last_layer >= 0;
    return json_pack("{s:s, s:s, s:o, s:o}", "name", d->name, "space", space == GB_LATENT_Z ? "z" : "w", "deviation",
                     float_json(d->deviation), "layers",
                     some ? json_pack("[i, i]", d->first_layer, d->last_layer) : json_null());
}

gb_status bank_json(const gb_model *model, const gb_directions *directions, const char *file, json_t **fields,
                    gb_error *err) {
    json_t *list = json_array();
    gb_direction d = {0};
    size_t count = gb_directions_count(directions);
    bool any = false;
    for (size_t i = 0; i < count && i < MAX_SENT; i++) {
        gb_directions_at(directions, i, &d);
        gb_latent_space space = direction_space(model, &d);
        if (d.width != latent_width(model, space)) continue;
        any = true;
        add_json(&list, direction_json(&d, space));
    }
    if (!any) {
        json_decref(list);
        return count ? state(err, GB_BAD_FILE, "%s: its directions have %lld values, but this network has %lld w's values and "
                             "%lld z values", file, (long long)d.width, (long long)latent_width(model, GB_LATENT_W),
                             (long long)latent_width(model, GB_LATENT_Z))
                     : state(err, GB_BAD_FILE, "%s: has no directions", file);
    }
    *fields = json_pack("{s:o, s:o, s:I}", "file", text_json(file), "directions", list, "of", (json_int_t)count);
    return *fields ? GB_OK : state(err, GB_NO_MEMORY, "out of memory for the list of directions");
}

/* ------------------------------------------------------------------------------------------------ keeping them */

gb_status keep_directions(shared *of, const gb_directions *directions, const char *stem, char file[FOLDER_FILE], gb_error *err) {
    char unfinished[PATH_ROOM];
    if (folder_prepare(of->out, NULL, err) || unfinished_path(unfinished, of->out, err)) return err->status;
    strcat(unfinished, ".npz");         /* the name says the format; unfinished_path() leaves room for it */
    if (gb_directions_save(directions, unfinished, err) || folder_move_numbered(of->out, unfinished, stem, ".npz", file, err))
        folder_remove(unfinished);
    return err->status;
}

/* ------------------------------------------------------------------------------------------------ opening */

static bool model_folder(const live *s, char folder[PATH_ROOM]) {
    const char *path = s->shared->models[s->at].path, *slash = path ? strrchr(path, '/') : NULL;
    if (!path || (slash && slash - path >= PATH_ROOM - 1)) return false;
    if (!slash) strcpy(folder, ".");
    else snprintf(folder, PATH_ROOM, "%.*s", slash == path ? 1 : (int)(slash - path), path);
    return true;
}

gb_status list_banks(const live *s, json_t **in_folder, json_t **beside, gb_error *err) {
    char folder[PATH_ROOM];
    bool has_folder = model_folder(s, folder);
    *in_folder = json_array();
    *beside = json_array();
    for (size_t i = 0; i < 2 * (sizeof extensions / sizeof *extensions) && !err->status; i++) {
        bool is_beside = i % 2;
        json_t *names = NULL, **list = is_beside ? beside : in_folder;
        if (is_beside && !has_folder) continue;
        if (folder_list(is_beside ? folder : s->shared->out, extensions[i / 2], MAX_LISTED, &names, err)) break;
        if (!*list || json_array_extend(*list, names)) state(err, GB_NO_MEMORY, "out of memory");
        json_decref(names);
    }
    if (!err->status) return GB_OK;
    json_decref(*in_folder);
    json_decref(*beside);
    *in_folder = *beside = NULL;
    return err->status;
}

/* Splits "NAME.npz" into a name and one of the extensions. */
static gb_status split_name(const char *file, char stem[PROJECT_NAME], const char **ext, gb_error *err) {
    size_t length = strlen(file);
    for (size_t i = 0; i < sizeof extensions / sizeof *extensions; i++) {
        size_t end = strlen(extensions[i]);
        if (!ends_with(file, extensions[i]) || length - end >= PROJECT_NAME) continue;
        memcpy(stem, file, length - end);
        stem[length - end] = '\0';
        *ext = extensions[i];
        return GB_OK;
    }
    return state(err, GB_BAD_ARGUMENT, "'%.80s' is not a .npz, .npy or .pt file", file);
}

/* A file beside the model is copied into the output folder. */
gb_status handle_bank(live *s, const message *m, outgoing *p, gb_error *err) {
    char stem[PROJECT_NAME], folder[PATH_ROOM], path[PATH_ROOM], file[FOLDER_FILE];
    const char *ext = "";
    gb_directions *directions = NULL;
    json_t *fields = NULL;
    if (m->beside && !model_folder(s, folder))
        return state(err, GB_BAD_ARGUMENT, "this model is part of the program and has no files beside it");
    if (split_name(m->name, stem, &ext, err) ||
        folder_path(path, m->beside ? folder : s->shared->out, NULL, stem, ext, err) || folder_check(path, err) ||
        gb_directions_open(path, &directions, err))
        return err->status;
    snprintf(file, sizeof file, "%s%s", stem, ext);
    if (!bank_json(s->o.model, directions, file, &fields, err) && m->beside &&
        !keep_directions(s->shared, directions, stem, file, err))
        set_json(&fields, "file", text_json(file));
    gb_directions_free(directions);
    if (!err->status) return pack_answer(m->id, fields, p, err);
    json_decref(fields);
    return err->status;
}
