// What a knob or key does to a number, and what OSC messages mean.
import assert from 'node:assert/strict';
import test from 'node:test';
import {hand, readControl, shaped, unshaped} from '../../../../tools/studio/page/state/hand.js';

const close = (a, b) => assert.ok(Math.abs(a - b) < 1e-5, `${a} is not ${b}`);

test('a knob has to reach the number before it moves it, and again after something else has moved it', () => {
    const turn = hand({});
    assert.equal(turn({position: 0.2}, 0.6), null);
    assert.equal(turn({position: 0.5}, 0.6), null);
    assert.equal(turn({position: 0.7}, 0.6), 0.7);
    assert.equal(turn({position: 0.9}, 0.7), 0.9);
    assert.equal(turn({position: 0.95}, 0.3), null);
    assert.equal(turn({position: 0.31}, 0.3), 0.31);
    assert.equal(hand({soft: false})({position: 0.1}, 0.9), 0.1);
});

test('range, inversion and curve shape the position, and can be undone for motor faders', () => {
    close(shaped({low: 0.2, high: 0.6, curve: 'linear', invert: false}, 0.5), 0.4);
    close(shaped({low: 0.2, high: 0.6, curve: 'linear', invert: true}, 0.25), 0.5);
    close(shaped({low: 0, high: 1, curve: 'in', invert: false}, 0.5), 0.25);
    for (const how of [{low: 0.2, high: 0.6, curve: 'smooth', invert: true}, {low: 1, high: 0, curve: 'out', invert: false}])
        for (const position of [0, 0.3, 1])
            close(unshaped(how, shaped(how, position)), position);
});

test('endless knobs add their steps, however they count', () => {
    const steps = (relative, bits, more = {}) => hand({relative, ...more})({position: bits / 127}, 0.5);
    close(steps('two\'s complement', 2), 0.5 + 2 / 128);
    close(steps('two\'s complement', 127), 0.5 - 1 / 128);
    close(steps('offset 64', 62), 0.5 - 2 / 128);
    close(steps('sign bit', 67), 0.5 - 3 / 128);
    close(steps('sign bit', 67, {invert: true}), 0.5 + 3 / 128);
    assert.equal(steps('two\'s complement', 63, {high: 0.6}), 0.6);
});

test('a key is a gate, a toggle, or as strong as it is struck', () => {
    const press = {position: 0.8, isKey: true}, release = {position: 0, isKey: true};
    const gate = hand({low: 0.1, high: 0.9}), toggle = hand({keys: 'toggle'}), velocity = hand({keys: 'velocity'});
    assert.deepEqual([gate(press, 0), gate(release, 0.9)], [0.9, 0.1]);
    assert.deepEqual([toggle(press, 0), toggle(release, 1), toggle(press, 1)], [1, null, 0]);
    assert.deepEqual([velocity(press, 0), velocity(release, 0.8)], [0.8, null]);
});

test('OSC takes values, shares, and messages for one tab', () => {
    assert.deepEqual(readControl('trunc', 0.7, 'set'), {address: 'trunc', value: 0.7});
    assert.deepEqual(readControl('share/bend/0/angle', 0.5, 'set'), {address: 'bend/0/angle', value: {share: 0.5}});
    assert.deepEqual(readControl('@my_set/share/trunc', 1, 'my set'), {address: 'trunc', value: {share: 1}});
    assert.equal(readControl('@other/trunc', 1, 'set'), null);
});
