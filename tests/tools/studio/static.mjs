// A server of the files of a folder, as a web host is: nothing of it knows the studio.
import { createReadStream, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';

import { tracked } from './programs.mjs';

const types = { '.html': 'text/html', '.css': 'text/css', '.js': 'text/javascript', '.svg': 'image/svg+xml',
    '.json': 'application/json', '.wasm': 'application/wasm' };
const isolating = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };

// {address, requests, stop()}. `requests` lists what was asked for, as "GET /index.html". `isolated`: with the headers that make
// pages cross-origin isolated.
export async function serve(folder, { isolated = false } = {}) {
    const requests = [];
    const server = createServer((request, response) => {
        const path = normalize(decodeURIComponent(new URL(request.url, 'http://host').pathname));
        const file = join(folder, path.endsWith('/') ? `${path}index.html` : path);
        requests.push(`${request.method} ${path}`);
        const size = statSync(file, { throwIfNoEntry: false })?.size;
        if (size === undefined) {
            response.writeHead(404).end();
            return;
        }
        response.writeHead(200, { 'Content-Type': types[extname(file)] ?? 'application/octet-stream', 'Content-Length': size,
            ...isolated ? isolating : {} });
        createReadStream(file).pipe(response);
    });
    await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
    const stop = tracked(() => new Promise(resolve => {
        server.close(resolve);
        server.closeAllConnections();
    }));
    return { address: `http://127.0.0.1:${server.address().port}/`, requests, stop };
}
