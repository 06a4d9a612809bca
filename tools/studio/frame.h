/* A frame for the page: a picture with the facts of its render. */
#ifndef GANBEND_STUDIO_FRAME_H
#define GANBEND_STUDIO_FRAME_H

#include "client.h"
#include "messages.h"
#include "live.h"

/* Packs the picture just rendered: the full picture if `side` is 0, else the preview of that side. `wait` and `render` are
 * in seconds. */
gb_status make_frame(live *s, const message *m, int side, double wait, double render, outgoing *p, gb_error *err);

#endif
