// Pins, and the path between them. A pin is a seed with its class, the edits of z and the styles of all w's. While the path
// plays, the recipe stays unchanged and the picture shows positions between two pins, so bends can be changed meanwhile. The
// position can also be set by a slider, and kept.
import {button, controls, slider} from '../parts/controls.js';
import {clear, el, icon, on} from '../parts/dom.js';
import {live} from '../state/live.js';
import {pulse} from '../state/pulse.js';
import {atPin, goesThroughW, pinOf, placeAt, recipeBetween} from '../state/path.js';
import {inputs, seedOf, zEdits} from '../state/recipe.js';
import {zOf} from './seeds.js';
import {store} from '../state/store.js';

const thumbSide = 72;

const pins = () => store.pins.filter(pin => pin.model === store.state.model);
const paceOf = () => store.ui.pathPace ?? 0.5;
const loops = () => store.ui.pathLoops !== false;
const smooths = () => store.ui.pathSmooth === true;
const legsOf = () => Math.max(0, pins().length - (loops() ? 0 : 1));

/* ------------------------------------------------------------------------------------------ pins */

function thumbnail(bitmap) {
    const canvas = el('canvas', {width: thumbSide, height: thumbSide}), context = canvas.getContext('2d');
    const {width, height} = bitmap, side = Math.min(width, height);
    context.imageSmoothingQuality = 'high';
    context.drawImage(bitmap, (width - side) / 2, (height - side) / 2, side, side, 0, 0, thumbSide, thumbSide);
    return canvas.toDataURL('image/jpeg', 0.85);
}

export function pin() {
    if (!store.frame || store.isLoading)
        return;
    const {moment} = live;
    const entry = {model: store.state.model, ...pinOf(moment, store.network, zEdits(moment)),
                   thumbnail: thumbnail(store.frame.bitmap)};
    store.change(`Pinned seed ${entry.seed}`, draft => { draft.pins.push(entry); });
}

function goTo(entry) {
    leave();
    store.change(`Pinned seed ${entry.seed}`, draft => { draft.recipe = atPin(draft.recipe, store.network, entry); });
}

// Indices in store.pins, which also contains the pins of other models.
const placeOf = entry => store.pins.indexOf(entry);

function unpin(entry) {
    const place = placeOf(entry);
    store.change('Pin removed', draft => { draft.pins.splice(place, 1); });
}

function movePin(entry, target) {
    const from = placeOf(entry), to = placeOf(target);
    if (from >= 0 && to >= 0 && from !== to)
        store.change('Order of pins', draft => { draft.pins.splice(to, 0, ...draft.pins.splice(from, 1)); });
}

/* ------------------------------------------------------------------------------------------ the path */

const way = {on: false, playing: false, position: 0, seed: null, steps: 0};
let watcher = () => {};                 // called when the path starts, ends or advances

// The recipe at the current position; null while the z of one end is being requested.
async function recipeNow() {
    const all = pins(), {network} = store;
    const {from, to, t} = placeAt(way.position, all.length, {pace: 1, loop: loops(), smooth: smooths()});
    const ends = [all[from], all[to]], isShort = goesThroughW(network, ...ends);
    const zs = isShort ? null : await Promise.all(ends.map(end => zOf(network, end.seed)));
    const scale = network.num_ws > 0 ? 1 : inputs(store.recipe).trunc ?? 1;
    return recipeBetween(store.recipe, network, ...ends, t, {zs, scale});
}

async function show() {
    const number = ++way.steps, recipe = await recipeNow().catch(() => null);
    if (way.on && number === way.steps && recipe)
        live.play(recipe, {words: `The path at ${placeNow().toFixed(1)}${way.playing ? '' : ', paused'}`, paused: !way.playing, keep,
                           leave});
}

function enter() {
    if (way.on || pins().length < 2)
        return way.on;
    Object.assign(way, {on: true, seed: seedOf(store.recipe)});
    return true;
}

export function leave() {
    if (!way.on)
        return;
    beat.stop();
    Object.assign(way, {on: false, playing: false});
    if (live.player?.leave === leave)
        live.play(null);
    watcher();
}

// The position on the path, also on the way back.
const placeNow = () => loops() ? way.position : legsOf() - Math.abs(legsOf() - way.position);

// The current position becomes the recipe.
function keep() {
    const recipe = live.moment;
    leave();
    store.change('Position on the path', draft => { draft.recipe = recipe; });
}

const beat = pulse(passed => {
    way.position += Math.min(passed, 500) / 1000 * paceOf();
    const round = loops() ? legsOf() : 2 * legsOf();
    way.position %= round || 1;
    show();
    watcher();
});

export function togglePlaying() {
    if (!enter())
        return;
    way.playing = !way.playing;
    if (way.playing) {
        beat.start();
    } else {
        beat.stop();
        show();
    }
    watcher();
}

function moveTo(position) {
    if (!enter())
        return;
    way.position = position;
    show();
    watcher();
}

store.on('network', leave);
store.on('recipe', () => {
    if (!way.on)
        return;
    if (seedOf(store.recipe) !== way.seed || pins().length < 2)
        leave();
    else if (!way.playing)
        show();
});

/* ------------------------------------------------------------------------------------------ what is seen */

