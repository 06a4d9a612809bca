// A WebSocket client on the level of bytes, so that tests can send what no browser would: fragments, wrong headers, garbage.
import net from 'node:net';
import tls from 'node:tls';
import { randomBytes } from 'node:crypto';

import { cookies } from './server.mjs';

export const TEXT = 1, BINARY = 2, CLOSE = 8, PING = 9, PONG = 10;

// One masked frame. `head` can replace its first byte: fin, reserved bits, opcode.
export function frame(opcode, payload, { fin = true, head = (fin ? 0x80 : 0) | opcode, length } = {}) {
    const bytes = Buffer.from(payload);
    const size = length ?? bytes.length;
    const mask = randomBytes(4);
    let start;
    if (size < 126) {
        start = Buffer.from([head, 0x80 | size]);
    } else if (size < 65536) {
        start = Buffer.from([head, 0x80 | 126, 0, 0]);
        start.writeUInt16BE(size, 2);
    } else {
        start = Buffer.alloc(10);
        start[0] = head;
        start[1] = 0x80 | 127;
        start.writeBigUInt64BE(BigInt(size), 2);
    }
    const masked = Buffer.alloc(bytes.length);
    for (let i = 0; i < bytes.length; i++) masked[i] = bytes[i] ^ mask[i & 3];
    return Buffer.concat([start, mask, masked]);
}

// The complete frames at the beginning of `bytes`, and the rest.
function frames(bytes) {
    const found = [];
    for (;;) {
        if (bytes.length < 2) break;
        let size = bytes[1] & 127, at = 2;
        if (size === 126) {
            if (bytes.length < 4) break;
            size = bytes.readUInt16BE(2);
            at = 4;
        } else if (size === 127) {
            if (bytes.length < 10) break;
            size = Number(bytes.readBigUInt64BE(2));
            at = 10;
        }
        if (bytes.length < at + size) break;
        found.push({ opcode: bytes[0] & 15, payload: bytes.subarray(at, at + size) });
        bytes = bytes.subarray(at + size);
    }
    return { found, rest: bytes };
}

// Connects, by TLS with the options `secure` if there are some, and upgrades, with the cookie of the studio at that port. `answer` is the status line. Messages wait in `inbox` until until(test) takes them. `closed` becomes
// {code, reason}, with code 0 if the connection ended without a close frame.
export function connect(port,
    { host = `127.0.0.1:${port}`, secure = null, origin = `${secure ? 'https' : 'http'}://${host}`, path = '/ws', headers = {} } = {}) {
    const all = {
        Host: host, Origin: origin, Cookie: cookies.get(port) ?? null, Upgrade: 'websocket', Connection: 'Upgrade',
        'Sec-WebSocket-Key': randomBytes(16).toString('base64'), 'Sec-WebSocket-Version': '13', ...headers,
    };
    const lines = Object.entries(all).filter(([, value]) => value !== null)
        .map(([name, value]) => `${name}: ${value}\r\n`);
    const socket = secure ? tls.connect({ port, host: '127.0.0.1', ...secure }) : net.connect(port, '127.0.0.1');
    const self = { socket, inbox: [], pongs: [], closed: null, answer: '' };
    let waiting = [], bytes = Buffer.alloc(0), open = false, settle;
    const ready = new Promise((resolve) => { settle = resolve; });
    const wake = () => { const old = waiting; waiting = []; for (const again of old) again(); };
    const change = () => new Promise((resolve) => waiting.push(resolve));

    socket.on(secure ? 'secureConnect' : 'connect', () => socket.write(`GET ${path} HTTP/1.1\r\n${lines.join('')}\r\n`));
    socket.on('error', () => {});
    socket.on('close', () => {
        self.closed ??= { code: 0, reason: '' };
        settle(self);
        wake();
    });
    socket.on('data', (more) => {
        bytes = bytes.length ? Buffer.concat([bytes, more]) : more;
        if (!open) {
            const end = bytes.indexOf('\r\n\r\n');
            if (end < 0) return;
            self.answer = bytes.toString('latin1', 0, bytes.indexOf('\r\n'));
            open = self.answer.includes(' 101 ');
            bytes = bytes.subarray(end + 4);
            settle(self);
            if (!open) return;
        }
        const { found, rest } = frames(bytes);
        bytes = rest;
        for (const { opcode, payload } of found) {
            if (opcode === TEXT) self.inbox.push(JSON.parse(payload.toString()));
            else if (opcode === BINARY) self.inbox.push(Buffer.from(payload));
            else if (opcode === PING) socket.write(frame(PONG, payload));
            else if (opcode === PONG) self.pongs.push(payload.toString());
            else if (opcode === CLOSE) {
                const code = payload.length > 1 ? payload.readUInt16BE(0) : 1005;
                self.closed ??= { code, reason: payload.toString('utf8', 2) };
                socket.end(frame(CLOSE, payload));
            }
        }
        wake();
    });

    self.send = (object) => socket.write(frame(TEXT, JSON.stringify(object)));
    self.raw = (data) => socket.write(data);
    // Waits for a message that `wanted` accepts; others before it are dropped.
    self.until = async (wanted) => {
        for (;;) {
            while (self.inbox.length) {
                const message = self.inbox.shift();
                if (wanted(message)) return message;
            }
            if (self.closed) throw new Error(`closed with ${self.closed.code} ${self.closed.reason}`);
            await change();
        }
    };
    self.whenClosed = async () => {
        while (!self.closed) await change();
        return self.closed;
    };
    self.whenPong = async () => {
        while (!self.pongs.length && !self.closed) await change();
        return self.pongs.shift();
    };
    self.end = () => new Promise((resolve) => {
        if (socket.closed) resolve();
        socket.on('close', resolve);
        socket.destroy();
    });
    return ready;
}
