// The path between pins: the position on it after some seconds, and the recipe there. If the network has w's and z was not
// edited, the path is a straight line between w's; otherwise it is an arc in z that keeps the distance from the origin. Pure
// functions. A pin is {seed, class, edits, mix}: the numbers added to z, and [{seed, share}] of the styles of all w's; or it has
// `latent`, a z or w that was given instead of a seed.
import {mixed} from '../latent/classmix.js';
import {classesOf, classText, inputs, isMap, isMuted, latentOf, seedOf, setLatent} from './recipe.js';
import {truncations, wsOf, wValue} from '../latent/wspans.js';
import {editsOf, putEdits} from '../latent/zshape.js';

// {from, to, t} between `count` pins after `seconds` at `pace` pins a second; t is eased if `smooth`. A loop continues from the
// last pin to the first; other paths go back and forth.
export function placeAt(seconds, count, {pace, loop, smooth}) {
    const legs = loop ? count : count - 1;
    if (legs < 1)
        return {from: 0, to: 0, t: 0};
    let at = seconds * pace;
    at = loop ? at % legs : legs - Math.abs(legs - at % (2 * legs));
    const leg = Math.min(Math.floor(at), legs - 1), t = at - leg;
    return {from: leg, to: (leg + 1) % count, t: smooth ? t * t * (3 - 2 * t) : t};
}

// Spherical interpolation between two vectors; their lengths are interpolated linearly.
export function around(a, b, t) {
    const length = v => Math.sqrt(v.reduce((sum, x) => sum + x * x, 0));
    const la = length(a), lb = length(b), dot = a.reduce((sum, x, i) => sum + x * b[i], 0);
    const angle = Math.acos(Math.min(1, Math.max(-1, dot / (la * lb || 1)))), sine = Math.sin(angle);
    if (sine < 1e-4)
        return a.map((x, i) => x + t * (b[i] - x));
    const grown = la + t * (lb - la), ka = Math.sin((1 - t) * angle) / sine / la, kb = Math.sin(t * angle) / sine / lb;
    return a.map((x, i) => grown * (ka * x + kb * b[i]));
}

const isEdited = pin => Object.keys(pin.edits ?? {}).length > 0;

export const goesThroughW = (network, a, b) => network.num_ws > 0 && !isEdited(a) && !isEdited(b) && !a.latent && !b.latent;

/* ------------------------------------------------------------------------------------------ styles of all w's */

const isStyle = bend => bend?.w !== undefined && isMap(bend.style) && !isMuted(bend) && bend.style.class === undefined;

// The runs of bends that move every w towards one seed by one share, [{seed, share, from, count}]. They belong to the face;
// styles of only some w's are bends like others.
function mixesOf(recipe, network) {
    const bends = network?.num_ws ? recipe.bends ?? [] : [], found = [];
    for (let from = 0; from < bends.length; from++) {
        const {seed, share = 1} = isStyle(bends[from]) ? bends[from].style : {}, ws = [];
        let end = from;
        while (ws.length < network.num_ws && isStyle(bends[end]) && bends[end].style.seed === seed
               && (bends[end].style.share ?? 1) === share)
            ws.push(...wsOf(bends[end++].w, network.num_ws));
        if (ws.length && ws.length === network.num_ws && new Set(ws).size === ws.length) {
            found.push({seed, share, from, count: end - from});
            from = end - 1;
        }
    }
    return found;
}

// Replaces those runs, directly after the truncation bends, which start from the image's own w. If a w has its own
// truncation, the other seed's w gets it too.
function putMixes(recipe, network, mixes) {
    for (const {from, count} of mixesOf(recipe, network).reverse())
        recipe.bends.splice(from, count);
    const psi = truncations(recipe, network.num_ws);
    const last = recipe.bends.findLastIndex(bend => bend.w !== undefined && bend.truncation !== undefined);
    const styles = mixes.flatMap(({seed, share}) => [...new Set(psi)].map(value => {
        const ws = psi.flatMap((each, i) => each === value ? [i] : []);
        const style = {seed, share: Number(share.toFixed(5)), ...value === null ? null : {truncation: value}};
        return {w: wValue(ws, network.num_ws), style};
    }));
    recipe.bends.splice(last + 1, 0, ...styles);
}

// A face as weights of seeds, in the order in which they are mixed, and the reverse.
function weightsOf(pin) {
    const weights = new Map([[pin.seed, 1]]);
    for (const {seed, share} of pin.mix ?? []) {
        for (const [other, weight] of weights)
            weights.set(other, weight * (1 - share));
        weights.set(seed, (weights.get(seed) ?? 0) + share);
    }
    return weights;
}

