// The paint of a layer, as cells and as one bend of the recipe. Cells hold the index of a vector in `names`, or `none`. The bend
// has the shortest form: a vector everywhere, a vector on a grid, or a mask whose colours name vectors.
import {coloursAt, fillGrid, grid, gridOf, nearest} from '../parts/cells.js';
import {dataUrl, palettePng} from '../parts/png.js';
import {isMap, isOnlyAt, kindOf} from '../state/recipe.js';

export const none = -1;
export const maxVectors = 250;         // of one layer: a palette has 256 entries

// Hues that are far apart from each other and from skin; vectors use them in turn.
export const hues = ['#ff3b5c', '#2f7bff', '#ffd21f', '#12b886', '#b14aed', '#ff8a1f', '#22c3e6', '#8bc926', '#ff6fb5',
    '#7a5cff', '#c98b4f', '#00a5a0'];

const named = {black: 0x000000, white: 0xffffff, grey: 0x808080, gray: 0x808080, red: 0xff0000, green: 0x00ff00,
    blue: 0x0000ff, yellow: 0xffff00, cyan: 0x00ffff, magenta: 0xff00ff, orange: 0xff8000, purple: 0x8000ff};

export const colourNumber = text => named[text] ?? (/^#[0-9a-f]{6}$/i.test(text) ? parseInt(text.slice(1), 16) : null);
export const colourText = number => `#${number.toString(16).padStart(6, '0')}`;

/* ------------------------------------------------------------------------------------------ the bend */

// The index of the last bend that paints this layer and no other, or −1.
export function paintIndex(recipe, node) {
    return (recipe.bends ?? []).findLastIndex(bend => kindOf(bend) === 'paint' && isOnlyAt(bend, node));
}

// Sets the paint of a layer (null: none), at the index of its old paint or at the end. Vectors that a paint bend names are
// added to recipe.vectors from `values`, a map of name → numbers; those that no bend names any more are removed.
export function putPaint(recipe, node, paint, values) {
    const index = paintIndex(recipe, node), bend = {at: node.name, paint};
    recipe.bends ??= [];
    if (index < 0 && paint !== null)
        recipe.bends.push(bend);
    else if (paint !== null)
        recipe.bends[index] = {...recipe.bends[index], paint};
    else if (index >= 0)
        recipe.bends.splice(index, 1);
    const kept = isMap(recipe.vectors) ? recipe.vectors : {};
    const used = new Set(recipe.bends.flatMap(vectorsOf));
    recipe.vectors = {};
    for (const name of used)
        if (values[name] ?? kept[name])
            recipe.vectors[name] = values[name] ?? kept[name];
    if (!used.size)
        delete recipe.vectors;
}

// Renames a vector everywhere in the recipe.
export function renameVector(recipe, from, to) {
    if (isMap(recipe.vectors))
        recipe.vectors = Object.fromEntries(Object.entries(recipe.vectors)
            .map(([name, values]) => [name === from ? to : name, values]));
    const renamed = name => String(name) === from ? to : name;
    recipe.bends = (recipe.bends ?? []).map(bend => {
        const {paint} = bend;
        if (!vectorsOf(bend).includes(from))
            return bend;
        if (!isMap(paint))
            return {...bend, paint: to};
        if (!paint.mask)
            return {...bend, paint: {...paint, vector: to}};
        const colours = Object.entries(paint.colours).map(([colour, name]) => [colour, renamed(name)]);
        return {...bend, paint: {...paint, colours: Object.fromEntries(colours)}};
    });
}

// The names of the vectors of a paint bend.
export function vectorsOf({paint}) {
    if (paint === undefined || paint === null)
        return [];
    const names = !isMap(paint) ? [paint] : paint.mask ? Object.values(paint.colours ?? {}) : [paint.vector];
    return [...new Set(names.map(String))].filter(name => name !== 'keep');
}

/* ------------------------------------------------------------------------------------------ cells from the bend */

// `picture` is the decoded mask if the bend has one.
export function cellsOf(paint, width, height, picture = null) {
    const cells = grid(width, height, Int16Array, none);
    if (paint === null || paint === undefined)
        return {cells, names: []};
    const names = vectorsOf({paint});
    if (!isMap(paint) || !paint.mask) {
        if (isMap(paint) && Number(paint.grid) > 0)
            fillGrid(cells, Number(paint.grid), 0);
        else
            cells.data.fill(0);
        return {cells, names};
    }
    const uses = new Map(Object.entries(paint.colours ?? {}).filter(([colour]) => colour !== 'other')
        .map(([colour, name]) => [colourNumber(colour), names.indexOf(String(name))]));
    const other = names.indexOf(String(paint.colours?.other ?? 'keep'));
    if (picture)
        coloursAt(picture, width, height).data.forEach((colour, i) => {
            cells.data[i] = colour < 0 ? none : uses.get(colour) ?? other;
        });
    return {cells, names};
}

// Removes names that no cell uses, so that masks name only what they contain.
export function tidy({cells, names}) {
    const place = new Int16Array(names.length).fill(none), data = new Int16Array(cells.data.length).fill(none);
    for (const index of cells.data)
        if (index !== none)
            place[index] = 0;
    const used = names.filter((name, index) => place[index] !== none);
    used.forEach((name, i) => { place[names.indexOf(name)] = i; });
    for (let i = 0; i < data.length; i++)
        if (cells.data[i] !== none)
            data[i] = place[cells.data[i]];
    return {cells: {...cells, data}, names: used};
}

/* ------------------------------------------------------------------------------------------ the bend from cells */

// `colourOf` returns the colour of a vector, '#rrggbb'. In a mask every vector gets a different one.
export async function paintOf(painted, colourOf) {
    const {cells, names} = tidy(painted);
    if (!names.length)
        return null;
    if (names.length === 1) {
        if (!cells.data.includes(none))
            return names[0];
        const k = gridOf(cells, 0, none);
        if (k)
            return {vector: names[0], grid: k};
    }
    const taken = new Set();
    const colours = names.map(name => {
        let colour = colourNumber(colourOf(name)) ?? 0;
        while (taken.has(colour))
            colour = (colour + 0x10305) % 0x1000000;
        taken.add(colour);
        return colour;
    });
    const palette = [[0, 0, 0, 0], ...colours.map(c => [c >> 16, c >> 8 & 0xff, c & 0xff, 255])];
    const indices = new Uint8Array(cells.data.length);
    for (let i = 0; i < indices.length; i++)
        indices[i] = cells.data[i] + 1;
    const mask = dataUrl(await palettePng(cells.width, cells.height, indices, palette));
    return {mask, colours: Object.fromEntries(names.map((name, i) => [colourText(colours[i]), name]))};
}

/* ------------------------------------------------------------------------------------------ a loaded picture */

// Paints cells by the colours of a picture: `uses` is a list of {colour, name}, where name is a vector, or null to keep the
// cell. A colour that is not in the list counts as the nearest one.
export function paintPicture({cells, names}, picture, uses) {
    const result = {cells: {...cells, data: cells.data.slice()}, names: names.slice()};
    const memory = new Map();
    coloursAt(picture, cells.width, cells.height).data.forEach((colour, i) => {
        if (colour < 0)
            return;
        if (!memory.has(colour))
            memory.set(colour, nearest(uses, colour).name);
        const name = memory.get(colour);
        if (name !== null)
            result.cells.data[i] = numberOf(result.names, name);
    });
    return result;
}

// The index of a name in a list; adds it if it is new.
export function numberOf(names, name) {
    const known = names.indexOf(name);
    return known >= 0 ? known : names.push(name) - 1;
}
