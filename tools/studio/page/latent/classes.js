// The class of the picture, for networks with classes: found by words or number, alone or mixed with others.
import {button, controls, slider} from '../parts/controls.js';
import {clear, el, icon, on} from '../parts/dom.js';
import * as mix from './classmix.js';
import {classesOf, classText, setInput} from '../state/recipe.js';
import {store} from '../state/store.js';

const nameOf = index => store.network.class_names?.[index] ?? '';
const shortName = index => nameOf(index).split(',')[0] || `class ${index}`;

// A recipe may name a class.
function chosen() {
    return classesOf(store.recipe).map(({index, share}) => {
        if (typeof index === 'number')
            return {index, share};
        const known = mix.search(store.network.class_names, store.network.classes, index, 1)[0];
        return known === undefined ? null : {index: known, share};
    }).filter(Boolean);
}

function put(classes, label, merge = null) {
    store.change(label, draft => setInput(draft.recipe, 'class', classes.length ? classText(classes) : null), merge);
}

export function create() {
    const query = el('input', {type: 'search', placeholder: `Search ${store.network.classes} classes`,
                               autocomplete: 'off', spellcheck: 'false', role: 'combobox',
                               'aria-label': 'Search classes',
                               'aria-controls': 'class-results', 'aria-expanded': 'true', 'aria-autocomplete': 'list'});
    const results = el('ul', {class: 'results', id: 'class-results', role: 'listbox', 'aria-label': 'Classes found'});
    const mixture = el('div', {class: 'mixture'});
    const element = el('div', {class: 'classes'}, el('div', {class: 'class-search'}, query, results), mixture);
    let found = [], active = 0, shown = '';

    function only(index) {
        put([{index, share: 1}], `Class ${shortName(index)}`);
    }
    function mixIn(index) {
        put(mix.added(chosen(), index), `Class ${shortName(index)} mixed in`);
    }

    function showResults() {
        found = mix.search(store.network.class_names, store.network.classes, query.value);
        active = Math.min(active, Math.max(0, found.length - 1));
        const taken = new Set(chosen().map(({index}) => index));
        clear(results, found.map((index, i) => el('li', {
            role: 'option', id: `class-${index}`, 'aria-selected': String(i === active),
            data: {taken: taken.has(index)},
            title: `${nameOf(index)} (${index}): Enter or click selects it, Shift mixes it in`,
            onclick: event => (event.shiftKey ? mixIn : only)(index)},
            el('span', {class: 'name'}, el('span', {class: 'faint'}, index), ` ${nameOf(index)}`),
            el('span', {class: 'mix', title: 'Mix in (Shift+Enter)', onclick: event => {
                event.stopPropagation();
                mixIn(index);
            }}, icon('plus')))),
            !found.length && el('li', {role: 'option', 'aria-disabled': 'true', class: 'faint small'},
                                'No class matches.'));
        query.setAttribute('aria-activedescendant', found.length ? `class-${found[active]}` : '');
    }

    function activate(to) {
        results.children[active]?.setAttribute('aria-selected', 'false');
        active = Math.min(found.length - 1, Math.max(0, to));
        results.children[active]?.setAttribute('aria-selected', 'true');
        results.children[active]?.scrollIntoView({block: 'nearest'});
        query.setAttribute('aria-activedescendant', `class-${found[active]}`);
    }

    on(query, 'input', () => {
        active = 0;
        showResults();
    });
    on(query, 'keydown', event => {
        const step = {ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8}[event.key];
        if (step)
            activate(active + step);
        else if (event.key === 'Enter' && found.length)
            (event.shiftKey ? mixIn : only)(found[active]);
        else
            return;
        event.preventDefault();
    });

    const shareOf = (index, isRemovable) => el('div', {class: 'class-share'}, slider({
        address: `class/${index}`, label: shortName(index), title: `${nameOf(index)} (${index})`, span: [0, 1],
        defaultValue: 1, low: null, high: null, value: () => chosen().find(entry => entry.index === index)?.share ?? 0,
        set: share => put(mix.withShare(chosen(), index, share), 'Mixture of classes', `class/${index}`)}),
        isRemovable && button({icon: 'close', label: `Remove ${shortName(index)}`, quiet: true,
                               run: () => put(mix.without(chosen(), index), 'Class removed')}));

    function sumToOne() {
        const sum = chosen().reduce((total, {share}) => total + share, 0) || 1;
        put(chosen().map(({index, share}) => ({index, share: share / sum})), 'Shares sum to 1');
    }

    // A share of each class. The network accepts any mixture, so shares need not sum to 1.
    function showMixture() {
        const classes = chosen(), key = classes.map(({index}) => index).join();
        if (key === shown && mixture.children.length)
            return;
        shown = key;
        clear(mixture, !classes.length && el('p', {class: 'faint small'}, 'Choose a class to get a picture.'),
            classes.map(({index}) => shareOf(index, classes.length > 1)),
            classes.length > 1 && button({label: 'Sum to 1', run: sumToOne,
                                          title: 'Scale all shares so that they sum to 1'}));
        showResults();
    }

    controls.register({}, element, showMixture);
    showMixture();
    showResults();
    return element;
}
