// Tempo from taps and from MIDI clock. Small machines that are told the time in ms.

const pause = 2000;                     // ms without a tap after which counting begins again
const clocksPerBeat = 24;

// tap(now) returns beats a minute after the second tap, else null.
export function tapper() {
    let taps = [];
    return now => {
        taps = taps.length && now - taps.at(-1) > pause ? [now] : [...taps.slice(-7), now];
        const span = now - taps[0];
        return span > 0 ? 60000 * (taps.length - 1) / span : null;
    };
}

// The clock of another device: {tick(now), start(), at(now) → {tempo, beat} or null without a clock}.
export function midiClock() {
    let ticks = 0, times = [];
    return {
        start() {
            ticks = 0;
            times = [];
        },
        tick(now) {
            if (times.length && now - times.at(-1) > pause)
                times = [];
            ticks++;
            times = [...times.slice(-2 * clocksPerBeat), now];
        },
        at(now) {
            if (times.length < 7 || now - times.at(-1) > pause)
                return null;
            const each = (times.at(-1) - times[0]) / (times.length - 1);
            return {tempo: 60000 / (each * clocksPerBeat),
                    beat: (ticks - 1 + Math.min(1, (now - times.at(-1)) / each)) / clocksPerBeat};
        },
    };
}
