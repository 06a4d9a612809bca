// The w's of a bend, as in a recipe ("0-3", 7, a list of these, all) and as numbers; and the bends in the table of the w's.
// Pure functions.
import {isMap, isMuted, ranges} from '../state/recipe.js';

// Sorted numbers below `count`.
export function wsOf(value, count) {
    const spans = value === 'all' ? [[0, count - 1]] : ranges(value), chosen = new Set();
    for (const [low, high] of spans)
        for (let w = low; w <= Math.min(high, count - 1); w++)
            chosen.add(w);
    return [...chosen].sort((a, b) => a - b);
}

export function wValue(ws, count) {
    if (ws.length === count)
        return 'all';
    const pieces = [];
    for (const w of ws) {
        const last = pieces.at(-1);
        if (last && last[1] === w - 1)
            last[1] = w;
        else
            pieces.push([w, w]);
    }
    const written = pieces.map(([low, high]) => low === high ? low : `${low}-${high}`);
    return written.length === 1 ? written[0] : written;
}

// The rows of the table: {index, kind: 'truncation' | 'style', ws, muted, psi | seed, share}.
export function rowsOf(recipe, count) {
    return (recipe.bends ?? []).flatMap((bend, index) => {
        if (!isMap(bend) || bend.w === undefined)
            return [];
        const shared = {index, ws: wsOf(bend.w, count), muted: isMuted(bend)};
        if (bend.truncation !== undefined)
            return [{...shared, kind: 'truncation', psi: Number(bend.truncation)}];
        if (bend.style === undefined)
            return [];
        const style = isMap(bend.style) ? bend.style : {seed: bend.style};
        return [{...shared, kind: 'style', seed: Number(style.seed ?? 0), share: Number(style.share ?? 1)}];
    });
}

// A style bend with another seed or share and everything else unchanged.
export function withStyle(bend, changes) {
    const style = {...isMap(bend.style) ? bend.style : {seed: bend.style}, ...changes};
    if (style.share === 1)
        delete style.share;
    return {...bend, style};
}

// The truncation of each w by the recipe's bends; null where the image's applies.
export function truncations(recipe, count) {
    const psi = new Array(count).fill(null);
    for (const row of rowsOf(recipe, count))
        if (row.kind === 'truncation' && !row.muted && Number.isFinite(row.psi))
            row.ws.forEach(w => { psi[w] = row.psi; });
    return psi;
}
