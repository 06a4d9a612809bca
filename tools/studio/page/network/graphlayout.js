// The layout of the network drawing: groups below each other, each with rows of cells, and the lines between them. Pure
// functions on the groups of graph.js. All sizes are in CSS pixels.
import {isFolded} from './graph.js';

const measures = {margin: 8, lane: 12, cell: 22, gap: 6, head: 16, group: 9, part: 18};
const forFingers = {...measures, cell: 34, gap: 8, head: 26, part: 30};

const columns = 4;                  // per row of cells
const columnWidth = 260, maxColumns = 3;           // of groups, if there is room
const maxWs = 10;                  // w's per row

/* ------------------------------------------------------------------------------------------ rows */

const fits = (name, pattern) => pattern.test(name.split('.').at(-1));

// A StyleGAN2 block: convolutions below each other, the skip connection or the picture beside them.
function synthesisRows(layers) {
    const rows = [];
    const rest = [];
    const hasImage = layers.some(({name}) => fits(name, /^img$/));
    for (const layer of layers)
        if (fits(layer.name, /^(const|conv\d)$/))
            rows.push([{layer, column: 0, span: 2}]);
        else
            rest.push(layer);
    for (const layer of rest) {
        const span = hasImage && fits(layer.name, /^(torgb|img)$/) ? 1 : 2;
        const row = fits(layer.name, /^skip$/) ? rows[0] : rows.at(-1);
        const end = row ? row.at(-1).column + row.at(-1).span : columns;
        if (end + span <= columns)
            row.push({layer, column: end, span});
        else
            rows.push([{layer, column: columns - span, span}]);
    }
    return rows;
}

const isOn = (layer, op) => layer.node.op === op || layer.parts.some(part => part.op === op);

// In execution order. A norm starts a row, as do the skip connection and a layer that does not fit. The convolution of a row,
// or the whole row if there is none, takes the remaining width.
function flowRows(layers, perRow) {
    const past = layers.filter(({name}) => /(^|\.)(shortcut\.|conv_sc$)/.test(name));
    const rows = [];
    const isVector = ({node}) => node.shape.length === 1;
    const breaks = layer => ['batch_norm', 'truncate'].includes(layer.node.op) || layer === past[0]
        || layer.name === 'mapping.fc0' || (!isVector(layer) && isVector(rows.at(-1).at(-1)));
    const sum = layers.at(-1)?.node.op === 'add' ? [layers.at(-1)] : [];
    for (const layer of [...layers.filter(each => !past.includes(each) && !sum.includes(each)), ...past, ...sum])
        if (!rows.length || rows.at(-1).length === perRow || (breaks(layer) && rows.at(-1).length))
            rows.push([layer]);
        else
            rows.at(-1).push(layer);
    return rows.map(row => placed(row, perRow));
}

function placed(row, perRow) {
    const wide = perRow === columns ? row.findLast(layer => isOn(layer, 'modulated_conv2d')) : null;
    const share = perRow / row.length;
    let column = 0;
    return row.map(layer => {
        const span = !wide || row.length < 2 ? share : layer === wide ? perRow - row.length + 1 : 1;
        const cell = {layer, column, span};
        column += span;
        return cell;
    });
}

function rowsOf(group) {
    if (group.key === 'w') {
        const perRow = Math.ceil(group.layers.length / Math.ceil(group.layers.length / maxWs));
        return {perRow, rows: flowRows(group.layers, perRow)};
    }
    const isSynthesis = group.key.startsWith('synthesis.');
    return {perRow: columns, rows: isSynthesis ? synthesisRows(group.layers) : flowRows(group.layers, columns)};
}

/* ------------------------------------------------------------------------------------------ drawing */

// All items with their positions, in the order of keyboard and screen readers:
//     {items: [{kind: 'group' | 'layer' | 'part', name, column, x, y, width, height, level, …}], edges, width, height}
// `folded` maps group keys and `opened` layer names to whether they are. `coarse`: large items for touch.
export function layoutOf(groups, {width, folded = {}, opened = {}, coarse = false}) {
    const look = coarse ? forFingers : measures;
    const count = Math.min(maxColumns, Math.max(1, Math.floor(width / columnWidth)));
    const laid = groups.map(group =>
        layGroup(group, isFolded(groups, group, folded), opened, width / count - 2 * look.margin - look.lane, look));
    const items = [];
    let height = 0;
    inColumns(laid.map(each => each.height + look.group), count).forEach((members, column) => {
        let y = 4;
        for (const index of members) {
            for (const item of laid[index].items)
                items.push({...item, column, x: item.x + look.margin + column * width / count, y: item.y + y});
            y += laid[index].height + look.group;
        }
        height = Math.max(height, y);
    });
    return {items, edges: edgesOf(groups, items, width / count), width, height};
}

// Distributes the list over columns in order, so that the tallest column is as short as possible.
function inColumns(heights, count) {
    const filled = limit => heights.reduce((columns, height, index) => {
        const last = columns.at(-1);
        if (last.height + height > limit && last.members.length)
            columns.push({height, members: [index]});
        else
            Object.assign(last, {height: last.height + height, members: [...last.members, index]});
        return columns;
    }, [{height: 0, members: []}]);
    let limit = Math.max(...heights);
    while (filled(limit).length > count)
        limit += 8;
    return filled(limit).map(({members}) => members);
}

