// The page in three steps: a card beside the panel that each is about. It covers nothing that it speaks of, keeps nothing from
// being used, and is closed by its button or Escape.
import {button} from '../parts/controls.js';
import {clear, el} from '../parts/dom.js';
import {keys} from '../parts/keys.js';
import {store} from '../state/store.js';
import {examples} from './examples.js';

const steps = [
    {panel: 'network', title: 'Choose a layer', says: 'Each box is a layer of the network, from the seed at the top to the picture at the bottom. '
        + 'Early layers decide about shapes, late ones about surfaces. Click one.'},
    {panel: 'layer', title: 'Bend it', says: 'Give it another activation function, or filters on all or some of its maps. The picture follows at '
        + 'once. Hold U to see it without the bends.'},
    {panel: 'project', title: 'Keep what you like', says: 'S takes a snapshot, Ctrl+S saves the picture and its recipe. Everything can be undone, and '
        + 'the work is kept by itself.'},
];

let step = -1;
const card = el('section', {class: 'tour', role: 'dialog', 'aria-label': 'Tour', hidden: true});

function go(next) {
    step = next;
    const {panel, title, says} = steps[step] ?? {};
    card.hidden = !panel;
    if (!panel) {
        delete document.body.dataset.tour;
        return;
    }
    if (!card.isConnected)
        document.getElementById('announcer').before(card);
    document.body.dataset.tour = panel;
    if (panel === 'network' || panel === 'layer' || panel === 'project')
        document.getElementById(`tab-${panel}`)?.click();
    if (panel === 'layer' && !store.current)
        store.select(examples(store.network, store.recipe).slice(0, 1).map(({layer}) => layer));
    const more = button({label: step < steps.length - 1 ? 'Next' : 'Done', run: () => go(step + 1)});
    more.classList.add('primary');
    clear(card, el('header', null, el('h2', null, title), el('small', {class: 'faint'}, `${step + 1} of ${steps.length}`),
                   button({icon: 'close', label: 'Close the tour', quiet: true, run: endTour})),
          el('p', {role: 'status'}, says),
          el('div', {class: 'row'}, step > 0 && button({label: 'Back', run: () => go(step - 1)}), el('span', {class: 'space'}), more));
    more.focus();
}

export const startTour = () => go(0);
export const endTour = () => go(steps.length);

keys.add({key: 'Escape', says: 'Close the tour', group: 'Page', when: () => step >= 0 && step < steps.length, run: endTour});
