// Bending layers in a browser: selection, activations, filters, features: node e2e_bend.mjs GANBEND
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';

import { KEY, closePages, openPage, until } from './page.mjs';

let page, unbent, works = 0;

before(async () => { page = await openPage(process.argv[2]); });
after(closePages);
beforeEach(async () => {
    await page.fresh(`bend ${++works}`);
    unbent = await page.pixels();
});

const selection = () => page.of('store.selection');
const bends = async () => (await page.recipe()).bends;

async function select(name) {
    await page.click(await page.layer(name));
    assert.deepEqual(await selection(), [name]);
}

async function addFilter(name) {
    await page.click(await page.the('combobox', 'Add a filter'));
    await page.browser.type(name);
    await page.key(KEY.enter);
}

test('a click selects a layer, another activation changes the picture, and undo and redo work', async () => {
    await select('synthesis.b16.conv1');
    await page.the('heading', 'synthesis.b16.conv1');
    await page.choose('f(x)', 'sinlu');
    const bent = await page.pixels();
    assert.notEqual(bent, unbent);
    assert.deepEqual(await bends(), [{ at: 'synthesis.b16.conv1', activation: 'sinlu' }]);
    await page.the('treeitem', /^synthesis\.b16\.conv1, 128 × 16 × 16\. 1 bend: .*sinlu$/);
    await page.key('z', KEY.control);
    assert.equal(await page.pixels(), unbent);
    await page.key('z', KEY.control, KEY.shift);
    assert.equal(await page.pixels(), bent);
});

test('parameters of an activation are typed, changed by keys, and changed on the pad in one step', async () => {
    await select('synthesis.b32.conv0');
    await page.choose('f(x)', 'sinlu');
    const seen = new Set([unbent, await page.pixels()]);
    const changes = async (what) => {
        const now = await page.pixels();
        assert.ok(!seen.has(now), what);
        seen.add(now);
    };
    await page.set('a', 2.5);
    assert.equal((await bends())[0].a, 2.5);
    await changes('typed');
    await page.on(await page.the('slider', 'b', await page.the('group', 'b')), 'this.focus()');
    await page.key(KEY.right);
    await page.key(KEY.right, KEY.shift);
    assert.ok((await bends())[0].b > 1);
    await changes('by keys');
    const steps = (await page.of('store.done')).length;
    await page.drag(await page.the('group', /^sinlu, two parameters/), [[0.5, 0.5], [0.6, 0.4], [0.9, 0.25]]);
    const { a, b } = (await bends())[0];
    assert.ok(Math.abs(a - 4) < 0.2 && Math.abs(b - 2.5) < 0.2, `a ${a}, b ${b}`);
    await changes('by the pad');
    assert.equal((await page.of('store.done')).length, steps + 1);
    await page.set('gain', 0.5);
    assert.equal((await bends())[0].gain, 0.5);
    await changes('gain');
});

test('the curve shows the input of the layer, and its values are counted', async () => {
    await select('synthesis.b16.conv0');
    await page.the('image', /^Curve of lrelu\W+input -?[\d.]+ to [\d.]+, output -?[\d.]+ to [\d.]+/);
    await page.choose('f(x)', 'relu');
    await page.the('image', /^Curve of relu\W+input -?[\d.]+ to [\d.]+, output 0 to [\d.]+/);
    const zeros = await until(() => page.browser.run(`const term = [...document.querySelectorAll('#layer dt')].find(e =>
        e.textContent === 'zeros'); return term && term.nextElementSibling.textContent;`), 'the share of zeros');
    assert.ok(parseFloat(zeros) > 5, zeros);
});

test('arrow keys move in the network, Shift extends the selection, a drag selects several, and changes apply to all', async () => {
    await select('synthesis.b8.conv0');
    await page.key(KEY.down);
    assert.deepEqual(await selection(), ['synthesis.b8.conv1']);
    await page.key(']');
    const after = (await selection())[0];
    assert.notEqual(after, 'synthesis.b8.conv1');
    await page.key('[');
    assert.deepEqual(await selection(), ['synthesis.b8.conv1']);
    await page.click(await page.layer('synthesis.b16.conv1'), KEY.shift);
    assert.deepEqual(await selection(), ['synthesis.b8.conv1', 'synthesis.b16.conv1']);
    await page.choose('f(x)', 'tanh');
    assert.deepEqual((await bends()).flatMap(bend => bend.at).sort(), ['synthesis.b16.conv1', 'synthesis.b8.conv1']);
    const from = await page.pointOf(await page.layer('synthesis.b16.conv0'), 0.2, 0.5);
    const to = await page.pointOf(await page.layer('synthesis.b32.conv1'), 0.6, 0.5);
    await page.browser.drag([from, [to[0], from[1] + 20], to]);
    const dragged = await selection();
    for (const name of ['synthesis.b16.conv0', 'synthesis.b16.conv1', 'synthesis.b32.conv0', 'synthesis.b32.conv1'])
        assert.ok(dragged.includes(name), `${name} in ${dragged}`);
});

