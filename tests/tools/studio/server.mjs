// Starts `ganbend studio` on a free port.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { startProgram, tracked } from './programs.mjs';

// {child, folder, address, port, output(), stop(signal) → exit status or signal}
export async function start(ganbend, options = [], { out } = {}) {
    const folder = out ?? mkdtempSync(join(tmpdir(), 'studio-'));
    const program = await startProgram(ganbend, ['studio', '--port', '0', '--no-browser', '--out', folder, ...options],
                                       /press Ctrl-C to quit\)$/);
    const address = /studio: (\S+)/.exec(program.output())[1];
    const stop = tracked(async signal => {
        const how = await program.stop(signal);
        if (!out) rmSync(folder, { recursive: true, force: true });
        return how;
    });
    return { child: program.child, folder, address, port: Number(new URL(address).port), output: program.output, stop };
}
