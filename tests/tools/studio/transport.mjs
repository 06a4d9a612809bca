// What the studio's server accepts and refuses, on the level of bytes: node transport.mjs GANBEND
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync }
    from 'node:fs';
import https from 'node:https';
import net from 'node:net';
import { hostname, tmpdir } from 'node:os';
import { join, dirname } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { freePort, osc, udp } from './devices.mjs';
import { closeAll } from './programs.mjs';
import { cookies, start, startAndOpen } from './server.mjs';
import { BINARY, PING, TEXT, connect, frame } from './websocket.mjs';

const ganbend = process.argv[2];
const toyFaces = 'tests/fixtures/toy-faces-64.gbw';
const page = join(dirname(fileURLToPath(import.meta.url)), '../../../tools/studio/page');
let studio, port;

before(async () => {
    studio = await start(ganbend, [toyFaces]);
    port = studio.port;
});
after(closeAll);

// Sends bytes; resolves to the response when it is complete or the connection ends.
function exchange(bytes, { to = port, part = false } = {}) {
    return new Promise((resolve) => {
        const socket = net.connect(to, '127.0.0.1');
        let got = Buffer.alloc(0);
        const done = () => {
            const end = got.indexOf('\r\n\r\n');
            const head = got.toString('latin1', 0, end < 0 ? got.length : end);
            resolve({ head, status: Number(/^HTTP\/1\.1 (\d+)/.exec(head)?.[1] ?? 0), body: got.subarray(end + 4) });
            socket.destroy();
        };
        socket.on('connect', () => { socket.write(bytes); if (part) socket.end(); });
        socket.on('error', () => {});
        socket.on('close', done);
        socket.on('data', (more) => {
            got = Buffer.concat([got, more]);
            const end = got.indexOf('\r\n\r\n');
            const length = /content-length: (\d+)/i.exec(got.toString('latin1', 0, end));
            if (end >= 0 && length && got.length >= end + 4 + Number(length[1])) done();
        });
    });
}

// With the cookie of the studio at that port, unless `headers` has another one.
function get(path, { to = port, host = `127.0.0.1:${to}`, method = 'GET', headers = {} } = {}) {
    const all = Object.entries({ Host: host, Cookie: cookies.get(to), ...headers }).filter(([, value]) => value !== null);
    return exchange(`${method} ${path} HTTP/1.1\r\n${all.map(([k, v]) => `${k}: ${v}\r\n`).join('')}\r\n`, { to });
}

async function isAlive(to = port) {
    assert.equal((await get('/', { to })).status, 200);
}

const headerOf = (message) => JSON.parse(message.subarray(4, 4 + message.readUInt32LE(0)));

const types = { html: 'text/html; charset=utf-8', css: 'text/css; charset=utf-8', js: 'text/javascript; charset=utf-8',
    svg: 'image/svg+xml', png: 'image/png' };

test('the printed address has the chosen port and serves the page', async () => {
    assert.equal(studio.address, `http://127.0.0.1:${port}/?token=${studio.token}`);
    assert.match(studio.token, /^[0-9a-f]{32}$/);
    const answer = await get('/');
    assert.equal(answer.status, 200);
    assert.deepEqual(answer.body, readFileSync(join(page, 'index.html')));
});

test('every file of the page is served unchanged, with its type and security headers', async () => {
    const files = readdirSync(page, { recursive: true }).map(String).filter((name) => /\.\w+$/.test(name));
    assert.ok(files.length > 10);
    for (const name of files) {
        const { status, head, body } = await get(`/${name}`);
        assert.equal(status, 200, name);
        assert.ok(head.includes(`Content-Type: ${types[name.split('.').pop()]}\r\n`), name);
        assert.ok(body.equals(readFileSync(join(page, name))), name);
        assert.match(head, /Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; /);
        assert.match(head, /frame-ancestors 'none'/);
        assert.match(head, /X-Content-Type-Options: nosniff/);
        assert.match(head, /Referrer-Policy: no-referrer/);
        assert.match(head, /Cross-Origin-Resource-Policy: same-origin/);
        assert.match(head, /Cache-Control: no-cache/);
        assert.match(head, /ETag: "[0-9a-f]{20}"/);
    }
});

