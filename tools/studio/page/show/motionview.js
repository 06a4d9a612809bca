// The view "Motion": the modulators of the recipe, the tempo, and what is listened to. It also draws on every slider how far its
// number moves.
import {addresses} from '../parts/addresses.js';
import {button, controls, menu, rangeOf, slider, toggle} from '../parts/controls.js';
import {announce} from '../parts/dialog.js';
import {clear, el, icon, on} from '../parts/dom.js';
import {listened} from '../state/levels.js';
import {listening} from './listening.js';
import {addModulator, isMoving, maxModulators, modulatorsOf, reaches, reachOf, removeModulator, setPeriod, waves}
    from '../state/modulators.js';
import {motion} from './motion.js';
import {store} from '../state/store.js';

/* ------------------------------------------------------------------------------------------ adding */

let picking = false;                    // the next control that is touched gets a modulator

function add(address) {
    const spec = controls.find(address), {length} = modulatorsOf(store.recipe);
    if (!spec || !reaches(store.recipe, address))
        return announce(`${address} cannot be moved with time`, 'wrong');
    if (length >= maxModulators)
        return announce(`A recipe has at most ${maxModulators} modulators`, 'wrong');
    const [low, high] = rangeOf(spec);
    const depth = spec.integer ? Math.max(1, Math.round((high - low) / 4)) : Number(((high - low) / 4).toPrecision(2));
    store.change(`Move ${address}`, draft => addModulator(draft.recipe, {move: address, wave: 'sine', depth, period: 2}));
    motion.run(true);
}

function pick(wanted) {
    picking = wanted;
    document.body.toggleAttribute('data-learning', wanted);
    store.tell('motion');
}

on(document, 'pointerdown', event => {
    const element = picking && event.target.closest?.('[data-address]');
    if (!element)
        return;
    event.preventDefault();
    pick(false);
    add(element.dataset.address);
}, true);

/* ------------------------------------------------------------------------------------------ one modulator */

const names = {sine: 'Sine', triangle: 'Triangle', saw: 'Saw', square: 'Square', envelope: 'Envelope', walk: 'Random walk',
               hold: 'Sample and hold', audio: 'Sound'};

const at = index => modulatorsOf(store.recipe)[index] ?? {};

const change = (index, key, value, label = 'Modulator') => store.change(label, draft => {
    draft.recipe.modulators[index][key] = value;
}, `modulator/${index}/${key}`);

function number(index, key, label, spec) {
    return slider({address: `modulator/${index + 1}/${key}`, label, value: () => at(index)[key] ?? spec.defaultValue,
                   set: value => change(index, key, value, label), ...spec});
}

function depth(index) {
    const spec = controls.find(at(index).move);
    const [low, high] = spec ? rangeOf(spec) : [-1, 1];
    return number(index, 'depth', 'Depth', {span: [low - high, high - low], defaultValue: 1,
                                            title: 'How far the number moves, in its own units'});
}

const unitOf = index => at(index).beats === undefined ? 'period' : 'beats';

function timing(index) {
    const unit = unitOf(index);
    return [
        el('div', {class: 'timing'}, number(index, unit, unit === 'beats' ? 'Beats' : 'Period', unit === 'beats'
            ? {low: 0.001, span: [0.25, 16], defaultValue: 4} : {low: 0.001, span: [0.1, 10], defaultValue: 1}),
        menu({label: 'Unit of the period', title: 'Seconds, or beats of the tempo', choices: [{value: 'period', label: 'seconds'},
              {value: 'beats', label: 'beats'}], value: () => unitOf(index), set: value => store.change('Period', draft => {
                  const tempo = draft.recipe.tempo ?? 120, each = draft.recipe.modulators[index];
                  if (value !== unit)
                      setPeriod(each, value, Number((value === 'beats' ? (each.period ?? 1) * tempo / 60
                          : each.beats * 60 / tempo).toFixed(4)));
              })})),
        number(index, 'phase', 'Phase', {span: [0, 1], defaultValue: 0, title: 'Where the wave begins, as a share of the period'}),
    ];
}

