// The statistics of a layer: how what the bench shows of it has changed from picture to picture, and a table of its maps. A map
// that is chosen here becomes the big picture.
import {button, controls} from '../parts/controls.js';
import {clear, el, svg} from '../parts/dom.js';
import {downloadBytes} from '../project/downloads.js';
import {formatNumber} from '../state/recipe.js';
import {store} from '../state/store.js';
import {bench} from './bench.js';
import {tableCsv} from './field.js';
import {timeline} from './timeline.js';

const atOnce = 64;                  // rows that are shown before more are asked for
const often = 200;                  // ms between two updates of the table

const columns = [
    ['map', 'map', 'The number of the map'], ['min', 'min', 'Smallest value'], ['max', 'max', 'Largest value'], ['mean', 'mean', 'Mean'],
    ['deviation', 'std', 'Standard deviation'], ['energy', 'energy', 'Root of the mean square'],
    ['zeros', 'zeros', 'Share of values that are exactly 0'], ['nan', 'not finite', 'NaN and infinite values'],
];
const written = (name, value) => name === 'zeros' ? `${formatNumber(100 * value, 3)} %`
    : Number.isFinite(value) ? formatNumber(value, 3) : '–';
const fileStem = () => (bench.node?.name ?? 'layer').replace(/[^\w.-]+/g, '-');
const saveTable = (name, keys, rows) => downloadBytes(`${fileStem()}-${name}.csv`, [tableCsv(keys, rows)], 'text/csv');

