// What a knob, fader, key or pad does to a number. A binding is
//     {device, control, address, low, high: the part of the slider's range (0 and 1), curve, invert, smooth: seconds,
//      relative: how an endless knob counts, or null, soft: whether it has to pick the number up, keys: gate, toggle or velocity}
// Pure functions, and one small machine for each binding. Positions are shares of the slider's range, 0 to 1.
import {curves} from './curves.js';

export const bindingDefaults = {low: 0, high: 1, curve: 'linear', invert: false, smooth: 0, relative: null, soft: true,
                                keys: 'gate'};

const clipped = share => Math.min(1, Math.max(0, share));

// Where in the slider's range a position of the knob is, and the position of the knob for a share.
export function shaped({low, high, curve, invert}, position) {
    const t = curves[curve](clipped(invert ? 1 - position : position));
    return low + (high - low) * t;
}

export function unshaped({low, high, curve, invert}, share) {
    const wanted = clipped((share - low) / (high - low || 1));
    let from = 0, to = 1;
    for (let i = 0; i < 30; i++) {
        const middle = (from + to) / 2;
        if (curves[curve](middle) < wanted)
            from = middle;
        else
            to = middle;
    }
    const t = Math.round(to * 1e6) / 1e6;
    return invert ? 1 - t : t;
}

// Steps of an endless knob, from the 7 bits that it sends.
const counts = {
    'two\'s complement': value => value < 64 ? value : value - 128,
    'offset 64': value => value - 64,
    'sign bit': value => value & 64 ? -(value & 63) : value,
};
export const relatives = Object.keys(counts);

const near = 0.02;                      // a knob this close has picked the number up

// step({position: 0…1, isKey}, share: where the number is) returns the new share, or null if nothing is to move.
export function hand(binding) {
    const how = {...bindingDefaults, ...binding};
    let last = null, put = null;
    return ({position, isKey = false}, share) => {
        if (isKey && how.keys === 'toggle')
            return position > 0 ? share > (how.low + how.high) / 2 ? how.low : how.high : null;
        if (isKey && how.keys === 'velocity')
            return position > 0 ? shaped(how, position) : null;
        if (isKey)
            return position > 0 ? how.high : how.low;
        if (how.relative)
            return Math.min(Math.max(how.low, how.high), Math.max(Math.min(how.low, how.high),
                share + (how.invert ? -1 : 1) * counts[how.relative](Math.round(position * 127)) * (how.high - how.low) / 128));
        const wanted = shaped(how, position), before = last;
        last = wanted;
        const isHeld = put !== null && Math.abs(share - put) < near;
        const passes = before !== null && (before - share) * (wanted - share) <= 0;
        if (how.soft && !isHeld && !passes && Math.abs(wanted - share) >= near)
            return null;
        put = wanted;
        return wanted;
    };
}

// What an OSC message means: {address, value} for controls.move(), or null if it is for the tab of another project.
export function readControl(address, value, project) {
    const [, name, rest] = /^@([^/]+)\/(.*)$/.exec(address) ?? [null, null, address];
    if (name !== null && name !== project.replaceAll(' ', '_'))
        return null;
    return rest.startsWith('share/') ? {address: rest.slice('share/'.length), value: {share: value}} : {address: rest, value};
}
