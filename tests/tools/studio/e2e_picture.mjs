// The picture in a browser: painting, comparing, zooming: node e2e_picture.mjs GANBEND
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';

import { KEY, closePages, openPage, until } from './page.mjs';

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
                                                                         selector: '#picture input[type=file]' });
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
