// Two layers side by side in place of the picture: of each its strongest feature maps, or one of them. A click on a map shows it
// alone, another click all of them again. The pointer's place is marked in all maps of both layers.
import {button, controls, menu} from '../parts/controls.js';
import {clear, el, on} from '../parts/dom.js';
import {bitmapOf} from '../parts/encoded.js';
import {keys} from '../parts/keys.js';
import {shortName} from '../picture/vectors.js';
import {newest} from '../state/newest.js';
import {formatNumber} from '../state/recipe.js';
import {store} from '../state/store.js';

const across = 5, maxSide = 128, minSide = 16, gap = 2;
const pause = 120;                      // ms between two answers while something changes

const ui = () => store.ui.pair ?? {};
const isOn = () => ui().on === true;
const put = what => store.setUi('pair', {...ui(), ...what});
const toggle = () => put({on: !isOn()});

export const pairButton = () => button({icon: 'pair', label: 'Two layers', quiet: true, pressed: isOn, run: toggle,
    title: 'The maps of two layers side by side (Shift+C)'});

const hasMaps = node => node?.shape.length === 3;
const layers = () => store.network?.nodes.filter(node => hasMaps(node) && node.takes.includes('activation')) ?? [];

// The layer of a pane: the one that was chosen if the network has it, else one from the middle of the network and the next.
function nodeOf(place) {
    const all = layers(), chosen = store.node(ui().layers?.[place]);
    return hasMaps(chosen) ? chosen : all[Math.min(all.length - 1, (all.length >> 1) + place)] ?? null;
}
const mapOf = place => ui().maps?.[place] ?? null;
const withAt = (list, place, value) => [0, 1].map(each => each === place ? value : list?.[each] ?? null);
const setMap = (place, map) => put({maps: withAt(ui().maps, place, map)});
const setLayer = (place, name) => put({layers: withAt(ui().layers, place, name), maps: withAt(ui().maps, place, null)});

/* ------------------------------------------------------------------------------------------ one layer */