test('a cached file is not sent again, and HEAD sends no body', async () => {
    const { head } = await get('/index.html');
    const etag = /ETag: (\S+)/.exec(head)[1];
    const again = await exchange(`GET / HTTP/1.1\r\nHost: localhost:${port}\r\nCookie: ${cookies.get(port)}\r\nIf-None-Match: ${etag}\r\n`
        + 'Connection: close\r\n\r\n');
    assert.equal(again.status, 304);
    assert.equal(again.body.length, 0);
    const other = await get('/', { headers: { 'If-None-Match': '"0123456789abcdef0123"' } });
    assert.equal(other.status, 200);
    const bare = await exchange(`HEAD / HTTP/1.0\r\nHost: localhost:${port}\r\nCookie: ${cookies.get(port)}\r\n\r\n`);
    assert.equal(bare.status, 200);
    assert.equal(bare.body.length, 0);
});

test('several requests on one connection are answered in order', async () => {
    const ask = (path, last) => `GET ${path} HTTP/1.1\r\nHost: localhost\r\nCookie: ${cookies.get(port)}\r\n${last ? 'Connection: close\r\n' : ''}\r\n`;
    const socket = net.connect(port, '127.0.0.1');
    let got = '';
    socket.on('data', (more) => { got += more.toString('latin1'); });
    socket.write(ask('/index.html') + ask('/parts/dom.js') + ask('/missing', true));
    await new Promise((resolve) => socket.on('close', resolve));
    assert.deepEqual(got.match(/HTTP\/1\.1 \d+/g), ['HTTP/1.1 200', 'HTTP/1.1 200', 'HTTP/1.1 404']);
});

test('Host must be a loopback name, with any port because of tunnels', async () => {
    for (const host of ['127.0.0.1', 'localhost', 'LocalHost:80', `[::1]:${port}`, '127.0.0.1:9999', '[::1]'])
        assert.equal((await get('/', { host })).status, 200, host);
    for (const host of ['evil.example', `evil.example:${port}`, '127.0.0.1.evil.example', 'localhost.evil.example',
        'localhost@evil.example', '127.0.0.1:', '127.0.0.1:0', '127.0.0.1:65536', '127.0.0.1:1:1', '[::1', '::1',
        '0.0.0.0', '192.168.1.2', hostname(), '127.0.0.1 evil.example', 'localhost.', 'x'.repeat(2000)])
        assert.equal((await get('/', { host })).status, 403, host);
    assert.equal((await get('/', { host: null })).status, 403);
    assert.equal((await get('/', { headers: { host: 'evil.example' } })).status, 403);
});

test('requests of other origins are refused', async () => {
    assert.equal((await get('/', { headers: { Origin: `http://127.0.0.1:${port}` } })).status, 200);
    for (const origin of ['http://evil.example', 'null', `https://127.0.0.1:${port}`, 'http://127.0.0.1',
        `http://localhost:${port}`, `http://127.0.0.1:${port}.evil.example`])
        assert.equal((await get('/', { headers: { Origin: origin } })).status, 403, origin);
});

test('no path leads outside the files of the page', async () => {
    for (const path of ['/../../etc/passwd', '/%2e%2e/%2e%2e/etc/passwd', '//etc/passwd', '/..%2f..%2fetc/passwd',
        '/index.html/', '/index.html%00.js', '/page_assets', '/studio/', `/${'a'.repeat(3000)}`,
        '/%', '/%zz', '/INDEX.HTML']) {
        const { status } = await get(path);
        assert.ok([0, 403, 404].includes(status), `${path}: ${status}`);
    }
    for (const path of ['http://evil.example/', '*', 'index.html', '/%00', '/.', '/a/..']) {
        const { status, body } = await get(path);
        assert.ok(status !== 200 || body.equals(readFileSync(join(page, 'index.html'))), path);
    }
    await isAlive();
});

test('methods other than GET and HEAD are refused, with and without a body', async () => {
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
        assert.equal((await get('/', { method })).status, 405, method);
        assert.equal((await get('/', { method, headers: { 'Content-Length': '0' } })).status, 405, method);
    }
    const post = await exchange(`POST / HTTP/1.1\r\nHost: localhost\r\nCookie: ${cookies.get(port)}\r\nContent-Length: 5\r\n\r\nabcde`);
    assert.equal(post.status, 405);
    for (const method of ['TRACE', 'CONNECT', 'PROPFIND', 'G\x00T', ''])
        assert.notEqual((await get('/', { method })).status, 200, method);
    await isAlive();
});

