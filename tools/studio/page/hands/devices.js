// MIDI devices: what they send moves addresses, what they can show follows the numbers. Learning assigns one control after the
// other: touch a control of the page, turn a knob, and so on until learning ends.
import {bindings} from './bindings.js';
import {controls, rangeOf} from '../parts/controls.js';
import {announce} from '../parts/dialog.js';
import {on} from '../parts/dom.js';
import {motion} from '../show/motion.js';
import {nameOf, readMessage} from '../project/midi.js';
import {expected, move} from '../project/moving.js';
import {unshaped} from '../state/hand.js';
import {store} from '../state/store.js';

const showEvery = 40;                   // ms between looks at what the devices show
const glideEvery = 16;                  // ms

let access = null;
let learning = null;                    // null, or the address that the next control is assigned to; '' until one is chosen

/* ------------------------------------------------------------------------------------------ moving */

// Where the number of an address is in its range; null if there is none.
function shareOf(spec) {
    if (!spec)
        return null;
    const [low, high] = rangeOf(spec), value = Number(spec.value() ?? spec.defaultValue ?? 0);
    return high === low ? 0 : (value - low) / (high - low);
}

const gliding = new Map();              // address → {share: where it is to be, seconds}
let glideTimer = 0, glidedAt = 0;

function glide() {
    const now = performance.now(), passed = (now - glidedAt) / 1000;
    glidedAt = now;
    for (const [address, {share, seconds}] of gliding) {
        const from = shareOf(controls.find(address));
        const next = from === null ? share : share + (from - share) * Math.exp(-passed / seconds);
        const isThere = from === null || Math.abs(next - share) < 0.002;
        move(address, {share: isThere ? share : next});
        if (isThere)
            gliding.delete(address);
    }
    glideTimer = gliding.size ? setTimeout(glide, glideEvery) : 0;
}

function put({address, smooth}, share) {
    if (!smooth) {
        gliding.delete(address);
        return move(address, {share});
    }
    gliding.set(address, {share, seconds: smooth});
    if (glideTimer)
        return;
    glidedAt = performance.now();
    glideTimer = setTimeout(glide, glideEvery);
}

const heldAt = new Map();               // "device control" → the position that the control has by itself

function receive(device, {data, timeStamp}) {
    if (data[0] === 0xf8)
        return motion.clockTick(timeStamp || performance.now());
    if (data[0] === 0xfa)
        return motion.clockStart();
    const message = readMessage(data);
    if (!message)
        return;
    const {control, share: position} = message, isKey = control.startsWith('note');
    if (learning && position > 0) {
        bindings.bind(device, control, learning);
        announce(`${nameOf(control)} of ${device} controls ${learning}`);
        learn('');
        return;
    }
    heldAt.set(`${device} ${control}`, position);
    for (const binding of bindings.of(device, control)) {
        const spec = controls.find(binding.address);
        const from = gliding.get(binding.address)?.share ?? expected(binding.address) ?? shareOf(spec);
        if (!spec)
            continue;
        const share = spec.isAction ? position : bindings.machine(binding)({position, isKey}, from);
        if (share !== null)
            put({...bindings.settings(binding), ...spec.isAction && {smooth: 0}}, share);
    }
}

/* ------------------------------------------------------------------------------------------ showing */

const shown = new Map();                // "device control" → what was sent last
let showTimer = 0;

function messageFor(control, value) {
    const [kind, channel, number] = control.split(' '), place = Number(channel) - 1;
    if (kind === 'cc')
        return [0xb0 | place, Number(number), value];
    return kind === 'note' ? [0x90 | place, Number(number), value] : null;
}

// Lights and motor faders: each gets the position of its number, or whether its pad is filled or plays.
function showOnDevices() {
    showTimer = 0;
    const outputs = access ? [...access.outputs.values()] : [];
    for (const binding of outputs.length ? bindings.all : []) {
        const spec = controls.find(binding.address), how = bindings.settings(binding);
        if (!spec || how.relative)
            continue;
        const position = spec.isAction ? spec.light?.() ?? 0 : unshaped(how, shareOf(spec));
        const value = Math.round(127 * Math.min(1, Math.max(0, position)));
        for (const output of outputs.filter(({name}) => !binding.device || name === binding.device)) {
            const key = `${output.name} ${binding.control}`, message = messageFor(binding.control, value);
            if (!message || shown.get(key) === value || Math.round(127 * (heldAt.get(key) ?? -1)) === value)
                continue;
            shown.set(key, value);
            output.send(message);
        }
    }
}

const showSoon = () => {
    if (access?.outputs.size)
        showTimer ||= setTimeout(showOnDevices, showEvery);
};
for (const event of ['recipe', 'ui', 'output', 'fade', 'control', 'network'])
    store.on(event, showSoon);

/* ------------------------------------------------------------------------------------------ devices */

async function connect() {
    if (!navigator.requestMIDIAccess)
        throw new Error('Web MIDI is not available: the browser does not support it, or only for pages of this computer and https');
    access = await navigator.requestMIDIAccess();
    const listen = () => access.inputs.forEach(input => { input.onmidimessage = event => receive(input.name ?? '', event); });
    access.onstatechange = () => {
        shown.clear();
        listen();
        store.tell('control');
    };
    listen();
    store.tell('control');
}

function learn(address) {
    learning = address;
    document.body.toggleAttribute('data-learning', learning !== null);
    for (const element of document.querySelectorAll('[data-address][data-learning]'))
        element.removeAttribute('data-learning');
    if (learning)
        document.querySelector(`[data-address="${CSS.escape(learning)}"]`)?.setAttribute('data-learning', '');
    store.tell('control');
}

// During learning, touching a control chooses its address.
function choose(event) {
    const element = learning !== null && event.target.closest?.('[data-address]');
    if (element)
        learn(element.dataset.address);
}
on(document, 'pointerdown', choose, true);
on(document, 'focusin', choose, true);
// The devices of earlier times are used again, whatever the project.
store.on('document', () => bindings.all.length && connect().catch(() => {}));

export const devices = {
    get isConnected() { return access !== null; },
    get names() { return access ? [...access.inputs.values()].map(({name}) => name) : []; },
    get learning() { return learning; },
    learn,
    // Begins or ends learning. Rejects if there is no MIDI.
    async toggleLearning(address = '') {
        if (learning !== null && !address)
            return learn(null);
        if (!access)
            await connect();
        learn(address);
    },
};