test('filters are added from the menu, moved, muted and removed, and are applied in their order', async () => {
    await select('synthesis.b32.conv1');
    await page.tab(/^Filters and maps/);
    await addFilter('rotate');
    await page.set('angle', 90);
    const rotated = await page.pixels();
    await addFilter('reflect-h');
    const order = async () => (await bends()).map(bend => bend.filter);
    assert.deepEqual(await order(), ['rotate', 'reflect-h']);
    const both = await page.pixels();
    await page.on(await page.the('button', /^Order of reflect-h/), 'this.focus()');
    await page.key(KEY.up);
    assert.deepEqual(await order(), ['reflect-h', 'rotate']);
    const turned = await page.pixels();
    assert.equal(new Set([unbent, rotated, both, turned]).size, 4);

    const handles = await page.all('button', /^Order of /);
    const [, first] = await page.pointOf(handles[0]);
    const [x, second] = await page.pointOf(handles[1]);
    await page.browser.drag([[x, second], [x, (first + second) / 2], [x, first - 4], [x, first]]);
    assert.deepEqual(await order(), ['rotate', 'reflect-h']);
    assert.equal(await page.pixels(), both);

    const cards = await page.all('listitem', null, await page.the('region', 'Filters'));
    assert.equal(cards.length, 2);
    await page.press('Mute', cards[1]);
    assert.equal(await page.pixels(), rotated);
    assert.equal((await bends())[1].muted, true);
    await page.press('Remove', (await page.all('listitem', null, await page.the('region', 'Filters')))[0]);
    assert.deepEqual(await order(), ['reflect-h']);
    assert.equal(await page.pixels(), unbent);
    for (let i = 0; i < 3; i++) await page.key('z', KEY.control);
    assert.equal(await page.pixels(), turned);
});

test('a filter is applied to chosen maps: clicked on the sheet, random, or clusters', async () => {
    await select('synthesis.b16.conv1');
    await page.tab(/^Filters and maps/);
    await addFilter('invert');
    const seen = new Set([unbent, await page.pixels()]);
    const changes = async (what) => {
        const now = await page.pixels();
        assert.ok(!seen.has(now), what);
        seen.add(now);
    };
    await page.click(await page.the('option', /^map 3, energy/));
    await page.click(await page.the('option', /^map 5, energy/));
    assert.deepEqual((await bends())[0].features, [3, 5]);
    await changes('a list');
    await page.choose('on', 'a random share');
    await page.set('share', 0.25);
    assert.equal((await bends())[0].features.random, 0.25);
    await changes('a share');
    await page.set('seed', 3);
    await changes('another draw');
    // The maps that it draws are marked; a click makes a list of them, and says so.
    const marked = await until(async () => {
        const maps = await page.run(`return [...document.querySelectorAll('.sheet .map[aria-selected=true]')]
            .map(each => Number(/map (\\d+)/.exec(each.title)[1]));`);
        return maps.length === 32 && maps.sort((a, b) => a - b);
    }, 'marked maps');
    const drawn = (await bends())[0].features;
    await page.click(await page.the('option', new RegExp(`^map ${marked[0]}, energy`)));
    assert.deepEqual(await page.of('[store.recipe.bends[0].features].flat().flatMap(part => { const [low, high] = String(part).split("-").map(Number); '
        + 'return Array.from({ length: (high || low) - low + 1 }, (_, i) => low + i); })'), marked.slice(1));
    assert.match(await page.browser.run('return document.getElementById("announcer").textContent;'), /random share is now a list/);
    await page.press('Undo');
    assert.deepEqual((await bends())[0].features, drawn);
    await page.choose('on', 'a cluster');
    await until(async () => (await bends())[0].features.cluster !== undefined, 'clusters');
    const { clusters } = await page.recipe();
    const found = clusters['synthesis.b16.conv1'];
    assert.deepEqual(found.flat().sort((a, b) => a - b), Array.from({ length: 128 }, (_, i) => i));
    await changes('a cluster');
    await page.click(await page.the('button', new RegExp(`^1 ${found[1].length}$`)));
    assert.deepEqual((await bends())[0].features.cluster, [0, 1]);
    await changes('two clusters');
    await page.choose('in', 'many');
    await page.press('Find again');
    assert.equal((await page.recipe()).clusters['synthesis.b16.conv1'].flat().length, 128);
    await page.press('Undo');
    assert.deepEqual((await page.recipe()).clusters, clusters);
    await page.choose('by', 'cluster');
    await page.the('option', new RegExp(`^map ${found[0][0]}, energy .*, cluster 0$`));
    await page.choose('by', 'energy');
    const energies = await until(async () => {
        const sheet = await page.names('option', /^map \d+, energy/);
        const values = sheet.map(name => parseFloat(name.split('energy ')[1]));
        return values.length === 128 && values.every((value, i) => !i || value <= values[i - 1]) && values;
    }, 'maps by their energy');
    assert.ok(energies[0] > energies[127]);
});

