// Films between snapshots, scenes or pins, interpolated by blend.js, or of a recorded performance: played as live pictures, or
// rendered frame by frame to PNGs in a folder or a ZIP or, if the program has ffmpeg, to MP4 or WebM.
import {addAction} from '../parts/addresses.js';
import {blend} from '../state/blend.js';
import {button, controls, menu, slider, toggle} from '../parts/controls.js';
import {announce} from '../parts/dialog.js';
import {clear, el, icon} from '../parts/dom.js';
import {atPin} from '../state/path.js';
import {download} from './downloads.js';
import {keys} from '../parts/keys.js';
import {live} from '../state/live.js';
import {atMoment} from '../state/modulators.js';
import {performing} from '../show/performing.js';
import {pulse} from '../state/pulse.js';
import {seedOf} from '../state/recipe.js';
import {store} from '../state/store.js';
import {isInBrowser} from '../state/transport.js';
import {wire} from '../state/wire.js';
import {toJson} from '../state/yaml.js';

const defaults = {from: 'snapshots', seconds: 2, fps: 25, ease: 'smooth', loop: true, fade: 1, format: isInBrowser ? 'zip' : 'png', size: 'own'};
const eases = {even: t => t, smooth: t => t * t * (3 - 2 * t)};

const settings = () => ({...defaults, ...store.ui.film});
const setting = (key, value) => store.setUi('film', {...store.ui.film, [key]: value});

/* ------------------------------------------------------------------------------------------ the way */

// {model, recipe} of what a film goes between.
const sources = {
    snapshots: () => store.snapshots,
    scenes: () => [...store.scenes].sort((a, b) => a.bank - b.bank || a.pad - b.pad),
    path: () => store.pins.map(pin => ({model: pin.model, recipe: pin.model === store.state.model && store.network
        ? atPin(store.recipe, store.network, pin) : null})),
};
const isRecording = () => settings().from === 'recording';
const stops = () => isRecording() ? [] : sources[settings().from]().filter(({model}) => model === store.state.model);
const legsOf = count => count < 2 ? 0 : settings().loop ? count : count - 1;
const isAble = () => isRecording() ? performing.fits && performing.kept.length > 0 : legsOf(stops().length) > 0;
const lengthOf = () => !isRecording() ? legsOf(stops().length) * settings().seconds : isAble() ? recorded().length : 0;

// {length, at(seconds)} of the recording, as a loop or not.
let tape = {};
function recorded() {
    const {loop, fade} = settings(), {kept} = performing;
    if (tape.kept !== kept || tape.loop !== loop || tape.fade !== fade)
        tape = {kept, loop, fade, way: performing.way(loop, fade)};
    return tape.way;
}

const zOfSeed = new Map();          // "model/seed" → z, for interpolation in z

async function learnSeeds() {
    if (store.network.num_ws > 0)
        return;
    for (const {recipe} of stops()) {
        const seed = seedOf(recipe), key = `${store.state.model}/${seed}`;
        if (!zOfSeed.has(key))
            zOfSeed.set(key, (await wire.ask('z', {seed})).z);
    }
}

// The recipe at this time in seconds.
function recipeAt(seconds) {
    if (isRecording())
        return recorded().at(seconds);
    const all = stops();
    const {loop, ease} = settings();
    const legs = legsOf(all.length);
    const at = Math.min(Math.max(0, seconds / settings().seconds), legs);
    const leg = Math.min(Math.floor(at), legs - 1);
    const from = all[leg].recipe, to = all[loop ? (leg + 1) % all.length : leg + 1].recipe;
    const zs = [from, to].map(recipe => zOfSeed.get(`${store.state.model}/${seedOf(recipe)}`));
    return blend(from, to, eases[ease](at - leg),
                 {network: store.network, rows: store.rows, zs: zs.every(Boolean) ? zs : null});
}

/* ------------------------------------------------------------------------------------------ playing */

let position = 0, playing = false;

const beat = pulse(passed => {
    if (!isAble())
        return stop();
    position += passed / 1000;
    const length = lengthOf();
    if (position >= length) {
        position = settings().loop ? position % length : length;
        playing = settings().loop;
    }
    if (!playing)
        beat.stop();
    show();
});

