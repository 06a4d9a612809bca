// The view "MIDI & OSC": which knobs, keys and messages move which addresses, and the map of addresses to print.
import {addresses} from '../parts/addresses.js';
import {bindings} from '../hands/bindings.js';
import {controls, menu, slider, toggle} from '../parts/controls.js';
import {curves} from '../state/curves.js';
import {devices} from '../hands/devices.js';
import {announce, openDialog} from '../parts/dialog.js';
import {clear, el, on} from '../parts/dom.js';
import {keys} from '../parts/keys.js';
import {nameOf} from './midi.js';
import {osc} from '../hands/osc.js';
import {relatives} from '../state/hand.js';
import {formatNumber} from '../state/recipe.js';
import {store} from '../state/store.js';

const learn = address => devices.toggleLearning(address).catch(error => announce(error.message, 'wrong'));

keys.add({key: 'M', says: 'Learn: touch a control, turn a knob, and so on', group: 'Project', run: () => learn()});
keys.add({key: 'Escape', says: 'Stop learning', group: 'Project', run: () => devices.learning !== null && devices.learn(null)});

/* ------------------------------------------------------------------------------------------ one binding */

// How the knob moves its number.
function openBinding(binding) {
    let now = binding;
    const isNote = binding.control.startsWith('note');
    const change = what => {
        bindings.change(now, what);
        now = bindings.all.find(each => each.device === now.device && each.control === now.control && each.address === now.address);
        controls.refresh();
    };
    const how = () => bindings.settings(now);
    const share = (key, label, title) => slider({label, title, low: 0, high: 1, defaultValue: key === 'low' ? 0 : 1,
                                                 value: () => how()[key], set: value => change({[key]: value})});
    openDialog(`${nameOf(binding.control)}${binding.device ? ` of ${binding.device}` : ''}`, 'small-dialog', el('div', {class: 'content'},
        el('p', {class: 'faint'}, `Moves ${binding.address}.`),
        share('low', 'From', 'What the low end of the knob is, as a share of the slider'),
        share('high', 'To', 'What its high end is'),
        isNote ? menu({label: 'Key', title: 'What the key does', value: () => how().keys, set: kind => change({keys: kind}), choices: [
            {value: 'gate', label: 'to, while it is held'}, {value: 'toggle', label: 'from and to in turn'},
            {value: 'velocity', label: 'as far as it is struck'}]})
            : [menu({label: 'Curve', title: 'Between the ends', choices: Object.keys(curves), value: () => how().curve,
                     set: curve => change({curve})}),
               toggle({label: 'Inverted', value: () => how().invert, set: invert => change({invert})}),
               menu({label: 'Sends', title: 'Endless knobs send steps instead of a position; how they count is in their manual',
                     choices: [{value: '', label: 'its position'}, ...relatives.map(value => ({value, label: `steps, ${value}`}))],
                     value: () => how().relative ?? '', set: relative => change({relative: relative || null})}),
               toggle({label: 'Picks the number up', title: 'Moves it only once the knob has reached it, so that nothing jumps',
                       value: () => how().soft, set: soft => change({soft})})],
        slider({label: 'Smooth', unit: 's', title: 'How long the number takes to follow', low: 0, high: 10, span: [0, 2],
                defaultValue: 0, value: () => how().smooth, set: smooth => change({smooth})})));
}

/* ------------------------------------------------------------------------------------------ the view */

const heads = ['Address', 'Controls', 'Value', 'Knob'];