test('invalid HTTP and endless headers are cut off', async () => {
    const none = [
        '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', '\x00'.repeat(5000),
        '\n'.repeat(5000),
        `GET / HTTP/1.1\r\nHost: localhost\r\nCookie: ${cookies.get(port)}\r\nX: ${'a'.repeat(40000)}\r\n\r\n`,
        `GET / HTTP/1.1\r\nHost: localhost\r\nCookie: ${cookies.get(port)}\r\n${'X: a\r\n'.repeat(20000)}\r\n`,
        `GET / HTTP/1.1\r\nHost: localhost\r\nCookie: ${cookies.get(port)}\r\n${'Cookie: a=b\r\n'.repeat(3000)}\r\n`,
        `GET /${'a/'.repeat(30000)} HTTP/1.1\r\nHost: localhost\r\nCookie: ${cookies.get(port)}\r\n\r\n`,
        `GET /?${'a=b&'.repeat(10000)} HTTP/1.1\r\nHost: localhost\r\nCookie: ${cookies.get(port)}\r\n\r\n`,
    ];
    for (const bytes of none) {
        const { status } = await exchange(Buffer.from(bytes, 'latin1'), { part: true });
        assert.notEqual(status, 200, bytes.slice(0, 40));
    }
    await isAlive();
});

test('an invalid handshake gets no WebSocket', async () => {
    const refused = async (options, status) => {
        const socket = await connect(port, options);
        assert.equal(Number(/ (\d+) /.exec(socket.answer)?.[1] ?? 0), status, JSON.stringify(options));
        await socket.end();
    };
    assert.equal((await get('/ws')).status, 426);
    await refused({ origin: null }, 403);
    await refused({ origin: 'http://evil.example' }, 403);
    await refused({ host: 'evil.example' }, 403);
    await refused({ path: '/' }, 200);
    await refused({ path: '/other' }, 404);
    await refused({ headers: { Upgrade: 'h2c', 'HTTP2-Settings': 'AAMAAABkAARAAAAAAAIAAAAA' } }, 426);
    await refused({ headers: { 'Sec-WebSocket-Version': '8' } }, 426);
    await refused({ headers: { 'Sec-WebSocket-Version': null } }, 426);
    await refused({ headers: { 'Sec-WebSocket-Key': null } }, 0);
    await isAlive();
});

test('a fragmented message with a ping in between is one message', async () => {
    const socket = await connect(port);
    assert.match(socket.answer, / 101 /);
    const text = JSON.stringify({ type: 'hello', project: '' });
    socket.raw(frame(TEXT, text.slice(0, 5), { fin: false }));
    socket.raw(frame(PING, 'are you there'));
    socket.raw(frame(0, text.slice(5, 6), { fin: false }));
    socket.raw(frame(0, '', { fin: false }));
    assert.equal(await socket.whenPong(), 'are you there');
    for (const byte of frame(0, text.slice(6))) socket.raw(Buffer.from([byte]));
    const welcome = await socket.until((message) => message.type === 'welcome');
    assert.equal(welcome.models.length, 1);
    assert.equal(welcome.models[0].name, 'toy-faces-64');
    await socket.end();
});

test('without models the studio serves those of weights/demo, in the order of their names', async () => {
    const demos = await start(ganbend);
    const socket = await connect(demos.port);
    socket.send({ type: 'hello', project: '' });
    const welcome = await socket.until((message) => message.type === 'welcome');
    const files = readdirSync('weights/demo').filter((name) => name.endsWith('.gbw')).sort();
    assert.deepEqual(welcome.models.map((model) => `${model.name}.gbw`), files);
    await socket.end();
    assert.equal(await demos.stop(), 0);
});

test('messages larger than 8 MiB close the connection, whole or in fragments', async () => {
    const whole = await connect(port);
    whole.raw(frame(TEXT, ' '.repeat(1 << 20), { length: (8 << 20) + 1 }));
    assert.equal((await whole.whenClosed()).code, 1009);
    const endless = await connect(port);
    endless.raw(frame(TEXT, ' '.repeat(1 << 16), { length: 2 ** 52 }));
    assert.equal((await endless.whenClosed()).code, 1009);
    const pieces = await connect(port);
    pieces.raw(frame(TEXT, '"', { fin: false }));
    const piece = frame(0, ' '.repeat(1 << 20), { fin: false });
    for (let i = 0; i < 8; i++) pieces.raw(piece);
    const { code, reason } = await pieces.whenClosed();
    assert.equal(code, 1009);
    assert.match(reason, /8 MiB/);
    // The reason arrives although the page is still sending.
    for (let i = 0; i < 50; i++) {
        const sending = await connect(port);
        sending.raw(frame(TEXT, ' '.repeat(1 << 20), { length: (8 << 20) + 1 }));
        assert.equal((await sending.whenClosed()).code, 1009);
    }
    await isAlive();
});

