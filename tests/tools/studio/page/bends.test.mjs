// Changing bends: at many layers at once, at one of many, order, parameters and features.
import assert from 'node:assert/strict';
import test from 'node:test';
import * as bends from '../../../../tools/studio/page/state/bends.js';
import {styleGan2} from './networks.mjs';

const nodes = styleGan2();
const at = (...names) => names.map(name => nodes.find(node => node.name === `synthesis.${name}`));
const [a, b, c] = at('b8.conv0', 'b8.conv1', 'b16.conv0');

test('one activation is set at all selected layers as one bend', () => {
    const recipe = {bends: []};
    bends.setActivation(recipe, [a, b], {activation: 'sinlu', a: 2}, nodes);
    assert.deepEqual(recipe.bends, [{at: [a.name, b.name], activation: 'sinlu', a: 2}]);
    bends.setActivation(recipe, [a, b], {activation: 'sinlu', a: 3}, nodes);
    assert.deepEqual(recipe.bends, [{at: [a.name, b.name], activation: 'sinlu', a: 3}]);
});

test('another activation at one of several layers leaves the others unchanged', () => {
    const recipe = {bends: [{at: 'synthesis.b8.conv?', activation: 'sinlu'}]};
    bends.setActivation(recipe, [b], {activation: 'relu'}, nodes);
    assert.deepEqual(recipe.bends, [{at: a.name, activation: 'sinlu'}, {at: b.name, activation: 'relu'}]);
    bends.setActivation(recipe, [a, b], null, nodes);
    assert.deepEqual(recipe.bends, []);
});

test('layers are switched off and on individually', () => {
    const recipe = {};
    bends.setOff(recipe, [a, b, c], true, nodes);
    assert.ok([a, b, c].every(node => bends.isOff(recipe, node)));
    bends.setOff(recipe, [b], false, nodes);
    assert.deepEqual([a, b, c].map(node => bends.isOff(recipe, node)), [true, false, true]);
    bends.setOff(recipe, [a, c], false, nodes);
    assert.deepEqual(recipe.bends, []);
});

test('the stack contains the bends at any of the layers in order, without activations and switches', () => {
    const recipe = {bends: [
        {at: a.name, filter: 'blur'}, {at: a.name, activation: 'relu'}, {at: c.name, filter: 'erode'},
        {at: [a.name, b.name], filter: 'invert'}, {at: b.name, disable: true},
    ]};
    assert.deepEqual(bends.stackOf(recipe, [a, b]).map(({index, at: count}) => [index, count]), [[0, 1], [3, 2]]);
});

test('a bend can be split off for some of its layers, and extended to more', () => {
    const blur = {at: 'synthesis.b8.conv?', filter: 'blur', features: {random: 0.5, seed: 1}};
    const recipe = {bends: [blur, {at: 'z', add: {3: 1}}]};
    assert.equal(bends.separate(recipe, 0, [b], nodes), 1);
    assert.deepEqual(recipe.bends.map(bend => bend.at), [a.name, b.name, 'z']);
    assert.notEqual(recipe.bends[0].features, recipe.bends[1].features);
    assert.equal(bends.separate(recipe, 1, [b], nodes), 1, 'alone already');
    bends.extend(recipe, 0, [c], nodes);
    assert.deepEqual(recipe.bends[0].at, [a.name, c.name]);
    bends.takeAway(recipe, 0, [a, c], nodes);
    assert.deepEqual(recipe.bends.map(bend => bend.at), [b.name, 'z']);
});

test('w\'s are removed from a range by number', () => {
    const recipe = {bends: [{w: '0-4', style: 9}]};
    bends.takeAway(recipe, 0, at('w2'), nodes);
    assert.deepEqual(recipe.bends, [{w: ['0', '1', '3', '4'], style: 9}]);
    bends.takeAway(recipe, 0, at('w0', 'w1', 'w3'), nodes);
    assert.deepEqual(recipe.bends, [{w: 4, style: 9}]);
});

test('random features stay the same when indices change', () => {
    const recipe = {bends: [{at: a.name, filter: 'blur'}, {at: a.name, filter: 'invert', features: {random: 0.5}}]};
    bends.moveBend(recipe, 1, 0);
    assert.deepEqual(recipe.bends.map(bend => bend.filter), ['invert', 'blur']);
    assert.deepEqual(recipe.bends[0].features, {random: 0.5, seed: 1});
});

const param = (name, default_value) => ({name, default_value});
const rotate = {name: 'rotate', count: 2, max_params: 2, params: [param('angle', 45), param('mix', 1)]};
const poly = {name: 'poly', count: 3, max_params: 5, params: [
    param('w0', 1), param('w1', 1), param('w2', 1), param('w3', null), param('w4', null)]};

test('parameters are read by name, by position or by default, and written in the same form', () => {
    const bend = {filter: 'rotate', params: [30]};
    assert.deepEqual([0, 1].map(i => bends.paramOf(bend, rotate, i)), [30, 1]);
    bends.setParam(bend, rotate, 0, 10);
    bends.setParam(bend, rotate, 1, 0.5);
    assert.deepEqual(bend, {filter: 'rotate', params: [10], mix: 0.5});
});

test('a polynomial has as many weights as are given, and they can be added and removed', () => {
    const bend = {activation: 'poly', w0: 2};
    assert.equal(bends.paramCount({activation: 'poly'}, poly), 3);
    bends.resizeParams(bend, poly, 4);
    assert.deepEqual(bend, {activation: 'poly', params: [2, 0, 0, 0]});
    assert.equal(bends.paramCount(bend, poly), 4);
    bends.resizeParams(bend, poly, 1);
    assert.deepEqual(bend.params, [2]);
});

test('listed features are read and written as numbers and ranges', () => {
    assert.equal(bends.listedFeatures({}), null);
    assert.equal(bends.listedFeatures({features: {random: 0.5}}), null);
    assert.deepEqual([...bends.listedFeatures({features: ['0-2', 9]})], [0, 1, 2, 9]);
    const bend = {};
    bends.setListed(bend, new Set([9, 0, 1, 2, 5]));
    assert.deepEqual(bend, {features: ['0-2', 5, 9]});
});

test('the key of a bend stays when bends are moved, and finds it', () => {
    const recipe = {bends: [{at: 'a', filter: 'blur'}, {at: 'synthesis.b8.conv1', filter: 'rotate', angle: 1}, {at: 'a', filter: 'blur'},
        {w: '0-3', style: {seed: 5}}, {direction: {name: 'pc 1', amount: 2}}, {at: ['a', 'b'], activation: 'sine'}]};
    const keyOf = bend => bends.bendKey(recipe, recipe.bends.indexOf(bend));
    const [, rotate, second] = recipe.bends;
    assert.deepEqual(recipe.bends.map(keyOf), ['a/blur', 'synthesis.b8.conv1/rotate', 'a/blur:2', 'w/style', 'direction/pc_1', 'a,b/sine']);
    recipe.bends.forEach((bend, index) => assert.equal(bends.bendWithKey(recipe, keyOf(bend)), index));
    bends.moveBend(recipe, 1, 4);
    assert.equal(keyOf(rotate), 'synthesis.b8.conv1/rotate');
    assert.equal(keyOf(second), 'a/blur:2');
    assert.equal(bends.bendAddress(recipe, 4, 'angle'), 'bend/synthesis.b8.conv1/rotate/angle');
    assert.equal(bends.bendAddress(recipe, 9, 'angle'), '');
    assert.equal(bends.bendWithKey(recipe, 'nowhere/rotate'), -1);
});
