// Listening to sound: a microphone, a file, or what the browser or the system plays. Levels come from the browser's own analyser;
// nothing is recorded or sent.
import {follower, levelsOf, listened, onsetDetector} from '../state/levels.js';
import {store} from '../state/store.js';

const size = 2048;                      // samples of a spectrum

let context = null, analyser = null, source = null, element = null, stream = null, decibels = null, name = '';
let onset = onsetDetector(), levels = {}, heardAt = 0;
const followers = new Map();            // what a modulator listens to → its follower

async function begin() {
    context ??= new AudioContext({latencyHint: 'interactive'});
    await context.resume();
    analyser ??= Object.assign(context.createAnalyser(), {fftSize: size, smoothingTimeConstant: 0.5});
    decibels ??= new Float32Array(analyser.frequencyBinCount);
}

function take(node, words, audible) {
    end();
    source = node;
    source.connect(analyser);
    if (audible)
        analyser.connect(context.destination);
    name = words;
    onset = onsetDetector();
    store.tell('listening');
}

function end() {
    source?.disconnect();
    analyser?.disconnect();
    stream?.getTracks().forEach(track => track.stop());
    element?.pause();
    source = element = stream = null;
    name = '';
    levels = {};
    followers.clear();
    store.tell('listening');
}

const unavailable = 'The browser offers no sound here: it does for pages of this computer and for https';

export const listening = {
    get name() { return name; },
    levels: () => levels,
    end,
    async microphone() {
        if (!navigator.mediaDevices?.getUserMedia)
            throw new Error(unavailable);
        const heard = await navigator.mediaDevices.getUserMedia({audio: {echoCancellation: false, noiseSuppression: false,
                                                                         autoGainControl: false}});
        await begin();
        take(context.createMediaStreamSource(heard), 'the microphone', false);
        stream = heard;
    },
    // Sound of a tab, a window or the system, where the browser lets it be shared.
    async system() {
        if (!navigator.mediaDevices?.getDisplayMedia)
            throw new Error(unavailable);
        const heard = await navigator.mediaDevices.getDisplayMedia({audio: true, video: true});
        if (!heard.getAudioTracks().length) {
            heard.getTracks().forEach(track => track.stop());
            throw new Error('No sound was shared: choose a tab or screen with its sound');
        }
        await begin();
        take(context.createMediaStreamSource(heard), 'shared sound', false);
        stream = heard;
    },
    async file(file) {
        await begin();
        const player = new Audio(URL.createObjectURL(file));
        player.loop = true;
        await player.play();
        take(context.createMediaElementSource(player), file.name, true);
        element = player;
    },
    // Measures. Called once for each picture, with the ms since the one before.
    step(passed) {
        if (!source)
            return;
        analyser.getFloatFrequencyData(decibels);
        levels = {...levelsOf(decibels, context.sampleRate / size), onset: onset(decibels, passed / 1000)};
        heardAt += passed;
        for (const [key, each] of followers)
            if (heardAt - each.usedAt > 5000)
                followers.delete(key);
    },
    // The level that an audio modulator follows, 0 to 1, after `passed` more ms; null if nothing is heard.
    follow(modulator, passed = 0) {
        if (!source)
            return null;
        const {move, band = 'all', gain, threshold, attack, release} = modulator, key = `${move} ${band} ${gain} ${threshold}`;
        if (!followers.has(key))
            followers.set(key, {run: follower(), usedAt: 0, value: 0});
        const each = followers.get(key);
        if (passed > 0) {
            each.value = each.run(levels[listened.includes(band) ? band : 'all'] ?? 0,
                                  {gain, threshold, attack: attack ?? (band === 'onset' ? 0 : undefined), release}, passed / 1000);
            each.usedAt = heardAt;
        }
        return each.value;
    },
};