export function statisticsPanel() {
    const chart = timeline();
    const says = el('p', {class: 'small faint', role: 'status'});
    const sortBy = key => store.setUi('benchOrder', {key, isDown: orderNow().key === key ? !orderNow().isDown : key !== 'map'});
    const heads = columns.map(([key, word, title]) => el('th', {scope: 'col', title},
        el('button', {type: 'button', class: 'line', onclick: () => sortBy(key)}, word)));
    const spread = el('th', {scope: 'col', title: 'From the smallest to the largest value; the mean, and one standard deviation around it'},
                      'range');
    const body = el('tbody'), head = el('thead', null, el('tr', null, heads[0], spread, heads.slice(1)));
    const table = el('table', {class: 'map-table'}, head, body);
    let most = atOnce, rows = [], timer = 0, shownFor = '';
    const more = button({label: 'More', run: () => {
        most += 4 * atOnce;
        showTable();
    }});
    const saveMaps = button({icon: 'save', label: 'Maps as .csv', quiet: true, title: 'The statistics of every map, as .csv', run: () =>
        saveTable('maps', columns.map(([key]) => key), bench.field.each)});
    const saveTime = button({icon: 'save', label: 'Course as .csv', quiet: true, title: 'The course of the statistics, as .csv', run: () =>
        saveTable('time', ['seconds', 'min', 'max', 'mean', 'deviation'],
                  bench.moments.map(({at, ...rest}) => ({seconds: (at - bench.moments[0].at) / 1000, ...rest})))});
    const again = button({icon: 'reset', label: 'Begin again', quiet: true, title: 'Forget the course so far', run: bench.forget});
    const frame = el('div', {class: 'map-table-frame', tabindex: 0, role: 'region', 'aria-label': 'Statistics of each map'}, table);
    const maps = el('div', {class: 'row'}, el('h3', null, 'Maps'), el('span', {class: 'space'}), saveMaps);
    const element = el('div', {class: 'statistics'}, el('div', {class: 'row'}, says, el('span', {class: 'space'}), again, saveTime),
                       chart.element, maps, frame, more);

    function orderNow() {
        const {key, isDown} = store.ui.benchOrder ?? {};
        return columns.some(([name]) => name === key) ? {key, isDown: isDown === true} : {key: 'energy', isDown: true};
    }

    // Values that are not finite come last.
    function inOrder(each) {
        const {key, isDown} = orderNow(), value = row => Number.isFinite(row[key]) ? row[key] : isDown ? -Infinity : Infinity;
        return [...each].sort((a, b) => (isDown ? value(b) - value(a) : value(a) - value(b)) || a.map - b.map);
    }

    function rowElement() {
        const name = el('button', {type: 'button', class: 'line', title: 'Show this map as the big picture',
                                   onclick: () => bench.open(true, {show: 'map', map: row.map})});
        const bar = svg('svg', {class: 'spread', viewBox: '0 0 100 10', preserveAspectRatio: 'none', 'aria-hidden': 'true'},
                        svg('path', {class: 'whole'}), svg('path', {class: 'around'}), svg('path', {class: 'mean'}));
        const cells = columns.slice(1).map(() => el('td'));
        const line = el('tr', null, el('th', {scope: 'row'}, name), el('td', null, bar), cells);
        const row = {map: 0, element: line, name, cells, parts: [...bar.children]};
        return row;
    }

    function fill(row, of, [low, high]) {
        const x = value => Math.min(100, Math.max(0, 100 * (value - low) / (high - low || 1))).toFixed(2);
        const isShown = bench.isOn && bench.show === 'map' && bench.map === of.map;
        row.map = of.map;
        row.name.textContent = String(of.map);
        row.name.ariaLabel = `Map ${of.map}`;
        row.element.classList.toggle('shown', isShown);
        if (isShown)
            row.element.setAttribute('aria-current', 'true');
        else
            row.element.removeAttribute('aria-current');
        columns.slice(1).forEach(([key], i) => { row.cells[i].textContent = written(key, of[key]); });
        const isKnown = Number.isFinite(of.min);
        const along = (from, to) => isKnown ? `M${x(from)} 5H${x(to)}` : '';
        row.parts[0].setAttribute('d', along(of.min, of.max));
        row.parts[1].setAttribute('d', along(Math.max(of.min, of.mean - of.deviation), Math.min(of.max, of.mean + of.deviation)));
        row.parts[2].setAttribute('d', isKnown ? `M${x(of.mean)} 1V9` : '');
    }

    function showTable() {
        timer = 0;
        const each = bench.field?.each, {key, isDown} = orderNow();
        table.hidden = maps.hidden = !each || bench.maps === 1;
        heads.forEach((head, i) => {
            if (columns[i][0] === key)
                head.setAttribute('aria-sort', isDown ? 'descending' : 'ascending');
            else
                head.removeAttribute('aria-sort');
        });
        more.hidden = table.hidden || each.length <= most;
        if (table.hidden)
            return;
        const shown = inOrder(each).slice(0, most), finite = each.filter(({min}) => Number.isFinite(min));
        const ends = [Math.min(...finite.map(({min}) => min)), Math.max(...finite.map(({max}) => max))];
        while (rows.length < shown.length)
            rows.push(rowElement());
        rows = rows.slice(0, shown.length);
        if (body.childElementCount !== rows.length)
            clear(body, rows.map(row => row.element));
        shown.forEach((of, i) => fill(rows[i], of, ends));
        table.classList.toggle('finite', each.every(({nan}) => nan === 0));
    }

    const isVisible = () => element.offsetParent !== null;

    function show() {
        const {node} = bench;
        bench.want('statistics', isVisible() && node !== null);
        if (!isVisible() || !node)
            return;
        if (shownFor !== node.name)
            most = atOnce;
        shownFor = node.name;
        const {statistics} = bench.field ?? {}, text = bench.problem || (bench.field ? `${bench.place}: ${statistics.count} values`
            + (statistics.nan ? `, ${statistics.nan} of them not finite` : '') : '');
        if (says.textContent !== text)
            says.textContent = text;
        saveTime.disabled = !bench.moments.length;
        chart.show(bench.moments);
        timer ||= setTimeout(showTable, often);
    }

    store.on('bench', show);
    store.on('ui', key => {
        if (key === 'benchOrder' && isVisible())
            showTable();
        else if (key === 'panel' || key === 'whole')
            show();
    });
    controls.register({}, element, show);
    return {element, show};
}
