/* The messages that begin a film, add frames to it, and finish it. */
#include <stdio.h>
#include <string.h>

#include "folder.h"
#include "handlers.h"
#include "projects.h"
#include "saving.h"
#include "tools/program/host.h"

enum { MAX_FILMS = 1000 };

/* Chooses the paths of a film: under its name or, if that is taken, name-2, name-3, … */
static gb_status name_film(const live *s, const char *name, const char *ext, film *f, gb_error *err) {
    const char *out = s->shared->out;
    char base[PROJECT_NAME];
    for (int k = 1; k <= MAX_FILMS; k++) {
        if (folder_path(f->path, out, NULL, name, ext, err)) return err->status;
        if (k == 1) snprintf(base, sizeof base, "%s", name);
        else snprintf(base, sizeof base, "%.50s-%d", name, k);
        if (folder_path(f->path, out, NULL, base, ext, err)) return err->status;
        snprintf(f->file, sizeof f->file, "%s%s", base, ext);
        if (snprintf(f->frames, PATH_ROOM, "%s/.%s.frames", out, base) >= PATH_ROOM - 40 ||
            snprintf(f->beside, PATH_ROOM, "%s/.%s.new", out, f->file) >= PATH_ROOM)
            return state(err, GB_BAD_ARGUMENT, "%.100s…: path too long", out);
        if (strcmp(f->file, "studio") && !folder_has(f->path)) return GB_OK;
    }
    return state(err, GB_BAD_ARGUMENT, "too many films are called '%s'", name);
}

gb_status handle_film(live *s, const message *m, outgoing *p, gb_error *err) {
    const char *extension, *format = film_format(m->format, &extension);
    film next = {.model = s->at, .format = format, .fps = m->fps, .wanted = m->frames};
    if (s->film.open) return state(err, GB_BAD_ARGUMENT, "a film is being made; finish it first");
    if (*extension && !s->shared->ffmpeg)
        return state(err, GB_BAD_ARGUMENT, "ffmpeg is not in the PATH; it is needed for films other than PNG frames");
    if (folder_prepare(s->shared->out, NULL, err) || name_film(s, m->name, extension, &next, err)) return err->status;
    folder_remove(next.frames);         /* left by a program that was killed */
    if (host_make_folder(next.frames, err)) return err->status;
    next.open = true;
    s->film = next;
    return pack_answer(m->id, json_pack("{s:s}", "folder", next.file), p, err);
}

gb_status handle_frame(live *s, const message *m, outgoing *p, gb_error *err) {
    film *f = &s->film;
    char path[PATH_ROOM];
    if (!f->open || f->encoder) return state(err, GB_BAD_ARGUMENT, "no film is being made, or it takes no more frames");
    if (f->model != s->at) return state(err, GB_BAD_ARGUMENT, "the film belongs to another model; finish it first");
    if (f->made == f->wanted)
        return state(err, GB_BAD_ARGUMENT, "the film already has its %lld frames", (long long)f->wanted);
    if (snprintf(path, sizeof path, "%s/frame-%06lld.png", f->frames, (long long)f->made) >= PATH_ROOM)
        return state(err, GB_BAD_ARGUMENT, "path too long");
    if (live_set(s, m->recipe, err) || write_picture(s, path, err)) return err->status;
    return pack_answer(m->id, json_pack("{s:I}", "index", (json_int_t)f->made++), p, err);
}

gb_status handle_finish(live *s, const message *m, outgoing *p, gb_error *err) {
    film *f = &s->film;
    if (!f->open || f->discarded) return state(err, GB_BAD_ARGUMENT, "no film is being made");
    if (!m->keep) {
        film_discard(f);
        return pack_answer(m->id, json_pack("{s:n}", "file"), p, err);
    }
    if (f->encoder) return state(err, GB_BAD_ARGUMENT, "ffmpeg is already encoding it");
    if (!f->made) return state(err, GB_BAD_ARGUMENT, "the film has no frames yet");
    if (!strcmp(f->format, "png")) {
        if (folder_move(f->frames, f->path, err)) return err->status;
        pack_answer(m->id, json_pack("{s:s}", "file", f->file), p, err);
        film_close(f);
    } else if (!film_encode(f, err)) {
        f->id = m->id;                      /* the answer comes when ffmpeg has ended */
    }
    return err->status;
}