function thumb(entry, index) {
    const hasClass = entry.class !== null && entry.class !== undefined, isDrawn = Object.keys(entry.edits ?? {}).length;
    const said = `Seed ${entry.seed}${hasClass ? `, class ${entry.class}` : ''}${isDrawn ? ', z edited' : ''}`
        + (entry.mix ? `, with ${entry.mix.map(({seed}) => seed).join(', ')}` : '');
    const go = el('button', {type: 'button', class: 'pin', draggable: 'true', 'aria-label': said, data: {index},
                             title: `${said}. Delete removes it, Shift+arrow keys move it`,
                             onclick: () => goTo(entry)},
                  el('img', {src: entry.thumbnail, alt: '', width: 44, height: 44, draggable: 'false'}),
                  el('span', null, entry.seed));
    const off = el('button', {type: 'button', class: 'quiet off', tabindex: -1, 'aria-label': `Remove ${said}`,
                              title: 'Remove', onclick: () => unpin(entry)}, icon('close'));
    return el('li', null, go, off);
}

// The strip of pins, with the Pin button.
export function strip() {
    const take = button({icon: 'pin', label: 'Pin', title: 'Pin this face (K)', run: pin});
    const list = el('ul', {class: 'pins', 'aria-label': 'Pinned faces'});
    const hint = el('p', {class: 'faint small'}, 'Pin two faces or more to play the path between them.');
    const element = el('div', {class: 'pin-strip'}, take, list, hint);
    let shown = null;

    function refresh() {
        const all = pins();
        if (shown !== null && all.length === shown.length && all.every((entry, i) => entry === shown[i]))
            return;
        const focused = list.contains(document.activeElement) ? Number(document.activeElement.dataset.index) : -1;
        const grew = shown !== null && all.length > shown.length;
        shown = all;
        list.hidden = !all.length;
        hint.hidden = all.length > 1;
        clear(list, all.map(thumb));
        if (focused >= 0)
            focusPin(Math.min(focused, all.length - 1));
        if (grew)
            list.lastElementChild.scrollIntoView({block: 'nearest', inline: 'nearest'});
    }
    const focusPin = index => list.querySelectorAll('.pin')[index]?.focus();

    on(list, 'keydown', event => {
        const index = Number(event.target.dataset.index), all = pins(), entry = all[index];
        const turn = {ArrowLeft: -1, ArrowRight: 1}[event.key];
        if (!entry)
            return;
        if (event.key === 'Delete' || event.key === 'Backspace') {
            unpin(entry);
        } else if (turn && event.shiftKey && all[index + turn]) {
            movePin(entry, all[index + turn]);
            focusPin(index + turn);
        } else if (turn) {
            focusPin(index + turn);
        } else {
            return;
        }
        event.preventDefault();
    });

    let dragged = null;
    on(list, 'dragstart', event => { dragged = pins()[Number(event.target.dataset?.index)] ?? null; });
    on(list, 'dragover', event => dragged && event.preventDefault());
    on(list, 'drop', event => {
        const target = pins()[Number(event.target.closest('li')?.querySelector('.pin').dataset.index)];
        event.preventDefault();
        if (dragged && target)
            movePin(dragged, target);
        dragged = null;
    });

    controls.register({}, element, refresh);
    refresh();
    return element;
}

// Playback and the position on the path.
export function path() {
    const play = button({icon: 'play', label: 'Play', quiet: true, run: togglePlaying, pressed: () => way.playing});
    const kept = button({label: 'Keep', title: 'Make this position the recipe', run: keep});
    const off = button({icon: 'close', label: 'Leave the path', quiet: true, title: 'Back to the recipe', run: leave});
    const word = el('h3', null, 'Path');
    const place = slider({
        address: 'path/position', label: 'Position', title: 'On the path: 0 is the first pin, 1 the second',
        low: 0, high: null, get span() { return [0, Math.max(1, legsOf())]; }, value: placeNow, set: moveTo});
    const pace = slider({
        address: 'path/pace', label: 'Speed', title: 'Pins a second', low: 0, high: 10, span: [0, 2], defaultValue: 0.5,
        value: paceOf, set: value => store.setUi('pathPace', value)});
    const element = el('div', {class: 'path'}, el('div', {class: 'row'}, play, word,
        el('span', {class: 'space'}), kept, off,
        button({icon: 'loop', label: 'Loop', quiet: true, title: 'Continue from the last pin to the first, instead of back and forth',
                pressed: loops, run: () => store.setUi('pathLoops', !loops())}),
        button({icon: 'smooth', label: 'Ease at pins', quiet: true, title: 'Slower near each pin',
                pressed: smooths, run: () => store.setUi('pathSmooth', !smooths())})), place, pace);
    let wasPlaying = null, waiting = 0;

    function refresh() {
        element.hidden = pins().length < 2;
        show();
    }

    function show() {
        kept.hidden = off.hidden = !way.on;
        word.hidden = way.on;
        if (wasPlaying !== way.playing) {
            wasPlaying = way.playing;
            play.replaceChildren(icon(way.playing ? 'pause' : 'play'));
            play.title = way.playing ? 'Pause (Space)' : 'Play the path between pins (Space)';
            play.setAttribute('aria-pressed', String(way.playing));
            play.setAttribute('aria-label', way.playing ? 'Pause' : 'Play');
        }
        waiting ||= setTimeout(() => {
            waiting = 0;
            showPlace();
        }, 50);
    }

    // The slider follows the path only a few times a second, to leave time for pictures.
    function showPlace() {
        const range = place.querySelector('input[type=range]'), number = place.querySelector('.number');
        const high = Math.max(1, legsOf()), value = placeNow();
        Object.assign(range, {max: high, value});
        range.style.setProperty('--share', value / high);
        range.setAttribute('aria-valuetext', value.toFixed(2));
        if (document.activeElement !== number)
            number.value = value.toFixed(2);
    }

    watcher = show;
    controls.register({}, element, refresh);
    refresh();
    return element;
}
