// Painting with what a layer holds. A layer is chosen by selecting it; its grid lies over the picture. The pipette
// takes the vector under it into the library, the brush puts the chosen one there, also everywhere or on a grid, or
// where a picture from disk says. All that is painted at a layer is one bend of the recipe.
import {button, menu, slider} from './controls.js';
import {clear, el, on} from './dom.js';
import {copyOf, fillGrid, grid, stroke} from './cells.js';
import {keys} from './keys.js';
import {askColours} from './maskdialog.js';
import * as bend from './paintbend.js';
import {same} from './patch.js';
import {readPicture} from './png.js';
import {seedOf} from './recipe.js';
import {store} from './store.js';
import {colourOf, fits, keepVector, shortName, strip, valuesByName, vector, vectors} from './vectors.js';
import {wire} from './wire.js';
import {toJson} from './yaml.js';

const veil = 90;                        // how much of a vector's colour lies over what it paints, of 255
const mostRemembered = 1 << 22;         // cells of masks that undo finds without decoding them
const nearestWanted = 16;               // side of the layer that is painted first, if no other was chosen

const isPainting = () => store.ui.painting === true;
const sizeOf = () => store.ui.paintSize ?? 1;
const gridOf = () => store.ui.paintGrid ?? 3;
const toolOf = () => store.ui.paintTool ?? (vectors().length ? 'brush' : 'pick');

/* ------------------------------------------------------------------------------------------ the layer */

const takesPaint = node => node?.takes.includes('paint');

// The selected layer where it can be painted, else the one before, else one in the middle of the network.
function layer() {
    if (!store.network)
        return null;
    const known = [store.current, store.node(store.ui.paintLayer)].find(takesPaint);
    return known ?? layers().reduce((best, node) => !best || apart(node) <= apart(best) ? node : best, null);
}
const apart = node => Math.abs(Math.log2(node.shape[1] / nearestWanted));

// Those worth a line in the menu: what activations hand on. The others are chosen in the network.
const layers = () => store.network.nodes.filter(node => takesPaint(node) && node.act && node.act.name !== 'linear');

/* ------------------------------------------------------------------------------------------ state */

const remembered = new Map();           // mask → {cells, names}
let node = null;
let painted = null;                     // {cells, names} of the layer, null while its mask is read
let read = null;                        // the recipe's paint that `painted` is
let picture = null;                     // what is painted, as a small canvas for the overlay
let isStale = true;                     // … which has to be drawn anew

function remember(paint, what) {
    if (!paint?.mask)
        return;
    remembered.delete(paint.mask);
    remembered.set(paint.mask, {cells: copyOf(what.cells), names: what.names.slice()});
    let cells = 0;
    for (const [mask, known] of [...remembered].reverse()) {
        cells += known.cells.data.length;
        if (cells > mostRemembered)
            remembered.delete(mask);
    }
}

async function readLayer(changed) {
    const now = layer(), paint = now && store.recipe.bends?.[bend.paintIndex(store.recipe, now)]?.paint || null;
    if (!isPainting() || (now === node && painted && same(paint, read)))
        return;
    node = now;
    read = paint;
    painted = null;
    if (node) {
        const [, height, width] = node.shape, known = remembered.get(paint?.mask);
        if (known && known.cells.width === width && known.cells.height === height) {
            painted = {cells: copyOf(known.cells), names: known.names.slice()};
        } else {
            let mask = null;
            if (paint?.mask)
                mask = await readPicture(paint.mask).catch(() => null);
            if (read !== paint)
                return;
            painted = bend.cellsOf(paint, width, height, mask);
        }
    }
    changed();
}

