/* A picture for the page: JPEG with the facts of its render. */
#ifndef GANBEND_STUDIO_FRAME_H
#define GANBEND_STUDIO_FRAME_H

#include "client.h"
#include "messages.h"
#include "live.h"

/* Of the render just done; `side` = 0: the whole picture, else the preview. Times are in seconds. */
gb_status make_frame(live *s, const message *m, int side, double wait, double render, outgoing *p, gb_error *err);

#endif
