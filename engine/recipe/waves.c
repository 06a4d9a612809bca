/* With u periods, f = u - floor(u) and the random values r:
 *     sine sin(2 pi f)   saw 2 f - 1   square 1, then -1   triangle 0 at f = 0, 1 at 1/4, -1 at 3/4
 *     hold r(floor u)    walk r(floor u) (1 - s) + r(floor u + 1) s with s = f² (3 - 2 f) */
#include "waves.h"

#include <math.h>
#include <stddef.h>

#include "engine/base/mix.h"

const char *const gb_wave_names[GB_WAVES + 1] = {"sine", "triangle", "saw", "square", "envelope", "walk", "hold", "audio", NULL};

/* From -1 to 1, by 53 random bits. */
static double random_value(uint32_t seed, double place) {
    uint64_t bits = gb_mix(gb_mix(0, seed), (uint64_t)(int64_t)place);
    return (double)(bits >> 11) * 0x1p-52 - 1;
}

static double envelope(const gb_wave_options *o, double f) {
    if (f < o->attack)
        return f / o->attack;
    f -= o->attack + o->hold;
    if (f < 0)
        return 1;
    return f < o->release ? 1 - f / o->release : 0;
}

double gb_wave_at(gb_wave wave, const gb_wave_options *o, double periods) {
    double u = fmin(fmax(periods, -1e15), 1e15), place = floor(u), f = u - place;
    switch (wave) {
    case GB_WAVE_SINE:
        return sin(2 * 3.14159265358979323846 * f);
    case GB_WAVE_TRIANGLE:
        return f < 0.25 ? 4 * f : f < 0.75 ? 2 - 4 * f : 4 * f - 4;
    case GB_WAVE_SAW:
        return 2 * f - 1;
    case GB_WAVE_SQUARE:
        return f < 0.5 ? 1 : -1;
    case GB_WAVE_ENVELOPE:
        return o->once && place != 0 ? 0 : envelope(o, f);
    case GB_WAVE_WALK: {
        double a = random_value(o->seed, place), b = random_value(o->seed, place + 1);
        return a + (b - a) * (f * f * (3 - 2 * f));
    }
    case GB_WAVE_HOLD:
        return random_value(o->seed, place);
    case GB_WAVE_AUDIO:
        return o->value;
    case GB_WAVES:
        break;
    }
    return 0;
}
