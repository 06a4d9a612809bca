// Accessibility: axe checks the page in all its states, in both themes and at both sizes, and must find nothing serious.
//     node e2e_looks.mjs GANBEND FOLDER
// FOLDER is where npm installs axe-core.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { KEY, closePages, openPage, until } from './page.mjs';

const axeVersion = '4.10.3';
const [, , ganbend, folder] = process.argv;
const desk = { width: 1280, height: 800 }, tablet = { width: 820, height: 1180 };
let page, axe, animals;

function fetchAxe() {
    const file = join(folder, 'node_modules/axe-core/axe.min.js');
    if (!existsSync(file)) {
        mkdirSync(folder, { recursive: true });
        execFileSync('npm', ['install', '--no-audit', '--no-fund', '--no-save', '--ignore-scripts', '--prefix', folder,
                             `axe-core@${axeVersion}`], { stdio: ['ignore', 'pipe', 'inherit'] });
    }
    return readFileSync(file, 'utf8');
}

before(async () => {
    axe = fetchAxe();
    animals = join(folder, 'animals.gbw');
    execFileSync(ganbend, ['init', 'biggan', animals, '--res', '32', '--channel-width', '16']);
    page = await openPage(ganbend, { models: ['tests/fixtures/toy-faces-64.gbw', animals] });
});
after(closePages);

// `rules` of axe, or null for all.
async function scan(state, rules = null) {
    await page.rest();
    const { result } = await page.browser.chrome('Runtime.evaluate', { expression: 'typeof axe', returnByValue: true });
    if (result.value === 'undefined') await page.browser.chrome('Runtime.evaluate', { expression: axe });
    const found = await page.browser.run(`const [rules] = arguments, how = { resultTypes: ['violations'] };
        const { violations } = await axe.run(document, rules ? { ...how, runOnly: rules } : how);
        const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
        return serious.map(({ id, help, nodes }) => help + ' (' + id + '): ' + nodes.slice(0, 4).map(node =>
            node.html.slice(0, 160) + ' ' + node.any.concat(node.all).map(check => check.message).join('; '))
            .join('\\n    '));`, rules);
    assert.deepEqual(found, [], state);
}

// Everything in the light theme, and the contrasts in the dark theme, where only colours differ.
async function scanBoth(state, size = desk) {
    await page.browser.look({ ...size, dark: true });
    await scan(`${state}, dark, ${size.width} × ${size.height}`, ['color-contrast']);
    await page.browser.look({ ...size, dark: false });
    await scan(`${state}, light, ${size.width} × ${size.height}`);
}

async function addFilter(name) {
    await page.click(await page.the('combobox', 'Add a filter'));
    await page.browser.type(name);
    await page.key(KEY.enter);
}

const select = async name => page.click(await page.layer(name));
const region = name => page.the('region', name);

test('a fresh page', async () => {
    await scanBoth('a fresh page');
});

test('a layer\'s activation', async () => {
    await page.write(await page.the('textbox', 'Seed'), '7');
    await page.set('Truncation', 0.7);
    await select('synthesis.b32.conv1');
    await page.tab('Activation');
    await page.choose('f(x)', 'sinlu');
    await page.set('b', 3);
    await scanBoth('an activation');
    await page.press('Snapshot');
});

test('filters and maps', async () => {
    await select('synthesis.b16.conv1');
    await page.tab(/^Filters/);
    await addFilter('rotate');
    await page.set('angle', 25);
    await page.choose('on', 'a random share');
    await addFilter('dilate');
    await page.click(await page.the('option', /^map 3,/));
    await page.the('option', /^map 127,/);
    await scanBoth('filters');
    await page.click(await page.the('combobox', 'Add a filter'));
    await scan('the menu of filters');
    await page.key(KEY.escape);
    await page.press('Snapshot');
});

test('the bench: values in place of the picture, statistics, export', async () => {
    await page.key('b');
    for (const tab of ['Statistics', 'Activation', /^Filters/]) {
        await page.tab(tab);
        await scanBoth(`values, ${tab}`);
    }
    await page.choose('Show', 'one map');
    await page.press('Export', await page.the('complementary', 'Picture'));
    await page.the('dialog', 'Export');
    await scanBoth('the dialog Export');
    await page.browser.type(KEY.escape);
    await page.key('b');
});

test('the latent panel', async () => {
    const latent = await region('Latent');
    for (const part of ['Styles', 'Noise', 'z']) {
        await page.tab(part, latent);
        if (part === 'Styles') {
            await page.press('Style', latent);
            await page.write(await page.the('textbox', 'Style of', latent), '11');
        }
        await scanBoth(part);
    }
    await page.press('Pin', latent);
    await page.press('Seed: next');
    await page.press('Pin', latent);
    await page.press('Seed: previous');
    await scanBoth('pinned faces');
    await page.tab('Styles', latent);
    await select('synthesis.b32.conv1');
    await page.tab('Activation');
});

test('the project panel', async () => {
    const work = await region('Project');
    for (const view of ['Film', 'History', 'Scenes', 'Motion', 'Show', 'MIDI & OSC', 'Recipe']) {
        await page.tab(view, work);
        if (view === 'Scenes') await page.press('Keep what is seen on pad 1.1');
        if (view === 'Motion')
            await page.run(`store.change('Waves', draft => { draft.recipe.modulators = ['sine', 'envelope', 'walk', 'audio'].map(wave =>
                ({ move: 'trunc', wave, depth: 0.2, muted: true })); });`);
        await scanBoth(view);
    }
    await page.on(await page.the('textbox', 'Recipe'), `this.focus(); this.select();
        document.execCommand('insertText', false, 'bends: [{at: nowhere, filter: blur}]');`);
    await page.the('button', /nowhere/);
    await scanBoth('a recipe that is wrong');
    await page.press('Undo').catch(() => {});
    await page.reload();
});

