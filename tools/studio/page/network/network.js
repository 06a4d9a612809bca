// The network panel: the graph of the current model, drawn from its nodes. Layers are selected by click, drag and arrow keys.
// Dots are bends, thin bars are milliseconds. For screen readers it is a tree of blocks, layers and boundaries.
import {button} from '../parts/controls.js';
import {clear, el, on, svg} from '../parts/dom.js';
import {groupsOf, inWords, isFolded, mainLayers, partName, shapeText, shortName} from './graph.js';
import {layoutOf, neighbour} from './graphlayout.js';
import {keys} from '../parts/keys.js';
import {live} from '../state/live.js';
import {bendsAt, formatNumber, isMuted, kindOf, whatOf} from '../state/recipe.js';
import {store} from '../state/store.js';

const dots = 4;                     // badges shown individually; more are counted
const often = 200;                  // ms between two updates of texts and bars
const letter = 5.6;                 // mean width of a character in CSS pixels

let scroller, drawing, about;
let groups = [], layout = {items: [], edges: []};
let shapes = new Map();             // name of an item → its <g>
let focused = null, hovered = null, marquee = null, several = false;
let times = new Map();              // name of a node → {ms, now}: its last time, and whether it ran for the last picture
let written = '';                   // what the badges show

/* ------------------------------------------------------------------------------------------ arrangement */

const kept = key => store.ui[key]?.[store.network?.name] ?? {};
const keepUi = (key, name, value) =>
    store.setUi(key, {...store.ui[key], [store.network.name]: {...kept(key), [name]: value}});

const nodesOf = item => item.kind === 'group' ? item.group.layers.flatMap(layer => [layer.node, ...layer.parts])
    : item.kind === 'part' ? [item.node] : [item.layer.node, ...item.layer.parts];
const itemNamed = name => layout.items.find(item => item.name === name);
const hasParts = item => item.kind === 'layer' && item.layer.parts.length > 0;
const isSelectable = item => item.kind !== 'group';

function foldAll(fold) {
    const folded = Object.fromEntries(groups.map(group => [group.key, fold && group.key.includes('.')]));
    store.setUi('folded', {...store.ui.folded, [store.network.name]: folded});
}

function open(item) {
    if (item.kind === 'group')
        keepUi('folded', item.name, !item.folded);
    else if (hasParts(item))
        keepUi('opened', item.name, !item.opened);
}

/* ------------------------------------------------------------------------------------------ words */

// The text of an item in the drawing.
const nameIn = item => item.kind === 'part' ? partName(item.node, item.layer) : shortName(item.name);

function wordsOf(item) {
    if (item.kind === 'group')
        return `${item.group.title} ${item.group.size}, ${item.group.layers.length} layers`;
    const node = item.kind === 'part' ? item.node : item.layer.node;
    const shown = node.name.split('.').includes(nameIn(item)) ? [] : [nameIn(item)];
    return [...shown, node.name, shapeText(node)].join(', ');
}

const bendsOf = item => [...new Map(nodesOf(item).flatMap(node => bendsAt(store.recipe, node))
    .map(({index, bend}) => [index, bend])).values()];

const words = bend => whatOf(bend) + (isMuted(bend) ? ' (muted)' : '');

// The description of a bend without its numbers, which change many times a second during a drag.
const nameOf = bend => {
    const kind = kindOf(bend);
    return [kind, typeof bend[kind] === 'string' && bend[kind], isMuted(bend) && '(muted)'].filter(Boolean).join(' ');
};

const isOff = item => bendsOf(item).some(bend => kindOf(bend) === 'disable' && !isMuted(bend));

const millisecondsOf = item => nodesOf(item).reduce((sum, {name}) => sum + (times.get(name)?.ms ?? 0), 0);

const count = value => value >= 1e9 ? `${formatNumber(value / 1e9, 3)} G` : value >= 1e6
    ? `${formatNumber(value / 1e6, 3)} M` : value >= 1e4 ? `${formatNumber(value / 1e3, 3)} k` : String(value);

