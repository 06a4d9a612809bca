// The picture in a browser: painting, comparing, zooming: node e2e_picture.mjs GANBEND
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';

import { KEY, closePages, openPage, toyFaces, until } from './page.mjs';

let page, panel, picture, unbent, works = 0;

before(async () => { page = await openPage(process.argv[2]); });
after(closePages);
beforeEach(async () => {
    await page.fresh(`picture ${++works}`);
    unbent = await page.pixels();
    panel = await page.the('complementary', 'Picture');
    picture = await page.the('group', /^The picture: plus and minus zoom/);
});

const painted = async () => (await page.recipe()).bends.filter(bend => bend.paint);

// With a vector picked from the middle of a layer of 16 by 16.
async function beginPainting() {
    await page.press('Paint');
    await page.choose('Layer', 'synthesis.b16.conv1');
    await page.click(picture);
    await page.the('option', 'b16.conv1 1');
    await page.rest();
}

test('the pipette picks a vector, the brush paints with it, the eraser removes it', async () => {
    await beginPainting();
    assert.equal(await page.pixels(), unbent);
    assert.equal((await page.of('store.library'))[0].values.length, 128);
    await page.drag(picture, [[0.1, 0.2], [0.3, 0.2], [0.6, 0.3]]);
    const stroke = await page.pixels();
    assert.notEqual(stroke, unbent);
    const [{ at, paint }] = await painted();
    assert.equal(at, 'synthesis.b16.conv1');
    assert.match(paint.mask, /^data:image\/png;base64,/);
    assert.deepEqual(Object.values(paint.colours), ['b16.conv1 1']);
    assert.equal((await page.recipe()).vectors['b16.conv1 1'].length, 128);

    await page.key('z', KEY.control);
    assert.equal(await page.pixels(), unbent, 'a stroke is one step');
    await page.key('z', KEY.control, KEY.shift);
    assert.equal(await page.pixels(), stroke);

    await page.key('e');
    await page.set('Size', 16, panel);
    await page.drag(picture, [[0.05, 0.05], [0.5, 0.25], [0.95, 0.4]]);
    assert.deepEqual(await painted(), []);
    assert.equal(await page.pixels(), unbent);
});

test('a vector is painted everywhere or on a grid, and removed', async () => {
    await beginPainting();
    await page.press('Everywhere');
    assert.deepEqual((await painted())[0].paint, 'b16.conv1 1');
    const everywhere = await page.pixels();
    await page.press('Clear the paint of this layer');
    assert.equal(await page.pixels(), unbent);
    await page.press('On a grid');
    assert.deepEqual((await painted())[0].paint, { vector: 'b16.conv1 1', grid: 3 });
    assert.equal(new Set([unbent, everywhere, await page.pixels()]).size, 3);
});

test('a cell is painted by keys alone', async () => {
    await beginPainting();
    await page.set('Size', 1, panel);
    await page.on(picture, 'this.focus()');
    await page.key(KEY.right);
    await page.key(KEY.down);
    await page.key(KEY.space);
    assert.equal((await painted()).length, 1);
    assert.notEqual(await page.pixels(), unbent);
});

test('a mask from disk defines where the vectors go', async () => {
    await beginPainting();
    const url = await page.browser.run(`const canvas = document.createElement('canvas'), pen = canvas.getContext('2d');
        canvas.width = canvas.height = 32;
        pen.fillStyle = '#ff0000';
        pen.fillRect(0, 0, 16, 32);
        pen.fillStyle = '#0000ff';
        pen.fillRect(16, 0, 16, 16);
        return canvas.toDataURL('image/png');`);
    const file = join(page.out, 'mask.png');
    writeFileSync(file, Buffer.from(url.split(',')[1], 'base64'));
    const { root } = await page.browser.chrome('DOM.getDocument');
    const { nodeId } = await page.browser.chrome('DOM.querySelector', { nodeId: root.nodeId,
                                                                         selector: '#picture input[aria-label="Mask from disk"]' });
    await page.browser.chrome('DOM.setFileInputFiles', { nodeId, files: [file] });
    const dialog = await page.the('dialog', 'Use a picture as mask at synthesis.b16.conv1');
    await page.pickFrom(await page.the('combobox', 'Vector for colour #0000ff', dialog), 'unchanged');
    await page.pickFrom(await page.the('combobox', 'Vector for colour #ff0000', dialog), 'b16.conv1 1');
    await page.press('Paint', dialog);
    const where = await page.browser.run(`const image = new Image();
        image.src = arguments[0];
        await image.decode();
        const pen = new OffscreenCanvas(image.width, image.height).getContext('2d');
        pen.drawImage(image, 0, 0);
        const { data } = pen.getImageData(0, 0, image.width, image.height);
        return Array.from({ length: data.length / 4 }, (_, i) => data[4 * i + 3] > 0);`,
        (await painted())[0].paint.mask);
    assert.deepEqual(where, Array.from({ length: 256 }, (_, i) => i % 16 < 8));
    assert.notEqual(await page.pixels(), unbent);
});

