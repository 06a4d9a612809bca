// Opening checkpoints: files in the folders of the program, files dropped on the page, and recent ones. The program converts what
// is not a .gbw. What is going on is always in the header, with a button that stops it.
import {attempt} from '../parts/attempt.js';
import {button} from '../parts/controls.js';
import {announce, openDialog} from '../parts/dialog.js';
import {clear, el} from '../parts/dom.js';
import {base64} from '../parts/encoded.js';
import {analysis} from '../state/analysis.js';
import {emptyRecipe, store} from '../state/store.js';
import {isInBrowser} from '../state/transport.js';
import {wire} from '../state/wire.js';

const piece = 3 << 20;                  // bytes that are sent at a time
const most = 2 ** 33;                   // bytes of a file
const maxRecent = 8;
const endings = ['.gbw', '.pkl', '.pt', '.pth', '.bin', '.safetensors'];

let doing = null;                       // {words, share, stopped}: what is being uploaded; null if nothing is

export const isCheckpoint = name => endings.some(ending => name.toLowerCase().endsWith(ending));

/* ------------------------------------------------------------------------------------------ recent ones */

// [{name, folder, inside}], the last one first. They belong to the browser.
function recent() {
    try {
        return JSON.parse(localStorage.getItem('ganbend recent models')) ?? [];
    } catch {
        return [];
    }
}

function remember(entry) {
    const others = recent().filter(({folder, inside}) => folder !== entry.folder || inside !== entry.inside);
    try {
        localStorage.setItem('ganbend recent models', JSON.stringify([entry, ...others].slice(0, maxRecent)));
    } catch {
        // Forbidden: nothing is remembered.
    }
}

// A work whose model was opened by a page before: opens it again. False if it is not known.
export function reopen(name) {
    const entry = recent().find(each => each.name === name);
    if (entry)
        load(entry.folder, entry.inside).catch(error => {
            announce(`${name} is not open any more: ${error.message}`, 'wrong');
            store.begin(store.network.name);
        });
    return !!entry;
}

/* ------------------------------------------------------------------------------------------ opening */

// Every model has its own recipe, which is still there on returning to the model.
export function switchModel(draft, name) {
    if (draft.model === name)
        return;
    draft.others[draft.model] = draft.recipe;
    draft.recipe = draft.others[name] ?? emptyRecipe(name);
    delete draft.others[name];
    draft.model = name;
}

async function load(folder, inside) {
    const file = inside.split('/').at(-1), before = store.state.model;
    const {index, models} = await analysis.run(`Opening ${file}`, 'load', {folder, inside});
    const {name} = models[index];
    store.welcome.models = models;
    remember({name, folder, inside});
    store.tell('rows');
    store.tell('recipe');               // a work that waits for this model asks for it now
    if (store.state.model === before) {             // no other model was chosen meanwhile
        store.change(`Model ${name}`, draft => switchModel(draft, name));
        store.settle();
    }
    announce(`${name} is open`);
}

function become(next) {
    doing = next;
    store.tell('opening');
}

// Sends the file piece by piece and opens it. Rejects with 'stopped' if it was stopped.
export async function uploadAndOpen(file) {
    if (doing)
        throw new Error('a file is being uploaded already');
    if (file.size > most || file.size === 0)
        throw new Error(`${file.name}: files of 1 byte to 8 GiB can be opened`);
    const state = {words: `${isInBrowser ? 'Reading' : 'Uploading'} ${file.name}`, share: 0, stopped: false};
    become(state);
    try {
        await wire.ask('upload', {name: file.name, size: file.size});
        let answer = {};
        for (let at = 0; at < file.size; at += piece) {
            if (state.stopped)
                throw new Error('stopped');
            const bytes = new Uint8Array(await file.slice(at, at + piece).arrayBuffer());
            answer = await wire.ask('piece', {bytes: base64(bytes)});
            state.share = Math.min(1, (at + piece) / file.size);
            store.tell('opening');
        }
        become(null);
        await load(0, answer.file);
    } finally {
        become(null);
    }
}

export const openDropped = file => uploadAndOpen(file).catch(error => error.message !== 'stopped' && announce(error.message, 'wrong'));

