// The line above the picture while something else than the recipe is seen: a film or a path. When it is paused the panels still
// show the work at rest, and the line says so.
import {button} from '../parts/controls.js';
import {clear, el} from '../parts/dom.js';
import {live} from '../state/live.js';
import {store} from '../state/store.js';

export function mount(bar) {
    const words = el('span', {class: 'small words'}), about = el('span', {class: 'small faint about', role: 'status'});
    clear(bar, el('span', {class: 'dot', 'aria-hidden': 'true'}), words, about, el('span', {class: 'space'}),
        button({label: 'Use this moment', title: 'Makes the moment that is seen the recipe', run: () => live.player?.keep()}),
        button({label: 'Back', title: 'Back to the work, as the panels show it', run: () => live.player?.leave()}));

    function show() {
        const {player} = live;
        bar.hidden = !player;
        if (!player)
            return;
        if (words.textContent !== player.words)
            words.textContent = player.words;
        bar.classList.toggle('paused', player.paused);
        const says = player.paused ? 'The panels show the work at rest.' : '';
        if (about.textContent !== says)
            about.textContent = says;
    }
    store.on('playing', show);
    show();
}
