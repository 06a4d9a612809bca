// The works in the output folder, with their pictures: the projects of tabs, each named in the address of the page.
import {button} from '../parts/controls.js';
import {clear, el} from '../parts/dom.js';
import {store} from '../state/store.js';
import {wire} from '../state/wire.js';

const most = 24;                        // works that are shown
const again = 2000;                     // ms before the list is asked for again

const open = name => { location.hash = encodeURIComponent(name); };

// "3 minutes ago"
export function ago(seconds) {
    const units = [[60, 'second'], [60, 'minute'], [24, 'hour'], [7, 'day'], [Infinity, 'week']];
    for (const [size, unit] of units) {
        if (seconds < size) {
            const count = Math.max(1, Math.floor(seconds));
            return `${count} ${unit}${count > 1 ? 's' : ''} ago`;
        }
        seconds /= size;
    }
    return '';
}

export function worksList() {
    const list = el('ul', {class: 'works', 'aria-label': 'Works'});
    const name = el('input', {type: 'text', maxlength: 64, placeholder: 'name', autocomplete: 'off', 'aria-label': 'Name of a new work'});
    const form = el('form', {class: 'row', onsubmit(event) {
        event.preventDefault();
        if (name.value.trim())
            open(name.value.trim());
    }}, name, button({icon: 'plus', label: 'New work', run: () => form.requestSubmit()}));
    const element = el('section', {class: 'works-list', hidden: true}, el('h3', null, 'Works'), list, form);
    let askedAt = -Infinity;

    function card({name: title, changed, picture, isOpen}) {
        const isHere = title === store.welcome.project;
        const says = isHere ? 'this one' : isOpen ? 'in another tab' : ago(changed);
        return el('li', null, el('button', {type: 'button', class: 'card-button', disabled: isHere || isOpen, title: `${title}, ${says}`,
                                            onclick: () => open(title)},
            picture ? el('img', {src: `data:image/jpeg;base64,${picture}`, alt: '', width: 96, height: 96}) : el('span', {class: 'blank'}),
            el('span', null, title), el('small', {class: 'faint'}, says)));
    }

    async function show() {
        if (performance.now() - askedAt < again)
            return;
        askedAt = performance.now();
        const {works} = await wire.ask('works', {count: most}).catch(() => ({works: []}));
        element.hidden = false;
        clear(list, works.map(work => card({...work, isOpen: work.open})));
        list.hidden = !works.length;
    }
    return {element, show};
}
