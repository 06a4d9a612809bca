/* From frames to places between keys: a loop's shape, and how each stretch from key to key speeds up and slows down. */
#ifndef GANBEND_TOOLS_EASING_H
#define GANBEND_TOOLS_EASING_H

typedef enum easing { EASE_LINEAR, EASE_SMOOTH, EASE_IN, EASE_OUT } easing;
typedef enum looping {
    LOOP_NONE,                  /* the first frame is the first key, the last frame the last */
    LOOP_AROUND,                /* from the last key on to the first again */
    LOOP_BACK                   /* to the last key and back through the others */
} looping;

typedef struct between {
    int from, to;               /* keys */
    double share;               /* 0 at `from`, below 1 but where the last frame is the last key */
} between;

between place_frame(long frame, long frames, int keys, easing ease, looping loop);
/* a + share (b - a); b itself at 1. */
double mix(double a, double b, double share);

#endif
