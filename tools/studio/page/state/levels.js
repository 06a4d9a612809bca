// From a spectrum to levels between 0 and 1, and from levels to what a modulator follows. Pure functions and small machines without
// a clock of their own.

// Ends of the bands in Hz.
export const bands = {all: [20, 16000], low: [20, 150], mid: [150, 2000], high: [2000, 12000]};
export const listened = [...Object.keys(bands), 'onset'];

const floor = -70, ceiling = -20;       // dB that are 0 and 1

// The level of each band, from decibels of a spectrum whose bins are `width` Hz apart.
export function levelsOf(decibels, width) {
    const levels = {};
    for (const [name, [low, high]] of Object.entries(bands)) {
        const from = Math.max(1, Math.round(low / width)), end = Math.min(decibels.length, Math.max(from + 1, Math.round(high / width)));
        let power = 0;
        for (let i = from; i < end; i++)
            power += 10 ** (decibels[i] / 10);
        const mean = 10 * Math.log10(power / Math.max(1, end - from) || 1e-12);
        levels[name] = Math.min(1, Math.max(0, (mean - floor) / (ceiling - floor)));
    }
    return levels;
}

// Tells beginnings of sounds: 1 in the step in which the spectrum rises by much more than it usually does, else 0.
export function onsetDetector({above = 2.5, rest = 0.1} = {}) {
    let before = null, usual = 0, wait = 0;
    return (decibels, seconds) => {
        let rise = 0;
        for (let i = 0; before && i < decibels.length; i++)
            rise += Math.max(0, Math.max(floor, decibels[i]) - Math.max(floor, before[i]));
        rise /= decibels.length;
        before = Float32Array.from(decibels);
        wait = Math.max(0, wait - seconds);
        const isOnset = wait === 0 && rise > 1 && rise > above * usual;
        usual += (rise - usual) * Math.min(1, seconds / 0.5);
        if (isOnset)
            wait = rest;
        return isOnset ? 1 : 0;
    };
}

// What a modulator follows: its level above the threshold times the gain, rising within `attack` and falling within `release`
// seconds. step(level, options, seconds) returns the value.
export function follower() {
    let value = 0;
    return (level, {gain = 1, threshold = 0, attack = 0.02, release = 0.3}, seconds) => {
        const wanted = level < threshold ? 0 : Math.min(1, gain * level), time = wanted > value ? attack : release;
        value += (wanted - value) * (time > 0 ? 1 - Math.exp(-seconds / time) : 1);
        return value;
    };
}
