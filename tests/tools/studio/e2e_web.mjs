// The folder for web hosts in a browser: the studio without its server, with the program in a worker of the page. The folder is
// served as files, once as a plain host does and once with the headers that allow threads:
//     node e2e_web.mjs GANBEND FOLDER
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { closePages, openPage, toyFaces, until } from './page.mjs';
import { serve } from './static.mjs';

const [ganbend, folder] = process.argv.slice(2);
const scratch = mkdtempSync(join(tmpdir(), 'web-'));
let host, page;

before(async () => {
    host = await serve(folder);
    page = await openPage(null, { beside: { studio: host, out: null } });
});
after(async () => {
    await closePages();
    rmSync(scratch, { recursive: true });
});

const base64Of = path => readFileSync(path).toString('base64');

async function drop(onPage, path, name) {
    await onPage.dropFile(name, base64Of(path));
    await onPage.shows(name.replace(/\.\w+$/, ''));
}

// The greatest difference, in levels of 255, between the picture on the canvas and that of the plain C program on this machine.
async function differenceFrom(onPage, model, seed, recipe = null) {
    const png = join(scratch, 'native.png');
    execFileSync(ganbend, ['render', model, '--seeds', String(seed), ...recipe ? ['--bend', recipe] : [], '-o', png, '--force'],
                 { env: { ...process.env, GANBEND_ISA: 'plain' } });
    await onPage.rest();
    return onPage.run(`const native = await createImageBitmap(new Blob([Uint8Array.from(atob(arguments[0]), c => c.charCodeAt(0))]));
        const pixels = source => {
            const context = new OffscreenCanvas(native.width, native.height).getContext('2d', { willReadFrequently: true });
            context.drawImage(source, 0, 0);
            return context.getImageData(0, 0, native.width, native.height).data;
        };
        const { bitmap } = store.frame, [a, b] = [pixels(native), pixels(bitmap)];
        if (bitmap.width !== native.width || bitmap.height !== native.height) throw new Error('another size');
        return a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0);`, base64Of(png));
}

test('a demo model is shown, and a slider changes the picture', async () => {
    assert.deepEqual(await page.of('store.welcome.models.map(({ name }) => name)'), ['portraits-128', 'things-64']);
    assert.deepEqual(await page.of('[crossOriginIsolated, store.welcome.threads]'), [false, 1]);
    const first = await page.pixels();
    await page.run('controls.move("trunc", 0.3); store.settle();');
    assert.notEqual(await page.pixels(), first);
    await page.run('store.undo();');
    assert.equal(await page.pixels(), first);
});

test('a network that is dropped opens, and its pictures are those of the plain program', async () => {
    await drop(page, toyFaces, 'toy.gbw');
    for (const seed of [3, 4]) {
        await page.run('store.change("Seed", draft => { draft.recipe = { inputs: { seeds: arguments[0] }, bends: [] }; });'
            .replace('arguments[0]', seed));
        assert.ok(await differenceFrom(page, toyFaces, seed) <= 1);
    }
    await page.run(`store.change('Bend', draft => { draft.recipe.bends = [{ at: 'synthesis.b16.conv1', filter: 'rotate', angle: 40 }]; });`);
    assert.ok(await differenceFrom(page, toyFaces, 4) > 8, 'the bend is seen');
});

test('a checkpoint is converted in the browser, and a file that is no checkpoint is refused with the reason', async () => {
    await drop(page, 'tests/fixtures/nvlabs-orig-16.pkl', 'orig.pkl');
    await page.run('store.change("Seed", draft => { draft.recipe = { inputs: { seeds: 1 }, bends: [] }; });');
    assert.ok(await differenceFrom(page, 'tests/fixtures/nvlabs-orig-16.pkl', 1) <= 1);
    await drop(page, 'tests/fixtures/rosinality-64.pt', 'rosinality.pt');
    await page.dropFile('broken.pt', btoa('nothing'));
    await until(() => page.run('return /broken/.test(document.getElementById("announcer").textContent);'), 'the reason');
    assert.equal(await page.of('store.state.model'), 'rosinality');
});

