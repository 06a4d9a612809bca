// Scenes: recipes on a grid of pads, in banks. A pad is launched by a click, a key, or its address; the picture then fades from
// what is seen to the scene, which becomes the recipe at once.
import {addAction, addNumber} from '../parts/addresses.js';
import {fader, fadeTo} from './fades.js';
import {keys} from '../parts/keys.js';
import {live} from '../state/live.js';
import {thumbnail} from '../project/snapshots.js';
import {store} from '../state/store.js';

export const banks = 8, pads = 8;

const defaults = {seconds: 2, curve: 'smooth'};

// How scenes are faded in that do not say so themselves: {seconds, curve}.
export const fading = () => ({...defaults, ...store.ui.sceneFade});
export const setFading = what => store.setUi('sceneFade', {...fading(), ...what});

export const bank = () => store.ui.sceneBank ?? 0;
export const setBank = value => store.setUi('sceneBank', Math.min(banks - 1, Math.max(0, Math.round(value))));

export const sceneAt = (ofBank, pad) => store.scenes.find(scene => scene.bank === ofBank && scene.pad === pad) ?? null;
const named = id => store.scenes.find(scene => scene.id === id) ?? null;

let launched = null;                    // id of the last scene that was launched

export const isLaunched = scene => scene.id === launched;

/* ------------------------------------------------------------------------------------------ what is on the pads */

const moment = () => ({model: store.state.model, recipe: live.moment, thumbnail: thumbnail()});

// Keeps what is seen on the pad, in place of the scene that was there.
export function put(ofBank, pad) {
    const before = sceneAt(ofBank, pad);
    const id = before?.id ?? 1 + Math.max(0, ...store.scenes.map(scene => scene.id));
    store.change(before ? `Update scene ${before.name}` : 'New scene', draft => {
        const scene = {name: `${ofBank + 1}.${pad + 1}`, ...before, id, bank: ofBank, pad, ...moment()};
        draft.scenes = [...draft.scenes.filter(each => each.id !== id), scene];
    });
    launched = id;
    store.tell('fade');
}

export function edit(id, label, what) {
    store.change(label, draft => { Object.assign(draft.scenes.find(scene => scene.id === id), what); });
}

export function remove(id) {
    store.change(`Remove scene ${named(id).name}`, draft => { draft.scenes = draft.scenes.filter(scene => scene.id !== id); });
}

// Moves the scene to another pad; a scene that is there takes its place.
export function move(id, ofBank, pad) {
    const other = sceneAt(ofBank, pad);
    store.change('Order of scenes', draft => {
        const scene = draft.scenes.find(each => each.id === id), there = draft.scenes.find(each => each.id === other?.id);
        if (there)
            Object.assign(there, {bank: scene.bank, pad: scene.pad});
        Object.assign(scene, {bank: ofBank, pad});
    });
}

/* ------------------------------------------------------------------------------------------ launching */

// Models do not fade into each other.
export function launch(scene) {
    if (!scene)
        return;
    const {seconds, curve} = {...fading(), ...scene.seconds === undefined ? null : {seconds: scene.seconds}};
    launched = scene.id;
    fadeTo(() => store.change(`Scene ${scene.name}`, draft => {
        if (scene.model !== draft.model) {
            draft.others[draft.model] = draft.recipe;
            delete draft.others[scene.model];
        }
        draft.model = scene.model;
        draft.recipe = scene.recipe;
    }), {seconds: scene.model === store.state.model ? seconds : 0, curve, words: `Fading to ${scene.name}`});
    if (fader.isOn)
        fader.set({a: null, at: 0});
}

const inOrder = () => [...store.scenes].sort((a, b) => a.bank - b.bank || a.pad - b.pad);

// The scene this many pads further on, from the last one back to the first.
export function step(by) {
    const all = inOrder(), at = all.findIndex(isLaunched);
    if (all.length)
        launch(all[at < 0 ? by > 0 ? 0 : all.length - 1 : (at + by + all.length) % all.length]);
}

export function random() {
    const others = store.scenes.filter(scene => !isLaunched(scene));
    launch(others[Math.floor(Math.random() * others.length)]);
}

/* ------------------------------------------------------------------------------------------ keys and addresses */

// Pads of controllers are dim where there is a scene, and bright for the one that was launched.
const lightOf = scene => scene === null ? 0 : isLaunched(scene) ? 1 : 0.25;

const isOpen = () => store.ui.project === 'scenes';
const digits = Array.from({length: pads}, (_, i) => String(i + 1));

keys.add({key: digits, span: true, says: 'Launch that pad, while the scenes are shown', group: 'Show', when: isOpen,
          run: event => launch(sceneAt(bank(), Number(event.key) - 1))});
keys.add({key: 'N', says: 'Next scene', group: 'Show', run: () => step(1)});
keys.add({key: 'Shift+N', says: 'Previous scene', group: 'Show', run: () => step(-1)});
keys.add({key: 'Shift+R', says: 'Random scene', group: 'Show', run: random});
keys.add({key: ['PageUp', 'PageDown'], says: 'Previous or next bank of scenes', group: 'Show', when: isOpen,
          run: event => setBank(bank() + (event.key === 'PageDown' ? 1 : -1))});

for (let pad = 0; pad < pads; pad++) {
    addAction(`pad/${pad + 1}`, `Launch pad ${pad + 1} of the bank`, () => launch(sceneAt(bank(), pad)),
              {light: () => lightOf(sceneAt(bank(), pad))});
    for (let each = 0; each < banks; each++)
        addAction(`scene/${each + 1}/${pad + 1}`, `Launch pad ${pad + 1} of bank ${each + 1}`, () => launch(sceneAt(each, pad)),
                  {isListed: () => sceneAt(each, pad) !== null, light: () => lightOf(sceneAt(each, pad))});
}
addAction('scene/next', 'Next scene', () => step(1));
addAction('scene/previous', 'Previous scene', () => step(-1));
addAction('scene/random', 'Random scene', random);
addNumber('scene/bank', {label: 'Bank of scenes', low: 1, high: banks, integer: true, defaultValue: 1, value: () => bank() + 1,
                         set: value => setBank(value - 1)});
addNumber('scene/fade', {label: 'Fade', low: 0, high: 600, span: [0, 10], defaultValue: defaults.seconds,
                         value: () => fading().seconds, set: seconds => setFading({seconds})});
addNumber('fader', {label: 'A/B fader', low: 0, high: 1, defaultValue: 0, value: () => fader.at, set: at => fader.set({at})});
addAction('fader/keep', 'Keep the position of the fader', () => fader.isOn && fader.keep());
