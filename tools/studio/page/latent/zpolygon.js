// Editing z as a polygon around a centre or as bars. The brush pulls values towards the pointer, smooths them or restores
// the values of the seed; its size and strength can be set. The recipe contains the differences from the seed's z, so they
// also apply to other seeds.
import {button, controls, slider} from '../parts/controls.js';
import {el, on} from '../parts/dom.js';
import {inkOf} from '../parts/ink.js';
import {formatNumber, inputs, seedOf, zEdits} from '../state/recipe.js';
import {store} from '../state/store.js';
import * as shape from './zshape.js';
import {zOf} from './seeds.js';

const modes = [['pull', 'brush', 'Pull', 'Pull z towards the pointer'],
               ['smooth', 'smooth', 'Smooth', 'Smooth neighbouring values'],
               ['seed', 'erase', 'Restore', 'Restore the values of the seed']];
const quick = 8;                        // a key press moves 1/8 of the brush's strength

const formOf = () => store.ui.zForm ?? 'polygon';
const modeOf = () => store.ui.zMode ?? 'pull';
const sizeOf = () => store.ui.zSize ?? 5;
const strengthOf = () => store.ui.zStrength ?? 0.5;

export function create() {
    const canvas = el('canvas', {class: 'z', tabindex: 0, role: 'slider', 'aria-label': 'z',
                                 'aria-valuemin': -shape.reach, 'aria-valuemax': shape.reach});
    const readout = el('output', {class: 'faint small readout'});
    const context = canvas.getContext('2d');
    let base = null, values = null;     // of the seed, and edited
    let size = {width: 1, height: 1}, drawing = 0;
    let pointer = null, last = null, current = 0;

    /* -------------------------------------------------------------------------------------- values */

    // BigGAN's z is multiplied by the truncation before the edits are added.
    const scaleOf = () => store.network.num_ws > 0 ? 1 : inputs(store.recipe).trunc ?? 1;

    let reading = false;

    // During a sweep of seeds one is asked for at a time, and then the newest.
    async function read() {
        const seed = seedOf(store.recipe), {network} = store;
        if (reading || !network)
            return;
        reading = true;
        const drawn = await zOf(network, seed).catch(() => null);
        reading = false;
        if (drawn && (network !== store.network || seed !== seedOf(store.recipe)))
            return read();
        if (!drawn)
            return;
        base = drawn.map(value => value * scaleOf());
        values = shape.edited(base, zEdits(store.recipe));
        redraw();
    }

    function put(next, label = 'z edited') {
        values = next;
        const edits = shape.editsOf(base, values);
        store.change(label, draft => shape.putEdits(draft.recipe, edits), 'z');
    }

    function brushAt(place) {
        const closed = formOf() === 'polygon', brush = {size: sizeOf(), strength: strengthOf(), closed};
        let next = values;
        for (const step of last ? shape.between(last, place, sizeOf(), values.length, closed) : [place])
            next = shape.brush(modeOf(), next, base, step, brush);
        last = place;
        put(next);
    }

    /* -------------------------------------------------------------------------------------- drawing */

    const ink = name => inkOf(canvas, name);

    function redraw() {
        drawing ||= requestAnimationFrame(() => {
            drawing = 0;
            if (canvas.isConnected)
                draw();
        });
        describe();
    }

    function trace(of) {
        const form = formOf(), {width, height} = size;
        context.beginPath();
        of.forEach((value, i) => {
            const {x, y} = shape.pointOf(form, i, value, of.length, width, height);
            context.lineTo(x, y);
        });
        if (form === 'polygon')
            context.closePath();
    }

    // Grid lines at −2, 0 and 2; the one at 0 is stronger.
    function drawLevels() {
        const {width, height} = size, isRound = formOf() === 'polygon';
        for (const level of [-2, 0, 2]) {
            const at = shape.pointOf(formOf(), 0, level, 4, width, height);
            context.beginPath();
            if (isRound)
                context.arc(width / 2, height / 2, height / 2 - at.y, 0, 2 * Math.PI);
            else
                context.rect(0, at.y, width, 0);
            context.strokeStyle = level ? ink('--line') : ink('--edge');
            context.lineWidth = level ? 1 : 0.75;
            context.stroke();
        }
    }

    function drawBars() {
        const {width, height} = size, wide = width / values.length, gap = wide > 3 ? 1 : 0;
        const zero = shape.pointOf('bars', 0, 0, values.length, width, height).y;
        values.forEach((value, i) => {
            const {y} = shape.pointOf('bars', i, value, values.length, width, height);
            context.fillStyle = Math.abs(value - base[i]) > 0.0005 ? ink('--accent') : ink('--faint');
            context.fillRect(i * wide, Math.min(y, zero), Math.max(wide - gap, 0.75), Math.max(1, Math.abs(y - zero)));
        });
    }

    function draw() {
        const density = devicePixelRatio, {width, height} = size;
        canvas.width = Math.round(width * density);
        canvas.height = Math.round(height * density);
        context.scale(density, density);
        drawLevels();
        if (!values)
            return;
        if (formOf() === 'bars') {
            drawBars();
        } else {
            trace(base);
            context.strokeStyle = ink('--edge');
            context.lineWidth = 1;
            context.stroke();
            trace(values);
            context.fillStyle = ink('--accent-soft');
            context.globalAlpha = 0.5;
            context.fill();
            context.globalAlpha = 1;
            context.strokeStyle = ink('--accent');
            context.lineWidth = values.length > 256 ? 0.75 : 1.5;
            context.stroke();
        }
        drawBrush();
    }

    function drawBrush() {
        const place = pointer ?? (document.activeElement === canvas ? {index: current} : null);
        if (!place)
            return;
        const form = formOf(), {width, height} = size, count = values.length, middle = Math.round(place.index) % count;
        context.fillStyle = ink('--text');
        for (const [i, share] of shape.reached(place.index, sizeOf(), count, form === 'polygon')) {
            const {x, y} = shape.pointOf(form, i, values[i], count, width, height);
            context.beginPath();
            context.arc(x, y, 1 + 2 * share, 0, 2 * Math.PI);
            context.globalAlpha = 0.35 + 0.65 * share;
            context.fill();
        }
        context.globalAlpha = 1;
        readout.textContent = said(middle);
    }

    function said(i) {
        const edit = values[i] - base[i];
        return `z ${i}: ${formatNumber(values[i], 3)}${Math.abs(edit) > 0.0005
            ? ` (${edit > 0 ? '+' : '−'}${formatNumber(Math.abs(edit), 3)})` : ''}`;
    }

    function describe() {
        if (!values)
            return;
        canvas.setAttribute('aria-valuenow', formatNumber(values[current], 4));
        canvas.setAttribute('aria-valuetext', `${said(current)}, of ${values.length}`);
        if (!pointer && document.activeElement !== canvas) {
            const edits = Object.keys(shape.editsOf(base, values)).length;
            readout.textContent = edits ? `${edits} of ${values.length} edited` : `${values.length} values`;
        }
    }

    /* -------------------------------------------------------------------------------------- input */

    function placeOf(event) {
        const box = canvas.getBoundingClientRect();
        return shape.placeOf(formOf(), event.clientX - box.left, event.clientY - box.top, values.length, size.width,
                             size.height);
    }

    on(canvas, 'pointerdown', event => {
        if (!values || event.button !== 0)
            return;
        canvas.setPointerCapture(event.pointerId);
        last = null;
        brushAt(placeOf(event));
    });
    on(canvas, 'pointermove', event => {
        if (!values)
            return;
        pointer = placeOf(event);
        current = Math.min(values.length - 1, Math.round(pointer.index) % values.length);
        if (canvas.hasPointerCapture(event.pointerId))
            brushAt(pointer);
        else
            redraw();
    });
    on(canvas, 'lostpointercapture', () => store.settle());
    on(canvas, 'pointerleave', () => {
        pointer = null;
        redraw();
    });
    on(canvas, 'focus', redraw);
    on(canvas, 'blur', redraw);

    // Left and right choose a value, up and down change it and its neighbours, Delete restores the seed's.
    on(canvas, 'keydown', event => {
        if (!values || event.ctrlKey || event.metaKey)
            return;
        const way = {ArrowLeft: -1, ArrowRight: 1, PageDown: -10, PageUp: 10}[event.key];
        const push = {ArrowUp: 1, ArrowDown: -1}[event.key];
        if (way) {
            current = (current + way * (event.shiftKey ? 10 : 1) + values.length) % values.length;
        } else if (push) {
            const next = values.slice();
            for (const [i, share] of shape.reached(current, sizeOf(), values.length, formOf() === 'polygon'))
                next[i] += push * share * strengthOf() / quick * (event.shiftKey ? quick : 1);
            put(next);
        } else if (event.key === 'Delete' || event.key === 'Backspace') {
            put(values.map((value, i) => i === current ? base[i] : value));
        } else {
            return;
        }
        event.preventDefault();
        pointer = null;
        redraw();
    });
    on(canvas, 'keyup', () => store.settle());

    /* -------------------------------------------------------------------------------------- around it */

    const formButton = (form, label, title) => button({icon: form, label, title, quiet: true,
                                                       pressed: () => formOf() === form,
                                                       run: () => store.setUi('zForm', form)});
    const clearButton = button({icon: 'bin', label: 'Clear all edits of z', quiet: true, run: () => {
        put(base.slice(), 'z restored');
        store.settle();
    }});
    const element = el('div', {class: 'z-editor'},
        el('div', {class: 'z-side'},
           el('div', {class: 'row'}, formButton('polygon', 'Polygon', 'z around a centre'),
              formButton('bars', 'Bars', 'z side by side'),
              el('span', {class: 'space'}), clearButton),
           el('div', {class: 'row'}, modes.map(([mode, drawing, label, title]) => button({
               icon: drawing, label, title, quiet: true, pressed: () => modeOf() === mode,
               run: () => store.setUi('zMode', mode)}))),
           slider({address: 'z/brush/size', label: 'Size', title: 'How many neighbouring values the brush affects',
                   low: 1, high: 256, span: [1, 41], integer: true, defaultValue: 5, value: sizeOf,
                   set: value => store.setUi('zSize', value)}),
           slider({address: 'z/brush/strength', label: 'Strength', title: 'How far one touch moves the values towards the pointer',
                   low: 0, high: 1, span: [0, 1], defaultValue: 0.5, value: strengthOf,
                   set: value => store.setUi('zStrength', value)}),
           readout),
        canvas);

    // The values are read again when the recipe is at rest; during drawing they are the drawn ones.
    controls.register({}, element, read);
    store.on('ui', redraw);
    new ResizeObserver(() => {
        size = {width: canvas.clientWidth || 1, height: canvas.clientHeight || 1};
        redraw();
    }).observe(canvas);
    read();
    return element;
}
