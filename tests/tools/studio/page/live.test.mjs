// Renders and pictures: what is requested when, and what a picture that arrives is.
import assert from 'node:assert/strict';
import test from 'node:test';
import {FakeSocket, fakeBrowser} from './fake_socket.mjs';

fakeBrowser('http://localhost:7860/');
globalThis.createImageBitmap = async () => ({close() {}});
const {live} = await import('../../../../tools/studio/page/state/live.js');
const {store} = await import('../../../../tools/studio/page/state/store.js');
const {wire} = await import('../../../../tools/studio/page/state/wire.js');

const renders = () => FakeSocket.last().sent.filter(({type}) => type === 'render');
const settle = () => new Promise(resolve => setTimeout(resolve));
async function answer({serial}) {
    FakeSocket.last().sayBinary({kind: 'frame', serial, full: true, ms: {render: 1}}, [1]);
    await settle();
}

test('a trial is requested when nothing else is under way, and is not the picture', async () => {
    wire.connect();
    FakeSocket.last().open();
    store.welcome = {project: 'p', models: []};
    store.open({version: 1, state: {model: 'toy', recipe: {inputs: {seeds: 1}, bends: []}}});
    store.setNetwork({name: 'toy', nodes: []});
    assert.equal(renders().length, 1);
    live.tryOut({inputs: {seeds: 2}}, 'another seed');
    assert.equal(renders().length, 1);
    await answer(renders()[0]);
    const {serial} = store.frame.header;
    assert.equal(JSON.parse(renders()[1].recipe).inputs.seeds, 2);
    await answer(renders()[1]);
    assert.equal(store.frame.header.serial, serial);
    assert.equal(store.trial.words, 'another seed');
});

test('a trial that has ended or was replaced is not shown when its picture comes', async () => {
    live.tryOut(null);
    assert.equal(store.trial, null);
    live.tryOut({inputs: {seeds: 3}}, 'third');
    live.tryOut({inputs: {seeds: 4}}, 'fourth');
    assert.equal(renders().length, 3);
    await answer(renders()[2]);
    assert.equal(store.trial, null);
    assert.equal(JSON.parse(renders()[3].recipe).inputs.seeds, 4);
    live.tryOut(null);
    const {serial} = store.frame.header;
    await answer(renders()[3]);
    assert.equal(store.trial, null);
    assert.equal(store.frame.header.serial, serial);
    live.tryOut(null);
    assert.equal(renders().length, 4);
});

test('a trial that is refused says nothing, and a change does not wait for one', async () => {
    live.tryOut({inputs: {seeds: 5}}, 'fifth');
    FakeSocket.last().say({type: 'refused', serial: renders().at(-1).serial, message: 'no'});
    assert.equal(live.refused, null);
    live.tryOut({inputs: {seeds: 6}}, 'sixth');
    store.change('Seed', draft => { draft.recipe.inputs.seeds = 7; });
    await answer(renders().at(-2));
    await answer(renders().at(-1));
    assert.equal(store.frame.header.serial, renders().at(-1).serial);
    assert.equal(JSON.parse(renders().at(-1).recipe).inputs.seeds, 7);
    assert.equal(store.trial?.words, 'sixth');
});

test('while something plays, the moment to keep is that of the picture on the screen', async () => {
    assert.equal(live.moment, store.recipe);
    const at = seeds => live.play({inputs: {seeds}, bends: []}, {words: 'a film', paused: false, leave() {}});
    at(21);
    await answer(renders().at(-1));
    at(22);
    assert.equal(live.moment.inputs.seeds, 21);
    await answer(renders().at(-1));
    assert.equal(live.moment.inputs.seeds, 22);
    store.change('Seed', draft => { draft.recipe.inputs.seeds = 8; });
    assert.equal(live.moment.inputs.seeds, 22);
    live.play(null);
    assert.equal(live.moment.inputs.seeds, 8);
});

test('one thing plays at a time', () => {
    const left = [], player = name => ({words: name, paused: false, leave: () => left.push(name)});
    const film = player('film');
    live.play({inputs: {seeds: 1}}, film);
    live.play({inputs: {seeds: 2}}, film);
    assert.deepEqual(left, []);
    live.play({inputs: {seeds: 3}}, player('path'));
    assert.deepEqual(left, ['film']);
    assert.equal(live.player.words, 'path');
    live.play(null);
    assert.equal(live.player, null);
});

test('the picture without bends is requested once, and again if a change cut it off or its inputs changed', async () => {
    const isUnbent = ({recipe}) => !JSON.parse(recipe).bends?.length, blur = sigma => ({at: 'a', filter: 'blur', sigma});
    store.change('Blur', draft => { draft.recipe = {inputs: {seeds: 8}, bends: [blur(1)]}; });
    while (live.busy)
        await answer(renders().at(-1));
    const {length} = renders();
    live.compare('test', true);
    assert.equal(renders().length, length + 1);
    assert.ok(isUnbent(renders().at(-1)) && renders().at(-1).aside);
    const {serial} = renders().at(-1);
    FakeSocket.last().sayBinary({kind: 'frame', serial, full: false, ms: {render: 1}}, [1]);
    store.change('Blur', draft => { draft.recipe.bends = [blur(2)]; });
    await answer(renders().at(-1));                 // the full picture without bends was cancelled by this one
    assert.equal(store.unbent.header.full, false);
    assert.ok(isUnbent(renders().at(-1)));
    await answer(renders().at(-1));
    assert.equal(store.unbent.header.full, true);
    store.change('Blur', draft => { draft.recipe.bends = [blur(3)]; });
    await answer(renders().at(-1));
    assert.ok(!isUnbent(renders().at(-1)), 'bends do not change it');
    store.change('Seed', draft => { draft.recipe.inputs.seeds = 10; });
    await answer(renders().at(-1));
    assert.ok(isUnbent(renders().at(-1)));
    const refused = renders().length;
    FakeSocket.last().say({type: 'refused', serial: renders().at(-1).serial, message: 'no'});
    await settle();
    assert.equal(renders().length, refused, 'nor does one that was refused come again');
    live.compare('test', false);
});

test('a picture of the model before is not shown under the name of the next', async () => {
    store.change('Seed', draft => { draft.recipe.inputs.seeds = 9; });
    const before = renders().at(-1);
    store.setNetwork({name: 'toy', nodes: [], is: 'another'});
    FakeSocket.last().sayBinary({kind: 'frame', serial: before.serial, full: true, ms: {render: 1}}, [1]);
    store.setNetwork({name: 'toy', nodes: [], is: 'a third'});
    await settle();
    assert.equal(store.frame, null);
});