test('a protocol error closes that connection only', async () => {
    const bystander = await connect(port);
    const broken = {
        'text that is not UTF-8': [frame(TEXT, Buffer.from([0x22, 0xff, 0xfe, 0x22])), 1007],
        'a reserved bit': [frame(TEXT, '{}', { head: 0xc1 }), 1002],
        'an unknown opcode': [frame(3, '{}'), 1002],
        'a continuation of nothing': [frame(0, '{}'), 1002],
        'a fragmented ping': [frame(PING, 'a', { fin: false }), 1002],
    };
    for (const [what, [bytes, code]] of Object.entries(broken)) {
        const socket = await connect(port);
        socket.raw(bytes);
        assert.equal((await socket.whenClosed()).code, code, what);
    }
    for (const bytes of [frame(TEXT, 'no JSON'), frame(TEXT, '[]'), frame(TEXT, '{"type": "nonsense"}'),
        frame(TEXT, ''), frame(BINARY, '{}'), frame(TEXT, '['.repeat(100000))]) {
        const socket = await connect(port);
        socket.raw(bytes);
        const { code, reason } = await socket.whenClosed();
        assert.ok([1003, 1007, 1008].includes(code), `${code} ${reason}`);
        assert.notEqual(reason, '');
    }
    bystander.send({ type: 'hello', project: '' });
    await bystander.until((message) => message.type === 'welcome');
    await bystander.end();
});

test('sixteen tabs are served, the next one is refused with a reason, and closing one makes room', async () => {
    const tabs = [];
    for (let i = 0; i < 16; i++) tabs.push(await connect(port));
    const next = await connect(port);
    const { code, reason } = await next.whenClosed();
    assert.equal(code, 1013);
    assert.match(reason, /16 tabs/);
    await tabs.pop().end();
    let another;
    do {
        another = await connect(port);
        another.send({ type: 'hello', project: '' });
        await another.until((message) => message.type === 'welcome').catch(() => {});
    } while (another.closed);
    for (const tab of [...tabs, another]) await tab.end();
});

// Opens connections that send these bytes and wait.
async function openIdle(to, count, bytes) {
    const idle = [];
    for (let i = 0; i < count; i++) {
        const socket = net.connect(to, '127.0.0.1');
        socket.on('error', () => {});
        await new Promise((resolve) => socket.on('connect', resolve));
        if (bytes) socket.write(bytes);
        idle.push(socket);
    }
    return idle;
}

test('more connections with the token than are served are turned away with 503, and then served again', async () => {
    const crowded = await start(ganbend), to = crowded.port;
    const request = `HEAD / HTTP/1.1\r\nHost: localhost\r\nCookie: ${cookies.get(to)}\r\n\r\n`;
    const idle = [];
    for (let i = 0; i < 32; i++) {
        const [socket] = await openIdle(to, 1, request);
        await new Promise((resolve) => socket.once('data', resolve));
        idle.push(socket);
    }
    let answer = await get('/', { to });
    assert.equal(answer.status, 503);
    assert.match(answer.head, /Retry-After/);
    for (const socket of idle) socket.destroy();
    do answer = await get('/', { to });
    while (answer.status === 503);
    assert.equal(answer.status, 200);
    await crowded.stop();
});

test('connections that say nothing, or only half of a request, do not keep others out', async () => {
    const other = await bystander();
    for (const bytes of ['', 'GET / HTTP/1.1\r\nHost: local', 'GET / HTTP/1.1\r\nHost: localhost\r\nX: ']) {
        const idle = await openIdle(port, 120, bytes);
        for (let i = 0; i < 20; i++) {
            assert.equal((await get('/')).status, 200);
            idle.push(...await openIdle(port, 3, bytes));
        }
        const tab = await connect(port);
        tab.send({ type: 'hello', project: '' });
        await tab.until((message) => message.type === 'welcome');
        await other.show();
        await tab.end();
        for (const socket of idle) socket.destroy();
    }
    await other.end();
});

