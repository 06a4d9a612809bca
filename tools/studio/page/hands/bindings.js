// Which control of which device moves which address. Bindings belong to the devices of this computer and are kept in the browser,
// not in the project. Bindings of earlier versions, which are in the project and name no device, hold for every device.
import {bindingDefaults, hand} from '../state/hand.js';
import {store} from '../state/store.js';

const place = 'ganbend bindings';
const most = 512;

let all = read();
let machines = new Map();               // binding → its hand()

function read() {
    try {
        const kept = JSON.parse(localStorage.getItem(place));
        return Array.isArray(kept) ? kept.filter(each => typeof each?.control === 'string' && typeof each.address === 'string') : [];
    } catch {
        return [];
    }
}

function write(list) {
    all = list.slice(-most);
    try {
        localStorage.setItem(place, JSON.stringify(all));
    } catch {
        // Forbidden: the bindings last as long as the page.
    }
    store.tell('control');
}

// Another tab has changed them.
globalThis.addEventListener?.('storage', event => {
    if (event.key !== place)
        return;
    all = read();
    machines = new Map();
    store.tell('control');
});

store.on('document', () => {
    const earlier = Object.entries(store.ui.midi ?? {}).filter(([control]) => !all.some(each => each.control === control));
    if (!earlier.length)
        return;
    write([...all, ...earlier.map(([control, address]) => ({device: '', control, address}))]);
    store.setUi('midi', undefined);
});

export const bindings = {
    get all() { return all; },
    of: (device, control) => all.filter(each => each.control === control && (each.device === device || !each.device)),
    at: address => all.filter(each => each.address === address),
    // The device's control moves the address and nothing else, and no other control of the device moves it.
    bind(device, control, address) {
        const others = all.filter(each => each.device !== device || (each.control !== control && each.address !== address));
        write([...others, {device, control, address}]);
    },
    release: binding => write(all.filter(each => each !== binding)),
    change: (binding, what) => write(all.map(each => each === binding ? {...each, ...what} : each)),
    settings: binding => ({...bindingDefaults, ...binding}),
    // The machine of the binding, which remembers where its knob is.
    machine(binding) {
        if (!machines.has(binding)) {
            machines.set(binding, hand(binding));
            if (machines.size > 2 * most)
                machines.clear();
        }
        return machines.get(binding) ?? hand(binding);
    },
};
