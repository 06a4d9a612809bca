// Measures what a performance needs, in headless Chromium, and prints each figure beside what is promised; ends with status 1 if
// one is missed:
//     node stage.mjs GANBEND [MODEL.gbw] [pictures] [knob] [set] [kill] [--seconds N] [--minutes N] [--times N] [--device D …]
// pictures    pictures a second that an output window draws while four modulators move the picture
// knob        from a MIDI message to the frame of the browser that shows its picture
// set         the memory of the server while eight OSC sources send 20 values a second each and scenes are launched
// kill        what the last write holds when the server is killed at any moment of such a stream
// All four without names. A set takes two minutes, or as long as --minutes says. The machine should do nothing else.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { startBrowser } from './browser.mjs';
import { assignTruncation, controller, freePort, osc, udp } from './devices.mjs';
import { closePages, openPage, toyFaces, until } from './page.mjs';

const [ganbend, ...words] = process.argv.slice(2);
const option = (name, otherwise) =>
    words.includes(name) ? Number(words.splice(words.indexOf(name), 2)[1]) : otherwise;
const seconds = option('--seconds', 20), minutes = option('--minutes', 2), times = option('--times', 10);
const measurements = { pictures, knob, set, kill };
const models = words.filter(word => word.endsWith('.gbw'));
const named = words.filter(word => Object.hasOwn(measurements, word));
const options = words.filter(word => !models.includes(word) && !named.includes(word));

const work = 'stage';
const sources = ['trunc', 'z/0', 'z/1', 'z/2', 'bend/synthesis.b32.conv1/rotate/angle', 'bend/synthesis.b8.conv1/sinlu/a',
                 'noise/synthesis.b16.conv1/factor', 'z/3'];
const period = 50;                  // ms between two values of a source
const promised = { rate: 60, knob: 25, growth: 4096, lost: 2000 };

const sleep = ms => new Promise(resolve => setTimeout(resolve, ms));
const share = (sorted, part) => sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))];
let missed = 0;

// Prints a figure; `isKept` tells whether it is as good as promised.
function say(words, isKept = true) {
    console.log(`${words}${isKept ? '' : '   MISSED'}`);
    missed += !isKept;
}

const open = more => openPage(ganbend, { models: models.length ? models : [toyFaces], ...more,
                                         options: [...options, ...more.options ?? []] });

// A layer early and one late are bent, so that a set moves the whole network.
const bend = page => page.run(`store.change('Bends', draft => { draft.recipe.bends = [
    { at: 'synthesis.b8.conv1', activation: 'sinlu' }, { at: 'synthesis.b32.conv1', filter: 'rotate', angle: 20, mix: 0.9 }]; });`);

/* ------------------------------------------------------------------------------------------ the output window */

// In the window: how many pictures have been drawn, and in how many of its frames there was a new one. Of two pictures between two
// frames nobody sees the first.
const counting = `{
    window.drawn = window.seen = 0;
    const { transferFromImageBitmap } = ImageBitmapRenderingContext.prototype;
    ImageBitmapRenderingContext.prototype.transferFromImageBitmap = function (bitmap) {
        window.drawn++;
        return transferFromImageBitmap.call(this, bitmap);
    };
    let before = 0;
    requestAnimationFrame(function look() {
        window.seen += window.drawn > before;
        before = window.drawn;
        requestAnimationFrame(look);
    });
}`;

async function openWindow(page) {
    const window = await startBrowser({ width: 960, height: 540 });
    await window.chrome('Page.addScriptToEvaluateOnNewDocument', { source: counting });
    await window.open(`${page.studio.address.replace('/?', '/output?')}#${work}`);
    await window.until('window.drawn > 0');
    return window;
}

const countNow = window => window.run('return { at: performance.now(), drawn: window.drawn, seen: window.seen };');

// The pixels of the window as one number, to know that it does not stand still.
const inkOf = window => window.run(`const canvas = document.querySelector('canvas');
    const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d');
    copy.drawImage(canvas, 0, 0);
    return copy.getImageData(0, 0, canvas.width, canvas.height).data.reduce((sum, value, i) => sum + value * (1 + i % 1021), 0);`);

