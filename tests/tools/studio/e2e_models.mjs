// Several models in a browser, one of them a BigGAN: node e2e_models.mjs GANBEND
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { KEY, closePages, openPage, until } from './page.mjs';

const ganbend = process.argv[2];
const folder = mkdtempSync(join(tmpdir(), 'models-'));
let page, latent, face;

before(async () => {
    const made = join(folder, 'animals.gbw');
    execFileSync(ganbend, ['init', 'biggan', made, '--res', '32', '--channel-width', '16', '--classes', '1000']);
    page = await openPage(ganbend, { models: ['tests/fixtures/toy-faces-64.gbw', made] });
    latent = await page.the('region', 'Latent');
    face = await page.pixels();
});
after(async () => {
    await closePages();
    rmSync(folder, { recursive: true });
});

const switchTo = async (model) => {
    await page.choose('Model', model);
    await page.shows(model);
};

test('every model has its own recipe, and undo switches between them', async () => {
    await page.click(await page.layer('synthesis.b16.conv1'));
    await page.choose('f(x)', 'tanh');
    const bent = await page.pixels();
    await switchTo('animals');
    assert.deepEqual((await page.recipe()).bends, []);
    const animal = await page.pixels();
    await page.layer('blocks.0.0.sum');
    await switchTo('toy-faces-64');
    assert.equal(await page.pixels(), bent);
    await page.press('Undo');
    await until(() => page.of('store.network?.name === "animals" && store.frame !== null'), 'the other model');
    assert.equal(await page.pixels(), animal);
    for (let i = 0; i < 2; i++) await page.press('Undo');
    await until(() => page.of('store.network?.name === "toy-faces-64" && store.frame !== null'), 'the first model');
    assert.equal(await page.pixels(), face);
});

test('while a model is being opened, its name stands in place of the old picture', async () => {
    await page.run(`window.held = [];
        const { send } = wire;
        wire.send = (type, fields) => type === 'model' ? window.held.push(() => send(type, fields)) : send(type, fields);
        window.letGo = () => { wire.send = send; window.held.forEach(run => run()); };`);
    const { model } = await page.of('store.state'), other = model === 'animals' ? 'toy-faces-64' : 'animals';
    await page.pickFrom(await page.the('combobox', 'Model'), other);
    const seen = () => page.browser.run(`return [document.querySelector('.loading').checkVisibility(), document.querySelector('.loading').textContent,
        getComputedStyle(document.querySelector('#picture canvas')).visibility];`);
    assert.deepEqual(await seen(), [true, `Loading ${other} …`, 'hidden']);
    await page.browser.type('s');
    assert.equal(await page.of('store.snapshots.at(-1).thumbnail'), '', 'the old model\'s picture is not the new one\'s');
    await page.run('store.undo();');
    await page.browser.run('window.letGo();');
    await until(() => page.of(`store.network?.name === ${JSON.stringify(other)} && store.frame !== null`), other);
    assert.deepEqual(await seen(), [false, '', 'visible']);
    await switchTo(model);
});

test('a checkpoint of a folder is converted and opened, and the work finds it again after a restart', async () => {
    const { model } = await page.of('store.state'), name = 'nvlabs-orig-16';
    await page.run(`window.seen = new Set();
        new MutationObserver(() => { const shown = document.querySelector('.activity:not([hidden])'); if (shown) window.seen.add(shown.textContent); })
            .observe(document.querySelector('.activity'), { attributes: true, childList: true, subtree: true, characterData: true });`);
    await page.press('Open a model');
    await page.press('fixtures', await page.the('dialog', 'Open a model'));
    await page.click(await page.the('button', /^nvlabs-orig-16\.pkl/, await page.the('dialog', 'Open a model')));
    const isOpen = () => page.of(`store.network?.name === ${JSON.stringify(name)} && store.frame !== null`).catch(() => false);
    await until(isOpen, name);
    assert.ok((await page.browser.run('return [...window.seen];')).some(text => /Opening nvlabs-orig-16\.pkl/.test(text)));
    await page.rest();
    await until(() => page.run('return !wire.asking;'), 'the project to be kept');
    await page.kill();
    await page.restart();
    await until(isOpen, `${name} again`);
    assert.equal((await page.of('store.state')).model, name);
    await page.press('Open a model');
    await page.press(new RegExp(`^${name}`), await page.the('dialog', 'Open a model')).catch(() => {});
    await page.browser.type(KEY.escape);
    await switchTo(model);
});

test('a checkpoint that is dropped on the page is sent, kept and opened', async () => {
    const { model } = await page.of('store.state'), bytes = readFileSync('tests/fixtures/biggan-32-cifar.pth').toString('base64');
    await page.dropFile('dropped.pth', bytes);
    await page.shows('dropped');
    assert.ok(existsSync(join(page.out, 'models', 'dropped.pth')));
    await page.dropFile('broken.pt', bytes.slice(0, 400));
    await until(() => page.run('return /broken/.test(document.getElementById("announcer").textContent);'), 'the reason');
    assert.equal((await page.of('store.state')).model, 'dropped');
    await switchTo(model);
});

test('a class is found by its name and mixed with others', async () => {
    await switchTo('animals');
    const none = await page.pixels();
    await page.tab('Classes', latent);
    const search = await page.the('combobox', 'Search classes', latent);
    await page.write(search, '207');
    await until(async () => (await page.recipe()).inputs.class === 207, 'class 207');
    const retriever = await page.pixels();
    assert.notEqual(retriever, none);
    await page.on(search, 'this.focus(); this.select();');
    await page.browser.type('88');
    await page.key(KEY.enter, KEY.shift);
    await until(async () => page.recipe().then(({ inputs }) => String(inputs.class).includes('88')), 'both classes');
    const mixed = await page.pixels();
    const shares = await page.the('group', /88|macaw/, latent);
    await page.on(await page.the('slider', null, shares), 'this.focus();');
    await page.key(KEY.home);
    assert.match((await page.recipe()).inputs.class, /88:0$/);
    assert.equal(await page.pixels(), retriever, 'a share of 0 is none');
    assert.equal(new Set([none, retriever, mixed]).size, 3);
});

test('its layers are bent like any others', async () => {
    const before = await page.pixels();
    await page.click(await page.layer('blocks.0.0.sum'));
    await page.tab(/^Filters and maps/);
    await page.click(await page.the('combobox', 'Add a filter'));
    await page.browser.type('invert');
    await page.key(KEY.enter);
    assert.notEqual(await page.pixels(), before);
});
