/* Frames into a pipe, of which frame_pipe.h never waits for long. */
#define _POSIX_C_SOURCE 200809L
#include "frames_out.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "frame_pipe.h"
#include "nut.h"
#include "engine/platform/threads.h"
#include "tools/pictures/scaling.h"
#include "tools/program/arguments.h"
#include "tools/program/host.h"

enum { PAUSE_MS = 100 /* between looks at whether the thread is to end */ };

struct frames_out {
    frames_options o;
    output_list *outputs;
    output_view view;
    pthread_t thread;
    atomic_bool ending;
    int fd;                     /* -1: nobody has opened the named pipe for reading yet */
    output_picture *picture;    /* in `frame`, or NULL */
    output_look look;
    bool composed;
    scaling scaling;            /* from `from` to `to` */
    int from[2], to[2];
    uint8_t *frame;             /* [height, width, 3] */
};

/* ------------------------------------------------------------------------------------------------ pictures */

/* The size of the picture in the frame: all of it, or so that it covers the frame. */
static void place_picture(const frames_out *f, int size[2]) {
    double across = (double)f->o.width / f->picture->width, down = (double)f->o.height / f->picture->height;
    double factor = (across > down) == f->look.fill ? across : down;
    size[0] = (int)(f->picture->width * factor + 0.5);
    size[1] = (int)(f->picture->height * factor + 0.5);
}

/* The picture's pixels in that size. NULL without memory. */
static const uint8_t *resize(frames_out *f, const int size[2]) {
    const output_picture *p = f->picture;
    gb_error err = {0};
    if (size[0] == p->width && size[1] == p->height) return p->rgb;
    if (f->from[0] != p->width || f->from[1] != p->height || f->to[0] != size[0] || f->to[1] != size[1]) {
        scaling_free(&f->scaling);
        f->scaling = (scaling){0};
        f->from[0] = f->from[1] = 0;
        if (scaling_new_to(&f->scaling, RESAMPLING_BILINEAR, (int[2]){p->width, p->height}, size, 3, &err)) return NULL;
        f->from[0] = p->width;
        f->from[1] = p->height;
        memcpy(f->to, size, sizeof f->to);
    }
    return scaled(&f->scaling, p->rgb);
}

/* Puts the picture in the middle of a black frame. */
static void compose(frames_out *f) {
    int size[2], light = 255 - f->look.black;
    size_t row = (size_t)f->o.width * 3, bytes = row * (size_t)f->o.height;
    const uint8_t *pixels;
    memset(f->frame, 0, bytes);
    if (!f->picture || !light) return;
    place_picture(f, size);
    pixels = resize(f, size);
    if (!pixels) return;
    int x = (f->o.width - size[0]) / 2, y = (f->o.height - size[1]) / 2, cut = x < 0 ? -x : 0;
    size_t count = (size_t)(size[0] < f->o.width ? size[0] : f->o.width) * 3;
    for (int i = y < 0 ? -y : 0; i < size[1] && y + i < f->o.height; i++)
        memcpy(f->frame + (size_t)(y + i) * row + (size_t)(x > 0 ? x : 0) * 3,
               pixels + ((size_t)i * (size_t)size[0] + (size_t)cut) * 3, count);
    for (size_t i = 0; light < 255 && i < bytes; i++) f->frame[i] = (uint8_t)(f->frame[i] * light / 255);
}

static void take_newest(frames_out *f) {
    output_picture *newest = output_picture_take(f->outputs, &f->view), *before = f->picture;
    bool same = f->composed && (!newest || newest == before) && f->look.black == f->view.look.black &&
                f->look.fill == f->view.look.fill;
    if (same) {
        output_picture_drop(newest);
        return;
    }
    f->look = f->view.look;
    if (newest) {
        f->picture = newest;
        output_picture_drop(before);
    }
    compose(f);
    f->composed = true;
}

/* ------------------------------------------------------------------------------------------------ the pipe */

