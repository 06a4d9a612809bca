// The output window: the picture of one tab for an audience, on black. Its address may name the tab's project after the #;
// otherwise it follows the tab whose picture is newest. Keys: F full screen, 1 to 9 full screen on that monitor, B black,
// Space freeze, C cover the window or show all of the picture. They act on this window; the tab's own keys and addresses act on
// all its windows.
import {bitmapOf} from '../parts/encoded.js';
import {openSocket} from '../state/transport.js';

const firstPause = 250, longestPause = 4000;

const frame = document.querySelector('main'), canvas = document.querySelector('canvas');
const context = canvas.getContext('bitmaprenderer');
const own = {black: false, frozen: false, fill: null};      // by keys here; fill is null while the tab decides
let look = {black: 0, freeze: false, fill: false};          // of the tab
let socket = null, pause = firstPause, newest = 0;
let held = null;                                            // the newest picture while this window is frozen

// The token of the address is in the cookie now.
if (location.search)
    history.replaceState(null, '', location.pathname + location.hash);

/* ------------------------------------------------------------------------------------------ showing */

function draw(bitmap) {
    if (canvas.width !== bitmap.width || canvas.height !== bitmap.height)
        Object.assign(canvas, {width: bitmap.width, height: bitmap.height});
    context.transferFromImageBitmap(bitmap);
}

function showLook() {
    frame.style.setProperty('--light', own.black ? 0 : 1 - look.black / 255);
    frame.toggleAttribute('data-fill', own.fill ?? look.fill);
}

async function show(header, payload) {
    const mine = ++newest;
    const bitmap = await bitmapOf(header, payload).catch(() => null);
    if (!bitmap || mine < newest)
        return bitmap?.close();
    if (!own.frozen)
        return draw(bitmap);
    held?.close();
    held = bitmap;
}

/* ------------------------------------------------------------------------------------------ the connection */

async function receive({data}) {
    if (typeof data === 'string') {
        const {type, ...news} = JSON.parse(data);
        if (type !== 'output')
            return;
        look = news;
        document.title = look.project ? `${look.project} · ganbend output` : 'ganbend output';
        showLook();
        return;
    }
    const length = new DataView(data).getUint32(0, true);
    const header = JSON.parse(new TextDecoder().decode(new Uint8Array(data, 4, length)));
    const from = socket;
    await show(header, new Uint8Array(data, 4 + length));
    if (from.readyState === WebSocket.OPEN)
        from.send(JSON.stringify({type: 'shown', serial: header.serial}));
}

function connect() {
    socket = openSocket('watch', {project: decodeURIComponent(location.hash.slice(1))});
    socket.addEventListener('open', () => { pause = firstPause; });
    socket.addEventListener('message', receive);
    socket.addEventListener('close', () => {
        setTimeout(connect, pause);
        pause = Math.min(2 * pause, longestPause);
    });
}

/* ------------------------------------------------------------------------------------------ keys */

async function fullScreen(monitor = null) {
    if (document.fullscreenElement && monitor === null)
        return document.exitFullscreen();
    const screens = monitor === null || !window.getScreenDetails ? [] : (await window.getScreenDetails()).screens;
    return document.documentElement.requestFullscreen({navigationUI: 'hide',
                                                       ...screens[monitor] && {screen: screens[monitor]}});
}

function freeze() {
    own.frozen = !own.frozen;
    if (!own.frozen && held)
        draw(held);
    held = null;
}

const keys = {
    f: () => fullScreen(),
    b() { own.black = !own.black; },
    ' ': freeze,
    c() { own.fill = !(own.fill ?? look.fill); },
};

addEventListener('keydown', event => {
    const run = /^[1-9]$/.test(event.key) ? () => fullScreen(Number(event.key) - 1) : keys[event.key.toLowerCase()];
    if (!run || event.ctrlKey || event.metaKey || event.altKey)
        return;
    event.preventDefault();
    Promise.resolve(run()).catch(() => {});     // no full screen without permission
    showLook();
});
addEventListener('dblclick', () => fullScreen().catch(() => {}));
addEventListener('hashchange', () => socket.close());

showLook();
connect();
