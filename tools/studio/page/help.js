// Help: what the page is in a few sentences, and all keys, out of their table.
import {button} from './controls.js';
import {el} from './dom.js';
import {keys} from './keys.js';

const sentences = [
    ['Network', 'Select a layer: click, or arrow keys. Shift adds to the selection.'],
    ['Layer', 'Give it another activation, run its maps through filters, look at them.'],
    ['Latent', 'Where the picture comes from: seed, truncation, z, styles, noise.'],
    ['Picture', 'What comes of it, at once. Hold a key to see it without the bends; paint with what a layer holds.'],
    ['Work', 'All of it is a recipe: text that the command line takes. Snapshots, undo, films.'],
];

export function openHelp() {
    const close = () => dialog.close();
    const groups = keys.list().map(({group, rows}) =>
        el('section', null, el('h3', null, group), el('dl', null, rows.map(row => el('div', null,
            el('dt', null, row.keys.map((key, i) => [i > 0 && ' or ', keyCaps(key)])), el('dd', null, row.says))))));
    const dialog = el('dialog', {class: 'help', 'aria-labelledby': 'help-title', onclose: () => dialog.remove(),
                                 onclick: event => event.target === dialog && close()},
        el('header', null, el('h2', {id: 'help-title'}, 'Bending a generator, live'),
           button({icon: 'close', label: 'Close', quiet: true, run: close})),
        el('dl', {class: 'sentences'}, sentences.map(([what, says]) =>
            el('div', null, el('dt', null, what), el('dd', null, says)))),
        el('div', {class: 'keys'}, groups));
    document.body.append(dialog);
    dialog.showModal();
}

const keyCaps = key => key.split(/\+(?=.)/).map((part, i) => [i > 0 && '+', el('kbd', null, caps[part] ?? part)]);
const caps = {ArrowUp: '↑', ArrowDown: '↓', ArrowLeft: '←', ArrowRight: '→'};
