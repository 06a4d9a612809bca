/* Writes frames to a pipe. */
#include "video.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/program/output_names.h"
#include "tools/program/temporary.h"

static gb_status start_encoder(video *v, int width, int height, double fps, gb_error *err) {
    char size[40], rate[40];
    const char *const input[] = {"-f", "rawvideo", "-pixel_format", "rgb24", "-video_size", size, "-framerate", rate,
                                 "-i", "pipe:0", NULL};
    const output_format *format = output_format_of(v->name);
    snprintf(size, sizeof size, "%dx%d", width, height);
    snprintf(rate, sizeof rate, "%.6g", fps);
    v->target = host_final_name(v->name);           /* a link is kept, and its target replaced */
    if (!v->target) return state(err, GB_NO_MEMORY, "out of memory");
    if (name_beside(v->target, v->beside, err)) return err->status;
    return ffmpeg_start(&v->encoder, input, format->animation, v->beside, true, err);
}

gb_status video_begin(video *v, const char *name, int width, int height, double fps, gb_error *err) {
    *v = (video){.name = name, .frame_bytes = (size_t)width * (size_t)height * 3};
    return strcmp(name, "-") && output_format_of(name) ? start_encoder(v, width, height, fps, err) : GB_OK;
}

gb_status video_frame(video *v, const uint8_t *rgb, gb_error *err) {
    if (*v->beside) {
        if (fwrite(rgb, 1, v->frame_bytes, v->encoder.frames) == v->frame_bytes) return GB_OK;
        return ffmpeg_finish(&v->encoder, v->name, err) ? err->status
                                                        : state(err, GB_IO, "%s: ffmpeg ended too early", v->name);
    }
    (void)fwrite(rgb, 1, v->frame_bytes, stdout);       /* main() reports a failure */
    return GB_OK;
}

gb_status video_finish(video *v, gb_error *err) {
    if (!*v->beside) return GB_OK;
    if (!ffmpeg_finish(&v->encoder, v->name, err)) keep_temporary(v->beside, v->target, err);
    if (!err->status) *v->beside = '\0';
    video_drop(v);
    return err->status;
}

void video_drop(video *v) {
    if (v->encoder.process) ffmpeg_stop(&v->encoder);
    if (*v->beside) remove_temporary(v->beside);
    free(v->target);
    *v = (video){0};
}
