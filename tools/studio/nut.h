/* Raw video in the NUT container, which ffmpeg reads from a pipe and which, unlike bare pixels, says its size and the time of
 * every frame. Format: https://ffmpeg.org/~michael/nut.txt. One stream of RGB pictures, every frame a key frame with a
 * syncpoint before it, so that a reader can begin anywhere. */
#ifndef GANBEND_STUDIO_NUT_H
#define GANBEND_STUDIO_NUT_H

#include <stddef.h>
#include <stdint.h>

enum { NUT_HEAD_ROOM = 256, NUT_FRAME_ROOM = 64 };

/* Writes what comes before the first frame and returns its size. */
size_t nut_head(uint8_t to[NUT_HEAD_ROOM], int width, int height, int fps);
/* Writes what comes before the pixels of a frame, `size` bytes, that is shown `number`/fps seconds after the beginning. */
size_t nut_frame(uint8_t to[NUT_FRAME_ROOM], uint64_t number, size_t size);

#endif
