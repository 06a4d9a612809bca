// Modulators, levels of sound, and tempo.
import assert from 'node:assert/strict';
import test from 'node:test';
import {follower, levelsOf, onsetDetector} from '../../../../tools/studio/page/state/levels.js';
import {atMoment, mixedModulators, reachable, reaches, reachOf, removeModulator, setPeriod, withoutBends}
    from '../../../../tools/studio/page/state/modulators.js';
import {midiClock, tapper} from '../../../../tools/studio/page/state/tempo.js';

const recipe = {inputs: {seeds: 1, trunc: 0.5}, parameters: {smile: 1}, tempo: 60, bends: [
    {at: 'a', filter: 'rotate'}, {at: 'a', filter: 'rotate', angle: 3}, {direction: {name: 'pc1'}}]};
const moved = (...modulators) => ({...recipe, modulators});

test('an address reaches the numbers that the recipe has', () => {
    for (const address of ['trunc', 'seed', 'bend/0/angle', 'bend/2/amount', 'bend/a/rotate/angle', 'bend/a/rotate:2/angle',
                           'param/smile', 'direction/pc1', 'z/3', 'noise/a/factor'])
        assert.ok(reaches(recipe, address), address);
    for (const address of ['bend/3/angle', 'bend/b/rotate/angle', 'bend/a/rotate:3/angle', 'param/frown', 'direction/pc2', 'cutoff',
                           'output/black', 'scene/1/1'])
        assert.ok(!reaches(recipe, address), address);
});

test('short forms of bends, noise that is off, and named parameters are not reached', () => {
    const bends = [{direction: 'pc1'}, {w: 1, style: 7}, {at: 'a', noise: 'off'}, {at: 'a', filter: 'rotate', angle: '$turn'},
                   {at: 'b', noise: 0.5}, {at: 'c', noise: {seed: 4}}, {w: 2, style: {seed: 3}}];
    const numbers = ['amount', 'share', 'factor', 'angle', 'factor', 'factor', 'share'];
    assert.deepEqual(numbers.map((name, i) => reaches({bends}, `bend/${i}/${name}`)), [false, false, false, false, true, true, true]);
});

test('the recipe without bends stays the same while bends and what only they use change and move', () => {
    const inputs = {seeds: 1, trunc: 0.5}, direction = {direction: {name: 'pc1', amount: 2}};
    const turned = (angle, time, ...modulators) => ({inputs, clusters: {a: [[angle]]}, parameters: {turn: angle}, tempo: 90, time, beat: 2 * time,
        bends: [{at: 'a', filter: 'rotate', angle}, direction, {at: 'b', filter: 'rotate', angle: '$turn'}], modulators});
    const isRotated = {move: 'bend/0/angle', depth: 3};
    assert.deepEqual(withoutBends(turned(3, 1, isRotated)), {inputs, bends: [direction]});
    assert.deepEqual(withoutBends(turned(3, 1, isRotated)), withoutBends(turned(4, 2, isRotated, {move: 'param/turn'}, {move: 'bend/b/rotate/angle'}, {move: 'noise/a/factor'})));
    const moving = withoutBends(turned(3, 1, isRotated, {move: 'bend/1/amount'}, {move: 'trunc'}));
    assert.deepEqual(moving, {inputs, tempo: 90, time: 1, beat: 2, bends: [direction], modulators: [{move: 'bend/0/amount'}, {move: 'trunc'}]});
    const named = {...turned(3, 1), inputs: {...inputs, trunc: '$turn'}};
    assert.deepEqual(withoutBends(named), {inputs: named.inputs, parameters: {turn: 3}, bends: [direction]});
});

test('a recipe gets its moment, the levels of sound, and no modulator that reaches nothing', () => {
    assert.equal(atMoment(recipe, {time: 3}), recipe);
    const muted = moved({move: 'trunc', muted: true});
    assert.equal(atMoment(muted, {time: 3}), muted);
    const at = atMoment(moved({move: 'trunc'}, {move: 'z/1', wave: 'audio', depth: 2}, {move: 'param/frown'}), {time: 1.5},
                        () => 0.25);
    assert.deepEqual([at.time, at.beat], [1.5, 1.5]);
    assert.deepEqual(at.modulators, [{move: 'trunc'}, {move: 'z/1', wave: 'audio', depth: 2, value: 0.25}]);
    assert.equal(atMoment(moved({move: 'trunc'}), {time: 2, beat: 7}).beat, 7);
    assert.deepEqual(reachable(moved({move: 'param/frown'})).modulators, []);
});

