// Painting as cells and as a bend of a recipe, and the conversion between them.
import assert from 'node:assert/strict';
import zlib from 'node:zlib';
import test from 'node:test';
import * as cells from '../../../../tools/studio/page/parts/cells.js';
import * as paint from '../../../../tools/studio/page/picture/paintbend.js';

const node = {name: 'synthesis.b8.conv1', shape: [4, 8, 8]};
const colourOf = name => ({nose: '#ff0000', eye: '#0000ff'})[name] ?? '#ff0000';
const empty = () => ({cells: cells.grid(8, 8, Int16Array, paint.none), names: ['nose', 'eye']});

// Palette pictures as png.js writes them.
function decoded(url) {
    const bytes = Buffer.from(url.split(',')[1], 'base64'), found = {};
    for (let at = 8; at < bytes.length; at += 12 + bytes.readUInt32BE(at))
        found[bytes.toString('latin1', at + 4, at + 8)] = bytes.subarray(at + 8, at + 8 + bytes.readUInt32BE(at));
    const width = found.IHDR.readUInt32BE(0), height = found.IHDR.readUInt32BE(4), rows = zlib.inflateSync(found.IDAT);
    const rgba = new Uint8ClampedArray(4 * width * height);
    for (let i = 0; i < width * height; i++) {
        const index = rows[Math.floor(i / width) * (width + 1) + 1 + i % width];
        rgba.set([...found.PLTE.subarray(3 * index, 3 * index + 3), found.tRNS[index]], 4 * i);
    }
    return {width, height, rgba};
}

test('a vector everywhere and a vector on a grid need no mask', async () => {
    const all = empty();
    all.cells.data.fill(1);
    assert.equal(await paint.paintOf(all, colourOf), 'eye');
    const onGrid = empty();
    cells.fillGrid(onGrid.cells, 3, 0);
    assert.deepEqual(await paint.paintOf(onGrid, colourOf), {vector: 'nose', grid: 3});
    assert.equal(await paint.paintOf(empty(), colourOf), null);
});

test('the drawing is read back from the mask cell by cell', async () => {
    const drawn = empty();
    cells.stroke(drawn.cells, {x: 1, y: 1}, {x: 6, y: 3}, 1, i => { drawn.cells.data[i] = 0; });
    cells.stroke(drawn.cells, {x: 6, y: 6}, {x: 6, y: 6}, 2, i => { drawn.cells.data[i] = 1; });
    const bend = await paint.paintOf(drawn, colourOf);
    assert.deepEqual(bend.colours, {'#ff0000': 'nose', '#0000ff': 'eye'});
    const again = paint.cellsOf(bend, 8, 8, decoded(bend.mask));
    assert.deepEqual(again.names, drawn.names);
    assert.deepEqual([...again.cells.data], [...drawn.cells.data]);
});

test('vectors of the same colour get different colours in a mask', async () => {
    const drawn = {cells: cells.grid(8, 8, Int16Array, paint.none), names: ['a', 'b', 'c']};
    drawn.cells.data.set([0, 1, 2]);
    const bend = await paint.paintOf(drawn, () => '#ffffff');
    assert.equal(Object.keys(bend.colours).length, 3);
    assert.deepEqual([...paint.cellsOf(bend, 8, 8, decoded(bend.mask)).cells.data.subarray(0, 4)], [0, 1, 2, -1]);
});

test('paint of a recipe is read: everywhere, grid, mask with keep and other', () => {
    assert.ok(paint.cellsOf('nose', 4, 4).cells.data.every(index => index === 0));
    assert.equal(cells.gridOf(paint.cellsOf({vector: 'nose', grid: 2}, 8, 8).cells, 0, paint.none), 2);
    const rgba = new Uint8ClampedArray([255, 0, 0, 255, 0, 128, 0, 255, 1, 2, 3, 255, 9, 9, 9, 0]);
    const read = paint.cellsOf({mask: 'data:', colours: {red: 'nose', '#008000': 'keep', other: 'eye'}}, 4, 1,
                               {width: 4, height: 1, rgba});
    assert.deepEqual([...read.cells.data].map(index => read.names[index] ?? null), ['nose', null, 'eye', null]);
});

test('one bend per layer, at its index, with exactly the vectors it needs', () => {
    const recipe = {bends: [{at: node.name, filter: 'invert'}], vectors: {old: [1]}};
    paint.putPaint(recipe, node, 'nose', {nose: [1, 2, 3, 4], eye: [5, 6, 7, 8]});
    recipe.bends.push({at: 'synthesis.b8.conv0', filter: 'blur'});
    paint.putPaint(recipe, node, {vector: 'eye', grid: 2}, {eye: [5, 6, 7, 8]});
    assert.deepEqual(recipe.bends.map(bend => bend.paint ?? bend.filter), ['invert', {vector: 'eye', grid: 2}, 'blur']);
    assert.deepEqual(recipe.vectors, {eye: [5, 6, 7, 8]});
    paint.putPaint(recipe, node, null, {});
    assert.equal(recipe.bends.length, 2);
    assert.equal(recipe.vectors, undefined);
});

test('a vector that another layer still uses stays, and so does one whose values only the recipe has', () => {
    const recipe = {bends: [{at: 'other', paint: 'nose'}], vectors: {nose: [1]}};
    paint.putPaint(recipe, node, 'eye', {eye: [2]});
    assert.deepEqual(recipe.vectors, {nose: [1], eye: [2]});
});

test('a muted paint bend stays muted when its layer is painted', () => {
    const recipe = {bends: [{at: node.name, paint: 'nose', muted: true}], vectors: {nose: [1]}};
    paint.putPaint(recipe, node, {vector: 'nose', grid: 1}, {});
    assert.deepEqual(recipe.bends[0], {at: node.name, paint: {vector: 'nose', grid: 1}, muted: true});
});

test('a mask paints its colours, keeps cells where told, and treats other colours as the nearest', () => {
    const rgba = new Uint8ClampedArray(4 * 8 * 8);
    const quarters = [[255, 0, 0, 255], [0, 0, 250, 255], [0, 255, 0, 255], [0, 0, 0, 0]];
    for (let i = 0; i < 64; i++)
        rgba.set(quarters[i >> 4], 4 * i);
    const before = empty();
    before.cells.data.fill(1, 40, 56);
    const after = paint.paintPicture(before, {width: 8, height: 8, rgba}, [
        {colour: 0xff0000, name: 'nose'}, {colour: 0x0000ff, name: 'new'}, {colour: 0x00ff00, name: null}]);
    assert.deepEqual(after.names, ['nose', 'eye', 'new']);
    assert.deepEqual([0, 20, 36, 41, 50, 60].map(i => after.cells.data[i]), [0, 2, -1, 1, 1, -1]);
    assert.ok(before.cells.data.subarray(0, 16).every(index => index === paint.none));
});

test('a renamed vector is renamed everywhere', () => {
    const recipe = {vectors: {nose: [1], eye: [2]}, bends: [{at: 'a', paint: 'nose'}, {at: 'b', filter: 'invert'},
        {at: 'c', paint: {vector: 'nose', grid: 2}},
        {at: 'd', paint: {mask: 'data:', colours: {red: 'nose', blue: 'eye'}}}]};
    paint.renameVector(recipe, 'nose', 'Nase');
    assert.deepEqual(Object.keys(recipe.vectors), ['Nase', 'eye']);
    assert.deepEqual(recipe.bends.map(paint.vectorsOf), [['Nase'], [], ['Nase'], ['Nase', 'eye']]);
});
