// What other commands have found, as the page reads it from their files.
import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import test from 'node:test';
import {isNpy, isZip, readNpy, readNpz} from '../../../../tools/studio/page/parts/npz.js';
import {clustersIn, latentIn, unitsIn} from '../../../../tools/studio/page/state/results.js';
import {styleGan2} from './networks.mjs';

// A .npy file; `head` replaces the description.
function npy(shape, values, {type = '<f4', make = Float32Array, head} = {}) {
    const text = `${head ?? `{'descr': '${type}', 'fortran_order': False, 'shape': (${shape.join(', ')},), }`}\n`;
    return new Uint8Array(Buffer.concat([Buffer.from('\x93NUMPY\x01\x00', 'latin1'), Buffer.from([text.length & 255, text.length >> 8]),
                                         Buffer.from(text), Buffer.from(make.from(values).buffer)]));
}

test('arrays of numpy are read, whatever their numbers are', () => {
    for (const [type, make] of [['<f4', Float32Array], ['<f8', Float64Array], ['<i4', Int32Array]]) {
        const bytes = npy([2, 3], [1, 2, 3, -4, 5, 6], {type, make});
        assert.ok(isNpy(bytes) && !isZip(bytes));
        assert.deepEqual(readNpy(bytes), {shape: [2, 3], values: Float64Array.from([1, 2, 3, -4, 5, 6])});
    }
    assert.deepEqual([...readNpy(npy([4], [0x3c00, 0xc000, 0x0001, 0x7c00], {type: '<f2', make: Uint16Array})).values],
                     [1, -2, 2 ** -24, Infinity]);
});

test('an array that is cut off, of objects or stored by columns is refused', () => {
    const whole = npy([2, 3], [1, 2, 3, 4, 5, 6]);
    for (let length = 0; length < whole.length; length++)
        assert.throws(() => readNpy(whole.subarray(0, length)), /not an \.npy file|cut off|no array/);
    assert.throws(() => readNpy(npy([2], [1, 2], {type: '|O8'})), /no array of numbers/);
    assert.throws(() => readNpy(npy([99999, 99999], [1, 2])), /cut off/);
    const byColumns = shape => npy([], [1, 2, 3, 4], {head: `{'descr': '<f4', 'fortran_order': True, 'shape': (${shape})}`});
    assert.deepEqual(readNpy(byColumns('1, 4, 1')).shape, [1, 4, 1]);
    assert.throws(() => readNpy(byColumns('2, 2')), /by columns/);
});

test('archives of numpy are read, and none of their bytes is trusted', async () => {
    const bytes = new Uint8Array(readFileSync('tests/fixtures/random.npz'));
    assert.ok(isZip(bytes));
    const arrays = await readNpz(bytes);
    assert.ok(arrays.size > 0 && [...arrays.values()].every(({shape, values}) => shape.reduce((a, b) => a * b, 1) === values.length));
    const [first] = arrays.keys(), isFirst = name => name === first;
    for (let cut = 1; cut < bytes.length; cut += Math.ceil(bytes.length / 20))
        await assert.rejects(readNpz(bytes.subarray(0, bytes.length - cut), isFirst), /damaged/);
    const central = bytes.lastIndexOf(0x50) - 400, places = [...Array(60).keys(), ...Array.from({length: 40}, (_, i) => central + 10 * i)];
    for (const at of places) {
        const bad = bytes.slice();
        bad[at] ^= 0xff;
        await readNpz(bad, isFirst).catch(error => assert.match(error.message, /damaged|cut off|no \.npy|no array|too large|columns/));
    }
});

const nodes = styleGan2();
const byName = name => nodes.find(node => node.name === name);
byName('synthesis.b8.conv0').role = {layer: 1};

test('clusters are found under the names and the numbers of layers, as lists or as pairs', () => {
    assert.deepEqual(clustersIn({1: [{feature_index: 3, cluster_index: 0}, {feature_index: 1, cluster_index: 2}],
                                 'synthesis.b16.conv1': [[0, 5], [1]], 77: [[1]], comment: 'x'}, nodes),
                     {'synthesis.b8.conv0': [[3], [], [1]], 'synthesis.b16.conv1': [[0, 5], [1]]});
    assert.throws(() => clustersIn({77: [[1]]}, nodes), /no clusters of a layer of this network/);
    assert.throws(() => clustersIn({1: [[128]]}, nodes), /another network: map 128 of synthesis\.b8\.conv0, which has 128/);
    assert.throws(() => clustersIn({1: [['a']]}, nodes), /not lists of maps/);
    assert.throws(() => clustersIn([[1]], nodes), /no clusters of a layer/);
});

const network = {num_ws: 10, w_dim: 4, z_dim: 4};
const array = (...shape) => ({shape, values: Float64Array.from({length: shape.reduce((a, b) => a * b, 1)}, (_, i) => i)});

test('a latent is a w for each layer, one w, or a z, the first of several', () => {
    const read = (name, each, of = network) => latentIn(new Map([['other', array(7)], [name, each]]), of);
    assert.deepEqual(read('w', array(1, 10, 4)).latents.length, 10);
    assert.deepEqual(read('w', array(3, 10, 4)), {space: 'w', of: 3, latents: Array.from({length: 10}, (_, i) => [4 * i, 4 * i + 1, 4 * i + 2, 4 * i + 3])});
    assert.deepEqual(read('w', array(10, 4)).latents.length, 10);
    assert.deepEqual(read('w', array(1, 4)), {space: 'w', of: 1, latents: [[0, 1, 2, 3]]});
    assert.deepEqual(read('z', array(2, 4)), {space: 'z', of: 2, latents: [[0, 1, 2, 3]]});
    assert.equal(read('latent', array(1, 4), {num_ws: 0, z_dim: 4}).space, 'z');
    assert.throws(() => read('w', array(1, 10, 5)), /another network: 1 × 10 × 5; this one has 10 w's of 4 values/);
    assert.throws(() => read('w', array(1, 9, 4)), /another network/);
    assert.throws(() => latentIn(new Map(), network), /no latent/);
    assert.throws(() => latentIn(new Map([['w', {shape: [1, 4], values: Float64Array.from([1, NaN, 2, 3])}]]), network), /not numbers/);
});

test('units are ordered by the effect of the first bend, in the mask if there was one', () => {
    const node = {name: 'a', shape: [2, 8, 8]}, unit = (number, all, inMask, overlap) => ({unit: number, effects: {ablate: [all, inMask], invert: [9, 9]}, overlap});
    assert.deepEqual(unitsIn([unit(0, 0.1, 0, 0), unit(1, 0.2, 0, 0)], node),
                     {hasMask: false, units: [{channel: 1, here: 0.2, everywhere: 0.2}, {channel: 0, here: 0.1, everywhere: 0.1}]});
    assert.deepEqual(unitsIn([unit(0, 0.1, 0.9, 0.3), unit(1, 0.2, 0.4, 0)], node).units.map(({channel, here}) => [channel, here]), [[0, 0.9], [1, 0.4]]);
    assert.throws(() => unitsIn([unit(0, 1, 1, 0)], node), /1 units, and a has 2 maps/);
    assert.throws(() => unitsIn([{unit: 0}], node), /no units/);
    assert.throws(() => unitsIn([unit(0, 'x', 0, 0), unit(1, 0, 0, 0)], node), /not numbers/);
});
