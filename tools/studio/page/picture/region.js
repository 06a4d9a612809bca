// Painting a region on the picture, to find the feature maps of the selected layer that matter there. The maps are then shown in
// this order in the layer panel.
import {attempt} from '../parts/attempt.js';
import {button, controls, slider} from '../parts/controls.js';
import {stroke} from '../parts/cells.js';
import {clear, el} from '../parts/dom.js';
import {keys} from '../parts/keys.js';
import {progressLine} from '../parts/progress.js';
import {resultButton} from '../project/results.js';
import {analysis} from '../state/analysis.js';
import {region} from '../state/region.js';
import {store} from '../state/store.js';
import {drawBrush} from './paintveil.js';

const maxSize = 32;
const veilColour = [255, 150, 30, 120];

export const isRegion = () => store.ui.region === true && store.ui.painting !== true;

export function toggleRegion() {
    const next = !isRegion();
    if (next)
        store.setUi('painting', false);
    store.setUi('region', next);
}

const hasMaps = node => node?.shape.length === 3 && node.op !== 'input';
const sizeOf = () => store.ui.regionSize ?? 6;

// `bar`: the element to fill; port: the viewport of the picture.
export function mount(bar, port) {
    let erases = false, last = null, pointer = null, veil = null;
    const wrong = el('p', {class: 'wrong small', role: 'alert'});
    const says = el('span', {class: 'small faint'});

    /* -------------------------------------------------------------------------------------- the tool */

    const inCells = ({x, y}) => ({x: x * region.cells.width, y: y * region.cells.height});

    function strokeTo(point) {
        const now = inCells(point), {cells} = region;
        stroke(cells, last ?? now, now, sizeOf() / 2, index => { cells.data[index] = erases ? 0 : 1; });
        last = now;
        region.changed();
    }

    const ways = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]};
    const tool = {
        cursor: 'crosshair',
        down: strokeTo,
        move(point) {
            pointer = point;
            if (last)
                strokeTo(point);
        },
        up: () => { last = null; },
        cancel: () => { last = null; },
        hover(point) {
            pointer = point;
            port.redraw();
        },
        // Arrow keys move by one cell; Space and Enter paint.
        key(event) {
            const way = ways[event.key], isPress = event.key === ' ' || event.key === 'Enter';
            if (event.altKey || !(way || isPress))
                return false;
            const {width, height} = region.cells, {x, y} = pointer ?? {x: 0.5, y: 0.5};
            const moved = (at, by, size) => (Math.min(size - 1, Math.max(0, Math.floor(at * size) + by)) + 0.5) / size;
            tool.hover({x: moved(x, way?.[0] ?? 0, width), y: moved(y, way?.[1] ?? 0, height)});
            if (isPress) {
                strokeTo(pointer);
                last = null;
            }
            return true;
        },
        draw(context, toFrame) {
            const {cells} = region, {x, y} = toFrame({x: 0, y: 0}), far = toFrame({x: 1, y: 1});
            const box = {x, y, width: far.x - x, height: far.y - y, columns: cells.width, rows: cells.height};
            context.imageSmoothingEnabled = false;
            context.drawImage(veil ??= veilOf(cells), box.x, box.y, box.width, box.height);
            if (pointer)
                drawBrush(context, box, pointer, sizeOf());
        },
    };

    function veilOf(cells) {
        const canvas = new OffscreenCanvas(cells.width, cells.height), context = canvas.getContext('2d');
        const pixels = context.createImageData(cells.width, cells.height);
        cells.data.forEach((on, i) => on && pixels.data.set(veilColour, 4 * i));
        context.putImageData(pixels, 0, 0);
        return canvas;
    }

    /* -------------------------------------------------------------------------------------- controls */

    const measure = () => attempt(wrong, async () => {
        await region.measure(store.current);
        store.setUi('panel', 'layer');
        store.setUi('layerTab', 'filters');
        store.setUi('maps', {...store.ui.maps, order: 'region'});
    });

    const finder = button({label: 'Find its maps', run: measure,
                           title: 'Tries out every map of the selected layer and orders them by how much they change the region'});
    clear(bar, el('div', {class: 'row'},
        slider({address: 'region/size', label: 'Size', title: 'Width of the brush', low: 1, high: maxSize, span: [1, maxSize],
                integer: true, value: sizeOf, set: size => store.setUi('regionSize', size)}),
        button({icon: 'erase', label: 'Erase', quiet: true, title: 'Take away from the region', pressed: () => erases,
                run: () => {
                    erases = !erases;
                    controls.refresh();
                }}),
        button({icon: 'bin', label: 'Clear the region', quiet: true, run: region.clear}), finder, resultButton('units')),
        says, progressLine(), wrong);

    function show() {
        const node = store.current;
        veil = null;
        if (!store.network || !isRegion())
            return;
        finder.disabled = region.isEmpty || !hasMaps(node) || !!analysis.running;
        says.textContent = !hasMaps(node) ? 'Select a layer with feature maps in the network.'
            : region.isEmpty ? 'Paint a region on the picture.'
            : `Which of the ${node.shape[0]} maps of ${node.name} matter here?`;
        port.redraw();
    }

    const label = port.element.getAttribute('aria-label');

    function showMode() {
        const active = isRegion();
        bar.hidden = !active;
        if (active !== (port.tool === tool)) {
            port.tool = active ? tool : null;
            port.element.setAttribute('aria-label', active ? 'The picture to paint a region on: arrow keys move from cell to cell, '
                + 'Space paints, Alt and arrow keys move the picture' : label);
        }
        show();
    }

    store.on('ui', showMode);
    store.on('region', show);
    store.on('analysis', show);
    store.on('selection', show);
    store.on('network', () => {
        wrong.textContent = '';
        show();
    });
    keys.add({key: 'G', says: 'Paint a region', group: 'Picture', run: toggleRegion});
    showMode();
}
