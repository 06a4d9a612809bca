// Undo: patches between trees, merged steps, undo and redo.
import assert from 'node:assert/strict';
import test from 'node:test';
import {History} from '../../../../tools/studio/page/state/history.js';
import {apply, diff, inverse, same} from '../../../../tools/studio/page/state/patch.js';

const a = {inputs: {seeds: 0}, bends: [{at: 'x', angle: 1}, {at: 'y'}, {at: 'z', add: {3: 0.5}}], others: {}};
const variants = [
    {inputs: {seeds: 1}, bends: a.bends, others: {}},
    {inputs: {}, bends: [{at: 'y'}], others: {}},
    {inputs: {seeds: null}, bends: [{at: 'new'}, ...a.bends, {at: 'last'}], others: {m: {bends: []}}},
    {inputs: [0], bends: {0: 'not a list'}, others: null},
    {bends: []},
];

test('the patch between two trees can be applied and reversed, for any pair', () => {
    const all = [a, ...variants];
    for (const from of all)
        for (const to of all) {
            const patch = JSON.parse(JSON.stringify(diff(from, to)));
            assert.deepEqual(apply(from, patch), to);
            assert.deepEqual(apply(to, inverse(patch)), from);
        }
});

test('a patch contains only what changed', () => {
    const to = {...a, bends: [a.bends[0], {at: 'y', angle: 2}, a.bends[2]]};
    assert.deepEqual(diff(a, to), [{path: ['bends', 1, 'angle'], from: undefined, to: 2}]);
    assert.deepEqual(diff(a, structuredClone(a)), []);
});

test('what a patch does not change stays the same object', () => {
    const to = apply(a, diff(a, {...a, inputs: {seeds: 5}}));
    assert.equal(to.bends, a.bends);
    assert.notEqual(to.inputs, a.inputs);
    assert.deepEqual(a.inputs, {seeds: 0});
});

test('trees are compared by content, not by the order of keys', () => {
    assert.ok(same({x: 1, y: [1, {z: 2}]}, {y: [1, {z: 2}], x: 1}));
    assert.ok(!same({x: undefined}, {y: undefined}));
    assert.ok(!same([1], {0: 1}));
});

test('undo and redo go through every state', () => {
    const history = new History({n: 0, list: []});
    const states = [history.state];
    for (let i = 1; i <= 50; i++) {
        history.change(`step ${i}`, draft => { draft.n = i; draft.list.splice(i % 3, i % 5, i, -i); });
        states.push(history.state);
    }
    for (let i = 49; i >= 0; i--) {
        assert.equal(history.undo(), `step ${i + 1}`);
        assert.deepEqual(history.state, states[i]);
    }
    assert.equal(history.undo(), null);
    for (let i = 1; i <= 50; i++) {
        history.redo();
        assert.deepEqual(history.state, states[i]);
    }
    assert.equal(history.redo(), null);
});

test('the changes of a drag are one step until it settles', () => {
    const history = new History({angle: 0});
    for (const angle of [1, 2, 3])
        history.change('Angle', draft => { draft.angle = angle; }, 'bend/0/angle');
    assert.equal(history.done.length, 1);
    history.settle();
    history.change('Angle', draft => { draft.angle = 4; }, 'bend/0/angle');
    assert.equal(history.done.length, 2);
    history.undo();
    assert.equal(history.state.angle, 3);
    history.undo();
    assert.equal(history.state.angle, 0);
});

test('another change in between ends a drag', () => {
    const history = new History({x: 0, y: 0});
    history.change('X', draft => { draft.x = 1; }, 'x');
    history.change('Y', draft => { draft.y = 1; }, 'y');
    history.change('X', draft => { draft.x = 2; }, 'x');
    assert.deepEqual(history.done.map(step => step.label), ['X', 'Y', 'X']);
});

test('a drag that returns to its start is no step', () => {
    const history = new History({x: 0});
    history.change('X', draft => { draft.x = 1; }, 'x');
    history.change('X', draft => { draft.x = 0; }, 'x');
    assert.equal(history.done.length, 0);
    assert.equal(history.change('nothing', () => {}), false);
});

test('a change after undo drops only the undone steps', () => {
    const history = new History({x: 0});
    history.change('one', draft => { draft.x = 1; });
    history.change('two', draft => { draft.x = 2; });
    history.undo();
    history.change('three', draft => { draft.x = 3; });
    assert.deepEqual([history.done.length, history.undone.length], [2, 0]);
});

test('a kept history continues where it was', () => {
    const before = new History({x: 0, list: [1, 2]});
    before.change('one', draft => { draft.x = 1; draft.extra = undefined; });
    before.change('two', draft => { draft.list = [2]; });
    before.undo();
    const kept = JSON.parse(JSON.stringify({state: before.state, undo: before.done, redo: before.undone}));
    const after = new History(kept.state, kept);
    after.redo();
    assert.deepEqual(after.state, {x: 1, list: [2]});
    after.undo();
    after.undo();
    assert.deepEqual(after.state, {x: 0, list: [1, 2]});
});

test('a draft writes to copies', () => {
    const state = {recipe: {bends: [{at: 'x'}]}, pins: []};
    const history = new History(state);
    history.change('bend', draft => { draft.recipe.bends[0].at = 'y'; });
    assert.equal(state.recipe.bends[0].at, 'x');
    assert.equal(history.state.pins, state.pins);
});

test('changes beside are passed over by undo and redo, and do not clear what can be redone', () => {
    const history = new History({bends: [{angle: 1}], seed: 0});
    history.change('filter', draft => { draft.bends.push({radius: 2}); });
    history.change('seed', draft => { draft.seed = 5; });
    history.undo();
    history.undo();
    history.changeBeside('knob', draft => { draft.bends[0].angle = 9; });
    history.changeBeside('knob', draft => { draft.bends.push({amount: 3}); });
    assert.equal(history.undone.length, 2);
    history.redo();
    history.redo();
    assert.deepEqual(history.state, {bends: [{angle: 9}, {radius: 2}, {amount: 3}], seed: 5});
    history.undo();
    history.undo();
    assert.deepEqual(history.state, {bends: [{angle: 9}, {amount: 3}], seed: 0});
});

test('a drag does not take in what a knob changes meanwhile', () => {
    const history = new History({x: 0, y: 0, bends: []});
    history.change('X', draft => { draft.x = 1; }, 'x');
    history.changeBeside('knob', draft => { draft.y = 7; });
    history.changeBeside('knob', draft => { draft.bends.push('new'); });
    history.change('X', draft => { draft.x = 2; }, 'x');
    assert.equal(history.done.length, 1);
    history.undo();
    assert.deepEqual(history.state, {x: 0, y: 7, bends: ['new']});
});

test('a change beside that removes something is a step, so that it can be undone', () => {
    const history = new History({bends: [{angle: 1}, {angle: 2}], inputs: {w: [1, 2]}});
    history.changeBeside('gone', draft => { draft.bends.shift(); });
    history.changeBeside('no latent', draft => { delete draft.inputs.w; });
    assert.deepEqual(history.done.map(step => step.label), ['gone', 'no latent']);
    history.undo();
    history.undo();
    assert.deepEqual(history.state, {bends: [{angle: 1}, {angle: 2}], inputs: {w: [1, 2]}});
});
