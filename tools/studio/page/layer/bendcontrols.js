// Controls for the parameters of a filter or activation: sliders, integers, menus. They write through edit(label, write,
// merge), so that a control can change one bend or the activation of many layers.
import {paramOf, setParam} from '../state/bends.js';
import {menu, slider} from '../parts/controls.js';
import {isMap} from '../state/recipe.js';
import {store} from '../state/store.js';

// Slider ranges for parameters with no or wide limits, by "row.parameter" or parameter.
const spans = {
    'scale.x': [0, 3], 'scale.y': [0, 3], 'affine.x': [-16, 16], 'affine.y': [-16, 16], 'resize-crop.x': [0, 1],
    'resize-crop.y': [0, 1], 'scale.factor': [0, 3], 'normalise.mean': [-2, 2], 'normalise.deviation': [0, 3],
    angle: [-180, 180], x: [-1, 1], y: [-1, 1], factor: [-4, 4], amount: [-3, 3], threshold: [-3, 3], low: [-4, 0],
    high: [0, 4], step: [0.01, 2], radius: [0, 10], sigma: [0, 8], zoom: [0.25, 8], seed: [0, 999], strength: [0, 3],
    by: [-64, 64], slope: [-1, 2], alpha: [-2, 4], beta: [0.1, 8], a: [-5, 5], b: [-5, 5], n: [0, 5],
    frequency: [0, 8], amplitude: [-4, 4],
};

// The named parameter of the recipe that a value such as "$angle" refers to, or null.
export const namedBy = value => typeof value === 'string' && /^\$\w/.test(value) ? value.slice(1) : null;

export function numberOf(recipe, value) {
    const name = namedBy(value);
    if (name === null)
        return typeof value === 'number' ? value : Number(value ?? NaN);
    const entry = recipe.parameters?.[name];
    return Number(isMap(entry) ? entry.value : entry);
}

function putNumber(recipe, bend, row, i, value) {
    const name = namedBy(paramOf(bend, row, i));
    if (name === null)
        setParam(bend, row, i, value);
    else if (isMap(recipe.parameters[name]))
        recipe.parameters[name].value = value;
    else
        recipe.parameters[name] = value;
}

// The slider spec of parameter `i`; a pad uses two. about: {row, bend(), edit(label, write(bend, recipe),
// merge), address(name)}.
export function numberSpec(about, i) {
    const {row} = about, {name, summary, low, high, integer, default_value: defaultValue} = row.params[i];
    const span = spans[`${row.name}.${name}`] ?? spans[name];
    const address = about.address(name);
    return {
        address, label: name, title: summary, low, high, integer, span, defaultValue: defaultValue ?? 0,
        value: () => {
            const bend = about.bend();
            return bend && numberOf(store.recipe, paramOf(bend, row, i) ?? defaultValue ?? 0);
        },
        set: value => about.edit(`${row.name} ${name}`, (bend, recipe) =>
            putNumber(recipe, bend, row, i, value), address),
    };
}

export function paramControl(about, i) {
    const {row} = about, {name, summary, choices} = row.params[i];
    if (!choices)
        return slider(numberSpec(about, i));
    return menu({
        label: name, title: summary, choices,
        value: () => {
            const value = about.bend() && paramOf(about.bend(), row, i);
            return typeof value === 'number' ? choices[value] : value;         // a row's default is an index in the list
        },
        set: value => about.edit(`${row.name} ${name}`, bend => setParam(bend, row, i, value)),
    });
}
