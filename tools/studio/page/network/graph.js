// The structure of a network for display: layers with the boundaries inside them, groups of layers, and their descriptions.
// It is derived from the names, shapes and inputs of the nodes, so it works for any architecture. Pure functions on the
// `nodes` of the `network` message.

const maxUnfolded = 120;           // networks with more layers start folded

/* ------------------------------------------------------------------------------------------ layers */

// Operations that only resize something for the sum that they feed.
const fitting = ['upfirdn2d', 'upsample_nearest', 'slice'];

function consumersOf(nodes) {
    const consumers = new Map(nodes.map(node => [node.name, []]));
    for (const node of nodes)
        for (const input of node.inputs)
            consumers.get(input)?.push(node.name);
    return consumers;
}

// "synthesis.b64" for "synthesis.b64.conv1", "blocks.0.0" for "blocks.0.0.bn1.gain": up to the first number that is not the
// end of the name; '' if there is none.
export function blockOf(name) {
    const words = name.split('.');
    const first = words.findIndex((word, i) => /\d/.test(word) && i < words.length - 1);
    if (first < 1)
        return '';
    let end = first + 1;
    while (end < words.length - 1 && /^\d+$/.test(words[end]))
        end++;
    return words.slice(0, end).join('.');
}

// The nearest ancestor of this name that is a node.
function above(name, byName) {
    for (let end = name.lastIndexOf('.'); end > 0; end = name.lastIndexOf('.', end - 1)) {
        const owner = byName.get(name.slice(0, end));
        if (owner)
            return owner;
    }
    return null;
}

// [{name, node, parts: [node…]}] in execution order. A node is a part of another one, as X.conv is of X, if its name says so
// and nothing else uses it; nodes that resize the other branch of a sum are parts of the sum.
export function layersOf(nodes) {
    const byName = new Map(nodes.map(node => [node.name, node]));
    const consumers = consumersOf(nodes);
    const layer = new Map();
    for (const node of [...nodes].reverse()) {
        const takers = new Set(consumers.get(node.name).map(name => layer.get(name)));
        const taker = takers.size === 1 ? byName.get([...takers][0]) : null;
        const owner = above(node.name, byName);
        const isNamed = owner && taker && owner.op !== 'truncate' && layer.get(owner.name) === taker.name;
        const isFitted = taker?.op === 'add' && fitting.includes(node.op) && blockOf(node.name) === blockOf(taker.name);
        layer.set(node.name, isNamed || isFitted ? taker.name : node.name);
    }
    const layers = new Map();
    for (const node of nodes)
        if (layer.get(node.name) === node.name)
            layers.set(node.name, {name: node.name, node, parts: []});
    for (const node of nodes)
        if (layer.get(node.name) !== node.name)
            layers.get(layer.get(node.name)).parts.push(node);
    return [...layers.values()];
}

/* ------------------------------------------------------------------------------------------ groups */

const side = layer => layer.node.shape.length === 3 ? layer.node.shape[2] : 0;

function titleOf(key, layers, isMapping) {
    const largest = Math.max(...layers.map(side));
    const whole = layers.findLast(layer => side(layer) === largest && layer.node.shape[0] > 3) ?? layers.at(-1);
    const maps = whole.node.shape[0];
    const size = largest ? `${largest} × ${largest}` : '';
    const words = key.split('.');
    if (key === 'before')
        return {title: isMapping ? 'Mapping' : 'Class and z', size: ''};
    if (key === 'w')
        return {title: 'w of each layer', size: ''};
    if (key === 'after')
        return {title: 'Picture', size};
    const isAttention = layers.some(layer => layer.node.op === 'softmax');
    const title = words[0] === 'synthesis' ? size
        : `${isAttention ? 'Attention' : 'Block'} ${/[\d.]+$/.exec(key)[0].replace(/^\.|\.0$/g, '')}`;
    return {title, size: words[0] === 'synthesis' ? `${maps} maps` : `${size}, ${maps} maps`};
}

