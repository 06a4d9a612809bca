// Directions in recipes: amounts, layers and files of a bank, and films between them.
import assert from 'node:assert/strict';
import test from 'node:test';
import {amountOf, layersOf, putAmount, putLayers, takeOut} from '../../../../tools/studio/page/latent/directionbends.js';
import {blend} from '../../../../tools/studio/page/state/blend.js';
import {describe, unbent} from '../../../../tools/studio/page/state/recipe.js';

test('an amount is a bend, and 0 removes it together with the name of the file', () => {
    const recipe = {inputs: {seeds: 0}, bends: []};
    putAmount(recipe, 'faces.npz', 'pc1', 2);
    putAmount(recipe, 'faces.npz', 'pc1', 2.5);
    assert.deepEqual(recipe, {inputs: {seeds: 0}, directions: 'faces.npz', bends: [{direction: {name: 'pc1', amount: 2.5}}]});
    assert.equal(amountOf(recipe, 'faces.npz', 'pc1'), 2.5);
    assert.equal(amountOf(recipe, 'faces.npz', 'pc2'), 0);
    putAmount(recipe, 'faces.npz', 'pc1', 0);
    assert.deepEqual(recipe, {inputs: {seeds: 0}, bends: []});
});

test('a second bank names its file in its bends, and both keep their amounts', () => {
    const recipe = {bends: []};
    putAmount(recipe, 'a.npz', 'pc0', 1);
    putAmount(recipe, 'b.npz', 'pc0', -1);
    assert.deepEqual(recipe.bends, [{direction: {name: 'pc0', amount: 1}}, {direction: {name: 'pc0', amount: -1, file: 'b.npz'}}]);
    assert.deepEqual([amountOf(recipe, 'a.npz', 'pc0'), amountOf(recipe, 'b.npz', 'pc0')], [1, -1]);
    takeOut(recipe, 'a.npz', 'pc0');
    assert.equal(recipe.directions, undefined);
    assert.equal(amountOf(recipe, 'b.npz', 'pc0'), -1);
});

test('chosen layers stay at amount 0, and the usual ones do not', () => {
    const recipe = {bends: []};
    putLayers(recipe, 'a.npz', 'pc0', '0-5');
    assert.equal(amountOf(recipe, 'a.npz', 'pc0'), 0);
    putAmount(recipe, 'a.npz', 'pc0', 3);
    putAmount(recipe, 'a.npz', 'pc0', 0);
    assert.equal(layersOf(recipe, 'a.npz', 'pc0'), '0-5');
    putLayers(recipe, 'a.npz', 'pc0', undefined);
    assert.deepEqual(recipe, {bends: []});
});

test('removing a move does not change which maps another bend draws', () => {
    const recipe = {bends: [{direction: {name: 'pc0', amount: 1}}, {at: 'x', filter: 'blur', features: {random: 0.5}}],
                    directions: 'a.npz'};
    putAmount(recipe, 'a.npz', 'pc0', 0);
    assert.equal(recipe.bends[0].features.seed, 1);
});

test('short and hand-written forms are read', () => {
    const recipe = {directions: 'a.npz', bends: [{direction: 'pc4'}, {direction: {name: 'pc1', amount: '$hair'}}]};
    assert.equal(amountOf(recipe, 'a.npz', 'pc4'), 1);
    assert.equal(amountOf(recipe, 'a.npz', 'pc1'), '$hair');
    assert.equal(describe({direction: {name: 'pc1', amount: 2, layers: '0-5'}}), 'along pc1 by 2 at w 0-5');
    assert.equal(describe({direction: 'pc4'}), 'along pc4 at its layers');
});

test('the picture without bends of layers has moved along the directions', () => {
    const recipe = {directions: 'a.npz', bends: [{direction: {name: 'pc0', amount: 1}}, {at: 'x', filter: 'blur'}]};
    assert.deepEqual(unbent(recipe).bends, [recipe.bends[0]]);
});

test('a film moves along directions, also if the snapshots name different files', () => {
    const a = {inputs: {seeds: 1}, directions: 'a.npz', bends: [{direction: {name: 'pc0', amount: 2}}]};
    const b = {inputs: {seeds: 1}, directions: 'b.npz', bends: [{direction: {name: 'pc0', amount: 4}}]};
    assert.deepEqual(blend(a, {...b, directions: 'a.npz'}, 0.25).bends, [{direction: {name: 'pc0', amount: 2.5, file: 'a.npz'}}]);
    assert.deepEqual(blend(a, b, 0.75).bends, [{direction: {name: 'pc0', amount: 0.5, file: 'a.npz'}},
                                               {direction: {name: 'pc0', amount: 3, file: 'b.npz'}}]);
});
