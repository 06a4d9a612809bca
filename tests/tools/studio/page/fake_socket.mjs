// A fake WebSocket: `sent` holds what the page sent, say() delivers a message.
export class FakeSocket extends EventTarget {
    static OPEN = 1;
    static all = [];

    constructor(url) {
        super();
        Object.assign(this, {url: String(url), readyState: 0, sent: []});
        FakeSocket.all.push(this);
    }

    send(text) {
        this.sent.push(JSON.parse(text));
    }

    open() {
        this.readyState = FakeSocket.OPEN;
        this.dispatchEvent(new Event('open'));
    }

    say(message) {
        this.dispatchEvent(Object.assign(new Event('message'), {data: JSON.stringify(message)}));
    }

    sayBinary(header, payload) {
        const head = new TextEncoder().encode(JSON.stringify(header));
        const bytes = new Uint8Array(4 + head.length + payload.length);
        new DataView(bytes.buffer).setUint32(0, head.length, true);
        bytes.set(head, 4);
        bytes.set(payload, 4 + head.length);
        this.dispatchEvent(Object.assign(new Event('message'), {data: bytes.buffer}));
    }

    drop(reason = '') {
        this.readyState = 3;
        this.dispatchEvent(Object.assign(new Event('close'), {reason}));
    }

    static last() {
        return FakeSocket.all.at(-1);
    }
}

export function fakeBrowser(href) {
    globalThis.WebSocket = FakeSocket;
    globalThis.location = new URL(href);
}
