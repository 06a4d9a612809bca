// The layer panel: the selected layers, whether they are on, their activation, and the bends at them. A change applies to all
// selected layers; the last one's values are shown.
import {activationPanel} from './activation.js';
import {statisticsPanel} from '../bench/statistics.js';
import {isOff, listedFeatures, setListed, setOff} from '../state/bends.js';
import {controls, toggle} from '../parts/controls.js';
import {startView} from '../first/start.js';
import {announce} from '../parts/dialog.js';
import {clear, el, on} from '../parts/dom.js';
import {mapsOf} from '../state/draw.js';
import {filterStack} from './filters.js';
import {inWords, layersOf, shapeText} from '../network/graph.js';
import {keys} from '../parts/keys.js';
import {mapSheet} from './maps.js';
import {activationAt} from '../state/recipe.js';
import {store} from '../state/store.js';
import {wire} from '../state/wire.js';

const withoutRoot = name => name.replace(/^(synthesis|generator|blocks)\./, '');

export function mount(root) {
    let nodes = [], layers = new Map(), waiting = null;     // maps chosen while there is no current filter

    /* -------------------------------------------------------------------------------------- head */

    const name = el('h2', {class: 'layer-name'});
    const says = el('p', {class: 'layer-says small faint'});
    const whole = () => nodes.filter(node => node.takes?.includes('disable'));
    const areOff = () => whole().length > 0 && whole().every(node => isOff(store.recipe, node));
    const power = toggle({
        label: 'Layer on', title: 'Off: the layer passes its input through', value: () => !areOff(),
        set: value => store.change(value ? 'Layer on' : 'Layer off', draft =>
            setOff(draft.recipe, whole(), !value, store.network.nodes)),
    });

    function showHead() {
        const node = nodes.at(-1);
        const blocks = [...new Set(nodes.map(each => each.name))];
        clear(name, !node ? 'No layer selected' : nodes.length === 1 ? node.name : `${nodes.length} layers`);
        name.title = blocks.join('\n');
        clear(says, !node ? null
            : nodes.length === 1 ? [el('b', null, shapeText(node)), ' · ', inWords(node, layers.get(node.name)?.parts)]
            : [nodes.slice(-4).map(each => withoutRoot(each.name)).join(', '), nodes.length > 4 && ' …',
               '. Changes apply to all; values are of ',
               el('b', null, withoutRoot(node.name))]);
        power.hidden = !whole().length;
    }

    /* -------------------------------------------------------------------------------------- maps for a filter */

    const atHand = () => stack.atHand?.bend ? stack.atHand : null;
    const chosen = () => atHand() ? listedFeatures(atHand().bend) : waiting;
    // By a random share or by clusters; a click makes a list of them.
    const drawn = () => atHand() && nodes.length ? mapsOf(store.recipe, atHand().index, nodes.at(-1)) : null;

    function choose(numbers) {
        const hand = atHand();
        if (!hand) {
            waiting = numbers.size ? numbers : null;
            return;
        }
        if (drawn())
            announce(`The ${hand.bend.features.random === undefined ? 'clusters are' : 'random share is'} now a list of maps. Undo (Ctrl+Z) brings `
                + 'it back');
        store.change('Features', draft => {
            const bend = draft.recipe.bends[hand.index];
            if (numbers.size)
                setListed(bend, numbers);
            else
                delete bend.features;
        }, `maps/${hand.index}`);
    }

    const stack = filterStack({
        chosen: () => waiting,
        changedHand: () => {
            waiting = null;
            sheet.mark();
        },
    });
    const target = () => atHand() ? `For ${atHand().bend.filter}` : 'For the next filter';
    const sheet = mapSheet({chosen, drawn, choose, target});
    const activation = activationPanel(), statistics = statisticsPanel();

    /* -------------------------------------------------------------------------------------- tabs */

    const bending = el('div', {class: 'bending'}, stack.element, sheet.element);
    const bodies = {activation: activation.element, filters: bending, statistics: statistics.element};
    const tabs = Object.fromEntries(Object.keys(bodies).map(each => [each,
        el('button', {type: 'button', role: 'tab', id: `layer-${each}`, 'aria-controls': `layer-${each}-panel`,
                      onclick: () => open(each)})]));
    for (const [each, body] of Object.entries(bodies)) {
        body.id = `layer-${each}-panel`;
        body.setAttribute('role', 'tabpanel');
        body.setAttribute('aria-labelledby', `layer-${each}`);
    }
    const list = el('div', {class: 'layer-tabs', role: 'tablist', 'aria-label': 'Layer views'}, Object.values(tabs));
    on(list, 'keydown', event => {
        const step = {ArrowLeft: -1, ArrowRight: 1}[event.key], all = Object.keys(bodies);
        if (step) {
            const other = all[(all.indexOf(current()) + step + all.length) % all.length];
            open(other);
            tabs[other].focus();
        }
    });

    const current = () => store.ui.layerTab ?? 'activation';

    function open(each) {
        if (each !== current())
            store.setUi('layerTab', each);
        else
            showTabs();
    }

    function showTabs() {
        for (const each of Object.keys(bodies)) {
            const isOpen = each === current();
            bodies[each].hidden = !isOpen || !nodes.length;
            tabs[each].setAttribute('aria-selected', String(isOpen));
            tabs[each].tabIndex = isOpen ? 0 : -1;
        }
        if (!nodes.length)
            return;
        if (current() === 'activation') {
            activation.show(nodes);
        } else if (current() === 'filters') {
            stack.show(nodes);
            sheet.show(nodes.at(-1));
        }
        statistics.show();              // which also ends it when it is hidden
    }

    function showWords() {
        const hasActivation = nodes.some(node => node.act);
        stack.show(nodes);
        const isBent = nodes.some(node => activationAt(store.recipe, node));
        clear(tabs.activation, hasActivation ? 'Activation' : 'Values',
              isBent && el('span', {class: 'mark', title: 'Replaced'}));
        clear(tabs.filters, 'Filters and maps', stack.count > 0 && el('span', {class: 'count'}, String(stack.count)));
        clear(tabs.statistics, 'Statistics');
    }

    function show() {
        nodes = store.selection.map(store.node).filter(Boolean);
        list.hidden = !nodes.length;
        start.element.hidden = nodes.length > 0;
        start.show();
        showHead();
        showWords();
        showTabs();
        controls.refresh();
    }

    const start = startView();
    clear(root, el('div', {class: 'panel-head layer-head'}, name, says, power), list, start.element, Object.values(bodies));
    controls.register({}, root, () => nodes.length && showWords());
    store.on('selection', () => {
        waiting = null;
        show();
    });
    store.on('network', () => {
        layers = new Map(layersOf(store.network.nodes).map(layer => [layer.name, layer]));
        show();
    });
    store.on('ui', key => (key === 'layerTab' || key === undefined) && showTabs());
    store.on('ui', key => key === 'panel' && start.show());
    wire.on('state', () => start.show());
    show();

    const go = (each, focus) => () => {
        document.getElementById('tab-layer')?.offsetParent && document.getElementById('tab-layer').click();
        open(each);
        focus();
    };
    keys.add({key: 'A', says: 'Activation of the layer', group: 'Layers', run: go('activation', activation.focus)});
    keys.add({key: 'F', says: 'Add a filter', group: 'Layers', run: go('filters', stack.focus)});
    keys.add({key: 'O', says: 'Switch the layer off or on', group: 'Layers', run: () =>
        whole().length && store.change('Layer on or off', draft =>
            setOff(draft.recipe, whole(), !areOff(), store.network.nodes))});
}
