// Addresses of all numbers in the recipe, which MIDI and OSC can change even if the page shows no control for them:
//     seed, trunc, cutoff            inputs
//     bend/synthesis.b32.conv1/rotate/angle      a number of the bend with this place and name (bends.js): a parameter of a
//                                    filter or activation, its mix, the share and seed of random maps, the factor of a noise,
//                                    a truncation, the share of a style
//     bend/2/angle                   the same by the index of the bend
//     noise/synthesis.b64.conv1/factor      the noise of a layer, with or without a bend
//     direction/pc1                  the amount of a direction of the open bank
//     z/13                           the number added to a value of z
//     param/smile                    a named parameter of the recipe
//     snapshot/3, snapshot/take, undo, redo      actions, run when the value rises above 0.5
//     output/black                   other numbers, which their modules add
import {bankFile} from '../latent/bank.js';
import {amountOf, putAmount} from '../latent/directionbends.js';
import {noiseAt, putNoise} from '../latent/noisemap.js';
import {bendAddress, bendWithKey} from '../state/bends.js';
import {describe, inputs, isMap, kindOf, seedOf, setInput, whereOf, zEdits} from '../state/recipe.js';
import {store} from '../state/store.js';
import {putEdits} from '../latent/zshape.js';
import {controls} from './controls.js';

const actions = new Map();

// An address of an action: run() is called when its value rises above 0.5. isListed() tells whether it can do anything now, light()
// how bright its pad on a controller is, 0 to 1.
export function addAction(address, label, run, {isListed = () => true, light = null} = {}) {
    actions.set(address, {address, label, isListed, light, low: 0, high: 1, isAction: true, last: 0, value() { return this.last; },
                          set(value) {
                              const isPressed = value > 0.5 && this.last <= 0.5;
                              this.last = value;
                              if (isPressed)
                                  run();
                          }});
}

const numbers = new Map();

// An address of a number that is not in the recipe: {label, low, high, span, integer, defaultValue, value(), set(value)}.
// isListed() as above.
export function addNumber(address, spec, isListed = () => true) {
    numbers.set(address, {address, isListed, ...spec});
}

/* ------------------------------------------------------------------------------------------ inputs */

const truncation = () => store.network?.truncation ?? {low: 0, high: 1};

const input = {
    seed: () => ({label: 'Seed', low: 0, high: 2 ** 32 - 1, span: [0, 999], integer: true, defaultValue: 0,
                  value: () => seedOf(store.recipe), write: (recipe, value) => setInput(recipe, 'seeds', value)}),
    trunc: () => ({label: 'Truncation', span: [truncation().low ?? 0, truncation().high ?? 1], defaultValue: 1,
                   value: () => Number(inputs(store.recipe).trunc ?? 1),
                   write: (recipe, value) => setInput(recipe, 'trunc', value)}),
    cutoff: () => !store.network?.num_ws ? null
        : {label: 'Truncated layers', low: 0, high: store.network.num_ws, integer: true,
           defaultValue: store.network.num_ws,
           value: () => Number(inputs(store.recipe).cutoff ?? store.network.num_ws),
           write: (recipe, value) => setInput(recipe, 'cutoff', value)},
};

/* ------------------------------------------------------------------------------------------ bends */

const rowOf = bend => store.rows[`${kindOf(bend)}s`]
    ?.find(row => row.name === bend[kindOf(bend)] || row.alias === bend[kindOf(bend)]);

// Numbers that are not parameters of a table row: {get, put, defaultValue, span}.
const others = {
    noise: {
        factor: {span: [0, 4], defaultValue: 1, get: ({noise}) => isMap(noise) ? noise.factor ?? 1
            : typeof noise === 'number' ? noise : 0,
                 put: (bend, value) => { bend.noise = isMap(bend.noise) ? {...bend.noise, factor: value} : value; }},
    },
    truncation: {
        truncation: {span: [0, 1], defaultValue: 1, get: bend => bend.truncation,
                     put: (bend, value) => { bend.truncation = value; }},
    },
    style: {
        share: {span: [0, 1], defaultValue: 1, get: ({style}) => style.share ?? 1,
                put: (bend, value) => { bend.style = {...isMap(bend.style) ? bend.style : {seed: bend.style},
                                                      share: value}; }},
    },
    direction: {
        amount: {span: [-3, 3], defaultValue: 0, get: ({direction}) => isMap(direction) ? direction.amount ?? 1 : 1,
                 put: (bend, value) => { bend.direction = {...isMap(bend.direction) ? bend.direction
                     : {name: bend.direction}, amount: value}; }},
    },
    add: {
        times: {span: [-2, 2], defaultValue: 1, get: bend => bend.times ?? 1,
                put: (bend, value) => { bend.times = value; }},
    },
};

// The share and seed of random features.
const random = {
    share: {low: 0, high: 1, defaultValue: 0.5, get: ({features}) => features.random,
            put: (bend, value) => { bend.features = {...bend.features, random: value}; }},
    draw: {low: 0, high: 2 ** 31 - 1, span: [0, 99], integer: true, defaultValue: 0, get: ({features}) => features.seed ?? 0,
           put: (bend, value) => { bend.features = {...bend.features, seed: value}; }},
};
const isRandom = ({features}) => isMap(features) && features.random !== undefined;

// The names of the numbers of a bend.
function numbersOf(bend) {
    return [...ownNumbersOf(bend), ...isRandom(bend) ? Object.keys(random) : []];
}

