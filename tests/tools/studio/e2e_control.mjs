// Control in a browser: OSC over UDP, and a simulated MIDI controller that is installed before the page loads:
// node e2e_control.mjs GANBEND
import assert from 'node:assert/strict';
import dgram from 'node:dgram';
import { after, before, test } from 'node:test';

import { closePages, openPage, until } from './page.mjs';

// One controller with eight knobs; window.turn(knob, value) turns one.
const controller = `{
    const input = { id: '1', name: 'Eight knobs', state: 'connected', onmidimessage: null };
    const access = { inputs: new Map([['1', input]]), outputs: new Map(), onstatechange: null };
    navigator.requestMIDIAccess = async () => access;
    window.turn = (knob, value) => input.onmidimessage?.({ data: new Uint8Array([0xb0, knob, value]) });
}`;

let page, port;

const text = value => Buffer.concat([Buffer.from(value), Buffer.alloc(4 - value.length % 4)]);

function osc(address, value) {
    const number = Buffer.alloc(4);
    number.writeFloatBE(value);
    return Buffer.concat([text(address), text(',f'), number]);
}

function freePort() {
    return new Promise((resolve, reject) => {
        const socket = dgram.createSocket('udp4');
        socket.on('error', reject);
        socket.bind(0, '127.0.0.1', () => {
            const { port: free } = socket.address();
            socket.close(() => resolve(free));
        });
    });
}

before(async () => {
    port = await freePort();
    page = await openPage(process.argv[2], { options: ['--osc', String(port)], prepare: controller });
});
after(closePages);

async function send(...messages) {
    const socket = dgram.createSocket('udp4');
    for (const message of messages)
        await new Promise((resolve, reject) =>
            socket.send(message, port, '127.0.0.1', error => error ? reject(error) : resolve()));
    socket.close();
}

const truncation = async () => (await page.recipe()).inputs.trunc;

test('OSC sets the address to the newest value, and is no step for undo', async () => {
    const before = await page.pixels();
    await send(...[0.9, 0.8, 0.7, 0.6, 0.5].map(value => osc('/ganbend/trunc', value)));
    await until(async () => await truncation() === 0.5, 'the truncation');
    assert.notEqual(await page.pixels(), before);
    assert.equal((await page.of('store.done')).length, 0);
    await page.the('slider', 'Truncation');
    assert.equal(await page.on(await page.the('textbox', 'Truncation, as text'), 'return this.value;'), '0.5');
    await page.press('Truncation: back to 1');
    assert.equal(await page.pixels(), before);
    await page.press('Undo');
    assert.notEqual(await page.pixels(), before);
});

test('invalid OSC and unknown addresses change nothing', async () => {
    await send(Buffer.from('garbage'), osc('/other/trunc', 0.1), osc('/ganbend/no/such', 1), osc('/ganbend/trunc', NaN),
               osc('/ganbend/seed', 4));
    await until(async () => (await page.recipe()).inputs.seeds === 4, 'the seed');
    assert.equal(await truncation(), 0.5);
});

test('a knob is assigned by touching a control and turning it, and is remembered after reloading', async () => {
    await page.tab('MIDI & OSC');
    await page.press(/^Connect MIDI/);
    await page.click(await page.the('slider', 'Truncation'));
    await page.browser.run('turn(21, 64);');
    await page.the('button', 'Controller 21');
    const rest = await page.pixels();
    await page.browser.run('for (let value = 0; value <= 127; value++) turn(21, value);');
    await until(async () => await truncation() === 1.5, 'the knob\'s end');
    assert.notEqual(await page.pixels(), rest);
    await page.reload();
    await until(() => page.browser.run('turn(21, 0); return true;'), 'the controller');
    await until(async () => {
        await page.browser.run('turn(21, 0);');
        return await truncation() === 0;
    }, 'the knob\'s beginning');
    await page.tab('MIDI & OSC');
    await page.press('Release Controller 21');
    await page.browser.run('turn(21, 127);');
    await page.rest();
    assert.equal(await truncation(), 0);
});
