// Drawing the noise map of a layer, added to the network's own noise or replacing it.
import {button, controls, menu, slider} from '../parts/controls.js';
import {copyOf, grid, stroke} from '../parts/cells.js';
import {el, on} from '../parts/dom.js';
import {edits} from '../state/edits.js';
import * as map from './noisemap.js';
import {readPicture} from '../parts/png.js';
import {store} from '../state/store.js';

const maxRemembered = 20;              // pictures that undo restores without decoding them

export const mapOf = layer => store.node(`${layer.name}.noise_const`);
export const shortName = node => node.name.replace(/^synthesis\./, '');

const remembered = new Map();           // picture → cells

// `back` returns to the list of layers.
export function drawing(layer, back) {
    const node = mapOf(layer), [, height, width] = node.shape;
    const canvas = el('canvas', {class: 'noise-map', width, height, tabindex: 0, role: 'img'});
    canvas.style.setProperty('--aspect', width / height);
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

    function put(label, merge = null) {
        const drawn = copyOf(cells), how = way;
        edits.add(merge, async () => {
            read = await map.imageOf(drawn);
            remembered.set(read, drawn);
            if (remembered.size > maxRemembered)
                remembered.delete(remembered.keys().next().value);
            store.change(label, draft => map.putDrawn(draft.recipe, node, read, how), merge);
        });
        show();
    }

    // Grey is 0, light is positive, dark is negative; undrawn cells are transparent.
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

    const held = (at, side) => Math.min(side - 0.5, Math.max(0.5, at));
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
        edits.after(store.settle);
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
            spot = {x: held(spot.x + step[0], width), y: held(spot.y + step[1], height)};
        } else if (event.key === ' ') {
            begin(spot);
            end();
        } else {
            return;
        }
        event.preventDefault();
    });

    const eraser = button({icon: 'erase', label: 'Eraser', quiet: true, title: 'Erases the drawing',
                           pressed: () => erases, run: () => {
        erases = !erases;
        eraser.setAttribute('aria-pressed', String(erases));
    }});
    const fill = value => {
        cells.data.fill(value);
        put(value === map.none ? 'Noise map cleared' : 'Noise map filled');
    };
    const values = slider({label: 'Value', title: 'The value that the brush draws; noise is mostly between −2 and 2', low: -4,
                           high: 4, span: [-4, 4], value: () => level, set: value => {
        level = value;
        controls.refresh();
    }});
    const sizes = slider({label: 'Size', title: 'Width of the brush in cells', low: 1, high: width, integer: true,
                          span: [1, Math.max(2, Math.round(width / 2))], value: () => size, set: value => {
        size = value;
        controls.refresh();
    }});
    const element = el('div', {class: 'noise-drawing'}, el('div', {class: 'noise-paper'}, canvas),
        el('div', {class: 'noise-side'},
           el('div', {class: 'row'},
              button({icon: 'previous', label: 'All layers', title: 'Back to the list', run: back}),
              el('span', {class: 'small'}, shortName(layer))),
           menu({label: 'Drawn', title: 'Whether drawn cells are added to the network\'s own noise or replace it',
                 choices: [{value: 'add', label: 'added to the noise'}, {value: 'set', label: 'replacing it'}],
                 value: () => way, set: value => {
                     way = value;
                     put('Noise map');
                 }}),
           values, sizes,
           el('div', {class: 'row'}, eraser, button({label: 'Fill', title: 'Set all cells to the value',
                                                     run: () => fill(map.levelOf(level))}),
              button({icon: 'bin', label: 'Clear the drawing', quiet: true, run: () => fill(map.none)}))));
    controls.register({}, element, refresh);
    show();
    refresh();
    return element;
}
