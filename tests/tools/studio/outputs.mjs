// What the audience gets: output windows, --frames-to and downloads, on the level of bytes: node outputs.mjs GANBEND
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { createReadStream, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';

import { closeAll, tracked } from './programs.mjs';
import { start } from './server.mjs';
import { connect } from './websocket.mjs';

const ganbend = process.argv[2];
const toyFaces = 'tests/fixtures/toy-faces-64.gbw';
const frameBytes = 64 * 64 * 3;

after(closeAll);

const headerOf = message => JSON.parse(message.subarray(4, 4 + message.readUInt32LE(0)));
const jpegOf = message => message.subarray(4 + message.readUInt32LE(0));
const isFull = message => Buffer.isBuffer(message) && headerOf(message).full;

async function openTab(studio, project) {
    const tab = await connect(studio.port);
    tab.send({ type: 'hello', project });
    await tab.until(message => message.type === 'network');
    tab.serial = 0;
    tab.render = async (seed, aside = false) => {
        const serial = ++tab.serial;
        tab.send({ type: 'render', serial, recipe: `inputs: {seeds: ${seed}}`, aside });
        const frame = await tab.until(message => isFull(message) && headerOf(message).serial === serial);
        tab.send({ type: 'shown', serial });
        return frame;
    };
    return tab;
}

const openWindow = (studio, project = '') => connect(studio.port, { path: `/watch?project=${project}` });

// The next picture of a window, which says that it has shown it.
async function nextPicture(window) {
    const picture = await window.until(isFull);
    window.send({ type: 'shown', serial: headerOf(picture).serial });
    return jpegOf(picture);
}

test('a window shows what its tab shows, and not what is only for the tab', async () => {
    const studio = await start(ganbend, [toyFaces]);
    const [one, two] = [await openTab(studio, 'one'), await openTab(studio, 'two')];
    await two.render(9);
    const window = await openWindow(studio, 'one');
    await one.render(1, true);
    const shown = await one.render(2);
    assert.deepEqual(await nextPicture(window), jpegOf(shown));
    const late = await openWindow(studio, 'one');
    assert.deepEqual(await nextPicture(late), jpegOf(shown));
    await studio.stop();
});

test('without a project, a window stays with the tab whose picture was newest until that is closed', async () => {
    const studio = await start(ganbend, [toyFaces]);
    const [one, two] = [await openTab(studio, 'one'), await openTab(studio, 'two')];
    const first = await one.render(1), second = await two.render(2);
    const window = await openWindow(studio);
    assert.equal((await window.until(message => message.type === 'output')).project, 'two');
    assert.deepEqual(await nextPicture(window), jpegOf(second));
    await one.render(3);
    const again = await two.render(4);
    assert.deepEqual(await nextPicture(window), jpegOf(again));
    await two.end();
    assert.equal((await window.until(message => message.type === 'output' && message.project !== 'two')).project, 'one');
    assert.notDeepEqual(jpegOf(first), await nextPicture(window));
    await studio.stop();
});

test('windows are told of black and fill; frozen ones keep their picture, new ones too, and then show the newest', async () => {
    const studio = await start(ganbend, [toyFaces]);
    const tab = await openTab(studio, 'one'), window = await openWindow(studio, 'one');
    const before = await tab.render(1);
    assert.deepEqual(await nextPicture(window), jpegOf(before));
    tab.send({ type: 'output', black: 128, freeze: true, fill: true });
    const told = await window.until(message => message.freeze);
    assert.deepEqual(told, { type: 'output', project: 'one', black: 128, freeze: true, fill: true });
    await tab.render(2);
    const newest = await tab.render(3);
    const late = await openWindow(studio, 'one');
    assert.deepEqual(await nextPicture(late), jpegOf(before));
    tab.send({ type: 'output', black: 0, freeze: false, fill: false });
    assert.deepEqual(await nextPicture(window), jpegOf(newest));
    assert.deepEqual(await nextPicture(late), jpegOf(newest));
    await studio.stop();
});

test('a window that does not read gets two pictures, then the newest; the tab does not wait for it', async () => {
    const studio = await start(ganbend, [toyFaces]);
    const tab = await openTab(studio, 'one'), window = await openWindow(studio, 'one');
    const shown = () => window.inbox.filter(isFull);
    let seed = 0, newest;
    while (shown().length < 2) await tab.render(seed++);
    for (let i = 0; i < 10; i++) newest = await tab.render(seed++);
    const waiting = shown();
    assert.equal(waiting.length, 2);
    window.send({ type: 'shown', serial: headerOf(waiting[0]).serial });
    const last = await window.until(message => isFull(message) && !waiting.includes(message));
    assert.deepEqual(jpegOf(last), jpegOf(newest));
    await studio.stop();
});

test('a window needs the token, can say nothing else, and is told when the studio ends', async () => {
    const studio = await start(ganbend, [toyFaces]);
    const stranger = await connect(studio.port, { path: '/watch', headers: { Cookie: null } });
    assert.match(stranger.answer, / 403 /);
    const wrong = await openWindow(studio);
    wrong.send({ type: 'z', id: 1, seed: 1 });
    assert.equal((await wrong.whenClosed()).code, 1008);
    const window = await openWindow(studio);
    await studio.stop();
    assert.equal((await window.whenClosed()).code, 1001);
});

/* ------------------------------------------------------------------------------------------ --frames-to */

// The pixels of the pictures of two seeds.
function pixelsOf(one, two) {
    const { stdout } = spawnSync(ganbend, ['animate', toyFaces, '--seeds', `${one},${two}`, '--frames', '2', '-o', '-'],
                                 { maxBuffer: 1 << 24 });
    assert.equal(stdout.length, 2 * frameBytes);
    return [stdout.subarray(0, frameBytes), stdout.subarray(frameBytes)];
}

// Reads whole frames from a stream; next(wanted) takes frames until one equals `wanted`.
function frameReader(stream) {
    let bytes = Buffer.alloc(0);
    const iterator = stream[Symbol.asyncIterator]();
    async function frame() {
        while (bytes.length < frameBytes) {
            const { value, done } = await iterator.next();
            assert.ok(!done, 'the frames ended');
            bytes = Buffer.concat([bytes, value]);
        }
        const one = bytes.subarray(0, frameBytes);
        bytes = bytes.subarray(frameBytes);
        return one;
    }
    return async wanted => { while (!(await frame()).equals(wanted)); };
}

test('a named pipe gets the pixels, black and the newest after a pause, and another reader after the first', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'frames-')), pipe = join(folder, 'pipe');
    const [one, two] = pixelsOf(1, 2);
    try {
        assert.equal(spawnSync('mkfifo', [pipe]).status, 0);
        const studio = await start(ganbend, [toyFaces, '--frames-to', pipe, '--frames-as', 'raw', '--frames-rate', '60']);
        const tab = await openTab(studio, 'one');
        await tab.render(1);
        const first = createReadStream(pipe), next = frameReader(first);
        await next(one);
        tab.send({ type: 'output', black: 255, freeze: false, fill: false });
        await next(Buffer.alloc(frameBytes));
        tab.send({ type: 'output', black: 0, freeze: false, fill: false });
        first.destroy();
        for (let seed = 10; seed < 20; seed++) await tab.render(seed);
        await tab.render(2);
        const second = createReadStream(pipe);
        await frameReader(second)(two);
        second.destroy();
        assert.equal(await studio.stop(), 0);
    } finally {
        rmSync(folder, { recursive: true });
    }
});

