// Six bends to begin with, and bends by chance, for any network: layers are chosen by their place between the smallest maps and
// the picture, not by name. Pure functions on the `network` message.

// The last layers of every size of maps that can be bent, from the smallest.
function layersOf(network) {
    const bySide = new Map();
    for (const node of network.nodes)
        if (node.shape.length === 3 && node.shape[0] > 4 && node.takes.includes('filter') && (node.act || node.takes.includes('disable')))
            bySide.set(node.shape[2], node);
    return [...bySide].sort((a, b) => a[0] - b[0]).map(([, node]) => node);
}

// The name of the layer at a share of the way from the smallest maps to the largest.
function at(network, share) {
    const layers = layersOf(network);
    return layers[Math.round(share * (layers.length - 1))]?.name ?? null;
}

// The name of the nearest layer whose activation can be replaced.
function active(network, share) {
    const layers = layersOf(network).filter(node => node.act && node.takes.includes('activation'));
    return layers[Math.round(share * (layers.length - 1))]?.name ?? null;
}

const table = [
    {name: 'Lean', says: 'every map of a middle layer is sheared', share: 0.6, bend: {filter: 'shear', x: 0.5}},
    {name: 'Mirror', says: 'half of the maps of an early layer are reflected', share: 0.2,
     bend: {filter: 'reflect-h', features: {random: 0.5, seed: 2}}},
    {name: 'Outline', says: 'the edges of late maps', share: 0.8, bend: {filter: 'sobel'}},
    {name: 'Dream', says: 'the bright parts of maps grow', share: 0.6, bend: {filter: 'dilate', radius: 2}},
    {name: 'Glow', says: 'maps are sharpened beyond measure', share: 0.6, bend: {filter: 'sharpen', amount: 3}},
    {name: 'Fresco', says: 'a sine in place of the activation function', share: 0.6, bend: {activation: 'sine', frequency: 1.5}},
];

// [{name, says, recipe}] with the inputs of this recipe; those that this network has a layer for.
export function examples(network, recipe) {
    return table.flatMap(({name, says, share, bend}) => {
        const layer = bend.activation ? active(network, share) : at(network, share);
        return layer ? [{name, says, layer, recipe: {inputs: recipe.inputs, bends: [{at: layer, ...bend}]}}] : [];
    });
}

/* ------------------------------------------------------------------------------------------ by chance */

// Filters and activations with ranges in which the picture changes and still is one; `from` and `to` are shares of the way.
const chances = [
    {bend: {filter: 'rotate'}, numbers: {angle: [-45, 45]}, from: 0.2, to: 1},
    {bend: {filter: 'shear'}, numbers: {x: [-0.7, 0.7]}, from: 0.2, to: 1},
    {bend: {filter: 'scale'}, numbers: {factor: [0.5, 1.7]}, from: 0.2, to: 1},
    {bend: {filter: 'translate'}, numbers: {x: [-0.3, 0.3], y: [-0.3, 0.3]}, from: 0.2, to: 1},
    {bend: {filter: 'reflect-h'}, numbers: {}, from: 0, to: 0.8},
    {bend: {filter: 'reflect-v'}, numbers: {}, from: 0, to: 0.5},
    {bend: {filter: 'sobel'}, numbers: {}, from: 0.6, to: 1},
    {bend: {filter: 'sharpen'}, numbers: {amount: [1, 4]}, from: 0.3, to: 1},
    {bend: {filter: 'blur'}, numbers: {sigma: [0.5, 2]}, from: 0.3, to: 1},
    {bend: {filter: 'dilate'}, numbers: {radius: [1, 3]}, integer: true, from: 0.4, to: 1},
    {bend: {filter: 'erode'}, numbers: {radius: [1, 2]}, integer: true, from: 0.4, to: 1},
    {bend: {filter: 'noise'}, numbers: {strength: [0.3, 1.2]}, from: 0.2, to: 0.8},
    {bend: {filter: 'quantise'}, numbers: {step: [0.5, 2]}, from: 0.2, to: 1},
    {bend: {filter: 'multiply'}, numbers: {factor: [0.3, 2.5]}, from: 0, to: 0.8},
    {bend: {activation: 'sinlu'}, numbers: {b: [1, 4]}, from: 0.2, to: 0.8},
    {bend: {activation: 'sine'}, numbers: {frequency: [0.5, 2]}, from: 0.3, to: 0.8},
    {bend: {activation: 'step'}, numbers: {}, from: 0.3, to: 0.8},
];

// A bend {at, …} by chance; `random` returns numbers from 0 to 1 like Math.random. Null if no layer can be bent.
export function bendByChance(network, random = Math.random) {
    const {bend, numbers, integer, from, to} = chances[Math.floor(random() * chances.length)];
    const share = from + random() * (to - from), layer = bend.activation ? active(network, share) : at(network, share);
    if (!layer)
        return null;
    const values = Object.fromEntries(Object.entries(numbers).map(([name, [low, high]]) => {
        const value = low + random() * (high - low);
        return [name, integer ? Math.round(value) : Number(value.toPrecision(2))];
    }));
    const some = !bend.activation && random() < 0.5;
    return {at: layer, ...bend, ...values,
            ...some && {features: {random: Number((0.2 + 0.6 * random()).toFixed(2)), seed: Math.floor(100 * random())}}};
}
