// A performance in a browser: the output window in a second one: node e2e_show.mjs GANBEND
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { startBrowser } from './browser.mjs';
import { closePages, openPage, toyFaces, until } from './page.mjs';

let page, window;

before(async () => {
    page = await openPage(process.argv[2]);
    window = await startBrowser();
    await page.fresh('set');
    await window.open(page.studio.address.replace('/?', '/output?') + '#set');
});
after(async () => {
    const warnings = await window?.warnings();
    await window?.close();
    await closePages();
    assert.deepEqual(warnings, [], 'the output window complained');
});

// A hash of the picture in a window, and its size there.
const hashOf = selector => `
    const canvas = document.querySelector('${selector}');
    const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d', { willReadFrequently: true });
    copy.drawImage(canvas, 0, 0);
    const { data } = copy.getImageData(0, 0, canvas.width, canvas.height);
    const digest = await crypto.subtle.digest('SHA-256', data);
    return [...new Uint8Array(digest, 0, 8)].map(byte => byte.toString(16).padStart(2, '0')).join('');`;
const shown = () => window.run(hashOf('canvas'));
const light = () => window.run('return Number(getComputedStyle(document.querySelector("canvas")).opacity);');
const seed = async value => {
    await page.run('controls.move("seed", arguments[0]);', value);
    await page.rest();
};
const follows = what => until(async () => await shown() === await page.pixels(), what);

test('the output window shows the picture of its tab alone, and no token in its address', async () => {
    await seed(3);
    await follows('the output to follow');
    assert.equal(await window.run('return location.href;'), `http://127.0.0.1:${page.studio.port}/output#set`);
    assert.equal(await window.run('return document.body.innerText.trim();'), '');
    assert.equal(await window.run('return getComputedStyle(document.querySelector("main")).cursor;'), 'none');
    await page.browser.run('document.activeElement.blur();');
    await page.browser.hold('u');
    await until(() => page.of('store.unbent !== null'), 'the comparison');
    await page.browser.letGo('u');
    await follows('the output to stay with the picture');
});

test('black and freeze by key from the tab, and by key in the window', async () => {
    await page.key('B', '\uE008');
    await until(async () => await light() === 0, 'black');
    await page.key('B', '\uE008');
    await until(async () => await light() === 1, 'light');
    await page.key('F', '\uE008');
    const frozen = await shown();
    await seed(4);
    assert.equal(await shown(), frozen);
    await page.key('F', '\uE008');
    await follows('the newest picture');
    await window.type('b');
    assert.equal(await light(), 0);
    await window.type('b');
    await window.type(' ');
    const held = await shown();
    await seed(5);
    assert.equal(await shown(), held);
    await window.type(' ');
    await follows('the newest picture');
});

test('scenes are kept on pads, launched by click, key and address, and fade from what is seen', async () => {
    await page.tab('Scenes');
    await page.run('controls.find("scene/fade").set(0);');
    await seed(11);
    const eleven = await page.pixels();
    await page.press('Keep what is seen on pad 1.1');
    await page.run('store.change("Filter", draft => draft.recipe.bends.push({ at: "synthesis.b16.conv0", filter: "blur", sigma: 2 }));');
    await seed(12);
    const twelve = await page.pixels();
    await page.press('Keep what is seen on pad 1.2');
    await page.press('1.1');
    assert.equal(await page.pixels(), eleven);
    await page.browser.run('document.activeElement.blur();');
    await page.key('2');
    assert.equal(await page.pixels(), twelve);
    await page.run('controls.move("scene/next", 1); controls.move("scene/next", 0);');
    assert.equal(await page.pixels(), eleven);
    await page.run('controls.find("scene/fade").set(600);');
    await page.run('controls.move("scene/1/2", 1); controls.move("scene/1/2", 0);');
    assert.equal((await page.recipe()).inputs.seeds, 12);
    assert.equal(await page.of('live.player.words'), 'Fading to 1.2');
    await until(() => page.of('live.moment.bends[0]?.mix > 0'), 'the fade');
    assert.ok(await page.of('live.moment.bends[0].mix < 0.9'));
    await page.run('controls.find("scene/fade").set(0); controls.move("pad/1", 1); controls.move("pad/1", 0);');
    assert.equal(await page.of('live.playing'), false);
    assert.equal(await page.pixels(), eleven);
});

test('the fader shows a mixture of two sides, and the position can be kept', async () => {
    await page.choose('B', '1.2');
    await page.run('controls.move("fader", 0.25);');
    await page.rest();
    const { mix, style } = await page.of('({ mix: live.moment.bends.at(-1).mix, style: live.moment.bends[0].style })');
    assert.equal(mix, 0.25);
    assert.deepEqual(style, { seed: 12, share: 0.25 });
    const seen = await page.pixels();
    await page.press('Use this position');
    assert.equal(await page.of('live.playing'), false);
    assert.equal(await page.pixels(), seen);
    await page.press('Undo');
    assert.equal((await page.recipe()).inputs.seeds, 11);
});

// A hash of a PNG's picture, after its texts.
function pictureOf(path) {
    const bytes = readFileSync(path);
    return createHash('sha256').update(bytes.subarray(bytes.indexOf('IDAT'))).digest('hex');
}

