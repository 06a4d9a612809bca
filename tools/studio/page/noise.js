// Noise of each layer: how strong, from which seed, or a map drawn by hand, on top of the noise or in its place.
import {button, controls, menu, slider} from './controls.js';
import {copyOf, grid, stroke} from './cells.js';
import {clear, el, on} from './dom.js';
import * as map from './noisemap.js';
import {readPicture} from './png.js';
import {inputs, setInput} from './recipe.js';
import {seedBox} from './seedbox.js';
import {store} from './store.js';

const layers = () => store.network.nodes.filter(node => node.takes.includes('noise') && node.act);
const mapOf = layer => store.node(`${layer.name}.noise_const`);
const shortName = node => node.name.replace(/^synthesis\./, '');

/* ------------------------------------------------------------------------------------------ the list */

// The image's noise as one word and a seed: "const", "none", "random:5".
const modeNow = () => String(inputs(store.recipe).noise).split(':')[0];
const seedNow = () => Number(String(inputs(store.recipe).noise).split(':')[1] ?? 0);

function setMode(mode, seed) {
    const value = mode === 'const' ? null : mode === 'random' ? `random:${seed}` : mode;
    store.change('Noise', draft => setInput(draft.recipe, 'noise', value), 'noise');
}

function layerRow(layer, openMap) {
    const seed = el('input', {type: 'text', inputmode: 'numeric', class: 'number', placeholder: 'stored', autocomplete: 'off',
                              'aria-label': `${shortName(layer)}: seed of the map`,
                              title: 'Seed that this layer\'s map is drawn from; empty: the network\'s own map'});
    const draw = button({icon: 'brush', label: `Draw the map of ${shortName(layer)}`, quiet: true,
                         title: 'Draw on this layer\'s map', run: () => openMap(layer)});
    const now = () => map.noiseAt(store.recipe, layer);
    on(seed, 'change', () => {
        const wanted = seed.value.trim() === '' ? null : Math.round(Number(seed.value));
        if (wanted === null || wanted >= 0)
            store.change(`Noise of ${shortName(layer)}`, draft => map.putNoise(draft.recipe, layer, now().factor, wanted));
    });
    const element = el('div', {class: 'noise-row'}, slider({
        address: `noise/${layer.name}/factor`, label: shortName(layer), low: null, high: null, span: [0, 4], otherwise: 1,
        title: `${layer.name}: the strength of its noise is multiplied by this`, value: () => now().factor,
        set: value => store.change(`Noise of ${shortName(layer)}`, draft =>
            map.putNoise(draft.recipe, layer, value, map.noiseAt(draft.recipe, layer).seed), `noise/${layer.name}`)}),
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
    const seed = seedBox({address: 'noise/seed', label: 'Seed', title: 'Seed that all maps are drawn from', value: seedNow,
                          set: value => setMode('random', value)});
    const element = el('div', {class: 'noise-list'},
        el('div', {class: 'row'}, menu({label: 'All layers', title: 'Where the noise of every layer comes from', choices: [
            {value: 'const', label: 'stored maps'}, {value: 'none', label: 'none'}, {value: 'random', label: 'drawn from a seed'}],
            value: modeNow, set: mode => setMode(mode, seedNow())}), seed),
        layers().map(layer => layerRow(layer, openMap)));
    const show = () => { seed.hidden = modeNow() !== 'random'; };
    controls.register({}, element, show);
    show();
    return element;
}

/* ------------------------------------------------------------------------------------------ one map */

const remembered = new Map();           // picture → cells, so that undo need not decode

function drawing(layer, back) {
    const node = mapOf(layer), [, height, width] = node.shape;
    const canvas = el('canvas', {class: 'noise-map', width, height, tabindex: 0, role: 'img'});
    const context = canvas.getContext('2d');
    let cells = grid(width, height, Int16Array, map.none), read = null, way = 'add', erases = false;
    let level = 2, size = Math.max(1, Math.round(width / 10)), doing = null, strokes = 0, spot = {x: 0.5, y: 0.5};

    async function refresh() {
        const drawn = map.drawnAt(store.recipe, node);
        way = drawn?.way ?? way;
        if (doing || (drawn?.image ?? null) === read)
            return;
        read = drawn?.image ?? null;
        const was = read;
        let next = grid(width, height, Int16Array, map.none);
        if (remembered.has(was))
            next = copyOf(remembered.get(was));
        else if (was)
            next = await readPicture(was).then(picture => map.cellsOf(picture, width, height, drawn), () => next);
        if (was === read) {
            cells = next;
            show();
        }
    }

    function put(label, merge) {
        store.change(label, draft => map.putDrawn(draft.recipe, node, cells, way), merge);
        read = map.drawnAt(store.recipe, node)?.image ?? null;
        remembered.set(read, copyOf(cells));
        if (remembered.size > 20)
            remembered.delete(remembered.keys().next().value);
        show();
    }

    // Grey is nothing, light adds, dark takes away; where nothing is drawn the ground shows through.
    function show() {
        const pixels = context.createImageData(width, height);
        cells.data.forEach((value, i) => {
            if (value !== map.none)
                pixels.data.set([value, value, value, 255], 4 * i);
        });
        context.putImageData(pixels, 0, 0);
        const drawn = cells.data.filter(value => value !== map.none).length;
        canvas.setAttribute('aria-label', `Noise map of ${layer.name}, ${width}×${height}, ${drawn} cells drawn. `
            + 'Arrow keys move, Space draws');
    }

    const pointOf = event => {
        const box = canvas.getBoundingClientRect();
        return {x: (event.clientX - box.left) / box.width * width, y: (event.clientY - box.top) / box.height * height};
    };
    function strokeTo(point) {
        const value = erases ? map.none : map.levelOf(level);
        stroke(cells, doing.last, point, size / 2, index => { cells.data[index] = value; });
        doing.last = point;
        doing.timer ||= requestAnimationFrame(() => {
            doing.timer = 0;
            put('Noise drawn', doing.merge);
        });
    }
    function begin(point) {
        doing = {last: point, timer: 0, merge: `noise map/${++strokes}`};
        strokeTo(point);
    }
    function end() {
        if (!doing)
            return;
        cancelAnimationFrame(doing.timer);
        put('Noise drawn', doing.merge);
        doing = null;
        store.settle();
    }
    on(canvas, 'pointerdown', event => {
        canvas.setPointerCapture(event.pointerId);
        begin(pointOf(event));
    });
    on(canvas, 'pointermove', event => doing && strokeTo(pointOf(event)));
    on(canvas, 'lostpointercapture', end);
    on(canvas, 'keydown', event => {
        const step = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]}[event.key];
        if (step) {
            spot = {x: Math.min(width - 0.5, Math.max(0.5, spot.x + step[0])), y: Math.min(height - 0.5, Math.max(0.5, spot.y + step[1]))};
        } else if (event.key === ' ') {
            begin(spot);
            end();
        } else {
            return;
        }
        event.preventDefault();
    });

    const eraser = button({icon: 'erase', label: 'Eraser', quiet: true, title: 'Takes away what is drawn',
                           pressed: () => erases, run: () => {
        erases = !erases;
        eraser.setAttribute('aria-pressed', String(erases));
    }});
    const fill = value => {
        cells.data.fill(value);
        put(value === map.none ? 'Noise map cleared' : 'Noise map filled');
    };
    const own = (label, title, low, high, value, set, whole = false) => slider({label, title, low, high, span: [low, high], whole,
                                                                                value, set: next => { set(next); controls.refresh(); }});
    const element = el('div', {class: 'noise-drawing'}, el('div', {class: 'noise-paper'}, canvas),
        el('div', {class: 'noise-side'},
           el('div', {class: 'row'}, button({icon: 'previous', label: 'All layers', title: 'Back to the list', run: back}),
              el('span', {class: 'small'}, shortName(layer))),
           menu({label: 'Drawn', title: 'What becomes of the network\'s own noise where something is drawn',
                 choices: [{value: 'add', label: 'on top of the noise'}, {value: 'set', label: 'in its place'}],
                 value: () => way, set: value => {
                     way = value;
                     put('Noise map');
                 }}),
           own('Value', 'What the brush leaves; noise is mostly between −2 and 2', -4, 4, () => level, value => { level = value; }),
           own('Size', 'Width of the brush in cells', 1, Math.max(2, width), () => size, value => { size = value; }, true),
           el('div', {class: 'row'}, eraser, button({label: 'Fill', title: 'The value everywhere',
                                                     run: () => fill(map.levelOf(level))}),
              button({icon: 'bin', label: 'Take the drawing off', quiet: true, run: () => fill(map.none)}))));
    controls.register({}, element, refresh);
    show();
    refresh();
    return element;
}

/* ------------------------------------------------------------------------------------------ both */

export function create() {
    const element = el('div', {class: 'noise'});
    const showList = () => clear(element, list(layer => clear(element, drawing(layer, showList))));
    showList();
    return element;
}