test('a WebSocket with a subprotocol is refused before it is one', async () => {
    for (const name of ['studio', 'listener', 'osc', 'stop', 'chat', 'chat, listener']) {
        const socket = await connect(port, { headers: { 'Sec-WebSocket-Protocol': name } });
        assert.match(socket.answer, / 403 /, name);
        await socket.end();
    }
    await isAlive();
});

// The page, its files and its WebSocket need the token; a Host of the list is accepted with it.
async function expectToken(open, hosts, foreign) {
    const to = open.port, host = `127.0.0.1:${to}`, { token } = open;
    const status = async (path, headers = {}, more = {}) =>
        (await get(path, { to, headers: { Cookie: null, ...headers }, ...more })).status;
    for (const path of ['/', '/index.html', '/main.js', '/missing', '/ws', `/?token=${token.slice(1)}0`, '/?token=',
        `/#token=${token}`, `/?tok=${token}`])
        assert.equal(await status(path), 403, path);
    const first = await get(`/?token=${token}`, { to, headers: { Cookie: null } });
    assert.equal(first.status, 200);
    const kept = /Set-Cookie: (ganbend-\d+=[0-9a-f]{32}); Path=\/; HttpOnly; SameSite=Strict$/m.exec(first.head.replaceAll('\r', ''));
    assert.equal(kept[1], `ganbend-${to}=${token}`);
    assert.match(first.head, /Cache-Control: no-store/);
    assert.match(first.head, /Referrer-Policy: no-referrer/);
    assert.doesNotMatch((await get('/', { to })).head, /Set-Cookie/);
    const headers = { Cookie: `theme=dark; ${kept[1]}` };
    assert.equal(await status('/main.js', headers), 200);
    assert.equal(await status('/main.js', { Cookie: `${kept[1]}0` }), 403);
    assert.equal(await status('/main.js', { Cookie: `x${kept[1]}` }), 403);
    assert.equal(await status('/main.js', headers, { host: 'evil.example' }), 403);
    for (const name of hosts) assert.equal(await status('/main.js', headers, { host: `${name}:${to}` }), 200, name);
    for (const name of foreign) assert.equal(await status('/main.js', headers, { host: `${name}:${to}` }), 403, name);
    const none = { Cookie: null };
    for (const [options, answer] of [[{ headers: none }, 403], [{ headers }, 101],
        [{ headers: none, path: `/ws?token=${token}` }, 101], [{ headers: none, path: '/ws?token=0' }, 403],
        [{ headers, origin: 'http://evil.example' }, 403], [{ headers, origin: null }, 403]]) {
        const socket = await connect(to, { host, ...options });
        assert.ok(socket.answer.includes(` ${answer} `), `${JSON.stringify(options)}: ${socket.answer}`);
        await socket.end();
    }
}

test('the page, its files and its WebSocket need the token, for other users of this machine are strangers too', async () => {
    await expectToken(studio, ['localhost'], ['10.1.2.3', hostname()]);
});

test('with --listen the same holds for other machines, and a warning says that nothing is encrypted', async () => {
    const open = await start(ganbend, [toyFaces, '--listen', '127.0.0.1', '--name', 'atelier.example']);
    await expectToken(open, ['localhost', '10.1.2.3', hostname(), 'atelier.example'], ['ateliers.example']);
    assert.match(open.address, /^http:\/\/atelier\.example:/);
    await open.stop();
    assert.doesNotMatch(open.output(), /warning/);                  // only this machine can connect
    const all = await start(ganbend, [toyFaces, '--listen', '0.0.0.0']);
    await all.stop();
    assert.match(all.output(), /^warning: the connection is not encrypted: .*--cert and --key.*$/m);
});