/* ------------------------------------------------------------------------------------------ always visible */

// For the header: what is being uploaded, opened or found out.
export function activity() {
    const words = el('span', {class: 'small', 'aria-live': 'polite'}), bar = el('progress', {max: 1, 'aria-label': 'Progress of the task'});
    const element = el('div', {class: 'activity', hidden: true}, words, bar, button({icon: 'close', label: 'Stop this task', quiet: true, run() {
        if (doing)
            doing.stopped = true;
        else
            analysis.stop();
    }}));
    function show() {
        const now = doing ? {what: doing.words, share: doing.share} : analysis.running;
        element.hidden = !now;
        if (!now)
            return;
        if (words.textContent !== `${now.what} …`)
            words.textContent = `${now.what} …`;
        bar.value = now.share;
    }
    store.on('opening', show);
    store.on('analysis', show);
    return element;
}

/* ------------------------------------------------------------------------------------------ the dialog */

const sizeOf = bytes => bytes < 1 << 20 ? `${Math.ceil(bytes / 1024)} KiB` : bytes < 2 ** 30 ? `${Math.round(bytes / (1 << 20))} MiB`
    : `${(bytes / 2 ** 30).toFixed(1)} GiB`;

export function openModels() {
    const wrong = el('p', {class: 'wrong', role: 'alert'});
    const tabs = el('div', {class: 'row'}), lists = el('div', {class: 'files'});
    const last = recent(), opened = store.welcome.models.map(({name}) => name);
    let folder = store.ui.modelFolder ?? 0, inside = '';

    const choose = (of, path) => attempt(wrong, async () => {
        dialog.close();
        await load(of, path).catch(error => error.message !== 'stopped' && announce(error.message, 'wrong'));
    });
    const line = (words, small, run) => el('li', null, el('button', {type: 'button', class: 'line', onclick: run}, words,
        small && el('small', {class: 'faint'}, ` ${small}`)));

    const show = () => attempt(wrong, async () => {
        let answer = await wire.ask('folder', {folder, inside}).catch(error => {
            if (!folder && !inside)
                throw error;
            folder = 0;                     // the program was started with other folders
            inside = '';
            return wire.ask('folder', {folder, inside});
        });
        const {folders, entries} = answer, into = name => inside ? `${inside}/${name}` : name;
        clear(tabs, isInBrowser ? el('h3', null, 'Kept in this browser') : folders.map((name, i) => el('button', {type: 'button', 'aria-pressed': String(i === folder), onclick() {
            folder = i;
            inside = '';
            store.setUi('modelFolder', folder);
            show();
        }}, name)));
        clear(lists, el('section', null, inside && el('h3', null, inside), el('ul', null,
            inside && line('↑ up', '', () => {
                inside = inside.split('/').slice(0, -1).join('/');
                show();
            }),
            entries.map(({name, folder: isFolder, bytes}) => isFolder
                ? line(`${name}/`, '', () => {
                    inside = into(name);
                    show();
                }) : line(name, sizeOf(bytes), () => choose(folder, into(name)))))),
            !entries.length && el('p', {class: 'faint'}, 'There are no checkpoints here.'));
    });

    const local = el('input', {type: 'file', accept: endings.join(), class: 'for-readers', tabindex: -1, 'aria-label': 'A checkpoint on this computer',
                               onchange() {
                                   const [file] = local.files;
                                   dialog.close();
                                   openDropped(file);
                               }});
    const dialog = openDialog('Open a model', 'small-dialog', el('div', {class: 'content'},
        last.length > 0 && el('section', null, el('h3', null, 'Recent'), el('ul', null,
            last.map(({name, folder: of, inside: path}) => line(name, opened.includes(name) ? 'open' : path, () => choose(of, path))))),
        tabs, lists, wrong, local,
        el('button', {type: 'button', onclick: () => local.click()}, 'A checkpoint on this computer …'),
        el('p', {class: 'small faint'}, `${endings.join(' ')}, also dropped anywhere on the page. ${
            isInBrowser ? 'They are read and converted in this browser, and sent nowhere' : 'What is not a .gbw is converted in a sandbox'}.`)));
    show();
}