const seconds = (index, key, label, defaultValue) => number(index, key, label, {low: 0, span: [0, 2], defaultValue, unit: 's'});

function details(index) {
    const {wave} = at(index);
    if (wave === 'audio')
        return [
            menu({label: 'Hears', title: 'Bands, loudness, or beginnings of sounds', choices: listened.map(band =>
                ({value: band, label: {all: 'loudness', onset: 'beginnings'}[band] ?? band})), value: () => at(index).band ?? 'all',
                  set: band => change(index, 'band', band)}),
            number(index, 'gain', 'Gain', {low: 0, span: [0, 4], defaultValue: 1}),
            number(index, 'threshold', 'Threshold', {low: 0, high: 1, defaultValue: 0}),
            seconds(index, 'attack', 'Attack', 0.02), seconds(index, 'release', 'Release', 0.3),
        ];
    if (wave === 'envelope')
        return [
            ...timing(index),
            ...[['attack', 'Attack', 0.1], ['hold', 'Hold', 0], ['release', 'Release', 0.9]].map(([key, label, defaultValue]) =>
                number(index, key, label, {low: 0, span: [0, 1], defaultValue, title: 'A share of the period'})),
            toggle({label: 'Only when triggered', value: () => at(index).once === true,
                    set: value => change(index, 'once', value)}),
            button({icon: 'play', label: 'Trigger', run: () => motion.trigger(index)}),
        ];
    return wave === 'walk' || wave === 'hold'
        ? [...timing(index), number(index, 'seed', 'Seed', {low: 0, high: 2 ** 32 - 1, span: [0, 99], integer: true, defaultValue: 0})]
        : timing(index);
}

function card(index) {
    const {move, wave = 'sine'} = at(index);
    const label = addresses().find(({address}) => address === move)?.label ?? move;
    return el('li', {class: 'modulator'},
        el('div', {class: 'row'},
           el('strong', null, label),
           menu({label: 'Wave', title: 'What it follows', choices: waves.map(value => ({value, label: names[value]})),
                 value: () => at(index).wave ?? 'sine', set: value => change(index, 'wave', value)}),
           wave === 'audio' && el('meter', {min: 0, max: 1, 'aria-label': `Level of ${label}`, data: {of: index}}),
           el('span', {class: 'space'}),
           toggle({label: 'on', title: 'Moves the number, or leaves it at rest', value: () => at(index).muted !== true,
                   set: value => change(index, 'muted', !value)}),
           button({icon: 'bin', label: `Remove the modulator of ${label}`, quiet: true, title: 'Remove',
                   run: () => store.change(`${label} at rest`, draft => removeModulator(draft.recipe, index))})),
        reaches(store.recipe, move) ? null : el('p', {class: 'wrong small'}, `This recipe has no ${move}.`),
        depth(index), details(index));
}

/* ------------------------------------------------------------------------------------------ sliders */

// Marks from where to where the number of each slider moves.
function mark() {
    for (const element of document.querySelectorAll('.slider[data-address]')) {
        const reach = reachOf(store.recipe, element.dataset.address), range = element.querySelector('input[type=range]');
        element.toggleAttribute('data-moves', reach !== null);
        if (!reach || !range)
            continue;
        const [low, high] = [Number(range.min), Number(range.max)];
        const share = by => Math.min(1, Math.max(0, (range.valueAsNumber + by - low) / (high - low || 1)));
        range.style.setProperty('--moves-from', share(reach[0]));
        range.style.setProperty('--moves-to', share(reach[1]));
    }
}

/* ------------------------------------------------------------------------------------------ the view */