async function pictures() {
    const page = await open({});
    await page.fresh(work);
    const window = await openWindow(page);
    await bend(page);
    await page.run(`store.change('Motion', draft => { draft.recipe.modulators = [
        { move: 'trunc', wave: 'sine', depth: 0.3, period: 3 }, { move: 'z/3', wave: 'walk', depth: 1, period: 1, seed: 5 },
        { move: 'bend/synthesis.b32.conv1/rotate/angle', wave: 'triangle', depth: 0.4, period: 2 },
        { move: 'noise/synthesis.b16.conv1/factor', wave: 'saw', depth: 0.5, beats: 1 }]; });`);
    await sleep(2000);
    const inks = [await inkOf(window)], before = await countNow(window);
    await sleep(1000 * seconds);
    const after = await countNow(window), passed = (after.at - before.at) / 1000;
    inks.push(await inkOf(window));
    assert.notEqual(inks[0], inks[1], 'the output window stands still');
    const rate = (after.seen - before.seen) / passed;
    // The clock of a screen is not exact: 59.94 a second is called 60.
    say(`output window, four modulators: ${rate.toFixed(1)} pictures a second seen in ${seconds} s, `
        + `${((after.drawn - before.drawn) / passed).toFixed(1)} drawn (promised: ${promised.rate})`, rate > 0.99 * promised.rate);
    await window.close();
    await page.close();
}

/* ------------------------------------------------------------------------------------------ a knob */

async function knob() {
    const page = await open({ prepare: controller });
    await page.fresh(work);
    await assignTruncation(page);
    await page.browser.run('for (let value = 127; value >= 0; value--) turn(21, value);');      // picks the number up
    await until(async () => (await page.recipe()).inputs.trunc === 0, 'the knob');
    await page.rest();
    const { drawn, screen, lost } = await page.run(`const [count] = arguments;
        const { rangeOf } = await import('/parts/controls.js');
        const [low, high] = rangeOf(controls.find('trunc')), messages = [], drawn = [], screen = [];
        let next = 0;                   // the first message whose picture has not come
        const off = store.on('frame', which => {
            const { trunc } = store.frame?.recipe?.inputs ?? {};
            const found = which === 'frame' ? messages.findIndex(({ position }, i) => i >= next
                && Math.abs(low + position / 127 * (high - low) - trunc) < 2e-3) : -1;
            if (found < 0)
                return;
            next = found + 1;
            const { at } = messages[found];
            drawn.push(performance.now() - at);         // the page has drawn it before it tells anybody else
            requestAnimationFrame(() => {               // and when this frame is painted, messages go on
                const { port1, port2 } = new MessageChannel();
                port1.onmessage = () => screen.push(performance.now() - at);
                port2.postMessage(0);
            });
        });
        for (let i = 1; i <= count; i++) {
            const position = 127 - Math.abs(i % 254 - 127);
            messages.push({ position, at: performance.now() });
            turn(21, position);
            await new Promise(resolve => setTimeout(resolve, 35 + 40 * Math.random()));
        }
        await new Promise(resolve => setTimeout(resolve, 500));
        off();
        return { drawn, screen, lost: count - screen.length };`, Math.round(seconds * 1000 / 55));
    for (const list of [drawn, screen]) list.sort((a, b) => a - b);
    const at95 = share(screen, 0.95), written = list => [0.5, 0.95, 0.99].map(part => share(list, part).toFixed(1)).join(', ');
    say(`MIDI knob, ${screen.length} messages: half, 95 % and 99 % on the canvas within ${written(drawn)} ms, on the screen within `
        + `${written(screen)} ms (promised: 95 % within ${promised.knob} ms)`, at95 < promised.knob);
    if (lost) say(`${lost} messages were overtaken by the next one`);
    await page.close();
}

/* ------------------------------------------------------------------------------------------ a set */

const shareOf = (source, step) => 0.5 + 0.45 * Math.sin(step * (0.02 + 0.007 * source) + source);