function showAbout() {
    const walked = drawing.contains(document.activeElement) ? focused : null;
    const item = itemNamed(hovered) ?? itemNamed(walked) ?? itemNamed(store.selection.at(-1));
    if (!item) {
        clear(about, el('span', {class: 'faint'}, 'Select a layer.'));
        return;
    }
    const nodes = nodesOf(item), ms = millisecondsOf(item);
    const macs = nodes.reduce((sum, node) => sum + node.macs, 0);
    const parameters = nodes.reduce((sum, node) => sum + node.parameters, 0);
    const what = item.kind === 'group' ? `${item.group.layers.length} layers`
        : inWords(item.node ?? item.layer.node, item.layer.parts.filter(() => item.kind === 'layer'));
    clear(about, el('strong', null, item.kind === 'group' ? item.group.title : item.name),
          el('span', null, [item.kind === 'group' ? item.group.size : shapeText(item.node ?? item.layer.node),
              ms > 0 && `${formatNumber(ms, 2)} ms`].filter(Boolean).join(' · ')),
          el('span', null, what),
          el('span', {class: 'faint'}, [parameters > 0 && `${count(parameters)} weights`,
              macs > 0 && `${count(macs)} multiply-adds`].filter(Boolean).join(' · ')),
          el('span', {class: 'bend'}, bendsOf(item).map(words).join(' · ')));
}

/* ------------------------------------------------------------------------------------------ drawing */

const fitted = (text, width) => text.length * letter <= width ? text
    : `${text.slice(0, Math.max(1, Math.floor(width / letter) - 1))}…`;

const lengthOf = ({title, size}) => letter * (1.2 * title.length + size.length + 4);

function drawn(item) {
    const {kind, x, y, width, height} = item;
    const isHead = kind === 'group' && !item.folded;
    const hasChevron = kind === 'group' || hasParts(item);
    const room = width - 8 - (hasChevron && kind !== 'group' ? 9 : 0);
    const isOpen = kind === 'group' ? String(!item.folded) : hasParts(item) ? String(item.opened) : null;
    const g = svg('g', {class: `item ${kind}`, role: 'treeitem', tabindex: -1, 'aria-level': item.level,
                        'aria-expanded': isOpen, data: {name: item.name}},
        svg('title'),
        svg('rect', {class: 'box', x, y, width: isHead ? lengthOf(item.group) : width, height, rx: 4}));
    if (kind !== 'part')
        g.append(svg('rect', {class: 'time', x: x + 3, y: y + height - 3.5, height: 2, rx: 1, width: 0}));
    if (kind === 'group') {
        g.append(svg('path', {class: 'chevron', d: chevron(x + (isHead ? 4 : 8), y + height / 2, !item.folded)}),
                 svg('text', {x: x + (isHead ? 12 : 16), y: y + height / 2 + 4}, `${item.group.title} `,
                     svg('tspan', {class: 'size', dx: 3}, item.group.size)));
    } else {
        const middle = width < 28 && !hasChevron;
        g.append(svg('text', {x: middle ? x + width / 2 : x + 5, y: y + height / 2 + 3.5,
                              'text-anchor': middle ? 'middle' : null}, fitted(nameIn(item), room)));
        if (hasChevron)
            g.append(svg('path', {class: 'chevron', d: chevron(x + width - 7, y + height / 2 - 1, item.opened)}),
                     svg('rect', {class: 'opener', x: x + width - 16, y, width: 16, height}));
    }
    g.append(svg('g', {class: 'badges'}));
    return g;
}

const chevron = (x, y, isOpen) => isOpen ? `M${x - 3} ${y - 1.5}l3 3 3-3` : `M${x - 1.5} ${y - 3}l3 3-3 3`;

