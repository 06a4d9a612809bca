// Colour maps: 256 colours for values from the low to the high end of a range, with even steps in lightness, so that equal
// differences look equal. They are made in Oklab (Björn Ottosson, 2020): lightness L from 0 to 1, and two axes of colour, here as
// chroma C and hue h in degrees.

const steps = 256;

// Lightness of the ends, and [C, h] at even distances between them. A map with a `middle` has that lightness at 0 and is for values
// on both sides of it.
const maps = {
    grey: {ends: [0, 1], hues: [[0, 0], [0, 0]]},
    fire: {ends: [0.1, 0.97], hues: [[0.06, 300], [0.17, 335], [0.2, 22], [0.17, 60], [0.09, 100]]},
    sea: {ends: [0.12, 0.97], hues: [[0.07, 285], [0.13, 262], [0.12, 225], [0.12, 180], [0.1, 140]]},
    'two-sided': {ends: [0.42, 0.45], middle: 0.97, hues: [[0.18, 258], [0.1, 250], [0, 250], [0, 45], [0.11, 50], [0.16, 38]]},
    'two-sided, dark': {ends: [0.85, 0.85], middle: 0.1, hues: [[0.11, 235], [0.15, 255], [0, 260], [0, 40], [0.15, 42], [0.13, 70]]},
};

export const colourMaps = Object.keys(maps);
export const isTwoSided = name => maps[name]?.middle !== undefined;

const cube = x => x * x * x;

// Linear red, green and blue of an Oklab colour; outside 0…1 if the screen cannot show it.
function linear(lightness, a, b) {
    const l = cube(lightness + 0.3963377774 * a + 0.2158037573 * b);
    const m = cube(lightness - 0.1055613458 * a - 0.0638541728 * b);
    const s = cube(lightness - 0.0894841775 * a - 1.291485548 * b);
    return [4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s, -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
            -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s];
}

const encoded = x => 255 * (x <= 0.0031308 ? 12.92 * x : 1.055 * x ** (1 / 2.4) - 0.055);

// Where the screen cannot show the chroma it gets less of it, and keeps its lightness.
function colourOf(lightness, a, b) {
    let share = 1, least = 0;
    const at = part => linear(lightness, part * a, part * b);
    const fits = rgb => rgb.every(x => x > -1e-4 && x < 1 + 1e-4);
    if (!fits(at(1)))
        for (let i = 0; i < 12; i++) {
            const middle = (least + share) / 2;
            if (fits(at(middle)))
                least = middle;
            else
                share = middle;
        }
    return at(fits(at(share)) ? share : least).map(x => Math.round(encoded(Math.min(1, Math.max(0, x)))));
}

function tableOf({ends: [low, high], middle, hues}) {
    const table = new Uint8ClampedArray(3 * steps);
    for (let i = 0; i < steps; i++) {
        const t = i / (steps - 1), place = t * (hues.length - 1), from = Math.min(hues.length - 2, Math.floor(place)), part = place - from;
        const [a, b] = [Math.cos, Math.sin].map(turn => [from, from + 1].map(k => hues[k][0] * turn(hues[k][1] * Math.PI / 180)))
            .map(([x, y]) => x + (y - x) * part);
        const lightness = middle === undefined ? low + (high - low) * t
            : t < 0.5 ? low + (middle - low) * 2 * t : middle + (high - middle) * (2 * t - 1);
        table.set(colourOf(lightness, a, b), 3 * i);
    }
    return table;
}

const tables = new Map();

// Red, green and blue of 256 colours.
export function colourTable(name) {
    const known = maps[name] ? name : 'grey';
    if (!tables.has(known))
        tables.set(known, tableOf(maps[known]));
    return tables.get(known);
}
