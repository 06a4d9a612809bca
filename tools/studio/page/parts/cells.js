// Painting on a grid of cells, such as a layer or a noise map: the cells that a stroke, a fill or a grid covers, and pictures
// resized to the grid. Pure functions on {width, height, data}, where data is any typed array.

export function grid(width, height, Type, value = 0) {
    return {width, height, data: new Type(width * height).fill(value)};
}

export function copyOf(cells) {
    return {...cells, data: cells.data.slice()};
}

export function same(a, b) {
    return a.width === b.width && a.height === b.height && a.data.every((value, i) => value === b.data[i]);
}

// Calls visit(index, nearness) for each cell whose centre lies within `radius` cells of the line from a to b. The points
// {x, y} are in fractions of cells. nearness falls from 1 on the line to 0 at the edge. The cells under both ends are always
// included, so that even the smallest brush paints.
export function stroke(cells, a, b, radius, visit) {
    const {width, height} = cells, dx = b.x - a.x, dy = b.y - a.y, length2 = dx * dx + dy * dy;
    const touched = point => Math.floor(point.y) * width + Math.floor(point.x);
    const ends = [touched(a), touched(b)];
    const low = (p, q) => Math.max(0, Math.floor(Math.min(p, q) - radius - 1));
    const high = (p, q, size) => Math.min(size - 1, Math.ceil(Math.max(p, q) + radius));
    for (let y = low(a.y, b.y); y <= high(a.y, b.y, height); y++) {
        for (let x = low(a.x, b.x); x <= high(a.x, b.x, width); x++) {
            const px = x + 0.5 - a.x, py = y + 0.5 - a.y;
            const t = length2 ? Math.min(1, Math.max(0, (px * dx + py * dy) / length2)) : 0;
            const distance = Math.hypot(px - t * dx, py - t * dy), index = y * width + x;
            if (distance <= radius || ends.includes(index))
                visit(index, radius > 0.5 ? Math.max(0, 1 - distance / radius) : 1);
        }
    }
}

// Whether the cell is in a block of the engine's grid: k×k blocks with one cell between them, starting at the corner. Blocks
// that would touch or cross the far edge are left out.
export function onGrid(x, y, width, height, k) {
    const lies = (at, size) => {
        const start = at - at % (k + 1);
        return at - start < k && start < size - k;
    };
    return lies(x, width) && lies(y, height);
}

export function fillGrid(cells, k, value) {
    const {width, height, data} = cells;
    for (let i = 0; i < data.length; i++)
        if (onGrid(i % width, Math.floor(i / width), width, height, k))
            data[i] = value;
    return cells;
}

// The block size of the grid that these cells form, with `value` in blocks and `none` between them; 0 if they form none.
export function gridOf(cells, value, none) {
    const {width, height, data} = cells;
    for (let k = 1; k < Math.min(width, height); k++)
        if (data.every((v, i) => v === (onGrid(i % width, Math.floor(i / width), width, height, k) ? value : none)))
            return k;
    return 0;
}

// Resizes an RGBA picture to a grid by nearest neighbour, as the engine resizes a mask to its layer: cell x takes pixel
// floor(x · from / to). Colours are numbers 0xRRGGBB, −1 where the picture is transparent.
export function coloursAt(picture, width, height) {
    const cells = grid(width, height, Int32Array);
    for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) {
            const from = 4 * (Math.floor(y * picture.height / height) * picture.width
                + Math.floor(x * picture.width / width));
            const [r, g, b, alpha] = picture.rgba.subarray(from, from + 4);
            cells.data[y * width + x] = alpha === 0 ? -1 : r << 16 | g << 8 | b;
        }
    }
    return cells;
}

// The `limit` commonest colours of a grid of colours, commonest first, as [{colour, share}]. Rarer colours count for the
// nearest of these, and so do the edges of an antialiased drawing: rare colours between two commoner ones.
export function palette(cells, limit) {
    const counts = new Map(), total = cells.data.length;
    for (const colour of cells.data)
        if (colour >= 0)
            counts.set(colour, (counts.get(colour) ?? 0) + 1);
    const chosen = [];
    for (const [colour, count] of [...counts].sort((a, b) => b[1] - a[1])) {
        const isRim = count < rare * total && chosen.some(a => chosen.some(b => isBetween(colour, a.colour, b.colour)));
        if (chosen.length < limit && !isRim)
            chosen.push({colour, count});
        else
            nearest(chosen, colour).count += count;
    }
    return chosen.map(({colour, count}) => ({colour, share: count / total})).sort((a, b) => b.share - a.share);
}

const rare = 0.02, tolerance = 24;      // share of the cells; levels of 255
const levels = colour => [colour >> 16 & 0xff, colour >> 8 & 0xff, colour & 0xff];
const apart = (a, b) => Math.hypot(...levels(a).map((value, i) => value - levels(b)[i]));
const isBetween = (colour, a, b) => apart(colour, a) + apart(colour, b) < apart(a, b) + tolerance;

export function nearest(entries, colour) {
    return entries.reduce((best, entry) => apart(entry.colour, colour) < apart(best.colour, colour) ? entry : best);
}
