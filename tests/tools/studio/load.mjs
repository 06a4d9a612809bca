// Load on loopback: eight clients drag, one does not read, one sends garbage, one keeps reconnecting, and half way through the
// server is killed and restarted. The eight must keep getting their newest pictures, garbage must close only its own
// connection, with a reason, and the memory of the server must not grow.
//     node load.mjs GANBEND [--minutes N] [MODEL…]
// takes a third of a minute, or as long as --minutes says; then it prints the memory every minute.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { start } from './server.mjs';
import { BINARY, TEXT, connect, frame } from './websocket.mjs';

const clients = 8;
const maxGrowth = 24 << 10;            // kB between the end of warming up and the end
const [ganbend, ...models] = process.argv.slice(2);
if (!models.some(word => word.endsWith('.gbw'))) models.unshift('tests/fixtures/toy-faces-64.gbw');
const minutes = models.indexOf('--minutes') < 0 ? 1 / 3 : Number(models.splice(models.indexOf('--minutes'), 2)[1]);
const out = mkdtempSync(join(tmpdir(), 'load-'));

const now = () => performance.now() / 1000;
const sleep = time => new Promise(resolve => setTimeout(resolve, 1000 * time));
const headerOf = message => JSON.parse(message.subarray(4, 4 + message.readUInt32LE(0)));

// What a user does at the sliders: one message every hundredth of a second.
function recipeAt(client, step) {
    const angle = (37 * client + 3 * step) % 360 - 180;
    const bends = [{ at: 'synthesis.b32.conv1', filter: 'rotate', angle, features: { random: 0.5, seed: client } }];
    if (step % 40 > 20) bends.push({ at: 'synthesis.b8.conv1', activation: 'sinlu', a: step % 7, b: 2 });
    return JSON.stringify({ inputs: { seeds: client + Math.floor(step / 100) }, bends });
}

