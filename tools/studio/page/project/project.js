// The project panel: the recipe as text, films between snapshots, the history, control by MIDI and OSC; below them the strip
// of snapshots, which is always visible, with Save and Open.
import {button} from '../parts/controls.js';
import {clear, el} from '../parts/dom.js';
import * as files from './files.js';
import * as film from './film.js';
import * as control from './control.js';
import * as snapshots from './snapshots.js';
import * as history from './history.js';
import * as motion from '../show/motionview.js';
import * as scenes from '../show/scenesview.js';
import * as show from '../show/show.js';
import {store} from '../state/store.js';
import {tablist} from '../parts/tabs.js';
import * as text from './text.js';

const views = [
    {name: 'text', label: 'Recipe', title: 'The recipe as text, which can be edited', mount: text.mount},
    {name: 'film', label: 'Film', title: 'Films between snapshots', mount: film.mount},
    {name: 'history', label: 'History', title: 'All steps; click one to go back to it', mount: history.mount},
    {name: 'scenes', label: 'Scenes', title: 'Recipes on pads, faded into each other', mount: scenes.mount},
    {name: 'motion', label: 'Motion', title: 'Numbers that move with time or sound', mount: motion.mount},
    {name: 'show', label: 'Show', title: 'What the audience sees', mount: show.mount},
    {name: 'control', label: 'MIDI & OSC', title: 'Knobs, keys and other programs that move numbers', mount: control.mount},
];

export function mount(root) {
    const bodies = views.map(({name, mount: fill}) => {
        const body = el('div', {class: `view ${name}-view`, id: `project-${name}`, role: 'tabpanel',
                                'aria-labelledby': `tab-project-${name}`});
        fill(body);
        return body;
    });
    const {element: list, choose} = tablist('Views of the project', views.map(view =>
        ({...view, controls: `project-${view.name}`})), show, {class: 'views'});
    const strip = el('div', {class: 'strip'});
    snapshots.mount(strip);
    clear(root,
          el('div', {class: 'panel-head'}, list), bodies, strip);
    strip.append(el('div', {class: 'strip-tools'},
        button({icon: 'save', label: 'Save', quiet: true, title: 'Save under a name (Ctrl+Shift+S)', run: files.openSave}),
        button({icon: 'open', label: 'Open', quiet: true, title: 'Open a recipe or picture (Ctrl+O)', run: files.openFiles}),
        button({icon: 'copy', label: 'Copy the recipe', quiet: true, title: 'Copy the recipe to the clipboard', run: files.copy})));

    function show(name) {
        views.forEach((view, i) => { bodies[i].hidden = view.name !== name; });
        root.querySelector(`#tab-project-${name}`)?.scrollIntoView?.({block: 'nearest', inline: 'center'});
        if (store.opened && store.ui.project !== name)
            store.setUi('project', name);
    }
    store.on('ui', key => (key === undefined || key === 'project') && choose(store.ui.project ?? 'text'));
    choose('text');
}
