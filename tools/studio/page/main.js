// Assembles the page: mounts the panels, connects the WebSocket to the store, and registers the global keys.
import './state/live.js';           // the first to hear of a change, so that its picture is asked for before the page shows it
import {announce} from './parts/dialog.js';
import * as dividers from './parts/dividers.js';
import {reopen} from './first/models.js';
import * as header from './header.js';
import {keys} from './parts/keys.js';
import * as latent from './latent/latent.js';
import * as layer from './layer/layer.js';
import * as network from './network/network.js';
import * as picture from './picture/picture.js';
import {store} from './state/store.js';
import * as tabs from './parts/tabs.js';
import {wire} from './state/wire.js';
import * as project from './project/project.js';

// The token of the address is in the cookie now, and must not stay where it can be seen or copied.
if (location.search)
    history.replaceState(null, '', location.pathname + location.hash);

/* ------------------------------------------------------------------------------------------ the program */

function wantedProject() {
    const name = location.hash.slice(1);
    try {
        return decodeURIComponent(name);
    } catch {
        return name;                // "100%" is no code
    }
}

let asked = -1;                     // the model whose network has been requested

function askModel() {
    const index = store.welcome.models.findIndex(model => model.name === store.state.model);
    if (store.network?.name !== store.state.model && index >= 0 && index !== asked) {
        asked = index;
        wire.send('model', {index});
    }
}

// Identifies this page across connections and reloads: the program gives it its project back, although it may not have
// noticed yet that the connection before is closed. Only a page that is being left keeps its name in sessionStorage, because
// the browser copies that for a duplicate of the tab, which is another page.
const tab = sessionStorage.getItem('tab') ?? crypto.getRandomValues(new Uint32Array(4)).join('-');
sessionStorage.removeItem('tab');
addEventListener('pagehide', () => sessionStorage.setItem('tab', tab));
addEventListener('pageshow', () => sessionStorage.removeItem('tab'));

wire.on('open', () => wire.send('hello', {project: wantedProject(), tab}));

wire.on('welcome', welcome => {
    store.welcome = welcome;
    if (!store.opened && store.isForeign(welcome.document)) {
        location.hash = encodeURIComponent(`${welcome.project.slice(0, 60)}-2`);        // which loads the page again
        return;
    }
    store.rows = {filters: welcome.filters, activations: welcome.activations};
    asked = welcome.model;
    const wanted = wantedProject();
    if (wanted && wanted !== welcome.project)
        announce(`This work is called ${welcome.project}: ${wanted} is open in another tab, or is not a valid name.`);
    history.replaceState(null, '', `#${encodeURIComponent(welcome.project)}`);
    document.title = `${welcome.project} · ganbend studio`;
    store.network = null;
    store.tell('rows');
    if (welcome.aside)
        announce(`This project's file was damaged. It is now ${welcome.aside}, and a new project begins.`, 'wrong');
    // After a lost connection the page has newer state than the kept document.
    if (store.opened)
        store.keep();
    else
        store.open(welcome.document);
});

wire.on('network', network => {
    if (!store.opened)
        return;                     // the page is about to be loaded again
    asked = -1;
    const known = store.welcome.models.some(model => model.name === store.state.model);
    if (!known && !(store.state.model && reopen(store.state.model)))
        store.begin(network.name);
    store.setNetwork(network);
    askModel();
});

store.on('recipe', () => store.welcome && askModel());
wire.on('failed', ({error}) => announce(error, 'wrong'));

/* ------------------------------------------------------------------------------------------ keys */

keys.add({key: 'Ctrl+Z', says: 'Undo', group: 'Project', run: () => store.undo()});
keys.add({key: ['Ctrl+Shift+Z', 'Ctrl+Y'], says: 'Redo', group: 'Project', run: () => store.redo()});

addEventListener('pagehide', store.leave);
addEventListener('hashchange', () => wantedProject() !== store.welcome?.project && location.reload());

/* ------------------------------------------------------------------------------------------ panels */

for (const [id, part] of Object.entries({header, tabs, network, layer, picture, latent, project}))
    part.mount(document.getElementById(id));
dividers.mount(document.getElementById('announcer'));
wire.connect();
