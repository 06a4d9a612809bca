// The way between pinned faces: where on it one is after so many seconds, and the recipe of that place. Where the
// network has w's, and nothing was drawn on z, the way is straight from w to w; else it goes around in z, keeping its
// distance from the middle. Pure functions; a pin is {seed, class, edits}.
import {mixed} from './classmix.js';
import {classesOf, classText, inputs, seedOf} from './recipe.js';
import {truncations, wValue} from './wspans.js';
import {editsOf, putEdits} from './zshape.js';

// {from, to, t} of `count` pins after `seconds` at `pace` pins a second; t is eased where `smooth`. A loop goes from
// the last pin back to the first, other ways there and back.
export function placeAt(seconds, count, {pace, loop, smooth}) {
    const legs = loop ? count : count - 1;
    if (legs < 1)
        return {from: 0, to: 0, t: 0};
    let at = seconds * pace;
    at = loop ? at % legs : legs - Math.abs(legs - at % (2 * legs));
    const leg = Math.min(Math.floor(at), legs - 1), t = at - leg;
    return {from: leg, to: (leg + 1) % count, t: smooth ? t * t * (3 - 2 * t) : t};
}

// Between two vectors as on a sphere: their lengths are gone between evenly.
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

export const goesThroughW = (network, a, b) => network.num_ws > 0 && !isEdited(a) && !isEdited(b);

// The recipe with a pin's seed, class and edits in place of its own.
export function atPin(recipe, pin) {
    const result = {...recipe, inputs: {...recipe.inputs, seeds: pin.seed}, bends: [...recipe.bends ?? []]};
    if (pin.class === null || pin.class === undefined)
        delete result.inputs.class;
    else
        result.inputs.class = pin.class;
    putEdits(result, pin.edits ?? {});
    return result;
}

export function pinOf(recipe, edits) {
    return {seed: seedOf(recipe), class: inputs(recipe).class, edits};
}

// `zs` are both pins' z as their seeds give them; only ways through z need them. What z is multiplied by on its way in
// (BigGAN's truncation) is `scale`.
export function recipeBetween(recipe, network, a, b, t, {zs = null, scale = 1} = {}) {
    const result = atPin(recipe, a);
    const classes = [a, b].map(pin => classesOf({inputs: {class: pin.class ?? null}}));
    if (classes[0].length && classes[1].length)
        result.inputs.class = classText(mixed(classes[0], classes[1], t));
    if (goesThroughW(network, a, b)) {
        if (t > 0 && a.seed !== b.seed)
            putStyles(result, network.num_ws, b.seed, t);
    } else if (zs) {
        const full = (pin, z) => z.map((x, i) => x * scale + Number(pin.edits?.[i] ?? 0));
        const goal = around(full(a, zs[0]), full(b, zs[1]), t);
        putEdits(result, editsOf(zs[0].map(x => x * scale), goal, 1e4));
    }
    return result;
}

// A style of `seed` by this share in every w, with the truncation that the recipe has there, right behind the bends
// that truncate: those start again from the image's own w.
function putStyles(recipe, count, seed, share) {
    const psi = truncations(recipe, count);
    const last = recipe.bends.findLastIndex(bend => bend.w !== undefined && bend.truncation !== undefined);
    const styles = [...new Set(psi)].map(value => {
        const ws = psi.flatMap((p, i) => p === value ? [i] : []);
        const style = {seed, share: Number(share.toFixed(5)), ...value === null ? null : {truncation: value}};
        return {w: wValue(ws, count), style};
    });
    recipe.bends.splice(last + 1, 0, ...styles);
}
