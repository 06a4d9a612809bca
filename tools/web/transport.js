// How the page reaches the program in the folder for web hosts: it runs in a worker of this page. Stands in place of the module of
// this name in tools/studio/page/state/, and exports the same.

export const outputPage = 'output.html';
export const isInBrowser = true;

export const openSocket = (path, {project = ''} = {}) => path === 'watch' ? new WindowSocket(project) : new WorkerSocket();

// What a WebSocket has of states and events.
class Socket extends EventTarget {
    readyState = WebSocket.CONNECTING;

    opened() {
        this.readyState = WebSocket.OPEN;
        this.dispatchEvent(new Event('open'));
    }

    received(data) {
        this.dispatchEvent(new MessageEvent('message', {data}));
    }

    closed(reason) {
        if (this.readyState === WebSocket.CLOSED)
            return;
        this.readyState = WebSocket.CLOSED;
        this.dispatchEvent(new CloseEvent('close', {reason}));
    }
}

class WorkerSocket extends Socket {
    #worker = new Worker('worker.js');

    constructor() {
        super();
        this.#worker.onmessage = ({data}) => {
            if (data.open)
                this.opened();
            else if (data.closed)
                this.closed(data.reason);
            else
                this.received(data.text ?? data.bytes);
        };
        // Out of memory, for example: the page begins again with a new worker.
        this.#worker.onerror = event => this.closed(event.message || 'the program could not be loaded');
    }

    send(text) {
        this.#worker.postMessage(text);
    }

    close() {
        this.closed('');
    }

    closed(reason) {
        this.#worker.terminate();
        super.closed(reason);
    }
}

// An output window and the program of another tab: see `outputs` in worker.js. The first program that answers is the one.
class WindowSocket extends Socket {
    #channel = new BroadcastChannel('ganbend output');
    #me = crypto.randomUUID();
    #program = null;

    constructor(project) {
        super();
        this.#channel.onmessage = ({data: {to, from, started, data}}) => {
            if (started)
                return this.close();            // a tab that was loaded again: ask anew
            if (to !== this.#me || from !== (this.#program ?? from))
                return;
            if (!this.#program) {
                this.#program = from;
                this.opened();
            }
            this.received(data);
        };
        this.#channel.postMessage({from: this.#me, project});
        addEventListener('pagehide', () => this.close());
    }

    send(text) {
        this.#channel.postMessage({to: this.#program, from: this.#me, text});
    }

    close() {
        this.closed('');
    }

    closed(reason) {
        if (this.readyState !== WebSocket.CLOSED)
            this.#channel.postMessage({to: this.#program, from: this.#me, closed: true});
        this.#channel.close();
        super.closed(reason);
    }
}
