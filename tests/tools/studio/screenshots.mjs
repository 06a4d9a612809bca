// The screenshots of docs/studio.md and README.md, from the demo models in a real Chromium. tools/scripts/pictures.sh runs it:
//     node screenshots.mjs GANBEND FOLDER
import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';

import { KEY, openPage, until } from './page.mjs';

const [, , ganbend, folder] = process.argv;
const desk = { width: 1280, height: 800 }, tablet = { width: 820, height: 1180 };
const page = await openPage(ganbend, { models: [] });       // none: the demo models
const latent = () => page.the('region', 'Latent');
const select = async name => page.click(await page.layer(name));

async function screenshot(name, look) {
    await page.browser.look(look);
    await page.rest();
    await until(() => page.browser.run('return !document.querySelector(".announcer:not(.gone)");'), 'quiet');
    const file = join(folder, `${name}.png`);
    await page.browser.screenshot(`${file}.all`);
    shrink(file);
}

// To 256 colours, which are enough.
function shrink(file) {
    execFileSync('ffmpeg', ['-v', 'error', '-y', '-i', `${file}.all`, '-vf',
                            'split[a][b];[a]palettegen=stats_mode=single[p];[b][p]paletteuse=dither=bayer:bayer_scale=5',
                            file]);
    rmSync(`${file}.all`);
}

async function addFilter(name) {
    await page.click(await page.the('combobox', 'Add a filter'));
    await page.browser.type(name);
    await page.key(KEY.enter);
}

