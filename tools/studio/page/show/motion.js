// The time of the modulators. While it runs, everything that is shown gets the moment and the levels of the sound; the recipe itself
// does not change, so nothing of this is a step for undo. Tempo: the recipe's number, taps, or the clock of a MIDI device.
import {addAction, addNumber} from '../parts/addresses.js';
import {keys} from '../parts/keys.js';
import {listening} from './listening.js';
import {live} from '../state/live.js';
import {atMoment, isMoving, modulatorsOf, tempoOf} from '../state/modulators.js';
import {pulse} from '../state/pulse.js';
import {store} from '../state/store.js';
import {midiClock, tapper} from '../state/tempo.js';

let running = true;
const now = {time: 0, beat: 0};
const clock = midiClock(), tap = tapper();

const beat = pulse(ms => {
    const heard = clock.at(performance.now());
    now.time += ms / 1000;
    now.beat = heard ? heard.beat : now.beat + ms / 60000 * tempoOf(store.recipe);
    listening.step(ms);
    for (const modulator of modulatorsOf(live.shown))
        if (modulator.wave === 'audio')
            listening.follow(modulator, ms);
    live.again();
    store.tell('motion');
});

// The beat costs nothing while nothing moves.
function drive() {
    const wanted = running && (isMoving(store.recipe) || isMoving(live.playing ? live.shown : null));
    if (wanted !== drive.on)
        beat[wanted ? 'start' : 'stop']();
    drive.on = wanted;
}
drive.on = false;

live.shape(recipe => atMoment(recipe, now, modulator => listening.follow(modulator)));

export const motion = {
    get running() { return running; },
    get time() { return now.time; },
    get beat() { return now.beat; },
    get tempo() { return clock.at(performance.now())?.tempo ?? tempoOf(store.recipe); },
    get hasClock() { return clock.at(performance.now()) !== null; },
    run(wanted = !running) {
        running = wanted;
        drive();
        store.tell('motion');
    },
    // To the beginning, or to another moment.
    goTo(time, atBeat = time * tempoOf(store.recipe) / 60) {
        Object.assign(now, {time, beat: atBeat});
        live.again();
        store.tell('motion');
    },
    setTempo: tempo => store.change('Tempo', draft => {
        draft.recipe.tempo = Number(Math.min(1000, Math.max(1, tempo)).toFixed(2));
    }, 'tempo'),
    tap() {
        const tempo = tap(performance.now());
        if (tempo !== null)
            motion.setTempo(tempo);
        else
            motion.goTo(now.time, Math.round(now.beat));        // the first tap is a beat
    },
    clockTick: at => clock.tick(at),
    clockStart() {
        clock.start();
        now.beat = 0;
    },
    // Envelopes that run once begin now.
    trigger(index) {
        const modulator = modulatorsOf(store.recipe)[index];
        if (modulator)
            store.stream(() => store.change('Trigger', draft => {
                const each = draft.recipe.modulators[index];
                each.start = Number((each.beats ? now.beat : now.time).toFixed(3));
            }));
    },
};

store.on('recipe', drive);
store.on('playing', drive);

// A recipe that names its moment is shown at that moment while the time stands.
let named = null;
store.on('recipe', () => {
    const {time, beat: atBeat} = store.recipe;
    const key = time === undefined ? null : `${time} ${atBeat}`;
    if (key !== named && key !== null && !running)
        motion.goTo(time, atBeat);
    named = key;
});

keys.add({key: 'Shift+Space', says: 'Modulators move, or stand still', group: 'Show', run: () => motion.run()});
keys.add({key: 'T', says: 'Tap the tempo', group: 'Show', run: motion.tap});
addNumber('tempo', {label: 'Tempo', low: 1, high: 1000, span: [40, 200], defaultValue: 120, value: () => tempoOf(store.recipe),
                    set: motion.setTempo});
addAction('tempo/tap', 'Tap the tempo', motion.tap);
addNumber('motion', {label: 'Modulators move', low: 0, high: 1, integer: true, defaultValue: 1, value: () => Number(running),
                     set: value => motion.run(value > 0.5)});
addAction('motion/restart', 'Modulators begin again', () => motion.goTo(0));
for (let i = 0; i < 8; i++) {
    const modulator = () => modulatorsOf(store.recipe)[i];
    addNumber(`modulator/${i + 1}/depth`, {label: `Depth of modulator ${i + 1}`, span: [-1, 1], defaultValue: 0,
        value: () => modulator()?.depth ?? 1, set: depth => modulator() && store.change('Depth', draft => {
            draft.recipe.modulators[i].depth = depth;
        }, `modulator/${i + 1}/depth`)}, () => modulator() !== undefined);
    addAction(`modulator/${i + 1}/trigger`, `Trigger modulator ${i + 1}`, () => motion.trigger(i),
              {isListed: () => modulator()?.wave === 'envelope'});
}
