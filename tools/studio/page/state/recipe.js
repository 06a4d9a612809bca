// Recipes as trees: the kind of a bend, its nodes, its description. Pure functions that follow docs/recipes.md. The program
// parses the text, so a scalar may be a number, a string, true or false.

/* ------------------------------------------------------------------------------------------ kinds */

export const kinds = ['filter', 'activation', 'paint', 'disable', 'noise', 'truncation', 'style', 'add', 'set', 'direction'];

// Keys that are not parameters of a filter or activation.
const around = ['at', 'w', 'features', 'muted', 'params', 'bias', 'gain', 'like'];

export const kindOf = bend => kinds.find(kind => bend[kind] !== undefined) ?? null;
export const isTrue = value => value === true || value === 'true';
export const isMuted = bend => isTrue(bend.muted);
export const isMap = value => typeof value === 'object' && value !== null && !Array.isArray(value);

// The entry of node.takes that a kind of bend needs; the others can be at any node.
const needs = {activation: 'activation', paint: 'paint', disable: 'disable', noise: 'noise'};

/* ------------------------------------------------------------------------------------------ places */

const listed = value => value === undefined || value === null ? [] : Array.isArray(value) ? value : [value];
const isPattern = name => /[*?[]/.test(name);
const globs = new Map();

// A shell glob as a regular expression over the whole name; '*' crosses dots.
function glob(pattern) {
    if (globs.has(pattern))
        return globs.get(pattern);
    const source = pattern.replace(/\*+|\?|\[([!^]?)(\]?[^\]]*)\]?|[^*?[]+/g, (piece, not, set) => {
        if (piece[0] === '*')
            return '.*';
        if (piece === '?')
            return '.';
        if (piece[0] === '[')
            return set ? `[${not ? '^' : ''}${set.replace(/[\\\]^[]/g, '\\$&')}]` : '(?!)';
        return piece.replace(/[.+^${}()|\\\]]/g, '\\$&');
    });
    let expression;
    try {
        expression = new RegExp(`^${source}$`, 's');
    } catch {
        expression = /(?!)/;        // [z-a]
    }
    globs.set(pattern, expression);
    return expression;
}

// "0-5", 7, or a list of these, as [low, high] pairs; anything else is ignored.
export function ranges(value) {
    return listed(value).map(item => /^\s*(\d+)\s*(?:-\s*(\d+)\s*)?$/.exec(String(item))).filter(Boolean)
        .map(([, low, high]) => [Number(low), Number(high ?? low)]);
}

// Integers as the shortest text of ranges: [0,1,2,5] is "0-2, 5".
export function rangeText(numbers) {
    const sorted = [...new Set(numbers)].sort((a, b) => a - b);
    const pieces = [];
    for (let i = 0; i < sorted.length;) {
        let end = i;
        while (sorted[end + 1] === sorted[end] + 1)
            end++;
        pieces.push(end > i + 1 ? `${sorted[i]}-${sorted[end]}`
            : end > i ? `${sorted[i]}, ${sorted[end]}` : String(sorted[i]));
        i = end + 1;
    }
    return pieces.join(', ');
}

// Which w a node is, -1 for other nodes.
export const wOf = node => node.role?.w ?? -1;

// `node` is one of network.nodes.
export function sitsAt(bend, node) {
    if (bend.w !== undefined) {
        const w = wOf(node);
        return w >= 0 && (bend.w === 'all' || ranges(bend.w).some(([low, high]) => w >= low && w <= high));
    }
    const need = needs[kindOf(bend)];
    return listed(bend.at).some(place => {
        const name = String(place);
        if (name === node.name || name === node.alias || (/^\d+$/.test(name) && Number(name) === node.index))
            return true;
        if (!isPattern(name) || (need && node.takes && !node.takes.includes(need)))
            return false;
        return glob(name).test(node.name) || (!!node.alias && glob(name).test(node.alias));
    });
}

const bendsOf = recipe => listed(recipe.bends).filter(isMap);

// [{index, bend}] in the order in which they are applied.
export function bendsAt(recipe, node) {
    return bendsOf(recipe).map((bend, index) => ({index, bend})).filter(({bend}) => sitsAt(bend, node));
}

// The activation bend in effect at a node: the last one, because it replaces the others.
export function activationAt(recipe, node) {
    return bendsAt(recipe, node).filter(({bend}) => kindOf(bend) === 'activation').at(-1) ?? null;
}

// Whether the bend is at this node only, so that it can be edited without affecting other layers.
export const isOnlyAt = (bend, node) => bend.at === node.name;

/* ------------------------------------------------------------------------------------------ inputs */

const inputDefaults = {seeds: 0, rng: null, class: null, trunc: null, cutoff: null, noise: 'const'};

export const inputs = recipe => ({...inputDefaults, ...recipe.inputs});

// Sets an input; null and undefined remove it. A z or w that was given is removed by the inputs that exclude it.
export function setInput(recipe, name, value) {
    recipe.inputs = {...recipe.inputs, [name]: value};
    if (value === null || value === undefined)
        delete recipe.inputs[name];
    else
        for (const latent of excludes[name] ?? [])
            delete recipe.inputs[latent];
}

const excludes = {seeds: ['z', 'w'], rng: ['z', 'w'], trunc: ['w'], cutoff: ['w'], class: ['w']};

// The z or w that was given instead of a seed: {z: …}, {w: …} or null.
export function latentOf(recipe) {
    const {z, w} = recipe.inputs ?? {};
    return w !== undefined ? {w} : z !== undefined ? {z} : null;
}

