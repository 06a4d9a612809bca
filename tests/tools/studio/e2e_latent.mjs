// The latent panel in a browser: seed, z, styles, noise, pins: node e2e_latent.mjs GANBEND
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { deflateRawSync } from 'node:zlib';

import { KEY, closePages, openPage, toyFaces, until } from './page.mjs';

let page, latent, first, works = 0;

before(async () => { page = await openPage(process.argv[2]); });
after(closePages);
beforeEach(async () => {
    await page.fresh(`latent ${++works}`);
    latent = await page.the('region', 'Latent');
    first = await page.pixels();
});

const bends = async () => (await page.recipe()).bends;

test('seeds are changed by keys and by number, and one undo restores a seed', async () => {
    await page.key('.');
    assert.equal((await page.recipe()).inputs.seeds, 1);
    const second = await page.pixels();
    assert.notEqual(second, first);
    await page.key(',');
    assert.equal(await page.pixels(), first);
    await page.write(await page.the('textbox', 'Seed', latent), '1');
    assert.equal(await page.pixels(), second);
    await page.press('Undo');
    assert.equal(await page.pixels(), first);
});

test('z is edited with a brush and by keys, and restored', async () => {
    const polygon = await page.the('slider', 'z', latent);
    await page.drag(polygon, [[0.8, 0.5], [0.85, 0.6], [0.9, 0.65]]);
    const [{ at, add }] = await bends();
    assert.equal(at, 'z');
    assert.ok(Object.keys(add).length >= 5);
    const drawn = await page.pixels();
    assert.notEqual(drawn, first);
    await page.press('Bars', latent);
    assert.equal(await page.pixels(), drawn);
    await page.on(polygon, 'this.focus();');
    await page.key(KEY.right);
    await page.key(KEY.up, KEY.shift);
    assert.notEqual(await page.pixels(), drawn);
    await page.press('Clear all edits of z', latent);
    assert.deepEqual(await bends(), []);
    assert.equal(await page.pixels(), first);
});

test('some w\'s get a share of the style of another seed', async () => {
    await page.tab('Styles', latent);
    await page.press('Style', latent);
    await page.write(await page.the('textbox', 'Style of', latent), '5');
    await page.set('Share', 1, latent);
    const [{ w, style }] = await bends();
    assert.equal(w, '4-7');
    assert.equal(style.seed ?? style, 5);
    const mixed = await page.pixels();
    assert.notEqual(mixed, first);
    await page.click(await page.the('gridcell', /^w 1, .*: off/));
    assert.match(String((await bends())[0].w), /1/);
    assert.notEqual(await page.pixels(), mixed);
    await page.set('Share', 0, latent);
    assert.equal(await page.pixels(), first);
});

test('directions are found and become sliders that are kept with the project', async () => {
    await page.tab('Directions', latent);
    await page.choose('by', 'sefa', latent);
    await page.press('Find', latent);
    await page.set('sefa1', 8, latent);
    assert.deepEqual(await bends(), [{ direction: { name: 'sefa1', amount: 8 } }]);
    const moved = await page.pixels();
    assert.notEqual(moved, first);
    await page.write(await page.the('textbox', 'Layers of sefa1, such as 0-5', latent), '0-2');
    assert.equal((await bends())[0].direction.layers, '0-2');
    assert.notEqual(await page.pixels(), moved);
    await page.press('Undo');
    assert.equal(await page.pixels(), moved);
    await page.reload();
    latent = await page.the('region', 'Latent');
    await page.set('sefa1', 0, latent);
    assert.deepEqual(await bends(), []);
    assert.equal(await page.pixels(), first);
    await page.press('Open', latent);
    await page.press('toy-faces-64-sefa.npz');
    await page.the('slider', 'sefa9', latent);
});

test('the noise of a layer is amplified and drawn', async () => {
    await page.tab('Noise', latent);
    await page.set('b32.conv1', 4, latent);
    assert.deepEqual((await bends()).map(({ at }) => at), ['synthesis.b32.conv1']);
    const strong = await page.pixels();
    assert.notEqual(strong, first);
    await page.press('Draw the map of b16.conv1', latent);
    await page.drag(await page.the('image', /^Noise map of synthesis\.b16\.conv1/),
                    [[0.2, 0.2], [0.7, 0.6], [0.8, 0.3]]);
    const drawn = (await bends()).find(({ at }) => at === 'synthesis.b16.conv1.noise_const');
    assert.match(drawn.add.image, /^data:image\/png;base64,/);
    assert.notEqual(await page.pixels(), strong);
});

test('there is a path between pins, and a position on it becomes the recipe', async () => {
    await page.key('k');
    await page.key('.');
    const second = await page.pixels();
    await page.key('k');
    await page.the('button', 'Seed 0', latent);
    await page.set('Position', 0.5, latent);
    const middle = await page.pixels();
    assert.equal(new Set([first, second, middle]).size, 3);
    await page.press('Keep', latent);
    assert.equal(await page.pixels(), middle);
    await page.press('Undo');
    await page.click(await page.the('button', 'Seed 0', latent));
    assert.equal(await page.pixels(), first);
    const places = () => page.on(latent, `const place = this.querySelector('[data-address="path/position"] input');
        return Number(place.value);`);
    await page.click(await page.the('button', 'Play', latent));
    await until(async () => await places() > 0.05, 'the path to be played');
    await page.click(await page.the('button', 'Pause', latent));
    await page.press('Leave the path', latent);
    assert.equal(await page.pixels(), first);
});

