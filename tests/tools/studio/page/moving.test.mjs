// What MIDI and OSC move: nothing of a press is lost, numbers coalesce, and a page that is not drawn follows.
import assert from 'node:assert/strict';
import test from 'node:test';
import {FakeSocket, fakeBrowser} from './fake_socket.mjs';

fakeBrowser('http://localhost:7860/');
globalThis.document = {createElement: () => ({}), addEventListener() {}, hidden: true};      // and no animation frames
globalThis.createImageBitmap = async () => ({close() {}});
const {addAction} = await import('../../../../tools/studio/page/parts/addresses.js');
const {move} = await import('../../../../tools/studio/page/project/moving.js');
const {store} = await import('../../../../tools/studio/page/state/store.js');
const {wire} = await import('../../../../tools/studio/page/state/wire.js');
await import('../../../../tools/studio/page/state/live.js');

const pressed = [];
const wait = ms => new Promise(resolve => setTimeout(resolve, ms));
const renders = () => FakeSocket.last().sent.filter(({type}) => type === 'render');

test('set up', () => {
    wire.connect();
    FakeSocket.last().open();
    store.welcome = {project: 'p', models: []};
    store.rows = {filters: [{name: 'rotate', params: [{name: 'angle', low: null, high: null, default_value: 45, choices: null}]},
                            {name: 'blur', params: [{name: 'radius', low: 0, high: null, default_value: 1, choices: null}]}], activations: []};
    const bends = [{at: 'a', filter: 'rotate', angle: 10}, {at: 'a', filter: 'blur', radius: 1}];
    store.open({version: 1, state: {model: 'toy', recipe: {inputs: {seeds: 1}, bends}}});
    store.setNetwork({name: 'toy', z_dim: 8, num_ws: 0, nodes: [{name: 'a', takes: []}]});
    addAction('test/take', 'Take', () => pressed.push(store.recipe.inputs.trunc ?? null));
});

test('every press is done, with the numbers that came before it', () => {
    for (const value of [1, 0, 1, 0, 1])
        move('test/take', value);
    assert.equal(pressed.length, 3);
    move('trunc', 0.25);
    move('trunc', 0.5);
    move('test/take', 0);
    move('test/take', 1);
    assert.equal(pressed.at(-1), 0.5);
});

test('in a tab that is not drawn a move is rendered, and the last of many moves too', async () => {
    FakeSocket.last().sayBinary({kind: 'frame', serial: renders().at(-1).serial, full: true, ms: {render: 1}}, [1]);
    const {length} = renders();
    for (const value of [0.1, 0.2, 0.3, 0.4])
        move('trunc', value);
    await wait(40);
    assert.equal(store.recipe.inputs.trunc, 0.4);
    assert.ok(renders().length > length);
    assert.equal(store.done.length, 0, 'moves are no steps');
});

test('a picture that arrives moves what is waiting', async () => {
    await wait(40);
    move('trunc', 0.6);
    move('trunc', 0.7);
    FakeSocket.last().sayBinary({kind: 'frame', serial: renders().at(-1).serial, full: true, ms: {render: 1}}, [1]);
    assert.equal(store.recipe.inputs.trunc, 0.7);
});

test('an address of a bend by its place and name outlives a change of the order', async () => {
    await wait(40);
    move('bend/a/rotate/angle', 20);
    store.change('Order', draft => draft.recipe.bends.reverse());
    await wait(40);
    move('bend/a/rotate/angle', 30);
    await wait(40);
    assert.deepEqual(store.recipe.bends.map(({filter, angle}) => angle ?? filter), ['blur', 30]);
    move('bend/0/radius', 4);
    assert.equal(store.recipe.bends[0].radius, 4);
});

test('a value that becomes neutral leaves its bend, so that no step of undo loses its place', async () => {
    await wait(40);
    move('z/3', 1);
    await wait(40);
    move('z/3', 0);
    assert.deepEqual(store.recipe.bends.at(-1), {at: 'z', add: {3: 0}});
    assert.equal(store.done.length, 1);
});
