// The store: changes, selection, and the kept document.
import assert from 'node:assert/strict';
import test from 'node:test';
import {clock} from './clock.mjs';
import {FakeSocket, fakeBrowser} from './fake_socket.mjs';
import {store} from '../../../../tools/studio/page/state/store.js';
import {wire} from '../../../../tools/studio/page/state/wire.js';

fakeBrowser('http://localhost:7860/');
clock.start();
const left = new Map();
globalThis.localStorage = {getItem: key => left.get(key) ?? null, setItem: (key, value) => left.set(key, value),
                           removeItem: key => left.delete(key)};

store.welcome = {project: 'project', models: [{name: 'faces', classes: 0}]};
wire.connect();
FakeSocket.last().open();
store.open(null);

const network = {name: 'faces', nodes: ['z', 'a', 'b', 'c'].map(name => ({name}))};
const keeps = () => FakeSocket.last().sent.filter(({type}) => type === 'keep');
const answer = message => FakeSocket.last().say({type: 'answer', id: message.id});
const settle = async () => { for (let i = 0; i < 5; i++) await Promise.resolve(); };

test('a new project takes the current model', () => {
    store.begin('faces');
    store.setNetwork(network);
    assert.equal(store.state.model, 'faces');
    assert.deepEqual(store.recipe.bends, []);
    assert.equal(store.done.length, 0);
});

test('changes are announced, undone and redone', () => {
    let told = 0;
    const stop = store.on('recipe', () => told++);
    store.change('Bend', draft => draft.recipe.bends.push({at: 'a', filter: 'blur'}));
    store.change('nothing', () => {});
    assert.equal(told, 1);
    assert.equal(store.undo(), 'Bend');
    assert.equal(store.recipe.bends.length, 0);
    assert.equal(store.redo(), 'Bend');
    store.goBack(1);
    assert.equal(store.recipe.bends.length, 0);
    store.goBack(-1);
    assert.equal(store.recipe.bends.length, 1);
    stop();
    store.change('Bend', draft => draft.recipe.bends.pop());
    assert.equal(told, 5);
});

test('two numbers changed together are one step, which a pause ends', () => {
    const move = (name, value) => store.change(name, draft => { draft.recipe[name] = value; }, name);
    const steps = store.done.length;
    store.together('pad');
    for (let i = 0; i < 5; i++) {
        move('x', i);
        move('y', -i);
    }
    store.settleSoon();
    assert.equal(store.done.length, steps + 1);
    clock.tick(1000);
    move('x', 9);
    move('y', 9);
    assert.equal(store.done.length, steps + 3);
    store.goBack(3);
    assert.equal(store.recipe.x, undefined);
});

test('layers are selected, added and removed', () => {
    store.select(['a']);
    store.select(['b', 'c'], 'add');
    assert.deepEqual(store.selection, ['a', 'b', 'c']);
    store.select(['a', 'z'], 'toggle');
    assert.deepEqual(store.selection, ['b', 'c', 'z']);
    assert.equal(store.current.name, 'z');
    store.select(['a']);
    assert.deepEqual(store.selection, ['a']);
});

test('after a change of network only existing nodes stay selected', () => {
    store.select(['a', 'c']);
    store.setNetwork({name: 'faces', nodes: [{name: 'c'}, {name: 'd'}]});
    assert.deepEqual(store.selection, ['c']);
    store.setNetwork(network);
});

test('what streams in 20 times a second is kept within 2 s, one document at a time, and is no step', async () => {
    clock.tick(1000);
    keeps().forEach(answer);
    await settle();
    store.change('Seed', draft => { draft.recipe.inputs = {seeds: 1}; });
    store.undo();
    const {length} = store.done, undone = store.undone.length;
    let kept = null, longest = 0;
    assert.ok(undone > 0);
    for (let at = 0; at < 10000; at += 50) {
        const {length: sent} = keeps();
        store.stream(() => store.change('Share', draft => { draft.recipe.share = at; }, 'share'));
        clock.tick(50);
        assert.ok(keeps().length <= sent + 1);
        if (keeps().length > sent) {
            kept = keeps().at(-1).document.state.recipe.share;
            answer(keeps().at(-1));
            await settle();
        }
        longest = Math.max(longest, at - (kept ?? 0));
    }
    assert.ok(longest < 2000, `${longest} ms were not kept`);
    assert.deepEqual([store.done.length, store.undone.length], [length, undone]);
    assert.equal(store.redo(), 'Seed');
    assert.equal(store.recipe.share, 9950);
    store.undo();
});

