/* A picture for the page: JPEG with the facts of its render. */
#ifndef GANBEND_STUDIO_FRAME_H
#define GANBEND_STUDIO_FRAME_H

#include "desk.h"
#include "messages.h"
#include "stage.h"

/* Of the render just done; `side` = 0: the whole picture, else the preview. Times are in seconds. */
gb_status make_frame(stage *s, const message *m, int side, double wait, double render, parcel *p, gb_error *err);

#endif
