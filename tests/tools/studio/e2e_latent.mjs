// The latent panel in a browser: seed, z, styles, noise, pins: node e2e_latent.mjs GANBEND
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';

import { KEY, closePages, openPage, until } from './page.mjs';

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
