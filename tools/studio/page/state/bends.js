// Changing the bends of a recipe: at which nodes one sits, activations and switches of several layers at once, the
// order of what stands at a layer. Functions that write to a recipe's draft; `nodes` are all of the network's.
import {bendsAt, isMap, isMuted, isTrue, kindOf, ranges, rangeText, sitsAt, wOf} from './recipe.js';

/* ------------------------------------------------------------------------------------------ places */

export const placesOf = (bend, nodes) => nodes.filter(node => sitsAt(bend, node));

// As short as the list allows: "synthesis.b4.conv1" or a list; w's of StyleGAN2 by their numbers.
function put(bend, places) {
    const rest = Object.fromEntries(Object.entries(bend).filter(([key]) => key !== 'at' && key !== 'w'));
    const ws = places.map(wOf);
    const isW = bend.w !== undefined && ws.every(w => w >= 0);
    const w = isW && rangeText(ws);
    return isW ? {w: ws.length === 1 ? ws[0] : w.includes(',') ? w.split(', ') : w, ...rest}
        : {at: places.length === 1 ? places[0].name : places.map(({name}) => name), ...rest};
}

// Random features without a seed are drawn by their bend's place in the list: before places change they get it as seed.
function pinDraws(recipe) {
    recipe.bends.forEach((bend, index) => {
        if (isMap(bend.features) && bend.features.random !== undefined)
            bend.features.seed ??= index;
    });
}

// The bend no longer sits at these nodes; at none it is gone.
export function takeAway(recipe, index, these, nodes) {
    pinDraws(recipe);
    const bend = recipe.bends[index];
    const left = placesOf(bend, nodes).filter(node => !these.includes(node));
    if (left.length)
        recipe.bends[index] = put(bend, left);
    else
        recipe.bends.splice(index, 1);
}

// The bend also sits at these nodes.
export function extend(recipe, index, these, nodes) {
    const all = new Set([...placesOf(recipe.bends[index], nodes), ...these]);
    recipe.bends[index] = put(recipe.bends[index], nodes.filter(node => all.has(node)));
}

// The bend at these nodes becomes one of its own, right behind that of the others, whose place in the list is returned.
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

// Places in recipe.bends, last first, of bends of this kind that sit at any of these nodes.
const indicesOf = (recipe, kind, these) => [...new Set(these.flatMap(node => bendsAt(recipe, node))
    .filter(({bend}) => kindOf(bend) === kind).map(({index}) => index))].sort((a, b) => b - a);

/* ------------------------------------------------------------------------------------------ activations, switches */

// One activation at all of these nodes, in place of those they had; null gives them back their own.
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

// What stands at any of these nodes besides their activation and switch: [{index, bend, at}], where `at` counts those
// of them it sits at.
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

// The bend at `from` comes to stand where the one at `to` is.
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

// The value of parameter `i` of a row, given by name, by its place in `params`, or not at all.
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

// How many parameters a bend has: those of its row, or, of a polynomial, as many as are given.
export function paramCount(bend, row) {
    const named = row.params.findLastIndex(({name}) => bend[name] !== undefined) + 1;
    const given = Math.max(bend.params?.length ?? 0, named);
    return row.max_params > row.count && given ? given : row.count;
}

// A polynomial with one weight more or fewer; what is left of it keeps its values.
export function resizeParams(bend, row, count) {
    const values = Array.from({length: count}, (_, i) => i < paramCount(bend, row) ? paramOf(bend, row, i) : 0);
    row.params.forEach(({name}) => delete bend[name]);
    bend.params = values;
}

/* ------------------------------------------------------------------------------------------ features */

// The features of a bend as a set of numbers where it lists them, else null.
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
