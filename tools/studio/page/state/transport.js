// How the page reaches the program: by a WebSocket to the server that serves it. In the folder for web hosts, tools/web/transport.js
// stands in place of this file: there the program runs in a web worker. Both export the same.

// A connection with the events, send(), close() and readyState of a WebSocket: 'ws' for a page, 'watch' for an output window.
// The server is that of the page, and the token is in the cookie.
export function openSocket(path, query = {}) {
    const url = new URL(path, location.href);
    url.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';
    url.hash = '';
    url.search = new URLSearchParams(query);
    const socket = new WebSocket(url);
    socket.binaryType = 'arraybuffer';
    return socket;
}

export const outputPage = 'output';         // the address of an output window, relative to the page
export const isInBrowser = false;           // the program runs in the browser, and so do its files
