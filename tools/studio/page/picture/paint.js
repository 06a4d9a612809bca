// Painting with vectors of a layer. The selected layer is painted, and its grid is shown over the picture. The pipette adds
// the vector under it to the library; the brush paints with the chosen vector. It can also be put everywhere, on a grid, or
// where a mask from disk says. All paint of a layer is one bend of the recipe.
import {button, menu, slider} from '../parts/controls.js';
import {clear, el, on} from '../parts/dom.js';
import {fillGrid, stroke} from '../parts/cells.js';
import {edits} from '../state/edits.js';
import {keys} from '../parts/keys.js';
import {askColours} from './maskdialog.js';
import {maxVectors, none, numberOf, paintPicture} from './paintbend.js';
import {layerNow, layers, PaintedLayer, takesPaint} from './paintlayer.js';
import {drawBrush, drawGrid, drawVeil, veilOf} from './paintveil.js';
import {readPicture} from '../parts/png.js';
import {seedOf} from '../state/recipe.js';
import {store} from '../state/store.js';
import {fits, keepVector, shortName, strip, vector, vectors} from './vectors.js';
import {wire} from '../state/wire.js';
import {toJson} from '../state/yaml.js';

const maxSize = 64;                    // for the brush and for the blocks of a grid

const isPainting = () => store.ui.painting === true;
const toolOf = () => store.ui.paintTool ?? (vectors().length ? 'brush' : 'pick');
const sizeOf = () => store.ui.paintSize ?? 1;
const blockOf = () => store.ui.paintGrid ?? 3;
const setSize = size => store.setUi('paintSize', Math.min(maxSize, Math.max(1, size)));

