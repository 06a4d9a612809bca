// The project in a browser: undo, the recipe as text, saving, reloading, snapshots and films, several tabs:
// node e2e_project.mjs GANBEND
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';

import { startBrowser } from './browser.mjs';
import { KEY, closePages, openPage, toyFaces, until } from './page.mjs';
import { startAndOpen } from './server.mjs';

const ganbend = process.argv[2];
let page, unbent, works = 0;

// What the page said in its hellos, in window.hellos.
const listen = `window.hellos = [];
    const send = WebSocket.prototype.send;
    WebSocket.prototype.send = function (text) {
        const message = JSON.parse(text);
        if (message.type === 'hello') window.hellos.push(message);
        return send.call(this, text);
    };`;

before(async () => { page = await openPage(ganbend, { prepare: listen }); });
after(closePages);
beforeEach(async () => {
    await page.fresh(`work ${++works}`);
    unbent = await page.pixels();
});

const text = () => page.the('textbox', 'Recipe');
const shownText = async () => page.on(await text(), 'return this.value;');
const announced = pattern => until(async () =>
    pattern.exec(await page.browser.run('return document.getElementById("announcer").textContent;')),
    `${pattern} to be said`);

// The connection status in the header.
const says = words => until(async () => words ===
    await page.browser.run('return document.querySelector("header [role=status]").textContent;'), words);

// Replaces the text of the recipe, as pasting does.
async function writeRecipe(recipe) {
    await page.on(await text(), `this.focus();
        this.select();
        document.execCommand('insertText', false, arguments[0]);`, recipe);
}

async function bend(recipe) {
    await writeRecipe(recipe);
    await until(async () => await page.pixels() !== unbent, 'another picture');
    return page.pixels();
}

const turned = `# a face, turned
inputs: {seeds: 7, trunc: 0.7}
bends:
  - {at: synthesis.b32.conv1, filter: rotate, angle: 40, features: {random: 0.5, seed: 3}}
  - at: synthesis.b8.conv1
    activation: sinlu
    b: 3
`;

test('the token is neither in the address bar nor within reach of scripts after the first visit', async () => {
    assert.match(page.studio.address, /\?token=/);
    const seen = await page.browser.run(`return [location.href, document.referrer, document.cookie,
        ...performance.getEntriesByType('resource').map(entry => entry.name)];`);
    assert.ok(seen.length > 10);
    for (const text of seen) assert.ok(!text.includes(page.studio.token), text);
    await page.browser.reload();
    await page.ready();
});

test('the file with which the browser is opened leads to the page', async () => {
    const studio = await startAndOpen(ganbend, [toyFaces]), browser = await startBrowser();
    const connected = 'document.querySelector("header [role=status]")?.textContent === "connected"';
    await browser.open(`file://${studio.opened}`);
    await browser.until(connected, connected, 60);
    assert.equal(await browser.run('return location.href;'), `http://127.0.0.1:${studio.port}/#project`);
    assert.deepEqual(await browser.warnings(), []);
    await browser.close();
    assert.equal(await studio.stop(), 0);
});

test('undo reverts everything step by step, and redo repeats it', async () => {
    const seen = [unbent];
    const did = async () => {
        seen.push(await page.pixels());
        assert.notEqual(seen.at(-1), seen.at(-2));
    };
    await page.press('Seed: next');
    await did();
    await page.set('Truncation', 0.5);
    await did();
    await page.click(await page.layer('synthesis.b8.conv1'));
    await page.choose('f(x)', 'sine');
    await did();
    await page.press('Snapshot');
    await page.key('o');
    await did();
    await page.drag(await page.the('slider', 'z'), [[0.8, 0.5], [0.9, 0.55], [0.95, 0.6]]);
    await did();
    const steps = (await page.of('store.done')).length;
    assert.equal(steps, seen.length);               // the snapshot is one that changes no picture
    for (let i = 0; i < steps; i++) await page.press('Undo');
    assert.equal(await page.pixels(), unbent);
    assert.deepEqual(await page.of('store.snapshots'), []);
    for (let i = 0; i < steps; i++) await page.press('Redo');
    assert.equal(await page.pixels(), seen.at(-1));
    await page.tab('History');
    await page.press('Start');
    assert.equal(await page.pixels(), unbent);
});