test('with --cert and --key everything is encrypted, and nothing else is answered', async () => {
    const here = dirname(fileURLToPath(import.meta.url));
    const certificate = join(here, 'certificate.pem'), key = join(here, 'key.pem'), ca = readFileSync(certificate);
    const open = await start(ganbend, [toyFaces, '--listen', '127.0.0.1', '--cert', certificate, '--key', key,
        '--name', 'atelier.example']);
    const to = open.port, host = `atelier.example:${to}`;
    assert.equal(open.address, `https://${host}/?token=${open.token}`);
    const visit = (path, headers) => new Promise((resolve, reject) => {
        https.get({ host: '127.0.0.1', port: to, path, servername: 'atelier.example', ca, agent: false,
            headers: { Host: host, ...headers } }, (answer) => {
            answer.resume();
            answer.on('end', () => resolve(answer));
        }).on('error', reject);
    });
    assert.equal((await visit('/')).statusCode, 403);
    const first = await visit(`/?token=${open.token}`);
    assert.equal(first.statusCode, 200);
    assert.match(first.headers['set-cookie'][0], /; Path=\/; HttpOnly; SameSite=Strict; Secure$/);
    assert.equal((await visit('/main.js', { Cookie: cookies.get(to) })).statusCode, 200);
    const secure = { ca, servername: 'atelier.example' };
    const tab = await connect(to, { host, secure });
    assert.match(tab.answer, / 101 /);
    tab.send({ type: 'hello', project: '' });
    await tab.until((message) => message.type === 'network');
    tab.send({ type: 'render', serial: 1, recipe: 'bends: []\n' });
    await tab.until(Buffer.isBuffer);
    const foreign = await connect(to, { host, secure, origin: `http://${host}` });
    assert.match(foreign.answer, / 403 /);
    assert.notEqual((await get('/', { to })).status, 200);
    const silent = await openIdle(to, 120, '');             // in the middle of the handshake, too
    silent.push(...await openIdle(to, 40, Buffer.from('1603010200010001fc0303', 'hex')));
    for (let i = 0; i < 5; i++) assert.equal((await visit('/main.js', { Cookie: cookies.get(to) })).statusCode, 200);
    tab.send({ type: 'render', serial: 2, recipe: 'inputs: {seeds: 5}\n' });
    await tab.until((message) => Buffer.isBuffer(message) && headerOf(message).serial === 2);
    for (const socket of silent) socket.destroy();
    await tab.end();
    assert.equal(await open.stop(), 0);
    assert.doesNotMatch(open.output(), /warning/);
});

test('a certificate that cannot be used is reported in one line', () => {
    const run = (...options) => spawnSync(ganbend, ['studio', toyFaces, '--no-browser', '--port', '0', '--out',
        join(studio.folder, 'other'), ...options], { encoding: 'utf8' });
    for (const [one, two] of [['no-such.pem', 'no-such.pem'], [toyFaces, toyFaces]]) {
        const { status, stderr } = run('--cert', one, '--key', two);
        assert.equal(status, 1);
        assert.match(stderr, /^ganbend studio: .* are not a certificate and its key that can be used\n$/);
    }
    assert.match(run('--cert', 'a.pem').stderr, /--cert and --key go together/);
    assert.match(run('--name', 'atelier').stderr, /--name is for use with --listen/);
});

test('the token stays the same when the program is started again, in a file that only its owner can read', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'token-')), file = join(folder, 'studio/.token');
    const tokenOf = async () => {
        const one = await start(ganbend, [toyFaces], { out: folder });
        assert.equal(await one.stop(), 0);
        assert.equal(statSync(file).mode & 0o777, 0o600);
        return one.token;
    };
    try {
        const first = await tokenOf();
        assert.notEqual(first, studio.token);
        assert.equal(await tokenOf(), first);
        chmodSync(file, 0o644);                         // others may have read it
        const second = await tokenOf();
        assert.notEqual(second, first);
        writeFileSync(file, 'short\n');
        assert.match(await tokenOf(), /^[0-9a-f]{32}$/);
        rmSync(file);
        symlinkSync('/dev/zero', file);
        assert.notEqual(await tokenOf(), second);
    } finally {
        rmSync(folder, { recursive: true });
    }
});

test('the browser is opened with a file that leads to the address: the token is in no program\'s arguments', async () => {
    const visited = await startAndOpen(ganbend, [toyFaces]), file = visited.opened;
    assert.ok(!file.includes(visited.token) && file.endsWith('.html'), file);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.ok(readFileSync(file, 'utf8').includes(`content="0; url=${visited.address}"`));
    await get('/', { to: visited.port, headers: { Cookie: null } });
    assert.ok(existsSync(file), 'only a visit with the token removes it');
    await get(`/?token=${visited.token}`, { to: visited.port, headers: { Cookie: null } });
    assert.ok(!existsSync(file));
    assert.equal(await visited.stop(), 0);
    const left = await startAndOpen(ganbend, [toyFaces]);
    assert.ok(existsSync(left.opened));
    assert.equal(await left.stop(), 0);
    assert.ok(!existsSync(left.opened));
});

function bundle(...parts) {
    const head = Buffer.from('#bundle\0\xff\xff\xff\xff\0\0\0\0', 'latin1');     // for a time far ahead
    return Buffer.concat([head, ...parts.flatMap((part) => {
        const size = Buffer.alloc(4);
        size.writeUInt32BE(part.length);
        return [size, part];
    })]);
}

