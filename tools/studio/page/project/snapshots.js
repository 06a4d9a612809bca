// The strip of snapshots of the recipe, in the order of films. A click or a digit key restores one. They can be named, moved,
// updated and removed, and all of that can be undone.
import {addAction} from '../parts/addresses.js';
import {button} from '../parts/controls.js';
import {clear, el, icon, on} from '../parts/dom.js';
import {keptUrl} from '../parts/encoded.js';
import {keys} from '../parts/keys.js';
import {live} from '../state/live.js';
import {same} from '../state/patch.js';
import {store} from '../state/store.js';
import {wire} from '../state/wire.js';
import {toJson} from '../state/yaml.js';

const side = 112;                   // pixels of a thumbnail

// A thumbnail of the picture on the screen.
export function thumbnail() {
    const bitmap = store.frame?.bitmap;
    if (!bitmap || store.isLoading)
        return '';
    const canvas = el('canvas', {width: side, height: Math.round(side * bitmap.height / bitmap.width)});
    const context = canvas.getContext('2d');
    context.imageSmoothingQuality = 'high';
    context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    return canvas.toDataURL('image/jpeg', 0.8);
}

// For the list of works: of the whole picture, now and then.
const portraitEvery = 5000;             // ms
let portrayed = {frame: null, at: -Infinity};
store.portrait = () => {
    const {frame} = store, now = performance.now();
    if (!frame?.header.full || frame === portrayed.frame || now - portrayed.at < portraitEvery || live.playing || store.isLoading)
        return null;
    portrayed = {frame, at: now};
    return thumbnail().split(',')[1] ?? null;
};

const nextId = () => 1 + Math.max(0, ...store.snapshots.map(({id}) => id));
const moment = () => ({model: store.state.model, recipe: live.moment, thumbnail: thumbnail()});

// A thumbnail of a preview, or of a picture that is not on the screen yet, is replaced when the program has rendered it in full.
function renderThumbnail(id, recipe) {
    if (store.isLoading || (store.frame?.header.full && store.frame.recipe === recipe))
        return;
    wire.ask('thumbnail', {recipe: toJson(recipe), side}).then(keptUrl).then(url => store.stream(() =>
        store.change('Thumbnail', draft => {
            const snapshot = draft.snapshots.find(each => each.id === id);
            if (snapshot)
                snapshot.thumbnail = url;
        })), () => {});
}

export function takeSnapshot() {
    const id = nextId(), now = moment();
    store.change('Snapshot', draft => draft.snapshots.push({id, name: String(id), ...now}));
    renderThumbnail(id, now.recipe);
}

export function recall(index) {
    const snapshot = store.snapshots[index];
    if (!snapshot)
        return;
    store.change(`Restore ${snapshot.name}`, draft => {
        if (snapshot.model !== draft.model) {
            draft.others[draft.model] = draft.recipe;
            delete draft.others[snapshot.model];
        }
        draft.model = snapshot.model;
        draft.recipe = snapshot.recipe;
    });
}

function remove(index) {
    store.change(`Remove snapshot ${store.snapshots[index].name}`, draft => draft.snapshots.splice(index, 1));
}

function renew(index) {
    const {id, name} = store.snapshots[index], now = moment();
    store.change(`Update snapshot ${name}`, draft => Object.assign(draft.snapshots[index], now));
    renderThumbnail(id, now.recipe);
}

function rename(index, name) {
    store.change('Rename a snapshot', draft => { draft.snapshots[index].name = name; });
}

function put(from, to) {
    if (to >= 0 && to < store.snapshots.length && from !== to)
        store.change('Order of snapshots', draft => draft.snapshots.splice(to, 0, ...draft.snapshots.splice(from, 1)));
}

/* ------------------------------------------------------------------------------------------ the strip */

