// What the bench computes: spectra, ranges, colours, texts.
import assert from 'node:assert/strict';
import test from 'node:test';
import {colourMaps, colourTable, isTwoSided} from '../../../../tools/studio/page/bench/colours.js';
import {columnsFor, csvOf, fieldOf, floor, pixelsOf, rangeOf, readAt, tableCsv, viewOf}
    from '../../../../tools/studio/page/bench/field.js';
import {spectrum} from '../../../../tools/studio/page/bench/fourier.js';

const field = (values, width, height, more = {}) => ({node: 'a', shape: [4, height, width], planes: 1, width, height,
                                                      values: Float32Array.from(values), ...more});

// The definition, for a size of which both factors are small.
function slowSpectrum(values, width, height) {
    return Array.from({length: width * height}, (_, i) => {
        const u = i % width - (width >> 1), v = Math.floor(i / width) - (height >> 1);
        let re = 0, im = 0;
        values.forEach((x, k) => {
            const angle = -2 * Math.PI * (u * (k % width) / width + v * Math.floor(k / width) / height);
            re += x * Math.cos(angle);
            im += x * Math.sin(angle);
        });
        return Math.hypot(re, im) / (width * height);
    });
}

test('the spectrum is that of the definition, for powers of two, primes and other lengths', () => {
    for (const [width, height] of [[8, 4], [7, 5], [12, 9], [1, 6], [16, 1], [1, 1]]) {
        const values = Array.from({length: width * height}, (_, i) => Math.sin(i * i) + 0.3 * i);
        const found = spectrum(values, width, height), wanted = slowSpectrum(values, width, height);
        wanted.forEach((x, i) => assert.ok(Math.abs(found[i] - x) < 1e-5 * (1 + x), `${width} × ${height}, ${i}: ${found[i]}, not ${x}`));
    }
    assert.deepEqual([...spectrum([NaN, NaN, NaN, NaN], 2, 2)], [0, 0, 0, 0]);
});

test('colour maps have even steps of lightness', () => {
    const linear = x => x <= 10.31475 ? x / 255 / 12.92 : ((x / 255 + 0.055) / 1.055) ** 2.4;
    const lightness = (table, i) => {
        const [r, g, b] = [...table.subarray(3 * i, 3 * i + 3)].map(linear);
        return 0.2104542553 * Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b)
            + 0.793617785 * Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b)
            - 0.0040720468 * Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
    };
    for (const name of colourMaps) {
        const table = colourTable(name), ends = isTwoSided(name) ? [0, 127, 128, 255] : [0, 255];
        for (let part = 0; part < ends.length; part += 2) {
            const [from, to] = [ends[part], ends[part + 1]], step = (lightness(table, to) - lightness(table, from)) / (to - from);
            for (let i = from; i < to; i += 8) {
                const wanted = lightness(table, from) + step * (i - from);
                // Eight bits have few levels near black.
                assert.ok(Math.abs(lightness(table, i) - wanted) < (wanted < 0.2 ? 0.07 : 0.01), `${name} at ${i}: not ${wanted}`);
            }
        }
    }
    assert.deepEqual([...colourTable('grey').subarray(0, 3)], [0, 0, 0]);
    assert.deepEqual([...colourTable('grey').subarray(765)], [255, 255, 255]);
    assert.deepEqual(colourTable('no such map'), colourTable('grey'));
});

test('decibels are of the largest value and end at the floor', () => {
    const {values} = viewOf(field([-10, 1, 0, 1e-9], 2, 2), {isDecibels: true});
    assert.deepEqual([...values], [0, -20, floor, floor]);
    assert.deepEqual([...viewOf(field([0, 0], 2, 1), {isDecibels: true}).values], [floor, floor]);
    assert.ok(Number.isNaN(viewOf(field([NaN, 1], 2, 1), {isDecibels: true}).values[0]));
});

test('the range has all values, most of them, as much on both sides of 0, or is fixed', () => {
    const values = Array.from({length: 1000}, (_, i) => i / 1000);
    values[0] = -500;
    values[999] = 20;
    const view = viewOf(field([...values, Infinity, NaN], 1002, 1));
    assert.deepEqual(rangeOf(view, 'all'), [-500, 20]);
    assert.deepEqual(rangeOf(view, 'even'), [-500, 500]);
    const [low, high] = rangeOf(view, 'most');
    assert.ok(low > -1 && high < 2, `${low} to ${high}`);
    assert.deepEqual(rangeOf(view, 'fixed', [2, 3]), [2, 3]);
    assert.deepEqual(rangeOf(view, 'fixed', [3, 2]), [-500, 20]);
    assert.deepEqual(rangeOf(viewOf(field([5, 5], 2, 1)), 'most'), [4.5, 5.5]);
    assert.deepEqual(rangeOf(viewOf(field([NaN], 1, 1)), 'all'), [-0.5, 0.5]);
});

