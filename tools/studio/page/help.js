// Help: what the page is in a few sentences, and all keys, out of their table.
import {toggle} from './parts/controls.js';
import {openDialog} from './parts/dialog.js';
import {el} from './parts/dom.js';
import {keys} from './parts/keys.js';
import {store} from './state/store.js';

const sentences = [
    ['Network', 'Choose a layer: click it, or go there with the arrow keys. Shift adds to the choice.'],
    ['Layer', 'Give it another activation, send its feature maps through filters, look at them.'],
    ['Latent', 'Where the picture comes from: seed, truncation, z, styles, classes, noise.'],
    ['Picture', 'What comes of it, at once. Hold a key to see it without the bends; paint with what a layer knows.'],
    ['Project', 'All of it is a recipe: text that the command line takes as well. Take snapshots, go between them, save.'],
];

const caps = {ArrowUp: '↑', ArrowDown: '↓', ArrowLeft: '←', ArrowRight: '→'};
const keyCaps = key => key.split(/\+(?=.)/).map((part, i) => [i > 0 && ' ', el('kbd', null, caps[part] ?? part)]);

const rowOf = ({keys: names, span, says}) =>
    el('div', null, el('dt', null, span ? [keyCaps(names[0]), ' to ', keyCaps(names.at(-1))]
        : names.map((key, i) => [i > 0 && ' or ', keyCaps(key)])), el('dd', null, says));

export function openHelp() {
    openDialog('Bending a generator, live', 'help', [
        el('dl', {class: 'sentences'}, sentences.map(([what, says]) =>
            el('div', null, el('dt', null, what), el('dd', null, says)))),
        el('div', {class: 'keys'}, keys.list().map(({group, rows}) =>
            el('section', null, el('h3', null, group), el('dl', null, rows.map(rowOf))))),
        el('p', null, toggle({label: 'Letters and digits alone act as keys', value: () => store.ui.singleKeys !== false,
                             set: value => store.setUi('singleKeys', value)})),
        el('p', {class: 'faint'}, 'Numbers: arrow keys move them, with Shift by ten steps, with Alt by a tenth. ',
           'A slider’s ends can be typed as well: double-click them.'),
    ]);
}