test('a typed recipe becomes the picture; if it is wrong, its line is named and the picture stays', async () => {
    const bent = await bend(turned);
    assert.deepEqual((await page.recipe()).bends.map(each => each.filter ?? each.activation), ['rotate', 'sinlu']);
    await writeRecipe(turned.replace('angle: 40', 'angel: 40'));
    await page.the('button', /^Line 4, column \d+: .*angel/);
    assert.equal(await page.pixels(), bent);
    await writeRecipe(turned.replace('bends:', 'bends: ['));
    await page.the('button', /^Line \d+/);
    await writeRecipe(turned);
    await until(async () => !(await page.all('button', /^Line \d+/)).length, 'the error to disappear');
    await page.on(await text(), 'this.blur();');
    assert.equal(await shownText(), turned, 'with its comment');
    assert.equal(await page.pixels(), bent);
});

test('a saved picture equals that of ganbend render with the saved recipe, byte for byte', async () => {
    await bend(turned);
    await page.on(await text(), 'this.blur();');
    await page.key('s', KEY.control);
    const [, recipe, picture] = await announced(/^Saved (\S+\.yaml) and (\S+\.png)$/);
    assert.equal(recipe, 'picture-0001.yaml');
    const again = join(page.out, 'again.png');
    execFileSync(ganbend, ['render', 'tests/fixtures/toy-faces-64.gbw', '--bend', join(page.out, recipe), '-o', again]);
    assert.ok(readFileSync(again).equals(readFileSync(join(page.out, picture))), 'the PNGs differ');
    assert.equal(readFileSync(join(page.out, recipe), 'utf8'), turned, 'the text as it was typed');

    await page.press('Seed: next');
    await page.key('s', KEY.control, KEY.shift);
    const dialog = await page.the('dialog', 'Save');
    await page.browser.type('eight');
    await page.key(KEY.enter);
    await announced(/^Saved eight\.yaml and eight\.png$/);
    await until(async () => !(await page.all('dialog', 'Save')).length, 'the dialog to close');
    await page.key('s', KEY.control, KEY.shift);
    await page.browser.type('eight');
    await page.key(KEY.enter);
    await page.the('alert', null, await page.the('dialog', 'Save'));
    await page.key(KEY.escape);
});

test('while a path plays, what is kept is the moment that is seen', async () => {
    await page.press('Pin');
    await page.press('Seed: next');
    await page.press('Pin');
    const toggle = `(await import('/latent/pins.js')).togglePlaying();`;
    await page.run(toggle);
    await until(() => page.of('live.player && store.frame.recipe !== store.recipe'), 'the path');
    // In one step of the page, between two pictures.
    const seen = await page.run(`const { takeSnapshot } = await import('/project/snapshots.js'), { save } = await import('/project/files.js');
        const { pin } = await import('/latent/pins.js'), { recipe } = store.frame;
        takeSnapshot();
        pin();
        const saving = save();
        return { recipe, resting: store.recipe, snapshot: store.snapshots.at(-1).recipe, pin: store.pins.at(-1), saved: await saving };`);
    assert.notDeepEqual(seen.recipe, seen.resting);
    assert.deepEqual(seen.snapshot, seen.recipe);
    assert.equal(seen.pin.mix.length, 1, 'the face between the two pins');
    await page.run(toggle);
    await until(() => page.run('return /work at rest/.test(document.querySelector(".play-bar").textContent);'), 'the note');
    await page.press('Use this moment');
    assert.equal(await page.of('live.playing'), false);
    await page.run('store.change("seen", draft => { draft.recipe = store.snapshots.at(-1).recipe; });');
    await page.rest();
    const again = join(page.out, 'again.png');
    execFileSync(ganbend, ['render', toyFaces, '--bend', join(page.out, seen.saved.recipe), '-o', again]);
    assert.ok(readFileSync(again).equals(readFileSync(join(page.out, seen.saved.picture))), 'in full');
    assert.equal((await page.run('return (await wire.ask("parse", { text: arguments[0] })).recipe;',
                                 readFileSync(join(page.out, seen.saved.recipe), 'utf8'))).inputs.seeds, seen.recipe.inputs.seeds);
});

test('the thumbnail of a snapshot is of the whole picture, although a preview was seen, and is no step', async () => {
    const seen = await page.run(`store.frame.header.full = false;
        const { takeSnapshot } = await import('/project/snapshots.js');
        takeSnapshot();
        return store.snapshots.at(-1).thumbnail;`);
    await until(() => page.run('return store.snapshots.at(-1).thumbnail !== arguments[0];', seen), 'another thumbnail');
    assert.deepEqual((await page.of('store.done')).map(step => step.label), ['Snapshot']);
    await page.press('Undo');
    assert.deepEqual(await page.of('store.snapshots'), []);
});

