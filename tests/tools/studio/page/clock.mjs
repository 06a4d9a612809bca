// A clock that advances only when told to; replaces setTimeout, clearTimeout and Date.now.
const real = { setTimeout: globalThis.setTimeout, clearTimeout: globalThis.clearTimeout, now: Date.now };
let now = 0, lastId = 0, waiting = [];

export const clock = {
    start() {
        globalThis.setTimeout = (run, ms = 0, ...args) => {
            waiting.push({ id: ++lastId, at: now + ms, run: () => run(...args) });
            return lastId;
        };
        globalThis.clearTimeout = id => { waiting = waiting.filter(one => one.id !== id); };
        Date.now = () => now;
    },
    tick(ms) {
        const end = now + ms;
        for (;;) {
            const [next] = waiting.filter(one => one.at <= end).sort((a, b) => a.at - b.at || a.id - b.id);
            if (!next) break;
            waiting = waiting.filter(one => one !== next);
            now = Math.max(now, next.at);
            next.run();
        }
        now = end;
    },
    stop() {
        globalThis.setTimeout = real.setTimeout;
        globalThis.clearTimeout = real.clearTimeout;
        Date.now = real.now;
        waiting = [];
    },
};
