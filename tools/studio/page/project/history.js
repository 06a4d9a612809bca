// The history of steps, newest last. A click undoes or redoes to the state after that step.
import {clear, el, on} from '../parts/dom.js';
import {store} from '../state/store.js';

const maxLines = 400;                   // lines shown in each direction

export function mount(root) {
    const list = el('ol', {class: 'steps-list'});
    let rows = [];                      // {label, kind, steps: how many a click goes back}
    clear(root, list);
    on(list, 'click', event => {
        const item = event.target.closest('li');
        if (item)
            store.goBack(rows[[...list.children].indexOf(item)].steps);
    });

    function rowsNow() {
        const {done, undone} = store;
        const first = Math.max(0, done.length - maxLines);
        return [
            {label: first ? `${first} earlier steps` : 'Start', kind: done.length ? 'done' : 'now', steps: done.length - first},
            ...done.slice(first).map(({label}, i, {length}) =>
                ({label, kind: i === length - 1 ? 'now' : 'done', steps: length - 1 - i})),
            ...undone.slice(-maxLines).reverse().map(({label}, i) => ({label, kind: 'undone', steps: -1 - i})),
        ];
    }

    // The buttons stay, so that the focus and a click that has begun are not lost.
    function show() {
        rows = rowsNow();
        while (list.childElementCount > rows.length)
            list.lastElementChild.remove();
        while (list.childElementCount < rows.length)
            list.append(el('li', null, el('button', {type: 'button', class: 'line'})));
        rows.forEach(({label, kind}, i) => {
            const item = list.children[i], [line] = item.children;
            item.className = kind;
            if (line.textContent !== label)
                line.textContent = label;
            line.ariaCurrent = kind === 'now' ? 'step' : null;
        });
        if (root.offsetParent)
            list.querySelector('.now')?.scrollIntoView({block: 'nearest'});
    }
    let timer = 0;
    store.on('recipe', () => {
        clearTimeout(timer);
        timer = setTimeout(show, 100);
    });
    store.on('ui', key => key === 'project' && show());
    show();
}
