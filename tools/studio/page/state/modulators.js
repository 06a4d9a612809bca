// The modulators of a recipe, {move: address, wave, depth, period or beats, …}: which numbers move, and how far. The program
// computes the waves (docs/recipes.md); the page only says what time it is and how loud it is. Pure functions.
import {bendWithKey} from './bends.js';
import {isMap, isMuted, unbent} from './recipe.js';

export const waves = ['sine', 'triangle', 'saw', 'square', 'envelope', 'walk', 'hold', 'audio'];
export const maxModulators = 64;

export const modulatorsOf = recipe => Array.isArray(recipe?.modulators) ? recipe.modulators.filter(isMap) : [];
export const isMoving = recipe => modulatorsOf(recipe).some(each => !isMuted(each));
export const tempoOf = recipe => Number(recipe?.tempo ?? 120);

// Whether a bend can have a number of this name. Some stand in a map, which may be written in a short form without them, and a number
// may stand for a parameter of the recipe.
function hasNumber(bend, name) {
    if (!isMap(bend) || String(bend[name] ?? '').startsWith('$'))
        return false;
    const {noise, style, direction, features} = bend;
    return name === 'amount' ? isMap(direction)
        : name === 'factor' && noise !== undefined ? typeof noise === 'number' || (isMap(noise) && typeof noise.factor !== 'string')
        : name === 'share' ? isMap(style) || isMap(features) : true;
}

// Whether the recipe has the number that the address names. The program refuses modulators of others.
export function reaches(recipe, address) {
    const [kind, first, ...rest] = String(address).split('/');
    if (kind === 'bend' && rest.length) {
        const index = /^\d+$/.test(first) && rest.length === 1 ? Number(first)
            : bendWithKey(recipe, [first, ...rest.slice(0, -1)].join('/'));
        return hasNumber(recipe.bends?.[index], rest.at(-1));
    }
    if (kind === 'param')
        return recipe.parameters?.[first] !== undefined;
    if (kind === 'direction')
        return (recipe.bends ?? []).some(({direction}) => isMap(direction) && direction.name === first);
    if (kind === 'cutoff')
        return recipe.inputs?.cutoff !== undefined;
    return ['trunc', 'seed', 'noise', 'z'].includes(kind);
}

// The recipe without modulators of numbers that it does not have.
export function reachable(recipe) {
    const all = modulatorsOf(recipe), kept = all.filter(({move}) => reaches(recipe, move));
    return kept.length === all.length ? recipe : {...recipe, modulators: kept};
}

// The recipe of the picture without the bends of layers: with nothing that only they use, so that it stays the same while they change
// and move.
export function withoutBends(recipe) {
    const {bends} = unbent(recipe);
    const modulators = modulatorsOf(recipe).filter(({move}) => !String(move).startsWith('noise/')).flatMap(each => {
        const [, index, name] = /^bend\/(\d+)\/([^/]+)$/.exec(each.move) ?? [];
        const place = index === undefined ? null : bends.indexOf(recipe.bends?.[index]);
        return place === null ? [each] : place < 0 ? [] : [{...each, move: `bend/${place}/${name}`}];
    });
    const usesNames = JSON.stringify([recipe.inputs, bends]).includes('"$');
    const bare = reachable(without({...recipe, bends, modulators}, ['clusters', ...usesNames ? [] : ['parameters']]));
    return isMoving(bare) ? bare : without(bare, ['modulators', 'time', 'beat', 'tempo']);
}

const without = (object, keys) => Object.fromEntries(Object.entries(object).filter(([key]) => !keys.includes(key)));

// The recipe at a moment: {time, beat} in seconds and beats, and levels(modulator) of audio ones. Modulators of numbers that it
// does not have are left out. The same recipe if nothing moves.
export function atMoment(recipe, {time, beat = time * tempoOf(recipe) / 60}, levels = () => null) {
    if (!isMoving(recipe))
        return recipe;
    const modulators = modulatorsOf(reachable(recipe)).map(each => {
        const level = each.wave === 'audio' ? levels(each) : null;
        return level === null ? each : {...each, value: round(level)};
    });
    return {...recipe, modulators, time: round(time), beat: round(beat)};
}

const round = value => Number(value.toFixed(6));

// How far the number at an address moves down and up, [−3, 2]; null if it does not.
export function reachOf(recipe, address) {
    const all = modulatorsOf(recipe).filter(each => each.move === address && !isMuted(each));
    if (!all.length)
        return null;
    return all.reduce(([down, up], {wave, depth = 1}) => {
        const ends = wave === 'envelope' || wave === 'audio' ? [0, depth] : [-depth, depth];
        return [down + Math.min(...ends), up + Math.max(...ends)];
    }, [0, 0]);
}

/* ------------------------------------------------------------------------------------------ changes */

// These write to a draft of the recipe.
export function addModulator(recipe, modulator) {
    recipe.modulators = [...modulatorsOf(recipe), modulator];
}

export function removeModulator(recipe, index) {
    recipe.modulators = recipe.modulators.filter((_, i) => i !== index);
    if (!recipe.modulators.length)
        delete recipe.modulators;
}

// The period in seconds, or in beats.
export function setPeriod(modulator, unit, value) {
    delete modulator.period;
    delete modulator.beats;
    modulator[unit] = value;
}

/* ------------------------------------------------------------------------------------------ fading */

const numbers = ['depth', 'period', 'beats', 'phase', 'attack', 'hold', 'release', 'gain', 'threshold'];

// The modulators between two recipes: numbers of those that both have are interpolated, the others fade by their depth.
export function mixedModulators(a, b, t) {
    const [from, to] = [a, b].map(recipe => modulatorsOf(recipe).filter(each => !isMuted(each)));
    const key = ({move, wave = 'sine', seed}) => `${move} ${wave} ${seed ?? ''}`;
    const faded = (each, share) => ({...each, depth: (each.depth ?? 1) * share});
    const other = new Map(to.map(each => [key(each), each]));
    const mixed = from.map(each => {
        const partner = other.get(key(each));
        other.delete(key(each));
        return partner ? {...each, ...Object.fromEntries(numbers.filter(name => typeof each[name] === 'number'
            && typeof partner[name] === 'number').map(name => [name, each[name] + t * (partner[name] - each[name])]))}
            : faded(each, 1 - t);
    });
    return [...mixed, ...[...other.values()].map(each => faded(each, t))].slice(0, maxModulators);
}
