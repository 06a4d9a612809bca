/* The waves of modulators: functions of the number of periods since the beginning. */
#ifndef GB_ENGINE_WAVES_H
#define GB_ENGINE_WAVES_H

#include <stdbool.h>
#include <stdint.h>

typedef enum gb_wave {
    GB_WAVE_SINE, GB_WAVE_TRIANGLE, GB_WAVE_SAW, GB_WAVE_SQUARE,
    GB_WAVE_ENVELOPE,           /* rises, holds and falls, from 0 to 1 and back; the others go from -1 to 1 */
    GB_WAVE_WALK,               /* from one random value smoothly to the next, one in each period */
    GB_WAVE_HOLD,               /* random values, one for each period */
    GB_WAVE_AUDIO,              /* a level that was measured: `value` */
    GB_WAVES
} gb_wave;

extern const char *const gb_wave_names[GB_WAVES + 1];      /* NULL-terminated */

typedef struct gb_wave_options {
    double attack, hold, release;       /* ENVELOPE: shares of the period; they need not fill it */
    bool once;                  /* ENVELOPE: only in the first period, and 0 before and after it */
    uint32_t seed;              /* WALK, HOLD */
    double value;               /* AUDIO */
} gb_wave_options;

/* The wave after `periods` periods, which may be negative. */
double gb_wave_at(gb_wave wave, const gb_wave_options *o, double periods);

#endif