export function mount(root) {
    const status = el('span', {class: 'faint small'});
    const start = el('button', {type: 'button', title: 'Touch a control, turn a knob, and so on (M)', onclick: () => learn()});
    const hint = el('p', {class: 'hint', role: 'status'});
    const body = el('tbody'), table = el('table', null, el('thead', null, el('tr', null, heads.map(word => el('th', {scope: 'col'}, word)))), body);
    const print = el('button', {type: 'button', title: 'All addresses and what controls them, on paper', onclick: printMap},
                     'Print the map');
    clear(root, el('div', {class: 'row'}, start, status, el('span', {class: 'space'}), print), hint, table);

    const valueOf = address => {
        const spec = controls.find(address);
        return spec && !spec.isAction ? formatNumber(Number(spec.value() ?? spec.defaultValue ?? 0)) : '';
    };

    const knob = binding => [
        el('button', {type: 'button', class: 'line', onclick: () => openBinding(binding), title: `How it moves ${binding.address}${
            binding.device ? `; of ${binding.device}` : ''}`}, nameOf(binding.control)),
        el('button', {type: 'button', class: 'line', 'aria-label': `Release ${nameOf(binding.control)}`,
                      onclick: () => bindings.release(binding)}, '×')];

    function row({address, label}) {
        return el('tr', {class: devices.learning === address ? 'learning' : null},
            el('th', {scope: 'row'}, el('code', null, address)), el('td', {class: 'faint'}, label),
            el('td', {class: 'value', data: {of: address}}),
            el('td', null, bindings.at(address).map(knob),
               el('button', {type: 'button', class: 'line assign', onclick: () => learn(address),
                             title: `Assign a knob to ${address}`, 'aria-label': `Assign a knob to ${address}`}, '+')));
    }

    function unknownRow([address, {value, known}]) {
        return el('tr', null, el('th', {scope: 'row'}, el('code', null, address)),
            el('td', {class: known ? 'faint' : 'wrong'}, known ? 'by OSC' : 'by OSC; unknown address'),
            el('td', {class: 'value'}, formatNumber(value)), el('td'));
    }

    // Rows stay in the page as long as they say the same, and the others are put between them: a press that began on a row must end
    // on it.
    let rows = new Map();               // key → {words, knobs: the bindings that its buttons are for, element}

    function showRows(wanted) {
        const next = new Map(wanted.map(({key, words, knobs, make}) => {
            const had = rows.get(key);
            const isSame = had?.words === words && had.knobs.length === knobs.length && knobs.every((each, i) => each === had.knobs[i]);
            return [key, isSame ? had : {words, knobs, element: make()}];
        }));
        const elements = [...next.values()].map(({element}) => element), stay = new Set(elements);
        for (const each of [...body.children].filter(each => !stay.has(each)))
            each.remove();
        elements.forEach((each, i) => body.children[i] !== each && body.insertBefore(each, body.children[i] ?? null));
        rows = next;
    }

    const say = (element, text) => element.textContent !== text && (element.textContent = text);

    const known = () => [...addresses(), ...controls.list()]
        .filter(({address}, i, all) => all.findIndex(other => other.address === address) === i);

    function show() {
        if (!root.offsetParent)
            return;
        const {isConnected, names, learning} = devices;
        status.textContent = [isConnected ? names.length ? names.join(', ') : 'no MIDI device is connected' : '',
                              osc.to ? `sends OSC to ${osc.to}` : ''].filter(Boolean).join(' · ');
        say(start, learning === null ? isConnected ? 'Learn' : 'Connect MIDI and learn' : 'Stop learning');
        start.setAttribute('aria-pressed', String(learning !== null));
        say(hint, learning === null ? 'To assign a knob: learn, touch a control, turn the knob.'
            : learning ? `Now turn the knob for ${learning}.` : 'Touch the control, here or anywhere on the page.');
        hint.classList.toggle('learning', learning !== null);
        const all = known(), unknown = [...osc.heard].filter(([address]) => !all.some(other => other.address === address));
        showRows([...all.map(each => ({key: each.address, words: `${each.label}${learning === each.address ? ', learning' : ''}`,
                                       knobs: bindings.at(each.address), make: () => row(each)})),
                  ...unknown.map(each => ({key: `osc ${each[0]}`, words: JSON.stringify(each), knobs: [], make: () => unknownRow(each)}))]);
        for (const cell of table.querySelectorAll('[data-of]'))
            cell.textContent = valueOf(cell.dataset.of);
    }
    let timer = 0;
    const showSoon = () => { timer ||= setTimeout(() => { timer = 0; show(); }, 200); };
    for (const event of ['control', 'recipe', 'ui', 'network'])
        store.on(event, showSoon);
    showSoon();

    // Paper gets this table alone.
    function printMap() {
        document.body.dataset.printing = 'map';
        window.print();
    }
    on(window, 'afterprint', () => delete document.body.dataset.printing);
}
