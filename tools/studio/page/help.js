// Help: the page in a few sentences, and the table of keys.
import {toggle} from './parts/controls.js';
import {openDialog} from './parts/dialog.js';
import {el} from './parts/dom.js';
import {keys} from './parts/keys.js';
import {store} from './state/store.js';

const sentences = [
    ['Network', 'Click a layer to select it, or use the arrow keys. Shift extends the selection.'],
    ['Layer', 'Replace its activation function, filter its feature maps, and inspect them. Point at a map to see the picture without it; B shows its values.'],
    ['Latent', 'The input of the network: seed, truncation, z, styles, directions, classes, noise; or a photo, which can be dropped on the page.'],
    ['Picture', 'The result, updated at once. Hold U to see it without the bends; paint with vectors picked from a layer; paint a region to find the maps that matter there.'],
    ['Project', 'Everything is a recipe, which the command line reads as well. Take snapshots, make films between them, save.'],
];

const caps = {ArrowUp: '↑', ArrowDown: '↓', ArrowLeft: '←', ArrowRight: '→'};
const keyCaps = key => key.split(/\+(?=.)/).map((part, i) => [i > 0 && ' ', el('kbd', null, caps[part] ?? part)]);

const rowOf = ({keys: names, span, says}) =>
    el('div', null, el('dt', null, span ? [keyCaps(names[0]), ' to ', keyCaps(names.at(-1))]
        : names.map((key, i) => [i > 0 && ' or ', keyCaps(key)])), el('dd', null, says));

export function openHelp() {
    openDialog('Bending a generator live', 'help', [
        el('dl', {class: 'sentences'}, sentences.map(([what, says]) =>
            el('div', null, el('dt', null, what), el('dd', null, says)))),
        el('div', {class: 'keys'}, keys.list().map(({group, rows}) =>
            el('section', null, el('h3', null, group), el('dl', null, rows.map(rowOf))))),
        el('p', null, toggle({label: 'Single letters and digits are shortcuts', value: () => store.ui.singleKeys !== false,
                             set: value => store.setUi('singleKeys', value)})),
        el('p', {class: 'faint'}, 'Arrow keys change numbers; Shift makes steps ten times larger, Alt ten times smaller. ',
           'Double-click the ends of a slider to change its range.'),
    ]);
}