test('a photo dropped on the page becomes the latent, and can be stopped, kept and undone', async () => {
    const drop = () => page.run(`const canvas = new OffscreenCanvas(80, 64), context = canvas.getContext('2d');
        context.fillStyle = '#c96';
        context.fillRect(20, 10, 40, 50);
        const data = new DataTransfer();
        data.items.add(new File([await canvas.convertToBlob()], 'face.png', { type: 'image/png' }));
        for (const type of ['dragover', 'drop'])
            document.querySelector('#picture .viewport').dispatchEvent(new DragEvent(type, { dataTransfer: data, bubbles: true,
                                                                                            cancelable: true }));`);
    await drop();
    await until(() => page.of('store.sketch !== null'), 'the picture so far');
    await page.press('Stop');
    assert.equal(await page.pixels(), first);
    assert.deepEqual((await page.recipe()).inputs, { seeds: 0 });

    await page.choose('Kind of latent', 'w', latent);
    await drop();
    await until(() => page.of('store.sketch !== null'), 'the picture so far');
    await page.press('Keep');
    await until(() => page.of('store.recipe.inputs.w !== undefined'), 'the latent');
    const { inputs } = await page.recipe();
    assert.deepEqual(Object.keys(inputs), ['w']);
    assert.equal(inputs.w.length, await page.of('store.network.w_dim'));
    const found = await page.pixels();
    assert.notEqual(found, first);
    assert.equal(await page.on(await page.the('textbox', 'Seed', latent), 'return this.value;'), '');
    await page.key('.');
    assert.deepEqual((await page.recipe()).inputs, { seeds: 1 });
    await page.press('Undo');
    assert.equal(await page.pixels(), found);
    await page.press('Undo');
    assert.equal(await page.pixels(), first);
});

// A .npy file of 32-bit floats.
function npy(shape, values) {
    const head = `{'descr': '<f4', 'fortran_order': False, 'shape': (${shape.join(', ')},), }`.padEnd(117) + '\n';
    const size = Buffer.alloc(2);
    size.writeUInt16LE(head.length);
    return Buffer.concat([Buffer.from('\x93NUMPY\x01\x00', 'latin1'), size, Buffer.from(head), Buffer.from(Float32Array.from(values).buffer)]);
}

// A .npz as numpy.savez_compressed() writes it, with one array.
function npz(name, bytes) {
    const packed = deflateRawSync(bytes), file = Buffer.from(`${name}.npy`), head = Buffer.alloc(26), tail = Buffer.alloc(22);
    head.writeUInt16LE(20, 0);
    head.writeUInt16LE(8, 4);
    head.writeUInt32LE(packed.length, 14);
    head.writeUInt32LE(bytes.length, 18);
    head.writeUInt16LE(file.length, 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), head, file, packed]);
    const central = Buffer.concat([Buffer.from('PK\x01\x02\x14\x00', 'latin1'), head, Buffer.alloc(14), file]);
    tail.write('PK\x05\x06', 'latin1');
    tail.writeUInt16LE(1, 8);
    tail.writeUInt16LE(1, 10);
    tail.writeUInt32LE(central.length, 12);
    tail.writeUInt32LE(local.length, 16);
    return Buffer.concat([local, central, tail]);
}

test('the latent in a file of ganbend project becomes the inputs, and its picture is that of ganbend render', async () => {
    const { ws, wide } = await page.of('({ ws: store.network.num_ws, wide: store.network.w_dim })');
    const w = Array.from({ length: ws * wide }, (_, i) => ((i * 37) % 101 - 50) / 64);
    const open = (name, bytes) => page.run(`const { openLocal } = await import('/project/files.js');
        const [name, text] = arguments;
        await openLocal(new File([Uint8Array.from(atob(text), c => c.charCodeAt(0))], name)).catch(error => { throw new Error(error.message); });`,
        name, bytes.toString('base64'));
    const array = npy([1, ws, wide], w), file = npz('w', array);
    await assert.rejects(open('other.npz', npz('w', npy([1, ws, 7], w.slice(0, 7 * ws)))), /other\.npz: it has latents of another network/);
    await assert.rejects(open('cut.npz', file.subarray(0, -30)), /cut\.npz: the \.npz file is damaged/);
    await open('projected_w.npz', file);
    assert.deepEqual((await page.recipe()).inputs, { w: Array.from({ length: ws }, (_, row) => w.slice(row * wide, (row + 1) * wide)) });
    await page.rest();
    const { picture } = await page.run(`const { save } = await import('/project/files.js'); return save({ name: 'opened' });`);
    writeFileSync(join(page.out, 'w.npy'), array);
    const made = spawnSync(process.argv[2], ['render', toyFaces, '--w', join(page.out, 'w.npy'), '-o', join(page.out, 'made.png')],
                           { encoding: 'utf8' });
    assert.equal(made.status, 0, made.stderr);
    const pictureOf = name => {
        const bytes = readFileSync(join(page.out, name));
        return bytes.subarray(bytes.indexOf('IDAT')).toString('base64');
    };
    assert.equal(pictureOf(picture), pictureOf('made.png'));
    const opened = await page.pixels();
    await page.press('Undo');
    assert.equal(await page.pixels(), first);
    // The button beside the photo's does the same.
    const { root } = await page.browser.chrome('DOM.getDocument');
    const { nodeId } = await page.browser.chrome('DOM.querySelector', { nodeId: root.nodeId, selector: '.photo-choice input[accept*=".npy"]' });
    await page.browser.chrome('DOM.setFileInputFiles', { nodeId, files: [join(page.out, 'w.npy')] });
    await until(() => page.of('store.recipe.inputs.w !== undefined'), 'the latent');
    assert.equal(await page.pixels(), opened);
});