test('clusters of a file become the choices of a filter', async () => {
    const groups = layer => Array.from({ length: 3 }, (_, cluster) => Array.from({ length: 128 }, (_, map) => map).filter(map => map % 3 === cluster)
        .map(map => `- {feature_index: ${map}, cluster_index: ${cluster}}`)).flat().reduce((text, line) => `${text}${line}\n`, `${layer}:\n`);
    const open = (name, text) => page.run(`const { openLocal } = await import('/project/files.js');
        const [name, text] = arguments;
        await openLocal(new File([text], name)).catch(error => { throw new Error(error.message); });`, name, text);
    await select('synthesis.b16.conv1');
    await page.tab(/^Filters and maps/);
    await addFilter('invert');
    await assert.rejects(open('other.yaml', groups('99')), /other\.yaml: it has no clusters of a layer of this network/);
    await open('clusters.yaml', `# of ganbend cluster\n${groups(await page.of('store.node("synthesis.b16.conv1").role.layer'))}`);
    assert.deepEqual(Object.keys((await page.recipe()).clusters), ['synthesis.b16.conv1']);
    await page.choose('on', 'a cluster');
    await page.click(await page.the('button', /^2 42$/));
    assert.deepEqual((await bends())[0].features.cluster, [0, 2]);
    const both = await page.pixels();
    assert.notEqual(both, unbent);
    await page.the('button', 'Find again');
    await page.click(await page.the('button', /^0 43$/));
    assert.notEqual(await page.pixels(), both);
});

test('a layer is switched off and on by its key, and the network shows it', async () => {
    await select('synthesis.b16.conv1');
    await page.key('o');
    const off = await page.pixels();
    assert.notEqual(off, unbent);
    assert.deepEqual(await bends(), [{ at: 'synthesis.b16.conv1', disable: true }]);
    await page.the('treeitem', /^synthesis\.b16\.conv1, .*\. off\. /);
    await page.key('o');
    assert.equal(await page.pixels(), unbent);
});

test('typing an end of a slider changes its range, and its button resets it', async () => {
    await page.click(await page.the('button', /^Truncation: highest value of the slider/));
    await page.key(KEY.enter);
    await page.browser.type('4');
    await page.key(KEY.enter);
    await page.on(await page.the('slider', 'Truncation'), 'this.focus()');
    await page.key(KEY.end);
    await until(async () => (await page.recipe()).inputs.trunc === 4, 'the truncation');
    await page.press('Truncation: back to 1');
    assert.equal((await page.recipe()).inputs.trunc, undefined);
    assert.equal(await page.pixels(), unbent);
});

// A mouse at a point of the window, or a finger that stays on it.
const mouseAt = ([x, y]) => page.browser.chrome('Input.dispatchMouseEvent', { type: 'mouseMoved', x, y });
const finger = (type, points) => page.browser.chrome('Input.dispatchTouchEvent', { type, touchPoints: points.map(([x, y]) => ({ x, y })) });
const says = text => until(async () => await page.run('return document.querySelector(".trial-mark").textContent;') === text,
                           `the picture to say "${text}"`);

