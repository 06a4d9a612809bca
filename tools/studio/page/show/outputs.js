// What the output windows of this tab do with its picture: black, freeze, fill. The program passes it on to them, and tells new
// ones. Black and freeze are of the moment; only fill is kept with the project.
import {addNumber} from '../parts/addresses.js';
import {keys} from '../parts/keys.js';
import {store} from '../state/store.js';
import {outputPage} from '../state/transport.js';
import {wire} from '../state/wire.js';

const now = {black: 0, freeze: false};

const fills = () => store.ui.outputFill === true;

export const outputs = {
    get black() { return now.black; },
    get freeze() { return now.freeze; },
    get fill() { return fills(); },
    set,
    setFill(fill) {
        store.setUi('outputFill', fill);
        tell();
    },
    // The address of the output window that follows this tab, without the token.
    get address() { return new URL(`${outputPage}#${encodeURIComponent(store.welcome?.project ?? '')}`, location.href).href; },
    open: () => window.open(outputs.address, `output ${store.welcome?.project}`, 'popup,width=960,height=540'),
};

function tell() {
    wire.send('output', {black: Math.round(now.black * 255), freeze: now.freeze, fill: fills()});
    store.tell('output');
}

// `what`: {black: 0…1} or {freeze: true or false}
function set(what) {
    Object.assign(now, what);
    tell();
}

wire.on('welcome', tell);

addNumber('output/black', {label: 'Output: black', low: 0, high: 1, defaultValue: 0, value: () => now.black,
                           set: black => set({black})});
addNumber('output/freeze', {label: 'Output: freeze', low: 0, high: 1, integer: true, defaultValue: 0,
                            value: () => Number(now.freeze), set: freeze => set({freeze: freeze > 0.5})});
addNumber('output/fill', {label: 'Output: fill the window', low: 0, high: 1, integer: true, defaultValue: 0,
                          value: () => Number(fills()), set: fill => outputs.setFill(fill > 0.5)});

keys.add({key: 'Shift+O', says: 'Open an output window', group: 'Show', run: outputs.open});
keys.add({key: 'Shift+B', says: 'Outputs black, or not', group: 'Show', run: () => set({black: now.black > 0 ? 0 : 1})});
keys.add({key: 'Shift+F', says: 'Freeze the outputs, or go on', group: 'Show', run: () => set({freeze: !now.freeze})});
