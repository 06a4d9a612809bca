// Interpolation between two recipes.
import assert from 'node:assert/strict';
import test from 'node:test';
import {blend} from '../../../../tools/studio/page/state/blend.js';

const rows = {
    filters: [
        {name: 'erode', params: [{name: 'radius', default_value: 1, integer: true}, {name: 'mix', default_value: 1}]},
        {name: 'rotate', params: [{name: 'angle', default_value: 45}, {name: 'mix', default_value: 1},
                                  {name: 'seed', default_value: 0, integer: true}]},
    ],
    activations: [{name: 'sinlu', params: [{name: 'a', default_value: 1}, {name: 'b', default_value: 1}]}],
};
const of = (...bends) => ({inputs: {seeds: 1}, bends});
const between = (a, b, t, more) => blend(a, b, t, {rows, ...more});

test('the ends are the two recipes themselves', () => {
    const a = of({at: 'x', filter: 'rotate'}), b = of();
    assert.equal(between(a, b, 0), a);
    assert.equal(between(a, b, 1), b);
});

test('numbers of a common bend are interpolated; missing ones are the default', () => {
    const turned = keys => of({at: 'x', filter: 'rotate', ...keys});
    assert.deepEqual(between(turned({angle: 10}), turned({angle: 20, mix: 0.5}), 0.5).bends,
                     [{at: 'x', filter: 'rotate', angle: 15, mix: 0.75}]);
    const sinlu = keys => of({at: 'x', activation: 'sinlu', ...keys});
    assert.deepEqual(between(sinlu({a: 1}), sinlu({b: 2}), 0.25).bends, [{at: 'x', activation: 'sinlu', a: 1, b: 1.25}]);
    assert.deepEqual(between(turned({params: [10]}), turned({params: [20]}), 0.5).bends[0].params, [15]);
});

test('integers stay integers, seeds and words change half way', () => {
    const a = of({at: 'x', filter: 'erode', radius: 1}), b = of({at: 'x', filter: 'erode', radius: 4});
    assert.deepEqual([0.1, 0.5, 0.9].map(t => between(a, b, t).bends[0].radius), [1, 3, 4]);
    const c = of({at: 'x', filter: 'rotate', border: 'wrap', seed: 1});
    const d = of({at: 'x', filter: 'rotate', border: 'edge', seed: 9});
    assert.deepEqual([0.4, 0.6].map(t => between(c, d, t).bends[0].border), ['wrap', 'edge']);
    assert.deepEqual([0.4, 0.6].map(t => between(c, d, t).bends[0].seed), [1, 9]);
});

test('a bend that only one recipe has fades', () => {
    const none = of();
    assert.equal(between(of({at: 'x', filter: 'rotate', mix: 0.8}), none, 0.25).bends[0].mix, 0.6);
    assert.equal(between(none, of({at: 'x', filter: 'rotate'}), 0.25).bends[0].mix, 0.25);
    assert.equal(between(none, of({at: 'x', noise: 3}), 0.5).bends[0].noise, 2);
    assert.equal(between(none, of({at: 'x', noise: 'off'}), 0.25).bends[0].noise, 0.75);
    assert.equal(between(none, of({w: '0-3', style: 7}), 0.25).bends[0].style.share, 0.25);
    assert.equal(between(none, of({w: '0-3', style: {seed: 7, share: 0.5}}), 0.5).bends[0].style.share, 0.25);
    const half = {...none, inputs: {trunc: 0.5}};
    assert.equal(between(half, of({w: '0-3', truncation: 1}), 0.5).bends[0].truncation, 0.75);
    assert.equal(between(none, of({w: 1, add: 'smile.npy'}), 0.5).bends[0].times, 0.5);
});

test('what cannot fade changes half way', () => {
    const a = of(), b = of({at: 'x', disable: true}, {at: 'y', activation: 'sinlu'});
    assert.equal(between(a, b, 0.4).bends.length, 0);
    assert.equal(between(a, b, 0.6).bends.length, 2);
    const dial = of({at: 'x', filter: 'rotate', mix: '$much'});
    assert.deepEqual(between(a, dial, 0.6).bends[0].mix, '$much');
});

test('the order of bends agrees with both lists', () => {
    const rotate = {at: 'x', filter: 'rotate'}, erode = {at: 'x', filter: 'erode'}, other = {at: 'y', filter: 'erode'};
    const mixed = between(of(rotate, other), of(erode, rotate), 0.5).bends.map(bend => `${bend.filter} ${bend.at}`);
    assert.deepEqual(mixed, ['erode x', 'rotate x', 'erode y']);
});

test('a muted bend is ignored', () => {
    assert.deepEqual(between(of({at: 'x', filter: 'rotate', muted: true}), of(), 0.5).bends, []);
});

test('inputs are interpolated; a missing truncation is 1', () => {
    const {inputs} = between({inputs: {seeds: 4, trunc: 0.5}}, {inputs: {seeds: 4, noise: 'none'}}, 0.5);
    assert.deepEqual(inputs, {seeds: 4, trunc: 0.75, noise: 'none'});
});

test('edits of z are interpolated value by value', () => {
    const edits = (...values) => of(...values.map(add => ({at: 'z', add})));
    assert.deepEqual(between(edits({1: 1, 2: 2}), edits({2: 4}), 0.5).bends, [{at: 'z', add: {1: 0.5, 2: 3}}]);
    assert.deepEqual(between(edits({1: 1}), of(), 0.75).bends, [{at: 'z', add: {1: 0.25}}]);
});

test('seeds are interpolated in w if the network has one', () => {
    const {inputs, bends} = between({inputs: {seeds: 1}, bends: []}, {inputs: {seeds: 9}, bends: []}, 0.3,
                                    {network: {num_ws: 10}});
    assert.equal(inputs.seeds, 1);
    assert.deepEqual(bends, [{w: 'all', style: {seed: 9, share: 0.3}}]);
});

test('otherwise they are interpolated in z', () => {
    const zs = [[1, 0], [0, 1]];
    const {inputs, bends} = between({inputs: {seeds: 1}, bends: []}, {inputs: {seeds: 9}, bends: []}, 0.5,
                                    {network: {num_ws: 0}, zs});
    assert.equal(inputs.seeds, 1);
    const z = [1 + (bends[0].add[0] ?? 0), bends[0].add[1] ?? 0];
    assert.ok(Math.abs(Math.hypot(...z) - 1) < 1e-3 && Math.abs(z[0] - z[1]) < 1e-3, String(z));
});

test('vectors, clusters and parameters of both are always available', () => {
    const a = {...of({at: 'x', paint: 'nose'}), vectors: {nose: [1]}};
    const b = {...of({at: 'x', paint: 'eye'}), vectors: {eye: [2]}};
    for (const t of [0.2, 0.8])
        assert.deepEqual(Object.keys(between(a, b, t).vectors).sort(), ['eye', 'nose']);
});