test('OSC reaches every tab, and invalid OSC none', async () => {
    const sender = await udp(), osc_port = await freePort();
    const played = await start(ganbend, [toyFaces, '--listen', '0.0.0.0', '--osc', String(osc_port)]);     // pages, not OSC
    try {
        assert.match(played.output(), new RegExp(`receiving OSC on 127\\.0\\.0\\.1, port ${osc_port}`));
        const tabs = [await connect(played.port), await connect(played.port)];
        for (const tab of tabs) {
            tab.send({ type: 'hello', project: '' });
            await tab.until((message) => message.type === 'network');
        }
        const nothing = [
            Buffer.alloc(0), Buffer.from('/ganbend/trunc'), osc('/other/trunc', 'f', 1), osc('/ganbend/', 'f', 1),
            osc('/ganbend/trunc', 'f', NaN), osc('/ganbend/trunc', 'f', Infinity), osc('/ganbend/trunc', 'ff', 1, 2),
            osc('/ganbend/trunc', ''), osc('/ganbend/a b', 'f', 1), osc('/ganbend/trunc', 'f', 1).subarray(0, -1),
            Buffer.alloc(9000, '/'), bundle(Buffer.from('abc')),
            Buffer.from('#bundle\0\0\0\0\0\0\0\0\0\xff\xff\xff\xff', 'latin1'),
            bundle(bundle(bundle(bundle(bundle(bundle(osc('/ganbend/deep', 'f', 1))))))),
        ];
        const real = [osc('/ganbend/trunc', 'f', 0.5), osc('/ganbend/seed', 'i', 7),
            bundle(osc('/ganbend/bend/2/angle', 'd', -30), bundle(osc('/ganbend/z/13', 'f', 2)))];
        const wanted = new Map([['trunc', 0.5], ['seed', 7], ['bend/2/angle', -30], ['z/13', 2]]);
        for (const packet of [...nothing, ...real]) sender.send(packet, osc_port, '127.0.0.1');
        for (const tab of tabs) {
            const got = new Map();
            while (got.size < wanted.size) {
                const { address, value } = await tab.until((message) => message.type === 'control');
                got.set(address, value);
            }
            assert.deepEqual([...got].sort(), [...wanted].sort());
            await tab.end();
        }
    } finally {
        sender.close();
        await played.stop();
    }
});

test('a port in use and a foreign address are reported in one line', () => {
    const run = (...options) => spawnSync(ganbend, ['studio', '--no-browser', '--out', join(studio.folder, 'other'), ...options],
        { encoding: 'utf8' });
    const taken = run('--port', String(port));
    assert.equal(taken.status, 1);
    assert.equal(taken.stderr, `ganbend studio: port ${port} is in use; choose another with --port\n`);
    const foreign = run('--port', '0', '--listen', '192.0.2.1');
    assert.equal(foreign.status, 2);
    assert.match(foreign.stderr, /^ganbend studio: 192\.0\.2\.1 is not an address of this machine.*\n$/);
    const none = run('no-such-file.gbw');
    assert.equal(none.status, 1);
    assert.match(none.stderr, /^ganbend studio: .*no-such-file\.gbw.*\n$/);
});

test('a second program cannot use the same folder; one that was killed leaves it free and without unfinished files', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'folder-'));
    try {
        const first = await start(ganbend, [toyFaces], { out: folder });
        const second = spawnSync(ganbend, ['studio', toyFaces, '--port', '0', '--no-browser', '--out', folder], { encoding: 'utf8' });
        assert.equal(second.status, 1);
        assert.equal(second.stderr, `ganbend studio: ${folder}: another ganbend studio (process ${first.child.pid}) saves its work `
            + 'there; end it, or choose another folder with --out\n');
        const tab = await connect(first.port);
        tab.send({ type: 'film', id: 1, name: 'walk', format: 'png', fps: 25, frames: 9 });
        await tab.until((message) => message.id === 1);
        tab.send({ type: 'frame', id: 2, recipe: 'bends: []\n' });
        await tab.until((message) => message.id === 2);
        assert.equal(readdirSync(join(folder, 'studio/.unfinished')).length, 1);
        assert.equal(await first.stop('SIGKILL'), 'SIGKILL');
        const next = await start(ganbend, [toyFaces], { out: folder });
        assert.equal(readdirSync(join(folder, 'studio/.unfinished')).length, 0);
        assert.equal(await next.stop(), 0);
        assert.deepEqual(readdirSync(folder), ['studio']);
    } finally {
        rmSync(folder, { recursive: true });
    }
});

