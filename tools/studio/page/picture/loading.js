// A veil over the picture while there is none of the current model: it is being opened, or the program is not there.
import {el} from '../parts/dom.js';
import {live} from '../state/live.js';
import {store} from '../state/store.js';
import {wire} from '../state/wire.js';

export function loadingVeil() {
    const words = el('p', {role: 'status'});
    const element = el('div', {class: 'loading'}, el('span', {class: 'turning', 'aria-hidden': 'true'}), words);

    function show() {
        const isWaiting = store.isLoading || (!store.frame && !live.refused);
        element.hidden = !isWaiting;
        const says = !isWaiting ? '' : wire.state !== 'open' ? 'Waiting for the program …' : `Loading ${store.state.model} …`;
        if (words.textContent !== says)
            words.textContent = says;
    }
    for (const event of ['recipe', 'network', 'frame', 'refused'])
        store.on(event, show);
    wire.on('state', show);
    show();
    return element;
}
