// Values that arrive from MIDI and OSC, and what they move. A number takes only the newest of several values that arrive in quick
// succession. An action is done for every press, in the order of arrival, with the numbers that came before it. The connection
// drives this, not the screen, so that it works in a tab that is hidden. Numbers moved here are no steps for undo.
import {resolve} from '../parts/addresses.js';
import {controls} from '../parts/controls.js';
import {store} from '../state/store.js';
import {wire} from '../state/wire.js';

const pace = 16;                    // ms between two moves of the same number

const waiting = new Map();          // address → value, or {share}
let movedAt = -Infinity, timer = 0;

controls.resolver = resolve;

function moveAll() {
    clearTimeout(timer);
    timer = 0;
    movedAt = performance.now();
    store.stream(() => {
        for (const [address, value] of waiting)
            controls.move(address, value);
    });
    waiting.clear();
}

// The position that an address is about to be moved to; undefined if none.
export const expected = address => waiting.get(address)?.share;

// Moves an address to a value or, with {share: 0..1}, to a position in its range. Unknown addresses do nothing.
export function move(address, value) {
    if (controls.find(address)?.isAction) {
        moveAll();
        controls.move(address, value);
        return;
    }
    waiting.set(address, value);
    if (performance.now() - movedAt >= pace)
        moveAll();
    else
        timer ||= setTimeout(moveAll, pace);
}

// Timers of a hidden tab are slow, but the picture of the last move arrives.
wire.on('frame', () => waiting.size && moveAll());