async function set() {
    const port = await freePort(), page = await open({ options: ['--osc', String(port)] });
    const sockets = await Promise.all(sources.map(udp));
    await page.fresh(work);
    await bend(page);
    await page.run(`const { put } = await import('/show/scenes.js');
        store.change('Tempo', draft => { draft.recipe.tempo = 100; });
        put(0, 0);
        store.change('Angle', draft => { Object.assign(draft.recipe.bends[1], { angle: -20 }); });
        put(0, 1);
        window.heard = window.pictures = 0;
        wire.on('control', () => { window.heard++; });
        store.on('frame', which => { window.pictures += which === 'frame'; });`);
    const window = await openWindow(page);
    const memory = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${page.studio.child.pid}/status`, 'utf8'))[1]);
    const heap = async () => {
        await page.browser.chrome('HeapProfiler.collectGarbage');
        return page.run('return Math.round(performance.memory.usedJSHeapSize / 1024);');
    };
    const begun = Date.now(), whole = 60000 * minutes, warm = Math.min(whole / 4, 120000), every = Math.max(whole / 60, 2000);
    const last = sockets.length - 1;
    const timers = sockets.map((socket, i) => {
        let step = 0;
        return setInterval(() => {
            socket.send(osc(`/ganbend/share/${sources[i]}`, 'f', shareOf(i, ++step)), port, '127.0.0.1');
            if (i === last && step % 400 === 0)         // every 20 s
                for (const value of [1, 0]) socket.send(osc('/ganbend/scene/next', 'f', value), port, '127.0.0.1');
        }, period);
    });
    const samples = [];
    await sleep(warm);
    const before = { memory: memory(), heap: await heap() };
    let next = Date.now();
    while (Date.now() - begun < whole) {
        samples.push(memory());
        const count = await page.browser.run('return { heard: window.heard, pictures: window.pictures };');
        console.log(`  ${Math.round((Date.now() - begun) / 1000)} s: server ${samples.at(-1)} kB, ${count.heard} OSC messages, `
                    + `${count.pictures} pictures`);
        next += every;
        await sleep(Math.max(0, Math.min(next, begun + whole) - Date.now()));
    }
    timers.forEach(clearInterval);
    const after = { memory: memory(), heap: await heap() }, growth = Math.max(...samples, after.memory) - before.memory;
    const { heard, pictures: shown } = await page.browser.run('return { heard: window.heard, pictures: window.pictures };');
    const passed = (Date.now() - begun) / 1000, { drawn } = await countNow(window);
    say(`a set of ${minutes} min, eight sources at 20 Hz: ${heard} messages, ${(shown / passed).toFixed(1)} pictures a second in the page, `
        + `${(drawn / passed).toFixed(1)} in the output window`, heard / passed > 0.9 * sources.length * 1000 / period);
    say(`  memory of the server ${before.memory} kB when warm, ${after.memory} kB at the end, at most ${growth} kB more (flat: `
        + `${promised.growth})`, growth <= promised.growth);
    say(`  heap of the page ${before.heap} kB when warm, ${after.heap} kB at the end`);
    sockets.forEach(socket => socket.close());
    await window.close();
    await page.close();
}

/* ------------------------------------------------------------------------------------------ kill -9 */

// Each value of a stream is one more than the one before, so the seed in the file tells which changes are on disk.
async function kill() {
    const port = await freePort(), page = await open({ options: ['--osc', String(port)] }), socket = await udp();
    await page.fresh(work);
    const sent = [0], losses = [];              // sent[seed]: when
    for (let i = 0; i < times; i++) {
        const timer = setInterval(() => {
            socket.send(osc('/ganbend/seed', 'f', sent.length), port, '127.0.0.1');
            sent.push(performance.now());
        }, period);
        await sleep(3000 + 4000 * Math.random());
        const at = performance.now();
        page.studio.child.kill('SIGKILL');
        clearInterval(timer);
        await page.kill();
        const { state } = JSON.parse(readFileSync(join(page.out, `studio/${work}.json`), 'utf8'));     // whole, or this throws
        const kept = state.recipe.inputs.seeds;
        losses.push(Math.max(0, at - (sent[kept + 1] ?? at)));
        const seen = await page.of('store.recipe.inputs.seeds');
        await page.restart();
        assert.equal(await page.of('store.recipe.inputs.seeds'), seen, 'the page has lost something');
        await until(() => JSON.parse(readFileSync(join(page.out, `studio/${work}.json`), 'utf8')).state.recipe.inputs.seeds === seen,
                    'the page to send what the program has lost');
    }
    const worst = Math.max(...losses);
    say(`killed ${times} times in a stream of 20 values a second: the file lacked at most the last ${(worst / 1000).toFixed(2)} s, `
        + `in the middle ${(share([...losses].sort((a, b) => a - b), 0.5) / 1000).toFixed(2)} s (promised: at most 2 s); the page `
        + 'sent them to the next program each time', worst <= promised.lost);
    socket.close();
    await page.close();
}

try {
    for (const name of named.length ? named : Object.keys(measurements)) await measurements[name]();
} finally {
    await closePages();
}
process.exitCode = missed ? 1 : 0;