function show() {
    live.play(recipeAt(position), {words: `The film at ${position.toFixed(1)} s${playing ? '' : ', paused'}`, paused: !playing,
                                   fixed: isRecording(), keep: keepMoment, leave: stop});
    store.tell('film');
}

async function play(wanted = !playing) {
    if (wanted && !isAble()) {
        announce(isRecording() ? 'Record something first (Shift+P)' : 'A film needs at least two of them: take snapshots with S');
        return;
    }
    if (wanted)
        await learnSeeds();
    playing = wanted;
    if (!playing) {
        beat.stop();
        return isShown() ? show() : store.tell('film');
    }
    if (position >= lengthOf())
        position = 0;
    beat.start();
    store.tell('film');
}

async function goTo(seconds) {
    position = seconds;
    if (!isAble())
        return store.tell('film');
    await learnSeeds();
    show();
}

const isShown = () => live.player?.leave === stop;

// Back to the recipe of the page.
function stop() {
    playing = false;
    beat.stop();
    if (isShown())
        live.play(null);
    store.tell('film');
}

function keepMoment() {
    if (!isAble())
        return;
    const recipe = live.moment;
    store.change(`Film at ${position.toFixed(2)} s`, draft => { draft.recipe = recipe; });
    stop();
}

/* ------------------------------------------------------------------------------------------ rendering */

let rendering = null;               // {index, count, cancelled}
let made = null;                    // the file of the last film

const frameCount = () => Math.max(1, Math.round(lengthOf() * settings().fps) + (settings().loop ? 0 : 1));

async function render(name) {
    const {fps, format, size} = settings();
    const count = frameCount();
    rendering = {index: 0, count, cancelled: false};
    store.tell('film');
    await learnSeeds();
    const recipes = stops().length;
    const [width, height] = size === 'own' || !isEncoded(format) ? [] : size.split('×').map(Number);
    await wire.ask('film', {name, format, fps, frames: count, ...width && {width, height}});
    try {
        for (; rendering.index < count && !rendering.cancelled; rendering.index++) {
            if (stops().length !== recipes)
                throw new Error('the snapshots changed during rendering');
            const time = rendering.index / fps, recipe = recipeAt(time);
            await wire.ask('frame', {recipe: toJson(isRecording() ? recipe : atMoment(recipe, {time}))});
            store.tell('film');
        }
    } catch (error) {
        await wire.ask('finish', {keep: false}).catch(() => {});
        throw error;
    }
    const {file} = await wire.ask('finish', {keep: !rendering.cancelled});
    made = rendering.cancelled || format === 'png' ? null : file;
    announce(rendering.cancelled ? 'The film was discarded' : `Film saved in ${file}`);
}

function startRender(name) {
    return render(name).catch(error => announce(error.message, 'wrong')).finally(() => {
        rendering = null;
        store.tell('film');
    });
}

/* ------------------------------------------------------------------------------------------ the view */

const films = [{value: 'mp4', label: 'MP4'}, {value: 'webm', label: 'WebM'}];
const isEncoded = format => films.some(({value}) => value === format);

