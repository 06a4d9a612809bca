// Starts `ganbend studio` on a free port.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

// {port, address, output(), stop(signal) → exit status or signal}
export async function start(ganbend, options = [], { out } = {}) {
    const folder = out ?? mkdtempSync(join(tmpdir(), 'studio-'));
    const child = spawn(ganbend, ['studio', '--port', '0', '--no-browser', '--out', folder, ...options],
        { stdio: ['ignore', 'pipe', 'pipe'] });
    let text = '';
    const ended = new Promise((resolve) => child.on('close', (status, signal) => resolve(signal ?? status)));
    const printed = new Promise((resolve, reject) => {
        const read = (chunk) => {
            text += chunk;
            if (/press Ctrl-C to quit\)\n/.test(text)) resolve();
        };
        child.stdout.on('data', read);
        child.stderr.on('data', read);
        child.on('close', () => reject(new Error(`the studio ended: ${text}`)));
    });
    await printed;
    const address = /studio: (\S+)/.exec(text)[1];
    return {
        child, folder, address, port: Number(new URL(address).port), output: () => text,
        stop: async (signal = 'SIGTERM') => {
            child.kill(signal);
            const how = await ended;
            if (!out) rmSync(folder, { recursive: true, force: true });
            return how;
        },
    };
}
