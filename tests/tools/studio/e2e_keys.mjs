// Working without a mouse: a layer is selected, gets another activation and a filter, and the picture is saved; and the help
// and focus of the page: node e2e_keys.mjs GANBEND
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { KEY, closePages, openPage, until } from './page.mjs';

let page;

before(async () => { page = await openPage(process.argv[2]); });
after(closePages);

const focus = () => page.browser.run(`const e = document.activeElement, box = e.getBoundingClientRect();
    const label = e.getAttribute('aria-label') ?? e.labels?.[0]?.textContent ?? e.textContent;
    return { label, tag: e.localName, inSight: box.width > 0 && box.bottom > 0 && box.top < innerHeight };`);

// Presses Tab until the focused element has this label; returns the labels on the way.
async function tabTo(pattern, ...held) {
    const met = [];
    for (let i = 0; i < 120; i++) {
        await page.browser.type(KEY.tab, ...held);
        const { label, inSight } = await focus();
        met.push(label);
        assert.ok(inSight, `${label} has the focus and is not to be seen`);
        if (pattern.test(label)) return met;
    }
    throw new Error(`Tab never came to ${pattern}, but to ${met.join(' | ')}`);
}

test('a layer, an activation, a filter, a saved picture: by keys alone', async () => {
    const unbent = await page.pixels();
    await tabTo(/^(z|synthesis|mapping)/);                      // into the network
    await page.key(KEY.end);
    for (let i = 0; i < 3; i++) await page.key(KEY.up);
    const [layer] = await page.of('store.selection');
    assert.match(layer, /^synthesis\.b\d+\./);

    await page.key('a');
    await until(async () => /f\(x\)/.test((await focus()).label), 'the menu of activations');
    for (let i = 0; i < 12 && (await page.recipe()).bends[0]?.activation !== 'sinlu'; i++) await page.key(KEY.down);
    assert.equal((await page.recipe()).bends[0].activation, 'sinlu');
    const acted = await page.pixels();
    assert.notEqual(acted, unbent);
    await tabTo(/^a, as text$/);
    await page.key(KEY.up, KEY.shift);
    assert.ok((await page.recipe()).bends[0].a > 1);

    await page.on(await page.the('tree', 'Layers'), 'document.activeElement.blur();');
    await page.key('f');
    await until(async () => /^Add a filter/.test((await focus()).label), 'the menu of filters');
    await page.browser.type('rot');
    await page.key(KEY.enter);
    await tabTo(/^angle, as text$/);
    await page.browser.type('30');
    await page.key(KEY.enter);
    assert.deepEqual((await page.recipe()).bends[1], { at: layer, filter: 'rotate', angle: 30 });
    await page.key('z', KEY.control);                           // the number is committed, so undo is the page's
    assert.notEqual((await page.recipe()).bends[1].angle, 30);
    await page.key('z', KEY.control, KEY.shift);
    assert.equal((await page.recipe()).bends[1].angle, 30);
    const bent = await page.pixels();
    assert.ok(bent !== acted && bent !== unbent);

    await page.key('s', KEY.control);
    await until(() => page.browser.run('return /^Saved/.test(document.getElementById("announcer").textContent);'),
                'it to be saved');
    assert.equal(readFileSync(join(page.out, 'picture-0001.png')).toString('latin1', 1, 4), 'PNG');
});

test('help lists the keys, Escape closes it, and the focus returns', async () => {
    await page.on(await page.the('button', 'Undo'), 'this.focus();');
    await page.browser.type('?');
    const dialog = await page.the('dialog', null);
    const rows = await page.browser.run(`return [...document.querySelectorAll('dialog .keys dl > div')]
        .map(row => [row.querySelector('dt').textContent, row.querySelector('dd').textContent]);`);
    // The same as in the guide.
    const plain = text => text.replace(/[`+\s]/g, '');
    const guide = [...readFileSync('docs/studio.md', 'utf8').matchAll(/^\| \w+ \| (`.*?) \| (.*) \|$/gm)];
    const written = new Map(guide.map(([, keys, says]) => [says, plain(keys)]));
    assert.equal(guide.length, rows.length);
    for (const [keys, says] of rows) assert.equal(written.get(says), plain(keys), says);
    assert.ok(await page.on(dialog, 'return this.contains(document.activeElement);'));
    await page.browser.type(KEY.escape);
    assert.equal((await focus()).label, 'Undo');
});

