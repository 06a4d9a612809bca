// OSC. What arrives moves addresses: "trunc" takes the value itself, "share/trunc" a position from 0 to 1, and "@set/trunc" is for
// the tab with the project "set" alone. What changes here is sent to the program of --osc-to, by the same addresses.
import {addresses} from '../parts/addresses.js';
import {controls, rangeOf} from '../parts/controls.js';
import {move} from '../project/moving.js';
import {readControl} from '../state/hand.js';
import {store} from '../state/store.js';
import {wire} from '../state/wire.js';

const most = 64;                        // addresses that are remembered, and values sent at a time
const sendEvery = 40;                   // ms

const heard = new Map();                // addresses received → {value, known}

wire.on('control', ({address, value}) => {
    const read = readControl(address, value, store.welcome?.project ?? '');
    if (!read)
        return;
    heard.delete(address);
    heard.set(address, {value, known: controls.find(read.address) !== null});
    if (heard.size > most)
        heard.delete(heard.keys().next().value);
    move(read.address, read.value);
    store.tell('control');
});

/* ------------------------------------------------------------------------------------------ sending */

const sent = new Map();                 // address → the value sent last
let timer = 0;

// The numbers of the page: [{address, spec}].
function numbers() {
    const found = new Map();
    for (const {address} of [...addresses(), ...controls.list()]) {
        const spec = address && !found.has(address) ? controls.find(address) : null;
        if (spec && !spec.isAction)
            found.set(address, spec);
    }
    return found;
}

function sendAll() {
    timer = 0;
    let left = most;
    for (const [address, spec] of numbers()) {
        const value = Number(spec.value() ?? spec.defaultValue ?? 0);
        if (sent.get(address) === value || !Number.isFinite(value))
            continue;
        if (--left < 0)
            return sendSoon();          // the rest follows
        const [low, high] = rangeOf(spec);
        sent.set(address, value);
        wire.send('osc', {address, value, share: high === low ? 0 : Math.min(1, Math.max(0, (value - low) / (high - low)))});
    }
}

const isWanted = () => store.welcome?.osc_to && wire.state === 'open';
function sendSoon() {
    if (isWanted())
        timer ||= setTimeout(sendAll, sendEvery);
}
for (const event of ['recipe', 'ui', 'output', 'network'])
    store.on(event, sendSoon);
wire.on('welcome', () => sent.clear());

export const osc = {
    get heard() { return heard; },
    get to() { return store.welcome?.osc_to ?? null; },
};
