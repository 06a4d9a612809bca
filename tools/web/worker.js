// The studio's program in a web worker of one page: compiled C (web.c) with its files in memory, which storage.js keeps. The page
// sends the texts that it would send over a WebSocket (transport.js), and gets {text}, {bytes}, or {closed, reason}; {open} comes
// first. The program has threads where the page is cross-origin isolated; elsewhere everything runs in this one.
'use strict';

importScripts('storage.js');

const folder = '/out', unfinished = '/out/studio/.unfinished';
const maxThreads = 8;

let program = null, storage = null;
let sent = Promise.resolve();           // all texts so far are with the page
let waiting = 0;                        // texts that are not

/* ------------------------------------------------------------------------------------------ to the page */

const tell = (message, transfer = []) => postMessage(message, transfer);

// Whatever the text answers is in the database first: what was saved survives when the page is closed at once. Texts stay in
// their order; pictures do not wait.
function tellText(text) {
    const kept = storage.keep();
    if (!kept && !waiting)
        return tell({text});
    waiting++;
    sent = Promise.all([sent, kept]).catch(error => {
        tell({text: JSON.stringify({type: 'answer', error: `The browser has not kept this: ${error.message}`})});
    }).then(() => {
        waiting--;
        tell({text});
    });
}

function send(to, bytes, isBinary) {
    const text = isBinary ? null : new TextDecoder().decode(bytes);
    if (to >= 0)
        return outputs.send(to, isBinary ? bytes.buffer : text);
    if (isBinary)
        return tell({bytes: bytes.buffer}, [bytes.buffer]);
    if (!projects.own)
        projects.claim(text);
    tellText(text);
}

function closed(code, reason) {
    tell({closed: code, reason});
    close();
}

/* ------------------------------------------------------------------------------------------ from the page */

// With one thread, the work is done in steps between which messages arrive, so that a newer picture replaces one that waits.
const steps = new MessageChannel();
let isStepping = false;

function step() {
    if (isStepping)
        return;
    isStepping = true;
    steps.port2.postMessage(null);
}

steps.port1.onmessage = () => {
    isStepping = false;
    if (program._web_step())
        step();
};

// Calls run(address) with the text in the program's memory.
function withText(text, run) {
    const size = program.lengthBytesUTF8(text) + 1, at = program._malloc(size);
    if (!at)
        return closed(1011, 'out of memory');
    program.stringToUTF8(text, at, size);
    run(at);
    program._free(at);
}

function receive(text) {
    projects.tab ??= JSON.parse(text).tab ?? '';
    withText(text, program._web_receive);
    step();
}

onmessage = ({data}) => receive(data);

/* ------------------------------------------------------------------------------------------ other tabs */

// Every tab has a program of its own, and they share the database. A project belongs to one tab: each holds a lock with the name of
// its project, and looks for those of others when it begins.
const projects = {
    own: null, tab: null,
    async elsewhere() {
        const {held = []} = await navigator.locks?.query() ?? {};
        return held.filter(({name}) => name.startsWith('ganbend [')).map(({name}) => JSON.parse(name.slice(8)));
    },
    claim(text) {
        const {type, project} = JSON.parse(text);
        if (type !== 'welcome')
            return;
        projects.own = project;
        navigator.locks?.request(`ganbend ${JSON.stringify([project, projects.tab])}`, () => new Promise(() => {}));
        outputs.open();
    },
};

// Output windows are other pages, which a channel of the browser reaches: {from, project} opens one, {to, from, text} is a message
// from one, {to, from, closed} its end, and {to, from, data} a message to it. There are as many as in web.c; of more, the oldest go.
const outputs = {
    channel: null, me: crypto.randomUUID(), windows: Array(8).fill(null), oldest: 0,
    open() {
        outputs.channel = new BroadcastChannel('ganbend output');
        outputs.channel.onmessage = ({data}) => {
            if (data.project === '' || data.project === projects.own)
                outputs.add(data.from);
            else if (data.to === outputs.me && outputs.windows.includes(data.from))
                outputs.receive(outputs.windows.indexOf(data.from), data);
        };
        outputs.channel.postMessage({from: outputs.me, started: true});
    },
    add(from) {
        const {windows} = outputs, number = windows.includes(null) ? windows.indexOf(null) : outputs.oldest++ % windows.length;
        windows[number] = from;
        program._web_watch(number);
    },
    receive(number, {text, closed: isClosed}) {
        if (!isClosed)
            return withText(text, at => program._web_watched(number, at));
        outputs.windows[number] = null;
        program._web_unwatch(number);
    },
    send(number, data) {
        outputs.channel.postMessage({to: outputs.windows[number], from: outputs.me, data});
    },
};

/* ------------------------------------------------------------------------------------------ starting */

function check(wrong) {
    if (wrong)
        throw new Error(program.UTF8ToString(wrong));
}

async function fetched(address) {
    const response = await fetch(address);
    if (!response.ok)
        throw new Error(`${address}: ${response.status} ${response.statusText}`);
    return response;
}

// [name, bytes] of the networks that models/list.json names.
async function readModels() {
    const names = await (await fetched('models/list.json')).json();
    return Promise.all(names.map(async name => [name, new Uint8Array(await (await fetched(`models/${name}`)).arrayBuffer())]));
}

async function start() {
    const isThreaded = self.crossOriginIsolated === true;
    const script = new URL(isThreaded ? 'studio-threads.js' : 'studio.js', location.href).href;
    importScripts(script);
    const models = readModels();
    const made = await self.ganbend({send, closed, mainScriptUrlOrBlob: script});       // which its threads load too
    const {FS} = made;
    program = made;
    const kept = await openStorage(FS, folder, unfinished);
    withText(folder, at => check(program._web_start(at, isThreaded ? Math.min(maxThreads, navigator.hardwareConcurrency) : 1)));
    FS.mkdirTree('/models');
    for (const [name, bytes] of await models) {
        FS.writeFile(`/models/${name}`, bytes, {canOwn: true});
        withText(`/models/${name}`, at => check(program._web_model(at)));
        FS.unlink(`/models/${name}`);
    }
    for (const [project, tab] of await projects.elsewhere())
        withText(project, at => withText(tab, of => program._web_elsewhere(at, of)));
    check(program._web_open());
    storage = kept;
    tell({open: true});
}

start().catch(error => closed(1011, error.message));
