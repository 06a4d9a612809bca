// Moves along directions as bends of a recipe: {direction: {name, amount, layers, file}}. Without `file` the direction is in the
// file that the recipe names as `directions`. Pure functions.
import {removeBend} from '../state/bends.js';
import {isMap} from '../state/recipe.js';

const settings = ({direction}) => isMap(direction) ? direction : {name: direction};

// The bend with its file in it, so that it means the same in another recipe.
export function withFile(recipe, bend) {
    const direction = {...settings(bend), file: settings(bend).file ?? recipe.directions};
    return {...bend, direction};
}

// The index of the bend that moves along this direction, or −1.
function indexOf(recipe, file, name) {
    return (recipe.bends ?? []).findIndex(bend => isMap(bend) && bend.direction !== undefined
        && String(settings(bend).name) === name && (settings(bend).file ?? recipe.directions) === file);
}

// A number; or text if a named parameter of the recipe gives the amount.
export function amountOf(recipe, file, name) {
    const index = indexOf(recipe, file, name);
    return index < 0 ? 0 : settings(recipe.bends[index]).amount ?? 1;
}

// As in the recipe; undefined: those that the direction was found for.
export function layersOf(recipe, file, name) {
    const index = indexOf(recipe, file, name);
    return index < 0 ? undefined : settings(recipe.bends[index]).layers;
}

function put(recipe, file, name, changes) {
    const index = indexOf(recipe, file, name);
    recipe.bends ??= [];
    if (index >= 0) {
        recipe.bends[index] = {...recipe.bends[index], direction: {...settings(recipe.bends[index]), ...changes}};
    } else {
        recipe.directions ??= file;
        recipe.bends.push({direction: {name, amount: 0, ...recipe.directions === file ? {} : {file}, ...changes}});
    }
}

// An amount of 0 removes the bend, unless it is for chosen layers or `stays`.
export function putAmount(recipe, file, name, amount, stays = false) {
    put(recipe, file, name, {amount});
    if (amount === 0 && !stays && layersOf(recipe, file, name) === undefined)
        takeOut(recipe, file, name);
}

// `layers` as in recipes, or undefined.
export function putLayers(recipe, file, name, layers) {
    put(recipe, file, name, {layers});
    const index = indexOf(recipe, file, name);
    if (layers === undefined)
        delete recipe.bends[index].direction.layers;
    if (layers === undefined && amountOf(recipe, file, name) === 0)
        takeOut(recipe, file, name);
}

// The recipe names no file of directions that it does not use.
export function takeOut(recipe, file, name) {
    const index = indexOf(recipe, file, name);
    if (index >= 0)
        removeBend(recipe, index);
    const uses = recipe.bends.some(bend => isMap(bend) && bend.direction !== undefined && settings(bend).file === undefined);
    if (!uses)
        delete recipe.directions;
}