function draw() {
    if (!store.network)
        return;
    const hadFocus = drawing.contains(document.activeElement);
    const coarse = matchMedia('(max-width: 1024px), (pointer: coarse)').matches;
    layout = layoutOf(groups, {width: Math.max(160, scroller.clientWidth), folded: kept('folded'),
                               opened: kept('opened'), coarse});
    shapes = new Map(layout.items.map(item => [item.name, drawn(item)]));
    if (!shapes.has(focused))
        focused = itemNamed(store.selection.at(-1))?.name ?? layout.items.find(isSelectable)?.name ?? null;
    drawing.setAttribute('viewBox', `0 0 ${layout.width} ${layout.height}`);
    drawing.setAttribute('width', layout.width);
    drawing.setAttribute('height', layout.height);
    clear(drawing, svg('g', {class: 'edges', 'aria-hidden': 'true'}, layout.edges.map(edge =>
        svg('path', {d: edge.path, class: edge.condition ? 'condition' : null, data: {from: edge.from, to: edge.to}}))),
          [...shapes.values()]);
    written = '';
    showBends();
    showTimes();
    showSelection();
    if (hadFocus)
        shapes.get(focused)?.focus();
}

function showSelection() {
    for (const item of layout.items) {
        const g = shapes.get(item.name);
        g.setAttribute('tabindex', item.name === focused ? 0 : -1);
        if (isSelectable(item))
            g.setAttribute('aria-selected', String(store.selection.includes(item.name)));
        g.classList.toggle('current', item.name === store.selection.at(-1));
        g.classList.toggle('holds', !!item.folded && nodesOf(item).some(({name}) => store.selection.includes(name)));
    }
    showEdges();
    showAbout();
}

// Conditions are many and long, so only those of the current item are drawn.
function showEdges() {
    const shown = new Set([hovered, store.selection.at(-1)]);
    for (const path of drawing.querySelectorAll('.edges path'))
        path.classList.toggle('shown', shown.has(path.dataset.from) || shown.has(path.dataset.to));
}

function showBends() {
    const now = JSON.stringify([store.recipe.bends].flat().map(bend => bend && [nameOf(bend), bend.at, bend.w]));
    showAboutSoon();
    if (now === written || !store.network)
        return;
    written = now;
    for (const item of layout.items) {
        const g = shapes.get(item.name), isHead = item.kind === 'group' && !item.folded;
        // The parts of an opened layer or block have their own badges.
        const bends = isHead ? [] : item.opened
            ? bendsAt(store.recipe, item.layer.node).map(({bend}) => bend) : bendsOf(item);
        const off = isOff(item) && item.kind === 'layer';
        g.classList.toggle('off', off);
        const right = item.x + item.width - 5;
        clear(g.querySelector('.badges'), bends.length > dots
            ? [svg('rect', {class: 'many', x: right - 14, y: item.y - 4, width: 18, height: 12, rx: 6}),
               svg('text', {class: 'many', x: right - 5, y: item.y + 5, 'text-anchor': 'middle'}, String(bends.length))]
            : bends.map((bend, i) =>
                svg('circle', {class: isMuted(bend) ? 'muted' : null, cx: right - 8 * i, cy: item.y + 1, r: 3.2})));
        const said = bends.map(nameOf);
        g.setAttribute('aria-label', [wordsOf(item), off && 'off', said.length &&
            `${said.length} ${said.length > 1 ? 'bends' : 'bend'}: ${said.join('; ')}`].filter(Boolean).join('. '));
        g.querySelector('title').textContent = [wordsOf(item), ...said].join('\n');
    }
}

// During a drag the recipe and the times change with every picture; texts and bars are updated a few times a second.
const seldom = show => {
    let timer = 0;
    return () => {
        timer ||= setTimeout(() => {
            timer = 0;
            show();
        }, often);
    };
};
const showAboutSoon = seldom(() => showAbout());
const showTimesSoon = seldom(() => showTimes());

function takeTimes() {
    const {header} = store.frame ?? {};
    if (!header?.times)
        return;
    for (const entry of times.values())
        entry.now = false;
    for (const [name, ms] of header.times)
        times.set(name, {ms, now: true});
    showTimesSoon();
}