test('a work and its own checkpoint survive a reload at once', async () => {
    await page.fresh('survivor');
    await drop(page, 'tests/fixtures/nvlabs-orig-16.pkl', 'own.pkl');
    await page.run(`store.change('Bend', draft => { draft.recipe.bends = [{ at: store.network.nodes.find(node => node.takes.includes('filter')).name,
        filter: 'invert' }]; });
        store.settle();
        await new Promise(resolve => store.on('kept', resolve));`);
    const seen = await page.pixels(), recipe = await page.recipe();
    await page.reload();
    await page.shows('own');
    assert.deepEqual(await page.recipe(), recipe);
    assert.equal(await page.pixels(), seen);
    assert.ok((await page.of('(await wire.ask("works", { count: 8 })).works')).some(({ name }) => name === 'survivor'));
});

test('a saved picture and a film in a ZIP are downloaded from the browser itself', async () => {
    const bytes = name => page.run(`const parts = [];
        for (let from = 0, size = 1; from < size;) {
            const piece = await wire.ask('download', { name: arguments[0], from });
            size = piece.size;
            from += piece.payload.length;
            parts.push(...piece.payload);
        }
        return parts;`, name).then(parts => Buffer.from(parts));
    const saved = await page.of('await wire.ask("save", { name: "mine", text: "inputs: {seeds: 5}\\nbends: []\\n", png: true, replace: false })');
    assert.deepEqual([saved.recipe, saved.picture], ['mine.yaml', 'mine.png']);
    assert.equal((await bytes('mine.png')).subarray(1, 4).toString(), 'PNG');
    assert.equal((await bytes('mine.yaml')).toString(), 'inputs: {seeds: 5}\nbends: []\n');
    assert.equal(await page.of('store.welcome.ffmpeg'), false);
    await page.run(`await wire.ask('film', { name: 'turn', format: 'zip', fps: 25, frames: 3 });
        for (let i = 0; i < 3; i++) await wire.ask('frame', { recipe: '{"inputs": {"seeds": ' + i + '}, "bends": []}' });
        await wire.ask('finish', { keep: true });`);
    const zip = await bytes('turn.zip');
    assert.equal(zip.readUInt32LE(zip.length - 22), 0x06054b50);
    assert.equal(zip.readUInt16LE(zip.length - 12), 3);
});

test('directions are found, and what cannot be read is refused with its line', async () => {
    await page.fresh('directions');
    assert.equal((await page.of('(await wire.ask("directions", { method: "sefa", count: 4 })).directions')).length, 4);
    assert.match(await page.of('await wire.ask("parse", { text: "bends: [" }).catch(error => error.message + error.line)'), /2$|1$/);
});

test('another tab has works of its own, sees these, and an output window follows its page', async () => {
    await page.fresh('shared');
    const [other] = await page.run(`const tab = window.open(location.href, 'another'), found = [];
        while (!found.length) {
            await new Promise(resolve => setTimeout(resolve, 50));
            const name = tab.document?.title.split(' · ')[0];
            if (/^shared-/.test(name) || /^project/.test(name)) found.push(name);
        }
        tab.close();
        return found;`);
    assert.notEqual(other, 'shared');
    const shown = await page.run(`const view = window.open('output.html#shared', 'view');
        let canvas;
        do {
            await new Promise(resolve => setTimeout(resolve, 50));
            canvas = view.document?.querySelector('canvas');
        } while (canvas?.width !== store.frame.bitmap.width);
        view.close();
        return canvas.width;`);
    assert.equal(shown, 128);
});

test('with threads, where the host allows them, the pictures are the same', async () => {
    const isolated = await serve(folder, { isolated: true });
    const other = await openPage(null, { beside: { studio: isolated, out: null } });
    assert.equal(await other.of('crossOriginIsolated'), true);
    await drop(other, toyFaces, 'toy.gbw');
    await other.run('store.change("Seed", draft => { draft.recipe = { inputs: { seeds: 3 }, bends: [] }; });');
    assert.ok(await differenceFrom(other, toyFaces, 3) <= 1);
    await other.run(`window.found = wire.ask('directions', { method: 'pca', count: 4 }).catch(error => error.message);
        while (!(await wire.ask('stop')).stopped) await new Promise(resolve => setTimeout(resolve, 10));`);
    assert.equal(await other.run('return window.found;'), 'stopped');
    await other.close();
    await isolated.stop();
});

test('nothing but the files of the folder was asked for', () => {
    assert.deepEqual(host.requests.filter(request => !request.startsWith('GET /')), []);
    assert.ok(host.requests.includes('GET /studio.wasm'));
});
