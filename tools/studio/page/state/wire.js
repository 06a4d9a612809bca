// The connection to the program. Text messages are JSON objects with a `type`; requests carry an `id`, and ask() returns a
// promise of the answer. Binary messages are a little-endian header length, a JSON header with a `kind`, and a payload. A lost
// connection is opened again after growing pauses; listeners of 'open' initialise the new connection.
import {openSocket} from './transport.js';

const firstPause = 250, longestPause = 8000, maxId = 0x7fffffff;
const maxUnderWay = 32, maxWaiting = 256;       // requests; the program closes a connection with more than 64

const listeners = new Map();
const waiting = new Map();              // id → request under way
let unsent = [];                        // requests that wait until others are answered
let socket = null, lastId = 0, pause = firstPause, timer = 0;

export const wire = {connect, ask, send, on, state: 'closed',
                     get asking() { return waiting.size + unsent.length > 0; }};     // whether an answer has not arrived yet

function on(name, listener) {
    if (!listeners.has(name))
        listeners.set(name, new Set());
    listeners.get(name).add(listener);
    return () => listeners.get(name).delete(listener);
}

function tell(name, ...what) {
    for (const listener of listeners.get(name) || [])
        listener(...what);
}

function become(state, reason = '') {
    wire.state = state;
    tell('state', state, reason);
}

function connect() {
    clearTimeout(timer);
    become('connecting');
    socket = openSocket('ws');
    socket.addEventListener('open', () => {
        pause = firstPause;
        become('open');
        tell('open');
    });
    socket.addEventListener('message', event => {
        if (typeof event.data === 'string')
            receiveText(event.data);
        else
            receiveBinary(event.data);
    });
    socket.addEventListener('close', event => {
        const lost = [...waiting.values(), ...unsent];
        waiting.clear();
        unsent = [];
        become('closed', event.reason);
        for (const {reject} of lost)
            reject(new Error('the connection was lost before the answer arrived'));
        timer = setTimeout(connect, pause);
        pause = Math.min(2 * pause, longestPause);
    });
}

function answer(id, message, payload) {
    const asked = waiting.get(id);
    waiting.delete(id);
    if (unsent.length)
        put(unsent.shift());
    if (!asked)
        return;
    if (message.error === undefined)
        asked.resolve(payload ? {...message, payload} : message);
    else
        asked.reject(Object.assign(new Error(message.error), {line: message.line, column: message.column}));
}

function receiveText(text) {
    const message = JSON.parse(text);
    if (message.type === 'progress')
        waiting.get(message.id)?.progress?.(message.share);
    if (message.type === 'answer' && !message.id)
        tell('failed', message);            // of a message that has no answer
    else if (message.type === 'answer')
        answer(message.id, message);
    else
        tell(message.type, message);
}

function receiveBinary(buffer) {
    const length = new DataView(buffer).getUint32(0, true);
    const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
    const payload = new Uint8Array(buffer, 4 + length);
    if (header.id)
        answer(header.id, header, payload);
    else
        tell(header.kind, header, payload);
}

// False if there is no connection; everything important is sent again when there is one.
function send(type, fields = {}) {
    if (!socket || socket.readyState !== WebSocket.OPEN)
        return false;
    socket.send(JSON.stringify({type, ...fields}));
    return true;
}

// progress(share) is called for requests that take long.
function ask(type, fields = {}, progress = null) {
    return new Promise((resolve, reject) => {
        const request = {type, fields, resolve, reject, progress};
        if (waiting.size < maxUnderWay)
            put(request);
        else if (unsent.length < maxWaiting)
            unsent.push(request);
        else
            reject(new Error('too many requests are waiting for the program'));
    });
}

function put(request) {
    lastId = lastId % maxId + 1;
    waiting.set(lastId, request);
    if (send(request.type, {id: lastId, ...request.fields}))
        return;
    waiting.delete(lastId);
    request.reject(new Error('there is no connection to the program'));
}