test('standard output carries NUT, which ffmpeg reads', async t => {
    const ffmpeg = spawn('ffmpeg', ['-v', 'error', '-f', 'nut', '-i', '-', '-vf', 'fps=30', '-f', 'rawvideo', '-pix_fmt', 'rgb24',
                                    '-frames:v', '200', '-']);
    if (!await new Promise(resolve => ffmpeg.on('spawn', () => resolve(true)).on('error', () => resolve(false))))
        return t.skip('ffmpeg is not installed');
    const folder = mkdtempSync(join(tmpdir(), 'frames-'));
    const program = spawn(ganbend, ['studio', toyFaces, '--port', '0', '--no-browser', '--out', folder, '--frames-to', '-'],
                          { stdio: ['ignore', 'pipe', 'pipe'] });
    const ended = new Promise(resolve => program.on('close', resolve));
    const close = tracked(async () => {
        program.kill();
        ffmpeg.kill('SIGKILL');
        await ended;
        rmSync(folder, { recursive: true });
    });
    program.stdout.pipe(ffmpeg.stdin);
    ffmpeg.stdin.on('error', () => {});
    let said = '', complaints = '';
    ffmpeg.stderr.on('data', text => { complaints += text; });
    const [, port, token] = await new Promise(resolve => program.stderr.on('data', text => {
        said += text;
        const found = /studio: http:\/\/127\.0\.0\.1:(\d+)\/\?token=(\w+)/.exec(said);
        if (found) resolve(found);
    }));
    const tab = await connect(Number(port), { headers: { Cookie: `ganbend-${port}=${token}` } });
    tab.send({ type: 'hello', project: '' });
    await tab.until(message => message.type === 'network');
    tab.send({ type: 'render', serial: 1, recipe: 'inputs: {seeds: 1}' });
    await tab.until(isFull);
    await frameReader(ffmpeg.stdout)(pixelsOf(1, 2)[0]);
    assert.equal(complaints, '');
    await close();
});