export function mount(place, port) {
    const library = strip({node: () => node, chosen: chosenName, choose});
    const file = el('input', {type: 'file', accept: 'image/*', hidden: true});
    const where = el('output', {class: 'where small'});

    function chosenName() {
        const wanted = vector(store.ui.paintVector), isRight = entry => node && fits(entry, node);
        return (wanted && isRight(wanted) ? wanted : vectors().find(isRight) ?? wanted)?.name ?? null;
    }

    function choose(name) {
        store.setUi('paintVector', name);
        if (toolOf() !== 'brush')
            store.setUi('paintTool', 'brush');
    }

    // The vector to paint with, or null after saying why there is none.
    function brushVector() {
        const entry = vector(chosenName());
        if (!entry)
            return say('Pick a vector first: take the pipette and click into the picture');
        if (!fits(entry, node))
            return say(`${entry.name} has ${entry.values.length} numbers, ${node.name} ${node.shape[0]} channels`);
        return entry.name;
    }

    function say(text) {
        where.textContent = text;
        where.classList.add('wrong');
        return null;
    }

    /* -------------------------------------------------------------------------------------- painting */

    function put(label, merge = null) {
        read = bend.paintOf(painted, colourOf);
        remember(read, painted);
        const paint = read, at = node;
        store.change(label, draft => bend.putPaint(draft.recipe, at, paint, valuesByName()), merge);
        show();
    }

    // One stroke: its cells are painted as the pointer goes, the recipe follows once for each picture on the screen.
    let doing = null, strokes = 0;

    function strokeTo(point) {
        const {width, height} = painted.cells, now = {x: point.x * width, y: point.y * height};
        stroke(painted.cells, doing.last, now, sizeOf() / 2, index => { painted.cells.data[index] = doing.value; });
        doing.last = now;
        doing.timer ||= requestAnimationFrame(() => {
            doing.timer = 0;
            put(doing.label, doing.merge);
        });
        show();
    }

    function begin(point) {
        if (!painted)
            return;
        const erases = toolOf() === 'erase', name = erases ? null : brushVector();
        if (!erases && !name)
            return;
        const before = {cells: copyOf(painted.cells), names: painted.names.slice()};
        const {width, height} = painted.cells;
        doing = {before, timer: 0, merge: `paint/${++strokes}`, label: erases ? 'Erased' : `Painted with ${name}`,
                 value: erases ? bend.none : bend.numberOf(painted.names, name),
                 last: {x: point.x * width, y: point.y * height}};
        strokeTo(point);
    }

    function end(keep) {
        if (!doing)
            return;
        const {before, label, merge, timer} = doing;
        cancelAnimationFrame(timer);
        doing = null;
        if (!keep)
            painted = before;
        put(label, merge);
        store.settle();
    }

    async function pick(point) {
        const [, height, width] = node.shape, at = node;
        const x = Math.floor(point.x * width), y = Math.floor(point.y * height);
        if (x < 0 || y < 0 || x >= width || y >= height)
            return;
        try {
            const {values, thumbnail} = await wire.ask('pick', {recipe: toJson(store.recipe), node: at.name, x, y});
            choose(keepVector(at, values, thumbnail, seedOf(store.recipe)));
        } catch (error) {
            say(error.message);
        }
    }

    // Everywhere, or on the grid over what is there.
    function fill(k) {
        const name = painted && brushVector();
        if (!name)
            return;
        const index = bend.numberOf(painted.names, name);
        if (k)
            fillGrid(painted.cells, k, index);
        else
            painted.cells.data.fill(index);
        put(k ? `${name} on a grid of ${k}` : `${name} everywhere`);
    }

    function wipe() {
        if (!painted)
            return;
        painted.cells.data.fill(bend.none);
        put('Paint taken off');
    }

    async function load(source) {
        const at = node;
        if (!painted || !source)
            return;
        const entries = vectors().filter(entry => fits(entry, at));
        if (!entries.length)
            return say('Pick a vector first: a mask says where vectors go');
        const loaded = await readPicture(source).catch(() => null);
        if (!loaded)
            return say(`${source.name}: no picture that this browser reads`);
        const uses = await askColours(loaded, at, entries);
        if (!uses || at !== node)
            return;
        painted = bend.paintPicture(painted, loaded, uses);
        put('Mask loaded');
    }

    /* -------------------------------------------------------------------------------------- the overlay */

    let pointer = null;                 // where the brush hangs over the picture

    function redrawCells() {
        isStale = false;
        picture = null;
        if (!painted)
            return;
        const {width, height, data} = painted.cells;
        picture = new OffscreenCanvas(width, height);
        const context = picture.getContext('2d'), pixels = context.createImageData(width, height);
        const colours = painted.names.map(name => bend.colourNumber(colourOf(name)) ?? 0);
        data.forEach((index, i) => {
            if (index !== bend.none)
                pixels.data.set([colours[index] >> 16, colours[index] >> 8 & 0xff, colours[index] & 0xff, veil], 4 * i);
        });
        context.putImageData(pixels, 0, 0);
    }

    function drawGrid(context, from, to, width, height) {
        const across = (to.x - from.x) / width;
        if (across < 4)
            return;
        context.beginPath();
        for (let x = 0; x <= width; x++) {
            const at = Math.round(from.x + x * across) + 0.5;
            context.moveTo(at, from.y);
            context.lineTo(at, to.y);
        }
        for (let y = 0; y <= height; y++) {
            const at = Math.round(from.y + y * (to.y - from.y) / height) + 0.5;
            context.moveTo(from.x, at);
            context.lineTo(to.x, at);
        }
        context.strokeStyle = 'rgb(255 255 255 / .22)';
        context.stroke();
    }

    // The cells that the brush would reach, outlined dark on light so that it shows on any picture.
    function drawBrush(context, from, to, width, height) {
        const cell = (to.x - from.x) / width, at = {x: pointer.x * width, y: pointer.y * height};
        const radius = toolOf() === 'pick' ? 0 : sizeOf() / 2;
        context.beginPath();
        if (radius <= 0.5)
            context.rect(from.x + Math.floor(at.x) * cell, from.y + Math.floor(at.y) * cell, cell, cell);
        else
            context.arc(from.x + at.x * cell, from.y + at.y * cell, radius * cell, 0, 2 * Math.PI);
        for (const [width, colour] of [[3.5, 'rgb(0 0 0 / .6)'], [1.5, '#fff']]) {
            context.lineWidth = width;
            context.strokeStyle = colour;
            context.stroke();
        }
    }

    const tool = {
        cursor: 'crosshair',
        down: point => toolOf() === 'pick' ? node && pick(point) : begin(point),
        move(point) {
            pointer = point;
            if (doing)
                strokeTo(point);
        },
        up: () => end(true),
        cancel: () => end(false),
        hover(point) {
            pointer = point;
            port.redraw();
            showWhere();
        },
        // A cell at a time by the arrow keys; space and Enter do what a click does.
        key(event) {
            const way = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]}[event.key];
            if (!node || event.altKey || !(way || event.key === ' ' || event.key === 'Enter'))
                return false;
            const [, height, width] = node.shape, {x, y} = pointer ?? {x: 0.5, y: 0.5};
            const moved = (at, by, size) => (Math.min(size - 1, Math.max(0, Math.floor(at * size) + by)) + 0.5) / size;
            this.hover({x: moved(x, way?.[0] ?? 0, width), y: moved(y, way?.[1] ?? 0, height)});
            if (!way) {
                this.down(pointer);
                this.up();
            }
            return true;
        },
        draw(context, toFrame) {
            if (!node)
                return;
            const [, height, width] = node.shape, from = toFrame({x: 0, y: 0}), to = toFrame({x: 1, y: 1});
            if (isStale)
                redrawCells();
            if (picture && store.ui.paintShown !== false) {
                context.imageSmoothingEnabled = false;
                context.drawImage(picture, from.x, from.y, to.x - from.x, to.y - from.y);
            }
            drawGrid(context, from, to, width, height);
            if (pointer)
                drawBrush(context, from, to, width, height);
        },
    };

    function showWhere() {
        if (!node || !painted)
            return;
        const [channels, height, width] = node.shape;
        const x = Math.floor((pointer?.x ?? -1) * width), y = Math.floor((pointer?.y ?? -1) * height);
        const isInside = x >= 0 && y >= 0 && x < width && y < height;
        const name = isInside ? painted.names[painted.cells.data[y * width + x]] : null;
        where.classList.remove('wrong');
        where.textContent = !isInside ? `${width}×${height}, ${channels} channels` : `${x}, ${y}${name ? `: ${name}` : ''}`;
    }

    /* -------------------------------------------------------------------------------------- controls */

    const tools = [['pick', 'pick', 'Pipette', 'takes what the layer holds under it into the library (I)'],
                   ['brush', 'brush', 'Brush', 'paints with the chosen vector (B)'],
                   ['erase', 'erase', 'Eraser', 'takes paint off (E)']];
    const size = slider({address: 'paint/size', label: 'Size', title: 'Width of the brush in cells of the layer ([ and ])',
                         low: 1, high: 64, span: [1, 16], whole: true, value: sizeOf,
                         set: value => store.setUi('paintSize', value)});
    const k = el('input', {type: 'number', min: 1, max: 64, value: gridOf(), 'aria-label': 'Blocks of the grid',
                           title: 'Side of the grid\'s blocks; one cell lies between them', class: 'block'});
    on(k, 'change', () => store.setUi('paintGrid', Math.min(64, Math.max(1, Math.round(k.valueAsNumber) || 1))));

    place.bar.append(menu({
        label: 'Layer', title: 'The layer that is painted; selecting one in the network chooses it too',
        choices: () => [...new Set([...store.network ? layers() : [], ...node ? [node] : []])]
            .map(({name, shape}) => ({value: name, label: `${shortName(name)}  ${shape[2]}×${shape[1]}`})),
        value: () => layer()?.name, set: name => store.select([name])}), size);
    port.element.after(where);
    clear(place.tools, tools.map(([name, drawing, label, says]) => button({
        icon: drawing, label, title: `${label}: ${says}`, quiet: true, pressed: () => toolOf() === name,
        run: () => store.setUi('paintTool', name)})), el('hr'),
        button({icon: 'everywhere', label: 'Everywhere', quiet: true, title: 'The chosen vector everywhere',
                run: () => fill(0)}),
        button({icon: 'grid', label: 'On a grid', quiet: true, title: 'The chosen vector on a grid of blocks',
                run: () => fill(gridOf())}), k,
        button({icon: 'image', label: 'Load a mask', quiet: true, run: () => file.click(),
                title: 'A picture from disk says where which vector goes; it may also be dropped on the picture'}),
        button({icon: 'bin', label: 'Take all paint off this layer', quiet: true, run: wipe}), el('hr'),
        button({icon: 'eye', label: 'Show what is painted', quiet: true, pressed: () => store.ui.paintShown !== false,
                run: () => store.setUi('paintShown', store.ui.paintShown === false)}), file);
    place.strip.append(library.element);

    on(file, 'change', () => {
        load(file.files[0]);
        file.value = '';
    });
    on(port.element, 'dragover', event => isPainting() && event.preventDefault());
    on(port.element, 'drop', event => {
        event.preventDefault();
        if (isPainting())
            load(event.dataTransfer.files[0]);
    });

    function show() {
        isStale = true;
        port.redraw();
        showWhere();
    }

    const otherwise = port.element.getAttribute('aria-label');
    function setTool(now) {
        port.tool = now;
        port.element.setAttribute('aria-label', now ? 'The picture to paint on: arrow keys go from cell to cell, Space '
            + 'paints, with Alt they move the picture' : otherwise);
    }

    function showMode() {
        const painting = isPainting();
        for (const part of [...Object.values(place), where])
            part.hidden = !painting;
        if (painting !== (port.tool === tool))
            setTool(painting ? tool : null);
        if (document.activeElement !== k)
            k.value = gridOf();
        library.show();
        readLayer(show);
        port.redraw();
    }

    const inPaint = (key, says, run) => keys.add({key, says, group: 'Painting', run: () => isPainting() && run()});
    inPaint('I', 'Pipette', () => store.setUi('paintTool', 'pick'));
    inPaint('B', 'Brush', () => store.setUi('paintTool', 'brush'));
    inPaint('E', 'Eraser', () => store.setUi('paintTool', 'erase'));
    inPaint('[', 'Smaller brush', () => store.setUi('paintSize', Math.max(1, sizeOf() - 1)));
    inPaint(']', 'Larger brush', () => store.setUi('paintSize', Math.min(64, sizeOf() + 1)));

    store.on('ui', showMode);
    store.on('recipe', () => doing || readLayer(show));
    store.on('selection', () => {
        if (takesPaint(store.current) && store.ui.paintLayer !== store.current.name)
            store.setUi('paintLayer', store.current.name);
        else
            showMode();
    });
    store.on('network', () => {
        node = painted = null;
        showMode();
    });
    showMode();
}
