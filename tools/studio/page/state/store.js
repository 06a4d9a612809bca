// What the page knows. `state` is what undo reaches and what is kept: the model, its recipe, those of the other models,
// snapshots, pins and the library of vectors. It is never written to but through change():
//
//     store.change('Angle', draft => { draft.recipe.bends[2].angle = 30; }, 'bend/2/angle');
//     store.settle();
//
// where the last argument joins the moves of one drag to one undo step, until settle(). Between together() and settle()
// all moves are one, whatever they move: a pad has two numbers, and a person has ten fingers. Beside it stand the selection
// and `ui`, how the page is arranged: kept, but not undone. Events: 'recipe' (any change of state), 'network',
// 'selection', 'frame', 'ui', 'document' (another one was opened), 'rows'.
import {History} from './history.js';
import {wire} from './wire.js';

const version = 1;
const mostKept = 7 << 20;           // letters of a document; the program takes 8 MiB
const keepAfter = 500;              // ms
const rest = 600;                   // ms after which presses of keys and turns of knobs are another gesture
const aside = () => `ganbend studio ${store.welcome.project}`;     // in the browser, what a leaving page could not send

const listeners = new Map();

// What a model begins with; one that knows classes makes no picture without one.
export function emptyRecipe(name = '') {
    const classes = name && store.welcome?.models.find(model => model.name === name)?.classes;
    return {inputs: classes ? {seeds: 0, class: 0} : {seeds: 0}, bends: []};
}

const emptyState = () => ({model: '', recipe: emptyRecipe(), others: {}, snapshots: [], pins: [], library: []});

let history = new History(emptyState());
let keepTimer = 0, restTimer = 0, gesture = null;
let changedAt = 0, keptAt = 0;      // ms since 1970: of the last change, and of the last that the program has

export const store = {
    get state() { return history.state; },
    get recipe() { return history.state.recipe; },
    get snapshots() { return history.state.snapshots; },
    get pins() { return history.state.pins; },
    get library() { return history.state.library; },
    get done() { return history.done; },
    get undone() { return history.undone; },
    welcome: null,                  // the program's words about itself
    rows: {filters: [], activations: []},
    network: null,                  // of the model at hand
    node: name => store.network?.byName.get(name) ?? null,
    selection: [],                  // names of nodes; the last one is the current
    get current() { return store.node(store.selection.at(-1)); },
    frame: null,                    // {bitmap, header} of the picture shown
    unbent: null,                   // the same without the bends of layers
    ui: {},
    opened: false,                  // a document, old or new, is at hand
    on, tell, change, together, settle, settleSoon, undo, redo, goBack, select, setUi, open, begin, setNetwork, keep, leave,
};

function on(name, listener) {
    if (!listeners.has(name))
        listeners.set(name, new Set());
    listeners.get(name).add(listener);
    return () => listeners.get(name).delete(listener);
}

function tell(name, ...what) {
    for (const listener of [...listeners.get(name) || []])
        listener(...what);
}

/* ------------------------------------------------------------------------------------------ changes */

function change(label, write, merge = null) {
    if (history.change(label, write, merge === null ? null : gesture ?? merge))
        changed();
}

function together(name) {
    gesture = name;
}

function settle() {
    clearTimeout(restTimer);
    gesture = null;
    history.settle();
}

// For what has no end of its own.
function settleSoon() {
    clearTimeout(restTimer);
    restTimer = setTimeout(settle, rest);
}

function undo() {
    const label = history.undo();
    if (label !== null)
        changed();
    return label;
}

function redo() {
    const label = history.redo();
    if (label !== null)
        changed();
    return label;
}

// So many steps, forward where it is negative.
function goBack(steps) {
    for (; steps > 0; steps--)
        history.undo();
    for (; steps < 0; steps++)
        history.redo();
    changed();
}

function changed() {
    tell('recipe');
    keepSoon();
}

/* ------------------------------------------------------------------------------------------ arrangement */

// how: 'only' these, 'add' them, or 'toggle' each of them.
function select(names, how = 'only') {
    const chosen = how === 'only' ? [] : store.selection.filter(name => !names.includes(name));
    const added = how === 'toggle' ? names.filter(name => !store.selection.includes(name)) : names;
    store.selection = [...chosen, ...added];
    tell('selection');
    keepSoon();
}

function setUi(key, value) {
    store.ui = {...store.ui, [key]: value};
    tell('ui', key);
    keepSoon();
}

function setNetwork(network) {
    network.byName = new Map(network.nodes.map((node, index) => [node.name, Object.assign(node, {index})]));
    store.network = network;
    store.selection = store.selection.filter(name => network.byName.has(name));
    store.frame = store.unbent = null;
    tell('network');
    tell('selection');
}

/* ------------------------------------------------------------------------------------------ keeping */

// A document that keep() has written, or null for a new one. What the page set aside when it was left may be newer.
function open(document) {
    const left = setAside();
    const kept = [document, left].filter(each => each?.version === version)
        .reduce((a, b) => (a?.changedAt ?? 0) >= (b.changedAt ?? 0) && a ? a : b, null);
    history = new History({...emptyState(), ...kept?.state}, kept?.history);
    changedAt = keptAt = kept?.changedAt ?? 0;
    store.ui = kept?.ui ?? {};
    store.selection = kept?.selection ?? [];
    store.opened = true;
    if (kept && kept === left)
        keepSoon();
    tell('document');
    tell('ui');
    tell('recipe');
    tell('selection');
}

// A new work, or one whose model is no longer there, takes the model at hand; nothing of this can be undone.
function begin(model) {
    const {state} = history;
    history.state = {...state, model, recipe: state.others[model] ?? emptyRecipe(model),
                     others: state.model ? {...state.others, [state.model]: state.recipe} : state.others};
    changed();
}

// The oldest steps go where all of them are more than the program keeps.
function written() {
    const {state, done, undone} = history;
    const {ui, selection} = store;
    const kept = {version, changedAt, state, ui, selection, history: {undo: done, redo: undone}};
    for (let steps = done.length; ; steps >>= 1) {
        kept.history.undo = steps ? done.slice(-steps) : [];
        const text = JSON.stringify(kept);
        if (text.length <= mostKept || (!steps && !kept.history.redo.length))
            return kept;
        if (!steps)
            kept.history.redo = [];
    }
}

function keepSoon() {
    if (!store.opened)
        return;
    changedAt = Date.now();
    clearTimeout(keepTimer);
    keepTimer = setTimeout(keep, keepAfter);
}

function keep() {
    clearTimeout(keepTimer);
    keepTimer = 0;
    if (!store.opened)
        return;
    const at = changedAt;
    wire.ask('keep', {document: written()}).then(() => {
        keptAt = at;
        tell('kept');
    }, error => tell('kept', error));
}

/* ------------------------------------------------------------------------------------------ leaving */

// A page that is left can not wait until something is sent: what is not kept yet stays in the browser.
function leave() {
    if (!store.opened || keptAt === changedAt)
        return;
    try {
        localStorage.setItem(aside(), JSON.stringify(written()));
    } catch {
        // Larger than browsers allow, or forbidden: then the last half second is lost.
    }
}

function setAside() {
    try {
        const text = localStorage.getItem(aside());
        localStorage.removeItem(aside());
        return JSON.parse(text);
    } catch {
        return null;
    }
}
