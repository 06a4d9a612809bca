// A drawn noise map: cells hold 0…255 for −4 to 31/8, so that 128 is 0, or `none` where the network's own noise stays. In the
// recipe it is a grey picture with transparency at the layer's `noise_const`.
import {coloursAt, grid} from '../parts/cells.js';
import {dataUrl, greyPng} from '../parts/png.js';
import {isMap, isOnlyAt} from '../state/recipe.js';

export const none = -1;
export const low = -4, high = 3.96875, zero = 128;

export const levelOf = value => Math.min(255, Math.max(0, Math.round((value - low) * 32)));
export const valueOf = level => level / 32 + low;

const wayOf = bend => ['set', 'add'].find(way => isMap(bend[way]) && bend[way].image !== undefined);

// {index, way, image} of the map drawn at a noise_const node, or null.
export function drawnAt(recipe, node) {
    const index = (recipe.bends ?? []).findLastIndex(bend => isOnlyAt(bend, node) && wayOf(bend));
    if (index < 0)
        return null;
    const bend = recipe.bends[index], way = wayOf(bend), {image} = bend[way];
    return {index, way, image, low: Number(bend[way].low ?? low), high: Number(bend[way].high ?? high)};
}

// The cells as a data URL; null if nothing is drawn.
export async function imageOf(cells) {
    if (cells.data.every(level => level === none))
        return null;
    const samples = new Uint8Array(2 * cells.data.length);
    cells.data.forEach((level, i) => samples.set(level === none ? [zero, 0] : [level, 255], 2 * i));
    return dataUrl(await greyPng(cells.width, cells.height, samples));
}

// `image` is imageOf() the cells; null removes the bend. `way` is 'add' to the noise or 'set' in its place.
export function putDrawn(recipe, node, image, way) {
    const drawn = drawnAt(recipe, node);
    recipe.bends ??= [];
    if (image === null) {
        if (drawn)
            recipe.bends.splice(drawn.index, 1);
        return;
    }
    recipe.bends.splice(drawn?.index ?? recipe.bends.length, drawn ? 1 : 0,
                        {...drawn && recipe.bends[drawn.index].muted ? {muted: true} : null,
                            at: node.name, [way]: {image, low, high}});
}

// The cells of a picture in a recipe, whatever its size and range.
export function cellsOf(picture, width, height, from = {low, high}) {
    const cells = grid(width, height, Int16Array, none);
    coloursAt(picture, width, height).data.forEach((colour, i) => {
        if (colour >= 0)
            cells.data[i] = levelOf(from.low + (colour & 0xff) / 255 * (from.high - from.low));
    });
    return cells;
}

/* ------------------------------------------------------------------------------------------ strength and seed */

// The bend with the strength and seed of this layer's noise, {index, factor, seed}; index −1, factor 1 and seed null if no
// bend changes it.
export function noiseAt(recipe, node) {
    const index = (recipe.bends ?? []).findLastIndex(bend => isOnlyAt(bend, node) && bend.noise !== undefined);
    if (index < 0)
        return {index, factor: 1, seed: null};
    const {noise} = recipe.bends[index];
    if (isMap(noise))
        return {index, factor: Number(noise.factor ?? 1), seed: noise.seed === undefined ? null : Number(noise.seed)};
    return {index, factor: noise === 'off' || noise === false ? 0 : Number(noise), seed: null};
}

// With `stays` a bend remains when it no longer changes anything.
export function putNoise(recipe, node, factor, seed, stays = false) {
    const {index} = noiseAt(recipe, node), isPlain = factor === 1 && seed === null && !(stays && index >= 0);
    const noise = seed === null ? factor : factor === 1 ? {seed} : {factor, seed};
    recipe.bends ??= [];
    if (index < 0 && !isPlain)
        recipe.bends.push({at: node.name, noise});
    else if (index >= 0)
        recipe.bends.splice(index, 1, ...isPlain ? [] : [{...recipe.bends[index], noise}]);
}
