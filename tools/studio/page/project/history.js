// The history of steps, newest last. A click undoes or redoes to the state after that step.
import {clear, el} from '../parts/dom.js';
import {store} from '../state/store.js';

const maxLines = 400;                   // lines shown in each direction

export function mount(root) {
    const list = el('ol', {class: 'steps-list'});
    clear(root, list);

    function line(label, kind, run) {
        return el('li', {class: kind}, el('button', {type: 'button', class: 'line', onclick: run,
                                                     'aria-current': kind === 'now' ? 'step' : null}, label));
    }

    function show() {
        const {done, undone} = store;
        const first = Math.max(0, done.length - maxLines);
        clear(list,
              line(first ? `${first} earlier steps` : 'Start', done.length === 0 ? 'now' : 'done',
                   () => store.goBack(done.length - first)),
              done.slice(first).map(({label}, i, {length}) =>
                  line(label, i === length - 1 ? 'now' : 'done', () => store.goBack(length - 1 - i))),
              undone.slice(-maxLines).reverse().map(({label}, i) => line(label, 'undone', () => store.goBack(-1 - i))));
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
