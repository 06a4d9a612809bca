// z as an editable shape: bars or a polygon around a centre, the brush, and the edits, which are the differences from the
// seed's values. Values from −reach to reach are shown; others are drawn at the edge. Pure functions.

export const reach = 3;
const hole = 0.1;                       // radius of the polygon at −reach, relative to the outer radius
const drawn = 1000;                     // edits are rounded to thousandths

const held = (value, low, high) => Math.min(high, Math.max(low, value));

/* ------------------------------------------------------------------------------------------ on paper */

// The position {x, y} of value `index` of `count` in a drawing of this size.
export function pointOf(form, index, value, count, width, height) {
    const share = (held(value, -reach, reach) + reach) / (2 * reach);
    if (form === 'bars')
        return {x: (index + 0.5) / count * width, y: (1 - share) * height};
    const angle = 2 * Math.PI * index / count, radius = (hole + (1 - hole) * share) * Math.min(width, height) / 2;
    return {x: width / 2 + radius * Math.sin(angle), y: height / 2 - radius * Math.cos(angle)};
}

// The reverse: {index, value} at a position; index has fractions.
export function placeOf(form, x, y, count, width, height) {
    if (form === 'bars')
        return {index: held(x / width * count - 0.5, 0, count - 1),
            value: held((1 - 2 * y / height) * reach, -reach, reach)};
    const dx = x - width / 2, dy = height / 2 - y, turn = Math.atan2(dx, dy) / (2 * Math.PI);
    const share = (Math.hypot(dx, dy) / (Math.min(width, height) / 2) - hole) / (1 - hole);
    return {index: (turn + 1) % 1 * count, value: held(share * 2 * reach - reach, -reach, reach)};
}

/* ------------------------------------------------------------------------------------------ the brush */

// The weights of the values under a brush of `size` values around `index`, as [index, 0…1] pairs: 1 in the middle, falling to
// 0 at the edge. A polygon wraps around, bars do not.
export function reached(index, size, count, closed) {
    const pairs = [], radius = Math.max(size, 1) / 2;
    for (let i = Math.ceil(index - radius); i <= Math.floor(index + radius); i++) {
        const place = closed ? (i % count + count) % count : i;
        if (place >= 0 && place < count)
            pairs.push([place, Math.cos(Math.PI / 2 * Math.min(1, Math.abs(i - index) / (radius + 0.5))) ** 2]);
    }
    return pairs.slice(0, count);
}

// Modes of the brush: `pull` towards the pointer, `smooth` towards the mean of the neighbours, `seed` back to the seed's
// values.
export function brush(mode, values, base, place, {size, strength, closed}) {
    const result = values.slice(), count = values.length;
    for (const [i, share] of reached(place.index, size, count, closed)) {
        const before = values[closed ? (i + count - 1) % count : Math.max(0, i - 1)];
        const after = values[closed ? (i + 1) % count : Math.min(count - 1, i + 1)];
        const goal = mode === 'smooth' ? (before + values[i] + after) / 3 : mode === 'seed' ? base[i] : place.value;
        result[i] += share * strength * (goal - values[i]);
    }
    return result;
}

// Interpolated positions of a fast pointer, at most half a brush apart, the shorter way around a polygon.
export function between(from, to, size, count, closed) {
    let way = to.index - from.index;
    if (closed && Math.abs(way) > count / 2)
        way -= Math.sign(way) * count;
    const steps = Math.min(64, Math.max(1, Math.ceil(Math.abs(way) / Math.max(1, size / 2))));
    return Array.from({length: steps}, (_, i) => ({index: (from.index + way * (i + 1) / steps + count) % count,
        value: from.value + (to.value - from.value) * (i + 1) / steps}));
}

/* ------------------------------------------------------------------------------------------ edits */

// {index: amount} as in a recipe's {at: z, add: …}, from edits in thousandths.
export function editsOf(base, values, parts = drawn) {
    const edits = {};
    values.forEach((value, i) => {
        const amount = Math.round((value - base[i]) * parts) / parts;
        if (amount)
            edits[i] = amount;
    });
    return edits;
}

export function edited(base, edits) {
    const values = Array.from(base);
    for (const [index, amount] of Object.entries(edits))
        if (Number(index) < values.length)
            values[Number(index)] += amount;
    return values;
}

// Puts the edits into the recipe as one bend, replacing the first such bend; no edits, no bend.
export function putEdits(recipe, edits) {
    const isEdit = bend => bend.at === 'z' && typeof bend.add === 'object' && bend.add !== null
        && bend.add.image === undefined && bend.muted !== true;
    recipe.bends ??= [];
    const place = recipe.bends.findIndex(isEdit);
    recipe.bends = recipe.bends.filter((bend, i) => i === place || !isEdit(bend));
    const any = Object.keys(edits).length > 0;
    if (place < 0 && any)
        recipe.bends.push({at: 'z', add: edits});
    else if (place >= 0)
        recipe.bends.splice(place, 1, ...any ? [{at: 'z', add: edits}] : []);
}