function layGroup(group, isClosed, opened, width, {cell, gap, head, part}) {
    const items = [{kind: 'group', name: group.key, group, folded: isClosed, level: 1, x: 0, y: 0, width,
                    height: isClosed ? cell : head}];
    let y = items[0].height;
    if (isClosed)
        return {items, height: y};
    const {rows, perRow} = rowsOf(group);
    const unit = (width + gap) / perRow;
    for (const row of rows) {
        y += row === rows[0] ? 2 : gap;
        for (const {layer, column, span} of row)
            items.push({kind: 'layer', name: layer.name, layer, group, level: 2, opened: !!opened[layer.name],
                        x: column * unit, y, width: span * unit - gap, height: cell});
        y += cell;
        for (const {layer} of row)
            if (opened[layer.name])
                y = layParts(items, layer, group, y + 3, width, part);
    }
    return {items: inOrder(items), height: y};
}

function layParts(items, layer, group, top, width, height) {
    const perRow = 3, unit = (width - 8) / perRow;
    layer.parts.forEach((node, i) => items.push({
        kind: 'part', name: node.name, node, layer, group, level: 3, height,
        x: 8 + (i % perRow) * unit, y: top + Math.floor(i / perRow) * (height + 3), width: unit - 3,
    }));
    return top + Math.ceil(layer.parts.length / perRow) * (height + 3);
}

// Parts follow directly after their layer, although the other layers of its row are drawn above them.
function inOrder(items) {
    const parts = items.filter(item => item.kind === 'part');
    return items.filter(item => item.kind !== 'part').flatMap(item =>
        [item, ...item.kind === 'layer' ? parts.filter(({layer}) => layer === item.layer) : []]);
}

// Lines between layers, as paths. A line is a condition if it carries a vector to maps or to another group: styles and
// classes.
function edgesOf(groups, items, width) {
    const cells = items.filter(item => item.kind === 'layer' || (item.kind === 'group' && item.folded));
    const at = new Map(), groupAt = new Map();
    for (const item of cells)
        for (const layer of item.kind === 'layer' ? [item.layer] : item.group.layers)
            for (const {name} of [layer, ...layer.parts]) {
                at.set(name, item);
                groupAt.set(name, item.group);
            }
    const layers = groups.flatMap(group => group.layers);
    const shapes = new Map(layers.flatMap(({node, parts}) => [node, ...parts]).map(({name, shape}) => [name, shape]));
    const edges = new Map();
    for (const {name, node, parts} of layers)
        for (const input of [node, ...parts].flatMap(each => each.inputs)) {
            const from = at.get(input), to = at.get(name);
            if (!from || !to || from === to)
                continue;
            const isVector = shapes.get(input).length < 3, isWithin = groupAt.get(input) === groupAt.get(name);
            const condition = isVector && (!isWithin || (node.shape.length === 3 && node.op !== 'reshape'));
            const key = `${from.name}\n${to.name}`;
            if (!edges.has(key) || !condition)
                edges.set(key, {from: from.name, to: to.name, condition, path: route(from, to, cells, width)});
        }
    return [...edges.values()];
}

const middle = item => item.x + item.width / 2;
const overlaps = (a, b) => Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);

function route(from, to, all, width) {
    const bottom = from.y + from.height, isSame = from.column === to.column;
    const cells = all.filter(({column}) => column === from.column);
    if (from.y === to.y && isSame)
        return `M${from.x + from.width} ${from.y + from.height / 2}H${to.x}`;
    // Straight down if nothing is between.
    if (isSame && overlaps(from, to) > 8) {
        const x = Math.round((Math.max(from.x, to.x) + Math.min(from.x + from.width, to.x + to.width)) / 2);
        const isFree = !cells.some(({x: left, y, width: w, height}) =>
            y >= bottom && y + height <= to.y && left < x && left + w > x);
        if (isFree)
            return `M${x} ${bottom}V${to.y}`;
    }
    const next = Math.min(...cells.filter(({y}) => y > bottom).map(({y}) => y));
    if (isSame && to.y <= next) {                                 // to the next row
        const turn = to.y - 3;
        return `M${middle(from)} ${bottom}V${turn}H${middle(to)}V${to.y}`;
    }
    // Along the right edge past other rows and to other columns.
    const lane = (from.column + 1) * width - measures.margin - 3, across = bottom + 3;
    return `M${middle(from)} ${bottom}V${across}H${lane}V${to.y - 3}H${middle(to)}V${to.y}`;
}

/* ------------------------------------------------------------------------------------------ moving about */

// The item that an arrow key moves to from `item`: the nearest one in that direction. Up and down skip the heads of open
// groups and continue in the next column; a head is to the left of the first layers of its group.
export function neighbour(items, item, key) {
    const [cx, cy] = [middle(item), item.y + item.height / 2];
    const isThere = {ArrowUp: (x, y) => y < cy - 4, ArrowDown: (x, y) => y > cy + 4,
                     ArrowLeft: (x, y) => Math.abs(y - cy) < 4 && x < cx,
                     ArrowRight: (x, y) => Math.abs(y - cy) < 4 && x > cx}[key];
    const isUpright = key === 'ArrowUp' || key === 'ArrowDown';
    const stops = items.filter(other => other !== item && (other.kind !== 'group' || other.folded));
    let best = null, least = Infinity;
    for (const other of stops) {
        const x = middle(other), y = other.y + other.height / 2;
        if (other.column !== item.column || !isThere(x, y))
            continue;
        const aside = Math.max(0, -overlaps(item, other)) + Math.abs(x - cx) / 1000;
        const away = isUpright ? 1000 * Math.abs(y - cy) + aside : Math.abs(x - cx);
        if (away < least)
            [best, least] = [other, away];
    }
    const parent = item.kind === 'part' ? item.layer.name : item.kind === 'layer' ? item.group.key : null;
    const fallback = {
        ArrowLeft: () => items.find(({name, level}) => name === parent && level < item.level),
        ArrowUp: () => stops.findLast(({column}) => column === item.column - 1),
        ArrowDown: () => stops.find(({column}) => column === item.column + 1),
    }[key];
    return best ?? fallback?.() ?? null;
}