test('a vector can be renamed, and the recipe follows', async () => {
    await beginPainting();
    await page.press('Everywhere');
    await page.write(await page.the('textbox', 'Name of the vector'), 'nose');
    await page.rest();
    assert.deepEqual((await painted())[0].paint, 'nose');
    assert.deepEqual(Object.keys((await page.recipe()).vectors), ['nose']);
    await page.the('option', 'nose');
});

test('holding a key shows the picture without bends, and the difference view what they change', async () => {
    await page.click(await page.layer('synthesis.b32.conv1'));
    await page.choose('f(x)', 'sine');
    const bent = await page.pixels();
    await page.browser.hold('u');
    await until(async () => await page.pixels() === unbent, 'the picture without its bends');
    await page.browser.letGo('u');
    assert.equal(await page.pixels(), bent);
    await page.key('d');
    const difference = await page.pixels();
    assert.ok(difference !== bent && difference !== unbent);
    await page.key('d');
    assert.equal(await page.pixels(), bent);
});

// What a canvas shows, as page.pixels() hashes it.
const pixelsOf = selector => page.browser.run(`const canvas = document.querySelector(arguments[0]);
    const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d', { willReadFrequently: true });
    copy.drawImage(canvas, 0, 0);
    const { data } = copy.getImageData(0, 0, canvas.width, canvas.height);
    const digest = await crypto.subtle.digest('SHA-256', data);
    return [...new Uint8Array(digest, 0, 8)].map(byte => byte.toString(16).padStart(2, '0')).join('');`, selector);

test('the split view has no bends on one side of a line, which is dragged and moved by keys', async () => {
    await page.click(await page.layer('synthesis.b32.conv1'));
    await page.choose('f(x)', 'sine');
    const bent = await page.pixels();
    await page.press('Split');
    await until(() => page.of('store.unbent !== null'), 'the picture without bends');
    assert.equal(await pixelsOf('.split-side canvas'), unbent);
    assert.equal(await page.pixels(), bent);
    const line = await page.the('slider', 'Split');
    const at = () => page.on(line, `const line = this.getBoundingClientRect(), port = this.parentElement.getBoundingClientRect(),
        side = port.width ? document.querySelector('.split-side').getBoundingClientRect().width : 0;
        return [(line.x + line.width / 2 - port.x) / port.width, side / port.width].map(share => Math.round(100 * share));`);
    assert.deepEqual(await at(), [50, 50]);
    const [x, y] = await page.pointOf(line), [left] = await page.pointOf(picture, 0.25, 0.5);
    await page.browser.drag([[x, y], [left, y]]);
    assert.deepEqual(await at(), [25, 25]);
    await page.on(line, 'this.focus()');
    await page.key(KEY.right);
    assert.deepEqual(await at(), [27, 27]);
    const canvas = await page.the('image', /^The picture: seed 0/), placeOf = () => page.on(canvas, 'return this.getBoundingClientRect().x;');
    const place = await placeOf();
    await page.on(picture, 'this.focus()');
    await page.key('+');
    assert.notEqual(await placeOf(), place);
    assert.deepEqual(await at(), [27, 27], 'the line stays when the picture is zoomed');
    await page.reload();
    await until(() => page.of('store.unbent !== null'), 'the split view to be remembered');
    assert.equal(await page.on(await page.the('slider', 'Split'), 'return this.ariaValueNow;'), '27');
    await page.key('c');
    assert.equal((await page.all('slider', 'Split')).length, 0);
});

test('the picture without bends is rendered only while it is shown, and only when its inputs change', async () => {
    await page.click(await page.layer('synthesis.b32.conv1'));
    await page.choose('f(x)', 'sinlu');
    await page.run(`window.asides = 0;
        const { send } = wire;
        wire.send = (type, fields) => {
            window.asides += type === 'render' && fields.aside;
            return send(type, fields);
        };`);
    const asides = () => page.browser.run('return window.asides;');
    await page.set('Truncation', 0.8);
    assert.equal(await asides(), 0);
    await page.press('Split');
    assert.equal(await asides(), 1);
    for (const b of [2, 3, 4]) await page.set('b', b);
    assert.equal(await asides(), 1);
    await page.set('Truncation', 0.7);
    assert.equal(await asides(), 2);
    await page.press('Split');
    await page.set('Truncation', 0.6);
    assert.equal(await asides(), 2);
});