export function mount(root) {
    const where = slider({address: 'film/position', label: 'Position', unit: 's', low: 0, get span() {
        return [0, lengthOf() || 1];
    }, value: () => Number(position.toFixed(2)), set: value => goTo(value).catch(failed), title: 'The time in the film'});
    const start = button({icon: 'play', label: 'Play', quiet: true, run: () => play().catch(failed)});
    const back = button({icon: 'reset', label: 'Back to the recipe', quiet: true,
                         title: 'Stop showing the film', run: stop});
    const keep = button({icon: 'pin', label: 'Use this moment', quiet: true, title: 'Replace the recipe by the one of this moment',
                         run: keepMoment});
    const name = el('input', {type: 'text', maxlength: 64, value: 'film', autocomplete: 'off', size: 7,
                              'aria-label': 'Name of the film'});
    const begin = button({icon: 'film', label: 'Render', title: 'Render every frame and write the film',
                          run: () => startRender(name.value.trim())});
    const cancel = button({icon: 'close', label: 'Stop', run: () => { rendering.cancelled = true; }});
    const progress = el('progress', {'aria-label': 'Frames rendered'});
    const words = el('span', {class: 'faint small', role: 'status'});
    // A folder of the program in this browser would be out of reach.
    const formats = () => [...isInBrowser ? [] : [{value: 'png', label: 'PNG files'}], {value: 'zip', label: 'ZIP of PNG files'},
                           ...store.welcome?.ffmpeg ? films : []];
    const choice = (key, label, title, choices) =>
        menu({label, title, choices, value: () => settings()[key],
              set: value => setting(key, key === 'fps' ? Number(value) : value)});

    const pace = slider({address: 'film/seconds', label: 'Each step', unit: 's', low: 0.04, high: 600, span: [0.2, 10],
                         defaultValue: defaults.seconds, title: 'From one to the next', value: () => settings().seconds,
                         set: value => setting('seconds', value)});
    const fade = slider({address: 'film/fade', label: 'Closing', unit: 's', low: 0.1, high: 60, span: [0.1, 10],
                         defaultValue: defaults.fade, title: 'How long the end goes over into the beginning',
                         value: () => settings().fade, set: value => setting('fade', value)});
    const size = choice('size', 'size', 'Of the film', ['own', '512×512', '1024×1024', '1280×720', '1920×1080', '1080×1920',
                                                        '2048×2048', '3840×2160']);
    const fetch = button({icon: 'save', label: 'Download', title: 'Download the film', run: () => download(made,
        share => { words.textContent = `downloading, ${Math.round(100 * share)} %`; }).then(refresh, failed)});

    clear(root,
          el('div', {class: 'row'}, choice('from', 'Film of', 'What the film shows, in this order', [
              {value: 'snapshots', label: 'the snapshots'}, {value: 'scenes', label: 'the scenes'},
              {value: 'path', label: 'the pinned faces'}, {value: 'recording', label: 'the recording'}])),
          el('div', {class: 'transport'}, start, where, back, keep),
          pace,
          el('div', {class: 'row'},
             choice('ease', 'Pace', 'Motion from one snapshot to the next', ['smooth', 'even']),
             toggle({label: 'Loop', title: 'Continue from the end to the beginning',
                     value: () => settings().loop, set: value => setting('loop', value)}), words),
          fade,
          el('div', {class: 'row'}, name,
             choice('format', 'as', 'PNG files, or a film if the program has ffmpeg', formats),
             choice('fps', 'at', 'Frames per second', [12, 15, 24, 25, 30, 50, 60].map(
                 fps => ({value: fps, label: `${fps} / s`}))),
             size, el('span', {class: 'space'}), begin, progress, cancel, fetch));

    function refresh() {
        const able = isAble();
        pace.hidden = isRecording();
        fade.hidden = !isRecording() || !settings().loop;
        size.hidden = !isEncoded(settings().format);
        fetch.hidden = !made || !!rendering;
        start.replaceChildren(icon(playing ? 'pause' : 'play'));
        start.ariaLabel = playing ? 'Pause' : 'Play';
        start.title = `${start.ariaLabel} (L)`;
        start.disabled = !able;
        keep.disabled = !able || !isShown();
        back.disabled = !isShown();
        begin.hidden = !!rendering;
        begin.disabled = !able;
        cancel.hidden = progress.hidden = !rendering;
        if (rendering)
            Object.assign(progress, {max: rendering.count, value: rendering.index});
        words.textContent = rendering ? `${rendering.index} of ${rendering.count}`
            : able ? `${lengthOf().toFixed(1)} s, ${frameCount()} frames`
            : {snapshots: 'Take at least two snapshots.', scenes: 'Keep at least two scenes.', path: 'Pin at least two faces.',
               recording: 'Record something first: Shift+P.'}[settings().from];
        where.refresh();
    }
    controls.register({}, root, refresh);
    store.on('film', refresh);
    store.on('performing', refresh);
    store.on('ui', key => (key === undefined || key === 'film') && refresh());
    refresh();
}

const failed = error => announce(error.message, 'wrong');

addAction('film/play', 'Play or pause the film', () => play().catch(failed));
keys.add({key: 'L', says: 'Play or pause the film', group: 'Project', run: () => play().catch(failed)});
// A change by the user ends a paused film.
let seen = null;
store.on('recipe', () => {
    if (store.recipe !== seen && isShown() && !playing && !store.streaming)
        stop();
    seen = store.recipe;
});