static bool is_stdout(const frames_out *f) {
    return !strcmp(f->o.to, "-");
}

/* False if the thread is to end, or the reader is gone. */
static bool put(frames_out *f, const uint8_t *at, size_t size) {
    while (size && !atomic_load(&f->ending)) {
        long done = frame_pipe_write(f->fd, at, size, PAUSE_MS);
        if (done < 0) return false;
        at += done;
        size -= (size_t)done;
    }
    return !size;
}

/* A named pipe can be opened once it has a reader. */
static void open_pipe(frames_out *f) {
    f->fd = frame_pipe_open(f->o.to);
    if (f->fd < 0) nanosleep(&(struct timespec){.tv_nsec = PAUSE_MS * 1000000L}, NULL);
}

static void wait_until(double when, const atomic_bool *ending) {
    for (double left; !atomic_load(ending) && (left = when - host_seconds()) > 0;) {
        double now = left < PAUSE_MS / 1e3 ? left : PAUSE_MS / 1e3;
        nanosleep(&(struct timespec){.tv_nsec = (long)(now * 1e9)}, NULL);
    }
}

/* One reader's stream, until it is gone. A frame that is late is left out. */
static void stream(frames_out *f) {
    uint8_t head[NUT_HEAD_ROOM], before[NUT_FRAME_ROOM];
    const size_t size = (size_t)f->o.width * (size_t)f->o.height * 3;
    const double start = host_seconds();
    bool open = !f->o.nut || put(f, head, nut_head(head, f->o.width, f->o.height, f->o.fps));
    for (uint64_t number = 0; open && !atomic_load(&f->ending);) {
        wait_until(start + (double)number / f->o.fps, &f->ending);
        take_newest(f);
        open = (!f->o.nut || put(f, before, nut_frame(before, number, size))) && put(f, f->frame, size);
        uint64_t due = (uint64_t)((host_seconds() - start) * f->o.fps);
        number = due > number ? due : number + 1;
    }
}

static void *run(void *arg) {
    frames_out *f = arg;
    while (!atomic_load(&f->ending)) {
        if (f->fd < 0) open_pipe(f);
        if (f->fd < 0) continue;
        stream(f);
        if (is_stdout(f)) {
            if (!atomic_load(&f->ending)) fprintf(stderr, "ganbend studio: --frames-to -: the reader of the frames has ended\n");
            break;
        }
        frame_pipe_close(f->fd);
        f->fd = -1;
    }
    return NULL;
}

/* ------------------------------------------------------------------------------------------------ starting and ending */

static void free_frames(frames_out *f) {
    if (f->fd >= 0) frame_pipe_close(f->fd);
    output_picture_drop(f->picture);
    scaling_free(&f->scaling);
    free(f->frame);
    free(f);
}

gb_status frames_out_start(const frames_options *o, output_list *outputs, frames_out **made, gb_error *err) {
    frames_out *f = calloc(1, sizeof *f);
    if (f) f->frame = malloc((size_t)o->width * (size_t)o->height * 3);
    if (!f || !f->frame) {
        free(f);
        return state(err, GB_NO_MEMORY, "out of memory");
    }
    f->o = *o;
    f->outputs = outputs;
    f->view.tab = -1;
    f->fd = is_stdout(f) ? FRAME_PIPE_STDOUT : -1;
    atomic_init(&f->ending, false);
    outputs->keeps_rgb = true;
    /* SIGPIPE is blocked there too, so that a reader's end is only an error. */
    if (!frame_pipe_check(o->to, err) && gb_thread_begin(&f->thread, NULL, run, f) != 0)
        state(err, GB_NO_MEMORY, "cannot start a thread: out of memory");
    if (err->status) free_frames(f);
    else *made = f;
    return err->status;
}

void frames_out_stop(frames_out *f) {
    if (!f) return;
    atomic_store(&f->ending, true);
    pthread_join(f->thread, NULL);
    free_frames(f);
}
