// A chart of statistics over time: a band from min to max, a band of one standard deviation about the mean, and the mean, with
// the newest at the right edge.
import {ticks} from '../layer/activations.js';
import {el, svg} from '../parts/dom.js';
import {formatNumber} from '../state/recipe.js';

const height = 132, left = 42, right = 10, top = 8, bottom = 20;       // of the drawing and its margins, CSS pixels
const longest = 60, shortest = 4;   // seconds that are shown at most, and at least

// Returns {element, show(moments)}; a moment is {at: ms, min, max, mean, deviation}.
export function timeline() {
    const parts = Object.fromEntries(['grid', 'whole', 'around', 'mean', 'now'].map(name => [name, svg('path', {class: name})]));
    const labels = svg('g'), ground = svg('rect', {class: 'ground', x: left, y: top, height: height - top - bottom});
    const drawing = svg('svg', {role: 'img', class: 'timeline', height, 'aria-label': 'No values yet'},
                        ground, ...Object.values(parts), labels);
    const element = el('figure', {class: 'timeline-frame'}, drawing, el('figcaption', {class: 'small faint'},
        el('span', {class: 'key mean'}), 'mean', el('span', {class: 'key around'}), '± std', el('span', {class: 'key whole'}), 'min to max'));
    let width = 340, last = [];

    function show(moments) {
        last = moments;
        ground.setAttribute('width', Math.max(0, width - left - right));
        const now = moments.at(-1)?.at ?? 0;
        const seen = moments.filter(({at, min}) => now - at <= 1000 * longest && Number.isFinite(min));
        const reach = Math.max(shortest, seen.length ? (now - seen[0].at) / 1000 : 0);
        let low = Math.min(...seen.map(({min}) => min)), high = Math.max(...seen.map(({max}) => max));
        if (!seen.length)
            [low, high] = [-1, 1];
        const room = 0.06 * (high - low) || 0.5;
        low -= room;
        high += room;
        const toX = at => width - right - (now - at) / 1000 / reach * (width - left - right);
        const toY = value => height - bottom - (value - low) / (high - low) * (height - top - bottom);
        const point = (at, value) => `${toX(at).toFixed(1)} ${toY(value).toFixed(1)}`;
        const band = (lower, upper) => seen.length < 2 ? '' : `M${seen.map(each => point(each.at, lower(each))).join('L')}L${
            [...seen].reverse().map(each => point(each.at, upper(each))).join('L')}Z`;
        const levels = ticks(low, high, 4), times = ticks(0, reach, Math.max(2, width / 90));
        parts.grid.setAttribute('d', levels.map(value => `M${left} ${toY(value).toFixed(1)}H${width - right}`).join(''));
        parts.whole.setAttribute('d', band(({min}) => min, ({max}) => max));
        parts.around.setAttribute('d', band(({min, mean, deviation}) => Math.max(min, mean - deviation),
                                            ({max, mean, deviation}) => Math.min(max, mean + deviation)));
        parts.mean.setAttribute('d', seen.length > 1 ? `M${seen.map(({at, mean}) => point(at, mean)).join('L')}` : '');
        const newest = seen.at(-1);
        parts.now.setAttribute('d', newest ? `M${point(newest.at, newest.min)}L${point(newest.at, newest.max)}` : '');
        labels.replaceChildren(
            ...levels.map(value => svg('text', {x: left - 5, y: toY(value) + 3.5, 'text-anchor': 'end'}, formatNumber(value))),
            ...times.map(seconds => svg('text', {x: toX(now - 1000 * seconds), y: height - 5, 'text-anchor': seconds ? 'middle' : 'end'},
                                        seconds ? `−${formatNumber(seconds)} s` : 'now')));
        const [min, max, mean, deviation] = ['min', 'max', 'mean', 'deviation'].map(key => formatNumber(newest?.[key] ?? NaN, 3));
        const over = `Over ${formatNumber(reach, 2)} seconds, ${seen.length} picture${seen.length === 1 ? '' : 's'}`;
        drawing.setAttribute('aria-label', newest ? `${over}: now from ${min} to ${max}, mean ${mean}, standard deviation ${deviation}`
            : 'No values yet');
    }

    new ResizeObserver(() => {
        if (element.clientWidth && element.clientWidth !== width) {
            width = element.clientWidth;
            show(last);
        }
    }).observe(element);
    return {element, show};
}
