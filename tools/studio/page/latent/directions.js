// Directions in the latent space as a bank of sliders. A bank is a file: the program finds directions in the background and
// writes one, or one is opened. Each slider is the amount of a direction in the recipe.
import {attempt} from '../parts/attempt.js';
import {button, controls, menu, slider} from '../parts/controls.js';
import {openDialog} from '../parts/dialog.js';
import {clear, el, on} from '../parts/dom.js';
import {progressLine} from '../parts/progress.js';
import {analysis} from '../state/analysis.js';
import {store} from '../state/store.js';
import {bank, bankFile, files, open, take} from './bank.js';
import {amountOf, layersOf, putAmount, putLayers, takeOut} from './directionbends.js';
import {ranges} from '../state/recipe.js';
import {wsOf, wValue} from './wspans.js';

const wanted = 16;                  // directions that are found
const atOnce = 16;                  // sliders that are shown before more are asked for

const methods = [
    {value: 'pca', label: 'most variation', title: 'Principal components of w', needs: network => network.num_ws > 0},
    {value: 'sefa', label: 'strongest styles', title: 'Eigenvectors of the style weights (SeFa)', needs: network => network.num_ws > 0},
    {value: 'factor', label: 'strongest styles, unscaled', title: 'Factorisation as rosinality\'s script does it',
     needs: network => network.num_ws > 0},
    {value: 'layer', label: 'most variation of the selected layer', title: 'Principal components of the values of a layer (GANSpace)',
     needs: () => true},
];

/* ------------------------------------------------------------------------------------------ finding and opening */

const methodNow = () => {
    const fitting = methods.filter(method => method.needs(store.network));
    return (fitting.find(({value}) => value === store.ui.directionMethod) ?? fitting[0]).value;
};

async function find() {
    const {model} = store.state, method = methodNow();
    const node = method === 'layer' ? store.current?.name : null;
    if (method === 'layer' && !node)
        throw new Error('Select a layer in the network first.');
    const fields = {method: node ? 'pca' : method, count: wanted, ...node ? {node} : {}};
    take(await analysis.run('Finding directions', 'directions', fields), model);
}

// Resolves once a file has been chosen and opened; never if the dialog is closed.
function choose() {
    return new Promise(done => {
        const wrong = el('p', {class: 'wrong', role: 'alert'});
        const lists = el('div', {class: 'files'}, el('p', {class: 'faint'}, 'Looking …'));
        const dialog = openDialog('Open directions', 'small-dialog', el('div', {class: 'content'},
            el('p', {class: 'faint'}, 'Files of ganbend directions, GANSpace, rosinality and Autolume.'), lists, wrong));
        const line = beside => name => el('li', null, el('button', {type: 'button', class: 'line', onclick: () =>
            open(name, beside).then(() => {
                dialog.close();
                done();
            }, error => { wrong.textContent = error.message; })}, name));
        const group = (title, names, beside) => names.length > 0 && el('section', null, el('h3', null, title),
            el('ul', null, names.map(line(beside))));
        files().then(({banks, beside}) => clear(lists, group('In the output folder', banks, false),
            group('Beside the model', beside, true), !banks.length && !beside.length
                && el('p', {class: 'faint'}, 'There is no .npz, .npy or .pt file in the output folder or beside the model.')),
            error => clear(lists, el('p', {class: 'wrong'}, error.message)));
    });
}

/* ------------------------------------------------------------------------------------------ sliders */

// "0-5, 9" as in recipes; undefined if there is nothing in it.
function layersIn(text) {
    const ws = wsOf(text.split(','), store.network.num_ws);
    return ws.length && ws.length < store.network.num_ws ? wValue(ws, store.network.num_ws) : undefined;
}

const inWords = layers => [layers ?? []].flat().join(', ');

function layersField(file, {name, layers}) {
    const usual = layers ? layers.join('-') : 'all';
    const field = el('input', {type: 'text', class: 'ranges', placeholder: usual, spellcheck: 'false', autocomplete: 'off',
                               'aria-label': `Layers of ${name}, such as 0-5`,
                               title: `The w's that it moves, such as 0-5; empty for ${usual === 'all' ? 'all' : usual}`});
    const show = () => {
        if (document.activeElement !== field)
            field.value = inWords(layersOf(store.recipe, file, name));
    };
    on(field, 'change', () => {
        const next = ranges(field.value.split(',')).length ? layersIn(field.value) : undefined;
        store.change(`Layers of ${name}`, draft => putLayers(draft.recipe, file, name, next));
        field.blur();
        show();
    });
    controls.register({}, field, show);
    show();
    return field;
}

function row(file, direction) {
    const {name, space, deviation} = direction, reach = deviation === 1 ? 10 : 3;
    const read = () => amountOf(store.recipe, file, name);
    if (typeof read() !== 'number')
        return el('li', null, el('span', {class: 'label'}, name), el('small', {class: 'faint'}, `moved by the parameter ${read()}`));
    return el('li', null, slider({
        address: `direction/${name}`, label: name, low: null, high: null, span: [-reach, reach], defaultValue: 0,
        title: deviation === 1 ? 'How far to move along this direction' : 'How far to move, in standard deviations of the network\'s pictures',
        value: read, set: value => store.change(`Direction ${name}`, draft => putAmount(draft.recipe, file, name, value, store.streaming),
                                                `direction/${name}`)}),
        space === 'w' && layersField(file, direction));
}

function allToZero() {
    const {file, directions} = bank();
    store.change('Directions to 0', draft => directions.forEach(({name}) => takeOut(draft.recipe, file, name)));
    store.settle();
}

/* ------------------------------------------------------------------------------------------ the part */

export function create() {
    const list = el('ul', {class: 'bank', 'aria-label': 'Directions'}), about = el('p', {class: 'small faint bank-about'});
    const wrong = el('p', {class: 'wrong', role: 'alert'});
    const progress = progressLine();
    let shown = null, most = atOnce, opening = null;       // the file that is, or could not be, opened

    const tryTo = run => attempt(wrong, run).then(show);

    const more = button({label: 'More', run: () => {
        most += atOnce;
        shown = null;
        show();
    }});
    const zero = button({icon: 'reset', label: 'All to 0', quiet: true, run: allToZero});
    const method = menu({label: 'by', title: 'How directions are found', choices: () => methods.filter(each => each.needs(store.network)),
                         value: methodNow, set: value => store.setUi('directionMethod', value)});
    const finder = button({label: 'Find', title: 'Find directions', run: () => tryTo(find)});
    const element = el('div', {class: 'directions'},
        el('div', {class: 'row'}, method, finder, button({icon: 'open', label: 'Open', run: () => tryTo(choose)}),
           el('span', {class: 'space'}), zero),
        progress, wrong, about, list, more);

    function show() {
        const now = bank(), file = bankFile();
        if (!now && file && file !== opening) {
            opening = file;
            tryTo(() => open(file));
        }
        finder.disabled = !!analysis.running;
        zero.hidden = !now;
        if (now && now === shown)
            return;
        shown = now;
        more.hidden = !now || now.directions.length <= most;
        about.textContent = now ? `${now.file}: ${now.directions.length} directions, and the layers that each moves`
            : file ? file
            : 'A direction is a way in which pictures of this network change. Find some, or open a file.';
        clear(list, now?.directions.slice(0, most).map(direction => row(now.file, direction)));
    }

    const leave = store.on('analysis', () => element.isConnected ? show() : leave());
    controls.register({}, element, show);
    show();
    return element;
}