test('what is not a pipe is refused with a remedy', () => {
    for (const [to, words] of [['/no/such/pipe', 'make one: mkfifo'], [toyFaces, 'make one: mkfifo']]) {
        const { status, stderr } = spawnSync(ganbend, ['studio', toyFaces, '--no-browser', '--port', '0', '--out',
                                                       join(tmpdir(), 'no-frames'), '--frames-to', to], { encoding: 'utf8' });
        assert.equal(status, 2);
        assert.ok(stderr.includes(words), stderr);
    }
    rmSync(join(tmpdir(), 'no-frames'), { recursive: true });
});

/* ------------------------------------------------------------------------------------------ downloads */

test('files of the folder are sent in pieces; others, links and folders are refused', async () => {
    const studio = await start(ganbend, [toyFaces]), tab = await openTab(studio, 'one');
    let id = 0;
    const ask = async fields => {
        tab.send({ type: 'download', id: ++id, ...fields });
        return tab.until(message => Buffer.isBuffer(message) ? headerOf(message).id === id : message.id === id);
    };
    const film = Buffer.alloc(1300000, 'film'), at = name => join(studio.folder, name);
    writeFileSync(at('walk 2.mp4'), film);
    symlinkSync(at('walk 2.mp4'), at('link.mp4'));
    const pieces = [];
    for (let from = 0; from < film.length; from += pieces.at(-1).length) {
        const piece = await ask({ name: 'walk 2.mp4', from });
        assert.deepEqual(headerOf(piece), { kind: 'file', id, from, size: film.length });
        pieces.push(jpegOf(piece));
    }
    assert.equal(pieces.length, 3);
    assert.ok(Buffer.concat(pieces).equals(film));
    assert.equal(jpegOf(await ask({ name: 'walk 2.mp4', from: film.length + 1 })).length, 0);
    for (const name of ['none.mp4', 'link.mp4', '../x.mp4', 'studio', 'studio/one.json', '.token', '.mp4', ''])
        assert.ok((await ask({ name, from: 0 })).error, name);
    assert.ok(readFileSync(at('walk 2.mp4')).equals(film));
    await studio.stop();
});
