// Saving and opening. Files are saved in the program's --out folder; if that is in this browser, they are downloaded too. A picture
// is the same as from `ganbend render` and contains its recipe.
import {announce, openDialog} from '../parts/dialog.js';
import {button} from '../parts/controls.js';
import {clear, el} from '../parts/dom.js';
import {download} from './downloads.js';
import {keys} from '../parts/keys.js';
import {isPng, textIn} from '../parts/png.js';
import {live} from '../state/live.js';
import {openResult} from './results.js';
import {store} from '../state/store.js';
import {isInBrowser} from '../state/transport.js';
import {take, textOf} from './text.js';
import {wire} from '../state/wire.js';

// Saves the moment that is seen, or another recipe: the program renders it in full.
export async function save({name = '', png = true, replace = false, recipe = live.moment} = {}) {
    const saved = await wire.ask('save', {name, text: textOf(recipe), png, replace});
    announce(`Saved ${[saved.recipe, saved.picture].filter(Boolean).join(' and ')}`);
    store.tell('saved', saved);
    if (isInBrowser)
        await download(saved.picture ?? saved.recipe);
    return saved;
}

const saveNext = () => save().catch(error => announce(error.message, 'wrong'));

export function openSave() {
    const recipe = live.moment;             // when the dialog opened, not when the name is typed
    const name = el('input', {type: 'text', maxlength: 64, placeholder: 'the next free number',
                              autocomplete: 'off', title: 'Letters, digits, spaces, -, _ and .'});
    const png = el('input', {type: 'checkbox', checked: true});
    const replace = el('input', {type: 'checkbox'});
    const wrong = el('p', {class: 'wrong', role: 'alert'});
    const form = el('form', {method: 'dialog', async onsubmit(event) {
        event.preventDefault();
        try {
            await save({name: name.value.trim(), png: png.checked, replace: replace.checked, recipe});
            dialog.close();
        } catch (error) {
            wrong.textContent = error.message;
        }
    }}, el('label', {class: 'stacked'}, el('span', null, 'Name'), name),
        el('label', {class: 'toggle'}, png, 'The picture too, as PNG that carries the recipe'),
        el('label', {class: 'toggle'}, replace, 'In place of one of that name'), wrong,
        el('div', {class: 'row'}, el('span', {class: 'space'}), el('button', {class: 'primary'}, 'Save')));
    const dialog = openDialog('Save', 'small-dialog', form);
    name.focus();
}

async function openNamed(name) {
    const {text} = await wire.ask('open', {name});
    await take(text, `Open ${name}`);
    announce(`Opened ${name}`);
}

// A recipe, a picture that carries one, or what another command has found.
export async function openLocal(file) {
    const bytes = new Uint8Array(await file.arrayBuffer()), isPicture = isPng(bytes);
    if (!isPicture && await openResult(file, bytes))
        return;
    const text = isPicture ? await textIn(bytes, 'Recipe') : new TextDecoder().decode(bytes);
    if (text === null)
        throw new Error(`${file.name} contains no recipe. Pictures written by Save or ganbend render do`);
    await take(text, `Open ${file.name}`);
    announce(`Opened ${file.name}`);
}

export async function openFiles() {
    const wrong = el('p', {class: 'wrong', role: 'alert'});
    const lists = el('div', {class: 'files'}, el('p', {class: 'faint'}, 'Looking …'));
    const run = open => async event => {
        try {
            await open(event);
            dialog.close();
        } catch (error) {
            wrong.textContent = error.message;
        }
    };
    const local = el('input', {type: 'file', accept: '.yaml,.yml,.png,.npz,.npy,.json,text/yaml,image/png', class: 'for-readers', tabindex: -1,
                               'aria-label': 'A recipe, picture or latent on this computer',
                               onchange: run(() => openLocal(local.files[0]))});
    const dialog = openDialog('Open', 'small-dialog', el('div', {class: 'content'}, lists, wrong, local,
        el('button', {type: 'button', onclick: () => local.click()}, 'A recipe, picture or latent on this computer …')));
    try {
        const {recipes, pictures} = await wire.ask('files');
        const group = (title, names) => names.length > 0 && el('section', null, el('h3', null, title),
            el('ul', null, names.map(name => el('li', null,
                el('button', {type: 'button', class: 'line', onclick: run(() => openNamed(name))}, name),
                button({icon: 'save', label: `Download ${name}`, quiet: true, run: run(() => download(name))})))));
        clear(lists, group('Recipes', recipes), group('Pictures with their recipes', pictures),
              !recipes.length && !pictures.length && el('p', {class: 'faint'}, 'Nothing has been saved yet.'));
    } catch (error) {
        clear(lists, el('p', {class: 'wrong'}, error.message));
    }
}

// For pages from another machine without https, browsers only allow the old clipboard API.
async function toClipboard(text) {
    if (navigator.clipboard)
        return navigator.clipboard.writeText(text);
    const area = el('textarea', {class: 'for-readers'}, text);
    document.body.append(area);
    area.select();
    const done = document.execCommand('copy');
    area.remove();
    if (!done)
        throw new Error('the browser does not allow copying; select the text in the Recipe view');
}

export function copy() {
    return toClipboard(textOf(live.moment)).then(() => announce('Recipe copied'),
                                                  error => announce(error.message, 'wrong'));
}

keys.add({key: 'Ctrl+S', always: true, says: 'Save recipe and picture with the next number', group: 'Project', run: saveNext});
keys.add({key: 'Ctrl+Shift+S', always: true, says: 'Save under a name', group: 'Project', run: openSave});
keys.add({key: 'Ctrl+O', always: true, says: 'Open a recipe or picture', group: 'Project', run: openFiles});