// Bars are relative to the slowest layer. Layers that did not run for the last picture keep a fainter bar.
function showTimes() {
    const cells = layout.items.filter(item => item.kind === 'layer' || item.folded);
    const slowest = Math.max(1e-6, ...cells.map(millisecondsOf));
    for (const item of cells) {
        const bar = shapes.get(item.name).querySelector('.time');
        bar.setAttribute('width', (item.width - 6) * millisecondsOf(item) / slowest);
        bar.classList.toggle('now', nodesOf(item).some(({name}) => times.get(name)?.now));
    }
    showAbout();
}

/* ------------------------------------------------------------------------------------------ selecting */

function focus(item) {
    shapes.get(focused)?.setAttribute('tabindex', -1);
    focused = item.name;
    shapes.get(focused).setAttribute('tabindex', 0);
    shapes.get(focused).focus();
    showAbout();
}

function choose(item, how) {
    if (item.kind === 'group')
        store.select(mainLayers(item.group).map(({name}) => name), how === 'toggle' ? 'add' : how);
    else
        store.select([item.name], how);
}

// Selects the previous or next layer, wherever the focus is.
function step(by) {
    const places = layout.items.filter(isSelectable);
    if (!places.length)
        return;
    const at = places.findIndex(item => item.name === store.selection.at(-1));
    const next = places[at < 0 ? 0 : Math.min(places.length - 1, Math.max(0, at + by))];
    focused = next.name;
    store.select([next.name]);
}

// The initial selection of a new project: a layer in the middle, where bends have the clearest effect.
function selectFirst() {
    const blocks = groups.filter(group => group.key.includes('.'));
    const group = blocks[Math.floor(blocks.length / 2)] ?? groups[0];
    if (group)
        store.select([mainLayers(group)[0].name]);
}

function onKey(event) {
    const item = itemNamed(focused);
    if (!item || event.altKey)
        return;
    const jumps = {Home: layout.items[0], End: layout.items.at(-1)};
    const isArrow = event.key.startsWith('Arrow');
    const next = isArrow ? neighbour(layout.items, item, event.key) : jumps[event.key];
    if (next) {
        focus(next);
        if (isSelectable(next) && !event.ctrlKey)
            store.select([next.name], event.shiftKey ? 'add' : 'only');
    } else if (event.key === 'Enter') {
        open(item);
    } else if (event.key === ' ') {
        choose(item, item.kind === 'group' && !event.shiftKey ? 'only' : 'toggle');
    } else if ((event.ctrlKey || event.metaKey) && event.key === 'a') {
        store.select(layout.items.filter(({kind}) => kind === 'layer').map(({name}) => name));
    } else if (!isArrow) {
        return;
    }
    event.preventDefault();
}

const itemOf = target => itemNamed(target.closest?.('.item')?.dataset.name);
const pointAt = event => {
    const box = drawing.getBoundingClientRect();
    return {x: event.clientX - box.left, y: event.clientY - box.top};
};
const howOf = event => event.shiftKey || event.ctrlKey || event.metaKey || several ? 'toggle' : 'only';

// A click selects, a drag selects the layers that its rectangle touches. Touch scrolls, so only taps select.
function onPress(event) {
    if (event.button !== 0)
        return;
    const item = itemOf(event.target);
    const opens = item && (event.target.closest('.opener') || (item.kind === 'group' && (item.folded
        || event.target.closest('.chevron'))));
    if (opens || event.pointerType === 'touch')
        return;
    const how = howOf(event);
    if (item)
        choose(item, how);
    else if (how === 'only')
        store.select([]);
    const base = how === 'toggle' ? store.selection : [];
    marquee = {from: pointAt(event), base, kind: item?.kind ?? 'layer', box: null};
    if (item)
        focus(item);
    drawing.setPointerCapture(event.pointerId);
    event.preventDefault();
}

