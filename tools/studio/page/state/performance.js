// A performance: what was shown, as the recipe at its beginning and the moves since, each with its time. Between two moves the time
// of modulators goes on evenly, so a film of any rate is smooth. Pure functions; recorder() is told the time.
import {blend} from './blend.js';
import {mixedModulators, modulatorsOf} from './modulators.js';
import {apply, diff} from './patch.js';

const version = 1;
export const longest = 3600;            // seconds
const mostMoves = 500000;

// {take(recipe, seconds), made(model, seconds) → the performance}. take() returns false when it is full.
export function recorder() {
    let start = null, last = null, length = 0;
    const moves = [];
    return {
        take(recipe, seconds) {
            if (seconds > longest || moves.length >= mostMoves)
                return false;
            length = seconds;
            if (start === null) {
                start = last = recipe;
            } else {
                const patch = diff(last, recipe);
                if (patch.length)
                    moves.push([Number(seconds.toFixed(4)), patch]);
                last = recipe;
            }
            return true;
        },
        // `seconds` is when it ended, which may be after the last picture.
        made: (model, seconds = length) => ({version, kind: 'ganbend performance', model,
                                             length: Number(Math.min(longest, Math.max(length, seconds)).toFixed(4)), start, moves}),
    };
}

// Throws if it is none.
export function checked(value) {
    const isOne = value?.kind === 'ganbend performance' && value.version === version && typeof value.start === 'object'
        && value.start !== null && Array.isArray(value.moves) && value.length >= 0 && value.length <= longest
        && value.moves.length <= mostMoves && value.moves.every(([at, patch], i) => typeof at === 'number'
            && at >= (value.moves[i - 1]?.[0] ?? 0) && Array.isArray(patch) && patch.every(({path}) => Array.isArray(path)));
    if (!isOne)
        throw new Error('This is not a performance saved by this version of the studio');
    return value;
}

const between = (a, b, t) => typeof a === 'number' && typeof b === 'number' ? Number((a + (b - a) * t).toFixed(6)) : a;

// at(seconds) returns the recipe then. Fast for times that grow.
export function player({start, moves}) {
    let index = 0, recipe = start;
    return seconds => {
        if (index && moves[index - 1][0] > seconds) {
            index = 0;
            recipe = start;
        }
        for (; index < moves.length && moves[index][0] <= seconds; index++)
            recipe = apply(recipe, moves[index][1]);
        const from = index ? moves[index - 1][0] : 0;
        if (recipe.time === undefined || index === moves.length)
            return recipe;
        const next = apply(recipe, moves[index][1]), t = (seconds - from) / (moves[index][0] - from || 1);
        return {...recipe, time: between(recipe.time, next.time, t), beat: between(recipe.beat, next.beat, t)};
    };
}

/* ------------------------------------------------------------------------------------------ loops */

// Between two moments of a performance. The modulators of both go on, each from its own time, and fade into each other.
export function mixedMoments(a, b, t, how = {}) {
    const mixed = blend(a, b, t, how);
    if (a.time === undefined || b.time === undefined || t <= 0 || t >= 1)
        return mixed;
    const shift = {period: b.time - a.time, beats: (b.beat ?? 0) - (a.beat ?? 0)};
    const later = modulatorsOf(b).map(each => ({...each, start: (each.start ?? 0) - shift[each.beats === undefined ? 'period' : 'beats']}));
    const isSame = shift.period === 0 && shift.beats === 0;
    const modulators = isSame ? mixedModulators(a, b, t)
        : [...modulatorsOf(a).map(each => ({...each, depth: (each.depth ?? 1) * (1 - t)})),
           ...later.map(each => ({...each, depth: (each.depth ?? 1) * t}))].slice(0, 64);
    return {...mixed, modulators, time: a.time, ...a.beat === undefined ? {} : {beat: a.beat}};
}

// {length, at(seconds)} of a loop: the last `fade` seconds of the performance go over into its first ones.
export function loopOf(performance, fade, how = {}) {
    const overlap = Math.min(fade, performance.length / 2), length = performance.length - overlap;
    const first = player(performance), second = player(performance);
    return {length, at(seconds) {
        const into = seconds - (length - overlap);
        return into <= 0 ? first(seconds + overlap) : mixedMoments(first(seconds + overlap), second(into), into / overlap, how);
    }};
}