test('a number that is touched moves; the picture of a moment is the frame that animate makes of the same recipe', async () => {
    await page.tab('Motion');
    await page.run('store.change("Still", draft => { draft.recipe = { inputs: { seeds: 3 }, bends: [] }; });');
    await page.press('Touch a control');
    await page.click(await page.the('slider', 'Truncation'));
    await page.the('combobox', 'Wave');
    assert.deepEqual((await page.recipe()).modulators, [{ move: 'trunc', wave: 'sine', depth: 0.38, period: 2 }]);
    assert.equal(await page.on(await page.the('group', 'Truncation'), 'return this.dataset.moves;'), '');
    const steps = await page.of('store.done.length');
    await until(() => page.of('store.frame.recipe.time > 0.1'), 'time to pass');
    assert.equal(await page.of('store.done.length'), steps);
    await page.run(`const { motion } = await import('/show/motion.js');
        motion.run(false);
        store.change('Waves', draft => { draft.recipe.modulators.push({ move: 'z/3', wave: 'walk', depth: 2, beats: 1, seed: 5 }); });
        motion.goTo(0.625);`);
    await until(() => page.of('store.frame.recipe.time === 0.625 && store.frame.recipe.modulators.length === 2'), 'the moment');
    const { picture } = await page.run(`const { save } = await import('/project/files.js'); return save({ name: 'moment' });`);
    writeFileSync(join(page.out, 'waves.yaml'), await page.run(`const { toYaml } = await import('/state/yaml.js');
        return toYaml(store.recipe);`));
    const made = spawnSync(process.argv[2], ['animate', toyFaces, '--bend', join(page.out, 'waves.yaml'), '--frames', '6', '--fps',
                                             '8', '-o', join(page.out, 'frames')], { encoding: 'utf8' });
    assert.equal(made.status, 0, made.stderr);
    assert.equal(pictureOf(join(page.out, picture)), pictureOf(join(page.out, 'frames/frame00005.png')));
    assert.notEqual(pictureOf(join(page.out, picture)), pictureOf(join(page.out, 'frames/frame00004.png')));
});

test('sound from a file moves a number, and the level is part of the moment', async () => {
    await page.run(`store.change('Sound', draft => { draft.recipe.modulators = [{ move: 'trunc', wave: 'audio', depth: -0.5 }]; });
        const { motion } = await import('/show/motion.js'), { listening } = await import('/show/listening.js');
        const rate = 8000, bytes = new DataView(new ArrayBuffer(44 + 2 * rate));
        const text = (at, words) => [...words].forEach((each, i) => bytes.setUint8(at + i, each.charCodeAt(0)));
        text(0, 'RIFF'); text(8, 'WAVEfmt '); text(36, 'data');
        for (const [at, value] of [[4, 36 + 2 * rate], [16, 16], [24, rate], [28, 2 * rate], [40, 2 * rate]]) bytes.setUint32(at, value, true);
        for (const [at, value] of [[20, 1], [22, 1], [32, 2], [34, 16]]) bytes.setUint16(at, value, true);
        for (let i = 0; i < rate; i++) bytes.setInt16(44 + 2 * i, 20000 * Math.sin(i * 0.3) * Math.sin(i * 0.017), true);
        await listening.file(new File([bytes], 'tone.wav', { type: 'audio/wav' }));
        motion.run(true);`);
    await until(() => page.of('store.frame.recipe.modulators?.[0].value > 0.2'), 'the sound');
    await page.names('status');
    await page.press('Stop listening');
    await page.run(`const { motion } = await import('/show/motion.js'); motion.run(false);`);
});

test('a performance is recorded, replayed, and rendered frame by frame', async () => {
    await page.tab('Show');
    await page.run('store.change("Still", draft => { draft.recipe = { inputs: { seeds: 3 }, bends: [] }; });');
    await page.rest();
    const before = await page.pixels();
    await page.press('Record');
    await seed(30);
    const after = await page.pixels();
    await page.run(`const { performing } = await import('/show/performing.js'), { seconds } = performing;
        while (performing.seconds < seconds + 0.2) await new Promise(resolve => setTimeout(resolve, 20));`);
    await page.run(`const { performing } = await import('/show/performing.js'); performing.stop();
        store.change('Else', draft => { draft.recipe.inputs.seeds = 5; });
        performing.goTo(performing.kept.length);`);
    assert.equal(await page.pixels(), after);
    await page.run(`const { performing } = await import('/show/performing.js'); performing.goTo(0);`);
    assert.equal(await page.pixels(), before);
    await page.press('Use this moment');
    assert.equal((await page.recipe()).inputs.seeds, 3);
    await page.tab('Film');
    await page.choose('Film of', 'the recording');
    await page.run(`store.setUi('film', { ...store.ui.film, loop: false, fps: 12 });`);
    await page.press('Render');
    await until(() => page.browser.run('return /Film saved in film/.test(document.getElementById("announcer").textContent);'), 'the film');
    const frames = readdirSync(join(page.out, 'film')).sort();
    const of = value => spawnSync(process.argv[2], ['render', toyFaces, '--seed', String(value), '-o', join(page.out, `${value}.png`)])
        .status === 0 && pictureOf(join(page.out, `${value}.png`));
    assert.equal(pictureOf(join(page.out, 'film', frames[0])), of(3));
    assert.equal(pictureOf(join(page.out, 'film', frames.at(-1))), of(30));
});

test('a file of the folder reaches the person at the page', async () => {
    await page.browser.run(`window.parts = []; window.Blob = class extends Blob {
        constructor(parts, how) { super(parts, how); if (how.type === 'application/octet-stream') window.parts.push(...parts); } };`);
    await page.run('const { download } = await import("/project/downloads.js"); await download("moment.png");');
    const bytes = await page.browser.run('return [...window.parts[0]];');
    assert.deepEqual(Buffer.from(bytes), readFileSync(join(page.out, 'moment.png')));
});
