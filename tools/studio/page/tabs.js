// On narrow screens one panel at a time stands below the picture, chosen by tabs. style.css decides when.
import {clear, el, on} from './dom.js';
import {store} from './store.js';

const words = {network: 'Network', layer: 'Layer', latent: 'Latent', work: 'Work'};

export function mount(root, panels) {
    const shown = panels.filter(name => words[name]);
    const tabs = shown.map(name => el('button', {type: 'button', role: 'tab', id: `tab-${name}`, 'aria-controls': name,
                                                 onclick: () => choose(name)}, words[name]));
    clear(root, tabs);

    function choose(name) {
        document.body.dataset.panel = name;
        shown.forEach((each, i) => {
            tabs[i].setAttribute('aria-selected', String(each === name));
            tabs[i].tabIndex = each === name ? 0 : -1;
        });
        if (store.ui.panel !== name && store.opened)
            store.setUi('panel', name);
    }

    on(root, 'keydown', event => {
        const step = {ArrowRight: 1, ArrowLeft: -1}[event.key];
        if (!step)
            return;
        const next = (shown.indexOf(document.body.dataset.panel) + step + shown.length) % shown.length;
        choose(shown[next]);
        tabs[next].focus();
    });
    store.on('ui', () => store.ui.panel && choose(store.ui.panel));
    choose('layer');
}
