// Changes of the bends of a recipe: the nodes of a bend, activations and switches of several layers at once, the order of
// bends at a layer. The functions write to a draft of the recipe; `nodes` are all nodes of the network.
import {bendsAt, isMap, isMuted, isTrue, kindOf, ranges, rangeText, sitsAt, whereOf, wOf} from './recipe.js';

/* ------------------------------------------------------------------------------------------ places */

export const placesOf = (bend, nodes) => nodes.filter(node => sitsAt(bend, node));

// In the shortest form: a name or a list; w's of StyleGAN2 by their numbers.
function put(bend, places) {
    const rest = Object.fromEntries(Object.entries(bend).filter(([key]) => key !== 'at' && key !== 'w'));
    const ws = places.map(wOf);
    const isW = bend.w !== undefined && ws.every(w => w >= 0);
    const w = isW && rangeText(ws);
    return isW ? {w: ws.length === 1 ? ws[0] : w.includes(',') ? w.split(', ') : w, ...rest}
        : {at: places.length === 1 ? places[0].name : places.map(({name}) => name), ...rest};
}

// Random features without a seed use the index of their bend as seed, so they get it explicitly before indices change.
function pinDraws(recipe) {
    recipe.bends.forEach((bend, index) => {
        if (isMap(bend.features) && bend.features.random !== undefined)
            bend.features.seed ??= index;
    });
}

// Removes these nodes from the bend, and the bend itself if no node is left.
export function takeAway(recipe, index, these, nodes) {
    pinDraws(recipe);
    const bend = recipe.bends[index];
    const left = placesOf(bend, nodes).filter(node => !these.includes(node));
    if (left.length)
        recipe.bends[index] = put(bend, left);
    else
        recipe.bends.splice(index, 1);
}

export function removeBend(recipe, index) {
    pinDraws(recipe);
    recipe.bends.splice(index, 1);
}

// Adds these nodes to the bend.
export function extend(recipe, index, these, nodes) {
    const all = new Set([...placesOf(recipe.bends[index], nodes), ...these]);
    recipe.bends[index] = put(recipe.bends[index], nodes.filter(node => all.has(node)));
}

// Splits off a bend for these nodes, directly after the bend of the others. Returns its index.
export function separate(recipe, index, these, nodes) {
    const bend = recipe.bends[index];
    const others = placesOf(bend, nodes).filter(node => !these.includes(node));
    if (!others.length)
        return index;
    pinDraws(recipe);
    recipe.bends.splice(index, 1, put(bend, others), put(structuredClone(bend), these));
    return index + 1;
}

const isExactly = (bend, these, nodes) => {
    const places = placesOf(bend, nodes);
    return places.length === these.length && places.every(node => these.includes(node));
};

// Indices, last first, of the bends of this kind at any of these nodes.
const indicesOf = (recipe, kind, these) => [...new Set(these.flatMap(node => bendsAt(recipe, node))
    .filter(({bend}) => kindOf(bend) === kind).map(({index}) => index))].sort((a, b) => b - a);

/* ------------------------------------------------------------------------------------------ addresses */

const places = bend => bend.w !== undefined ? 'w' : bend.direction !== undefined ? 'direction'
    : whereOf(bend).replaceAll(', ', ',');

function nameOf(bend) {
    const kind = kindOf(bend);
    return kind === 'filter' || kind === 'activation' ? String(bend[kind])
        : kind === 'direction' ? String(isMap(bend.direction) ? bend.direction.name : bend.direction) : kind;
}

// What a bend is called in addresses: "synthesis.b32.conv1/rotate", and "…/rotate:2" for the second one like that. It stays the
// same when bends are added, removed or moved among others.
export function bendKey(recipe, index) {
    const key = bend => `${places(bend)}/${nameOf(bend)}`, own = key(recipe.bends[index]);
    const before = recipe.bends.slice(0, index).filter(bend => kindOf(bend) && key(bend) === own).length;
    return (before ? `${own}:${before + 1}` : own).replaceAll(' ', '_');
}

// The address of a number of a bend; '' if there is no such bend.
export const bendAddress = (recipe, index, name) =>
    recipe.bends?.[index] && kindOf(recipe.bends[index]) ? `bend/${bendKey(recipe, index)}/${name}` : '';

