// Modal dialogs with a title and a close button. Escape and a click outside close them.
import {button} from './controls.js';
import {el} from './dom.js';

let opened = 0;

// Shows and returns the dialog. Closing removes it and calls done().
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

// Shows the text for a while at the bottom of the page and announces it to screen readers.
export function announce(words, kind = '') {
    const line = document.getElementById('announcer');
    line.textContent = words;
    line.className = `announcer ${kind}`;
    clearTimeout(announce.timer);
    announce.timer = setTimeout(() => { line.className = 'announcer gone'; }, kind === 'wrong' ? 8000 : 3000);
}