export function mount(root) {
    const list = el('ol', {class: 'snapshots', 'aria-label': 'Snapshots'});
    clear(root, el('button', {type: 'button', class: 'take', title: 'Keep this moment (S)', onclick: takeSnapshot},
                   icon('camera'), el('span', null, 'Snapshot')), list);
    let dragged = -1;

    function card(snapshot, index) {
        const {name, thumbnail: picture} = snapshot;
        const title = `Restore ${name} (${index + 1})\nF2 renames, Delete removes, Alt+arrow keys move`;
        const item = el('li', {draggable: 'true'},
            el('button', {type: 'button', class: 'recall', title, onclick: () => recall(index),
                          ondblclick: () => edit(index), onkeydown: event => press(event, index)},
               picture ? el('img', {src: picture, alt: '', draggable: 'false'}) : icon('camera'),
               el('span', {class: 'name'}, name)),
            el('span', {class: 'tools'},
               button({icon: 'camera', label: `Update ${name}`, quiet: true, title: 'Replace it by the current recipe',
                       run: () => renew(index)}),
               button({icon: 'close', label: `Remove ${name}`, quiet: true, title: 'Remove (Delete)',
                       run: () => remove(index)})));
        on(item, 'dragstart', event => {
            dragged = index;
            event.dataTransfer.effectAllowed = 'move';
        });
        on(item, 'dragover', event => dragged >= 0 && event.preventDefault());
        on(item, 'drop', event => {
            event.preventDefault();
            put(dragged, index);
            dragged = -1;
        });
        return item;
    }

    const focus = index => list.children[Math.min(index, list.children.length - 1)]?.querySelector('.recall')?.focus();

    function press(event, index) {
        const step = {ArrowRight: 1, ArrowLeft: -1}[event.key];
        const acts = step || event.key === 'Delete' || event.key === 'F2';
        if (!acts)
            return;
        event.preventDefault();
        if (step && event.altKey)
            put(index, index + step);
        if (event.key === 'Delete')
            remove(index);
        if (event.key === 'F2')
            return edit(index);
        focus(step ? Math.max(0, index + step) : index);
    }

    function edit(index) {
        const {name} = store.snapshots[index];
        const field = el('input', {type: 'text', value: name, maxlength: 40, 'aria-label': `Name of ${name}`});
        let done = false;
        function close(keep) {
            if (done)
                return;
            done = true;
            if (keep && field.value.trim() && field.value !== name)
                rename(index, field.value.trim());
            else
                show();
            focus(index);
        }
        on(field, 'keydown', event => {
            event.stopPropagation();
            if (event.key === 'Enter' || event.key === 'Escape')
                close(event.key === 'Enter');
        });
        on(field, 'blur', () => close(true));
        list.children[index].querySelector('.recall').replaceWith(field);
        field.select();
        field.focus();
    }

    function mark() {
        store.snapshots.forEach(({model, recipe}, index) => {
            const isHere = model === store.state.model && same(recipe, store.recipe);
            list.children[index].classList.toggle('here', isHere);
            list.children[index].querySelector('.recall')?.setAttribute('aria-current', String(isHere));
        });
    }

    let shown = null;
    function show() {
        const focused = [...list.children].findIndex(item => item.contains(document.activeElement));
        shown = store.snapshots;
        clear(list, shown.map(card));
        mark();
        if (focused >= 0)
            focus(focused);
    }
    store.on('recipe', () => store.snapshots === shown ? mark() : show());
    show();
}

/* ------------------------------------------------------------------------------------------ keys and addresses */

keys.add({key: 'S', says: 'Take a snapshot', group: 'Project', run: takeSnapshot});
keys.add({key: ['1', '2', '3', '4', '5', '6', '7', '8', '9'], span: true, says: 'Restore that snapshot',
          group: 'Project', run: event => recall(Number(event.key) - 1)});
addAction('snapshot/take', 'Take a snapshot', takeSnapshot);
for (let i = 1; i <= 16; i++)
    addAction(`snapshot/${i}`, `Restore snapshot ${i}`, () => recall(i - 1));
addAction('undo', 'Undo', () => store.undo());
addAction('redo', 'Redo', () => store.redo());
