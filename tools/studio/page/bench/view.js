// The values of the selected layer in place of the picture: which of them, on which scale, in which colours. The line below the
// controls is the scale; its ends can be typed. Every value is a square, whatever the picture's smoothing.
import {button, controls, menu, slider, toggle} from '../parts/controls.js';
import {clear, el, on, svg} from '../parts/dom.js';
import {keys} from '../parts/keys.js';
import {ticks} from '../layer/activations.js';
import {formatNumber} from '../state/recipe.js';
import {store} from '../state/store.js';
import {bench} from './bench.js';
import {colourMaps, colourTable} from './colours.js';
import {openExport} from './export.js';
import {pixelsOf, rangeOf, readAt} from './field.js';

const toggleBench = () => bench.open(!bench.isOn);

export const benchButton = () => button({icon: 'bench', label: 'Values', quiet: true, pressed: () => bench.isOn, run: toggleBench,
    title: 'The values of the selected layer in place of the picture (B)'});

// Whether there are values to show in place of the picture.
const isBench = () => bench.isOn && bench.view !== null;

const rangeNow = () => rangeOf(bench.view, bench.get('range'), [bench.get('low'), bench.get('high')]);

const words = {energy: 'energy', mean: 'mean', map: 'one map', colour: 'colours'};
const titles = {energy: 'Root of the mean square of all maps', mean: 'Mean of all maps', colour: 'The three maps as red, green and blue'};
const ranges = {all: 'all values', most: 'most values', even: 'about 0', fixed: 'fixed'};
const rangeTitles = {all: 'From the smallest to the largest value', most: 'Without the smallest and the largest hundredth',
                     even: 'As far below 0 as above', fixed: 'As it is now, whatever comes'};