test('the reach of a number is that of all its modulators', () => {
    const of = moved({move: 'trunc', depth: 0.5}, {move: 'trunc', wave: 'envelope', depth: 1}, {move: 'seed', muted: true});
    assert.deepEqual(reachOf(of, 'trunc'), [-0.5, 1.5]);
    assert.equal(reachOf(of, 'seed'), null);
    assert.deepEqual(reachOf(moved({move: 'trunc', wave: 'audio', depth: -0.3}), 'trunc'), [-0.3, 0]);
});

test('modulators are removed and change their unit', () => {
    const draft = moved({move: 'trunc', period: 3});
    setPeriod(draft.modulators[0], 'beats', 4);
    assert.deepEqual(draft.modulators, [{move: 'trunc', beats: 4}]);
    removeModulator(draft, 0);
    assert.ok(!('modulators' in draft));
});

test('between two recipes common modulators are interpolated and others fade by their depth', () => {
    const a = moved({move: 'trunc', depth: 1, period: 2}, {move: 'seed', depth: 4});
    const b = moved({move: 'trunc', depth: 0, period: 4}, {move: 'z/1', wave: 'walk'});
    assert.deepEqual(mixedModulators(a, b, 0.25), [{move: 'trunc', depth: 0.75, period: 2.5}, {move: 'seed', depth: 3},
                                                   {move: 'z/1', wave: 'walk', depth: 0.25}]);
    assert.deepEqual(mixedModulators(recipe, recipe, 0.5), []);
});

const spectrum = (loud, level, quiet = -90) => Float32Array.from({length: 1024}, (_, i) => loud(i * 20) ? level : quiet);

test('each band hears its own frequencies, from -70 to -20 dB', () => {
    const low = levelsOf(spectrum(hz => hz < 150, -45), 20);
    assert.ok(Math.abs(low.low - 0.5) < 0.02 && low.mid < 0.1 && low.high === 0, JSON.stringify(low));
    assert.deepEqual(Object.values(levelsOf(spectrum(() => true, -10), 20)), [1, 1, 1, 1]);
    assert.deepEqual(Object.values(levelsOf(spectrum(() => false, 0), 20)), [0, 0, 0, 0]);
});

test('a beginning is heard once, and not while the sound goes on', () => {
    const heard = onsetDetector(), quiet = spectrum(() => false, 0), loud = spectrum(() => true, -30);
    const steps = [quiet, quiet, loud, loud, loud, quiet, quiet, loud].map(each => heard(each, 0.1));
    assert.deepEqual(steps, [0, 0, 1, 0, 0, 0, 0, 1]);
});

test('a follower rises within the attack, falls within the release, and ignores what is below the threshold', () => {
    const follow = follower(), how = {attack: 0.1, release: 1, threshold: 0.2, gain: 2};
    assert.ok(Math.abs(follow(0.4, how, 0.1) - 0.8 * (1 - Math.exp(-1))) < 1e-9);
    assert.ok(Math.abs(follow(9, how, 100) - 1) < 1e-9);
    assert.ok(Math.abs(follow(0.1, how, 1) - Math.exp(-1)) < 1e-9);
    assert.equal(follower()(0.3, {attack: 0}, 0.001), 0.3);
});

test('taps give the tempo, and a pause begins again', () => {
    const tap = tapper();
    assert.deepEqual([0, 500, 1000, 1500].map(tap), [null, 120, 120, 120]);
    assert.deepEqual([9000, 9400].map(tap), [null, 150]);
});

test('24 clocks are a beat; without clocks the tempo is unknown', () => {
    const clock = midiClock();
    assert.equal(clock.at(0), null);
    clock.start();
    for (let i = 0; i <= 48; i++)
        clock.tick(i * 500 / 24);
    const {tempo, beat} = clock.at(1000 + 250 / 24);
    assert.ok(Math.abs(tempo - 120) < 1e-6 && Math.abs(beat - (2 + 0.5 / 24)) < 1e-6, `${tempo} ${beat}`);
    assert.equal(clock.at(9000), null);
});
