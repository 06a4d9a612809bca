// The dividers between the panels, which are dragged or moved by arrow keys, and are remembered. Each sets a custom property of
// the page that style.css uses; a double-click or Home restores its default. What each screen has: style.css.
import {el, on} from './dom.js';
import {store} from '../state/store.js';

const step = 16, held = (value, low, high) => Math.min(high, Math.max(low, value));

// `axis` is the coordinate that it moves along; `sign` −1 if what it resizes is behind it; `of` is the element that it resizes.
const dividers = [
    {name: 'network', label: 'Width of the network', axis: 'x', sign: 1, of: 'network', low: 130},
    {name: 'picture', label: 'Width of the picture', axis: 'x', sign: -1, of: 'picture', low: 200},
    {name: 'lower', label: 'Height of the lower panels', axis: 'y', sign: -1, of: 'latent', low: 120},
    {name: 'side', label: 'Width of the picture', axis: 'x', sign: 1, of: 'picture', low: 120},
    {name: 'top', label: 'Height of the picture', axis: 'y', sign: 1, of: 'picture', low: 90},
];

const rest = 200;                       // pixels that are left for the others

function divider({name, label, axis, sign, of, low}) {
    const element = el('div', {class: `divider ${name}`, role: 'separator', tabindex: 0, 'aria-label': label,
                               'aria-orientation': axis === 'x' ? 'vertical' : 'horizontal',
                               title: `${label}: drag, or use the arrow keys; double-click restores it`});
    const sizeNow = () => document.getElementById(of).getBoundingClientRect()[axis === 'x' ? 'width' : 'height'];
    const most = () => Math.max(low, (axis === 'x' ? innerWidth : innerHeight) - rest);
    let from = null;                    // {at, size} while it is dragged

    function put(size) {
        store.setUi('layout', {...store.ui.layout, [name]: size === null ? undefined : Math.round(held(size, low, most()))});
    }
    function show() {
        const size = store.ui.layout?.[name];
        if (typeof size === 'number')
            document.body.style.setProperty(`--${name}-size`, `${held(size, low, most())}px`);
        else
            document.body.style.removeProperty(`--${name}-size`);
        element.setAttribute('aria-valuemin', low);
        element.setAttribute('aria-valuemax', most());
        element.setAttribute('aria-valuenow', Math.round(sizeNow()));
    }

    on(element, 'pointerdown', event => {
        if (event.button !== 0)
            return;
        element.setPointerCapture(event.pointerId);
        from = {at: event[axis], size: sizeNow()};
    });
    on(element, 'pointermove', event => from && event[axis] !== from.at && put(from.size + sign * (event[axis] - from.at)));
    on(element, 'lostpointercapture', () => { from = null; });
    on(element, 'dblclick', () => put(null));
    on(element, 'keydown', event => {
        const way = {ArrowLeft: ['x', -1], ArrowRight: ['x', 1], ArrowUp: ['y', -1], ArrowDown: ['y', 1]}[event.key];
        if (way?.[0] === axis)
            put(sizeNow() + sign * way[1] * step * (event.shiftKey ? 4 : 1));
        else if (event.key === 'Home')
            put(null);
        else
            return;
        event.preventDefault();
    });
    store.on('ui', key => (key === undefined || key === 'layout') && show());
    on(window, 'resize', show);
    show();
    return element;
}

export function mount(before) {
    before.before(...dividers.map(divider));
}