function faceOf(weights) {
    const present = [...weights].filter(([, weight]) => Math.abs(weight) > 1e-6);
    let sum = present[0][1];
    const mix = present.slice(1).map(([seed, weight]) => {
        sum += weight;
        return {seed, share: weight / sum};
    });
    return {seed: present[0][0], mix};
}

function blended(a, b, t) {
    const weights = new Map([...a].map(([seed, weight]) => [seed, weight * (1 - t)]));
    for (const [seed, weight] of b)
        weights.set(seed, (weights.get(seed) ?? 0) + weight * t);
    return faceOf(weights);
}

/* ------------------------------------------------------------------------------------------ pins and recipes */

// The face of the recipe, with these edits of z.
export function pinOf(recipe, network, edits) {
    const mix = mixesOf(recipe, network).map(({seed, share}) => ({seed, share}));
    const latent = latentOf(recipe);
    return {seed: seedOf(recipe), class: inputs(recipe).class, edits, ...mix.length ? {mix} : null, ...latent && {latent}};
}

// The recipe with the face of a pin.
export function atPin(recipe, network, pin) {
    const result = {...recipe, inputs: {...recipe.inputs, seeds: pin.seed}, bends: [...recipe.bends ?? []]};
    delete result.inputs.z;
    delete result.inputs.w;
    if (pin.latent)
        setLatent(result, pin.latent, pin.latent.w === undefined ? pin.class ?? null : null);
    else if (pin.class === null || pin.class === undefined)
        delete result.inputs.class;
    else
        result.inputs.class = pin.class;
    putMixes(result, network, pin.mix ?? []);
    putEdits(result, pin.edits ?? {});
    return result;
}

// `zs` are the z's of both pins' seeds, needed only for paths in z. `scale` is the factor that z is multiplied by (BigGAN's
// truncation).
export function recipeBetween(recipe, network, a, b, t, {zs = null, scale = 1} = {}) {
    if (a.latent || b.latent)
        return betweenLatents(recipe, network, a, b, t);
    const isShort = goesThroughW(network, a, b), faded = (pin, part) =>
        (pin.mix ?? []).map(({seed, share}) => ({seed, share: share * part})).filter(({share}) => share);
    const face = isShort ? blended(weightsOf(a), weightsOf(b), t)
        : {seed: a.seed, mix: [...faded(a, 1 - t), ...faded(b, t)]};
    const result = atPin(recipe, network, {...a, ...face});
    const classes = [a, b].map(pin => classesOf({inputs: {class: pin.class ?? null}}));
    if (classes[0].length && classes[1].length)
        result.inputs.class = classText(mixed(classes[0], classes[1], t));
    if (!isShort && zs) {
        const full = (pin, z) => z.map((x, i) => x * scale + Number(pin.edits?.[i] ?? 0));
        const goal = around(full(a, zs[0]), full(b, zs[1]), t);
        putEdits(result, editsOf(zs[0].map(x => x * scale), goal, 1e4));
    }
    return result;
}

const rowsOf = latent => [latent.w ?? latent.z].flat(2).map(Number);

// Given w's are interpolated linearly, given z's on an arc. Between a given latent and a seed, or latents of other sizes, there is
// no way: the picture changes half way.
function betweenLatents(recipe, network, a, b, t) {
    const kind = a.latent?.w === undefined ? 'z' : 'w', [of, to] = [a, b].map(pin => pin.latent?.[kind]);
    const [from, goal] = [of, to].map(value => value === undefined ? [] : rowsOf({[kind]: value}));
    if (!from.length || from.length !== goal.length)
        return atPin(recipe, network, t < 0.5 ? a : b);
    const values = kind === 'w' ? from.map((x, i) => x + t * (goal[i] - x)) : around(from, goal, t);
    const rows = Array.isArray(of[0]) ? of.length : 1, width = values.length / rows;
    const latent = Array.isArray(of[0]) ? of.map((_, i) => values.slice(i * width, (i + 1) * width)) : values;
    const result = atPin(recipe, network, {...a, latent: {[kind]: latent}});
    const classes = [a, b].map(pin => classesOf({inputs: {class: pin.class ?? null}}));
    if (kind === 'z' && classes[0].length && classes[1].length)
        result.inputs.class = classText(mixed(classes[0], classes[1], t));
    return result;
}