// `pointed` is told where in a map the pointer is, {x, y} from 0 to 1, or null.
function pane(place, pointed) {
    const name = ['Left', 'Right'][place];
    const canvas = el('canvas', {role: 'img', width: 1, height: 1}), context = canvas.getContext('2d');
    const says = el('p', {class: 'small faint says'});
    const field = el('input', {type: 'number', min: 0, 'aria-label': `${name} map`, placeholder: 'all',
                               title: 'The number of one map; empty for the strongest ones'});
    const element = el('section', {'aria-label': `${name} layer`},
        el('div', {class: 'row'},
           menu({label: `${name} layer`, title: 'The layer that is shown', value: () => nodeOf(place)?.name ?? '',
                 set: layer => setLayer(place, layer),
                 choices: () => [...new Set([...layers(), nodeOf(place)])].filter(Boolean).map(node =>
                     ({value: node.name, label: `${shortName(node.name)}  ${node.shape[2]}×${node.shape[1]}`}))}), field),
        el('div', {class: 'maps-of'}, canvas), says);
    let sheet = null, answer = null, point = null;

    const isShown = () => isOn() && element.offsetParent !== null && nodeOf(place) !== null;
    const sideFor = count => Math.min(maxSide, Math.max(minSide,
        Math.ceil(canvas.parentElement.clientWidth * devicePixelRatio / count)));

    const ask = newest(() => {
        const node = nodeOf(place), map = mapOf(place);
        return !isShown() ? null
            : map === null ? {type: 'maps', node: node.name, order: 'energy', first: 0, count: across * across, side: sideFor(across)}
            : {type: 'maps', node: node.name, order: 'index', first: map, count: 1, side: sideFor(1)};
    }, take, error => { says.textContent = error.message; }, pause, () => store.frame?.recipe ?? store.recipe);

    async function take(next) {
        const bitmap = await bitmapOf(next, next.payload);
        sheet?.close();
        [sheet, answer] = [bitmap, next];
        describe();
        draw();
    }

    function describe() {
        const {channels, energies, of} = answer;
        const words = channels.length === 1 ? `map ${channels[0]} of ${of}, energy ${formatNumber(energies[0], 3)}`
            : `${channels.length < of ? `the strongest ${channels.length} of ` : ''}${of} maps`;
        says.textContent = words;
        canvas.setAttribute('aria-label', `${answer.node}: ${words}`);
    }

    // The map under a point of the canvas, and the place in it.
    function under(event) {
        if (!answer)
            return null;
        const box = canvas.getBoundingClientRect(), {columns, rows, channels} = answer;
        const x = (event.clientX - box.left) / box.width * columns, y = (event.clientY - box.top) / box.height * rows;
        const channel = channels[Math.floor(y) * columns + Math.floor(x)];
        return channel === undefined ? null : {channel, x: x % 1, y: y % 1};
    }

    // Enlarged by a whole number, so that the mark is sharp and the pixels of maps stay squares.
    function draw() {
        if (!sheet)
            return;
        const {columns, rows, side, channels} = answer;
        const times = Math.max(1, Math.floor(canvas.parentElement.clientWidth * devicePixelRatio / columns / side));
        const tile = side * times, step = tile + gap * times;
        Object.assign(canvas, {width: columns * step - gap * times, height: rows * step - gap * times});
        canvas.style.aspectRatio = `${canvas.width} / ${canvas.height}`;
        context.imageSmoothingEnabled = false;
        channels.forEach((_, i) => {
            const row = Math.floor(i / columns), column = i % columns;
            context.drawImage(sheet, column * side, row * side, side, side, column * step, row * step, tile, tile);
            if (point)
                mark(column * step + point.x * tile, row * step + point.y * tile, Math.max(2, tile / 64));
        });
    }

    function mark(x, y, radius) {
        context.beginPath();
        context.arc(x, y, radius, 0, 2 * Math.PI);
        Object.assign(context, {lineWidth: Math.max(1, radius / 3), fillStyle: '#f2a33c', strokeStyle: '#000'});
        context.fill();
        context.stroke();
    }

    on(canvas, 'pointermove', event => pointed(under(event)));
    on(canvas, 'pointerleave', () => pointed(null));
    on(canvas, 'click', event => {
        const found = under(event);
        if (found)
            setMap(place, mapOf(place) === null ? found.channel : null);
    });
    on(field, 'change', () => {
        const map = field.value.trim() === '' ? null : Math.min(nodeOf(place).shape[0] - 1, Math.max(0, Math.round(Number(field.value))));
        setMap(place, map);
    });
    controls.register({}, field, () => {
        if (document.activeElement !== field)
            field.value = mapOf(place) ?? '';
        field.max = (nodeOf(place)?.shape[0] ?? 1) - 1;
    });
    new ResizeObserver(ask).observe(canvas.parentElement);
    return {element, ask, point(next) {
        point = next;
        draw();
    }};
}

/* ------------------------------------------------------------------------------------------ both */

export function mount(root) {
    const panes = [0, 1].map(place => pane(place, point => panes.forEach(each => each.point(point))));
    clear(root, panes.map(({element}) => element));

    function show() {
        root.hidden = !isOn();
        if (isOn())
            panes.forEach(each => each.ask());
    }
    // Two layers that are selected together are the two.
    store.on('selection', () => {
        const two = store.selection.filter(name => hasMaps(store.node(name))).slice(-2);
        if (isOn() && two.length === 2)
            put({layers: two, maps: null});
    });
    store.on('frame', which => which === 'frame' && isOn() && panes.forEach(each => each.ask()));
    store.on('network', show);
    store.on('ui', show);
    keys.add({key: 'Shift+C', says: 'Two layers side by side', group: 'Picture', run: toggle});
    keys.add({key: 'Escape', says: 'The picture again', group: 'Picture', when: isOn, run: toggle});
    show();
}
