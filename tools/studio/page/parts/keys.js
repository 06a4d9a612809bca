// Keyboard shortcuts: one table, which the help shows. Shortcuts do nothing while the user is typing, unless they are marked
// `always`. Shortcuts of a single letter or digit can be switched off, for speech input and against accidental presses.
import {on} from './dom.js';
import {store} from '../state/store.js';

const table = [];
const typing = 'textarea, input:not([type=range]):not([type=checkbox]):not([type=radio]), select, [contenteditable]';

// {key: 'Ctrl+Shift+Z', says: 'Redo', group: 'Project', run(event), up(event)}. `key` may be a list; with `span`, help shows
// only its first and last. `up` is for keys that are held. when() tells whether the row applies now; rows with when() take
// precedence. `always` as above.
function add(entry) {
    const row = {...entry, keys: [entry.key].flat()};
    table.push(row);
    return () => table.splice(table.indexOf(row), 1);
}

export const keys = {
    add,
    // [{group, rows: [{keys, says}]}] in the order in which the groups were added.
    list() {
        const groups = [...new Set(table.map(row => row.group))];
        return groups.map(group => ({group, rows: table.filter(row => row.group === group)}));
    },
};

// The names that a key press may have in the table: "Ctrl+Shift+Z", "?", "Space", "Z".
function namesOf(event) {
    const key = event.key === ' ' ? 'Space' : event.key.length === 1 ? event.key.toUpperCase() : event.key;
    const before = `${event.ctrlKey || event.metaKey ? 'Ctrl+' : ''}${event.altKey ? 'Alt+' : ''}`;
    const names = [`${before}${event.shiftKey ? 'Shift+' : ''}${key}`];
    if (key.length === 1 && !/[A-Z0-9]/.test(key))
        names.push(before + key);               // typing "?" needs Shift anyway
    return names;
}

// An edited field has its own undo until its text is committed.
let edited = null;
on(document, 'input', event => { edited = event.target; });
for (const end of ['change', 'focusout'])
    on(document, end, () => { edited = null; });

function isTyped(event) {
    const isOwn = event.target === edited || event.target.matches?.('textarea, [contenteditable]');
    return event.target.matches?.(typing) && (isOwn || !(event.ctrlKey || event.metaKey));
}

function find(event) {
    const isTyping = isTyped(event);
    const isAlone = event.key.length === 1 && !event.ctrlKey && !event.metaKey;
    if (event.isComposing || document.querySelector('dialog[open]') || (isAlone && store.ui.singleKeys === false))
        return null;
    const names = namesOf(event);
    const rows = table.filter(row => row.keys.some(key => names.includes(key)) && (row.always || !isTyping) &&
                                     (row.when?.() ?? true));
    return rows.find(row => row.when) ?? rows[0] ?? null;
}

const isPress = event => event.key === ' ' || event.key === 'Enter';
const pressable = 'button, a[href], summary, input[type=checkbox], input[type=radio], [role=tab], [role=option]';

const held = new Map();             // code of a held key → its row

// Enter commits a field on the page, and then the keys are shortcuts again.
const field = 'input[type=text]:not([role]), input[type=number]';

on(document, 'keydown', event => {
    if (event.key === 'Enter' && !event.defaultPrevented && event.target.matches?.(field) && !event.target.closest('dialog, form'))
        event.target.blur();
    if (event.defaultPrevented || (isPress(event) && event.target.matches?.(pressable)))
        return;
    const row = find(event);
    if (!row)
        return;
    event.preventDefault();
    if (row.up) {
        if (held.has(event.code))
            return;
        held.set(event.code, row);
    }
    row.run(event);
});

function release(code, event) {
    held.get(code)?.up(event);
    held.delete(code);
}

on(document, 'keyup', event => release(event.code, event));
on(window, 'blur', event => [...held.keys()].forEach(code => release(code, event)));
