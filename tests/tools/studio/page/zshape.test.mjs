// z as a shape: positions, the brush, and edits in the recipe.
import assert from 'node:assert/strict';
import test from 'node:test';
import * as z from '../../../../tools/studio/page/latent/zshape.js';

test('a point is found where it was drawn, as bars and as a polygon', () => {
    for (const form of ['bars', 'polygon'])
        for (const [index, value] of [[0, 0], [5, 1.5], [63, -2.25], [127, 2.9]]) {
            const {x, y} = z.pointOf(form, index, value, 128, 300, 200);
            const place = z.placeOf(form, x, y, 128, 300, 200);
            const apart = Math.abs(place.index - index) % 128;
            assert.ok(Math.min(apart, 128 - apart) < 1e-6, `${form} ${index}`);
            assert.ok(Math.abs(place.value - value) < 1e-6);
        }
});

test('values outside the range are drawn at the edge', () => {
    assert.equal(z.pointOf('bars', 3, 99, 10, 100, 80).y, 0);
    assert.equal(z.placeOf('polygon', 1000, 50, 10, 100, 100).value, z.reach);
});

test('a brush pulls most in its middle, wraps around a polygon and stops at the ends of bars', () => {
    const flat = new Array(16).fill(0), at = {index: 0, value: 2};
    const round = z.brush('pull', flat, flat, at, {size: 5, strength: 1, closed: true});
    assert.equal(round[0], 2);
    assert.ok(round[1] > round[2] && round[2] > 0 && round[15] === round[1] && round[3] === 0);
    const bars = z.brush('pull', flat, flat, at, {size: 5, strength: 0.5, closed: false});
    assert.equal(bars[0], 1);
    assert.equal(bars[15], 0);
});

test('the smallest brush moves one value, and a brush wider than z none twice', () => {
    assert.deepEqual(z.reached(4.4, 1, 16, false).map(([i]) => i), [4]);
    assert.deepEqual(z.reached(4, 99, 8, false).length, 8);
    const closed = z.reached(4, 99, 8, true).map(([i]) => i);
    assert.equal(new Set(closed).size, closed.length);
});

test('smoothing averages neighbours, and the seed brush restores the seed\'s values', () => {
    const spike = [0, 0, 0, 3, 0, 0, 0], base = [1, 1, 1, 1, 1, 1, 1], brush = {size: 1, strength: 1, closed: false};
    assert.equal(z.brush('smooth', spike, base, {index: 3}, brush)[3], 1);
    assert.equal(z.brush('seed', spike, base, {index: 3}, brush)[3], 1);
});

test('a fast pointer misses nothing and goes around a polygon the shorter way', () => {
    const steps = z.between({index: 126, value: 0}, {index: 2, value: 1}, 2, 128, true);
    assert.deepEqual(steps.map(step => step.index), [127, 0, 1, 2]);
    assert.equal(z.between({index: 0, value: 0}, {index: 90, value: 0}, 3, 128, false).length, 60);
});

test('edits are the differences from the seed\'s values', () => {
    const base = [0.5, -1, 2], values = [0.5, -0.6, 2.0001];
    assert.deepEqual(z.editsOf(base, values), {1: 0.4});
    assert.deepEqual(z.edited(base, {1: 0.4, 99: 7}), [0.5, -0.6, 2]);
});

test('edits are one bend, which is removed if there are none', () => {
    const recipe = {bends: [{at: 'x', disable: true}]};
    z.putEdits(recipe, {3: 0.5});
    assert.deepEqual(recipe.bends[1], {at: 'z', add: {3: 0.5}});
    recipe.bends.push({at: 'z', add: {4: 1}}, {at: 'z', add: 'smile.npy'});
    z.putEdits(recipe, {1: 2});
    assert.deepEqual(recipe.bends, [{at: 'x', disable: true}, {at: 'z', add: {1: 2}}, {at: 'z', add: 'smile.npy'}]);
    z.putEdits(recipe, {});
    assert.deepEqual(recipe.bends.map(bend => bend.at), ['x', 'z']);
});
