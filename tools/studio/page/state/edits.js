// Changes of the recipe that hold a drawn picture. Browsers compress pictures asynchronously, so these changes are queued
// and made one after another. Of the moves of one stroke, which share a `merge` key, only the newest waits.
const queue = [];                   // {merge, run}
let running = false;

export const edits = {
    // run() is an async function that makes the change; `merge` is the key of its stroke, or null.
    add(merge, run) {
        if (merge !== null && queue.at(-1)?.merge === merge)
            queue.pop();
        queue.push({merge, run});
        work();
    },
    // Calls run() after the changes added so far: at once if none is waiting.
    after(run) {
        if (running)
            queue.push({merge: null, run});
        else
            run();
    },
    get busy() { return running; },
};

async function work() {
    if (running)
        return;
    running = true;
    try {
        while (queue.length)
            await queue.shift().run();
    } finally {
        running = false;
    }
}