// bar: the element above the picture; port: its viewport; draw() draws the panel again.
export function mount(bar, port, draw) {
    const says = el('p', {class: 'small bench-says', role: 'status'});
    const where = el('output', {class: 'bench-where small'});
    const isVector = () => bench.node?.shape.length === 1;

    /* -------------------------------------------------------------------------------------- controls */

    const show = menu({label: 'Show', title: 'What is drawn of the layer', value: () => bench.show, set: value => bench.set({show: value}),
        choices: () => ['energy', 'mean', 'map', ...bench.maps === 3 ? ['colour'] : []].map(value => ({value, label: words[value], title: titles[value]}))});
    const map = slider({address: 'bench/map', label: 'Map', title: 'The number of the map', integer: true, low: 0,
        get high() { return bench.maps - 1; }, get span() { return [0, Math.max(1, bench.maps - 1)]; },
        value: () => bench.map, set: value => bench.set({map: value})});
    map.classList.add('bench-map');
    const kind = menu({label: 'of', title: 'The values, or the amplitudes of their frequencies, with 0 in the middle',
        value: () => bench.get('isSpectrum') ? 'spectrum' : 'values', set: value => bench.set({isSpectrum: value === 'spectrum'}),
        choices: ['values', 'spectrum']});
    const decibels = toggle({label: 'dB', title: 'Decibels of the largest: 20 log10(|x| / max |x|)',
        value: () => bench.get('isDecibels'), set: value => bench.set({isDecibels: value})});
    const range = menu({label: 'Range', title: 'The values at the ends of the colours', value: () => bench.get('range'), set: setRange,
        choices: Object.entries(ranges).map(([value, label]) => ({value, label, title: rangeTitles[value]}))});
    const colours = menu({label: 'Colours', title: 'Equal differences look equal; two-sided ones are for values about 0',
        value: () => bench.get('colours'), set: value => bench.set({colours: value}), choices: colourMaps});

    function setRange(value) {
        const [low, high] = bench.view ? rangeNow() : [bench.get('low'), bench.get('high')];
        bench.set({range: value, ...value === 'fixed' && {low: Number(low.toPrecision(4)), high: Number(high.toPrecision(4))}});
    }

    /* -------------------------------------------------------------------------------------- the scale */

    const strip = el('div', {class: 'bench-colours', 'aria-hidden': 'true'});
    const labels = svg('svg', {class: 'bench-ticks', height: 14, 'aria-hidden': 'true'});
    const unit = el('small', {class: 'faint'});
    const ends = ['low', 'high'].map((key, end) => {
        const field = el('input', {type: 'text', inputmode: 'decimal', class: 'number', autocomplete: 'off',
                                   'aria-label': `${end ? 'High' : 'Low'} end of the colours`, title: 'Type a value to fix the range'});
        on(field, 'change', () => {
            const value = Number(field.value.trim().replace(',', '.')), now = bench.view ? rangeNow() : [0, 1];
            const next = now.with(end, value);
            if (field.value.trim() !== '' && Number.isFinite(value) && next[0] < next[1])
                bench.set({range: 'fixed', low: next[0], high: next[1]});
            else
                showScale();
        });
        return field;
    });
    const scale = el('div', {class: 'bench-scale'}, ends[0], el('div', {class: 'bench-strip'}, strip, labels), ends[1], unit);

    function showScale() {
        const {view} = bench;
        if (!view)
            return;
        const [low, high] = rangeNow(), width = labels.clientWidth || 200;
        const table = colourTable(view.planes > 1 ? 'grey' : bench.get('colours'));
        const stops = Array.from({length: 86}, (_, i) => `rgb(${table.subarray(9 * i, 9 * i + 3).join(' ')})`);       // every third
        strip.style.background = `linear-gradient(90deg, ${stops.join(', ')})`;
        clear(labels, ticks(low, high, Math.max(2, width / 60)).map(value => {
            const x = (value - low) / (high - low) * width;
            const anchor = x < 12 ? 'start' : x > width - 12 ? 'end' : 'middle';
            return [svg('path', {d: `M${x.toFixed(1)} 0v3`}),
                    svg('text', {x: x.toFixed(1), y: 12, 'text-anchor': anchor}, formatNumber(value))];
        }));
        ends.forEach((field, end) => {
            if (document.activeElement !== field)
                field.value = formatNumber([low, high][end], 3);
        });
        unit.textContent = view.isDecibels ? 'dB' : '';
    }
    new ResizeObserver(showScale).observe(labels);

    clear(bar, el('div', {class: 'bench-row'}, show, map, kind, decibels, range, colours,
                  button({icon: 'save', label: 'Export', quiet: true, title: 'Export what is seen, as a picture or as numbers', run: openExport})), scale);
    port.element.after(says, where);

    /* -------------------------------------------------------------------------------------- drawing */

    const aspect = () => store.network ? store.network.image[2] / store.network.image[1] : 1;

    let shownAspect = null, wasDrawn = false;

    // Draws the values into the viewport; false if the picture is to be drawn there.
    function drawValues(instead = false) {
        if (wasDrawn && !instead && bench.isOn && bench.isWaiting)
            return true;                // what is there stays until they are
        const isDrawn = wasDrawn = !instead && isBench(), {view} = bench;
        says.hidden = !bench.isOn || instead;
        port.canvas.classList.toggle('values', isDrawn);
        const wantedAspect = isDrawn ? view.width / view.height : aspect();
        if (wantedAspect !== shownAspect)
            port.setAspect(shownAspect = wantedAspect);
        if (!isDrawn) {
            where.textContent = '';
            return false;
        }
        const {canvas, context} = port, {width, height} = view;
        if (canvas.width !== width || canvas.height !== height)
            Object.assign(canvas, {width, height});
        context.putImageData(new ImageData(pixelsOf(view, rangeNow(), bench.get('colours')), width, height), 0, 0);
        const [min, max, mean] = ['min', 'max', 'mean'].map(key => formatNumber(bench.field.statistics[key] ?? NaN, 3));
        canvas.setAttribute('aria-label', `${bench.title}: ${width} × ${height}, from ${min} to ${max}, mean ${mean}`);
        read();
        return true;
    }

    let pointer = null;
    function read() {
        const {view} = bench;
        if (!pointer || !isBench())
            return where.textContent = '';
        const box = port.canvas.getBoundingClientRect();
        const found = readAt(view, bench.field, Math.floor((pointer.x - box.left) / box.width * view.width),
                             Math.floor((pointer.y - box.top) / box.height * view.height));
        const place = found && (found.index !== undefined ? `value ${found.index}` : view.isSpectrum
            ? `frequency ${found.x}, ${found.y}` : `x ${found.x}, y ${found.y}`);
        const numbers = found?.values.map(value => formatNumber(value)).join(', ');
        where.textContent = found ? `${place}: ${numbers}${view.isDecibels ? ' dB' : ''}` : '';
    }
    on(port.element, 'pointermove', event => {
        pointer = {x: event.clientX, y: event.clientY};
        read();
    });
    on(port.element, 'pointerleave', () => {
        pointer = null;
        read();
    });

    function showMode() {
        const {node, field} = bench;
        bar.hidden = says.hidden = !bench.isOn;
        bench.want('view', bench.isOn);
        if (!bench.isOn)
            return;
        show.hidden = bench.maps === 1;
        map.hidden = bench.show !== 'map' || bench.maps === 1;
        kind.hidden = isVector();
        colours.hidden = bench.show === 'colour';
        scale.hidden = !bench.view;
        const [h, w] = node?.shape.slice(-2) ?? [], isReduced = field && !isVector() && (field.height < h || field.width < w);
        const text = !node ? 'Select a layer in the network to see its values.' : bench.problem || [bench.title,
            node.shape.join(' × '), isReduced && `drawn as ${field.width} × ${field.height} means`].filter(Boolean).join(' · ');
        if (says.textContent !== text)
            says.textContent = text;
        says.classList.toggle('wrong', bench.problem !== '');
        showScale();
    }

    store.on('bench', () => {
        showMode();
        draw();
    });
    store.on('ui', key => {
        if (key === 'theme' || key === undefined) {
            showMode();
            draw();
        }
    });
    store.on('network', () => {
        shownAspect = aspect();         // the panel has set it
        showMode();
    });
    keys.add({key: 'B', says: 'Values of the layer, or the picture', group: 'Picture', run: toggleBench});
    controls.register({}, bar, () => bench.isOn && showMode());
    showMode();
    return {drawValues};
}
