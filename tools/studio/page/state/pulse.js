// The beat of what plays: step(ms since the step before) is called whenever a picture has arrived, so that a slow network plays
// at the same speed with fewer pictures, and without pictures a few times a second. Animation frames and short timers stop in
// tabs that are hidden; pictures do not.
import {store} from './store.js';

const shortest = 12, longest = 100;     // ms between steps; the first is somewhat above 60 pictures a second
const isHidden = () => globalThis.document?.hidden === true;

export function pulse(step) {
    let at = 0, timer = 0, running = false;
    function beat() {
        clearTimeout(timer);
        const now = performance.now(), passed = now - at;
        if (passed < shortest && !isHidden()) {
            timer = setTimeout(beat, shortest - passed);
            return;
        }
        at = now;
        timer = setTimeout(beat, longest);
        step(passed);
    }
    store.on('frame', which => which === 'frame' && running && beat());
    return {
        start() {
            running = true;
            at = performance.now();
            clearTimeout(timer);
            timer = setTimeout(beat, 0);
        },
        stop() {
            running = false;
            clearTimeout(timer);
        },
    };
}
