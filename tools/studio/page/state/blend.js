// Interpolates between two recipes, for films. Numbers that both recipes have are interpolated; a bend that only one has fades
// (a filter by its mix, noise and truncation to their neutral value, added values by `times`); everything else changes half
// way. Seeds are interpolated in w, or on a sphere in z: path.js. Pure functions.
import {withFile} from '../latent/directionbends.js';
import {mixedModulators} from './modulators.js';
import {same} from './patch.js';
import {pinOf, recipeBetween} from './path.js';
import {inputs, isMap, isMuted, kindOf, whereOf, whichOf, zEdits} from './recipe.js';
import {putEdits} from '../latent/zshape.js';

const neither = new Set(['seed', 'seeds', 'at', 'w', 'features', 'muted', 'cutoff', 'grid', 'class']);

const between = (a, b, t) => Number((a + (b - a) * t).toPrecision(7));
const switched = (a, b, t) => t < 0.5 ? a : b;

/* ------------------------------------------------------------------------------------------ one value */

// `isInteger(key)` tells whether the numbers of a key are integers.
function mixedValue(a, b, t, key, isInteger) {
    if (typeof a === 'number' && typeof b === 'number' && !neither.has(key)) {
        const value = between(a, b, t);
        return isInteger(key) ? Math.round(value) : value;
    }
    if (Array.isArray(a) && Array.isArray(b) && a.length === b.length && key === 'params')
        return a.map((item, i) => mixedValue(item, b[i], t, `params/${i}`, isInteger));
    if (isMap(a) && isMap(b) && !neither.has(key))
        return mixedMap(a, b, t, isInteger);
    return same(a, b) ? a : switched(a, b, t);
}

function mixedMap(a, b, t, isInteger, defaultOf = () => undefined) {
    const mixed = {};
    for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
        const value = mixedValue(a[key] ?? defaultOf(key), b[key] ?? defaultOf(key), t, key, isInteger);
        if (value !== undefined)
            mixed[key] = value;
    }
    return mixed;
}

/* ------------------------------------------------------------------------------------------ one bend */

// The value of a key that one of the two leaves out.
function defaultsOf(bend, rows) {
    const row = rowOf(bend, rows);
    return key => row?.params.find(param => param.name === key)?.default_value ??
                  (['times', 'factor', 'share', 'amount'].includes(key) ? 1 : undefined);
}

function rowOf(bend, rows) {
    const kind = kindOf(bend);
    return rows?.[`${kind}s`]?.find(row => row.name === bend[kind] || row.alias === bend[kind]);
}

function isIntegerIn(bend, rows) {
    const params = rowOf(bend, rows)?.params ?? [];
    return key => !!(key.startsWith('params/') ? params[Number(key.slice(7))]
        : params.find(param => param.name === key))?.integer;
}

function mixedBend(a, b, t, rows) {
    const mixed = mixedMap(a, b, t, isIntegerIn(a, rows), defaultsOf(a, rows));
    const kind = kindOf(a);
    // {3: 0.5} and {4: 1}: a missing index is 0.
    if (kind === 'add' && isMap(a.add) && isMap(b.add) && a.add.image === undefined && b.add.image === undefined)
        mixed.add = mixedMap(a.add, b.add, t, () => false, () => 0);
    return mixed;
}

const scaled = (value, share) => typeof value === 'number' ? between(0, value, share) : value;

// A bend that only one recipe has, at `share` of its effect; null if it has none.
const fades = {
    filter: (bend, share) => ({...bend, mix: scaled(bend.mix ?? 1, share)}),
    noise(bend, share) {
        if (bend.noise === 'off' || bend.noise === false)
            return {...bend, noise: between(1, 0, share)};
        if (typeof bend.noise === 'number')
            return {...bend, noise: between(1, bend.noise, share)};
        return half(bend, share);
    },
    truncation: (bend, share, trunc) => typeof bend.truncation === 'number'
        ? {...bend, truncation: between(trunc, bend.truncation, share)} : half(bend, share),
    style(bend, share) {
        const style = isMap(bend.style) ? bend.style : {seed: bend.style};
        return {...bend, style: {...style, share: scaled(style.share ?? 1, share)}};
    },
    add(bend, share) {
        if (isMap(bend.add) && bend.add.image !== undefined)
            return {...bend, add: {...bend.add, low: scaled(bend.add.low, share), high: scaled(bend.add.high, share)}};
        return {...bend, times: scaled(bend.times ?? 1, share)};
    },
    direction: (bend, share) => ({...bend, direction: {...bend.direction, amount: scaled(bend.direction.amount ?? 1, share)}}),
};

