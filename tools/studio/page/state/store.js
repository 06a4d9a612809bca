// The state of the page. `state` is subject to undo and is kept by the program: the model, its recipe, the recipes of other
// models, snapshots, pins and the library of vectors. It is written only through change():
//
//     store.change('Angle', draft => { draft.recipe.bends[2].angle = 30; }, 'bend/2/angle');
//     store.settle();
//
// where the last argument merges the changes of one drag into one undo step, until settle(). Between together() and settle()
// all changes are one step, whatever they change: a pad changes two numbers. Changes made within stream() are no steps: they come
// from controllers, modulators and playback, and neither undo nor redo knows of them. The selection and `ui`, the arrangement of
// the page, are kept but not subject to undo. Everything is kept after a short rest, and at the latest 2 s after a change, however
// many follow. Events: 'recipe' (any change of state), 'network', 'selection', 'frame', 'ui', 'document' (another one was
// opened), 'rows'.
import {History} from './history.js';
import {wire} from './wire.js';

const version = 1;
const maxKept = 7 << 20;           // bytes of a document; the program accepts 8 MiB
const bytesOf = text => new TextEncoder().encode(text).length;
const keepAfter = 500, keepWithin = 1500;       // ms of rest; ms after the first change that is not kept
const rest = 600;                   // ms of rest after which key presses and turns of knobs are another step
const aside = () => `ganbend studio ${store.welcome.project}`;     // localStorage key for what a closing page could not send

const listeners = new Map();

// The initial recipe of a model. A model with classes needs one.
export function emptyRecipe(name = '') {
    const classes = name && store.welcome?.models.find(model => model.name === name)?.classes;
    return {inputs: classes ? {seeds: 0, class: 0} : {seeds: 0}, bends: []};
}

const emptyState = () => ({model: '', recipe: emptyRecipe(), others: {}, snapshots: [], scenes: [], pins: [], library: []});

let history = new History(emptyState());
let keepTimer = 0, keepBy = 0, keeping = false, restTimer = 0, gesture = null, streaming = false;
let changedAt = 0, keptAt = 0;      // ms since 1970: the last change, and the last that the program has kept

export const store = {
    get state() { return history.state; },
    get recipe() { return history.state.recipe; },
    get snapshots() { return history.state.snapshots; },
    get scenes() { return history.state.scenes; },
    get pins() { return history.state.pins; },
    get library() { return history.state.library; },
    get done() { return history.done; },
    get undone() { return history.undone; },
    welcome: null,                  // the `welcome` message
    rows: {filters: [], activations: []},
    network: null,                  // of the current model
    get isLoading() { return store.network?.name !== history.state.model; },       // the model's network has not arrived
    node: name => store.network?.byName.get(name) ?? null,
    selection: [],                  // names of nodes; the last one is the current one
    get current() { return store.node(store.selection.at(-1)); },
    frame: null,                    // {bitmap, header, recipe} of the picture on the screen
    unbent: null,                   // the same without the bends of layers
    trial: null,                    // of another recipe, while that is tried out
    sketch: null,                   // {bitmap, words}: the picture so far while a photo is looked for
    ui: {},
    opened: false,                  // a document, old or new, is loaded
    portrait: () => null,           // a small picture of the work as base64 to be kept with it, if there is a new one
    get streaming() { return streaming; },      // within stream(): what becomes neutral is not removed from the recipe
    on, tell, change, stream, together, settle, settleSoon, undo, redo, goBack, select, setUi, open, begin, isForeign, setNetwork, keep, leave,
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
    if (streaming ? history.changeBeside(label, write) : history.change(label, write, merge === null ? null : gesture ?? merge))
        changed();
}

function stream(run) {
    const before = streaming;
    streaming = true;
    try {
        return run();
    } finally {
        streaming = before;
    }
}

function together(name) {
    gesture = name;
}

function settle() {
    clearTimeout(restTimer);
    gesture = null;
    history.settle();
}

// For input without a defined end.
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

// Goes back this many steps; forward if negative.
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

// Whether another version of the page has kept the document, which this one must not replace.
function isForeign(document) {
    return document !== null && document.version !== version;
}

// Opens a document written by keep(), or a new one if null. The copy in localStorage from closing the page may be newer.
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

// A new project, or one whose model no longer exists, takes the current model. This cannot be undone.
function begin(model) {
    const {state} = history;
    history.state = {...state, model, recipe: state.others[model] ?? emptyRecipe(model),
                     others: state.model ? {...state.others, [state.model]: state.recipe} : state.others};
    changed();
}

// Drops the oldest steps if the document would be too large for the program.
function written() {
    const {state, done, undone} = history;
    const {ui, selection} = store;
    const kept = {version, changedAt, state, ui, selection, history: {undo: done, redo: undone}};
    for (let steps = done.length; ; steps >>= 1) {
        kept.history.undo = steps ? done.slice(-steps) : [];
        if (bytesOf(JSON.stringify(kept)) <= maxKept || (!steps && !kept.history.redo.length))
            return kept;
        if (!steps)
            kept.history.redo = [];
    }
}

function keepSoon() {
    if (!store.opened)
        return;
    const now = Date.now();
    changedAt = Math.max(now, changedAt + 1);
    keepBy ||= now + keepWithin;
    clearTimeout(keepTimer);
    if (now >= keepBy && !keeping)
        keep();                     // timers of a hidden tab are slow; changes are not
    else
        keepTimer = setTimeout(keep, Math.max(0, Math.min(keepAfter, keepBy - now)));
}

// One document is under way at a time; what changes meanwhile follows when it has arrived.
function keep() {
    clearTimeout(keepTimer);
    if (!store.opened || keeping)
        return;
    const at = changedAt;
    keepBy = 0;
    keeping = true;
    const picture = store.portrait();
    wire.ask('keep', {document: written(), ...picture && {picture}}).then(() => {
        keptAt = at;
        tell('kept');
    }, error => tell('kept', error)).finally(() => {
        keeping = false;
        if (keepBy && Date.now() >= keepBy)
            keep();
    });
}

/* ------------------------------------------------------------------------------------------ leaving */

// A page that is closing cannot wait until something is sent, so state that is not kept yet goes to localStorage.
function leave() {
    if (!store.opened || keptAt === changedAt)
        return;
    try {
        localStorage.setItem(aside(), JSON.stringify(written()));
    } catch {
        // Too large or forbidden: the last half second is lost.
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