export function mount(root) {
    const list = el('ol', {class: 'modulators', 'aria-label': 'Modulators'});
    const play = button({icon: 'pause', label: 'Stand still', quiet: true, run: () => motion.run()});
    const position = el('output', {class: 'faint small'});
    const which = el('select', {'aria-label': 'Number to move', title: 'Adds a modulator of this number'});
    const touch = button({icon: 'hand', label: 'Touch a control', title: 'Then touch the control of the number to move',
                          run: () => pick(!picking), pressed: () => picking});
    const file = el('input', {type: 'file', accept: 'audio/*', hidden: true});
    const heard = el('span', {class: 'faint small', role: 'status'});
    const meter = el('meter', {min: 0, max: 1, 'aria-label': 'Loudness', hidden: true});
    const listen = run => () => run().catch(error => announce(error.message, 'wrong'));
    const stop = button({icon: 'close', label: 'Stop listening', quiet: true, run: listening.end});
    clear(root,
          el('div', {class: 'row'}, play,
             button({icon: 'reset', label: 'From the beginning', quiet: true, run: () => motion.goTo(0)}), position,
             el('span', {class: 'space'}), which, touch),
          el('div', {class: 'row tempo'},
             slider({address: 'tempo', label: 'Tempo', low: 1, high: 1000, span: [40, 200], defaultValue: 120,
                     title: 'Beats a minute', value: () => Number(motion.tempo.toFixed(2)), set: motion.setTempo}),
             button({label: 'Tap', title: 'Tap the tempo (T)', run: motion.tap})),
          list,
          el('div', {class: 'row listening'}, el('span', {class: 'faint'}, 'Sound:'),
             button({label: 'Microphone', run: listen(listening.microphone)}),
             button({label: 'File', run: () => file.click()}),
             button({label: 'Shared sound', title: 'Of a tab or of the system, where the browser offers it',
                     run: listen(listening.system)}), file, heard, meter, stop));
    on(file, 'change', () => file.files[0] && listen(() => listening.file(file.files[0]))());
    on(which, 'change', () => {
        add(which.value);
        which.value = '';
    });

    let shown = '';
    function show() {
        mark();
        if (!root.checkVisibility())
            return;
        const all = modulatorsOf(store.recipe);
        const now = JSON.stringify(all.map((each, i) => [each.move, each.wave, unitOf(i), reaches(store.recipe, each.move)]));
        if (now !== shown) {
            shown = now;
            clear(list, all.map((_, index) => card(index)),
                  !all.length && el('li', {class: 'faint'}, 'Nothing moves yet. Choose a number above, or press Touch a control.'));
            const movable = addresses().filter(({address}) => reaches(store.recipe, address));
            clear(which, el('option', {value: ''}, 'Move a number…'),
                  movable.map(({address, label}) => el('option', {value: address}, label)));
        }
        showTime();
    }

    function showTime() {
        if (!root.checkVisibility())
            return;
        const isOn = motion.running && isMoving(store.recipe);
        play.replaceChildren(icon(motion.running ? 'pause' : 'play'));
        play.ariaLabel = motion.running ? 'Stand still' : 'Move';
        play.title = `${play.ariaLabel} (Shift+Space)`;
        position.textContent = `${motion.time.toFixed(1)} s · beat ${Math.floor(motion.beat) + 1}${
            motion.hasClock ? ' · MIDI clock' : isOn ? '' : ' · still'}`;
        touch.setAttribute('aria-pressed', String(picking));
        heard.textContent = listening.name ? `hears ${listening.name}` : '';
        meter.hidden = stop.hidden = !listening.name;
        meter.value = listening.levels().all ?? 0;
        for (const each of list.querySelectorAll('meter'))
            each.value = listening.follow(at(Number(each.dataset.of))) ?? 0;
    }
    let timer = 0;
    const soon = run => () => { timer ||= setTimeout(() => { timer = 0; run(); }, 50); };
    controls.register({}, root, show);
    store.on('motion', soon(showTime));
    store.on('listening', showTime);
    store.on('ui', () => setTimeout(show));
    show();
}
