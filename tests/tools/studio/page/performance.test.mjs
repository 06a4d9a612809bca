// Recorded performances, and loops that close.
import assert from 'node:assert/strict';
import test from 'node:test';
import {checked, longest, loopOf, mixedMoments, player, recorder} from '../../../../tools/studio/page/state/performance.js';

const at = (angle, time) => ({inputs: {seeds: 1}, bends: [{at: 'x', filter: 'rotate', angle}], ...time === undefined ? {}
    : {modulators: [{move: 'trunc', depth: 1}], time, beat: 2 * time}});

function record(...steps) {
    const tape = recorder();
    for (const [seconds, recipe] of steps)
        assert.ok(tape.take(recipe, seconds));
    return JSON.parse(JSON.stringify(tape.made('toy')));
}

test('a performance plays every recipe at its time, forwards and backwards', () => {
    const made = checked(record([0, at(1)], [0.5, at(2)], [0.75, at(2)], [2, at(3)]));
    assert.equal(made.length, 2);
    assert.equal(made.moves.length, 2);
    const play = player(made);
    for (const [seconds, angle] of [[0, 1], [0.49, 1], [0.5, 2], [1.99, 2], [2, 3], [5, 3], [0.6, 2], [0, 1]])
        assert.deepEqual(play(seconds), at(angle), `${seconds}`);
});

test('between two moves the time of modulators goes on evenly', () => {
    const play = player(record([0, at(1, 10)], [1, at(1, 12)], [2, at(5, 12.5)]));
    assert.deepEqual([0, 0.5, 1, 1.5, 2].map(seconds => play(seconds).time), [10, 11, 12, 12.25, 12.5]);
    assert.equal(play(0.5).beat, 22);
    assert.equal(play(1.5).bends[0].angle, 1);
});

test('a recording ends by itself, and anything else is refused', () => {
    const tape = recorder();
    tape.take(at(1), 0);
    assert.equal(tape.take(at(2), longest + 1), false);
    const made = record([0, at(1)], [1, at(2)]);
    for (const wrong of [null, {}, {...made, version: 2}, {...made, moves: [[2, []], [1, []]]}, {...made, moves: [[1, [3]]]},
                         {...made, length: 1e9}])
        assert.throws(() => checked(wrong), /not a performance/);
});

test('the end of a loop goes over into its beginning', () => {
    const made = record([0, at(0)], ...Array.from({length: 100}, (_, i) => [(i + 1) / 10, at(i + 1)]));
    const loop = loopOf(made, 2);
    const angle = seconds => loop.at(seconds).bends[0].angle;
    assert.equal(loop.length, 8);
    assert.deepEqual([angle(0), angle(5), angle(6)], [20, 70, 80]);
    assert.equal(angle(7), 50);                     // half of 90 and half of 10
    assert.equal(angle(8 - 1e-9), 19);              // just before the move of the loop's beginning
    assert.equal(loopOf(made, 99).length, 5);
});

test('modulators of two moments fade into each other, each from its own time', () => {
    const mixed = mixedMoments(at(0, 10), at(0, 4), 0.25);
    assert.equal(mixed.time, 10);
    assert.deepEqual(mixed.modulators, [{move: 'trunc', depth: 0.75}, {move: 'trunc', depth: 0.25, start: 6}]);
});
