// What a performer's devices send: a simulated MIDI controller, and OSC over UDP.
import dgram from 'node:dgram';

// JavaScript that runs before the page's own: one controller with eight knobs and some pads. window.turn(knob, value) and
// strike(pad, value) use them, and window.lights are the messages that it gets.
export const controller = `{
    const input = { id: '1', name: 'Eight knobs', state: 'connected', onmidimessage: null };
    window.lights = [];
    const output = { id: '2', name: 'Eight knobs', send: bytes => window.lights.push([...bytes]) };
    const access = { inputs: new Map([['1', input]]), outputs: new Map([['2', output]]), onstatechange: null };
    navigator.requestMIDIAccess = async () => access;
    window.turn = (knob, value) => input.onmidimessage?.({ data: new Uint8Array([0xb0, knob, value]) });
    window.strike = (key, value) => input.onmidimessage?.({ data: new Uint8Array([0x90, key, value]) });
}`;

// Assigns knob 21 to the truncation, as a performer does: touches the control and turns the knob.
export async function assignTruncation(page) {
    await page.tab('MIDI & OSC');
    await page.press(/^Connect MIDI/);
    await page.click(await page.the('slider', 'Truncation'));
    await page.browser.run('turn(21, 64);');
    await page.the('button', 'Controller 21');
    await page.press('Stop learning');
}

// One OSC message: address, type tags, arguments. Strings end with a zero byte and are padded to four bytes.
export function osc(address, tags, ...values) {
    const text = (string) => Buffer.concat([Buffer.from(string), Buffer.alloc(4 - Buffer.byteLength(string) % 4)]);
    const number = (tag, value) => {
        const bytes = Buffer.alloc(tag === 'd' ? 8 : 4);
        if (tag === 'f') bytes.writeFloatBE(value);
        else if (tag === 'd') bytes.writeDoubleBE(value);
        else bytes.writeInt32BE(value);
        return bytes;
    };
    return Buffer.concat([text(address), text(`,${tags}`), ...values.map((value, i) => number(tags[i], value))]);
}

// A socket at a free port of this machine. The port is free again after close().
export function udp() {
    const socket = dgram.createSocket('udp4');
    return new Promise((resolve, reject) => {
        socket.on('error', reject);
        socket.bind(0, '127.0.0.1', () => resolve(socket));
    });
}

export async function freePort() {
    const socket = await udp(), { port } = socket.address();
    await new Promise(resolve => socket.close(resolve));
    return port;
}
