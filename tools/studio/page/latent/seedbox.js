// A seed in one line: typed, previous, next or random.
import {button, controls} from '../parts/controls.js';
import {el, on} from '../parts/dom.js';
import {store} from '../state/store.js';

const maxSeed = 0xffffffff;
const diceSides = 100000;               // random seeds are short enough to remember

export const anySeed = () => Math.floor(Math.random() * diceSides);
export const heldSeed = seed => Math.min(maxSeed, Math.max(0, Math.round(seed)));

// spec: {address, label, title, empty (words if value() is null), keys (shortcuts of previous, next and random, for titles), value(), set(seed)}
export function seedBox(spec) {
    const number = el('input', {type: 'text', inputmode: 'numeric', class: 'number', 'aria-label': spec.label,
                                autocomplete: 'off', title: spec.title, placeholder: spec.empty ?? ''});
    const step = by => put((spec.value() ?? 0) + by);
    const [before, next, any] = spec.keys ?? ['', '', ''];
    const element = el('div', {class: 'seed', role: 'group', 'aria-label': spec.label, data: {address: spec.address}},
        el('span', {class: 'label'}, spec.label),
        button({icon: 'previous', label: `${spec.label}: previous`, quiet: true, title: `Previous seed${before}`,
                run: () => step(-1)}),
        number,
        button({icon: 'next', label: `${spec.label}: next`, quiet: true, title: `Next seed${next}`,
                run: () => step(1)}),
        button({icon: 'dice', label: `${spec.label}: random`, quiet: true, title: `Random seed${any}`,
                run: () => put(anySeed())}));
    const show = () => { number.value = spec.value() ?? ''; };

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
        if (!way)
            return;
        event.preventDefault();
        step(event.shiftKey ? 10 * way : way);
    });
    on(number, 'focus', () => number.select());
    controls.register({address: spec.address, label: spec.label, low: 0, high: maxSeed, span: [0, 999], integer: true,
                       value: spec.value, set: seed => spec.set(heldSeed(seed))}, element, show);
    show();
    return element;
}
