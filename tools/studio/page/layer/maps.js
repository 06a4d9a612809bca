// The feature maps of a layer as a contact sheet, each from black at its smallest to white at its largest value, ordered by
// number, energy, cluster, or their effect in the region that is painted on the picture. Clicking and dragging, or arrow keys and Space, choose the features of the current filter. Pointing
// at a map, a long press on it, or the keyboard's focus on it shows the picture without that map.
import {controls, menu, toggle} from '../parts/controls.js';
import {clear, el, on} from '../parts/dom.js';
import {blobOf} from '../parts/encoded.js';
import {mapTrial} from './maptrial.js';
import {newest} from '../state/newest.js';
import {formatNumber} from '../state/recipe.js';
import {region} from '../state/region.js';
import {store} from '../state/store.js';

const maxShown = 512;
const pause = 150;                  // ms between two sheets while something changes
const sizes = {small: 28, middle: 44, large: 88};

// chosen() returns the Set of chosen maps, or null for all; drawn() those that a random share or clusters choose, or null.
// choose(numbers, settle) sets the list.
export function mapSheet({chosen, drawn, choose, target}) {
    const says = el('p', {class: 'says small faint'});
    const grid = el('div', {class: 'sheet', role: 'listbox', 'aria-label': 'Feature maps',
                            'aria-multiselectable': 'true'});
    let node = null, header = null, shownAt = '', cells = [], focused = 0, url = '', stroke = null, first = 0;

    const set = (key, value) => store.setUi('maps', {...store.ui.maps, [key]: value});
    const option = key => store.ui.maps?.[key] ?? {order: 'index', size: 'middle'}[key];
    const order = menu({
        label: 'by', title: 'The order of the maps', value: orderNow, set: value => set('order', value),
        choices: () => [{value: 'index', label: 'number'}, 'energy', 'cluster', ...region.of(node)
            ? [{value: 'region', label: region.of(node).file ? 'effect' : 'region', title: region.of(node).file}] : []],
    });
    // The order by region is made here, from that by number.
    function orderNow() {
        return option('order') === 'region' && !region.of(node) ? 'index' : option('order');
    }
    const orderAsked = () => orderNow() === 'region' ? 'index' : orderNow();
    const size = menu({
        label: 'size', title: 'Size of the maps', value: () => option('size'), set: value => set('size', value),
        choices: Object.keys(sizes).map(value => ({value, label: value[0].toUpperCase(), title: value})),
    });
    const channels = () => node?.shape[0] ?? 1;
    const pages = menu({
        label: 'range', title: 'The part of the maps that is shown', value: () => first,
        set: value => { first = Number(value); ask(); },
        choices: () => Array.from({length: Math.ceil(channels() / maxShown)}, (_, i) => ({
            value: i * maxShown, label: `${i * maxShown} to ${Math.min(channels(), (i + 1) * maxShown) - 1}`})),
    });
    const trials = toggle({label: 'preview', title: 'Point at a map to see the picture without it',
                           value: () => store.ui.maps?.trials !== false, set: value => set('trials', value)});
    const element = el('section', {class: 'maps', 'aria-label': 'Feature maps'},
                       el('div', {class: 'row'}, order, size, pages, trials), says, grid);
    const pixels = () => Math.min(128, Math.max(16, Math.round(sizes[option('size')] * devicePixelRatio)));
    const isShown = () => node?.shape.length === 3 && element.offsetParent !== null;

    const ask = newest(
        () => isShown() ? {type: 'maps', node: node.name, order: orderAsked(), first,
                           count: Math.min(maxShown, channels() - first), side: pixels()} : null,
        show, error => { says.textContent = error.message; }, pause);

    async function show(answer) {
        const next = URL.createObjectURL(blobOf(answer, answer.payload));
        const image = new Image();
        image.src = next;
        await image.decode().catch(() => {});
        header = arranged(answer);
        const layout = JSON.stringify([header.node, header.channels, header.clusters, option('size'), orderNow()]);
        if (layout !== shownAt)
            build();
        shownAt = layout;
        grid.style.setProperty('--sheet', `url("${next}")`);
        URL.revokeObjectURL(url);
        url = next;
        label();
    }

    // With the place of each map on the sheet.
    function arranged(answer) {
        const places = answer.channels.map((_, place) => place), units = region.of(node)?.units;
        const rank = place => units.get(answer.channels[place])?.rank ?? Infinity;
        if (orderNow() === 'region')
            places.sort((a, b) => rank(a) - rank(b) || a - b);
        const take = list => list && places.map(place => list[place]);
        return {...answer, places, channels: take(answer.channels), energies: take(answer.energies),
                clusters: take(answer.clusters)};
    }

    function build() {
        const {channels, columns, rows, places} = header, side = sizes[option('size')];
        grid.style.setProperty('--side', `${side}px`);
        grid.style.setProperty('--width', `${columns * side}px`);
        grid.style.setProperty('--height', `${rows * side}px`);
        cells = channels.map((channel, i) => {
            const cell = el('div', {role: 'option', class: 'map', tabindex: -1, data: {at: i}});
            const place = places[i];
            cell.style.backgroundPosition = `${-(place % columns) * side}px ${-Math.floor(place / columns) * side}px`;
            return cell;
        });
        focused = Math.min(focused, cells.length - 1);
        const {clusters} = header;
        clear(grid, cells.map((cell, i) => [
            orderNow() === 'cluster' && clusters && clusters[i] !== clusters[i - 1]
                && el('div', {class: 'cluster-head small faint', role: 'presentation'},
                      clusters[i] < 0 ? 'in no cluster' : `cluster ${clusters[i]}`), cell]));
        cells[focused]?.setAttribute('tabindex', 0);
        mark();
    }

    function label() {
        const found = orderNow() === 'region' ? region.of(node) : null;
        grid.classList.toggle('ranked', !!found);
        header.channels.forEach((channel, i) => {
            const unit = found?.units.get(channel);
            const words = `map ${channel}, energy ${formatNumber(header.energies[i], 3)}`
                + (header.clusters && header.clusters[i] >= 0 ? `, cluster ${header.clusters[i]}` : '')
                + (unit ? `, ${found.inWords(unit)}` : '');
            if (found)
                cells[i].style.setProperty('--effect', unit ? unit.here / (found.most || 1) : 0);
            cells[i].title = words;
            cells[i].setAttribute('aria-label', words);
        });
    }

    function mark() {
        const now = chosen(), byDraw = now ? null : drawn();
        cells.forEach((cell, i) => cell.setAttribute('aria-selected', String((now ?? byDraw)?.has(header.channels[i]) ?? false)));
        grid.classList.toggle('some', !!(now ?? byDraw));
        grid.classList.toggle('drawn', !!byDraw);
        if (node)
            says.textContent = `${target()}: ${now ? `${now.size} of ${channels()} maps`
                : byDraw ? `${byDraw.size} of ${channels()} maps, drawn; a click makes a list of them`
                : `all ${channels()} maps; click some to choose`}`;
    }

    /* -------------------------------------------------------------------------------------- choosing */

    // Sets all maps of a range like the first one.
    function put(from, to, isOn) {
        const next = new Set(chosen() ?? drawn() ?? []);
        for (let i = Math.min(from, to); i <= Math.max(from, to); i++)
            next[isOn ? 'add' : 'delete'](header.channels[i]);
        choose(next);
        mark();
    }

    const isChosen = i => (chosen() ?? drawn())?.has(header.channels[i]) ?? false;
    const at = target => Number(target.closest?.('.map')?.dataset.at ?? NaN);

    function focus(i) {
        cells[focused]?.setAttribute('tabindex', -1);
        focused = Math.min(cells.length - 1, Math.max(0, i));
        cells[focused].setAttribute('tabindex', 0);
        cells[focused].focus({preventScroll: false});
    }

    const trial = mapTrial(grid, {
        isOn: () => store.ui.maps?.trials !== false && header?.node === node?.name,
        map: target => at(target) >= 0 ? {node, channel: header.channels[at(target)]} : null,
    });
    on(grid, 'pointerdown', event => {
        const i = at(event.target);
        if (!(i >= 0) || event.button !== 0 || event.pointerType === 'touch')
            return;
        event.preventDefault();
        const from = event.shiftKey ? focused : i;
        stroke = {isOn: event.shiftKey || !isChosen(i), last: i};
        put(from, i, stroke.isOn);
        focus(i);
    });
    on(grid, 'pointermove', event => {
        const i = stroke ? at(event.target) : NaN;
        if (!(i >= 0) || i === stroke.last)
            return;
        stroke.last = i;
        put(i, i, stroke.isOn);
    });
    on(window, 'pointerup', () => {
        if (stroke)
            store.settle();
        stroke = null;
    });
    on(grid, 'click', event => {
        const i = at(event.target);
        if (event.pointerType === 'touch' && i >= 0 && !trial.wasPress()) {
            put(i, i, !isChosen(i));
            store.settle();
        }
    });
    on(grid, 'keydown', event => {
        const across = Math.max(1, cells.findIndex((cell, i) => i > 0 && cell.offsetLeft === cells[0].offsetLeft));
        const by = {ArrowLeft: -1, ArrowRight: 1, ArrowUp: -across, ArrowDown: across, Home: -1e6, End: 1e6}[event.key];
        if (!cells.length || (!by && event.key !== ' '))
            return;
        event.preventDefault();
        if (by) {
            const from = focused;
            focus(focused + by);
            if (event.shiftKey)
                put(from, focused, true);
        } else {
            put(focused, focused, !isChosen(focused));
        }
        store.settle();
    });

    store.on('frame', which => which === 'frame' && ask());
    store.on('ui', key => key === 'maps' && (controls.refresh(), ask()));
    store.on('region', () => node && region.of(node) && (controls.refresh(), ask()));
    controls.register({}, element, () => header && node?.name === header.node && mark());

    return {
        element,
        show(next) {
            if (next?.name !== node?.name) {
                first = 0;
                header = null;
                shownAt = '';
                cells = [];
                clear(grid);
            }
            node = next;
            const hasMaps = node?.shape.length === 3;
            grid.hidden = order.hidden = size.hidden = trials.hidden = !hasMaps;
            pages.hidden = !hasMaps || channels() <= maxShown;
            if (hasMaps)
                ask();
            else
                says.textContent = node ? `A vector: each of its ${node.shape.at(-1)} values counts as a map.` : '';
        },
        mark: () => header && mark(),
    };
}
