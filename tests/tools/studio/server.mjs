// Starts `ganbend studio` on a free port.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { startProgram, tracked } from './programs.mjs';

// port → the cookie that a browser has after its first visit
export const cookies = new Map();

// {child, folder, address, port, token, output(), stop(signal) → exit status or signal}
export async function start(ganbend, options = [], { out, browser = false, environment } = {}) {
    const folder = out ?? mkdtempSync(join(tmpdir(), 'studio-'));
    const program = await startProgram(ganbend, ['studio', '--port', '0', ...browser ? [] : ['--no-browser'], '--out', folder,
                                                 ...options], /press Ctrl-C to quit\)$/, environment);
    const address = /studio: (\S+)/.exec(program.output())[1];
    const port = Number(new URL(address).port), token = new URL(address).searchParams.get('token');
    cookies.set(port, `ganbend-${port}=${token}`);
    const stop = tracked(async signal => {
        const how = await program.stop(signal);
        if (!out) rmSync(folder, { recursive: true, force: true });
        return how;
    });
    return { child: program.child, folder, address, port, token, output: program.output, stop };
}