const half = (bend, share) => share >= 0.5 ? bend : null;

function faded(bend, share, trunc) {
    const kind = kindOf(bend);
    const isDialled = Object.values(bend).some(value => typeof value === 'string' && value.startsWith('$'));
    return fades[kind] && !isDialled ? fades[kind](bend, share, trunc) : half(bend, share);
}

/* ------------------------------------------------------------------------------------------ lists of bends */

// Two bends match if they are of the same kind, at the same nodes and for the same features.
function identity(bend) {
    const kind = kindOf(bend);
    const what = kind === 'filter' || kind === 'activation' ? bend[kind]
        : kind === 'style' ? String(bend.style?.seed ?? bend.style)
        : kind === 'direction' ? `${bend.direction.file} ${bend.direction.name}`
        : kind === 'paint' || kind === 'set' ? JSON.stringify(bend[kind]) : '';
    return [kind, what, whereOf(bend), whichOf(bend), JSON.stringify(bend.features ?? 'all')].join('|');
}

// Pairs [a, b] in an order that agrees with both lists; null for a bend that the other list lacks.
function paired(a, b) {
    const lengths = Array.from({length: a.length + 1}, () => new Array(b.length + 1).fill(0));
    for (let i = a.length - 1; i >= 0; i--)
        for (let j = b.length - 1; j >= 0; j--)
            lengths[i][j] = a[i].id === b[j].id ? lengths[i + 1][j + 1] + 1
                : Math.max(lengths[i + 1][j], lengths[i][j + 1]);
    const pairs = [];
    let i = 0, j = 0;
    while (i < a.length || j < b.length) {
        if (i < a.length && j < b.length && a[i].id === b[j].id)
            pairs.push([a[i++].bend, b[j++].bend]);
        else if (j >= b.length || (i < a.length && lengths[i + 1][j] >= lengths[i][j + 1]))
            pairs.push([a[i++].bend, null]);
        else
            pairs.push([null, b[j++].bend]);
    }
    return pairs;
}

const isZEdit = bend => bend.at === 'z' && isMap(bend.add) && bend.add.image === undefined;

const acting = recipe => (recipe.bends ?? []).filter(bend => !isMuted(bend) && kindOf(bend) && !isZEdit(bend))
    .map(bend => bend.direction === undefined ? bend : withFile(recipe, bend)).map(bend => ({bend, id: identity(bend)}));

/* ------------------------------------------------------------------------------------------ recipes */

// {network, rows, zs: [z of a's seed, z of b's seed] or null}: interpolation in z needs both. Returns a at 0 and b at 1.
export function blend(a, b, t, {network = null, rows = null, zs = null} = {}) {
    if (t <= 0)
        return a;
    if (t >= 1)
        return b;
    const trunc = [a, b].map(recipe => Number(inputs(recipe).trunc ?? 1));
    const psi = between(...trunc, t);
    const bends = paired(acting(a), acting(b)).map(([of, to]) => of && to ? mixedBend(of, to, t, rows)
        : of ? faded(of, 1 - t, trunc[1]) : faded(to, t, trunc[0])).filter(Boolean);
    const recipe = {...switched(a, b, t), bends};
    for (const key of ['vectors', 'clusters', 'parameters'])
        if (isMap(a[key]) && isMap(b[key]))
            recipe[key] = {...switched(b, a, t)[key], ...switched(a, b, t)[key]};
        else if (a[key] ?? b[key])
            recipe[key] = switched(a, b, t)[key] ?? a[key] ?? b[key];
    const modulators = mixedModulators(a, b, t);
    delete recipe.modulators;
    if (modulators.length)
        recipe.modulators = modulators;
    recipe.inputs = mixedMap(withoutLatent(a), withoutLatent(b), t, () => false, key => key === 'trunc' ? 1 : undefined);
    return wayBetween(recipe, a, b, t, {network, zs, psi});
}

function withoutLatent({inputs: {z, w, ...rest} = {}}) {
    return rest;
}

// Seeds, classes, and what was done to z.
function wayBetween(recipe, a, b, t, {network, zs, psi}) {
    const [from, to] = [a, b].map(each => pinOf(each, network, zEdits(each)));
    if (from.latent || to.latent)
        return recipeBetween(recipe, network, from, to, t);
    if (!network || (from.seed === to.seed && same(from.class, to.class))) {
        putEdits(recipe, mixedMap(from.edits, to.edits, t, () => false, () => 0));
        return recipe;
    }
    const scale = network.num_ws > 0 ? 1 : psi;
    return recipeBetween(recipe, network, from, to, t, {zs, scale});
}
