// What the bench shows, as files: drawn as a PNG, as it is drawn in numbers, or exactly as the network computed it.
import {announce, openDialog} from '../parts/dialog.js';
import {attempt} from '../parts/attempt.js';
import {el} from '../parts/dom.js';
import {download, downloadBytes} from '../project/downloads.js';
import {toJson} from '../state/yaml.js';
import {wire} from '../state/wire.js';
import {bench} from './bench.js';
import {csvOf, pixelsOf, rangeOf} from './field.js';

const leastSide = 1024;             // pixels of a PNG along its larger side

const fileName = ending => `${bench.title.replace(/[^\w.-]+/g, '-')}.${ending}`;

// Every value is a square of whole pixels.
async function savePng() {
    const {view} = bench, {width, height} = view, size = Math.max(1, Math.floor(leastSide / Math.max(width, height)));
    const range = rangeOf(view, bench.get('range'), [bench.get('low'), bench.get('high')]);
    const small = new OffscreenCanvas(width, height), large = new OffscreenCanvas(width * size, height * size);
    small.getContext('2d').putImageData(new ImageData(pixelsOf(view, range, bench.get('colours')), width, height), 0, 0);
    const context = large.getContext('2d');
    context.imageSmoothingEnabled = false;
    context.drawImage(small, 0, 0, large.width, large.height);
    downloadBytes(fileName('png'), [await large.convertToBlob({type: 'image/png'})], 'image/png');
}

async function saveCsv() {
    downloadBytes(fileName('csv'), [csvOf(bench.view, bench.field, bench.title)], 'text/csv');
}

// The program writes it into its folder first.
async function saveNpz(show) {
    const {node, map} = bench;
    const {file} = await wire.ask('export', {recipe: toJson(bench.recipe), node: node.name, show, channel: map});
    await download(file);
    announce(`${file} is in the output folder too`);
}

export function openExport() {
    const wrong = el('p', {class: 'wrong', role: 'alert'});
    if (!bench.view)
        return announce('There are no values to export: select a layer in the network', 'wrong');
    const {show, maps} = bench, isOne = show === 'map' && maps > 1;
    const line = (name, says, run) => el('li', null, el('button', {type: 'button', class: 'line', onclick: () =>
        attempt(wrong, async () => {
            await run();
            dialog.close();
        })}, el('b', null, name), el('span', {class: 'small faint'}, says)));
    const dialog = openDialog('Export', 'small-dialog export', el('div', {class: 'content'},
        el('p', {class: 'faint'}, bench.title), el('ul', null,
            line('Picture, .png', 'in these colours, each value a square', savePng),
            line('Numbers, .csv', 'as they are drawn: spectrum and dB included', saveCsv),
            (isOne || show === 'energy' || show === 'mean') && line(`${isOne ? 'This map' : `The ${show}`}, .npz`,
                'the exact values, in full size', () => saveNpz(show)),
            line(maps > 1 ? `All ${maps} maps, .npz` : 'Values, .npz', 'the exact values, as from ganbend dump',
                 () => saveNpz('all'))), wrong));
}
