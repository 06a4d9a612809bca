// What the program sends of a boundary, and what is drawn of it. A field is {node, shape, maps, show, channel, planes, width,
// height, statistics, values, each}: `planes` times height × width numbers, and the statistics of each map, or null. A view is
// the same numbers as they are drawn: {values, width, height, planes, count, isSpectrum, isDecibels}. Pure functions.
import {colourTable} from './colours.js';
import {spectrum} from './fourier.js';

export const floor = -80;           // dB; what is below is drawn like this
const numbers = ['min', 'max', 'mean', 'deviation', 'zeros', 'nan'];

// The answer to `values`.
export function fieldOf({payload, each, ...header}) {
    const floats = new Float32Array(payload.slice().buffer), size = header.planes * header.width * header.height;
    const rows = each ? floats.subarray(size) : null;
    return {...header, values: floats.subarray(0, size), each: rows && Array.from({length: header.maps}, (_, map) => {
        const row = Object.fromEntries(numbers.map((name, i) => [name, rows[map * numbers.length + i]]));
        return {map, ...row, energy: Math.hypot(row.mean, row.deviation)};
    })};
}

// Columns in which `count` values of a vector are drawn: a divisor if one is near the square root.
export function columnsFor(count) {
    const least = Math.ceil(Math.sqrt(count));
    for (let columns = least; columns <= 4 * least; columns++)
        if (count % columns === 0)
            return columns;
    return least;
}

const isVector = field => field.shape.length === 1;

// dB of the largest value: 20 log10(|x| / max |x|), at least `floor`.
function decibelsOf(values) {
    let most = 0;
    for (const x of values)
        if (Number.isFinite(x) && Math.abs(x) > most)
            most = Math.abs(x);
    return values.map(x => Number.isFinite(x) && most > 0 ? Math.max(floor, 20 * Math.log10(Math.abs(x) / most)) : x === 0 ? floor : x);
}

export function viewOf(field, {isSpectrum = false, isDecibels = false} = {}) {
    let {values, width, height} = field;
    const {planes} = field, count = values.length, size = width * height;
    if (isVector(field)) {
        width = columnsFor(count);
        height = Math.ceil(count / width);
    } else if (isSpectrum) {
        const all = new Float32Array(count);
        for (let plane = 0; plane < planes; plane++)
            all.set(spectrum(values.subarray(plane * size, (plane + 1) * size), width, height), plane * size);
        values = all;
    }
    return {values: isDecibels ? decibelsOf(values) : values, width, height, planes, count, isDecibels,
            isSpectrum: isSpectrum && !isVector(field)};
}

/* ------------------------------------------------------------------------------------------ ranges */

export const rangeKinds = ['all', 'most', 'even', 'fixed'];
const bins = 2048, left = 0.01;     // of the values, on each side, that 'most' leaves out

function ends(values) {
    let low = Infinity, high = -Infinity;
    for (const x of values) {
        if (!Number.isFinite(x))
            continue;
        low = Math.min(low, x);
        high = Math.max(high, x);
    }
    return low <= high ? [low, high] : [0, 0];
}

// All but the smallest and the largest hundredth, to a 2048th of the range.
function most(values, [low, high]) {
    const counts = new Uint32Array(bins), scale = bins / (high - low);
    let total = 0;
    for (const x of values)
        if (Number.isFinite(x)) {
            counts[Math.min(bins - 1, Math.floor((x - low) * scale))]++;
            total++;
        }
    const reach = (from, step) => {
        let bin = from;
        for (let seen = counts[bin]; seen <= left * total; seen += counts[bin])
            bin += step;
        return bin;
    };
    return [low + reach(0, 1) / scale, low + (reach(bins - 1, -1) + 1) / scale];
}

// The values at the ends of the colours. `fixed` is [low, high] for the kind 'fixed'.
export function rangeOf({values, isDecibels}, kind, fixed = null) {
    if (kind === 'fixed' && fixed && fixed[0] < fixed[1])
        return fixed;
    const [low, high] = ends(values);
    if (!(low < high))
        return [low - 0.5, high + 0.5];
    if (kind === 'most')
        return most(values, [low, high]);
    const reach = Math.max(-low, high);
    return kind === 'even' && !isDecibels ? [-reach, reach] : [low, high];
}

/* ------------------------------------------------------------------------------------------ drawing */

const notFinite = [255, 0, 255];

// Red, green, blue and alpha of each pixel. Values that are not finite are magenta; the cells after a vector's end are transparent.
export function pixelsOf(view, [low, high], colours) {
    const {values, width, height, planes, count} = view, size = width * height, table = colourTable(colours);
    const pixels = new Uint8ClampedArray(4 * size), scale = 255 / (high - low);
    const share = x => Math.round(Math.min(255, Math.max(0, (x - low) * scale)));
    for (let i = 0; i < size && (planes > 1 || i < count); i++) {
        const to = 4 * i;
        let isFinite = true;
        for (let plane = 0; plane < 3; plane++) {
            const x = values[planes > 1 ? plane * size + i : i];
            isFinite &&= Number.isFinite(x);
            pixels[to + plane] = planes > 1 ? share(x) : table[3 * share(x) + plane];
        }
        if (!isFinite)
            pixels.set(notFinite, to);
        pixels[to + 3] = 255;
    }
    return pixels;
}

/* ------------------------------------------------------------------------------------------ texts */

// Where a pixel is: {x, y, values: one of each plane}, or null beside the values. In a spectrum x and y are cycles per width and
// height; in a vector `index` is the place in it.
export function readAt({values, width, height, planes, count, isSpectrum}, field, x, y) {
    if (x < 0 || y < 0 || x >= width || y >= height || (planes === 1 && y * width + x >= count))
        return null;
    const at = Array.from({length: planes}, (_, plane) => values[(plane * height + y) * width + x]);
    if (isVector(field))
        return {index: y * width + x, values: at};
    return isSpectrum ? {x: x - (width >> 1), y: y - (height >> 1), values: at} : {x, y, values: at};
}

// A float with the fewest digits that read back as the same float.
function shortest(x) {
    if (!Number.isFinite(x))
        return Number.isNaN(x) ? 'nan' : x > 0 ? 'inf' : '-inf';
    for (let figures = 6; figures < 9; figures++)
        if (Math.fround(Number(x.toPrecision(figures))) === x)
            return String(Number(x.toPrecision(figures)));
    return String(Number(x.toPrecision(9)));
}

// Rows of numbers, as numpy.loadtxt(file, delimiter=',') reads them; planes come one after the other. A vector is one row.
export function csvOf({values, width, height, planes, count}, field, title) {
    const columns = isVector(field) ? count : width, rows = isVector(field) ? 1 : planes * height, lines = [`# ${title}`];
    for (let y = 0; y < rows; y++)
        lines.push(Array.from(values.subarray(y * columns, (y + 1) * columns), shortest).join(','));
    return `${lines.join('\n')}\n`;
}

// A table with a head, of rows that are objects.
export function tableCsv(names, rows) {
    return `${[names, ...rows.map(row => names.map(name => shortest(Math.fround(row[name]))))].map(cells => cells.join(',')).join('\n')}\n`;
}
