/* Frames of an older, longer animation in the same folder. */
#ifndef GANBEND_TOOLS_OLDER_FRAMES_H
#define GANBEND_TOOLS_OLDER_FRAMES_H

#include <stddef.h>

#include <ganbend.h>

/* The name of frame `index` without its ending: "frame00012". */
enum { FRAME_NAME_ROOM = 32 };
void name_frame(long index, char name[FRAME_NAME_ROOM]);
/* Counts the pictures frameNNNNN.png whose number is `frames` or more, and removes them if `remove`. */
gb_status older_frames(const char *folder, long frames, bool remove, size_t *count, gb_error *err);

#endif