test('killed while a project is being written again and again, the program leaves a whole file with all that it has said it kept', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'killed-'));
    let kept = 0;
    try {
        for (let life = 0; life < 3; life++) {
            const played = await start(ganbend, [toyFaces], { out: folder }), tab = await connect(played.port);
            tab.send({ type: 'hello', project: 'set' });
            const { document } = await tab.until((message) => message.type === 'welcome');
            assert.ok(kept === 0 || document.count >= kept);
            let count = document?.count ?? 0;
            for (const last = count + 5 + 7 * life; count < last; kept = count) {
                tab.send({ type: 'keep', id: count + 1, document: { count: ++count, filling: 'x'.repeat(1 << 18) } });
                await tab.until((message) => message.id === count);
            }
            for (let more = 1; more <= 4; more++)           // some of these are being written when it is killed
                tab.send({ type: 'keep', id: count + more, document: { count: count + more, filling: 'x'.repeat(1 << 18) } });
            assert.equal(await played.stop('SIGKILL'), 'SIGKILL');
            const { count: onDisk, filling } = JSON.parse(readFileSync(join(folder, 'studio/set.json')));
            assert.ok(onDisk >= kept && onDisk <= count + 4, `${onDisk} on disk, ${kept} kept`);
            assert.equal(filling.length, 1 << 18);
        }
    } finally {
        rmSync(folder, { recursive: true });
    }
});

// A tab that keeps working: show() resolves when its next picture has arrived.
async function bystander() {
    const tab = await connect(port);
    let serial = 0;
    const show = async () => {
        tab.send({ type: 'render', serial: ++serial, recipe: `inputs: {seeds: ${serial}}\nbends: []\n` });
        for (let whole = false; !whole;) {
            const frame = headerOf(await tab.until(Buffer.isBuffer));
            tab.send({ type: 'shown', serial: frame.serial });
            whole = frame.full && frame.serial === serial;
        }
    };
    await show();
    return { show, end: () => tab.end() };
}

test('a tab that does not read its answers is closed, and others keep getting their pictures', async () => {
    const other = await bystander();
    const text = `bends: []\nsummary: "${'x'.repeat(4 << 20)}"\n`;
    const deaf = await connect(port);
    deaf.socket.pause();
    deaf.send({ type: 'parse', id: 1, text });                     // its answer fills the socket buffer
    await other.show();
    deaf.send({ type: 'parse', id: 2, text });                     // this one is running when the others arrive
    deaf.raw(Buffer.concat(Array.from({ length: 200 }, () => frame(TEXT, JSON.stringify({ type: 'hello', project: '' })))));
    for (let i = 0; i < 20; i++) await other.show();
    deaf.socket.resume();
    const { code, reason } = await deaf.whenClosed();
    assert.equal(code, 1008);
    assert.match(reason, /too many requests/);
    await other.show();
    await other.end();
});

test('closing a tab during a long job does not delay others', async () => {
    const other = await bystander();
    const recipe = `bends:\n${"- {at: '*', filter: invert}\n".repeat(300)}`;
    for (let i = 0; i < 3; i++) {
        const busy = await connect(port);
        busy.send({ type: 'hello', project: 'busy' });
        await busy.until((message) => message.type === 'network');
        busy.send({ type: 'render', serial: 1, recipe });
        busy.send({ type: 'statistics', id: 1, recipe, node: 'synthesis.b64.conv1', bins: 64 });
        await other.show();
        await busy.end();
        await other.show();
    }
    await isAlive();
    await other.end();
});

for (const signal of ['SIGTERM', 'SIGINT'])
    test(`${signal} tells the tabs and ends the program, even if a tab does not read`, async () => {
        const other = await start(ganbend);
        const reader = await connect(other.port), sleeper = await connect(other.port);
        sleeper.socket.pause();
        reader.send({ type: 'hello', project: '' });
        await reader.until((message) => message.type === 'network');
        const ended = other.stop(signal);
        const { code, reason } = await reader.whenClosed();
        assert.equal(code, 1001);
        assert.match(reason, /shut down/);
        assert.equal(await ended, 0);
        sleeper.socket.destroy();
    });
