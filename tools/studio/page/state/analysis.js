// What the program finds out in the background while the page goes on: directions, units. There is one analysis at a time.
// Event 'analysis': it has begun, made progress, or ended.
import {store} from './store.js';
import {wire} from './wire.js';

export const analysis = {
    running: null,                  // {what: in words, share: done, 0 to 1}
    // Resolves to the answer; rejects with the error, or with 'stopped'.
    async run(what, type, fields) {
        if (analysis.running)
            throw new Error(`${analysis.running.what} first, or stop it`);
        become({what, share: 0});
        try {
            return await wire.ask(type, fields, share => become({what, share}));
        } finally {
            become(null);
        }
    },
    stop: () => wire.ask('stop').catch(() => {}),
};

function become(running) {
    analysis.running = running;
    store.tell('analysis');
}