test('the maps of two layers are shown side by side, all or one of each', async () => {
    await page.click(await page.layer('synthesis.b16.conv0'));
    await page.click(await page.layer('synthesis.b32.conv1'), KEY.shift);
    await page.press('Two layers');
    await page.click(await page.layer('synthesis.b16.conv1'));
    await page.click(await page.layer('synthesis.b64.conv1'), KEY.shift);
    const shown = async () => [...await page.names('image', /^synthesis/, await page.the('region', 'Left layer')),
                               ...await page.names('image', /^synthesis/, await page.the('region', 'Right layer'))];
    await until(async () => (await shown()).join() === 'synthesis.b16.conv1: the strongest 25 of 128 maps,synthesis.b64.conv1: the strongest 25 of 40 maps', 'two sheets');
    const left = await page.the('region', 'Left layer');
    await page.click(await page.the('image', /^synthesis/, left));
    await until(async () => /^synthesis\.b16\.conv1: map \d+ of 128, energy/.test((await shown())[0]), 'one map');
    await page.write(await page.the('spinbutton', 'Left map'), '7');
    await until(async () => /: map 7 of 128/.test((await shown())[0]), 'map 7');
    const before = await pixelsOf('.pair canvas');
    await page.key('.');
    await until(async () => await pixelsOf('.pair canvas') !== before, 'the map of another seed');
    await page.choose('Right layer', 'synthesis.b32.conv0');
    await until(async () => /^synthesis\.b32\.conv0: the strongest/.test((await shown())[1]), 'another layer');
    await page.browser.run('document.activeElement.blur();');
    await page.key(KEY.escape);
    assert.equal((await page.all('region', 'Left layer')).length, 0);
});

test('plus, minus and 0 zoom, and arrow keys move the zoomed picture', async () => {
    const canvas = await page.the('image', /^The picture: seed 0/);
    const place = () => page.on(canvas, 'const { x, width } = this.getBoundingClientRect(); return { x, width };');
    const fitted = await place();
    await page.on(picture, 'this.focus()');
    await page.key('+');
    await page.key('+');
    const near = await place();
    assert.ok(near.width > 1.5 * fitted.width);
    await page.key(KEY.right);
    assert.ok((await place()).x < near.x);
    await page.key('-');
    await page.key('0');
    assert.deepEqual(await place(), fitted);
});

test('a region is painted, and the maps of a layer are ordered by what they change there', async () => {
    await page.click(await page.layer('synthesis.b32.conv1'));
    const before = await page.pixels();
    await page.press('Region');
    await page.drag(await page.the('group', /^The picture to paint a region on/), [[0.3, 0.5], [0.6, 0.5]]);
    await page.press('Find its maps');
    assert.equal(await page.on(await page.the('combobox', 'by'), 'return this.value;'), 'region');
    const [best] = await page.names('option', /^map .*changes the region by/);
    assert.notEqual(best, undefined);
    assert.equal(await page.pixels(), before);
    await page.click(await page.the('option', best));
    await page.click(await page.the('combobox', 'Add a filter'));
    await page.browser.type('ablate');
    await page.key(KEY.enter);
    const { bends } = await page.recipe();
    assert.deepEqual(bends, [{ at: 'synthesis.b32.conv1', filter: 'ablate', features: [Number(/\d+/.exec(best)[0])] }]);
    assert.notEqual(await page.pixels(), before);
    await page.key('g');
});

// Hands a file to the page as if it were chosen for Open.
const openFile = (name, text) => page.run(`const { openLocal } = await import('/project/files.js');
    const [name, text] = arguments;
    await openLocal(new File([text], name)).catch(error => { throw new Error(error.message); });`, name, text);

test('a file of ganbend units orders and marks the maps of its layer', async () => {
    const units = spawnSync(process.argv[2], ['units', toyFaces, '--at', 'synthesis.b16.conv1', '--samples', '1', '--with', 'ablate', '--json'],
                            { encoding: 'utf8' });
    assert.equal(units.status, 0, units.stderr);
    const best = JSON.parse(units.stdout).reduce((a, b) => b.effects.ablate[0] > a.effects.ablate[0] ? b : a).unit;
    await page.click(await page.layer('synthesis.b64.conv1'));
    await assert.rejects(openFile('units.json', units.stdout), /units\.json: it has 128 units, and synthesis\.b64\.conv1 has \d+ maps: select their layer/);
    await page.click(await page.layer('synthesis.b16.conv1'));
    await openFile('units.json', units.stdout);
    const sheet = await until(async () => {
        const names = await page.names('option', /^map \d+, .*changes the picture by/);
        return names.length === 128 && names;
    }, 'the marked maps');
    assert.equal(Number(/\d+/.exec(sheet[0])[0]), best);
});
