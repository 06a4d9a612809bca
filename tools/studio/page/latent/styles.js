// The table of the w's: a column for each w, a row for each bend that truncates some of them or mixes in the style of another
// seed. Cells are switched by click, drag or keyboard; the numbers of the current row are below. The first row is the image's
// own truncation with its cutoff.
import {button, controls, slider} from '../parts/controls.js';
import {clear, el, on} from '../parts/dom.js';
import {bendAddress, removeBend} from '../state/bends.js';
import {formatNumber, inputs, setInput, wOf} from '../state/recipe.js';
import {store} from '../state/store.js';
import {anySeed, seedBox} from './seedbox.js';
import {rowsOf, withStyle, wsOf, wValue} from './wspans.js';

/* ------------------------------------------------------------------------------------------ the recipe */

const count = () => store.network.num_ws;
const rows = () => rowsOf(store.recipe, count());

function edit(label, index, write, merge = null) {
    store.change(label, draft => { draft.recipe.bends[index] = write(draft.recipe.bends[index]); }, merge);
}

// A truncation starts from the image's own w, so it goes before the styles, which it would undo.
function add(bend, label) {
    const bends = store.recipe.bends ?? [];
    const style = bends.findIndex(each => each.w !== undefined && each.style !== undefined);
    const place = bend.truncation !== undefined && style >= 0 ? style : bends.length;
    store.change(label, draft => { draft.recipe.bends = [...bends.slice(0, place), bend, ...bends.slice(place)]; });
    store.setUi('stylesRow', place);
}

function remove(index) {
    store.change('Style removed', draft => removeBend(draft.recipe, index));
}

// A bend needs at least one w: the last cell stays on.
function setCell(row, w, reached, merge) {
    const ws = new Set(wsOf(store.recipe.bends[row.index].w, count()));
    if (reached)
        ws.add(w);
    else if (ws.size > 1)
        ws.delete(w);
    edit('Layers of a style', row.index, bend => ({...bend, w: wValue([...ws].sort((a, b) => a - b), count())}), merge);
}

const middle = () => {
    const first = Math.min(4, count() - 1), last = Math.min(count() - 1, first + 3);
    return first === last ? first : `${first}-${last}`;
};

/* ------------------------------------------------------------------------------------------ words */

// The layers that use w number k: "b8.conv0, b8.conv1".
function takers(k) {
    const name = store.network.nodes.find(node => wOf(node) === k)?.name;
    return store.network.nodes.filter(node => node.inputs.includes(name))
        .map(node => node.name.replace(/^synthesis\.|\.affine.*$/g, '')).join(', ');
}

const titleOf = row => row.kind === 'style'
    ? `${row.seed}${row.share === 1 ? '' : ` · ${formatNumber(100 * row.share, 3)} %`}`
    : `truncation ${formatNumber(row.psi)}`;

/* ------------------------------------------------------------------------------------------ what is seen */