test('a new work begins with six examples, each with its picture, and with the works of the folder', async () => {
    const list = await page.the('list', 'Examples');
    await until(() => page.on(list, `const pictures = [...this.querySelectorAll('img')];
        return pictures.length === 6 && pictures.every(each => each.complete && each.naturalWidth === 64)
            && new Set(pictures.map(each => each.src)).size === 6;`), 'six pictures');
    await page.press('Lean', list);
    assert.deepEqual((await page.recipe()).bends.map(({ filter, x }) => [filter, x]), [['shear', 0.5]]);
    assert.notEqual(await page.pixels(), unbent);
    await page.the('slider', 'x');
    await page.press('Undo');
    assert.equal(await page.pixels(), unbent);
    const name = (await page.of('store.welcome')).project;
    await page.press('Seed: next');
    await until(() => readdirSync(join(page.out, 'studio')).includes(`${name}.jpg`), 'the picture of the work');
    await page.fresh('another');
    await page.press(new RegExp(`^${name} `), await page.the('list', 'Works'));
    await until(() => page.of(`store.welcome?.project === ${JSON.stringify(name)}`).catch(() => false), 'the work');
    await page.ready();
    assert.equal((await page.recipe()).inputs.seeds, 1);
});

test('a bend by chance is one step, at a layer that is then selected', async () => {
    await page.key('r', KEY.shift);
    const [{ at }] = (await page.recipe()).bends;
    assert.deepEqual(await page.of('store.selection'), [at]);
    assert.notEqual(await page.pixels(), unbent);
    await page.press('Undo');
    assert.equal(await page.pixels(), unbent);
});

test('the tour has three steps, keeps nothing from being used, and is closed', async () => {
    const seen = [];
    await page.press('Tour');
    for (const next of ['Next', 'Next', 'Done']) {
        seen.push(await page.browser.run('return document.body.dataset.tour;'));
        if (seen.length === 2) await page.press('Seed: next');
        await page.press(next, await page.the('dialog', 'Tour'));
    }
    assert.deepEqual(seen, ['network', 'layer', 'project']);
    assert.equal((await page.all('dialog', 'Tour')).length, 0);
    await page.press('Begin');
    await page.press('Tour', await page.the('dialog', 'Begin'));
    await page.the('dialog', 'Tour');
    await page.key(KEY.escape);
    assert.equal((await page.all('dialog', 'Tour')).length, 0);
});

test('works have any name; what cannot be one is replaced, and the page says so', async () => {
    await page.fresh('Beyoncé');
    await page.browser.run('location.hash = "100%";');
    await until(() => page.of('store.opened && store.welcome.project === "100-"').catch(() => false), 'a work');
    await page.ready();
    await announced(/100-/);
});

test('a picture that Save made is opened from this computer, and a NUL is refused with its place', async () => {
    const bent = await bend(turned);
    await page.on(await text(), 'this.blur();');
    await page.press('Save');
    await page.browser.type('mine');
    await page.key(KEY.enter);
    await announced(/^Saved mine/);
    await page.fresh('opens mine');
    const bytes = readFileSync(join(page.out, 'mine.png')).toString('base64');
    await page.run(`const { openLocal } = await import('/project/files.js');
        await openLocal(new File([Uint8Array.from(atob(arguments[0]), c => c.charCodeAt(0))], 'mine.png'));`, bytes);
    assert.equal(await page.pixels(), bent);
    const refused = await page.run('return wire.ask("parse", { text: "bends: []\\n\\0" }).catch(({ message, line }) => [message, line]);');
    assert.deepEqual(refused, ['a NUL character, which a recipe cannot have', 2]);
});

test('after Enter in a number the keys are shortcuts', async () => {
    await page.set('Truncation', 0.5);
    await page.key('s');
    await page.write(await page.the('textbox', 'Seed'), '4');
    await page.key('s');
    assert.equal((await page.of('store.snapshots')).length, 2);
});

test('a saved recipe is opened again, and so is the recipe in a picture', async () => {
    const bent = await bend(turned);
    await page.on(await text(), 'this.blur();');
    await page.press('Save');
    await page.browser.type('kept');
    await page.key(KEY.enter);
    await announced(/^Saved kept\.yaml and kept\.png$/);
    for (const name of ['kept.yaml', 'kept.png']) {
        await page.fresh(`opens ${name}`);
        assert.equal(await page.pixels(), unbent);
        await page.key('o', KEY.control);
        await page.click(await page.the('button', name, await page.the('dialog', 'Open')));
        await announced(new RegExp(`^Opened ${name}$`));
        assert.equal(await page.pixels(), bent, name);
    }
});

test('a recipe is copied to the clipboard', async () => {
    await bend(turned);
    await page.on(await text(), 'this.blur();');
    const permissions = ['clipboardReadWrite', 'clipboardSanitizedWrite'];
    await page.browser.chrome('Browser.grantPermissions', { permissions });
    await page.press('Copy the recipe');
    await announced(/^Recipe copied$/);
    assert.equal(await page.browser.run('return navigator.clipboard.readText();'), turned);
});

