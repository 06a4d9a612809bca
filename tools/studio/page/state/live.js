// Every change of the recipe is sent to be rendered, and pictures come back as they are ready. At most two renders are
// under way; what changes meanwhile waits, and only its newest state is sent. Pictures without the layers' bends are
// asked for while somebody wants to compare.
import {edits} from './edits.js';
import {store} from './store.js';
import {unbent} from './recipe.js';
import {toJson, toYaml} from './yaml.js';
import {wire} from './wire.js';

const mostUnderWay = 2;
const patience = 250;               // ms after which a render without any picture holds back no other
const counted = 1000;               // ms over which frames per second are counted

let serial = 0, changed = false, over = null;
let spelt = 0;                      // the render whose recipe was sent as a person reads it
let underWay = new Map();           // serial → {sent, pictured}: at what time, and whether a preview has come
let unbentText = null;              // what the newest picture without bends was asked for
let unbentSerial = 0;
const wantsUnbent = new Set(), wantsTimes = new Set();
let decoding = 0;                   // pictures that are here but not on the screen
let shownAt = [];

export const live = {
    // In place of store.recipe while something plays: a recipe, or null for the store's again.
    play(recipe) {
        over = recipe;
        touch();
    },
    get playing() { return over !== null; },
    // `who` wants pictures without the bends in store.unbent, until it does not.
    compare(who, wanted) {
        wants(wantsUnbent, who, wanted);
        pump();
    },
    // `who` wants milliseconds per node with every picture.
    time(who, wanted) {
        wants(wantsTimes, who, wanted);
    },
    refused: null,                  // {message, line, column} of the newest recipe as spell() writes it, or null
    spell: toYaml,
    fps: 0,
    latency: 0,                     // ms from sending a change to its picture on the screen
    get busy() { return changed || underWay.size > 0 || decoding > 0 || edits.busy; },    // until what was asked for is on the screen
};

function wants(set, who, wanted) {
    if (wanted)
        set.add(who);
    else
        set.delete(who);
}

const recipeNow = () => over ?? store.recipe;
const isReady = () => wire.state === 'open' && store.opened && store.network?.name === store.state.model;

function touch() {
    changed = true;
    pump();
}

function sendRender(text) {
    underWay.set(++serial, {sent: performance.now(), pictured: false});
    wire.send('render', {serial, recipe: text, quality: store.ui.quality ?? 85,
                         times: wantsTimes.size > 0});
    setTimeout(pump, patience + 1);
    return serial;
}

function pump() {
    if (!isReady())
        return;
    const now = performance.now();
    const holding = [...underWay.values()].filter(({sent, pictured}) => !pictured && now - sent < patience).length;
    if (changed && holding < mostUnderWay) {
        changed = false;
        sendRender(toJson(recipeNow()));
    } else if (!changed && !underWay.size && wantsUnbent.size) {
        const text = toJson(unbent(recipeNow()));
        if (text !== unbentText)
            unbentSerial = sendRender(unbentText = text);
    }
}

// A picture or a refusal also ends the renders before it: the program leaves out what is no longer the newest.
function settled(number) {
    for (const sent of underWay.keys())
        if (sent <= number)
            underWay.delete(sent);
}

function count(sent) {
    const now = performance.now();
    shownAt = [...shownAt.filter(at => now - at < counted), now];
    live.fps = shownAt.length;
    if (sent !== undefined)
        live.latency = now - sent;
}

const isNewer = (a, b) => a.serial > b.serial || (a.serial === b.serial && a.full && !b.full);

async function show(header, payload) {
    const render = underWay.get(header.serial);
    if (header.full)
        settled(header.serial);
    else if (render)
        render.pictured = true;
    pump();
    const blob = new Blob([payload], {type: 'image/jpeg'});
    decoding++;
    const bitmap = await createImageBitmap(blob).finally(() => {
        decoding--;
        wire.send('shown', {serial: header.serial});
    });
    const which = header.serial === unbentSerial ? 'unbent' : 'frame';
    const before = store[which];
    if (before && isNewer(before.header, header)) {
        bitmap.close();
        return;
    }
    store[which] = {bitmap, header};
    if (which === 'frame')
        setRefused(null);
    count(render?.sent);
    store.tell('frame', which);
    before?.bitmap.close();
}

function setRefused(refused) {
    if (live.refused === refused)
        return;
    live.refused = refused;
    store.tell('refused');
}

function startAgain() {
    underWay = new Map();
    unbentText = null;
    touch();
}

wire.on('frame', show);
// JSON on one line says little of where something is wrong, so the newest one is asked for again as it is read.
wire.on('refused', message => {
    settled(message.serial);
    if (message.serial === serial && !changed && message.serial !== spelt)
        spelt = sendRender(live.spell(recipeNow()));
    else if (message.serial === serial)
        setRefused(message);
    pump();
});
store.on('recipe', touch);
store.on('network', startAgain);
