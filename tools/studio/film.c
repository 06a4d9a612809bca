/* Films. ffmpeg runs as a separate process that reads the frames from their folder; its output comes through a pipe. */
#define _POSIX_C_SOURCE 200809L
#include "film.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "outgoing.h"
#include "folder.h"
#include "engine/platform/files.h"
#include "tools/program/host.h"
#include "tools/program/output_names.h"
#include "zip.h"

enum { SILENCE = 120 /* seconds without output after which ffmpeg is killed */, MAX_FILMS = 1000 };

#define FRAME_NAME "frame-%06lld.png"

/* How ffmpeg encodes a format is in the table of output_names.c. */
static const film_format formats[] = {
    {"png", "", false}, {"zip", ".zip", false}, {"mp4", ".mp4", true}, {"webm", ".webm", true},
};

const film_format *film_format_named(const char *name) {
    size_t i = 0;
    while (strcmp(formats[i].name, name)) i++;
    return &formats[i];
}

/* ------------------------------------------------------------------------------------------------ names */

/* The path of the k-th name, counted from 1: "walk", "walk-2". */
static gb_status nth_path(film *f, int k, char path[PATH_ROOM], gb_error *err) {
    const char *ext = f->format->ext;
    char base[sizeof f->name];
    if (k == 1) snprintf(base, sizeof base, "%s", f->name);
    else snprintf(base, sizeof base, "%.50s-%d", f->name, k);
    snprintf(f->file, sizeof f->file, "%s%s", base, ext);
    return folder_path(path, f->out, NULL, base, ext, err);
}

static gb_status too_many(const film *f, gb_error *err) {
    return state(err, GB_BAD_ARGUMENT, "too many films are called '%s'", f->name);
}

/* The folder of the projects is no film. */
static bool is_free(const film *f, const char *path) {
    return strcmp(f->file, "studio") && !folder_has(path);
}

gb_status film_name(film *f, gb_error *err) {
    char path[PATH_ROOM];
    for (int k = 1; k <= MAX_FILMS; k++)
        if (nth_path(f, k, path, err) || is_free(f, path)) return err->status;
    return too_many(f, err);
}

gb_status film_publish(film *f, const char *unfinished, gb_error *err) {
    char path[PATH_ROOM];
    for (int k = 1; k <= MAX_FILMS; k++) {
        bool exists;
        if (nth_path(f, k, path, err)) return err->status;
        if (!is_free(f, path)) continue;
        if (!folder_move_new(unfinished, path, &exists, err) || !exists) return err->status;
        *err = (gb_error){0};
    }
    return too_many(f, err);
}

/* ------------------------------------------------------------------------------------------------ frames as they are */

static gb_status pack_frames(film *f, gb_error *err) {
    zip z;
    if (unfinished_path(f->beside, f->out, err) || zip_begin(&z, f->beside, err)) return err->status;
    for (int64_t i = 0; i < f->made && !err->status; i++) {
        char path[PATH_ROOM], name[ZIP_NAME], *bytes = NULL;
        size_t size;
        snprintf(name, sizeof name, FRAME_NAME, (long long)i);
        if (!film_frame_path(f, i, path, err) && !folder_read(path, UINT32_MAX, &bytes, &size, err))
            zip_add(&z, name, bytes, size, err);
        free(bytes);
    }
    if (zip_end(&z, err) || folder_sync_file(f->beside, err) || film_publish(f, f->beside, err)) folder_remove(f->beside);
    return err->status;
}

gb_status film_finish(film *f, gb_error *err) {
    return *f->format->ext ? pack_frames(f, err) : film_publish(f, f->frames, err);
}

/* ------------------------------------------------------------------------------------------------ ffmpeg */

/* The pattern of the frames' names for ffmpeg. It must not look like an option or a protocol, and a '%' in the path must
 * be escaped. */
static gb_status frame_pattern(const film *f, char pattern[PATH_ROOM], gb_error *err) {
    size_t used = 0;
    if (!gb_is_absolute(f->frames)) used = (size_t)snprintf(pattern, PATH_ROOM, "./");
    for (const char *c = f->frames; *c && used < PATH_ROOM - 40; c++) {
        pattern[used++] = *c;
        if (*c == '%') pattern[used++] = '%';
    }
    if (used >= PATH_ROOM - 40) return state(err, GB_BAD_ARGUMENT, "path too long");
    strcpy(pattern + used, "/frame-%06d.png");
    return GB_OK;
}

static gb_status start_encoder(const char *const *arguments, film *f, gb_error *err) {
    int ends[2], code = pipe_make(ends);
    if (code) return state(err, GB_IO, "ffmpeg: %s", strerror(code));
    code = process_start(&f->encoder, arguments, -1, ends[1]);
    close(ends[1]);
    if (code == 0) {
        f->output = ends[0];
        f->last_output = host_seconds();
        return GB_OK;
    }
    close(ends[0]);
    return state(err, GB_IO, "ffmpeg: %s", strerror(code));
}

