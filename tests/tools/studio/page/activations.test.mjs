// Curves of activations and their axes.
import assert from 'node:assert/strict';
import test from 'node:test';
import {curveOf, rootTicks, ticks, windowOf} from '../../../../tools/studio/page/layer/activations.js';
import {found} from '../../../../tools/studio/page/layer/filtermenu.js';

const near = (value, wanted) =>
    assert.ok(Math.abs(value - wanted) < 1e-6 * Math.max(1, Math.abs(wanted)), `${value}, not ${wanted}`);

// Values from PyTorch.
const values = [
    ['linear', [], -1.5, -1.5], ['relu', [], -1, 0], ['relu', [], 2, 2], ['lrelu', [0.2], -2, -0.4],
    ['tanh', [], 0.5, 0.46211716],
    ['sigmoid', [], 1, 0.73105858], ['elu', [1], -1, -0.63212056], ['selu', [], -1, -1.11133070],
    ['selu', [], 1, 1.05070098],
    ['softplus', [1], 0, 0.69314718], ['softplus', [2], 1, 1.06346400], ['swish', [], -2, -0.23840584],
    ['gelu', [], 1, 0.84134475], ['gelu', [], -3, -0.00404969], ['relun', [1], 5, 1], ['shilu', [2, 0.5], 3, 6.5],
    ['sine', [2, 3], 0.5, 2.52441295], ['step', [0], 0, 0], ['step', [0], 0.1, 1],
    ['sinlu', [1, 1], 1, 1.34622316], ['coslu', [1, 1], 0, 0.5], ['poly', [1, 2, 4], 0, 1.5],
];

for (const [name, params, x, wanted] of values)
    test(`${name}(${x}) with [${params}] is ${wanted}`, () => near(curveOf(name, params)(x), wanted));

test('an activation without a formula has no curve', () => {
    assert.equal(curveOf('constructor'), null);
});

test('the range of a curve includes the input of the layer and 0, that of a histogram its values', () => {
    const [low, high] = windowOf({low: 0.5, high: 7}, true);
    assert.ok(low < -2 && high > 7 && high < 8);
    const [least, greatest] = windowOf({low: 0.5, high: 0.75}, false);
    assert.ok(least < 0.5 && least > 0.4 && greatest > 0.75 && greatest < 0.8);
    assert.ok(windowOf({low: 3, high: 3}, false)[0] < 3);
});

test('ticks are round numbers inside the range', () => {
    assert.deepEqual(ticks(-3.2, 4.4, 6), [-2, 0, 2, 4]);
    assert.deepEqual(ticks(0, 1, 5), [0, 0.2, 0.4, 0.6, 0.8, 1]);
});

test('ticks of square roots have round numbers and even room', () => {
    assert.deepEqual(rootTicks(0.25, 5).map(({value}) => value), [0.2, 0.1, 0.02]);
    for (const most of [1, 0.9, 0.013, 1e-5])
        for (const count of [1, 3, 8]) {
            const list = rootTicks(most, count);
            assert.ok(list.length > 0 && list.length <= count && list.every(({value, at}) => value <= most && at === Math.sqrt(value / most)));
            list.forEach(({at}, i) => assert.ok(!i || list[i - 1].at - at >= 1 / count));
        }
    assert.deepEqual(rootTicks(0, 5), []);
    assert.deepEqual(rootTicks(NaN, 5), []);
});

test('filters are found by name, alias and summary', () => {
    const rows = [
        {name: 'threshold', alias: 'binary-thresh', summary: '1 where x is above a threshold'},
        {name: 'resize-crop', alias: null, summary: 'maps resized and cut back'},
        {name: 'reflect-h', alias: 'flip-h', summary: 'left and right exchanged'},
    ];
    const names = typed => found(rows, typed).map(({name}) => name);
    assert.deepEqual(names(''), ['threshold', 'resize-crop', 'reflect-h']);
    assert.deepEqual(names('re'), ['resize-crop', 'reflect-h', 'threshold']);
    assert.deepEqual(names('flip'), ['reflect-h']);
    assert.deepEqual(names('LEFT'), ['reflect-h']);
    assert.deepEqual(names('nothing'), []);
});