// [{key, title, size, layers}]: the layers before the blocks, the w's, each block, and the layers after.
export function groupsOf(nodes) {
    const layers = layersOf(nodes);
    const ownerOf = new Map(layers.flatMap(layer => [layer, ...layer.parts].map(part => [part.name, layer])));
    const takers = new Map(layers.map(layer => [layer, new Set()]));
    for (const layer of layers)
        for (const node of [layer.node, ...layer.parts])
            for (const input of node.inputs)
                if (ownerOf.get(input) !== layer)
                    takers.get(ownerOf.get(input))?.add(layer);
    const keys = new Map();
    let seen = false;
    for (const layer of layers) {
        const block = blockOf(layer.name);
        seen ||= block !== '';
        keys.set(layer, block || (layer.node.op === 'select' ? 'w' : seen ? 'after' : 'before'));
    }
    // A condition used by only one block belongs to that block.
    for (const layer of [...layers].reverse()) {
        const blocks = new Set([...takers.get(layer)].map(taker => keys.get(taker)));
        if (/^\D+\.\d+$/.test(layer.name) && layer.node.op !== 'select' && !blockOf(layer.name) && blocks.size === 1
            && layer.node.shape.length === 1)
            keys.set(layer, [...blocks][0]);
    }
    const groups = new Map();
    for (const layer of layers) {
        const key = keys.get(layer);
        if (!groups.has(key))
            groups.set(key, {key, layers: []});
        groups.get(key).layers.push(layer);
    }
    const order = [...groups.values()].sort((a, b) => (a.key === 'after') - (b.key === 'after'));
    const isMapping = nodes.some(node => node.op === 'truncate');
    return order.map(group => ({...group, ...titleOf(group.key, group.layers, isMapping)}));
}

// Networks with many layers start with their blocks folded.
export const foldsAtFirst = groups => groups.reduce((sum, group) => sum + group.layers.length, 0) > maxUnfolded;
export const isFolded = (groups, group, folded) =>
    folded[group.key] ?? (foldsAtFirst(groups) && !['before', 'w', 'after'].includes(group.key));

// The layers that are selected with a group: those with maps and a nonlinearity, or all if there are none.
export function mainLayers(group) {
    const bendable = group.layers.filter(({node}) => node.act && node.act.name !== 'linear' && node.shape.length === 3);
    return bendable.length ? bendable : group.layers;
}

/* ------------------------------------------------------------------------------------------ words */

const shortWords = {upsample: 'up', normalize: 'norm', sum: '+', shortcut: 'skip', mapping: 'w', embeddings: 'embed',
                    condition: 'cond', output_layer: 'out'};

// The short name inside its group: "conv1", "fc3", "skip up".
export function shortName(name) {
    const w = /^synthesis\.w(\d+)$/.exec(name);
    if (w)
        return w[1];
    const block = blockOf(name);
    const words = (block ? name.slice(block.length + 1) : name.replace(/^(mapping|generator)\./, ''))
        .replace('snconv1x1_', '').split('.');
    return words.map(word => shortWords[word] ?? word).join(' ');
}

// The name of a part inside its layer: "affine" for "synthesis.b64.conv1.affine".
export const partName = (part, layer) => part.name.startsWith(`${layer.name}.`)
    ? part.name.slice(layer.name.length + 1) : shortName(part.name);

const operations = {
    input: 'an input', pixel_norm: 'normalised to length 1', linear: 'a matrix product', select: 'one of several vectors',
    truncate: 'w for every layer, truncated', constant: 'a learned constant', modulated_conv2d: 'a convolution',
    noise: 'noise added', upfirdn2d: 'enlarged and filtered', upsample_nearest: 'enlarged by nearest neighbour',
    add: 'a sum', slice: 'a part of the input', concat: 'concatenation', reshape: 'a vector reshaped to maps',
    batch_norm: 'normalised, scaled and shifted by the class', max_pool: 'the largest of 2 × 2',
    scores: 'queries times keys',
    softmax: 'weights that sum to 1', mix: 'a weighted sum of values', callback: 'a callback',
};

// The description of a node: "Convolution at 64 × 64, then noise, bias and lrelu".
export function inWords(node, parts = []) {
    const has = op => parts.some(part => part.op === op);
    if (/\.w\d+$/.test(node.name) && node.op === 'select')
        return 'The w of one layer';
    if (/\.img$/.test(node.name) || (/\.img$/.test(node.alias ?? '') && node.shape[0] === 3))
        return 'The running picture at this size';
    if (node.op === 'bias_act') {
        const before = has('modulated_conv2d') ? 'Convolution' : has('linear') ? 'Fully connected layer' : '';
        const then = [has('noise') && 'noise', (node.parameters > 0 || before) && 'bias',
                      node.act && node.act.name !== 'linear' && node.act.name].filter(Boolean);
        const styled = parts.some(part => /affine/.test(part.name)) ? ', its weights styled by w' : '';
        const list = then.length > 1 ? `${then.slice(0, -1).join(', ')} and ${then.at(-1)}` : then[0] ?? '';
        return before ? `${before}${styled}${list ? `, then ${list}` : ''}`
            : list ? `${list[0].toUpperCase()}${list.slice(1)} of the input` : 'The input, scaled';
    }
    const says = operations[node.op] ?? node.op;
    return says[0].toUpperCase() + says.slice(1);
}

export const shapeText = node => node.shape.join(' × ');
