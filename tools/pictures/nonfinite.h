/* Detects NaN and infinity in a picture and finds the layer where they first appear. */
#ifndef GANBEND_TOOLS_NONFINITE_H
#define GANBEND_TOOLS_NONFINITE_H

#include <ganbend.h>

typedef struct watch {
    const gb_model *model;
    gb_node image;              /* node of the picture */
    float *values;
    size_t count;
} watch;

/* Taps the picture of a session (batch 1). */
gb_status watch_new(watch *w, const gb_model *model, gb_session *session, gb_error *err);
void watch_free(watch *w);
/* Call after a render: *nonfinite tells whether the picture contains NaN or infinity. */
gb_status watch_look(const watch *w, gb_session *session, bool *nonfinite, gb_error *err);

/* Renders again and checks every boundary: "NaN first appears at synthesis.b32.conv1, in 3 of 8192 values". `session` has
 * the inputs and bends of the picture; free it afterwards. */
enum { NONFINITE_ROOM = 320 };
gb_status trace_nonfinite(const gb_model *model, gb_session *session, char text[NONFINITE_ROOM], gb_error *err);

#endif