test('nothing is lost by reloading the page or by killing and restarting the program', async () => {
    await page.click(await page.layer('synthesis.b16.conv1'));
    await page.choose('f(x)', 'tanh');
    const bent = await page.pixels();
    await page.press('Snapshot');
    await page.reload();
    assert.equal(await page.pixels(), bent);
    assert.deepEqual(await page.of('store.selection'), ['synthesis.b16.conv1']);
    assert.equal((await page.of('store.snapshots')).length, 1);
    await page.kill();
    await says('not connected');
    await page.browser.type('.');
    await page.restart();
    await says('connected');
    const changed = await page.pixels();
    assert.notEqual(changed, bent);
    await page.reload();
    assert.equal(await page.pixels(), changed);
    await page.press('Undo');
    assert.equal(await page.pixels(), bent);
});

test('a reloaded page identifies itself, so that it gets its project even if its old connection is still open', async () => {
    const [{ tab }] = await page.browser.run('return window.hellos;');
    assert.equal(await page.browser.run('return sessionStorage.length;'), 0, 'a duplicate of the tab is another page');
    await page.reload();
    const [{ tab: again, project }] = await page.browser.run('return window.hellos;');
    assert.equal(again, tab);
    assert.equal(project, (await page.of('store.welcome')).project);
    await page.fresh('elsewhere');
    assert.equal((await page.browser.run('return window.hellos;'))[0].tab, tab);
});

test('a film between snapshots is rendered as pictures and as MP4', async () => {
    await page.press('Snapshot');
    await page.press('Seed: next');
    await page.choose('Model', 'toy-faces-64');
    await page.press('Snapshot');
    const second = await page.pixels();
    await page.tab('Film');
    await page.set('Each step', 0.2);
    await page.choose('at', '12');
    for (const [format, name] of [['png', 'walk'], ['mp4', 'walk too']]) {
        await page.choose('as', format);
        const field = await page.the('textbox', 'Name of the film');
        await page.on(field, 'this.focus(); this.select();');
        await page.browser.type(name);
        await page.press('Render');
        await announced(new RegExp(`^Film saved in .*${name}`));
    }
    const frames = readdirSync(join(page.out, 'walk')).sort();
    assert.equal(frames.length, 5);
    const pictures = frames.map(frame => readFileSync(join(page.out, 'walk', frame)));
    assert.equal(new Set(pictures.map(String)).size, 5, 'all are different');
    const mp4 = readFileSync(join(page.out, 'walk too.mp4'));
    assert.equal(mp4.toString('latin1', 4, 8), 'ftyp');
    const length = execFileSync('ffprobe', ['-v', 'error', '-count_frames', '-show_entries',
                                            'stream=nb_read_frames,width', '-of', 'csv=p=0',
                                            join(page.out, 'walk too.mp4')], { encoding: 'utf8' });
    assert.equal(length.trim(), '64,5');
    await page.press('Back to the recipe').catch(() => {});
    assert.equal(await page.pixels(), second);
});

test('snapshots are restored by click and by number', async () => {
    await page.press('Snapshot');
    const second = await bend(turned);
    await page.on(await text(), 'this.blur();');
    await page.key('s');
    await page.key('1');
    assert.equal(await page.pixels(), unbent);
    await page.click(await page.the('button', '2', await page.the('list', 'Snapshots')));
    assert.equal(await page.pixels(), second);
});

test('what another version of the page has kept is left alone', async () => {
    const path = join(page.out, 'studio', 'newer.json'), kept = '{"version": 999, "state": {"recipe": {}}}';
    writeFileSync(path, kept);
    await page.browser.run('location.hash = "newer";');
    await until(() => page.of('store.opened && store.welcome.project === "newer-2"').catch(() => false), 'a new project');
    await page.ready();
    await page.press('Seed: next');
    await until(() => readdirSync(join(page.out, 'studio')).includes('newer-2.json'), 'the project to be kept');
    assert.equal(readFileSync(path, 'utf8'), kept);
});

test('two tabs have separate projects', async () => {
    const first = (await page.of('store.welcome')).project;
    await bend(turned);
    const other = await openPage(ganbend, { beside: page });
    assert.notEqual((await other.of('store.welcome')).project, first);
    assert.equal(await other.pixels(), unbent);
    await other.press('Seed: next');
    assert.equal((await page.recipe()).inputs.seeds, 7);
    assert.equal((await other.recipe()).inputs.seeds, 1);
    await other.close();
});
