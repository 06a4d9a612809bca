/* NaN and infinity in a picture: noticed, and followed back to the layer they arose at. */
#ifndef GANBEND_TOOLS_UNFINITE_H
#define GANBEND_TOOLS_UNFINITE_H

#include <ganbend.h>

typedef struct watch {
    const gb_model *model;
    gb_node image;              /* what the picture is made of */
    float *values;
    size_t count;
} watch;

/* Taps the picture of a session (batch 1). */
gb_status watch_new(watch *w, const gb_model *model, gb_session *session, gb_error *err);
void watch_free(watch *w);
/* After a render: whether anything in the picture is NaN or infinite. */
gb_status watch_look(const watch *w, gb_session *session, bool *unfinite, gb_error *err);

/* Renders again, looking at every boundary in order: "NaN arose at synthesis.b32.conv1, in 3 of its 8192 values".
 * `session` has the inputs and bends of the picture, and is of no use afterwards. */
enum { UNFINITE_ROOM = 320 };
gb_status trace_unfinite(const gb_model *model, gb_session *session, char text[UNFINITE_ROOM], gb_error *err);

#endif