// place: {bar, tools, strip}, elements to fill; port: the viewport of the picture.
export function mount(place, port) {
    const layer = new PaintedLayer(show);
    const where = el('output', {class: 'where small'});
    const library = strip({node: () => layer.node, chosen: chosenName, choose});

    /* -------------------------------------------------------------------------------------- vectors */

    // The vector chosen last if it fits the layer, else any that does.
    function chosenName() {
        const wanted = vector(store.ui.paintVector), isRight = entry => layer.node && fits(entry, layer.node);
        return (wanted && isRight(wanted) ? wanted : vectors().find(isRight) ?? wanted)?.name ?? null;
    }

    function choose(name) {
        store.setUi('paintVector', name);
        if (toolOf() !== 'brush')
            store.setUi('paintTool', 'brush');
    }

    // The name of the chosen vector, or null after showing why there is none.
    function vectorAtHand() {
        const {node, painted} = layer, entry = vector(chosenName());
        if (!entry)
            return say('Pick a vector first: choose the pipette and click on the picture');
        if (!fits(entry, node))
            return say(`${entry.name} has ${entry.values.length} numbers, ${node.name} ${node.shape[0]} channels`);
        if (painted.names.length >= maxVectors && !painted.names.includes(entry.name))
            return say(`A layer can be painted with at most ${maxVectors} vectors`);
        return entry.name;
    }

    function say(text) {
        where.textContent = text;
        where.classList.add('wrong');
        return null;
    }

    async function pick(point) {
        const {node} = layer, {x, y, isInside} = node ? layer.at(point) : {};
        if (!isInside)
            return;
        try {
            const answer = await wire.ask('pick', {recipe: toJson(store.recipe), node: node.name, x, y});
            choose(keepVector(node, answer.values, answer.thumbnail, seedOf(store.recipe)));
        } catch (error) {
            say(error.message);
        }
    }

    /* -------------------------------------------------------------------------------------- strokes */

    // One stroke: the cells follow the pointer at once, the recipe once per animation frame.
    let doing = null, strokes = 0;

    const inCells = ({x, y}) => ({x: x * layer.painted.cells.width, y: y * layer.painted.cells.height});

    function begin(point) {
        if (!layer.painted)
            return;
        const before = layer.mark(), erases = toolOf() === 'erase', name = erases ? null : vectorAtHand();
        if (!erases && !name)
            return;
        doing = {before, timer: 0, merge: `paint/${++strokes}`, label: erases ? 'Erased' : `Painted with ${name}`,
                 value: erases ? none : numberOf(layer.painted.names, name), last: inCells(point)};
        strokeTo(point);
    }

    function strokeTo(point) {
        const {cells} = layer.painted, now = inCells(point);
        stroke(cells, doing.last, now, sizeOf() / 2, index => { cells.data[index] = doing.value; });
        doing.last = now;
        doing.timer ||= requestAnimationFrame(() => {
            doing.timer = 0;
            layer.put(doing.label, doing.merge);
        });
        show();
    }

    function end(isKept) {
        if (!doing)
            return;
        const {before, label, merge, timer} = doing;
        cancelAnimationFrame(timer);
        doing = null;
        if (!isKept)
            layer.painted = before;
        layer.put(label, merge);
        edits.after(store.settle);
    }

    /* -------------------------------------------------------------------------------------- whole layers */

    // Paints everywhere, or on a grid of k×k blocks over the existing paint.
    function fill(k) {
        const name = layer.painted && vectorAtHand();
        if (!name)
            return;
        const {cells, names} = layer.painted, index = numberOf(names, name);
        if (k)
            fillGrid(cells, k, index);
        else
            cells.data.fill(index);
        layer.put(k ? `${name} on a grid of ${k}` : `${name} everywhere`);
    }

    function wipe() {
        layer.painted?.cells.data.fill(none);
        if (layer.painted)
            layer.put('Paint cleared');
    }

    async function load(source) {
        const {node} = layer, entries = vectors().filter(entry => fits(entry, node));
        if (!layer.painted || !source)
            return;
        if (!entries.length)
            return say('Pick a vector first: a mask only defines where vectors go');
        const picture = await readPicture(source).catch(() => null);
        if (!picture)
            return say(`${source.name}: the browser cannot read this picture`);
        const uses = await askColours(picture, node, entries);
        if (!uses || node !== layer.node || !layer.painted)
            return;
        layer.painted = paintPicture(layer.painted, picture, uses);
        layer.put('Mask loaded');
    }

    /* -------------------------------------------------------------------------------------- the tool */

    const ways = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]};
    let pointer = null;                 // position of the brush over the picture
    let veil = null;                    // the overlay of the paint; null until it is drawn again

    const tool = {
        cursor: 'crosshair',
        down: point => toolOf() === 'pick' ? pick(point) : begin(point),
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
        // Arrow keys move by one cell; Space and Enter act like a click.
        key(event) {
            const way = ways[event.key], isPress = event.key === ' ' || event.key === 'Enter';
            if (!layer.node || event.altKey || !(way || isPress))
                return false;
            const [, height, width] = layer.node.shape, {x, y} = pointer ?? {x: 0.5, y: 0.5};
            const moved = (at, by, size) => (Math.min(size - 1, Math.max(0, Math.floor(at * size) + by)) + 0.5) / size;
            tool.hover({x: moved(x, way?.[0] ?? 0, width), y: moved(y, way?.[1] ?? 0, height)});
            if (isPress) {
                tool.down(pointer);
                tool.up();
            }
            return true;
        },
        draw(context, toFrame) {
            if (!layer.node)
                return;
            const [, rows, columns] = layer.node.shape, {x, y} = toFrame({x: 0, y: 0}), far = toFrame({x: 1, y: 1});
            const box = {x, y, width: far.x - x, height: far.y - y, columns, rows};
            if (layer.painted && store.ui.paintShown !== false)
                drawVeil(context, veil ??= veilOf(layer.painted), box);
            drawGrid(context, box);
            if (pointer)
                drawBrush(context, box, pointer, toolOf() === 'pick' ? 1 : sizeOf());
        },
    };

    function showWhere() {
        if (!layer.node)
            return;
        const [channels, height, width] = layer.node.shape, {x, y, isInside, name} = layer.at(pointer);
        where.classList.remove('wrong');
        where.textContent = !isInside ? `${width}×${height}, ${channels} channels`
            : name ? `${x}, ${y}: ${name}` : `${x}, ${y}`;
    }

    function show() {
        veil = null;
        port.redraw();
        showWhere();
    }

    /* -------------------------------------------------------------------------------------- controls */

    const layerMenu = menu({
        label: 'Layer', title: 'The layer to paint; selecting one in the network chooses it too',
        choices: () => [...new Set([...layers(), ...layer.node ? [layer.node] : []])]
            .map(({name, shape}) => ({value: name, label: `${shortName(name)}  ${shape[2]}×${shape[1]}`})),
        value: () => layerNow()?.name, set: name => store.select([name])});
    const size = slider({
        address: 'paint/size', label: 'Size', title: 'Width of the brush in cells of the layer ([ and ])',
        low: 1, high: maxSize, span: [1, 16], integer: true, value: sizeOf, set: setSize});
    const block = el('input', {type: 'number', min: 1, max: maxSize, class: 'block',
                               'aria-label': 'Blocks of the grid',
                               title: 'Size of the blocks of the grid; one cell is between them'});
    const file = el('input', {type: 'file', accept: 'image/*', hidden: true, 'aria-label': 'Mask from disk'});
    const toolButton = (name, label, says) => button({
        icon: name, label, title: `${label}: ${says}`, quiet: true, pressed: () => toolOf() === name,
        run: () => store.setUi('paintTool', name)});

    place.bar.append(layerMenu, size);
    place.strip.append(library.element);
    port.element.after(where);
    clear(place.tools,
        toolButton('pick', 'Pipette', 'add the vector under the pointer to the library (I)'),
        toolButton('brush', 'Brush', 'paint with the chosen vector (B)'),
        toolButton('erase', 'Eraser', 'erase paint (E)'), el('hr'),
        button({icon: 'everywhere', label: 'Everywhere', quiet: true, title: 'Paint the chosen vector everywhere',
                run: () => fill(0)}),
        button({icon: 'grid', label: 'On a grid', quiet: true, title: 'Paint the chosen vector on a grid of blocks',
                run: () => fill(blockOf())}), block,
        button({icon: 'image', label: 'Load a mask', quiet: true, run: () => file.click(),
                title: 'A picture from disk whose colours say where the vectors go; it can also be dropped on the picture'}),
        button({icon: 'bin', label: 'Clear the paint of this layer', quiet: true, run: wipe}), el('hr'),
        button({icon: 'eye', label: 'Show the paint', quiet: true, pressed: () => store.ui.paintShown !== false,
                run: () => store.setUi('paintShown', store.ui.paintShown === false)}), file);

    on(block, 'change', () =>
        store.setUi('paintGrid', Math.min(maxSize, Math.max(1, Math.round(block.valueAsNumber) || 1))));
    on(file, 'change', () => {
        load(file.files[0]);
        file.value = '';
    });
    on(port.element, 'dragover', event => isPainting() && event.preventDefault());
    on(port.element, 'drop', event => {
        if (!isPainting())
            return;
        event.preventDefault();
        load(event.dataTransfer.files[0]);
    });

    const inPaint = (key, says, run) => keys.add({key, says, group: 'Painting', when: isPainting, run});
    inPaint('I', 'Pipette', () => store.setUi('paintTool', 'pick'));
    inPaint('B', 'Brush', () => store.setUi('paintTool', 'brush'));
    inPaint('E', 'Eraser', () => store.setUi('paintTool', 'erase'));
    inPaint('[', 'Smaller brush', () => setSize(sizeOf() - 1));
    inPaint(']', 'Larger brush', () => setSize(sizeOf() + 1));

    /* -------------------------------------------------------------------------------------- mode */

    const label = port.element.getAttribute('aria-label');

    function showMode() {
        const painting = isPainting();
        for (const part of [...Object.values(place), where])
            part.hidden = !painting;
        if (painting !== (port.tool === tool)) {
            port.tool = painting ? tool : null;
            port.element.setAttribute('aria-label', painting ? 'The picture to paint on: arrow keys move from cell '
                + 'to cell, Space paints, Alt and arrow keys move the picture' : label);
        }
        if (!painting)
            return;
        if (document.activeElement !== block)
            block.value = blockOf();
        layer.follow();
        library.show();
        port.redraw();
    }

    store.on('ui', showMode);
    store.on('recipe', () => isPainting() && !doing && layer.follow());
    store.on('selection', () => {
        const {current} = store;
        if (takesPaint(current) && store.ui.paintLayer !== current.name)
            store.setUi('paintLayer', current.name);
        else
            showMode();
    });
    store.on('network', () => {
        layer.forget();
        showMode();
    });
    showMode();
}