test('pointing at a map, a long press and the keyboard show the picture without it, and nothing else changes', async () => {
    await select('synthesis.b16.conv1');
    await page.tab(/^Filters/);
    const at = await page.pointOf(await page.the('option', /^map 5,/));
    await mouseAt(at);
    await says('without map 5 of synthesis.b16.conv1');
    const without = await page.pixels();
    assert.notEqual(without, unbent);
    await mouseAt([10, 10]);
    await says('');
    assert.equal(await page.pixels(), unbent);

    await finger('touchStart', [at]);
    await says('without map 5 of synthesis.b16.conv1');
    assert.equal(await page.pixels(), without);
    await finger('touchEnd', []);
    await says('');
    assert.equal(await page.pixels(), unbent);
    assert.deepEqual(await bends(), []);
    assert.equal(await page.of('store.undone.length + store.done.length'), 0);

    await page.on(await page.the('option', /^map 0,/), 'this.focus();');
    await page.key(KEY.right);
    await says('without map 1 of synthesis.b16.conv1');
    await page.key(KEY.escape);
    await says('');
    await page.click(await page.the('checkbox', 'preview'));
    await mouseAt(at);
    assert.equal(await page.pixels(), unbent);
});

// The canvas of the picture panel is described by these words.
const drawn = words => page.the('image', words, null);

test('the values of a layer take the place of the picture: all maps, one, its spectrum, in dB and other colours', async () => {
    await page.key('b');
    assert.match(await page.run('return document.querySelector(".bench-says").textContent;'), /Select a layer/);
    await select('synthesis.b16.conv1');
    await drawn(/^synthesis\.b16\.conv1, energy of all maps: 16 × 16, from [\d.]+ to [\d.]+, mean [\d.]+$/);
    const seen = new Set([unbent, await page.pixels()]);
    const changes = async (words) => {
        await drawn(words);
        const now = await page.pixels();
        assert.ok(!seen.has(now), String(words));
        seen.add(now);
    };
    const picture = await page.the('complementary', 'Picture');
    await page.choose('Show', 'one map', picture);
    await changes(/^synthesis\.b16\.conv1, map 0: /);
    await page.set('Map', 5);
    await changes(/^synthesis\.b16\.conv1, map 5: /);
    await page.choose('of', 'spectrum', picture);
    await changes(/^synthesis\.b16\.conv1, map 5, spectrum: /);
    await page.click(await page.the('checkbox', 'dB'));
    await changes(/^synthesis\.b16\.conv1, map 5, spectrum, dB: /);
    await page.choose('Colours', 'sea', picture);
    await changes(/dB: /);
    await page.choose('Range', 'fixed', picture);
    await page.write(await page.the('textbox', 'Low end of the colours'), '-20');
    await changes(/dB: /);
    const [x, y] = await page.pointOf(await page.the('group', /^The picture: /), 0.51, 0.51);
    await page.browser.chrome('Input.dispatchMouseEvent', { type: 'mouseMoved', x, y });
    await until(async () => /^frequency 0, 0: -?[\d.]+ dB$/.test(await page.run('return document.querySelector(".bench-where").textContent;')),
                'the value under the pointer');
    // Two layers side by side take their place, and the other way round.
    const isShown = async () => [await page.run('return document.querySelector("#picture .pair").hidden;'),
                                 await page.run('return document.querySelector("#picture .bench-bar").hidden;')];
    await page.press('Two layers');
    assert.deepEqual(await isShown(), [false, true]);
    await page.press('Values');
    assert.deepEqual(await isShown(), [true, false]);
    await page.key('b');
    assert.equal(await page.pixels(), unbent);
});

test('three maps are colours, a vector is a block, and the values follow the picture', async () => {
    await page.key('b');
    await page.run('store.select(["synthesis.b64.img"]);');
    await drawn(/^synthesis\.b64\.img, as colours: 64 × 64, /);
    await page.run('store.select(["z"]);');
    await drawn(/^z: 16 × 8, /);
    const before = await page.pixels();
    await page.press('Seed: next');
    await page.rest();
    assert.notEqual(await page.pixels(), before);
    await page.run('live.play({ inputs: { seeds: 0 }, bends: [] }, { words: "a film", paused: true, leave() { live.play(null); } });');
    await until(async () => await page.pixels() === before, 'the values of what plays');
    await page.press('Back');
});