gb_status film_encode(film *f, gb_error *err) {
    char fps[24], pattern[PATH_ROOM], to[PATH_ROOM + 8], scale[64];
    const char *arguments[48] = {"ffmpeg", "-nostdin", "-hide_banner", "-loglevel", "error", "-progress", "pipe:1", "-y",
                                 "-f", "image2", "-framerate", fps, "-i", pattern};
    size_t count = 0;
    while (arguments[count]) count++;
    if (frame_pattern(f, pattern, err)) return err->status;
    snprintf(fps, sizeof fps, "%lld", (long long)f->fps);
    if (unfinished_path(f->beside, f->out, err)) return err->status;
    snprintf(to, sizeof to, "file:%s", f->beside);
    if (f->width) {
        snprintf(scale, sizeof scale, "%lldx%lld", (long long)f->width, (long long)f->height);
        arguments[count++] = "-sws_flags";
        arguments[count++] = "lanczos";
        arguments[count++] = "-s";
        arguments[count++] = scale;
    }
    for (const char *const *c = output_format_of(f->file)->animation; *c; c++) arguments[count++] = *c;
    arguments[count] = to;
    return start_encoder(arguments, f, err);
}

/* A line "frame=123" is progress; a line that is not key=value is an error message. */
static void parse_line(film *f) {
    long long frame;
    if (sscanf(f->line, "frame=%lld", &frame) == 1) f->encoded = frame;
    else if (*f->line && !strchr(f->line, '=')) snprintf(f->error, sizeof f->error, "%s", f->line);
    *f->line = '\0';
}

static void read_output(film *f) {
    char text[512];
    size_t n;
    while ((n = pipe_read_arrived(f->output, text, sizeof text)) > 0) {
        f->last_output = host_seconds();
        for (size_t i = 0; i < n; i++) {
            size_t used = strlen(f->line);
            if (text[i] == '\n') parse_line(f);
            else if (used + 1 < sizeof f->line && text[i] && text[i] != '\r') f->line[used] = text[i], f->line[used + 1] = '\0';
        }
    }
}

gb_status film_frame_path(const film *f, int64_t index, char path[PATH_ROOM], gb_error *err) {
    bool fits = snprintf(path, PATH_ROOM, "%s/" FRAME_NAME, f->frames, (long long)index) < PATH_ROOM;
    return fits ? GB_OK : state(err, GB_BAD_ARGUMENT, "path too long");
}

/* The frames are removed by their names, which works even if the folder cannot be read. */
void film_close(film *f) {
    char path[PATH_ROOM];
    gb_error err = {0};
    for (int64_t i = 0; i < f->made && !film_frame_path(f, i, path, &err); i++) unlink(path);
    folder_remove(f->frames);
    if (*f->beside) folder_remove(f->beside);
    *f = (film){0};
}

/* Returns the exit status, -1 if it was killed. */
static int reap(film *f, bool end) {
    if (end) process_kill(f->encoder);
    int status = process_wait(&f->encoder);
    close(f->output);
    return status;
}

void film_discard(film *f) {
    f->discarded = f->encoder != 0;
    if (f->discarded) reap(f, true);
    else film_close(f);
}

void film_free(film *f) {
    if (f->encoder) reap(f, true);
    if (f->open) film_close(f);
}

bool film_waits(const film *f) {
    return f->id != 0;
}

static film_news answer_end(film *f, gb_error *why, outgoing *p) {
    gb_error err = {0};
    hide_folder(why->message, f->out);
    json_t *fields = why->status ? json_pack("{s:o}", "error", text_json(why->message))
                                 : json_pack("{s:s}", "file", f->file);
    pack_answer(f->id, fields, p, &err);
    film_close(f);
    return FILM_ENDED;
}

static film_news pack_progress(const film *f, outgoing *p) {
    gb_error err = {0};
    json_t *progress = json_pack("{s:s, s:I, s:f}", "type", "progress", "id", (json_int_t)f->id, "share",
                                 f->encoded < f->made ? (double)f->encoded / (double)f->made : 1.0);
    return pack_text(progress, FLOAT_DIGITS, p, &err) ? FILM_QUIET : FILM_PROGRESS;
}

film_news film_poll(film *f, outgoing *p) {
    gb_error why = {0};
    int64_t before = f->encoded;
    bool ended, silent;
    if (f->discarded) {
        state(&why, GB_CANCELLED, "the film was discarded");
        return answer_end(f, &why, p);
    }
    if (!f->encoder) return FILM_QUIET;
    ended = process_has_ended(f->encoder);
    read_output(f);
    silent = !ended && host_seconds() - f->last_output > SILENCE;
    if (!ended && !silent) return f->encoded != before ? pack_progress(f, p) : FILM_QUIET;
    int code = reap(f, silent);
    parse_line(f);
    if (silent) state(&why, GB_IO, "ffmpeg wrote no progress for %d seconds and was killed", (int)SILENCE);
    else if (code) state(&why, GB_IO, "ffmpeg failed: %s", *f->error ? f->error : "no error message");
    else if (!folder_sync_file(f->beside, &why)) film_publish(f, f->beside, &why);
    return answer_end(f, &why, p);
}
