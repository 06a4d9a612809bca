// Reading recipes: nodes, inputs, descriptions.
import assert from 'node:assert/strict';
import test from 'node:test';
import * as r from '../../../../tools/studio/page/state/recipe.js';

const conv = {name: 'synthesis.b32.conv1', alias: 'convs.5', index: 70,
              takes: ['filter', 'activation', 'noise', 'paint']};
const rgb = {name: 'synthesis.b32.torgb', alias: null, index: 80, takes: ['filter']};
const w4 = {name: 'synthesis.w4', alias: null, role: {w: 4}, index: 23, takes: ['filter', 'set']};

test('a bend applies to nodes by name, alias, number or pattern', () => {
    for (const at of ['synthesis.b32.conv1', 'convs.5', 70, '70', 'synthesis.*', '*conv?',
                      'synthesis.b[0-9][2]*.conv[!0]', ['mapping.fc0', 'convs.5']])
        assert.ok(r.sitsAt({at, filter: 'blur'}, conv), String(at));
    for (const at of ['synthesis.b32.conv', 'conv1', 7, 'synthesis?b16*', 'synthesis.b[0-1]*', 'synthesis.b32.con[v',
                      '[z-a]', []])
        assert.ok(!r.sitsAt({at, filter: 'blur'}, conv), String(at));
});

test('a dot in a pattern matches only a dot', () => {
    const other = {...conv, name: 'synthesisXb32.conv1', alias: null};
    assert.ok(!r.sitsAt({at: 'synthesis.b32.conv*', filter: 'blur'}, other));
});

test('a pattern selects only nodes that the bend can be at, a name always selects its node', () => {
    assert.ok(r.sitsAt({at: 'synthesis.b32.*', activation: 'relu'}, conv));
    assert.ok(!r.sitsAt({at: 'synthesis.b32.*', activation: 'relu'}, rgb));
    assert.ok(r.sitsAt({at: 'synthesis.b32.torgb', activation: 'relu'}, rgb));
    assert.ok(r.sitsAt({at: 'synthesis.b32.*', filter: 'blur'}, rgb));
});

test('w’s are named by number, range, list or all of them', () => {
    for (const w of [4, '4', '4-9', '0-7', [1, '3-5'], 'all'])
        assert.ok(r.sitsAt({w, style: 3}, w4), String(w));
    for (const w of [3, '5-9', [0, '1-3'], 'x'])
        assert.ok(!r.sitsAt({w, style: 3}, w4), String(w));
    assert.ok(!r.sitsAt({w: 'all', style: 3}, conv));
});

test('the bends of a node keep their indices, and its last activation is in effect', () => {
    const recipe = {bends: [{at: 'synthesis.*', activation: 'relu'}, {at: 'z', add: {1: 1}},
                            {at: 'convs.5', filter: 'blur'}, {at: 70, activation: 'tanh', muted: true}]};
    assert.deepEqual(r.bendsAt(recipe, conv).map(({index}) => index), [0, 2, 3]);
    assert.equal(r.activationAt(recipe, conv).index, 3);
    assert.equal(r.activationAt({}, conv), null);
});

test('numbers are written as ranges and read back', () => {
    assert.equal(r.rangeText([5, 0, 1, 2, 9, 8, 8]), '0-2, 5, 8, 9');
    assert.deepEqual(r.ranges(['0-2', 5, ' 8 - 9 ', 'x']), [[0, 2], [5, 5], [8, 9]]);
    assert.equal(r.rangeText([]), '');
});

test('inputs have defaults; setting one to null removes it', () => {
    const recipe = {bends: []};
    assert.equal(r.inputs(recipe).noise, 'const');
    r.setInput(recipe, 'trunc', 0.7);
    assert.equal(r.inputs(recipe).trunc, 0.7);
    r.setInput(recipe, 'trunc', null);
    assert.deepEqual(recipe, {bends: [], inputs: {}});
    assert.equal(r.seedOf({inputs: {seeds: '12-20'}}), 12);
    assert.equal(r.seedOf({}), 0);
});

test('classes with shares are read and written', () => {
    const classes = r.classesOf({inputs: {class: '207:0.7,88:0.3'}});
    assert.deepEqual(classes, [{index: 207, share: 0.7}, {index: 88, share: 0.3}]);
    assert.equal(r.classText(classes), '207:0.7,88:0.3');
    assert.equal(r.classText([{index: 5, share: 1}]), 5);
    assert.deepEqual(r.classesOf({inputs: {class: 5}}), [{index: 5, share: 1}]);
    assert.deepEqual(r.classesOf({}), []);
});

test('edits of z add up, without muted ones', () => {
    const bends = [{at: 'z', add: {3: 0.5, 10: -1}}, {at: 'z', add: {3: 1}, times: 2},
                   {at: 'z', add: {4: 1}, muted: true}, {at: 'z', set: {5: 1}}];
    assert.deepEqual(r.zEdits({bends}), {3: 2.5, 10: -1});
});

test('a bend has a description', () => {
    assert.equal(r.describe({at: 'a', filter: 'rotate', angle: 30, features: {random: 0.5, seed: 7}}),
                 'rotate angle 30 at a, 50 % of the maps');
    assert.equal(r.describe({w: '0-7', style: {seed: 9, share: 0.4}}), 'style of seed 9, share 0.4 at w 0-7');
    assert.equal(r.describe({at: ['a', 'b'], disable: true, muted: true}), 'off at a, b (muted)');
    const paint = {mask: 'data:image/png;base64,AA', colours: {red: 'nose', other: 'keep'}};
    assert.equal(r.describe({at: 'a', paint}), 'painted with nose at a');
    assert.equal(r.describe({at: 'a'}), 'nothing at a');
});

test('numbers are written as short as possible', () => {
    assert.equal(r.formatNumber(0.1 + 0.2), '0.3');
    assert.equal(r.formatNumber(12345.678), '12350');
    assert.equal(r.formatNumber(1.23e-7), '1.23e-7');
    assert.equal(r.formatNumber(NaN), 'NaN');
});

test('without the bends of layers a recipe keeps its inputs, its z and its w’s', () => {
    const z = {at: 'z', add: {3: 0.5}}, style = {w: '0-3', style: {seed: 2}};
    const recipe = {inputs: {seeds: 7}, bends: [z, {at: 'synthesis.b8.conv1', filter: 'rotate'}, style]};
    assert.deepEqual(r.unbent(recipe), {inputs: {seeds: 7}, bends: [z, style]});
});
