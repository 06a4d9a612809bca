// Where to begin: examples with their pictures, a bend by chance, the works, and the tour. It stands in the layer panel while no
// layer is selected, and in a dialog that the header opens.
import {addAction} from '../parts/addresses.js';
import {button} from '../parts/controls.js';
import {announce, openDialog} from '../parts/dialog.js';
import {clear, el} from '../parts/dom.js';
import {keptUrl} from '../parts/encoded.js';
import {keys} from '../parts/keys.js';
import {describe} from '../state/recipe.js';
import {store} from '../state/store.js';
import {toJson} from '../state/yaml.js';
import {wire} from '../state/wire.js';
import {bendByChance, examples} from './examples.js';
import {startTour} from './tour.js';
import {worksList} from './works.js';

const side = 128;                       // pixels of a thumbnail
const rest = 400;                       // ms without a change before the examples are rendered for another seed

/* ------------------------------------------------------------------------------------------ pictures */

let known = {network: null, urls: new Map()};       // recipe → promise of its picture as a data URL

// The picture of a recipe, rendered by the program once.
function pictureOf(recipe) {
    if (known.network !== store.network)
        known = {network: store.network, urls: new Map()};
    const text = toJson(recipe), {urls} = known;
    if (!urls.has(text)) {
        const url = wire.ask('thumbnail', {recipe: text, side}).then(keptUrl);
        url.catch(() => urls.delete(text));
        urls.set(text, url);
    }
    return urls.get(text);
}

/* ------------------------------------------------------------------------------------------ bends */

function take({name, layer, recipe}) {
    store.change(`Example ${name}`, draft => { draft.recipe = structuredClone(recipe); });
    store.select([layer]);
    store.setUi('layerTab', recipe.bends[0].filter ? 'filters' : 'activation');
}

export function bendSomething() {
    const bend = store.network && bendByChance(store.network);
    if (!bend)
        return announce('This network has no layer that can be bent', 'wrong');
    store.change('Bend by chance', draft => { (draft.recipe.bends ??= []).push(bend); });
    store.select([bend.at]);
    store.setUi('layerTab', bend.filter ? 'filters' : 'activation');
    announce(describe(bend));
}

/* ------------------------------------------------------------------------------------------ the view */

// `left()` is called when something has been chosen.
export function startView(left = () => {}) {
    const list = el('ul', {class: 'examples', 'aria-label': 'Examples'});
    const works = worksList();
    const and = run => () => {
        left();
        run();
    };
    const element = el('div', {class: 'start'},
        el('p', null, 'Click a layer in the network to bend it, or begin with one of these:'), list,
        el('div', {class: 'row'},
           button({icon: 'dice', label: 'Bend by chance', title: 'A filter or activation at a layer, by chance (Shift+R)', run: and(bendSomething)}),
           button({icon: 'help', label: 'Tour', title: 'The page in three steps', run: and(startTour)})),
        works.element);
    let shown = null;

    function card(example) {
        const image = el('img', {alt: '', width: 96, height: 96});
        pictureOf(example.recipe).then(url => { image.src = url; }, () => {});
        return el('li', null, el('button', {type: 'button', class: 'card-button', title: `${example.name}: ${example.says}`,
                                            onclick: and(() => take(example))},
                                 image, el('span', null, example.name)));
    }

    // Only what is seen is asked for.
    function show() {
        if (!element.checkVisibility() || store.isLoading || wire.state !== 'open')
            return;
        works.show();
        const now = toJson([store.state.model, store.recipe.inputs ?? {}]);
        if (shown === now)
            return;
        shown = now;
        clear(list, examples(store.network, {inputs: store.recipe.inputs}).map(card));
    }
    let timer = 0;
    store.on('recipe', () => {
        clearTimeout(timer);
        timer = setTimeout(show, rest);
    });
    return {element, show};
}

export function openStart() {
    const view = startView(() => dialog.close());
    const dialog = openDialog('Begin', 'start-dialog', view.element);
    view.show();
}

keys.add({key: 'Shift+R', says: 'A bend by chance', group: 'Layers', run: bendSomething});
addAction('bend/random', 'Bend by chance', bendSomething);