export function create() {
    const table = el('div', {class: 'w-table', role: 'grid', 'aria-label': 'The w\'s of each style'});
    const numbers = el('div', {class: 'w-numbers'});
    const element = el('div', {class: 'styles'},
        table,
        el('div', {class: 'row'},
           button({icon: 'plus', label: 'Style', title: 'Mix in the style of another seed',
                   run: () => add({w: middle(), style: {seed: anySeed(), share: 0.5}},
                                  'Style of another seed')}),
           button({icon: 'plus', label: 'Truncation', title: 'A separate truncation for some layers',
                   run: () => add({w: middle(), truncation: 0.5}, 'Truncation of layers')})),
        numbers,
        slider({address: 'cutoff', label: 'Cutoff', low: 0, high: count(), integer: true, defaultValue: count(),
                title: 'How many w\'s, from the first, the truncation applies to',
                value: () => inputs(store.recipe).cutoff ?? count(),
                set: value => store.change('Truncated layers', draft =>
                    setInput(draft.recipe, 'cutoff', value === count() ? null : value), 'cutoff')}));
    let shown = null, drag = null, drags = 0;

    const chosen = () => rows().find(row => row.index === store.ui.stylesRow) ?? rows().at(-1) ?? null;
    const choose = row => row && row.index !== chosen()?.index && store.setUi('stylesRow', row.index);

    function cell(row, w) {
        const isOn = row.ws.includes(w);
        return el('span', {class: 'w-cell', role: 'gridcell', tabindex: -1, 'aria-selected': String(isOn),
                           'aria-label': `w ${w}, ${titleOf(row)}: ${isOn ? 'on' : 'off'}`,
                           title: `w ${w}: ${takers(w)}`, data: {w}});
    }

    function line(row) {
        const isChosen = row.index === chosen()?.index;
        return el('div', {class: `w-row ${row.kind}`, role: 'row', data: {index: row.index, muted: row.muted}},
            el('span', {role: 'rowheader'}, el('button', {
                type: 'button', class: 'w-name', 'aria-pressed': String(isChosen), onclick: () => choose(row),
                title: `${titleOf(row)}${row.muted ? ' (muted)' : ''}`}, titleOf(row))),
            el('span', {class: 'w-cells', role: 'presentation'},
               Array.from({length: count()}, (_, w) => cell(row, w))),
            el('span', {role: 'gridcell'}, button({icon: 'close', label: `Remove ${titleOf(row)}`, quiet: true,
                                                   run: () => remove(row.index)})));
    }

    // The head shows the resolution where it changes; the title of each cell describes it.
    function head() {
        const sides = Array.from({length: count()}, (_, w) => /b(\d+)/.exec(takers(w))?.[1] ?? '');
        return el('div', {class: 'w-row w-head', 'aria-hidden': 'true'}, el('span', {class: 'w-name faint small'}, 'w'),
            el('span', {class: 'w-cells'}, sides.map((side, w) =>
                el('span', {title: `w ${w}: ${takers(w)}`}, side !== sides[w - 1] ? side : ''))));
    }

    function focused() {
        const cell = document.activeElement?.closest?.('.w-cell');
        if (!cell || !table.contains(cell))
            return null;
        return {row: [...table.children].indexOf(cell.closest('.w-row')), w: Number(cell.dataset.w)};
    }

    function refresh() {
        const now = rows(), key = JSON.stringify([now, chosen()?.index]);
        if (key === shown)
            return;
        const at = focused(), before = shown && JSON.parse(shown);
        shown = key;
        clear(table, head(), now.map(line));
        const cells = table.querySelectorAll('.w-cell');
        (at ? table.children[at.row]?.querySelectorAll('.w-cell')[at.w] : cells[0])?.setAttribute('tabindex', 0);
        if (at)
            table.querySelector('.w-cell[tabindex="0"]')?.focus();
        const row = chosen();
        if (!before || before[1] !== row?.index || before[0].length !== now.length)
            showNumbers(row);
    }

    function showNumbers(row) {
        if (!row) {
            clear(numbers, el('p', {class: 'faint small'},
                'The first w\'s control pose and shape, the last ones colours and light.'));
            return;
        }
        const {index} = row, now = () => rows().find(r => r.index === index);
        if (row.kind === 'truncation') {
            clear(numbers, slider({
                address: bendAddress(store.recipe, index, 'truncation'), label: 'Truncation', span: [0, 1.5], defaultValue: 1,
                title: 'In these layers: 0 is the mean, 1 the seed\'s own w', value: () => now()?.psi,
                set: value => edit('Truncation of layers', index, old => ({...old, truncation: value}),
                                   `bend/${index}/truncation`)}));
            return;
        }
        const restyle = (label, what, changes) =>
            edit(label, index, bend => withStyle(bend, changes), `bend/${index}/${what}`);
        clear(numbers, slider({
            address: bendAddress(store.recipe, index, 'share'), label: 'Share', span: [0, 1], defaultValue: 1,
            title: 'Weight of the other seed\'s w: 0 is none, 1 is all of it, more goes beyond',
            value: () => now()?.share, set: share => restyle('Share of a style', 'share', {share})}),
            seedBox({address: bendAddress(store.recipe, index, 'seed'), label: 'Style of', title: 'The seed whose style is mixed in',
                     value: () => now()?.seed ?? 0,
                     set: seed => restyle('Seed of a style', 'seed', {seed})}));
    }

    /* -------------------------------------------------------------------------------------- input */

    const rowAt = target => rows().find(row => row.index === Number(target.closest('.w-row')?.dataset.index));

    on(table, 'pointerdown', event => {
        const target = event.target.closest('.w-cell');
        if (!target || event.button !== 0)
            return;
        event.preventDefault();
        const row = rowAt(target), w = Number(target.dataset.w);
        drag = {index: row.index, reached: !row.ws.includes(w), merge: `styles/${++drags}`};
        choose(row);
        setCell(row, w, drag.reached, drag.merge);
    });
    // During a drag only the column under the pointer counts; the row is the one where the drag started.
    on(table, 'pointermove', event => {
        const target = drag && document.elementFromPoint(event.clientX, event.clientY)?.closest('.w-cell');
        const row = drag && rows().find(each => each.index === drag.index);
        const w = Number(target?.dataset.w);
        if (target && row && row.ws.includes(w) !== drag.reached)
            setCell(row, w, drag.reached, drag.merge);
    });
    const drop = () => {
        if (drag)
            store.settle();
        drag = null;
    };
    on(table, 'pointerup', drop);
    on(table, 'pointerleave', drop);
    on(table, 'pointercancel', drop);

    on(table, 'keydown', event => {
        const target = event.target.closest('.w-cell');
        if (!target)
            return;
        const way = {ArrowLeft: -1, ArrowRight: 1}[event.key], turn = {ArrowUp: -1, ArrowDown: 1}[event.key];
        const w = Number(target.dataset.w), line = target.closest('.w-row');
        if (way || turn) {
            const next = turn ? [...table.children][[...table.children].indexOf(line) + turn] : line;
            const to = next?.querySelectorAll('.w-cell')[w + (way ?? 0)];
            if (to) {
                target.tabIndex = -1;
                to.tabIndex = 0;
                to.focus();
                choose(rowAt(to));
            }
        } else if (event.key === ' ' || event.key === 'Enter') {
            const row = rowAt(target);
            setCell(row, w, !row.ws.includes(w), null);
        } else if (event.key === 'Delete') {
            remove(rowAt(target).index);
        } else {
            return;
        }
        event.preventDefault();
    });

    controls.register({}, element, refresh);
    refresh();
    return element;
}