test('what is seen is exported as a picture, as numbers and exactly', async () => {
    await page.run(`const make = URL.createObjectURL;
        window.saved = [];
        URL.createObjectURL = blob => (window.saved.push({ blob }), make(blob));
        HTMLAnchorElement.prototype.click = function () { window.saved.at(-1).name = this.download; };`);
    const exported = async (name) => {
        await page.press('Export', await page.the('complementary', 'Picture'));
        await page.press(name, await page.the('dialog', 'Export'));
        return until(() => page.run(`const { name, blob } = window.saved.pop() ?? {};
            return name && { name, bytes: [...new Uint8Array(await blob.arrayBuffer())] };`), 'the file');
    };
    await page.key('b');
    await select('synthesis.b16.conv1');
    await page.choose('Show', 'one map');
    await page.set('Map', 3);
    const csv = await exported(/^Numbers, \.csv/), rows = Buffer.from(csv.bytes).toString().trim().split('\n');
    assert.equal(csv.name, 'synthesis.b16.conv1-map-3.csv');
    assert.equal(rows[0], '# synthesis.b16.conv1, map 3');
    const numbers = rows.slice(1).map(row => row.split(',').map(Number));
    assert.ok(numbers.length === 16 && numbers.every(row => row.length === 16 && row.every(Number.isFinite)));

    const npz = await exported(/^This map, \.npz/);
    assert.equal(npz.name, 'synthesis.b16.conv1-map3.npz');
    assert.deepEqual(readFileSync(join(page.out, npz.name)), Buffer.from(npz.bytes));
    const first = Buffer.alloc(4 * 256);
    numbers.flat().forEach((value, i) => first.writeFloatLE(value, 4 * i));
    assert.ok(Buffer.from(npz.bytes).includes(first), 'the numbers are exact');
    assert.equal((await exported(/^All 128 maps, \.npz/)).name, 'synthesis.b16.conv1.npz');

    const png = await exported(/^Picture, \.png/);
    assert.equal(png.name, 'synthesis.b16.conv1-map-3.png');
    assert.deepEqual([...Buffer.from(png.bytes).subarray(16, 24)], [0, 0, 4, 0, 0, 0, 4, 0]);       // 1024 × 1024
    await page.reload();
});

test('statistics of every map, in any order, and over the pictures that follow; a map that is chosen is shown', async () => {
    await select('synthesis.b16.conv1');
    await page.tab('Statistics');
    const table = await page.the('region', 'Statistics of each map');
    const column = name => page.on(table, `const heads = [...this.querySelectorAll('thead th')], at = heads.findIndex(head => head.textContent === arguments[0]);
        return [...this.querySelectorAll('tbody tr')].map(row => Number(row.children[at].textContent));`, name);
    const isSorted = (values, sign) => values.length === 64 && values.every((value, i) => !i || sign * (value - values[i - 1]) >= 0);
    await until(async () => isSorted(await column('energy'), -1), 'the maps by their energy');
    await page.press('mean', table);
    await until(async () => isSorted(await column('mean'), -1), 'the maps by their mean');
    await page.press('mean', table);
    await until(async () => isSorted(await column('mean'), 1), 'the smallest mean first');
    await page.press('More');
    await until(async () => (await column('map')).length === 128, 'all maps');
    const [map] = await column('map');
    await page.press(`Map ${map}`, table);
    await drawn(new RegExp(`^synthesis\\.b16\\.conv1, map ${map}: `));
    await page.the('image', /^Over [\d.]+ seconds, 1 picture: now from /);
    await page.press('Seed: next');
    await page.the('image', /^Over [\d.]+ seconds, 2 pictures: now from /);
    await page.press('Begin again');
    await page.the('image', 'No values yet');
});

test('the histograms of the curve have a labelled scale, and the pointer reads it', async () => {
    await select('synthesis.b16.conv1');
    await page.tab('Activation');
    const curve = await page.the('image', /^Curve of lrelu\W+input/);
    const labels = await page.on(curve, 'return [...this.querySelectorAll(".share")].map(each => parseFloat(each.textContent));');
    assert.ok(labels.length >= 3 && labels.slice(0, -1).every((value, i) => value > 0 && (!i || value < labels[i - 1])), labels.join());
    const [x, y] = await page.pointOf(curve, 0.5, 0.5);
    await page.browser.chrome('Input.dispatchMouseEvent', { type: 'mouseMoved', x, y });
    await until(async () => /^-?[\d.]+ → -?[\d.]+ · [\d.]+ % of the input about here$/
        .test(await page.on(curve, 'return this.querySelector(".readout").textContent;')), 'the share under the pointer');
});