// Gives a z or w instead of a seed, with a class or null; w's have their class in them.
export function setLatent(recipe, latent, ofClass = null) {
    const {noise} = recipe.inputs ?? {};
    recipe.inputs = {...latent, ...ofClass === null ? {} : {class: ofClass}, ...noise === undefined ? {} : {noise}};
}

export function seedOf(recipe) {
    const first = /^\s*(\d+)/.exec(String(inputs(recipe).seeds));
    return first ? Number(first[1]) : 0;
}

// "207:0.7,88:0.3" or 207 as [{index, share}].
export function classesOf(recipe) {
    const value = inputs(recipe).class;
    if (value === null)
        return [];
    return listed(value).flatMap(item => String(item).split(',')).map(item => item.trim()).filter(Boolean)
        .map(item => {
            const [, name, share] = /^(.*?)(?::\s*([-+.\deE]+))?$/s.exec(item);
            return {index: /^\d+$/.test(name) ? Number(name) : name, share: share === undefined ? 1 : Number(share)};
        });
}

export function classText(classes) {
    if (classes.length === 1 && classes[0].share === 1)
        return classes[0].index;
    return classes.map(({index, share}) => `${index}:${formatNumber(share)}`).join(',');
}

// {channel: value} of every bend {at: z, add: {…}}, summed.
export function zEdits(recipe) {
    const edits = {};
    for (const bend of bendsOf(recipe))
        if (bend.at === 'z' && isMap(bend.add) && !isMuted(bend) && bend.add.image === undefined)
            for (const [index, value] of Object.entries(bend.add))
                edits[index] = (edits[index] ?? 0) + Number(value) * (Number(bend.times ?? 1) || 0);
    return edits;
}

// The recipe without the bends of layers: its inputs, and the bends of z and the w's, moves along directions included.
export function unbent(recipe) {
    return {...recipe, bends: bendsOf(recipe).filter(bend =>
        bend.w !== undefined || bend.at === 'z' || bend.direction !== undefined)};
}

/* ------------------------------------------------------------------------------------------ descriptions */

// With few digits: 0.3, 12.35, 1.2e-7.
export function formatNumber(value, figures = 4) {
    if (!Number.isFinite(value))
        return String(value);
    return String(Number(value.toPrecision(figures)));
}

const worded = value => typeof value === 'number' ? formatNumber(value)
    : Array.isArray(value) ? value.map(worded).join(' ')
    : isMap(value) ? Object.entries(value).map(([key, inner]) => `${key} ${worded(inner)}`).join(', ')
    : String(value).startsWith('data:') ? 'drawn' : String(value);

export const paramsOf = bend => Object.entries(bend)
    .filter(([key]) => !around.includes(key) && key !== kindOf(bend));

function wordedParams(bend) {
    const named = paramsOf(bend).map(([key, value]) => `${key} ${worded(value)}`);
    return [...listed(bend.params).map(worded), ...named].join(', ');
}

const whatKinds = {
    filter: bend => [bend.filter, wordedParams(bend)].filter(Boolean).join(' '),
    activation: bend => [`${bend.activation}`, wordedParams(bend),
                         bend.like ? `like ${bend.like}` : ''].filter(Boolean).join(' '),
    paint: ({paint}) => !isMap(paint) ? `painted with ${paint}`
        : paint.mask ? `painted with ${[...new Set(Object.values(paint.colours ?? {}))]
            .filter(name => name !== 'keep').join(', ')}`
        : `painted with ${paint.vector}${paint.grid ? `, grid ${paint.grid}` : ''}`,
    disable: () => 'off',
    noise: ({noise}) => `noise ${noise === false ? 'off' : worded(noise)}`,
    truncation: bend => `truncation ${worded(bend.truncation)}`,
    style: ({style}) => isMap(style) ? `style of ${worded(style)}` : `style of seed ${style}`,
    add: bend => `add ${worded(bend.add)}${bend.times === undefined ? '' : ` times ${worded(bend.times)}`}`,
    set: bend => `set ${worded(bend.set)}`,
    direction: ({direction}) => isMap(direction) ? `along ${direction.name} by ${worded(direction.amount ?? 1)}` : `along ${direction}`,
};

export function whatOf(bend) {
    const kind = kindOf(bend);
    return kind ? whatKinds[kind](bend) : 'nothing';
}

export function whereOf(bend) {
    if (bend.direction !== undefined)
        return bend.direction.layers === undefined ? 'its layers' : `w ${listed(bend.direction.layers).join(', ')}`;
    return bend.w !== undefined ? `w ${listed(bend.w).join(', ')}` : listed(bend.at).join(', ');
}

export function whichOf(bend) {
    const features = bend.features;
    if (features === undefined || features === 'all')
        return 'all maps';
    if (isMap(features) && features.random !== undefined)
        return `${formatNumber(100 * features.random)} % of the maps`;
    if (isMap(features))
        return `cluster ${listed(features.cluster).join(', ')}`;
    return `maps ${listed(features).join(', ')}`;
}

// "rotate angle 30 at synthesis.b32.conv1, 50 % of the maps"
export function describe(bend) {
    const which = ['filter', 'activation'].includes(kindOf(bend)) && bend.features !== undefined
        ? `, ${whichOf(bend)}` : '';
    return `${whatOf(bend)} at ${whereOf(bend)}${which}${isMuted(bend) ? ' (muted)' : ''}`;
}
