// Photos as latents: what is sent, what is kept, and how seeds, pins and films get along with a given z or w.
import assert from 'node:assert/strict';
import test from 'node:test';
import {fakeBrowser} from './fake_socket.mjs';
import {base64} from '../../../../tools/studio/page/parts/encoded.js';
import {blend} from '../../../../tools/studio/page/state/blend.js';
import {atPin, pinOf, recipeBetween} from '../../../../tools/studio/page/state/path.js';
import {latentOf, setInput} from '../../../../tools/studio/page/state/recipe.js';

fakeBrowser('http://localhost:7860/');
const {middleOf, sizeFor, take} = await import('../../../../tools/studio/page/state/projection.js');

const stylegan = {num_ws: 2, w_dim: 3, nodes: []}, biggan = {num_ws: 0, z_dim: 2, nodes: []};
const photo = (w, more = {}) => ({inputs: {w, ...more}, bends: []});

test('a photo is sent at the size of the network, halved until it is small, from its middle', () => {
    assert.deepEqual(sizeFor([3, 128, 128]), {width: 128, height: 128});
    assert.deepEqual(sizeFor([3, 1024, 512]), {width: 256, height: 512});
    assert.deepEqual(sizeFor([3, 4096, 4096]), {width: 512, height: 512});
    assert.deepEqual(middleOf(400, 300, 1), {x: 50, y: 0, width: 300, height: 300});
    assert.deepEqual(middleOf(100, 300, 1), {x: 0, y: 100, width: 100, height: 100});
    assert.deepEqual(middleOf(300, 300, 2), {x: 0, y: 75, width: 300, height: 150});
    assert.equal(base64(new Uint8Array([1, 2, 3, 250])), 'AQID+g==');
});

test('what was found replaces seed, truncation and class, and the noise stays', () => {
    const recipe = {inputs: {seeds: 4, trunc: 0.7, noise: 'none'}, bends: [{at: 'x', filter: 'blur'}]};
    take(recipe, {space: 'w', latents: [[1, 2.00000049, 3]], classes: null});
    assert.deepEqual(recipe, {inputs: {w: [1, 2, 3], noise: 'none'}, bends: [{at: 'x', filter: 'blur'}]});
    take(recipe, {space: 'w+', latents: [[1, 2, 3], [4, 5, 6]], classes: null});
    assert.deepEqual(latentOf(recipe), {w: [[1, 2, 3], [4, 5, 6]]});
    take(recipe, {space: 'z', latents: [[1, 2]], classes: [[7, 0.75], [2, 0.25]]});
    assert.deepEqual(recipe.inputs, {z: [1, 2], class: '7:0.75,2:0.25', noise: 'none'});
});

test('a seed removes a given latent, and so does what a w excludes', () => {
    for (const [name, value] of [['seeds', 3], ['trunc', 0.5], ['class', 1]]) {
        const recipe = photo([1, 2, 3], {noise: 'none'});
        setInput(recipe, name, value);
        assert.deepEqual(recipe.inputs, {noise: 'none', [name]: value});
    }
    const z = {inputs: {z: [1, 2], class: 3}};
    setInput(z, 'class', 4);
    assert.deepEqual(z.inputs, {z: [1, 2], class: 4});
    setInput(z, 'trunc', null);
    assert.deepEqual(latentOf(z), {z: [1, 2]});
});

test('a pin keeps a given latent, and going to another pin removes it', () => {
    const recipe = photo([1, 2, 3]), pin = pinOf(recipe, stylegan, {});
    const seed = {inputs: {seeds: 5, trunc: 0.5}, bends: []};
    assert.deepEqual(atPin(seed, stylegan, pin).inputs, {w: [1, 2, 3]});
    assert.deepEqual(atPin(recipe, stylegan, pinOf(seed, stylegan, {})).inputs, {seeds: 5});
});

test('between two given latents there is a way, and none to a seed', () => {
    const [a, b] = [[0, 0, 0], [2, 4, 6]].map(w => pinOf(photo(w), stylegan, {}));
    assert.deepEqual(recipeBetween(photo([0, 0, 0]), stylegan, a, b, 0.5).inputs.w, [1, 2, 3]);
    const [c, d] = [[[0, 0, 0], [1, 1, 1]], [[2, 4, 6], [3, 3, 3]]].map(w => pinOf(photo(w), stylegan, {}));
    assert.deepEqual(recipeBetween(photo(0), stylegan, c, d, 0.5).inputs.w, [[1, 2, 3], [2, 2, 2]]);
    const seed = pinOf({inputs: {seeds: 9}, bends: []}, stylegan, {});
    assert.deepEqual(recipeBetween(photo([0, 0, 0]), stylegan, a, seed, 0.4).inputs, {w: [0, 0, 0]});
    assert.deepEqual(recipeBetween(photo([0, 0, 0]), stylegan, a, seed, 0.6).inputs, {seeds: 9});
    const zs = [[1, 0], [0, 1]].map(z => pinOf({inputs: {z, class: '1:1'}, bends: []}, biggan, {}));
    const {inputs} = recipeBetween({inputs: {z: [1, 0], class: '1:1'}, bends: []}, biggan, ...zs, 0.5);
    assert.ok(Math.abs(Math.hypot(...inputs.z) - 1) < 1e-9);
});

test('a film never has a seed and a latent at once', () => {
    const seed = {inputs: {seeds: 9, trunc: 0.5}, bends: []};
    assert.deepEqual(blend(photo([1, 2, 3]), seed, 0.25, {network: stylegan}).inputs, {w: [1, 2, 3]});
    assert.deepEqual(blend(photo([1, 2, 3]), seed, 0.75, {network: stylegan}).inputs.seeds, 9);
    assert.equal(blend(photo([1, 2, 3]), seed, 0.75, {network: stylegan}).inputs.w, undefined);
    assert.deepEqual(blend(photo([0, 0, 0]), photo([2, 4, 6]), 0.5, {network: stylegan}).inputs, {w: [1, 2, 3]});
});