try {
    await page.write(await page.the('textbox', 'Seed'), '6');
    await page.set('Truncation', 0.8);

    // Painting.
    await select('synthesis.b16.conv1');
    await page.press('Paint');
    const paper = await page.the('group', /^The picture\b/);
    await page.click(paper);
    await page.the('option', 'b16.conv1 1');
    await page.set('Size', 2, await page.the('complementary', 'Picture'));
    await page.drag(paper, [[0.22, 0.18], [0.35, 0.08], [0.6, 0.08], [0.78, 0.2]]);
    await screenshot('painting', { ...desk, dark: false });

    // A new project.
    await page.browser.open(page.studio.address.replace(/#.*|$/, '#bends'));
    await page.reload();
    await page.write(await page.the('textbox', 'Seed'), '6');
    await page.set('Truncation', 0.8);

    // An activation and a first snapshot; then filters at another layer, and a second one.
    await select('synthesis.b32.conv1');
    await page.tab('Activation');
    await page.choose('f(x)', 'sinlu');
    await page.set('b', 3);
    await page.press('Snapshot');
    await select('synthesis.b16.conv0');
    await page.tab(/^Filters/);
    await addFilter('rotate');
    await page.set('angle', 12);
    await page.choose('on', 'a random share');
    await addFilter('shear');
    await page.set('x', 0.35);
    await page.press('Snapshot');
    await screenshot('filters', { ...desk, dark: false });

    // Styles of another seed and pins.
    await page.tab('Styles', await latent());
    await page.press('Style', await latent());
    await page.write(await page.the('textbox', 'Style of', await latent()), '12');
    await page.press('Pin', await latent());
    await page.press('Seed: next');
    await page.press('Pin', await latent());
    await page.press('Seed: previous');
    await select('synthesis.b32.conv1');
    await page.tab('Activation');
    await screenshot('activation', { ...desk, dark: true });

    // The difference that a map makes.
    await page.browser.open(page.studio.address.replace(/#.*|$/, '#trial'));
    await page.reload();
    await page.write(await page.the('textbox', 'Seed'), '6');
    await page.set('Truncation', 0.8);
    await select('synthesis.b16.conv1');
    await page.tab(/^Filters/);
    const [x, y] = await page.pointOf(await page.the('option', /^map 6,/));
    await page.browser.chrome('Input.dispatchMouseEvent', { type: 'mouseMoved', x, y });
    await until(() => page.of('store.trial?.header.full'), 'the picture without the map');
    await screenshot('trial', { ...desk, dark: false });

    // One map of a layer as the big picture, and the statistics of all over a few seeds, in a new project.
    await page.browser.open(page.studio.address.replace(/#.*|$/, '#bench'));
    await page.reload();
    await page.set('Truncation', 0.8);
    await select('synthesis.b64.conv0');
    await page.tab('Statistics');
    await page.key('b');
    await page.choose('Show', 'one map');
    await page.set('Map', 12);
    await page.choose('Range', 'most values');
    for (let seed = 1; seed <= 16; seed++) await page.press(seed % 3 ? 'Seed: next' : 'Seed: previous');
    await until(() => page.browser.run('return document.querySelector(".map-table tbody tr") !== null;'), 'the table');
    await screenshot('bench', { ...desk, dark: true });

    // Without and with an activation, in a new project.
    await page.browser.open(page.studio.address.replace(/#.*|$/, '#split'));
    await page.reload();
    await page.write(await page.the('textbox', 'Seed'), '6');
    await page.set('Truncation', 0.8);
    await select('synthesis.b16.conv0');
    await page.tab('Activation');
    await page.choose('f(x)', 'sine');
    await page.press('Split');
    await until(() => page.of('store.unbent !== null'), 'the picture without bends');
    await screenshot('split', { ...desk, dark: true });

    // A region, and the maps that matter there, in a new project.
    await page.browser.open(page.studio.address.replace(/#.*|$/, '#region'));
    await page.reload();
    await page.write(await page.the('textbox', 'Seed'), '6');
    await page.set('Truncation', 0.8);
    await select('synthesis.b16.conv1');
    await page.press('Region');
    await page.drag(await page.the('group', /^The picture\b/), [[0.33, 0.47], [0.45, 0.47], [0.62, 0.47]]);
    await page.press('Find its maps');
    await screenshot('region', { ...desk, dark: true });

    // A picture of another seed as photo, in a new project.
    await page.browser.open(page.studio.address.replace(/#.*|$/, '#photo'));
    await page.reload();
    await page.write(await page.the('textbox', 'Seed'), '77');
    await page.set('Truncation', 0.7);
    await page.run(`const blob = await new Promise(done => document.querySelector('#picture canvas').toBlob(done));
        const data = new DataTransfer();
        data.items.add(new File([blob], 'photo.png', { type: 'image/png' }));
        document.body.dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }));`);
    await page.write(await page.the('textbox', 'Seed'), '6');
    await until(() => page.of('store.sketch !== null && store.recipe.inputs.seeds === 6'), 'the picture so far');
    await until(() => page.run('return Number(/step (\\d+)/.exec(document.querySelector(".trial-mark").textContent)?.[1]) > 40;'), 'steps');
    await page.browser.look({ ...desk, dark: false });
    await page.browser.screenshot(join(folder, 'photo.png.all'));
    await page.press('Stop');
    shrink(join(folder, 'photo.png'));

    // A bank of directions, in a new project.
    await page.browser.open(page.studio.address.replace(/#.*|$/, '#directions'));
    await page.reload();
    await page.write(await page.the('textbox', 'Seed'), '6');
    await page.set('Truncation', 0.8);
    await page.tab('Directions', await latent());
    await page.press('Find', await latent());
    for (const [name, amount] of [['pc0', 1.5], ['pc1', 2], ['pc2', -1]]) await page.set(name, amount, await latent());
    await until(() => page.browser.run('return document.querySelector("#project textarea").value.includes("pc2");'), 'the text');
    await screenshot('directions', { ...desk, dark: true });
    await page.browser.open(page.studio.address.replace(/#.*|$/, '#bends'));
    await page.reload();

    await page.browser.look({ ...tablet, dark: false });
    await page.click(await page.the('tab', 'Layer'));
    await screenshot('tablet', { ...tablet, dark: true });
    await page.click(await page.the('tab', 'Project'));
    await page.tab('Film');
    await screenshot('tablet-film', { ...tablet, dark: false });
} finally {
    await page.close();
}
