// Tabs, chosen by click or arrow keys. On narrow screens the panels themselves are tabs below the picture; style.css decides
// when.
import {clear, el, on} from './dom.js';
import {keys} from './keys.js';
import {store} from '../state/store.js';

// entries: [{name, label, title, controls (id of the tab panel)}]. Calls chosen(name). Returns {element, choose}.
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

/* ------------------------------------------------------------------------------------------ panels */

const panels = [['network', 'Network'], ['layer', 'Layer'], ['latent', 'Latent'], ['project', 'Project']];
const places = ['header', 'network', 'layer', 'picture', 'latent', 'project'];         // in the order that F6 visits them
const usable = 'button:not(:disabled), input:not(:disabled), select, textarea, [tabindex="0"]';

export function mount(root) {
    const entries = panels.map(([name, label]) => ({name, label, controls: name}));
    const {element, choose} = tablist('Panels', entries, name => {
        document.body.dataset.panel = name;
        if (store.ui.panel !== name && store.opened)
            store.setUi('panel', name);
    });
    clear(root, element);
    store.on('ui', () => store.ui.panel && document.body.dataset.panel !== store.ui.panel && choose(store.ui.panel));
    choose('layer');

    // Moves the focus to the next panel that contains something to use.
    function go(step) {
        let at = places.findIndex(id => document.getElementById(id).contains(document.activeElement));
        for (let i = 0; i < places.length; i++) {
            at = (at + step + places.length) % places.length;
            if (panels.some(([name]) => name === places[at]))
                choose(places[at]);
            const goal = [...document.getElementById(places[at]).querySelectorAll(usable)]
                .find(each => each.tabIndex >= 0 && each.checkVisibility());
            if (goal)
                return goal.focus();
        }
    }
    keys.add({key: 'F6', always: true, says: 'Next panel', group: 'Page', run: () => go(1)});
    keys.add({key: 'Shift+F6', always: true, says: 'Previous panel', group: 'Page', run: () => go(-1)});
}
