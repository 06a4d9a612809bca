// Control by MIDI and OSC. MIDI controllers learn which address they change; OSC messages name it. What they move is no step for
// undo: moving.js.
import {addresses} from '../parts/addresses.js';
import {controls} from '../parts/controls.js';
import {announce} from '../parts/dialog.js';
import {clear, el, on} from '../parts/dom.js';
import {keys} from '../parts/keys.js';
import {nameOf, readMessage} from './midi.js';
import {move} from './moving.js';
import {formatNumber} from '../state/recipe.js';
import {store} from '../state/store.js';
import {wire} from '../state/wire.js';

const maxHeard = 64;
const heard = new Map();            // addresses received by OSC → {value, known}

wire.on('control', ({address, value}) => {
    heard.delete(address);
    heard.set(address, {value, known: controls.find(address) !== null});
    if (heard.size > maxHeard)
        heard.delete(heard.keys().next().value);
    move(address, value);
    store.tell('control');
});

/* ------------------------------------------------------------------------------------------ MIDI */

let access = null;
let learning = null;                // null, or the address that the next knob is assigned to; '' until one is chosen

const bindings = () => store.ui.midi ?? {};

function bind(control, address) {
    const others = Object.entries(bindings()).filter(([, bound]) => bound !== address);
    store.setUi('midi', {...Object.fromEntries(others), [control]: address});
    announce(`${nameOf(control)} controls ${address}`);
}

function unbind(control) {
    store.setUi('midi', Object.fromEntries(Object.entries(bindings()).filter(([key]) => key !== control)));
}

function receive({data}) {
    const message = readMessage(data);
    if (!message)
        return;
    if (learning && message.share > 0) {
        bind(message.control, learning);
        learn(null);
    } else if (bindings()[message.control]) {
        move(bindings()[message.control], {share: message.share});
    }
}

async function connectMidi() {
    if (!navigator.requestMIDIAccess)
        throw new Error('Web MIDI is not available: the browser does not support it, or only for pages of this computer and https');
    access = await navigator.requestMIDIAccess();
    const listen = () => access.inputs.forEach(input => { input.onmidimessage = receive; });
    access.onstatechange = () => {
        listen();
        store.tell('control');
    };
    listen();
    store.setUi('midiWanted', true);
    store.tell('control');
}

function learn(address) {
    learning = address;
    document.body.toggleAttribute('data-learning', learning !== null);
    for (const element of document.querySelectorAll('[data-address][data-learning]'))
        element.removeAttribute('data-learning');
    if (learning)
        document.querySelector(`[data-address="${CSS.escape(learning)}"]`)?.setAttribute('data-learning', '');
    store.tell('control');
}

// During learning, touching a control chooses its address.
function choose(event) {
    const element = learning !== null && event.target.closest?.('[data-address]');
    if (element)
        learn(element.dataset.address);
}
on(document, 'pointerdown', choose, true);
on(document, 'focusin', choose, true);

async function startLearning() {
    if (learning !== null)
        return learn(null);
    try {
        if (!access)
            await connectMidi();
        learn('');
    } catch (error) {
        announce(error.message, 'wrong');
    }
}

keys.add({key: 'M', says: 'Learn: touch a control, then turn a knob', group: 'Project', run: startLearning});
keys.add({key: 'Escape', says: 'Stop learning', group: 'Project', run: () => learning !== null && learn(null)});

/* ------------------------------------------------------------------------------------------ the view */

const heads = ['Address', 'Controls', 'Value', 'Knob'];

export function mount(root) {
    const status = el('span', {class: 'faint small'});
    const start = el('button', {type: 'button', title: 'Touch a control, then turn a knob (M)',
                                onclick: startLearning});
    const hint = el('p', {class: 'hint', role: 'status'});
    const table = el('table', null);
    clear(root, el('div', {class: 'row'}, start, status), hint, table);

    const valueOf = address => {
        const spec = controls.find(address);
        return spec && !spec.isAction ? formatNumber(Number(spec.value() ?? spec.defaultValue ?? 0)) : '';
    };

    function row({address, label}) {
        const control = Object.keys(bindings()).find(key => bindings()[key] === address);
        return el('tr', {class: learning === address ? 'learning' : null},
            el('th', {scope: 'row'}, el('code', null, address)), el('td', {class: 'faint'}, label),
            el('td', {class: 'value', data: {of: address}}),
            el('td', null, el('button', {type: 'button', class: 'line', onclick: () => learnThis(address),
                                         title: 'Assign a knob'}, control ? nameOf(control) : '–'),
               control && el('button', {type: 'button', class: 'line', 'aria-label': `Release ${nameOf(control)}`,
                                        onclick: () => unbind(control)}, '×')));
    }

    function unknownRow([address, {value, known}]) {
        return el('tr', null, el('th', {scope: 'row'}, el('code', null, address)),
            el('td', {class: known ? 'faint' : 'wrong'}, known ? 'by OSC' : 'by OSC; unknown address'),
            el('td', {class: 'value'}, formatNumber(value)), el('td'));
    }

    async function learnThis(address) {
        if (learning === null)
            await startLearning();
        if (learning !== null)
            learn(address);
    }

    function show() {
        if (!root.offsetParent)
            return;
        const inputs = access ? [...access.inputs.values()].map(({name}) => name) : [];
        status.textContent = access ? inputs.length ? inputs.join(', ') : 'no MIDI device is connected' : '';
        start.textContent = learning === null ? access ? 'Learn' : 'Connect MIDI and learn' : 'Stop learning';
        start.setAttribute('aria-pressed', String(learning !== null));
        hint.textContent = learning === '' ? 'Touch the control to assign, here or anywhere on the page.'
            : learning ? `Now turn the knob for ${learning}.` : '';
        hint.hidden = !hint.textContent;
        const known = [...addresses(), ...controls.list()]
            .filter(({address}, i, all) => all.findIndex(other => other.address === address) === i);
        const unknown = [...heard].filter(([address]) => !known.some(other => other.address === address));
        const lines = known.map(({address, label}) => [address, label]);
        const words = JSON.stringify([lines, unknown, bindings(), learning]);
        if (table.dataset.words !== words) {
            table.dataset.words = words;
            clear(table, el('thead', null, el('tr', null, heads.map(word => el('th', {scope: 'col'}, word)))),
                  el('tbody', null, known.map(row), unknown.map(unknownRow)));
        }
        for (const cell of table.querySelectorAll('[data-of]'))
            cell.textContent = valueOf(cell.dataset.of);
    }
    let timer = 0;
    const showSoon = () => { timer ||= setTimeout(() => { timer = 0; show(); }, 200); };
    for (const event of ['control', 'recipe', 'ui', 'network'])
        store.on(event, showSoon);
    store.on('document', () => store.ui.midiWanted && connectMidi().catch(() => {}));
    showSoon();
}