// The index of the bend with this key, or −1.
export const bendWithKey = (recipe, wanted) =>
    (recipe.bends ?? []).findIndex((bend, index) => kindOf(bend) && bendKey(recipe, index) === wanted);

/* ------------------------------------------------------------------------------------------ activations, switches */

// Sets one activation at all these nodes, replacing others; null restores their own.
export function setActivation(recipe, these, bend, nodes) {
    recipe.bends ??= [];
    const before = indicesOf(recipe, 'activation', these);
    const kept = bend ? before.find(index => isExactly(recipe.bends[index], these, nodes)) : undefined;
    if (kept !== undefined)
        recipe.bends[kept] = put(bend, these);
    else if (bend)
        recipe.bends.push(put(bend, these));
    for (const index of before)
        if (index !== kept)
            takeAway(recipe, index, these, nodes);
}

export const isOff = (recipe, node) =>
    bendsAt(recipe, node).some(({bend}) => kindOf(bend) === 'disable' && isTrue(bend.disable) && !isMuted(bend));

export function setOff(recipe, these, off, nodes) {
    recipe.bends ??= [];
    for (const index of indicesOf(recipe, 'disable', these))
        takeAway(recipe, index, these, nodes);
    if (off)
        recipe.bends.push(put({disable: true}, these));
}

/* ------------------------------------------------------------------------------------------ the stack */

// The bends at any of these nodes except activations and switches: [{index, bend, at}], where `at` is the number of these
// nodes that the bend applies to.
export function stackOf(recipe, these) {
    const found = new Map();
    for (const node of these)
        for (const {index, bend} of bendsAt(recipe, node))
            if (!['activation', 'disable'].includes(kindOf(bend)))
                found.set(index, {index, bend, at: (found.get(index)?.at ?? 0) + 1});
    return [...found.values()].sort((a, b) => a.index - b.index);
}

export function addBend(recipe, these, bend) {
    recipe.bends ??= [];
    recipe.bends.push(put(bend, these));
    return recipe.bends.length - 1;
}

// Moves the bend at index `from` to index `to`.
export function moveBend(recipe, from, to) {
    pinDraws(recipe);
    recipe.bends.splice(to, 0, ...recipe.bends.splice(from, 1));
}

export function setMuted(bend, muted) {
    if (muted)
        bend.muted = true;
    else
        delete bend.muted;
}

/* ------------------------------------------------------------------------------------------ parameters */

// The value of parameter `i` of a row: given by name, by position in `params`, or the default.
export function paramOf(bend, row, i) {
    const name = row.params[i].name;
    return bend[name] ?? bend.params?.[i] ?? row.params[i].default_value;
}

export function setParam(bend, row, i, value) {
    if (i < (bend.params?.length ?? 0))
        bend.params[i] = value;
    else
        bend[row.params[i].name] = value;
}

// The number of parameters of a bend: those of its row or, for a polynomial, as many as are given.
export function paramCount(bend, row) {
    const named = row.params.findLastIndex(({name}) => bend[name] !== undefined) + 1;
    const given = Math.max(bend.params?.length ?? 0, named);
    return row.max_params > row.count && given ? given : row.count;
}

// Adds or removes a weight of a polynomial; the others keep their values.
export function resizeParams(bend, row, count) {
    const values = Array.from({length: count}, (_, i) => i < paramCount(bend, row) ? paramOf(bend, row, i) : 0);
    row.params.forEach(({name}) => delete bend[name]);
    bend.params = values;
}

/* ------------------------------------------------------------------------------------------ features */

// The features of a bend as a set of numbers if it lists them, else null.
export function listedFeatures(bend) {
    const {features} = bend;
    if (features === undefined || features === 'all' || isMap(features))
        return null;
    return new Set(ranges(features).flatMap(([low, high]) =>
        Array.from({length: Math.min(high, low + (1 << 14)) - low + 1}, (_, i) => low + i)));
}

export function setListed(bend, numbers) {
    bend.features = rangeText([...numbers]).split(', ').filter(Boolean)
        .map(text => /^\d+$/.test(text) ? Number(text) : text);
}
