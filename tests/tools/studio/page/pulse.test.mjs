// The beat of films and paths goes on in a tab that is hidden, where only pictures arrive.
import assert from 'node:assert/strict';
import test from 'node:test';
import {clock} from './clock.mjs';

globalThis.document = {hidden: true};
clock.start();
let now = 0;
globalThis.performance = {now: () => now};
const {pulse} = await import('../../../../tools/studio/page/state/pulse.js');
const {store} = await import('../../../../tools/studio/page/state/store.js');

test('every picture is a step, and without pictures there is one now and then', () => {
    const steps = [];
    const beat = pulse(passed => steps.push(passed));
    store.tell('frame', 'frame');
    assert.deepEqual(steps, [], 'nothing has begun');
    beat.start();
    for (let i = 0; i < 5; i++) {
        now += 4;
        store.tell('frame', 'frame');
    }
    assert.deepEqual(steps, [4, 4, 4, 4, 4]);
    now += 100;
    clock.tick(100);
    assert.equal(steps.length, 6);
    store.tell('frame', 'trial');
    assert.equal(steps.length, 6);
    beat.stop();
    now += 4;
    store.tell('frame', 'frame');
    clock.tick(1000);
    assert.equal(steps.length, 6);
});

test('in a tab that is seen, pictures faster than the screen are no steps of their own', () => {
    document.hidden = false;
    const steps = [], beat = pulse(passed => steps.push(passed));
    beat.start();
    for (let i = 0; i < 3; i++) {
        now += 4;
        store.tell('frame', 'frame');
    }
    assert.deepEqual(steps, [12]);
    beat.stop();
});
