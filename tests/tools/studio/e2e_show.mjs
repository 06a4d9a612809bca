// A performance in a browser: the output window in a second one: node e2e_show.mjs GANBEND
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { startBrowser } from './browser.mjs';
import { closePages, openPage, until } from './page.mjs';

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
