/* Maps frames to positions between keys, with looping and easing. */
#ifndef GANBEND_TOOLS_EASING_H
#define GANBEND_TOOLS_EASING_H

typedef enum easing { EASE_LINEAR, EASE_SMOOTH, EASE_IN, EASE_OUT } easing;
typedef enum looping {
    LOOP_NONE,                  /* the first frame is the first key, the last frame the last key */
    LOOP_AROUND,                /* continues from the last key to the first */
    LOOP_BACK                   /* returns from the last key through the others */
} looping;

typedef struct between {
    int from, to;               /* keys */
    double share;               /* 0 at `from`; 1 only if the last frame is the last key */
} between;

between place_frame(long frame, long frames, int keys, easing ease, looping loop);
/* a + share (b - a); b itself at 1. */
double mix(double a, double b, double share);

#endif
