// Starts `ganbend studio` on a free port.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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

// The same with a program in place of xdg-open, which only notes what it is asked to open: the studio also has `opened`, the
// arguments of that program.
export async function startAndOpen(ganbend, options = []) {
    const folder = mkdtempSync(join(tmpdir(), 'xdg-open-')), log = join(folder, 'log');
    const note = `#!/bin/sh\nprintf '%s\\n' "$*" >"${log}.new"\nmv "${log}.new" "${log}"\n`;
    try {
        writeFileSync(join(folder, 'xdg-open'), note, { mode: 0o755 });
        const studio = await start(ganbend, options, { browser: true,
            environment: { DISPLAY: ':none', PATH: `${folder}:${process.env.PATH}` } });
        while (!existsSync(log)) await new Promise(resolve => setTimeout(resolve, 10));
        return { ...studio, opened: readFileSync(log, 'utf8').trim() };
    } finally {
        rmSync(folder, { recursive: true });
    }
}
