// Measures the speed of the studio in Chromium, from input to screen; prints figures and tests nothing:
//     node speed.mjs GANBEND [MODEL] [--device D …]
//     node speed.mjs FOLDER MODEL              # of the folder for web hosts, on which the model (.gbw) is dropped
//     node speed.mjs FOLDER MODEL --isolated   # the same with threads
// Pictures per second on the canvas while a slider of a layer is dragged and while the path between two pins plays; the time
// from a change to its first picture, preview or not, and to the full one.
import { readFileSync, statSync } from 'node:fs';
import { basename } from 'node:path';

import { openPage, toyFaces } from './page.mjs';
import { serve } from './static.mjs';

const [program, ...rest] = process.argv.slice(2);
const isFolder = statSync(program).isDirectory();
const models = rest.length && !rest[0].startsWith('--') ? [rest.shift()] : [toyFaces];
const seconds = 5, changes = 12;
const host = isFolder ? await serve(program, { isolated: rest.includes('--isolated') }) : null;
const page = await openPage(program, host ? { beside: { studio: host, out: null } } : { models, options: rest });
if (host) {
    await page.dropFile(basename(models[0]), readFileSync(models[0]).toString('base64'));
    await page.shows(basename(models[0], '.gbw'));
}

// In the page: one change per animation frame, with 'seeds' as many as it takes; counts the pictures.
const drag = act => page.run(`const [act, seconds] = arguments;
    let pictures = 0, fulls = 0;
    const off = store.on('frame', which => {
        pictures += which === 'frame';
        fulls += which === 'frame' && store.frame.header.full;
    });
    const begun = performance.now();
    for (let i = 0; performance.now() - begun < 1000 * seconds; i++) {
        if (act === 'drag') controls.move('bend/0/b', 1 + (i % 200) / 50);
        if (act === 'seed' || act === 'seeds') controls.move('seed', i);
        await new Promise(act === 'seeds' ? resolve => setTimeout(resolve) : requestAnimationFrame);
    }
    off();
    const passed = (performance.now() - begun) / 1000;
    return { rate: pictures / passed, fulls: fulls / passed };`, act, seconds);

// The median time in milliseconds until the first and the full picture of a new seed.
const wait = address => page.run(`const [address, changes] = arguments;
    const first = [], full = [];
    for (let i = 0; i < changes; i++) {
        while (live.busy) await new Promise(requestAnimationFrame);
        const begun = performance.now();
        const came = new Promise(resolve => {
            let seen = false;
            const off = store.on('frame', which => {
                if (which !== 'frame') return;
                const passed = performance.now() - begun;
                if (!seen) first.push(passed);
                seen = true;
                if (!store.frame.header.full) return;
                full.push(passed);
                off();
                resolve();
            });
        });
        controls.move(address, address === 'seed' ? 1000 + i : 1 + i / 10);
        store.settle();
        await came;
    }
    const middle = list => list.sort((a, b) => a - b)[list.length >> 1];
    return { first: middle(first), full: middle(full) };`, address, changes);

async function measure() {
    const { name, image: [, height, width] } = await page.of('({ name: store.network.name, image: store.network.image })');
    const layer = await page.of('store.node("synthesis.b32.conv1")?.name');
    const { threads, isa, device } = await page.of('store.welcome');
    console.log(`${name}, ${width}×${height}; ${device}, ${threads} threads, ${isa}`);
    const say = (what, { rate, fulls }) =>
        console.log(`${what}: ${rate.toFixed(1)} pictures a second, ${fulls.toFixed(1)} of them full`);
    const tell = (what, { first, full }) =>
        console.log(`${what}: the first picture after ${first.toFixed(0)} ms, the full one after ${full.toFixed(0)} ms`);
    say('seeds, one for each frame of the screen', await drag('seed'));
    say('seeds, as many as it takes', await drag('seeds'));
    tell('another seed', await wait('seed'));
    if (layer) {
        await page.run(`const [at] = arguments;
            store.change('Sinlu', draft => { draft.recipe.bends = [{ at, activation: 'sinlu' }]; });
            store.select([at]);`, layer);
        await page.rest();
        say(`a slider at ${layer}, dragged`, await drag('drag'));
        tell(`a slider at ${layer}, moved`, await wait('bend/0/b'));
        await page.run(`const pin = seed => ({ model: store.state.model, seed, class: null, edits: {}, thumbnail: '' });
            store.change('Pins', draft => { draft.pins = [pin(1), pin(2)]; });`);
        await page.click(await page.the('button', 'Play', await page.the('region', 'Latent')));
        say('the path between two faces, played', await drag('watch'));
    }
}

await measure().finally(page.close).finally(() => host?.stop());
