// A window over the page: a head with its title and a way out, and what is in it. Escape and a click beside it close
// it.
import {button} from './controls.js';
import {el} from './dom.js';

let opened = 0;

// Returns the dialog, which is shown; closing it takes it away and calls done().
export function openDialog(title, kind, children, done = () => {}) {
    const id = `dialog-${++opened}`;
    const dialog = el('dialog', {class: kind, 'aria-labelledby': id,
                                 onclick: event => event.target === dialog && dialog.close(),
                                 onclose() {
                                     dialog.remove();
                                     done();
                                 }},
        el('header', null, el('h2', {id}, title),
           button({icon: 'close', label: 'Close', quiet: true, run: () => dialog.close()})), children);
    document.body.append(dialog);
    dialog.showModal();
    return dialog;
}

// Says it for a while at the foot of the page, and to screen readers.
export function announce(words, kind = '') {
    const line = document.getElementById('announcer');
    line.textContent = words;
    line.className = `announcer ${kind}`;
    clearTimeout(announce.timer);
    announce.timer = setTimeout(() => { line.className = 'announcer gone'; }, kind === 'wrong' ? 8000 : 3000);
}
