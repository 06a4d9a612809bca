// The connection to the program: requests and answers, pictures, lost connections.
import assert from 'node:assert/strict';
import test from 'node:test';
import {clock} from './clock.mjs';
import {FakeSocket, fakeBrowser} from './fake_socket.mjs';
import {wire} from '../../../../tools/studio/page/state/wire.js';

fakeBrowser('http://localhost:7860/?token=abc#work-2');

test('the socket is on the same server as the page', () => {
    wire.connect();
    assert.equal(FakeSocket.last().url, 'ws://localhost:7860/ws');
});

test('every request gets its own answer, in any order', async () => {
    const socket = FakeSocket.last();
    socket.open();
    const [first, second] = [wire.ask('z', {seed: 1}), wire.ask('z', {seed: 2})];
    const [a, b] = socket.sent.slice(-2);
    assert.notEqual(a.id, b.id);
    socket.say({type: 'answer', id: b.id, z: [2]});
    socket.say({type: 'answer', id: a.id, z: [1]});
    assert.deepEqual([(await first).z, (await second).z], [[1], [2]]);
});

test('an error has the program’s message and position', async () => {
    const asked = wire.ask('parse', {text: 'x'});
    const {id} = FakeSocket.last().sent.at(-1);
    FakeSocket.last().say({type: 'answer', id, error: 'no bends', line: 2, column: 3});
    await assert.rejects(asked, {message: 'no bends', line: 2, column: 3});
});

test('a binary message is its header and its payload; with an id it is an answer', async () => {
    const seen = [];
    wire.on('frame', (header, payload) => seen.push([header.serial, ...payload]));
    FakeSocket.last().sayBinary({kind: 'frame', serial: 7}, [1, 2, 3]);
    assert.deepEqual(seen, [[7, 1, 2, 3]]);
    const asked = wire.ask('maps', {});
    FakeSocket.last().sayBinary({kind: 'maps', id: FakeSocket.last().sent.at(-1).id, rows: 1}, [9]);
    const {rows, payload} = await asked;
    assert.deepEqual([rows, ...payload], [1, 9]);
});

test('a request hears of its progress until it is answered', async () => {
    const shares = [], asked = wire.ask('directions', {}, share => shares.push(share)), {id} = FakeSocket.last().sent.at(-1);
    FakeSocket.last().say({type: 'progress', id, share: 0.5});
    FakeSocket.last().say({type: 'answer', id});
    FakeSocket.last().say({type: 'progress', id, share: 0.9});
    await asked;
    assert.deepEqual(shares, [0.5]);
});

test('many requests at once wait in the page, so that the program does not close the connection', async () => {
    const socket = FakeSocket.last(), before = socket.sent.length;
    const asked = Array.from({length: 200}, (_, seed) => wire.ask('z', {seed}));
    assert.equal(socket.sent.length, before + 32);
    for (let i = 0; i < 200; i++)
        socket.say({type: 'answer', id: socket.sent[before + i].id, z: [socket.sent[before + i].seed]});
    assert.deepEqual((await Promise.all(asked)).map(({z}) => z[0]), asked.map((_, seed) => seed));
    assert.equal(wire.asking, false);
});

test('an unexpected answer is ignored', () => {
    FakeSocket.last().say({type: 'answer', id: 12345});
});

test('a lost connection fails pending requests, and is opened again after growing pauses', async () => {
    clock.start();
    const before = FakeSocket.all.length;
    const asked = wire.ask('files');
    FakeSocket.last().drop('the program ends');
    await assert.rejects(asked, /connection was lost/);
    await assert.rejects(wire.ask('files'), /no connection/);
    assert.equal(wire.send('shown', {serial: 1}), false);
    clock.tick(250);
    assert.equal(FakeSocket.all.length, before + 1);
    FakeSocket.last().drop();
    clock.tick(250);
    assert.equal(FakeSocket.all.length, before + 1);
    clock.tick(250);
    assert.equal(FakeSocket.all.length, before + 2);
    FakeSocket.last().open();
    assert.equal(wire.state, 'open');
    clock.stop();
});
