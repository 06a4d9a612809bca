// The bends at the selected layers in the order in which they are applied: filters with their features and parameters, and
// other bends as one line each. Cards are added from a menu of all filters, moved by dragging or by arrow keys on their
// handle, muted and removed. One filter is current: clicked maps become its features.
import {paramControl} from './bendcontrols.js';
import {addBend, bendAddress, bendKey, extend, moveBend, placesOf, separate, setListed, setMuted, stackOf, takeAway} from '../state/bends.js';
import {button, controls} from '../parts/controls.js';
import {clear, el, icon, on, svg} from '../parts/dom.js';
import {features} from './features.js';
import {filterMenu} from './filtermenu.js';
import {describe, isMuted, kindOf, whatOf} from '../state/recipe.js';
import {store} from '../state/store.js';

const isFolded = key => store.ui.foldedCards?.[key] === true;
const setFolded = (key, folded) => store.setUi('foldedCards', {...store.ui.foldedCards, [key]: folded || undefined});

// chosen() returns the maps for the next filter, or null. Returns {element, show(nodes), atHand, add()}.
export function filterStack({chosen, changedHand}) {
    const list = el('ol', {class: 'stack'});
    const search = filterMenu(add);
    const element = el('section', {class: 'filters', 'aria-label': 'Filters'}, search.element, list);
    let nodes = [], drawn = '', hand = null, dragged = null;

    const all = () => store.network.nodes;
    const stack = () => nodes.length ? stackOf(store.recipe, nodes) : [];
    const rowOf = ({filter}) => store.rows.filters.find(({name, alias}) => name === filter || alias === filter);

    function setHand(index) {
        hand = index;
        for (const card of list.children)
            card.classList.toggle('at-hand', Number(card.dataset.index) === hand);
        changedHand();
    }

    function add(row) {
        const maps = chosen();
        let index = 0;
        store.change(`Filter ${row.name}`, draft => {
            const bend = {filter: row.name};
            if (maps?.size)
                setListed(bend, maps);
            index = addBend(draft.recipe, nodes, bend);
        });
        show();
        setHand(index);
        list.querySelector(`[data-index="${index}"]`)?.scrollIntoView({block: 'nearest'});
    }

    const editor = index => (label, write, merge) =>
        store.change(label, draft => write(draft.recipe.bends[index], draft.recipe), merge);

    const mute = (index, muted) => editor(index)(muted ? 'Mute' : 'Unmute', bend => setMuted(bend, muted));

    // Replacing a filter keeps its features and the parameters that both have.
    function become(index, name) {
        editor(index)('Replace the filter', (bend, recipe) => {
            const {at, w, features: which, mix, muted} = bend;
            recipe.bends[index] = Object.fromEntries(Object.entries({at, w, filter: name, features: which, mix, muted})
                .filter(([, value]) => value !== undefined));
        });
    }

    function move(index, by) {
        const order = stack().map(each => each.index), to = order[order.indexOf(index) + by];
        if (to === undefined)
            return;
        store.change('Order of filters', draft => moveBend(draft.recipe, index, to));
        show();
        setHand(to);
        list.querySelector(`[data-index="${to}"] .handle`)?.focus();
    }

    function remove(index) {
        store.change('Remove a filter', draft => takeAway(draft.recipe, index, nodes, all()));
        show();
        setHand(stack().findLast(({bend}) => kindOf(bend) === 'filter')?.index ?? null);
    }

    /* -------------------------------------------------------------------------------------- cards */

    function where({index, bend, at}) {
        const places = placesOf(bend, all());
        const others = places.length - at;
        if (at === nodes.length && !others)
            return null;
        const names = places.map(({name}) => name).join(', ');
        const says = at < nodes.length ? `at ${at} of the ${nodes.length} selected layers`
            : `also at ${others > 1 ? `${others} other layers` : places.find(place => !nodes.includes(place)).name}`;
        return el('div', {class: 'where small'},
            el('span', {class: 'faint', title: names}, says),
            at < nodes.length && button({label: 'At all', title: 'Apply it at the other selected layers too',
                run: () => store.change('At all selected layers', draft => extend(draft.recipe, index, nodes, all()))}),
            others > 0 && button({
                label: 'Only here', title: 'Further changes apply only to the selected layers',
                run: () => store.change('Only here', draft => {
                    hand = separate(draft.recipe, index, nodes.filter(node => places.includes(node)), all());
                })}));
    }

    function head(entry, title) {
        const {index, bend} = entry;
        const handle = el('button', {type: 'button', class: 'quiet handle',
                                     title: 'Drag, or use the up and down arrow keys, to change the order',
                                     'aria-label': `Order of ${whatOf(bend)}: arrow keys up and down`},
                          svg('svg', {class: 'icon', viewBox: '0 0 16 16', 'aria-hidden': 'true'},
                              svg('path', {d: 'M6 4v.01M10 4v.01M6 8v.01M10 8v.01M6 12v.01M10 12v.01'})));
        on(handle, 'keydown', event => {
            const by = {ArrowUp: -1, ArrowDown: 1}[event.key];
            if (by) {
                event.preventDefault();
                move(index, by);
            }
        });
        on(handle, 'pointerdown', event => startDrag(event, handle, index));
        const key = bendKey(store.recipe, index);
        const fold = el('button', {type: 'button', class: 'quiet fold', 'aria-expanded': String(!isFolded(key)),
                                   'aria-label': `${whatOf(bend)}: show its numbers`, title: isFolded(key) ? 'Unfold' : 'Fold',
                                   onclick: () => setFolded(key, !isFolded(key))}, icon(isFolded(key) ? 'next' : 'down'));
        return el('div', {class: 'card-head'}, handle, kindOf(bend) === 'filter' && fold, title, el('span', {class: 'space'}),
            el('button', {type: 'button', class: 'quiet mute', 'aria-label': 'Mute',
                          'aria-pressed': String(isMuted(bend)),
                          title: isMuted(bend) ? 'Unmute' : 'Mute: keep it without effect',
                          onclick: () => mute(index, !isMuted(bend))}, 'M'),
            button({icon: 'bin', label: 'Remove', quiet: true, run: () => remove(index)}));
    }

    function filterCard(entry) {
        const {index, bend} = entry, row = rowOf(bend);
        const about = {row, bend: () => store.recipe.bends?.[index], edit: editor(index),
                       address: name => bendAddress(store.recipe, index, name)};
        const choices = store.rows.filters.map(({name, summary}) => el('option', {value: name, title: summary}, name));
        const title = el('select', {class: 'filter-name', title: row?.summary, 'aria-label': 'Filter'}, choices);
        title.value = row?.name ?? '';
        on(title, 'change', () => become(index, title.value));
        const numbers = row?.params.map((param, i) => i) ?? [];
        return card(entry, head(entry, title), where(entry),
            el('div', {class: 'summary small faint'}, row?.summary),
            row && !isFolded(bendKey(store.recipe, index))
                && el('div', {class: 'card-body'}, features(about), numbers.map(i => paramControl(about, i))));
    }

    function otherCard(entry) {
        const what = whatOf(entry.bend);
        const title = el('span', {class: 'what', title: describe(entry.bend)}, what[0].toUpperCase() + what.slice(1));
        return card(entry, head(entry, title), where(entry));
    }

    function card(entry, ...inside) {
        const muted = isMuted(entry.bend) ? ' muted' : '';
        const element = el('li', {class: `card${muted}`, data: {index: entry.index}}, inside);
        const take = () => kindOf(entry.bend) === 'filter' && hand !== entry.index && setHand(entry.index);
        on(element, 'pointerdown', take);
        on(element, 'focusin', take);
        return element;
    }

    /* -------------------------------------------------------------------------------------- dragging */

    function startDrag(event, handle, index) {
        if (event.button !== 0)
            return;
        const from = list.querySelector(`[data-index="${index}"]`);
        dragged = {index, card: from, start: event.clientY, target: from};
        handle.setPointerCapture(event.pointerId);
        from.classList.add('dragged');
        const drag = move => {
            from.style.translate = `0 ${move.clientY - dragged.start}px`;
            const cards = [...list.children];
            const under = cards.find(each => {
                const box = each.getBoundingClientRect();
                return each !== from && move.clientY > box.top && move.clientY < box.bottom;
            });
            dragged.target = under ?? dragged.target;
            cards.forEach(each => each.classList.toggle('target', each === under));
        };
        const offMove = on(handle, 'pointermove', drag);
        const offLift = on(handle, 'lostpointercapture', () => {
            offMove();
            offLift();
            const {target} = dragged;
            dragged = null;
            from.style.translate = '';
            from.classList.remove('dragged');
            const order = stack().map(each => each.index);
            const by = order.indexOf(Number(target.dataset.index)) - order.indexOf(index);
            if (by)
                move(index, by);
            drawn = '';
            show();
        });
    }

    /* -------------------------------------------------------------------------------------- showing */

    // Cards are rebuilt only if their structure changed; the controls update their values themselves.
    function show(now = nodes) {
        nodes = now;
        search.element.hidden = !nodes.length || !nodes.every(node => node.takes?.includes('filter') ?? true);
        const entries = stack();
        if (!entries.some(({index, bend}) => index === hand && kindOf(bend) === 'filter'))
            hand = entries.findLast(({bend}) => kindOf(bend) === 'filter')?.index ?? null;
        const structure = JSON.stringify([nodes.map(({name}) => name), entries.map(({index, bend, at}) =>
            [index, at, bend.at, bend.w, kindOf(bend), bend.filter ?? whatOf(bend), isMuted(bend), isFolded(bendKey(store.recipe, index))])]);
        if (structure !== drawn && !dragged) {
            drawn = structure;
            const focus = list.contains(document.activeElement) ? document.activeElement : null;
            const place = focus && [focus.closest('.card')?.dataset.index, focus.className, focus.ariaLabel];
            clear(list, entries.map(entry => kindOf(entry.bend) === 'filter' ? filterCard(entry) : otherCard(entry)),
                  !entries.length && el('li', {class: 'empty faint'}, 'No filters yet.'));
            if (place)
                [...list.querySelectorAll(`[data-index="${place[0]}"] *`)].find(each =>
                    each.className === place[1] && each.ariaLabel === place[2])?.focus();
            setHand(hand);
        }
    }
    controls.register({}, element, () => nodes.length && show());

    return {
        element, show, focus: search.focus,
        get count() { return stack().length; },
        // The current filter, whose features are chosen by clicking maps, {index, bend}, or null.
        get atHand() { return hand === null ? null : {index: hand, bend: store.recipe.bends?.[hand]}; },
    };
}
