// The bench looks into the selected layer: the values of the whole boundary or of one of its maps, as the big picture (view.js)
// and as statistics (statistics.js). They are those of the picture on the screen, also while a film plays or modulators move it. How
// they are shown belongs to the arrangement of the page. Event 'bench': other values have arrived, or they are shown in another way.
import {newest} from '../state/newest.js';
import {store} from '../state/store.js';
import {wire} from '../state/wire.js';
import {toJson} from '../state/yaml.js';
import {colourMaps} from './colours.js';
import {fieldOf, rangeKinds, viewOf} from './field.js';

const side = 512;                   // larger maps are reduced to it
const pause = 60;                   // ms between two requests while something changes
const longest = 600;                // moments that are remembered

const defaults = {on: false, show: 'energy', map: 0, isSpectrum: false, isDecibels: false, range: 'all', low: -1, high: 1, colours: 'fire'};
const wanted = new Set();           // who looks at the values now: 'view', 'statistics'
let field = null, view = null, moments = [], asked = '', recipe = null;

const node = () => store.current;
const mapsOf = each => each?.shape.length === 3 ? each.shape[0] : 1;

// What is shown of the node: 'map', 'energy', 'mean', or 'colour', which is natural for three maps.
function showNow() {
    const {show} = {show: mapsOf(node()) === 3 ? 'colour' : defaults.show, ...store.ui.bench};
    return mapsOf(node()) === 1 ? 'map' : show === 'colour' && mapsOf(node()) !== 3 ? defaults.show : show;
}

export const bench = {
    get node() { return node(); },
    get maps() { return mapsOf(node()); },
    // Whether the values are the big picture; two layers side by side (split/pair.js) are in their place.
    get isOn() { return bench.get('on') === true && store.ui.pair?.on !== true; },
    get show() { return showNow(); },
    get map() { return Math.min(mapsOf(node()) - 1, Math.max(0, Math.round(Number(bench.get('map'))) || 0)); },
    // A setting, as far as it means something.
    get(key) {
        const value = store.ui.bench?.[key] ?? defaults[key];
        const known = {range: rangeKinds, colours: colourMaps}[key];
        return known && !known.includes(value) ? defaults[key] : value;
    },
    set: what => store.setUi('bench', {...store.ui.bench, ...what}),
    // Makes the values the big picture, or not.
    open(isOpen, what = {}) {
        if (isOpen && store.ui.pair?.on)
            store.setUi('pair', {...store.ui.pair, on: false});
        bench.set({...what, on: isOpen});
    },
    // `who` looks at the values, until called with false.
    want(who, isWanted) {
        if (wanted.has(who) === isWanted)
            return;
        wanted[isWanted ? 'add' : 'delete'](who);
        ask();
    },
    // The newest values; null if none of the current node have arrived.
    get field() { return field?.node === node()?.name ? field : null; },
    // The same as they are drawn.
    get view() {
        const how = {isSpectrum: bench.get('isSpectrum') === true, isDecibels: bench.get('isDecibels') === true};
        if (!bench.field)
            return null;
        if (view?.field !== field || view.how.isSpectrum !== how.isSpectrum || view.how.isDecibels !== how.isDecibels)
            view = {field, how, drawn: viewOf(field, how)};
        return view.drawn;
    },
    // Statistics of what was shown, the oldest first: {at: ms, min, max, mean, deviation}.
    get moments() { return moments; },
    forget() {
        moments = [];
        store.tell('bench');
    },
    // Why there are no values, or ''.
    problem: '',
    // Whether values of the current node are on the way.
    get isWaiting() { return node() !== null && !bench.field && !bench.problem; },
    // The recipe that the values are of.
    get recipe() { return recipe; },
    // "synthesis.b16.conv1, map 3"
    get place() {
        const what = {energy: 'energy of all maps', mean: 'mean of all maps', colour: 'as colours',
                      map: bench.maps > 1 ? `map ${bench.map}` : ''}[bench.show];
        return [node()?.name, what].filter(Boolean).join(', ');
    },
    // "synthesis.b16.conv1, map 3, spectrum, dB"
    get title() {
        return [bench.place, bench.view?.isSpectrum && 'spectrum', bench.view?.isDecibels && 'dB'].filter(Boolean).join(', ');
    },
};

/* ------------------------------------------------------------------------------------------ asking */

const recipeOf = () => store.frame?.recipe ?? store.recipe;
const question = () => !node() || !wanted.size ? null
    : {type: 'values', node: node().name, show: showNow(), channel: bench.map, side, each: wanted.has('statistics')};

const request = newest(question, answer => {
    const before = field;
    field = fieldOf(answer);
    const isOther = before?.node !== field.node || before.show !== field.show || before.channel !== field.channel;
    const {min, max, mean, deviation} = field.statistics;
    moments = [...isOther ? [] : moments, {at: performance.now(), min, max, mean, deviation}].slice(-longest);
    bench.problem = '';
    store.tell('bench');
}, error => {
    asked = bench.problem = error.message;
    store.tell('bench');
}, pause, () => {
    recipe = recipeOf();
    return recipe;
});

// Of a picture and its preview, the second asks for nothing else.
function ask() {
    const next = JSON.stringify([question(), store.state.model, toJson(recipeOf())]);
    if (!question() || next === asked || wire.state !== 'open')
        return;
    asked = next;
    request();
}

store.on('frame', which => which === 'frame' && ask());
store.on('selection', () => {
    bench.problem = '';
    ask();
    store.tell('bench');
});
store.on('network', () => {
    field = null;
    asked = '';
    moments = [];
});
store.on('ui', key => {
    if (!['bench', 'pair', undefined].includes(key))
        return;
    ask();
    store.tell('bench');
});