const box = selector => page.browser.run(`const { width, height } = document.querySelector(arguments[0]).getBoundingClientRect();
    return { width: Math.round(width), height: Math.round(height) };`, selector);

test('the picture is shown over everything, and its panels return', async () => {
    const before = await box('#picture .viewport');
    await page.key('v');
    assert.deepEqual(await box('#picture .viewport'), { width: 1280, height: 800 });
    await page.key(KEY.escape);
    assert.deepEqual(await box('#picture .viewport'), before);
});

test('dividers are moved by keys and by dragging, and are remembered', async () => {
    const { width } = await box('#picture'), { height } = await box('#latent');
    await page.on(await page.the('separator', 'Width of the picture'), 'this.focus();');
    for (let i = 0; i < 3; i++) await page.key(KEY.left);
    assert.equal((await box('#picture')).width, width + 48);
    const lower = await page.the('separator', 'Height of the lower panels'), [x, y] = await page.pointOf(lower);
    await page.browser.drag([[x, y], [x, y - 40]]);
    assert.equal((await box('#latent')).height, height + 40);
    await page.reload();
    assert.equal((await box('#picture')).width, width + 48);
    assert.equal((await box('#latent')).height, height + 40);
    await page.on(await page.the('separator', 'Height of the lower panels'), 'this.focus();');
    await page.key(KEY.home);
    assert.equal((await box('#latent')).height, height);
});

test('a number is dragged as one step, finer with Shift, and a double-click restores it', async () => {
    const number = await page.the('textbox', 'Truncation, as text'), steps = (await page.of('store.done')).length;
    const truncation = async () => (await page.recipe()).inputs.trunc ?? 1;
    const [x, y] = await page.pointOf(number);
    await page.browser.drag([[x, y], [x - 10, y], [x - 30, y]]);
    const coarse = 1 - await truncation();
    assert.ok(coarse > 0.1, String(coarse));
    assert.equal((await page.of('store.done')).length, steps + 1);
    await page.browser.hold(KEY.shift);
    await page.browser.drag([[x, y], [x - 10, y], [x - 30, y]]);
    await page.browser.letGo(KEY.shift);
    const fine = 1 - coarse - await truncation();
    assert.ok(fine > 0 && fine < coarse / 5, String(fine));
    await page.browser.drag([[x, y]]);
    assert.equal((await focus()).label, 'Truncation, as text', 'a click is for typing');
    await page.key(KEY.enter);
    await page.on(await page.the('slider', 'Truncation'), "this.dispatchEvent(new MouseEvent('dblclick', { bubbles: true }));");
    assert.equal(await truncation(), 1);
});

test('the card of a filter is folded, and stays so', async () => {
    await page.click(await page.layer((await page.recipe()).bends[1].at));
    await page.tab(/^Filters/);
    await page.press(/^rotate.*show its numbers$/);
    assert.equal((await page.all('slider', 'angle')).length, 0);
    await page.reload();
    assert.equal((await page.all('slider', 'angle')).length, 0);
    await page.press(/^rotate.*show its numbers$/);
    await page.the('slider', 'angle');
});

test('the focus is always visible', async () => {
    await page.click(await page.layer('synthesis.b32.conv1'));
    const seen = new Set();
    for (let i = 0; i < 200; i++) {
        await page.browser.type(KEY.tab);
        const { mark, label } = await page.browser.run(`const e = document.activeElement, look = getComputedStyle(e);
            const ring = parseFloat(look.outlineWidth) > 0 && look.outlineStyle !== 'none';
            const svg = e.matches('.item') && getComputedStyle(e.querySelector('rect')).strokeWidth !== '1px';
            return { mark: e === document.body || ring || look.boxShadow !== 'none' || svg,
                     label: e.localName + ' ' + (e.getAttribute('aria-label') ?? e.textContent).slice(0, 60) };`);
        assert.ok(mark, `${label} shows no focus`);
        if (seen.has(label) && i > 60) break;
        seen.add(label);
    }
    assert.ok(seen.size > 25, [...seen].join(' | '));
});
