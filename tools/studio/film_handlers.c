/* The messages that begin a film, add frames to it, and finish it. */
#include <stdio.h>
#include <string.h>

#include "folder.h"
#include "handlers.h"
#include "projects.h"
#include "saving.h"
#include "tools/program/host.h"

gb_status handle_film(live *s, const message *m, outgoing *p, gb_error *err) {
    const film_format *format = film_format_named(m->format);
    film next = {.model = s->at, .out = s->shared->out, .format = format, .fps = m->fps, .wanted = m->frames,
                 .width = m->width, .height = m->height};
    if (s->film.open) return state(err, GB_BAD_ARGUMENT, "a film is being made; finish it first");
    if (format->encoded && !s->shared->ffmpeg)
        return state(err, GB_BAD_ARGUMENT, "ffmpeg is not in the PATH; it is needed for films other than PNG frames");
    if (!m->width != !m->height || m->width % 2 || m->height % 2 || (m->width && !format->encoded))
        return state(err, GB_BAD_ARGUMENT, "only films that ffmpeg encodes have a size, and it is an even width and height");
    if (!is_valid_name(m->name)) return folder_path(next.frames, next.out, NULL, m->name, "", err);
    snprintf(next.name, sizeof next.name, "%s", m->name);
    if (film_name(&next, err) || unfinished_path(next.frames, next.out, err) || host_make_folder(next.frames, err))
        return err->status;
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
    if (film_frame_path(f, f->made, path, err) || live_set(s, m->recipe, err) || write_picture(s, path, err)) return err->status;
    if (!pack_answer(m->id, json_pack("{s:I}", "index", (json_int_t)f->made), p, err)) f->made++;
    else folder_remove(path);           /* the page does not know of this frame */
    return err->status;
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
    if (!f->format->encoded) {
        if (film_finish(f, err)) return err->status;
        pack_answer(m->id, json_pack("{s:s}", "file", f->file), p, err);
        film_close(f);
    } else if (!film_encode(f, err)) {
        f->id = m->id;                      /* the answer comes when ffmpeg has ended */
    }
    return err->status;
}
