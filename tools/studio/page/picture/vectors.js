// The library of vectors picked from layers for painting, as a strip of thumbnails. A vector fits layers with as many channels
// as it has numbers. Vectors of the recipe are in the strip too.
import {button} from '../parts/controls.js';
import {clear, el, on} from '../parts/dom.js';
import {hues, renameVector, vectorsOf} from './paintbend.js';
import {isMap} from '../state/recipe.js';
import {store} from '../state/store.js';

const maxName = 40;

/* ------------------------------------------------------------------------------------------ what there is */

// [{name, values, colour, thumbnail?, node?, seed?}]; those of the recipe have no thumbnail.
export function vectors() {
    const known = new Set(store.library.map(entry => entry.name));
    const own = isMap(store.recipe.vectors) ? Object.entries(store.recipe.vectors) : [];
    return [...store.library, ...own.filter(([name, values]) => !known.has(name) && Array.isArray(values))
        .map(([name, values]) => ({name, values, colour: hueOf(name), isRecipes: true}))];
}

export const vector = name => vectors().find(entry => entry.name === name) ?? null;
export const colourOf = name => vector(name)?.colour ?? hueOf(name);
export const fits = (entry, node) => entry.values.length === node?.shape[0];
export const valuesByName = () => Object.fromEntries(vectors().map(({name, values}) => [name, values]));

// The colour of a recipe's vector: from a mask, else derived from its name.
function hueOf(name) {
    for (const {paint} of store.recipe.bends ?? [])
        for (const [colour, each] of Object.entries(paint?.colours ?? {}))
            if (each === name && /^#[0-9a-f]{6}$/i.test(colour))
                return colour;
    const sum = [...name].reduce((hash, letter) => hash * 31 + letter.codePointAt(0) >>> 0, 7);
    return hues[sum % hues.length];
}

export const shortName = name => name.replace(/^(synthesis|generator|blocks)\./, '');

function freeName(stem) {
    const taken = new Set(vectors().map(entry => entry.name));
    for (let number = 1; ; number++)
        if (!taken.has(`${stem} ${number}`))
            return `${stem} ${number}`;
}

// The hue used by the fewest vectors.
function freeHue() {
    const count = hue => store.library.filter(entry => entry.colour === hue).length;
    return hues.reduce((best, hue) => count(hue) < count(best) ? hue : best);
}

// Six digits suffice for float32 and keep recipes short.
export function keepVector(node, values, thumbnail, seed) {
    const name = freeName(shortName(node.name));
    const entry = {name, node: node.name, seed, colour: freeHue(), thumbnail,
                   values: values.map(value => Number(value.toPrecision(6)))};
    store.change(`Picked ${name}`, draft => { draft.library.push(entry); });
    return name;
}

/* ------------------------------------------------------------------------------------------ the strip */

// spec: {node(): the painted node, chosen(): a name, choose(name)}
export function strip(spec) {
    const list = el('div', {class: 'vectors', role: 'listbox', 'aria-label': 'Vectors to paint with',
                            'aria-orientation': 'horizontal'});
    const name = el('input', {type: 'text', class: 'name', maxlength: maxName, 'aria-label': 'Name of the vector',
                              autocomplete: 'off', spellcheck: 'false'});
    const colour = el('input', {type: 'color', 'aria-label': 'Colour of the vector in masks',
                                title: 'The colour of the vector in masks'});
    const bin = button({icon: 'bin', label: 'Remove from the library', quiet: true, run: remove});
    const about = el('div', {class: 'about'}, name, el('div', {class: 'row'}, colour, bin));
    const hint = el('p', {class: 'faint small hint'}, 'No vectors yet. Choose the pipette and click on the picture '
        + 'to pick the vector of the layer there.');
    const element = el('div', {class: 'vector-strip'}, list, about, hint);

    function thumb(entry) {
        const fit = fits(entry, spec.node());
        const where = entry.isRecipes ? 'from the recipe' : `picked at ${entry.node}, seed ${entry.seed}`;
        return el('div', {
            class: 'vector', role: 'option', tabindex: entry.name === spec.chosen() ? 0 : -1,
            'aria-selected': String(entry.name === spec.chosen()), 'aria-disabled': String(!fit),
            'aria-label': entry.name, data: {name: entry.name},
            title: fit ? `${entry.name}: ${where}` : `${entry.name} has ${entry.values.length} numbers, this layer `
                + `${spec.node()?.shape[0] ?? 'none'} channels`,
        }, entry.thumbnail ? el('img', {src: entry.thumbnail, alt: '', draggable: 'false'}) : el('i', {class: 'blank'}),
        el('span', null, entry.name));
    }

    let shown = '';
    function show() {
        if (element.offsetParent === null)
            return;
        const entries = vectors(), chosen = vector(spec.chosen());
        const users = (store.recipe.bends ?? []).filter(bend => vectorsOf(bend).includes(chosen?.name));
        const key = JSON.stringify([entries.map(entry => [entry.name, entry.colour, fits(entry, spec.node())]),
                                    chosen?.name, users.length]);
        if (key === shown)
            return;
        shown = key;
        const hadFocus = list.contains(document.activeElement);
        clear(list, entries.map(entry => {
            const element = thumb(entry);
            element.style.setProperty('--hue', entry.colour);
            return element;
        }));
        if (hadFocus)
            list.querySelector('[tabindex="0"]')?.focus();
        hint.hidden = entries.length > 0;
        about.hidden = !chosen;
        if (!chosen)
            return;
        if (document.activeElement !== name)
            name.value = chosen.name;
        colour.value = chosen.colour;
        name.disabled = colour.disabled = !!chosen.isRecipes;
        bin.disabled = users.length > 0;
        bin.title = users.length ? `Used at ${users.map(bend => bend.at).join(', ')}: erase it there first`
            : 'Remove from the library';
    }

    function edit(label, write) {
        const {name: which} = vector(spec.chosen()) ?? {};
        const index = store.library.findIndex(entry => entry.name === which);
        if (index >= 0)
            store.change(label, draft => write(draft, index, which), `vector/${which}`);
    }

    function rename() {
        const wanted = name.value.trim();
        if (!wanted || wanted === 'keep' || vector(wanted)) {
            name.value = spec.chosen();
            return;
        }
        edit(`Rename to ${wanted}`, (draft, index, which) => {
            draft.library[index].name = wanted;
            renameVector(draft.recipe, which, wanted);
        });
        store.settle();
        spec.choose(wanted);
    }

    function remove() {
        edit('Remove a vector', (draft, index) => draft.library.splice(index, 1));
        store.settle();
    }

    on(list, 'click', event => {
        const chosen = event.target.closest('.vector');
        if (chosen)
            spec.choose(chosen.dataset.name);
    });
    on(list, 'keydown', event => {
        const step = {ArrowRight: 1, ArrowLeft: -1}[event.key];
        const names = vectors().map(entry => entry.name), at = names.indexOf(event.target.dataset.name);
        if (step && names.length)
            spec.choose(names[(at + step + names.length) % names.length]);
        else if (event.key === 'Delete' && !bin.disabled)
            remove();
        else if (event.key === 'F2')
            name.focus();
        else
            return;
        event.preventDefault();
    });
    on(name, 'change', rename);
    on(name, 'keydown', event => event.key === 'Enter' && name.blur());
    on(colour, 'input', () => edit('Colour', (draft, index) => { draft.library[index].colour = colour.value; }));
    on(colour, 'change', () => store.settle());
    store.on('recipe', show);
    store.on('network', show);
    return {element, show};
}