test('painting', async () => {
    await select('synthesis.b16.conv1');
    await page.press('Paint');
    const paper = await page.the('group', /^The picture\b/);
    await page.click(paper);
    await page.the('option', 'b16.conv1 1');
    await page.set('Size', 2, await page.the('complementary', 'Picture'));
    await page.drag(paper, [[0.22, 0.18], [0.35, 0.08], [0.6, 0.08], [0.78, 0.2]]);
    await scanBoth('painting');
});

test('the split view, and two layers side by side', async () => {
    await page.browser.run('location.hash = "split";');
    await until(() => page.of('store.welcome?.project === "split"').catch(() => false), 'another work');
    await page.ready();
    await select('synthesis.b16.conv1');
    await page.choose('f(x)', 'sine');
    await page.press('Split');
    await until(() => page.of('store.unbent !== null'), 'the picture without bends');
    for (const size of [desk, { width: 390, height: 844 }, { width: 1920, height: 1080 }]) await scanBoth('the split view', size);
    await page.browser.look({ ...desk, dark: false });
    await page.press('Two layers');
    await page.the('image', /^synthesis.*the strongest 25/, await page.the('region', 'Right layer'));
    for (const size of [desk, { width: 390, height: 844 }, { width: 1920, height: 1080 }]) await scanBoth('two layers', size);
    await page.browser.look({ ...desk, dark: false });
    await page.press('Two layers');
    await page.press('Split');
});

test('narrow screens, panel by panel', async () => {
    await page.browser.look({ ...tablet, dark: false });
    for (const panel of ['Network', 'Layer', 'Latent', 'Project']) {
        await page.click(await page.the('tab', panel));
        await scanBoth(panel, tablet);
    }
    await page.click(await page.the('tab', 'Layer'));
    await page.click(await page.the('tab', 'Project'));
    await page.tab('Film');
    await page.browser.look({ ...desk, dark: false });
});

// What of a panel cannot be reached by scrolling its container, is covered, or is too small for a finger (WCAG 2.2: 24 px).
const outOfReach = root => page.browser.run(`const seen = [], root = document.querySelector(arguments[0]);
    for (const each of root.querySelectorAll('button, input, select, textarea, [role=slider], [role=tab]')) {
        if (!each.checkVisibility({ opacityProperty: true, visibilityProperty: true }) || each.closest('.for-readers') || each.tabIndex < 0) continue;
        each.scrollIntoView({ block: 'nearest', inline: 'nearest' });
        const box = each.getBoundingClientRect(), label = each.closest('label');
        const x = box.x + box.width / 2, y = box.y + box.height / 2, hit = document.elementFromPoint(x, y);
        const isThere = hit && (each.contains(hit) || label?.contains(hit));
        const small = Math.min(box.width, box.height) < 24 && !label && each.type !== 'range';
        const name = each.ariaLabel ?? each.title ?? each.textContent;
        if (!isThere) seen.push(name.slice(0, 30) + ' is covered by ' + (hit ? hit.localName + '.' + hit.className : 'nothing'));
        if (small || (each.type === 'range' && box.width < 56)) seen.push(name.slice(0, 30) + ' is ' + box.width.toFixed() + ' × ' + box.height.toFixed());
    }
    return seen;`, root);

test('on a phone and at 200 % everything can be reached and touched', async () => {
    for (const size of [{ width: 390, height: 844 }, { width: 844, height: 390 }, { width: 640, height: 400 }]) {
        await page.browser.look({ ...size, dark: false });
        const faults = [];
        await page.run(`document.getElementById('tab-layer').click();
            store.setUi('bench', { on: true, show: 'map' });
            store.setUi('layerTab', 'statistics');`);
        await until(() => page.run('return document.querySelector(".map-table tbody tr") !== null;'), 'the statistics');
        for (const root of ['#header', '#picture .panel-head', '#picture .bench-bar', '#tabs']) faults.push(...await outOfReach(root));
        for (const panel of ['layer', 'latent', 'project']) {
            await page.browser.run(`document.getElementById('tab-${panel}').click();`);
            for (const part of panel === 'latent' ? ['styles', 'directions', 'noise', 'z'] : [null]) {
                if (part) await page.run('store.setUi("latent", arguments[0]);', part);
                faults.push(...await outOfReach(`#${panel}`));
            }
            await scan(`${panel}, ${size.width} × ${size.height}`);
        }
        assert.deepEqual(faults, [], `${size.width} × ${size.height}`);
    }
    await page.browser.look({ ...desk, dark: false });
});

test('dialogs', async () => {
    for (const name of ['Begin', 'Open a model']) {
        await page.press(name);
        await page.the('dialog', name);
        await scanBoth(`the dialog ${name}`);
        await page.browser.type(KEY.escape);
    }
    const keys = [['?', [], /./], ['s', [KEY.control, KEY.shift], 'Save'], ['o', [KEY.control], 'Open']];
    for (const [key, held, name] of keys) {
        await page.browser.type(key, ...held);
        await page.the('dialog', name);
        await scanBoth(`the dialog ${name}`);
        await page.browser.type(KEY.escape);
        await until(async () => !(await page.all('dialog', name)).length, 'the dialog to close');
    }
});

test('classes of a BigGAN', async () => {
    await page.choose('Model', 'animals');
    await until(() => page.of('store.network?.name === "animals" && store.frame !== null'), 'the other model');
    await page.tab('Classes', await region('Latent'));
    await page.write(await page.the('combobox', 'Search classes'), 'golden retriever');
    await scanBoth('classes');
});
