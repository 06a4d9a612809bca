// Moves between recipes on the screen: a fade from the moment seen to the recipe, and the A/B fader. Both interpolate as films do
// (blend.js). A fade only changes what is shown: the recipe is the new one from the beginning, so the panels show it and changes
// take effect during the fade. A side of the fader is a scene, or the recipe itself.
import {blend} from '../state/blend.js';
import {curves} from '../state/curves.js';
import {live} from '../state/live.js';
import {pulse} from '../state/pulse.js';
import {seedOf} from '../state/recipe.js';
import {store} from '../state/store.js';
import {zOf} from '../latent/seeds.js';

/* ------------------------------------------------------------------------------------------ between two recipes */

const zs = new Map();                   // "network seed" → z

// The z of a seed, or null while it is being requested; then `arrived` is called.
function zNow(network, seed, arrived) {
    const key = `${network.index} ${seed}`;
    if (!zs.has(key)) {
        zs.set(key, null);
        zOf(network, seed).then(z => {
            zs.set(key, z);
            arrived();
        }, () => zs.delete(key));
    }
    return zs.get(key);
}

function between(a, b, t, arrived) {
    const {network, rows} = store;
    const both = network.num_ws > 0 ? [] : [a, b].map(recipe => zNow(network, seedOf(recipe), arrived));
    return blend(a, b, t, {network, rows, zs: both.length && both.every(Boolean) ? both : null});
}

/* ------------------------------------------------------------------------------------------ fades */

let fade = null;                        // {from, words, seconds, curve, passed: seconds}

const beat = pulse(passed => {
    fade.passed += passed / 1000;
    showFade();
});

function showFade() {
    if (fade.passed >= fade.seconds)
        return endFade();
    const {from, curve, passed, seconds, words} = fade;
    live.play(between(from, store.recipe, curves[curve](passed / seconds), () => {}), {words, keep: keepFade, leave: endFade});
}

function endFade() {
    beat.stop();
    fade = null;
    if (live.player?.leave === endFade)
        live.play(null);
    store.tell('fade');
}

function keepFade() {
    const recipe = live.moment;
    store.change('A moment of the fade', draft => { draft.recipe = recipe; });
    endFade();
}

// Calls write(), which changes the recipe, and shows the way to it from what is seen now.
export function fadeTo(write, {seconds, curve, words}) {
    const from = live.moment;
    if (seconds > 0) {
        fade = {from, words, seconds, curve, passed: 0};
        showFade();
        write();
        beat.start();
    } else {
        if (fade)
            endFade();
        live.player?.leave();
        write();
    }
    store.tell('fade');
}

// How much of the fade is over, from 0 to 1; null if none is under way.
export const fadeShare = () => fade && Math.min(1, fade.passed / fade.seconds);

/* ------------------------------------------------------------------------------------------ the fader */

const settings = () => ({a: null, b: null, at: 0, ...store.ui.mixer});

// The scene on a side, or null for the recipe.
const sceneOn = side => store.scenes.find(({id, model}) => id === settings()[side] && model === store.state.model) ?? null;

export const fader = {
    get at() { return settings().at; },
    get isOn() { return sceneOn('a') !== null || (sceneOn('b') !== null && settings().at > 0); },
    sceneOn,
    set: what => store.setUi('mixer', {...settings(), ...what}),
    // What is seen becomes the recipe, and the fader returns to it.
    keep() {
        const recipe = live.moment;
        store.change('A position of the fader', draft => { draft.recipe = recipe; });
        fader.set({a: null, at: 0});
    },
};

const wordsOf = side => sceneOn(side)?.name ?? 'the recipe';

function leaveFader() {
    if (live.player?.leave === leaveFader)
        live.play(null);
}

let left = false;                       // something else plays; the fader comes back when it is moved

function showFader() {
    const {at} = settings();
    if (!store.network || !fader.isOn || left)
        return leaveFader();
    const [a, b] = ['a', 'b'].map(side => sceneOn(side)?.recipe ?? store.recipe);
    live.play(between(a, b, at, showFader), {words: `Fader: ${wordsOf('a')} to ${wordsOf('b')}, ${Math.round(100 * at)} %`,
                                             paused: true, keep: fader.keep, leave: leaveFader});
}

store.on('recipe', () => {
    if (fade)
        showFade();
    else if (live.player?.leave === leaveFader)
        showFader();
});
store.on('ui', key => {
    if (key !== 'mixer')
        return;
    left = false;
    showFader();
});
store.on('playing', () => { left = live.playing && live.player?.leave !== leaveFader; });
store.on('network', showFader);
