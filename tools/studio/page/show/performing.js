// Recording what is shown, playing it again, and rendering it frame by frame. A recording has every picture's recipe with its time and
// the levels of sound, so it shows the same again on any machine with the model.
import {addAction} from '../parts/addresses.js';
import {announce} from '../parts/dialog.js';
import {downloadBytes} from '../project/downloads.js';
import {keys} from '../parts/keys.js';
import {live} from '../state/live.js';
import {checked, loopOf, longest, player, recorder} from '../state/performance.js';
import {pulse} from '../state/pulse.js';
import {store} from '../state/store.js';

let recording = null;                   // {tape, began}
let kept = null;                        // the performance that was recorded or opened
let position = 0, playing = false, at = null;

/* ------------------------------------------------------------------------------------------ recording */

live.onSent(recipe => {
    if (!recording || performing.isShown)
        return;
    const now = performance.now();
    recording.began ??= now;
    if (!recording.tape.take(recipe, (now - recording.began) / 1000)) {
        performing.stop();
        announce(`A recording has at most ${longest / 60} minutes. It was stopped and is kept.`, 'wrong');
    }
});

/* ------------------------------------------------------------------------------------------ playing */

const beat = pulse(ms => {
    position += ms / 1000;
    if (position >= kept.length) {
        position = kept.length;
        playing = false;
        beat.stop();
    }
    show();
});

function show() {
    live.play(at(position), {words: `The recording at ${position.toFixed(1)} s${playing ? '' : ', paused'}`, paused: !playing,
                             fixed: true, keep, leave});
    store.tell('performing');
}

function leave() {
    playing = false;
    beat.stop();
    if (performing.isShown)
        live.play(null);
    store.tell('performing');
}

function keep() {
    const recipe = live.moment;
    store.change(`The recording at ${position.toFixed(2)} s`, draft => { draft.recipe = recipe; });
    leave();
}

function take(performance) {
    leave();
    kept = performance;
    at = player(kept);
    position = 0;
    store.tell('performing');
}

const fits = () => kept !== null && kept.model === store.state.model;

export const performing = {
    get isRecording() { return recording !== null; },
    get seconds() { return recording?.began === undefined || recording?.began === null ? 0
        : (performance.now() - recording.began) / 1000; },
    get kept() { return kept; },
    get fits() { return fits(); },
    get isPlaying() { return playing; },
    get isShown() { return live.player?.leave === leave; },
    get position() { return position; },
    record() {
        leave();
        recording = {tape: recorder(), began: null};
        live.again();                   // its beginning is what is seen now
        store.tell('performing');
    },
    stop() {
        const {tape} = recording, {seconds} = performing;
        recording = null;
        take(tape.made(store.state.model, seconds));
    },
    toggle: () => performing.isRecording ? performing.stop() : performing.record(),
    play(wanted = !playing) {
        if (wanted && !fits())
            return announce(kept ? `The recording was made with ${kept.model}` : 'Nothing has been recorded yet', 'wrong');
        playing = wanted;
        if (playing && position >= kept.length)
            position = 0;
        beat[playing ? 'start' : 'stop']();
        show();
    },
    goTo(seconds) {
        position = Math.min(kept?.length ?? 0, Math.max(0, seconds));
        if (fits())
            show();
    },
    save() {
        downloadBytes('performance.json', [JSON.stringify(kept)], 'application/json');
    },
    async open(file) {
        take(checked(JSON.parse(await file.text())));
    },
    // For films: {length, at(seconds)}; as a loop, `fade` seconds of its end go over into its beginning.
    way(loop, fade) {
        return loop ? loopOf(kept, fade, {network: store.network, rows: store.rows}) : {length: kept.length, at: player(kept)};
    },
};

keys.add({key: 'Shift+P', says: 'Record what is shown, or stop', group: 'Show', run: performing.toggle});
addAction('recording', 'Record, or stop', performing.toggle);
addAction('recording/play', 'Play the recording, or pause', () => performing.play());
