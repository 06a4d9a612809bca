// Sends every change of the recipe to be rendered and shows the pictures as they arrive. At most two renders are under way;
// of later changes only the newest state is sent. Pictures without the layers' bends are requested while they are needed for
// a comparison. A trial is a picture of another recipe that is shown for a moment; it is requested when nothing else is, so it
// delays no change and there is one at a time. Every frame on the screen has the recipe that it shows, so that the moment that is
// seen can be kept while something plays.
import {bitmapOf} from '../parts/encoded.js';
import {edits} from './edits.js';
import {store} from './store.js';
import {withoutBends} from './modulators.js';
import {toJson, toYaml} from './yaml.js';
import {wire} from './wire.js';

const maxUnderWay = 2;
const patience = 250;               // ms after which a render without a picture no longer delays others
const counted = 1000;               // ms over which frames per second are counted

let serial = 0, changed = false, over = null, player = null;
let spelt = 0;                      // the render whose recipe was sent as readable YAML
let underWay = new Map();           // serial → {sent: when, pictured: whether a preview has arrived, recipe}
let unbentText = null;              // the recipe of the newest picture without bends
let unbentOwed = false;             // it was requested, and neither came in full nor was refused
let trial = null;                   // {text, words, serial} of the trial that is wanted; serial is 0 until it is requested
const asides = new Map();           // serials that may still be answered → 'unbent' or 'trial'; the others are pictures
const wantsUnbent = new Set(), wantsTimes = new Set();
let decoding = 0;                   // pictures received but not on the screen yet
let shownAt = [];

export const live = {
    // Shows this recipe instead of store.recipe while something plays; null ends it. `by` tells what plays, as long as it does:
    // {words: what is shown, paused, keep(): makes it the recipe, leave(): goes back to the recipe}.
    play(recipe, by = null) {
        const before = player;
        player = null;
        if (before && recipe && before.leave !== by?.leave)
            before.leave();             // one thing plays at a time
        over = recipe;
        player = recipe && by;
        touch();
        store.tell('playing');
    },
    // What is shown goes through shape(recipe), which returns the recipe of this moment; again() asks for another picture.
    // A player that is `fixed` shows its recipes as they are. onSent(run): run(recipe) is called for every picture that is asked for.
    shape(run) { shaper = run; },
    onSent(run) { sentTo = run; },
    again: touch,
    get shown() { return over ?? store.recipe; },
    get playing() { return over !== null; },
    get player() { return player; },
    // The recipe to keep: while something plays that of the picture on the screen, else the newest.
    get moment() {
        if (over === null)
            return isStill() ? store.recipe : store.frame?.recipe ?? store.recipe;
        return player?.paused && isStill() ? over : store.frame?.recipe ?? over;
    },
    // `who` needs pictures without the bends in store.unbent, until called with false.
    compare(who, wanted) {
        wants(wantsUnbent, who, wanted);
        pump();
    },
    // Shows this recipe as store.trial until called with null; store.recipe stays. `words` say what it is.
    tryOut(recipe, words) {
        const text = recipe ? toJson(shaper(recipe)) : null;
        if (text === (trial?.text ?? null))
            return;
        endTrial();
        trial = text && {text, words, serial: 0};
        pump();
    },
    // `who` needs the milliseconds per node with every picture.
    time(who, wanted) {
        wants(wantsTimes, who, wanted);
    },
    refused: null,                  // {message, line, column} if the newest recipe, as spell() writes it, was refused
    spell: toYaml,
    fps: 0,
    latency: 0,                     // ms from sending a change to its picture on the screen
    // Whether something that was requested is not on the screen yet.
    get busy() { return changed || underWay.size > 0 || decoding > 0 || edits.busy; },
};

function wants(set, who, wanted) {
    if (wanted)
        set.add(who);
    else
        set.delete(who);
}

let shaper = recipe => recipe, sentTo = () => {};

const recipeNow = () => player?.fixed ? live.shown : shaper(live.shown);
const isStill = () => recipeNow() === live.shown;
const isReady = () => wire.state === 'open' && store.opened && store.network?.name === store.state.model;

function touch() {
    changed = true;
    pump();
}

// Pictures `aside`, 'unbent' or 'trial', are for this page alone, not for its output windows.
function sendRender(text, recipe, aside = null) {
    underWay.set(++serial, {sent: performance.now(), pictured: false, recipe});
    if (aside)
        asides.set(serial, aside);
    wire.send('render', {serial, recipe: text, quality: store.ui.quality ?? 85,
                         times: wantsTimes.size > 0, aside: aside !== null});
    setTimeout(pump, patience + 1);
    return serial;
}

function pump() {
    if (!isReady())
        return;
    const now = performance.now();
    const holding = [...underWay.values()].filter(({sent, pictured}) => !pictured && now - sent < patience).length;
    if (changed && holding < maxUnderWay) {
        changed = false;
        const recipe = recipeNow();
        sendRender(toJson(recipe), recipe);
        sentTo(recipe);
    } else if (!changed && !underWay.size && wantsUnbent.size) {
        const text = toJson(withoutBends(recipeNow()));
        if (text !== unbentText || unbentOwed) {        // a change may have cancelled it
            unbentOwed = true;
            sendRender(unbentText = text, null, 'unbent');
        }
    }
    if (!changed && !underWay.size && trial && !trial.serial)
        trial.serial = sendRender(trial.text, null, 'trial');
}

// A picture or a refusal also settles the renders before it, because the program skips renders that are not the newest.
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

function endTrial() {
    const shown = store.trial;
    trial = store.trial = null;
    if (!shown)
        return;
    store.tell('frame', 'trial');
    shown.bitmap.close();
}

const isNewer = (a, b) => a.serial > b.serial || (a.serial === b.serial && a.full && !b.full);

async function show(header, payload) {
    const render = underWay.get(header.serial), which = asides.get(header.serial) ?? 'frame', isTrial = which === 'trial';
    for (const each of asides.keys())
        if (each < header.serial)
            asides.delete(each);
    if (header.full)
        settled(header.serial);
    else if (render)
        render.pictured = true;
    if (header.full && which === 'unbent')
        unbentOwed = false;
    pump();
    const {network} = store;
    decoding++;
    const bitmap = await bitmapOf(header, payload).finally(() => {
        decoding--;
        wire.send('shown', {serial: header.serial});
    });
    const before = store[which], isLate = isTrial && header.serial !== trial?.serial;
    if (isLate || network !== store.network || (before && isNewer(before.header, header))) {
        bitmap.close();
        return;
    }
    store[which] = {bitmap, header, recipe: render?.recipe ?? null, ...isTrial && {words: trial.words}};
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
    endTrial();
    touch();
}

wire.on('frame', show);
// An error position in JSON on one line says little, so the newest recipe is sent again as YAML.
wire.on('refused', message => {
    settled(message.serial);
    if (asides.has(message.serial)) {
        unbentOwed &&= asides.get(message.serial) !== 'unbent';
        return pump();
    }
    if (message.serial === serial && !changed && message.serial !== spelt)
        spelt = sendRender(live.spell(recipeNow()), recipeNow());
    else if (message.serial === serial)
        setRefused(message);
    pump();
});
store.on('recipe', touch);
store.on('network', startAgain);
