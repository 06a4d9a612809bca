// Examples and bends by chance fit every network.
import assert from 'node:assert/strict';
import test from 'node:test';
import {bendByChance, examples} from '../../../../tools/studio/page/first/examples.js';
import {ago} from '../../../../tools/studio/page/first/works.js';

const layer = (name, maps, side, act = true) => ({name, shape: [maps, side, side], act: act ? {name: 'lrelu'} : null,
                                                  takes: ['filter', ...act ? ['activation'] : [], 'disable']});
const network = {nodes: [{name: 'z', shape: [64], act: null, takes: ['set']}, layer('b4', 64, 4), layer('b8', 64, 8), layer('b16', 32, 16),
                         layer('img', 3, 16, false)]};

test('six examples, each at a layer that exists', () => {
    const found = examples(network, {inputs: {seeds: 3, class: 7}});
    assert.equal(found.length, 6);
    for (const {layer: name, recipe} of found) {
        assert.deepEqual(recipe.inputs, {seeds: 3, class: 7});
        assert.equal(recipe.bends[0].at, name);
        assert.ok(['b4', 'b8', 'b16'].includes(name));
    }
    assert.deepEqual(examples({nodes: []}, {inputs: {}}), []);
});

test('bends by chance are of all kinds, at layers that take them', () => {
    let state = 1;
    const random = () => (state = Math.imul(state, 1664525) + 1013904223 >>> 0) / 2 ** 32;
    const kinds = new Set();
    for (let i = 0; i < 500; i++) {
        const bend = bendByChance(network, random), node = network.nodes.find(({name}) => name === bend.at);
        kinds.add(bend.filter ?? bend.activation);
        assert.ok(node.takes.includes(bend.filter ? 'filter' : 'activation'));
        assert.ok(!bend.features || (bend.features.random >= 0.2 && bend.features.random <= 0.8));
        assert.ok(Object.values(bend).every(value => value !== undefined && !Number.isNaN(value)));
    }
    assert.ok(kinds.size > 14, [...kinds].join());
    assert.equal(bendByChance({nodes: []}, random), null);
});

test('how long ago something was', () => {
    assert.deepEqual([0, 1, 59, 60, 3600 * 5, 86400, 86400 * 20].map(ago),
                     ['1 second ago', '1 second ago', '59 seconds ago', '1 minute ago', '5 hours ago', '1 day ago', '2 weeks ago']);
});