function onMove(event) {
    if (!marquee)
        return;
    const {from, base, kind} = marquee, to = pointAt(event);
    if (!marquee.box && Math.hypot(to.x - from.x, to.y - from.y) < 5)
        return;
    const x = Math.min(from.x, to.x), y = Math.min(from.y, to.y);
    const width = Math.abs(to.x - from.x), height = Math.abs(to.y - from.y);
    marquee.box ??= drawing.appendChild(svg('rect', {class: 'marquee', rx: 2}));
    for (const [name, value] of Object.entries({x, y, width, height}))
        marquee.box.setAttribute(name, value);
    const touched = layout.items.filter(item => item.kind === (kind === 'part' ? 'part' : 'layer') && item.x < x + width
        && item.x + item.width > x && item.y < y + height && item.y + item.height > y).map(({name}) => name);
    const names = [...base.filter(name => !touched.includes(name)), ...touched];
    if (names.join() !== store.selection.join())
        store.select(names);
}

function onLift() {
    marquee?.box?.remove();
    marquee = null;
}

function onClick(event) {
    const item = itemOf(event.target);
    if (!item)
        return;
    if (event.target.closest('.opener') || (item.kind === 'group' && (item.folded || event.target.closest('.chevron'))))
        open(item);
    else if (event.pointerType === 'touch')
        choose(item, howOf(event));
}

function hover(event) {
    const name = event.type === 'pointerleave' ? null : itemOf(event.target)?.name ?? null;
    if (name === hovered)
        return;
    hovered = name;
    showEdges();
    showAbout();
}

/* ------------------------------------------------------------------------------------------ the panel */

export function mount(root) {
    drawing = svg('svg', {class: 'graph', role: 'tree', 'aria-label': 'Layers', 'aria-multiselectable': 'true'});
    scroller = el('div', {class: 'scroller'}, drawing);
    about = el('p', {class: 'about small'});
    const isAnyOpen = () => groups.some(group => group.key.includes('.') && !isFolded(groups, group, kept('folded')));
    clear(root,
        el('div', {class: 'panel-head'}, el('h2', null, 'Network'), el('span', {class: 'space'}),
           button({icon: 'plus', label: 'Several', quiet: true, pressed: () => several,
                   title: 'Each click adds a layer to the selection, as with Shift', run: event => {
                       several = !several;
                       event.currentTarget.setAttribute('aria-pressed', String(several));
                   }}),
           button({icon: 'text', label: 'Fold', quiet: true, title: 'Fold or unfold all blocks',
                   run: () => foldAll(isAnyOpen())})),
        scroller, about);
    on(drawing, 'keydown', onKey);
    on(drawing, 'pointerdown', onPress);
    on(drawing, 'pointermove', onMove);
    on(drawing, 'lostpointercapture', onLift);
    on(drawing, 'click', onClick);
    on(drawing, 'pointerover', hover);
    on(drawing, 'pointerleave', hover);
    keys.add({key: '[', says: 'Previous layer', group: 'Layers', run: () => step(-1)});
    keys.add({key: ']', says: 'Next layer', group: 'Layers', run: () => step(1)});
    live.time('network', true);
    store.on('network', () => {
        groups = groupsOf(store.network.nodes);
        times = new Map();
        focused = null;
        draw();
        // A new work begins without a layer: the layer panel shows examples then.
        if (!store.selection.length && (store.done.length || store.recipe.bends?.length))
            selectFirst();
    });
    store.on('ui', key => ['folded', 'opened', undefined].includes(key) && draw());
    store.on('recipe', showBends);
    store.on('selection', () => {
        showSelection();
        shapes.get(store.selection.at(-1))?.scrollIntoView({block: 'nearest'});
    });
    store.on('frame', takeTimes);
    let width = 0;
    new ResizeObserver(() => {
        if (scroller.clientWidth !== width && scroller.clientWidth) {
            width = scroller.clientWidth;
            draw();
        }
    }).observe(scroller);
}
