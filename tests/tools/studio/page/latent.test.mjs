// The table of w's, mixtures of classes, paths between pins, noise maps, and the position of a picture in its frame.
import assert from 'node:assert/strict';
import test from 'node:test';
import * as cells from '../../../../tools/studio/page/parts/cells.js';
import * as classes from '../../../../tools/studio/page/latent/classmix.js';
import * as noise from '../../../../tools/studio/page/latent/noisemap.js';
import * as path from '../../../../tools/studio/page/state/path.js';
import * as view from '../../../../tools/studio/page/picture/view.js';
import * as spans from '../../../../tools/studio/page/latent/wspans.js';

test('w\'s are read and written as in recipes', () => {
    for (const [value, ws] of [['all', [0, 1, 2, 3]], ['1-2', [1, 2]], [3, [3]], [['0-1', 3], [0, 1, 3]]]) {
        assert.deepEqual(spans.wsOf(value, 4), ws);
        assert.deepEqual(spans.wValue(ws, 4), value);
    }
    assert.deepEqual(spans.wsOf('2-99', 4), [2, 3]);
});

test('the table shows truncations and styles and ignores other bends', () => {
    const recipe = {bends: [{w: '0-1', truncation: 0.5}, {w: 0, add: {1: 2}}, {at: 'z', add: {}},
        {w: 3, style: {seed: 9, share: 0.4}}, {w: 'all', style: 12, muted: true}]};
    assert.deepEqual(spans.rowsOf(recipe, 4).map(row => [row.index, row.kind, row.psi ?? row.seed, row.share ?? null]),
                     [[0, 'truncation', 0.5, null], [3, 'style', 9, 0.4], [4, 'style', 12, 1]]);
    assert.deepEqual(spans.truncations(recipe, 4), [0.5, 0.5, null, null]);
    assert.deepEqual(spans.withStyle({w: 1, style: {seed: 9, truncation: 0.7}}, {share: 0.5}).style,
                     {seed: 9, truncation: 0.7, share: 0.5});
});

test('classes are found by their beginning first, by any word, and by number', () => {
    const names = ['tench, Tinca tinca', 'goldfish', 'great white shark', 'hen', 'tiger shark', 'whiting'];
    assert.deepEqual(classes.search(names, 6, 'shark'), [2, 4]);
    assert.deepEqual(classes.search(names, 6, 'whit'), [5, 2]);
    assert.deepEqual(classes.search(names, 6, 'shark white'), [2]);
    assert.deepEqual(classes.search(names, 6, '3'), [3]);
    assert.equal(classes.search(null, 1000, '').length, 60);
});

test('mixtures are interpolated share by share', () => {
    const a = [{index: 1, share: 1}], b = [{index: 2, share: 0.5}, {index: 1, share: 0.5}];
    assert.deepEqual(classes.mixed(a, b, 0.5), [{index: 1, share: 0.75}, {index: 2, share: 0.25}]);
    assert.deepEqual(classes.mixed(a, b, 0), a);
});

test('a path goes back and forth, or in a loop', () => {
    const once = seconds => path.placeAt(seconds, 3, {pace: 1, loop: false});
    assert.deepEqual(once(0.25), {from: 0, to: 1, t: 0.25});
    assert.deepEqual(once(1.5), {from: 1, to: 2, t: 0.5});
    assert.deepEqual(once(2.25), {from: 1, to: 2, t: 0.75});
    assert.deepEqual(once(3.75), {from: 0, to: 1, t: 0.25});
    assert.deepEqual(path.placeAt(2.5, 3, {pace: 1, loop: true}), {from: 2, to: 0, t: 0.5});
    assert.equal(path.placeAt(9, 1, {pace: 1, loop: true}).t, 0);
    assert.ok(path.placeAt(0.25, 3, {pace: 1, loop: true, smooth: true}).t < 0.25);
});

const stylegan = {num_ws: 4, z_dim: 3};
const biggan = {num_ws: 0, z_dim: 3};
const pin = (seed, more) => ({seed, class: null, edits: {}, ...more});

