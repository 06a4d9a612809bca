// Where the picture comes from: seed and truncation, pinned faces and the path between them always at hand; z, styles,
// noise and classes take turns beside them.
import {button, controls, slider} from './controls.js';
import {clear, el, on} from './dom.js';
import {keys} from './keys.js';
import {inputs, seedOf, setInput} from './recipe.js';
import {store} from './store.js';
import * as classes from './classes.js';
import * as noise from './noise.js';
import * as pins from './pins.js';
import * as styles from './styles.js';
import * as zpolygon from './zpolygon.js';

const mostSeed = 0xffffffff;
const diceSides = 100000;               // seeds short enough to be remembered

// Parts in the order of their tabs; `fits` says which networks have one.
const parts = [
    {name: 'z', label: 'z', title: 'The numbers that the seed draws, to be drawn on', part: zpolygon, fits: n => n.z_dim > 0},
    {name: 'styles', label: 'Styles', title: 'What each layer is told: truncation and styles of other seeds', part: styles,
     fits: n => n.num_ws > 0},
    {name: 'classes', label: 'Classes', title: 'What the picture shows, and mixtures', part: classes,
     fits: n => n.classes > 0},
    {name: 'noise', label: 'Noise', title: 'Noise of each layer: strength, seed, drawn by hand', part: noise,
     fits: n => n.nodes.some(node => node.takes.includes('noise'))},
];

/* ------------------------------------------------------------------------------------------ seed */

export function setSeed(seed) {
    const held = Math.min(mostSeed, Math.max(0, Math.round(seed)));
    store.change(`Seed ${held}`, draft => setInput(draft.recipe, 'seeds', held), 'seed');
}

function stepSeed(by) {
    setSeed(seedOf(store.recipe) + by);
    store.settle();
}

function throwDice() {
    setSeed(Math.floor(Math.random() * diceSides));
    store.settle();
}

function seedBox() {
    const number = el('input', {type: 'text', inputmode: 'numeric', class: 'number', 'aria-label': 'Seed',
                                autocomplete: 'off', title: 'Seed: a whole number that all of z is drawn from'});
    const element = el('div', {class: 'seed', role: 'group', 'aria-label': 'Seed', data: {address: 'seed'}},
        el('span', {class: 'label'}, 'Seed'),
        button({icon: 'previous', label: 'Seed before', quiet: true, title: 'The seed before (,)', run: () => stepSeed(-1)}),
        number,
        button({icon: 'next', label: 'Next seed', quiet: true, title: 'The next seed (.)', run: () => stepSeed(1)}),
        button({icon: 'dice', label: 'Any seed', quiet: true, title: 'Any seed (R)', run: throwDice}));
    const show = () => { number.value = seedOf(store.recipe); };
    on(number, 'change', () => {
        const wanted = Number(number.value.trim());
        if (number.value.trim() !== '' && Number.isFinite(wanted))
            setSeed(wanted);
        store.settle();
        show();
    });
    on(number, 'keydown', event => {
        const step = {ArrowUp: 1, ArrowDown: -1, PageUp: 10, PageDown: -10}[event.key];
        if (step) {
            event.preventDefault();
            stepSeed(event.shiftKey ? 10 * step : step);
        } else if (event.key === 'Enter') {
            number.dispatchEvent(new Event('change'));
        }
    });
    controls.register({address: 'seed', label: 'Seed', low: 0, high: mostSeed, span: [0, 999], whole: true,
                       value: () => seedOf(store.recipe), set: setSeed}, element, show);
    show();
    return element;
}

function truncation() {
    const {low, high} = store.network.truncation ?? {low: -1, high: 2}, hasWs = store.network.num_ws > 0;
    return slider({
        address: 'trunc', label: 'Truncation', low: hasWs ? null : low, high: hasWs ? null : high,
        span: hasWs ? [0, 1.5] : [low, high], otherwise: 1,
        title: hasWs ? 'How far from the mean face: 0 is the mean, 1 the seed\'s own, beyond it is wilder'
            : 'How far z may reach: small is typical, 1 is everything the network knows',
        value: () => inputs(store.recipe).trunc ?? 1,
        set: value => store.change('Truncation', draft => setInput(draft.recipe, 'trunc', value === 1 ? null : value),
                                   'trunc')});
}

/* ------------------------------------------------------------------------------------------ the panel */

export function mount(root) {
    const always = el('div', {class: 'latent-always'});
    const tabs = el('div', {class: 'latent-tabs', role: 'tablist', 'aria-label': 'Latent'});
    const body = el('div', {class: 'latent-body', role: 'tabpanel', tabindex: -1, id: 'latent-part'});
    const strip = pins.create();
    let network = null, shown = null;
    clear(root, el('div', {class: 'panel-head'}, el('h2', null, 'Latent'), tabs), always, body);

    const fitting = () => parts.filter(part => part.fits(store.network));
    const chosen = () => fitting().find(({name}) => name === store.ui.latent) ?? fitting()[0];

    function show() {
        if (!store.network || (network === store.network && shown === chosen()))
            return;
        if (network !== store.network)
            clear(always, seedBox(), store.network.z_dim > 0 && truncation(), strip);
        network = store.network;
        shown = chosen();
        clear(tabs, fitting().map(part => el('button', {
            type: 'button', role: 'tab', title: part.title, 'aria-selected': String(part === shown),
            'aria-controls': 'latent-part', tabindex: part === shown ? 0 : -1, data: {part: part.name},
            onclick: () => store.setUi('latent', part.name)}, part.label)));
        body.setAttribute('aria-label', shown?.label ?? '');
        body.dataset.part = shown?.name ?? '';
        clear(body, shown ? shown.part.create() : null);
    }

    on(tabs, 'keydown', event => {
        const step = {ArrowRight: 1, ArrowLeft: -1}[event.key], all = fitting();
        if (!step)
            return;
        store.setUi('latent', all[(all.indexOf(shown) + step + all.length) % all.length].name);
        tabs.querySelector('[tabindex="0"]').focus();
    });
    store.on('network', show);
    store.on('ui', show);

    keys.add({key: 'R', says: 'Any seed', group: 'Latent', run: throwDice});
    keys.add({key: ',', says: 'Seed before', group: 'Latent', run: () => stepSeed(-1)});
    keys.add({key: '.', says: 'Next seed', group: 'Latent', run: () => stepSeed(1)});
    keys.add({key: 'K', says: 'Pin this face', group: 'Latent', run: pins.pin});
    keys.add({key: 'Space', says: 'Play the path between pins, or stop', group: 'Latent', run: pins.togglePlaying});
}
