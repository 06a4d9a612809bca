/* Frames as one stream: raw RGB on standard output, or a file that ffmpeg encodes. */
#ifndef GANBEND_TOOLS_VIDEO_H
#define GANBEND_TOOLS_VIDEO_H

#include <stdint.h>

#include "tools/program/ffmpeg.h"
#include "tools/program/host.h"

typedef struct video {
    const char *name;
    size_t frame_bytes;
    ffmpeg encoder;             /* not running for raw video */
    char beside[PATH_ROOM];     /* the file that it writes; "" for raw video */
    char *target;               /* its final name */
} video;

/* `name` is "-" or a name with the ending of an animation; width and height are those of a frame in pixels. */
gb_status video_begin(video *v, const char *name, int width, int height, double fps, gb_error *err);
/* Adds a frame of 8-bit RGB, rows without padding. */
gb_status video_frame(video *v, const uint8_t *rgb, gb_error *err);
gb_status video_finish(video *v, gb_error *err);
/* Removes an unfinished file. May be called after video_finish(), and for a zeroed struct. */
void video_drop(video *v);

#endif