let studio = await start(ganbend, [...models, '--keep', '64'], { out });
const port = studio.port;
const memory = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${studio.child.pid}/status`, 'utf8'))[1]);
let ending = false, dying = false;

/* ------------------------------------------------------------------------------------------ clients that drag */

const tallies = Array.from({ length: clients }, () => ({ pictures: 0, lives: 0, slowest: 0 }));

// One connection, until it ends.
async function dragOnce(client, tally) {
    const socket = await connect(port);
    if (socket.closed) return;
    socket.send({ type: 'hello', project: `drag ${client}` });
    await socket.until(message => message.type === 'network');
    tally.lives++;
    const sent = new Map();             // serial → when
    let serial = 0, last = 0, shown = 0, drags = true;
    const dragging = (async () => {
        while (drags && !ending && !socket.closed) {
            sent.set(++serial, now());
            socket.send({ type: 'render', serial, recipe: recipeAt(client, serial) });
            if (serial % 50 === 0) socket.send({ type: 'statistics', id: serial, recipe: recipeAt(client, serial), bins: 64,
                                                 node: 'synthesis.b16.conv1' });
            if (serial % 100 === 0) socket.send({ type: 'keep', id: serial + 1, document: { version: 1, serial } });
            await sleep(0.01);
        }
        last = ++serial;
        socket.send({ type: 'render', serial, recipe: recipeAt(client, 0) });
    })();
    try {
        while (!last || shown < last) {                 // what was asked for last is shown last
            const message = await socket.until(() => true);
            if (!Buffer.isBuffer(message)) {
                assert.notEqual(message.type, 'refused', message.message);
                assert.equal(message.error, undefined);
                continue;
            }
            const header = headerOf(message);
            assert.ok(header.serial >= shown, `picture ${header.serial} came after ${shown}`);
            tally.slowest = Math.max(tally.slowest, now() - (sent.get(header.serial) ?? now()));
            for (; shown < header.serial; shown++) sent.delete(shown);
            tally.pictures++;
            socket.send({ type: 'shown', serial: header.serial });
        }
    } catch (error) {
        if (!dying || error instanceof assert.AssertionError) throw error;
    } finally {
        drags = false;
        await dragging;
        socket.socket.destroy();
    }
}

async function drag(client) {
    while (!ending) {
        await dragOnce(client, tallies[client]);
        if (!ending) await sleep(0.1);
    }
}

/* ------------------------------------------------------------------------------------------ other clients */

// Sends requests and reads nothing.
async function neverRead() {
    while (!ending) {
        const socket = await connect(port);
        socket.socket.pause();
        socket.send({ type: 'hello', project: 'slow' });
        for (let serial = 1; serial < 400 && !ending && !socket.closed && !dying; serial++) {
            socket.send({ type: 'render', serial, recipe: recipeAt(9, serial) });
            if (serial % 10 === 0) socket.send({ type: 'shown', serial });
            await sleep(0.02);
        }
        socket.socket.destroy();
        if (!ending) await sleep(0.05);
    }
}

const garbage = [
    [frame(TEXT, '{"type": "rendr"}'), 1008], [frame(TEXT, '{'), 1007], [frame(TEXT, Buffer.from([0xff, 0xfe])), 1007],
    [frame(TEXT, '[]'), 1008], [frame(TEXT, '['.repeat(100000)), 1008], [frame(BINARY, 'picture'), 1003],
    [frame(TEXT, '{"type":"render","serial":1,"recipe":7}'), 1008], [frame(3, 'no such kind'), 1002],
    [frame(TEXT, JSON.stringify({ type: 'model', index: 99999999999 })), 1008],
    [frame(TEXT, 'x'.repeat(100), { length: 64 << 20 }), 1009],
    [frame(TEXT, JSON.stringify({ type: 'save', id: 1, name: '../../etc/x', text: '{}', png: true, replace: true })), 0],
];
let thrown = 0;

// Each piece closes its connection with its code and a reason; a name that is a path gets an answer.
async function throwGarbage() {
    for (let i = 0; !ending; i = (i + 1) % garbage.length) {
        const [bytes, code] = garbage[i];
        const socket = await connect(port);
        if (socket.closed) {
            await sleep(0.05);
            continue;
        }
        socket.raw(bytes);
        try {
            if (code) {
                const closed = await socket.whenClosed();
                if (closed.code || !dying) assert.equal(closed.code, code, `piece ${i}: ${closed.reason}`);
                if (closed.code && code !== 1002) assert.ok(closed.reason.length > 5, `no reason for piece ${i}`);
            } else {
                const answer = await socket.until(message => message.type === 'answer');
                assert.match(answer.error, /a name has/);
            }
            thrown++;
        } catch (error) {
            if (!dying) throw error;
        }
        socket.socket.destroy();
        await sleep(0.02);
    }
}

// Connects, sends requests, and disconnects before they are answered.
async function reconnect() {
    for (let i = 0; !ending; i++) {
        const socket = await connect(port);
        if (!socket.closed) {
            socket.send({ type: 'hello', project: 'guest' });
            socket.send({ type: 'render', serial: 1, recipe: recipeAt(10, i) });
            if (i % 2) socket.send({ type: 'cluster', id: 1, recipe: recipeAt(10, i), node: 'synthesis.b32.conv1',
                                     clusters: 8 });
            await sleep(0.02);
        }
        socket.socket.destroy();
        await sleep(0.03);
    }
}

/* ------------------------------------------------------------------------------------------ the run */

function say(words) {
    const { pictures } = tallies.reduce((sum, tally) => ({ pictures: sum.pictures + tally.pictures }));
    console.log(`${words}: ${memory()} kB, ${pictures} pictures, ${thrown} pieces of garbage`);
}

const begun = now();
const all = Promise.all([...tallies.keys()].map(drag).concat(neverRead(), throwGarbage(), reconnect()));
const failed = all.then(() => null, error => error);
const orFail = async (time) => {
    const error = await Promise.race([sleep(time), failed]);
    if (error) throw error;
};

// Half of the time; the first third of it is for warming up.
async function half(time, words) {
    await orFail(time / 3);
    const before = memory();
    say(`${words}, warm`);
    for (let left = 2 * time / 3; left > 0; left -= 60) {
        await orFail(Math.min(60, left));
        say(`${words}, after ${Math.round(now() - begun)} s`);
    }
    assert.ok(memory() - before < maxGrowth, `memory grew from ${before} to ${memory()} kB`);
}

try {
    await half(30 * minutes, 'first server');
    dying = true;
    assert.equal(await studio.stop('SIGKILL'), 'SIGKILL');
    studio = await start(ganbend, [...models, '--keep', '64', '--port', String(port)], { out });
    for (const end = now() + 10; tallies.some(({ lives }) => lives < 2);) {
        assert.ok(now() < end, 'the clients did not come back');
        await orFail(0.05);
    }
    dying = false;
    const before = tallies.map(({ pictures }) => pictures);
    await half(30 * minutes, 'second server');
    tallies.forEach(({ pictures }, i) =>
        assert.ok(pictures - before[i] > 10, `client ${i} saw ${pictures - before[i]} pictures`));
    ending = true;
    await all;
    assert.equal(await studio.stop(), 0);
} finally {
    ending = true;
    studio.child.kill('SIGKILL');
    rmSync(out, { recursive: true, force: true });
}
for (const [i, { pictures, slowest }] of tallies.entries())
    console.log(`client ${i}: ${pictures} pictures, the slowest ${(1000 * slowest).toFixed(0)} ms after it was asked for`);
