// Shared by the panels of a layer: throttled requests, kinds of features, named parameters.
import assert from 'node:assert/strict';
import test from 'node:test';
import {namedBy, numberOf} from '../../../../tools/studio/page/layer/bendcontrols.js';
import {kindOfFeatures} from '../../../../tools/studio/page/layer/features.js';
import {newest} from '../../../../tools/studio/page/state/newest.js';
import {wire} from '../../../../tools/studio/page/state/wire.js';
import {clock} from './clock.mjs';

// The program's side: `asked` holds the requests, which are answered when told to.
function program() {
    const asked = [];
    wire.state = 'open';
    wire.ask = (type, fields) => new Promise((resolve, reject) => asked.push({type, ...fields, resolve, reject}));
    return asked;
}
// Lets promises settle and the pause of 0 ms pass, on a clock that advances only here.
const turn = async () => {
    for (let i = 0; i < 10; i++) {
        clock.tick(1);
        await Promise.resolve();
        await Promise.resolve();
    }
};
test.beforeEach(() => clock.start());
test.afterEach(() => clock.stop());

test('while a request is pending, only one more is kept', async () => {
    const asked = program(), heard = [];
    const ask = newest(() => ({type: 'statistics', node: 'a'}), answer => heard.push(answer.value), assert.fail, 0);
    ask();
    ask();
    ask();
    assert.deepEqual(asked.map(({type, node}) => [type, node]), [['statistics', 'a']]);
    asked[0].resolve({value: 1});
    await turn();
    assert.equal(asked.length, 2);
    asked[1].resolve({value: 2});
    await turn();
    assert.equal(asked.length, 2);
    assert.deepEqual(heard, [1, 2]);
});

test('an answer that is no longer wanted is ignored', async () => {
    const asked = program(), heard = [];
    let node = 'a';
    const ask = newest(() => ({type: 'statistics', node}), answer => heard.push(answer.value),
                       error => heard.push(error.message), 0);
    ask();
    node = 'b';
    asked[0].resolve({value: 1});
    await turn();
    ask();
    asked[1].reject(new Error('no such node'));
    await turn();
    assert.deepEqual(heard, ['no such node']);
});

test('nothing is requested if nothing is shown', () => {
    const asked = program();
    newest(() => null, assert.fail, assert.fail, 0)();
    assert.equal(asked.length, 0);
});

test('features are all, a list, a random share or a cluster', () => {
    const features = [undefined, 'all', [0, '2-3'], 4, {random: 0.5}, {cluster: 1}];
    assert.deepEqual(features.map(which => kindOfFeatures({features: which})),
                     ['all', 'all', 'list', 'list', 'random', 'cluster']);
});

test('a number may refer to a parameter of the recipe, with or without a range', () => {
    const recipe = {parameters: {angle: {value: 30, low: 0, high: 90}, size: 2}};
    assert.deepEqual(['$angle', '$size', 5, 'x'].map(namedBy), ['angle', 'size', null, null]);
    assert.deepEqual(['$angle', '$size', 5, '7'].map(value => numberOf(recipe, value)), [30, 2, 5, 7]);
});
