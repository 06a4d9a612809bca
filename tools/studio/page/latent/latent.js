// The latent panel: seed, truncation, pins and the path between them are always visible; z, styles, noise and classes are
// tabs.
import {addAction} from '../parts/addresses.js';
import {slider} from '../parts/controls.js';
import {clear, el, on} from '../parts/dom.js';
import {keys} from '../parts/keys.js';
import {inputs, latentOf, seedOf, setInput} from '../state/recipe.js';
import {store} from '../state/store.js';
import * as classes from './classes.js';
import * as directions from './directions.js';
import * as noise from './noise.js';
import {photoChoice} from './photo.js';
import * as pins from './pins.js';
import {anySeed, heldSeed, seedBox} from './seedbox.js';
import * as styles from './styles.js';
import * as zpolygon from './zpolygon.js';

// Parts in the order of their tabs; `fits` tells which networks have one.
const parts = [
    {name: 'z', label: 'z', title: 'The random numbers of the seed, which can be edited', part: zpolygon,
     fits: n => n.z_dim > 0},
    {name: 'styles', label: 'Styles', title: 'The w of each layer: truncation and styles of other seeds',
     part: styles, fits: n => n.num_ws > 0},
    {name: 'directions', label: 'Directions', title: 'Move along directions in which pictures change most', part: directions,
     fits: n => n.num_ws > 0 || n.z_dim > 0},
    {name: 'classes', label: 'Classes', title: 'The class of the picture, and mixtures', part: classes,
     fits: n => n.classes > 0},
    {name: 'noise', label: 'Noise', title: 'Noise of each layer: strength, seed, drawn maps', part: noise,
     fits: n => n.nodes.some(node => node.takes.includes('noise'))},
];

/* ------------------------------------------------------------------------------------------ seed */

const setSeed = seed => store.change(`Seed ${seed}`, draft => setInput(draft.recipe, 'seeds', seed), 'seed');

function putSeed(seed) {
    setSeed(heldSeed(seed));
    store.settle();
}

const imageSeed = () => seedBox({address: 'seed', label: 'Seed', title: 'The integer from which z is generated',
                                 keys: [' (,)', ' (.)', ' (R)'], empty: 'photo', value: () => latentOf(store.recipe) ? null : seedOf(store.recipe), set: setSeed});

function truncation() {
    const {low, high} = store.network.truncation ?? {low: -1, high: 2}, hasWs = store.network.num_ws > 0;
    return slider({
        address: 'trunc', label: 'Truncation', low: hasWs ? null : low, high: hasWs ? null : high,
        span: hasWs ? [0, 1.5] : [low, high], defaultValue: 1,
        title: hasWs ? 'Distance from the mean: 0 is the mean, 1 the seed\'s own w, more is more extreme'
            : 'The spread of z: small values are typical, 1 is the full range',
        value: () => inputs(store.recipe).trunc ?? 1,
        set: value => store.change('Truncation', draft => setInput(draft.recipe, 'trunc', value === 1 ? null : value),
                                   'trunc')});
}

/* ------------------------------------------------------------------------------------------ the panel */

export function mount(root) {
    const always = el('div', {class: 'latent-always'});
    const tabs = el('div', {class: 'latent-tabs', role: 'tablist', 'aria-label': 'Latent'});
    const body = el('div', {class: 'latent-body', role: 'tabpanel', tabindex: -1, id: 'latent-part'});
    let network = null, shown = null;
    const strip = el('div', {class: 'latent-pins'});
    clear(root, el('div', {class: 'panel-head'}, el('h2', null, 'Latent'), tabs), always, body, strip);

    const fitting = () => parts.filter(part => part.fits(store.network));
    const chosen = () => fitting().find(({name}) => name === store.ui.latent) ?? fitting()[0];

    function show() {
        if (!store.network || (network === store.network && shown === chosen()))
            return;
        if (network !== store.network) {
            clear(always, imageSeed(), store.network.z_dim > 0 && truncation(), photoChoice(), pins.path());
            clear(strip, pins.strip());
        }
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

    keys.add({key: 'R', says: 'Random seed', group: 'Latent', run: () => putSeed(anySeed())});
    keys.add({key: ',', says: 'Previous seed', group: 'Latent', run: () => putSeed(seedOf(store.recipe) - 1)});
    keys.add({key: '.', says: 'Next seed', group: 'Latent', run: () => putSeed(seedOf(store.recipe) + 1)});
    keys.add({key: 'K', says: 'Pin this face', group: 'Latent', run: pins.pin});
    addAction('path/play', 'Play the path between pins, or stop', pins.togglePlaying);
    keys.add({key: 'Space', says: 'Play the path between pins, or stop', group: 'Latent', run: pins.togglePlaying});
}
