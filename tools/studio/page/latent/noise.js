// Noise of each layer: strength, seed, and a drawn map.
import {button, controls, menu, slider} from '../parts/controls.js';
import {clear, el, on} from '../parts/dom.js';
import {drawing, mapOf, shortName} from './noisedrawing.js';
import * as map from './noisemap.js';
import {inputs, setInput} from '../state/recipe.js';
import {seedBox} from './seedbox.js';
import {store} from '../state/store.js';

const layers = () => store.network.nodes.filter(node => node.takes.includes('noise') && node.act);

// The noise of the image: "const", "none" or "random:5".
const modeNow = () => String(inputs(store.recipe).noise).split(':')[0];
const seedNow = () => Number(String(inputs(store.recipe).noise).split(':')[1] ?? 0);

function setMode(mode, seed) {
    const value = mode === 'const' ? null : mode === 'random' ? `random:${seed}` : mode;
    store.change('Noise', draft => setInput(draft.recipe, 'noise', value), 'noise');
}

function layerRow(layer, openMap) {
    const seed = el('input', {type: 'text', inputmode: 'numeric', class: 'number', placeholder: 'stored',
                              autocomplete: 'off', 'aria-label': `${shortName(layer)}: seed of the map`,
                              title: 'Seed of this layer\'s noise map; empty for the network\'s own map'});
    const draw = button({icon: 'brush', label: `Draw the map of ${shortName(layer)}`, quiet: true,
                         title: 'Draw on this layer\'s map', run: () => openMap(layer)});
    const now = () => map.noiseAt(store.recipe, layer);
    on(seed, 'change', () => {
        const wanted = seed.value.trim() === '' ? null : Math.round(Number(seed.value));
        if (wanted === null || wanted >= 0)
            store.change(`Noise of ${shortName(layer)}`, draft =>
                map.putNoise(draft.recipe, layer, now().factor, wanted));
    });
    const element = el('div', {class: 'noise-row'}, slider({
        address: `noise/${layer.name}/factor`, label: shortName(layer), low: null, high: null, span: [0, 4],
        defaultValue: 1, title: `${layer.name}: factor for the strength of its noise`,
        value: () => now().factor,
        set: value => store.change(`Noise of ${shortName(layer)}`, draft =>
            map.putNoise(draft.recipe, layer, value, map.noiseAt(draft.recipe, layer).seed, store.streaming), `noise/${layer.name}`)}),
        seed, mapOf(layer) && draw);
    const show = () => {
        if (document.activeElement !== seed)
            seed.value = now().seed ?? '';
        draw.setAttribute('aria-pressed', String(!!mapOf(layer) && !!map.drawnAt(store.recipe, mapOf(layer))));
    };
    controls.register({}, element, show);
    show();
    return element;
}

function list(openMap) {
    const seed = seedBox({address: 'noise/seed', label: 'Seed', title: 'Seed of all noise maps',
                          value: seedNow, set: value => setMode('random', value)});
    const element = el('div', {class: 'noise-list'},
        el('div', {class: 'row'}, menu({
            label: 'All layers', title: 'The source of the noise of all layers',
            choices: [{value: 'const', label: 'stored maps'}, {value: 'none', label: 'none'},
                      {value: 'random', label: 'drawn from a seed'}],
            value: modeNow, set: mode => setMode(mode, seedNow())}), seed),
        layers().map(layer => layerRow(layer, openMap)));
    const show = () => { seed.hidden = modeNow() !== 'random'; };
    controls.register({}, element, show);
    show();
    return element;
}

export function create() {
    const element = el('div', {class: 'noise'});
    const showList = () => clear(element, list(layer => clear(element, drawing(layer, showList))));
    showList();
    return element;
}