test('between two seeds the path is a share of the other\'s style', () => {
    const recipe = {inputs: {seeds: 5, trunc: 0.7}, bends: [{at: 'x', filter: 'invert'}]};
    const between = path.recipeBetween(recipe, stylegan, pin(1), pin(2), 0.25);
    assert.deepEqual(between, {inputs: {seeds: 1, trunc: 0.7},
        bends: [{w: 'all', style: {seed: 2, share: 0.25}}, {at: 'x', filter: 'invert'}]});
    assert.deepEqual(path.recipeBetween(recipe, stylegan, pin(1), pin(2), 0).bends, recipe.bends);
    assert.equal(recipe.inputs.seeds, 5);
});

test('w\'s with their own truncation keep it on the path', () => {
    const recipe = {inputs: {}, bends: [{w: '0-1', truncation: 0.5}, {w: 3, style: {seed: 8}}]};
    assert.deepEqual(path.recipeBetween(recipe, stylegan, pin(1), pin(2), 0.5).bends, [
        {w: '0-1', truncation: 0.5},
        {w: '0-1', style: {seed: 2, share: 0.5, truncation: 0.5}},
        {w: '2-3', style: {seed: 2, share: 0.5}},
        {w: 3, style: {seed: 8}}]);
});

test('a kept position is a face that can be pinned and continued from', () => {
    const recipe = {inputs: {seeds: 9}, bends: [{w: '0-1', truncation: 0.5}, {at: 'x', filter: 'invert'}]};
    const kept = path.recipeBetween(recipe, stylegan, pin(1), pin(2), 0.25);
    assert.deepEqual(path.pinOf(kept, stylegan, {}), {...pin(1), mix: [{seed: 2, share: 0.25}]});
    assert.deepEqual(path.atPin(kept, stylegan, pin(9)).bends, recipe.bends);
    assert.deepEqual(path.recipeBetween(kept, stylegan, pin(1), pin(2), 0.25), kept);
});

test('between mixed faces every seed has its weight', () => {
    const a = pin(1, {mix: [{seed: 2, share: 0.5}]}), b = pin(3, {mix: [{seed: 2, share: 0.2}]});
    const {inputs, bends} = path.recipeBetween({inputs: {}, bends: []}, stylegan, a, b, 0.5);
    const weights = new Map([[inputs.seeds, 1]]);
    for (const {style} of bends) {
        for (const [seed, weight] of weights)
            weights.set(seed, weight * (1 - style.share));
        weights.set(style.seed, style.share);
    }
    for (const [seed, weight] of [[1, 0.25], [2, 0.35], [3, 0.4]])
        assert.ok(Math.abs(weights.get(seed) - weight) < 1e-4, `${seed}`);
    assert.equal(path.recipeBetween({inputs: {}}, stylegan, a, b, 1).inputs.seeds, 2);
});

test('styles of some w\'s are not part of a face', () => {
    const recipe = {inputs: {seeds: 1}, bends: [{w: '1-3', style: {seed: 5, share: 0.5}}]};
    assert.equal(path.pinOf(recipe, stylegan, {}).mix, undefined);
    assert.deepEqual(path.atPin(recipe, stylegan, pin(2)).bends, recipe.bends);
});

test('with edited z, or without w\'s, the path is in z and has the right ends', () => {
    const zs = [[1, 0, 0], [0, 2, 0]], recipe = {inputs: {}, bends: []};
    const at = t => path.recipeBetween(recipe, stylegan, pin(1), pin(2, {edits: {2: 0.5}}), t, {zs}).bends;
    assert.deepEqual(at(0), []);
    assert.deepEqual(at(1), [{at: 'z', add: {0: -1, 1: 2, 2: 0.5}}]);
    const halved = path.recipeBetween(recipe, biggan, pin(1), pin(2), 1, {zs, scale: 0.5}).bends;
    assert.deepEqual(halved, [{at: 'z', add: {0: -0.5, 1: 1}}]);
});