test('pixels have the colours of their values; what is not finite is magenta', () => {
    const grey = pixelsOf(viewOf(field([0, 1, 2, NaN], 2, 2)), [0, 2], 'grey');
    assert.deepEqual([...grey.subarray(0, 4)], [0, 0, 0, 255]);
    assert.deepEqual([...grey.subarray(8, 16)], [255, 255, 255, 255, 255, 0, 255, 255]);
    const colours = pixelsOf(viewOf(field([-1, 1, 0, 0, 1, 5], 2, 1, {planes: 3})), [-1, 1], 'fire');
    assert.deepEqual([...colours], [0, 128, 255, 255, 255, 128, 255, 255]);
});

test('a vector is drawn as a block, read by its place and written as one row', () => {
    assert.deepEqual([512, 12, 13, 1, 128].map(columnsFor), [32, 4, 13, 1, 16]);
    assert.equal(columnsFor(1009), 32);
    const of = field([1, 2, 3, 4, 5, 6, 7], 7, 1, {shape: [7]}), view = viewOf(of, {isSpectrum: true});
    assert.deepEqual([view.width, view.height, view.isSpectrum], [7, 1, false]);
    assert.deepEqual(readAt(view, of, 2, 0), {index: 2, values: [3]});
    assert.equal(csvOf(view, of, 'a'), '# a\n1,2,3,4,5,6,7\n');
    const prime = field(Array(1009).fill(1), 1009, 1, {shape: [1009]}), block = viewOf(prime);
    assert.equal(readAt(block, prime, 31, 31), null);
    assert.equal(pixelsOf(block, [0, 1], 'grey').at(-1), 0);
});

test('what is read of a map are pixels, of a spectrum frequencies', () => {
    const of = field([1, 2, 3, 4, 5, 6], 3, 2);
    assert.deepEqual(readAt(viewOf(of), of, 2, 1), {x: 2, y: 1, values: [6]});
    assert.equal(readAt(viewOf(of), of, 3, 0), null);
    assert.equal(readAt(viewOf(of), of, 0, -1), null);
    const {x, y, values: [mean]} = readAt(viewOf(of, {isSpectrum: true}), of, 1, 1);
    assert.deepEqual([x, y, mean], [0, 0, 3.5]);
});

test('numbers in a .csv read back as the same floats', () => {
    const values = [0.1, 1 / 3, -1e-30, 16777217, NaN, -Infinity];
    const rows = csvOf(viewOf(field(values, 3, 2)), field(values, 3, 2), 'a layer, map 3').trim().split('\n');
    assert.equal(rows[0], '# a layer, map 3');
    const read = rows.slice(1).flatMap(row => row.split(',')).map(text => ({nan: NaN, '-inf': -Infinity})[text] ?? Number(text));
    assert.deepEqual(read.map(Math.fround), values.map(Math.fround));
    assert.equal(rows[1].split(',')[0], '0.1');
    assert.equal(tableCsv(['map', 'min'], [{map: 0, min: -0.5}, {map: 1, min: NaN}]), 'map,min\n0,-0.5\n1,nan\n');
});

test('the program\'s answer is taken apart', () => {
    const floats = Float32Array.from([1, 2, 3, 4, -1, 2, 0.5, 3, 0.25, 0, 0, 0, 0, 0, 1, 4]);
    const bytes = new Uint8Array(floats.buffer.byteLength + 3);
    bytes.set(new Uint8Array(floats.buffer), 3);
    const of = fieldOf({node: 'a', shape: [2, 2, 2], maps: 2, planes: 1, width: 2, height: 2, each: true, payload: bytes.subarray(3)});
    assert.deepEqual([...of.values], [1, 2, 3, 4]);
    assert.deepEqual(of.each[0], {map: 0, min: -1, max: 2, mean: 0.5, deviation: 3, zeros: 0.25, nan: 0, energy: Math.hypot(0.5, 3)});
    assert.equal(of.each[1].nan, 4);
    assert.equal(fieldOf({...of, each: false, payload: bytes.subarray(3)}).each, null);
});
