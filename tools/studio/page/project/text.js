// The recipe as text. It follows the recipe. Typed text is parsed by the program after a pause and becomes the recipe if it is
// valid. It keeps its form, including comments, until something else changes the recipe.
import {el, clear, on} from '../parts/dom.js';
import {live} from '../state/live.js';
import {store} from '../state/store.js';
import {wire} from '../state/wire.js';
import {toYaml} from '../state/yaml.js';

const pause = 350;                  // ms without typing
const showEvery = 150;              // ms between updates while the recipe changes

let typed = null;                   // {text, recipe}: the last text typed and its recipe

// The text of a recipe: as it was typed, if it was.
export const textOf = recipe => typed?.recipe === recipe ? typed.text : toYaml(recipe);

// Parses a text and makes it the recipe. Throws the program's error, with line and column.
export async function take(text, label) {
    const {recipe} = await wire.ask('parse', {text});
    store.change(label, draft => { draft.recipe = {bends: [], ...recipe}; }, label === 'Recipe text' ? 'text' : null);
    typed = {text, recipe: store.recipe};
}

export function mount(root) {
    const area = el('textarea', {spellcheck: 'false', wrap: 'off', autocapitalize: 'off', autocomplete: 'off',
                                 'aria-label': 'Recipe', 'aria-describedby': 'recipe-wrong'});
    const numbers = el('div', {class: 'line-numbers', 'aria-hidden': 'true'});
    const wrong = el('button', {type: 'button', class: 'wrong', id: 'recipe-wrong', hidden: true,
                                title: 'Go to the error', onclick: () => goTo(place)});
    let timer = 0, place = null, reading = 0, isRead = true, showTimer = 0;
    clear(root, el('div', {class: 'editor'}, numbers, area), wrong);

    function show() {
        const hasFocus = document.activeElement === area;
        const text = textOf(store.recipe);
        if (area.value === text || (hasFocus && (!isRead || place)))       // text that is being edited stays
            return;
        const {scrollTop, scrollLeft, selectionStart} = area;
        area.value = text;
        Object.assign(area, {scrollTop, scrollLeft});
        if (hasFocus)
            area.setSelectionRange(selectionStart, selectionStart);
        say(live.refused);
    }

    function showNumbers() {
        const count = area.value.split('\n').length;
        if (numbers.childElementCount !== count)
            numbers.replaceChildren(...Array.from({length: count}, (_, i) => el('span', null, i + 1)));
        [...numbers.children].forEach((line, i) => line.classList.toggle('wrong', i + 1 === place?.line));
        numbers.scrollTop = area.scrollTop;
    }

    function say(error) {
        place = error;
        wrong.hidden = !error;
        wrong.textContent = error
            ? `${error.line ? `Line ${error.line}${error.column ? `, column ${error.column}` : ''}: ` : ''}${
                error.message.replace(/^[^\s:]*:\d+:\d+: /, '')}` : '';
        showNumbers();
    }

    function goTo(at) {
        if (!at?.line)
            return;
        const start = area.value.split('\n').slice(0, at.line - 1).reduce((sum, line) => sum + line.length + 1, 0);
        area.focus();
        area.setSelectionRange(start + (at.column ?? 1) - 1, start + (at.column ?? 1) - 1);
        area.scrollTop = Math.max(0, (at.line - 3) * parseFloat(getComputedStyle(area).lineHeight));
    }

    async function read() {
        timer = 0;
        const mine = ++reading;
        const error = await take(area.value, 'Recipe text').then(() => live.refused, refused => refused);
        if (mine !== reading)
            return;
        isRead = !timer;
        say(error);
    }

    on(area, 'input', () => {
        clearTimeout(timer);
        timer = setTimeout(read, pause);
        isRead = false;
        showNumbers();
    });
    on(area, 'scroll', () => { numbers.scrollTop = area.scrollTop; });
    on(area, 'blur', () => {
        store.settle();
        if (timer) {
            clearTimeout(timer);
            read();
        }
    });
    const showSoon = () => {
        showTimer ||= setTimeout(() => {
            showTimer = 0;
            if (root.checkVisibility())
                show();
        }, showEvery);
    };
    store.on('recipe', showSoon);
    store.on('ui', key => key === 'project' && showSoon());
    store.on('refused', () => isRead && say(live.refused));
    live.spell = textOf;
    show();
}