test('classes are mixed on the path', () => {
    const a = pin(1, {class: 207}), b = pin(1, {class: '88:0.5,207:0.5'});
    assert.equal(path.recipeBetween({inputs: {}}, biggan, a, b, 0.5, {zs: [[1, 0], [1, 0]]}).inputs.class,
                 '207:0.75,88:0.25');
});

test('interpolation in z keeps the distance from the origin', () => {
    const length = v => Math.hypot(...v);
    assert.ok(Math.abs(length(path.around([3, 0], [0, 3], 0.5)) - 3) < 1e-9);
    assert.ok(Math.abs(length(path.around([3, 0], [0, 1], 0.5)) - 2) < 1e-9);
    assert.deepEqual(path.around([1, 1], [1, 1], 0.3), [1, 1]);
});

test('noise strength and seed are one bend, and no bend at their defaults', () => {
    const node = {name: 'synthesis.b8.conv1'}, recipe = {bends: []};
    noise.putNoise(recipe, node, 2, null);
    assert.deepEqual(recipe.bends, [{at: node.name, noise: 2}]);
    noise.putNoise(recipe, node, 2, 7);
    assert.deepEqual(noise.noiseAt(recipe, node), {index: 0, factor: 2, seed: 7});
    noise.putNoise(recipe, node, 1, 7);
    assert.deepEqual(recipe.bends[0].noise, {seed: 7});
    noise.putNoise(recipe, node, 1, null);
    assert.deepEqual(recipe.bends, []);
    assert.equal(noise.noiseAt({bends: [{at: node.name, noise: 'off'}]}, node).factor, 0);
});

test('a drawn noise map is one bend, and its levels are read back', async () => {
    const node = {name: 'synthesis.b8.conv1.noise_const'}, recipe = {bends: [{at: 'x', disable: true}]};
    const map = cells.grid(8, 8, Int16Array, noise.none);
    map.data.set([noise.levelOf(4), noise.levelOf(-4), noise.levelOf(0)]);
    assert.deepEqual([...map.data.subarray(0, 4)], [255, 0, noise.zero, -1]);
    assert.equal(noise.valueOf(noise.zero), 0);
    noise.putDrawn(recipe, node, await noise.imageOf(map), 'add');
    noise.putDrawn(recipe, node, await noise.imageOf(map), 'set');
    assert.equal(recipe.bends.length, 2);
    const drawn = noise.drawnAt(recipe, node);
    assert.deepEqual([drawn.index, drawn.way, drawn.low, drawn.high], [1, 'set', -4, 3.96875]);
    const rgba = new Uint8ClampedArray([...new Array(3).fill(200), 255, 0, 0, 0, 0]);
    assert.deepEqual([...noise.cellsOf({width: 2, height: 1, rgba}, 2, 1).data], [200, noise.none]);
    noise.putDrawn(recipe, node, await noise.imageOf(cells.grid(8, 8, Int16Array, noise.none)), 'set');
    assert.deepEqual(recipe.bends, [{at: 'x', disable: true}]);
});

test('zooming keeps the point under the pointer, panning leaves no gap', () => {
    const frame = {width: 400, height: 300}, point = {x: 180, y: 100};
    const before = view.toPicture(view.fitted, frame, point);
    const near = view.zoomed(view.fitted, frame, 4, point), after = view.toPicture(near, frame, point);
    assert.ok(Math.abs(before.x - after.x) < 1e-9 && Math.abs(before.y - after.y) < 1e-9);
    const far = view.panned(near, frame, 9999, -9999), at = view.placed(far, frame);
    assert.ok(Math.abs(at.left) < 1e-9 && Math.abs(at.top + at.height - frame.height) < 1e-9);
    assert.deepEqual(view.zoomed(near, frame, 0.001, point), view.fitted);
});

test('a fitted picture is centred in its frame', () => {
    assert.deepEqual(view.placed(view.fitted, {width: 400, height: 300}), {width: 300, height: 300, left: 50, top: 0});
    assert.deepEqual(view.toFrame(view.fitted, {width: 400, height: 300}, {x: 1, y: 1}), {x: 350, y: 300});
});
