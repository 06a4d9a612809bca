// Control in a browser: OSC over UDP, and a simulated MIDI controller that is installed before the page loads:
// node e2e_control.mjs GANBEND
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { assignTruncation, controller, freePort, osc as message, udp } from './devices.mjs';
import { closePages, openPage, until } from './page.mjs';

let page, port, listener;
const received = new Map();         // OSC address → the last value that the studio sent there
const osc = (address, value) => message(address, 'f', value);

before(async () => {
    port = await freePort();
    listener = await udp();
    listener.on('message', bytes => received.set(bytes.toString('latin1', 0, bytes.indexOf(0)), bytes.readFloatBE(bytes.length - 4)));
    page = await openPage(process.argv[2], { options: ['--osc', String(port), '--osc-to', `127.0.0.1:${listener.address().port}`],
        prepare: controller });
});
after(async () => {
    await closePages();
    listener.close();
});

async function send(...messages) {
    const socket = await udp();
    for (const each of messages)
        await new Promise((resolve, reject) =>
            socket.send(each, port, '127.0.0.1', error => error ? reject(error) : resolve()));
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
    await assignTruncation(page);
    const rest = await page.pixels();
    await page.browser.run('for (let value = 0; value <= 127; value++) turn(21, value);');
    await until(async () => await truncation() === 1.5, 'the knob\'s end');
    assert.notEqual(await page.pixels(), rest);
    await page.reload();
    await until(() => page.browser.run('turn(21, 0); return true;'), 'the controller');
    await until(async () => {
        await page.browser.run('for (let value = 127; value >= 0; value--) turn(21, value);');
        return await truncation() === 0;
    }, 'the knob\'s beginning');
    await page.tab('MIDI & OSC');
    await page.press('Release Controller 21');
    await page.browser.run('turn(21, 127);');
    await page.rest();
    assert.equal(await truncation(), 0);
});

test('several controls are learned in a row, and belong to the device, not to the project', async () => {
    await page.fresh('another');
    await page.tab('MIDI & OSC');
    await page.press(/learn$/i);
    await page.click(await page.the('slider', 'Truncation'));
    // Rows that still say the same stay where they are, also when others come above them: a press that begins on one ends on it.
    const row = await page.the('button', 'Assign a knob to snapshot/1');
    const place = await page.on(row, `this.scrollIntoView({ block: 'nearest' });
        this.dataset.kept = "";
        return this.getBoundingClientRect().y;`);
    await page.browser.run('turn(22, 1);');
    await page.the('button', 'Controller 22');
    assert.equal(await page.browser.run('return document.querySelector("[data-kept]")?.getBoundingClientRect().y;'), place);
    await page.press('Assign a knob to snapshot/1');
    await page.browser.run('strike(40, 100); strike(40, 0);');
    await page.the('button', 'Note 40');
    await page.press('Stop learning');
    await page.run('store.change("Snapshot", draft => draft.snapshots.push({ id: 1, name: "1", model: draft.model, recipe: { inputs: { seeds: 77 }, bends: [] } }));');
    await page.browser.run('strike(40, 100); strike(40, 0);');
    await until(async () => (await page.recipe()).inputs.seeds === 77, 'the snapshot');
    await page.fresh('a third');
    await page.browser.run('for (let value = 127; value >= 0; value--) turn(22, value);');
    await until(async () => await truncation() === 0, 'the truncation');
});

test('a knob does not jump, and its light follows the number', async () => {
    await page.run('controls.move("trunc", 1.2);');
    await until(() => page.browser.run('return window.lights.some(([status, knob, value]) => status === 0xb0 && knob === 22 && value === 102);'),
                'the light');
    await page.browser.run('turn(22, 3);');
    await page.rest();
    assert.equal(await truncation(), 1.2);
    await page.browser.run('turn(22, 100); turn(22, 110);');
    await until(async () => Math.abs(await truncation() - 1.5 * 110 / 127) < 0.001, 'the knob to pick it up');
});

test('OSC takes shares and messages for one tab, and what changes is sent', async () => {
    await send(osc('/ganbend/share/trunc', 0.5), osc('/ganbend/@other/seed', 5), osc('/ganbend/@a_third/seed', 6));
    await until(async () => (await page.recipe()).inputs.seeds === 6, 'the seed');
    assert.equal(await truncation(), 0.75);
    await until(() => received.get('/ganbend/trunc') === 0.75 && received.get('/ganbend/share/trunc') === 0.5
        && received.get('/ganbend/seed') === 6, 'the messages');
});
