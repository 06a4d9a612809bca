// The top of the page: model, undo and redo, connection status, colour theme, help.
import {button, menu} from './parts/controls.js';
import {announce} from './parts/dialog.js';
import {clear, el} from './parts/dom.js';
import {activity, openModels, switchModel} from './first/models.js';
import {openStart} from './first/start.js';
import {openHelp} from './help.js';
import {keys} from './parts/keys.js';
import {store} from './state/store.js';
import {wire} from './state/wire.js';

const states = {open: 'connected', connecting: 'connecting', closed: 'not connected'};
const themes = ['system', 'light', 'dark'];

export function mount(root) {
    const status = el('span', {class: 'status', role: 'status'});
    const undo = button({icon: 'undo', label: 'Undo', quiet: true, run: () => store.undo()});
    const redo = button({icon: 'redo', label: 'Redo', quiet: true, run: () => store.redo()});
    const theme = button({icon: 'light', label: 'Theme', quiet: true, run: nextTheme});
    const model = menu({
        label: 'Model', title: 'The network that generates the picture',
        choices: () => (store.welcome?.models ?? []).map(({name, architecture, width, height}) =>
            ({value: name, label: name, title: `${architecture}, ${width}×${height}`})),
        value: () => store.state.model,
        set: name => store.change(`Model ${name}`, draft => switchModel(draft, name)),
    });
    const about = el('span', {class: 'about'});

    const begin = button({icon: 'grid', label: 'Begin', quiet: true, title: 'Examples, works, and a tour', run: openStart});
    clear(root, el('h1', null, 'ganbend', el('small', null, ' studio')), begin, model,
          button({icon: 'open', label: 'Open a model', quiet: true, title: 'Open a checkpoint: a file of the program, of this computer, or a recent one', run: openModels}),
          about, activity(), el('span', {class: 'space'}),
          undo, redo, status, theme, button({icon: 'help', label: 'Help', quiet: true, title: 'Help and keys (?)',
                                             run: openHelp}));

    function showStatus(state = wire.state, reason = '') {
        const {threads, isa, device} = store.welcome ?? {};
        status.dataset.state = state;
        status.textContent = reason && state === 'closed' ? `${states[state]}: ${reason}` : states[state];
        status.title = store.welcome ? `${threads} threads, ${isa}, ${device}` : '';
    }
    function showSteps() {
        for (const [control, steps, word, key] of [[undo, store.done, 'Undo', 'Ctrl+Z'],
                                                   [redo, store.undone, 'Redo', 'Ctrl+Shift+Z']]) {
            control.disabled = !steps.length;
            control.title = steps.length ? `${word}: ${steps.at(-1).label} (${key})` : `${word} (${key})`;
        }
    }
    function showModel() {
        const {network} = store;
        about.textContent = network ? `${network.architecture} ${network.image[2]}×${network.image[1]}` : '';
    }
    wire.on('state', showStatus);
    store.on('kept', error => {
        if (error && wire.state === 'open')
            announce(`The project was not saved: ${error.message}`, 'wrong');
    });
    store.on('recipe', showSteps);
    store.on('network', showModel);
    store.on('ui', () => {
        showTheme();
        theme.title = `Colours: ${store.ui.theme ?? 'system'}. Click for the next: system, light, dark`;
    });
    // Canvases are drawn again when the system switches between light and dark.
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => store.tell('ui', 'theme'));
    keys.add({key: ['?', 'F1'], says: 'Help and keys', group: 'Page', run: openHelp});
    showStatus();
    showSteps();
    showTheme();
}

function showTheme() {
    document.documentElement.dataset.theme = store.ui.theme ?? 'system';
}

function nextTheme() {
    const now = store.ui.theme ?? 'system';
    store.setUi('theme', themes[(themes.indexOf(now) + 1) % themes.length]);
}
