/* Easing curves: smooth is 3u² − 2u³, in is u², out is 1 − (1 − u)². With a loop, frame `frames` would equal frame 0;
 * without one, the last frame is the last key. */
#include "easing.h"

#include <math.h>

static double ease_share(easing ease, double u) {
    switch (ease) {
    case EASE_SMOOTH: return u * u * (3 - 2 * u);
    case EASE_IN: return u * u;
    case EASE_OUT: return u * (2 - u);
    case EASE_LINEAR: break;
    }
    return u;
}

/* The key at the end of stretch i − 1. */
static int key_at(int i, int keys, looping loop) {
    int turn = 2 * (keys - 1);
    if (loop == LOOP_AROUND) return i % keys;
    if (loop == LOOP_BACK) return i % turn < keys ? i % turn : turn - i % turn;
    return i;
}

between place_frame(long frame, long frames, int keys, easing ease, looping loop) {
    int stretches = loop == LOOP_AROUND ? keys : loop == LOOP_BACK ? 2 * (keys - 1) : keys - 1, i;
    double at;
    if (keys < 2) return (between){0, 0, 0};
    at = loop == LOOP_NONE ? (frames > 1 ? (double)frame / (double)(frames - 1) : 0) : (double)frame / (double)frames;
    at *= stretches;
    i = (int)floor(at);
    if (i > stretches - 1) i = stretches - 1;
    return (between){key_at(i, keys, loop), key_at(i + 1, keys, loop), ease_share(ease, at - i)};
}

double mix(double a, double b, double share) {
    return share >= 1 ? b : a + share * (b - a);
}