test('a document that takes long to keep is followed by the newest one', async () => {
    clock.tick(1000);
    keeps().forEach(answer);
    await settle();
    const {length} = keeps();
    for (let i = 0; i < 100; i++) {
        store.stream(() => store.change('Share', draft => { draft.recipe.share = i; }, 'share'));
        clock.tick(50);
    }
    assert.equal(keeps().length, length + 1);
    answer(keeps().at(-1));
    await settle();
    assert.equal(keeps().length, length + 2);
    assert.equal(keeps().at(-1).document.state.recipe.share, 99);
    answer(keeps().at(-1));
    await settle();
});

test('changes are kept once, after a pause', () => {
    clock.tick(1000);
    const before = keeps().length;
    for (let i = 2; i < 5; i++) {
        store.change('Seed', draft => { draft.recipe.inputs = {seeds: i}; });
        clock.tick(400);
    }
    assert.equal(keeps().length, before);
    clock.tick(200);
    assert.equal(keeps().length, before + 1);
    assert.equal(keeps().at(-1).document.state.recipe.inputs.seeds, 4);
});

test('a kept document opens unchanged, including its history', async () => {
    keeps().forEach(answer);
    await settle();
    store.setUi('theme', 'dark');
    clock.tick(600);
    const message = keeps().at(-1);
    answer(message);
    await Promise.resolve();
    const {state, done, undone, ui, selection} = store;
    const labels = done.map(({label}) => label);
    store.open(JSON.parse(JSON.stringify(message.document)));
    assert.deepEqual([store.state, store.ui, store.selection], [state, ui, selection]);
    assert.deepEqual(store.done.map(({label}) => label), labels);
    assert.equal(store.undone.length, undone.length);
    assert.equal(store.undo(), 'Seed');
    assert.equal(store.recipe.inputs.seeds, 3);
});

test('a page closed before the pause finds its state again, unless the kept one is newer', async () => {
    await settle();
    clock.tick(600);
    const old = JSON.parse(JSON.stringify(keeps().at(-1).document));
    answer(keeps().at(-1));
    await Promise.resolve();
    store.leave();
    assert.equal(left.size, 0);
    clock.tick(1000);
    store.change('Seed', draft => { draft.recipe.inputs = {seeds: 99}; });
    store.leave();
    store.open(old);
    assert.equal(store.recipe.inputs.seeds, 99);
    assert.equal(left.size, 0);
    store.change('Seed', draft => { draft.recipe.inputs = {seeds: 100}; });
    store.leave();
    store.open({...old, changedAt: Date.now() + 1000});
    assert.notEqual(store.recipe.inputs.seeds, 100);
});

test('a document of another version is ignored, and known as one', () => {
    assert.ok(store.isForeign({version: 999}) && store.isForeign({}) && !store.isForeign(null));
    assert.ok(!store.isForeign(keeps().at(-1).document));
    store.open({version: 999, state: {recipe: 'nonsense'}});
    assert.deepEqual(store.recipe.bends, []);
});

test('the oldest steps are dropped if the document would be too large', async () => {
    keeps().forEach(answer);
    await settle();
    store.open(null);
    for (let i = 0; i < 12; i++)
        store.change(`step ${i}`, draft => { draft.recipe.summary = String(i).repeat(1 << 20); });
    clock.tick(600);
    const {history} = keeps().at(-1).document;
    assert.ok(JSON.stringify(keeps().at(-1).document).length < 8 << 20);
    assert.equal(history.undo.at(-1).label, 'step 11');
    assert.ok(history.undo.length > 0 && history.undo.length < 12);
    assert.equal(store.done.length, 12);
});

test('the size of a document is counted in bytes, as the program does', async () => {
    keeps().forEach(answer);
    await settle();
    store.open(null);
    for (let i = 0; i < 12; i++)
        store.change(`step ${i}`, draft => { draft.recipe.summary = '\u6f22'.repeat((300 << 10) + i); });
    clock.tick(600);
    const {document} = keeps().at(-1);
    assert.ok(Buffer.byteLength(JSON.stringify(document)) < 8 << 20);
    assert.equal(document.history.undo.at(-1)?.label ?? 'none', 'step 11');
});
