// Brushes, grids and pictures on the cells of a layer.
import assert from 'node:assert/strict';
import test from 'node:test';
import * as cells from '../../../../tools/studio/page/parts/cells.js';

const covered = (size, a, b, radius) => {
    const map = cells.grid(size, size, Uint8Array);
    cells.stroke(map, a, b, radius, index => { map.data[index] = 1; });
    return Array.from({length: size}, (_, y) => map.data.subarray(y * size, y * size + size).join('')).join('/');
};

test('the smallest brush paints the one cell it touches', () => {
    assert.equal(covered(4, {x: 2.9, y: 1.1}, {x: 2.9, y: 1.1}, 0.5), '0000/0010/0000/0000');
});

test('a stroke has no gap between two positions of the pointer', () => {
    const map = cells.grid(32, 32, Uint8Array), seen = new Set();
    cells.stroke(map, {x: 1.5, y: 2.5}, {x: 30.5, y: 25.5}, 1, index => seen.add(index % 32));
    for (let x = 1; x <= 30; x++)
        assert.ok(seen.has(x), `column ${x}`);
});

test('a round brush is round and stays inside', () => {
    assert.equal(covered(5, {x: 2.5, y: 2.5}, {x: 2.5, y: 2.5}, 2), '00100/01110/11111/01110/00100');
    assert.equal(covered(3, {x: 0, y: 0}, {x: 0, y: 0}, 1), '100/000/000');
});

test('a pointer outside paints only the cells under its brush', () => {
    assert.equal(covered(3, {x: -5, y: 1}, {x: -4, y: 1}, 1), '000/000/000');
});

test('nearness is largest in the middle of the brush', () => {
    const seen = new Map();
    cells.stroke(cells.grid(9, 9, Uint8Array), {x: 4.5, y: 4.5}, {x: 4.5, y: 4.5}, 3, (i, near) => seen.set(i, near));
    assert.equal(seen.get(4 * 9 + 4), 1);
    assert.ok(seen.get(4 * 9 + 6) < 0.4);
});

test('a grid is the same as the engine\'s: partial blocks at the far edge are left out', () => {
    const rows = k => {
        const map = cells.fillGrid(cells.grid(8, 8, Int16Array, -1), k, 0);
        return Array.from(map.data.subarray(0, 8), v => v < 0 ? '.' : '#').join('');
    };
    assert.equal(rows(1), '#.#.#.#.');
    assert.equal(rows(2), '##.##...');
    assert.equal(rows(3), '###.###.');
    assert.equal(rows(8), '........');
});

test('a grid is recognised, and anything else is not', () => {
    for (const k of [1, 2, 3, 5])
        assert.equal(cells.gridOf(cells.fillGrid(cells.grid(16, 16, Int16Array, -1), k, 4), 4, -1), k);
    const other = cells.fillGrid(cells.grid(16, 16, Int16Array, -1), 2, 4);
    other.data[40] ^= 1;
    assert.equal(cells.gridOf(other, 4, -1), 0);
});

test('a picture is resized to the cells by nearest neighbour, transparent pixels are none', () => {
    const rgba = new Uint8ClampedArray(4 * 4 * 4);
    rgba.set([255, 0, 0, 255], 0);
    rgba.set([0, 0, 255, 255], 4 * 2);
    rgba.set([9, 9, 9, 0], 4 * 8);
    const map = cells.coloursAt({width: 4, height: 4, rgba}, 2, 2);
    assert.deepEqual([...map.data], [0xff0000, 0x0000ff, -1, -1]);
});

test('rare colours count with the nearest common one', () => {
    const map = cells.grid(10, 1, Int32Array);
    map.data.set([0xff0000, 0xff0000, 0xff0000, 0xff0000, 0x0000ff, 0x0000ff, 0x0000ff, 0xf01010, -1, -1]);
    assert.deepEqual(cells.palette(map, 2), [{colour: 0xff0000, share: 0.5}, {colour: 0x0000ff, share: 0.3}]);
    assert.equal(cells.palette(map, 8).length, 3);
});

test('antialiased edges are not separate colours, a small spot is', () => {
    const map = cells.grid(100, 1, Int32Array, 0xffffff);
    map.data.fill(0xee3333, 0, 30);
    map.data.set([0xf69999, 0xfbcccc, 0xf06060], 30);
    map.data[99] = 0x0066cc;
    assert.deepEqual(cells.palette(map, 12).map(({colour}) => colour), [0xffffff, 0xee3333, 0x0066cc]);
});
