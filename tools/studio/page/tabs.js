// Tabs: one thing at a time, chosen by click or arrow keys. On narrow screens the panels themselves are such things, one
// at a time below the picture; style.css decides when.
import {clear, el, on} from './dom.js';
import {store} from './store.js';

// entries: [{name, label, title, controls (id of what it shows)}]; chosen(name) is told. Returns {element, choose}.
export function tablist(label, entries, chosen, props = {}) {
    const tabs = entries.map(({name, label: words, title, controls}) =>
        el('button', {type: 'button', role: 'tab', id: `tab-${controls}`, title, 'aria-controls': controls,
                      onclick: () => choose(name)}, words));
    const element = el('div', {...props, role: 'tablist', 'aria-label': label}, tabs);

    function choose(name) {
        entries.forEach((entry, i) => {
            tabs[i].setAttribute('aria-selected', String(entry.name === name));
            tabs[i].tabIndex = entry.name === name ? 0 : -1;
        });
        chosen(name);
    }
    on(element, 'keydown', event => {
        const step = {ArrowRight: 1, ArrowLeft: -1}[event.key];
        if (!step)
            return;
        event.preventDefault();
        const next = (tabs.indexOf(document.activeElement) + step + tabs.length) % tabs.length;
        choose(entries[next].name);
        tabs[next].focus();
    });
    return {element, choose};
}

const panels = [['network', 'Network'], ['layer', 'Layer'], ['latent', 'Latent'], ['work', 'Work']];

export function mount(root) {
    const {element, choose} = tablist('Panels', panels.map(([name, label]) => ({name, label, controls: name})), name => {
        document.body.dataset.panel = name;
        if (store.ui.panel !== name && store.opened)
            store.setUi('panel', name);
    });
    clear(root, element);
    store.on('ui', () => store.ui.panel && document.body.dataset.panel !== store.ui.panel && choose(store.ui.panel));
    choose('layer');
}
