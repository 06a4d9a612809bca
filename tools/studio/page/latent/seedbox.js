// A seed in one line: typed, one less or more, or any by the dice.
import {button, controls} from '../parts/controls.js';
import {el, on} from '../parts/dom.js';
import {store} from '../state/store.js';

const mostSeed = 0xffffffff;
const diceSides = 100000;               // seeds short enough to be remembered

export const anySeed = () => Math.floor(Math.random() * diceSides);
export const heldSeed = seed => Math.min(mostSeed, Math.max(0, Math.round(seed)));

// spec: {address, label, title, keys (titles of before, next and any), value(), set(seed)}
export function seedBox(spec) {
    const number = el('input', {type: 'text', inputmode: 'numeric', class: 'number', 'aria-label': spec.label,
                                autocomplete: 'off', title: spec.title});
    const step = by => put((spec.value() ?? 0) + by);
    const [before, next, any] = spec.keys ?? ['', '', ''];
    const element = el('div', {class: 'seed', role: 'group', 'aria-label': spec.label, data: {address: spec.address}},
        el('span', {class: 'label'}, spec.label),
        button({icon: 'previous', label: `${spec.label}: one less`, quiet: true, title: `The seed before${before}`,
                run: () => step(-1)}),
        number,
        button({icon: 'next', label: `${spec.label}: one more`, quiet: true, title: `The next seed${next}`,
                run: () => step(1)}),
        button({icon: 'dice', label: `${spec.label}: any`, quiet: true, title: `Any seed${any}`,
                run: () => put(anySeed())}));
    const show = () => { number.value = spec.value(); };

    function put(seed) {
        spec.set(heldSeed(seed));
        store.settle();
    }

    on(number, 'change', () => {
        const wanted = Number(number.value.trim());
        if (number.value.trim() !== '' && Number.isFinite(wanted))
            put(wanted);
        show();
    });
    on(number, 'keydown', event => {
        const way = {ArrowUp: 1, ArrowDown: -1, PageUp: 10, PageDown: -10}[event.key];
        if (event.key === 'Enter')
            number.blur();              // the keys of the page are at hand again, undo among them
        if (!way)
            return;
        event.preventDefault();
        step(event.shiftKey ? 10 * way : way);
    });
    on(number, 'focus', () => number.select());
    controls.register({address: spec.address, label: spec.label, low: 0, high: mostSeed, span: [0, 999], integer: true,
                       value: spec.value, set: seed => spec.set(heldSeed(seed))}, element, show);
    show();
    return element;
}
