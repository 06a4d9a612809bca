// The programs that a test starts. Whatever a failed test leaves running is ended by closeAll(), or node would wait for it
// forever:
//     after(closeAll);
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

const patience = 60000;             // ms until a program has printed its line
const grace = 10000;                // ms from SIGTERM to SIGKILL

const open = new Set();

// Returns close() as a function that closeAll() calls if nobody has called it before.
export function tracked(close) {
    const once = (...args) => {
        open.delete(once);
        return close(...args);
    };
    open.add(once);
    return once;
}

// Closes what is still open, the newest first; then throws the first error, if there was one.
export async function closeAll() {
    const errors = [];
    while (open.size) await [...open].at(-1)().catch(error => errors.push(error));
    if (errors.length) throw errors[0];
}

/* Starts a program and waits for a line that `pattern` matches. Resolves to {child, match, output(), stop(signal)}, where
 * stop() resolves to the exit status or the signal that ended it. If it ends before that line, the error has its output. */
export async function startProgram(file, args, pattern, environment = {}) {
    const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...environment } });
    const lines = [];
    const output = () => lines.map(line => `${line}\n`).join('');
    const ended = new Promise(resolve => {
        child.on('error', resolve);
        child.on('close', (status, signal) => resolve(signal ?? status));
    });
    const stop = tracked(async (signal = 'SIGTERM') => {
        const surely = setTimeout(() => child.kill('SIGKILL'), grace);
        child.kill(signal);
        const how = await ended;
        clearTimeout(surely);
        return how;
    });
    let timer;
    try {
        const match = await new Promise((resolve, reject) => {
            for (const stream of [child.stdout, child.stderr])
                createInterface({ input: stream }).on('line', line => {
                    lines.push(line);
                    const found = pattern.exec(line);
                    if (found) resolve(found);
                });
            ended.then(how => reject(new Error(`${file} ended with ${how}:\n${output()}`)));
            timer = setTimeout(() => reject(new Error(`${file} printed nothing like ${pattern}:\n${output()}`)), patience);
        });
        return { child, match, output, stop };
    } catch (error) {
        await stop('SIGKILL');
        throw error;
    } finally {
        clearTimeout(timer);
    }
}