function ownNumbersOf(bend) {
    const row = rowOf(bend);
    if (!row)
        return Object.keys(others[kindOf(bend)] ?? {});
    return row.params.map(({name}) => name).filter((name, i) =>
        !row.params[i].choices && (row.params[i].default_value !== null || bend[name] !== undefined));
}

// In `params: [1, 2]` the first parameters are given by position.
function rowNumber(param, place) {
    return {
        low: param.low, high: param.high, integer: param.integer, defaultValue: param.default_value ?? 0,
        get: bend => (place < (bend.params?.length ?? 0) ? bend.params[place] : bend[param.name]) ?? param.default_value,
        put(bend, value) {
            if (place < (bend.params?.length ?? 0))
                bend.params = bend.params.with(place, value);
            else
                bend[param.name] = value;
        },
    };
}

function bendNumber(index, name) {
    const bend = store.recipe.bends?.[index];
    if (!bend)
        return null;
    const row = rowOf(bend);
    const place = row ? row.params.findIndex(param => param.name === name) : -1;
    const number = place >= 0 && !row.params[place].choices ? rowNumber(row.params[place], place)
        : others[kindOf(bend)]?.[name] ?? (isRandom(bend) ? random[name] : undefined);
    // A named parameter of the recipe controls it; writing a number here would cut that link.
    if (!number || typeof number.get(bend) !== 'number')
        return null;
    return {...number, label: `${describe(bend)}: ${name}`, value: () => number.get(store.recipe.bends[index]),
            write: (recipe, value) => number.put(recipe.bends[index], value)};
}

function noiseFactor(layer) {
    const node = store.node(layer);
    if (!node?.takes?.includes('noise'))
        return null;
    return {label: `Noise of ${layer}`, span: [0, 4], defaultValue: 1, value: () => noiseAt(store.recipe, node).factor,
            write: (recipe, value) => putNoise(recipe, node, value, noiseAt(recipe, node).seed, store.streaming)};
}

function directionAmount(name) {
    const file = bankFile();
    const now = file && amountOf(store.recipe, file, name);
    // A named parameter of the recipe controls it.
    if (typeof now !== 'number')
        return null;
    return {label: `Direction ${name}`, span: [-3, 3], defaultValue: 0, value: () => amountOf(store.recipe, file, name),
            write: (recipe, value) => putAmount(recipe, file, name, value, store.streaming)};
}

function zValue(index) {
    if (!(index < (store.network?.z_dim ?? 0)))
        return null;
    return {label: `z ${index}`, span: [-3, 3], defaultValue: 0, value: () => zEdits(store.recipe)[index] ?? 0,
            write(recipe, value) {
                const edits = {...zEdits(recipe), [index]: value};
                if (!value && !store.streaming)
                    delete edits[index];
                putEdits(recipe, edits);
            }};
}

function parameter(name) {
    const entry = store.recipe.parameters?.[name];
    if (entry === undefined)
        return null;
    const value = () => {
        const now = store.recipe.parameters[name];
        return isMap(now) ? now.value : now;
    };
    return {label: entry.summary ?? name, low: entry.low, high: entry.high, defaultValue: value(), value,
            write(recipe, to) {
                if (isMap(recipe.parameters[name]))
                    recipe.parameters[name].value = to;
                else
                    recipe.parameters[name] = to;
            }};
}

/* ------------------------------------------------------------------------------------------ all of them */

function found(address) {
    const [kind, first, ...rest] = address.split('/');
    const last = rest.at(-1);
    if (kind === 'bend' && rest.length > 1)
        return bendNumber(bendWithKey(store.recipe, [first, ...rest.slice(0, -1)].join('/')), last);
    if (kind === 'direction' && first)
        return directionAmount(first);
    if (kind === 'noise' && last === 'factor')
        return noiseFactor(first);
    if (kind === 'z' && /^\d+$/.test(first ?? ''))
        return zValue(Number(first));
    if (kind === 'param' && first)
        return parameter(first);
    return first === undefined && Object.hasOwn(input, kind) ? input[kind]() : null;
}

// The spec of an address, in the form that controls.js uses, or null.
export function resolve(address) {
    if (actions.has(address))
        return actions.get(address);
    if (numbers.has(address))
        return numbers.get(address);
    const [, index, name] = /^bend\/(\d+)\/([^/]+)$/.exec(address) ?? [];
    if (name)                               // as the page's own control of that number, if it has one
        return controls.find(bendAddress(store.recipe, Number(index), name));
    const number = found(address);
    return number && {...number, address, set: value => store.change(number.label, draft =>
        number.write(draft.recipe, number.integer ? Math.round(value) : value), address)};
}

// [{address, label}] of the current recipe; z only where it is used.
export function addresses() {
    const bends = (store.recipe.bends ?? []).flatMap((bend, index) => kindOf(bend)
        ? numbersOf(bend).map(name => ({address: bendAddress(store.recipe, index, name), label: `${whereOf(bend)}: ${name}`})) : []);
    return [
        ...Object.keys(input).filter(name => input[name]()).map(address => ({address, label: input[address]().label})),
        ...bends,
        ...Object.keys(zEdits(store.recipe)).map(index => ({address: `z/${index}`, label: `z ${index}`})),
        ...Object.keys(store.recipe.parameters ?? {}).map(name => ({address: `param/${name}`, label: name})),
        ...[...numbers.values(), ...actions.values()].filter(each => each.isListed()).map(({address, label}) => ({address, label})),
    ];
}
