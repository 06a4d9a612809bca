// The drawing of an activation: its curve over the histogram of its input and, along the right edge, the histogram of its
// output. Both have a scale in percent of the values in each bin; distances along it are square roots, so that rare values are
// seen too. The layer's own curve is dashed if it is replaced. The pointer reads values off the curve and the histogram.
import {curveOf, rootTicks, ticks, windowOf} from './activations.js';
import {el, on, svg} from '../parts/dom.js';
import {formatNumber} from '../state/recipe.js';

const height = 196, left = 28, right = 44, top = 6, bottom = 18;      // of the drawing and its margins, CSS pixels
const points = 200;

// Returns {element, show(what)}; what is {name, params, gain, clamp, own: {name, params, gain, clamp} or null,
// look: the program's answer or null}.
export function curve() {
    const parts = Object.fromEntries(['before', 'after', 'axes', 'own', 'line']
        .map(name => [name, svg('path', {class: name})]));
    const levels = svg('path', {class: 'levels'});
    const labels = svg('g', {class: 'ticks'});
    const dot = svg('circle', {class: 'dot', r: 3.5, visibility: 'hidden'});
    const readout = svg('text', {class: 'readout', x: left + 6, y: top + 12});
    const words = svg('title');
    const ground = svg('rect', {class: 'ground', x: left, y: top, height: height - top - bottom});
    const drawing = svg('svg', {role: 'img', class: 'curve', height}, words, ground,
                        parts.before, parts.after, levels, labels, parts.axes, parts.own, parts.line, dot, readout);
    const element = el('div', {class: 'curve-frame'}, drawing);
    let shown = null, width = 340, last = null;

    function show(what) {
        last = what;
        ground.setAttribute('width', width - left - right);
        const f = outputOf(what), own = what.own && outputOf(what.own);
        const [x0, x1] = windowOf(what.look?.before, !!f);
        const xs = Array.from({length: points + 1}, (_, i) => x0 + (x1 - x0) * i / points);
        const ys = f ? xs.map(f) : [];
        const seen = what.look?.histogram;
        const [y0, y1] = spread([...ys, ...own ? xs.map(own) : [], seen?.low, seen?.high]);
        const toX = x => left + (x - x0) / (x1 - x0) * (width - left - right);
        const toY = y => height - bottom - (y - y0) / (y1 - y0) * (height - top - bottom);
        shown = {f, x0, x1, toX, toY, before: what.look?.before ?? null};
        const line = curve => curve ? path(xs.map(x => [toX(x), toY(curve(x))])) : '';
        set(parts.line, line(f));
        set(parts.own, line(own));
        const floor = height - bottom, most = (floor - top) * (f ? 0.55 : 0.95);
        set(parts.before, bars(what.look?.before, toX, floor, -most, false));
        set(parts.after, bars(seen, toY, width - right, right - 4, true));
        const upright = x0 <= 0 && x1 >= 0 ? `M${toX(0)} ${top}V${floor}` : '';
        set(parts.axes, `${upright}${f ? `M${left} ${toY(0)}H${width - right}` : ''}`);
        const heights = rootTicks(peakOf(what.look?.before), most / 16).map(({value, at}) => ({value, y: floor - most * at}));
        const reach = peakOf(seen), end = width - 4;
        set(levels, heights.map(({y}) => f ? `M${width - right} ${y.toFixed(1)}h-5` : `M${left} ${y.toFixed(1)}H${width - right}`).join('')
            + (reach ? `M${end} ${floor}v3` : ''));
        labels.replaceChildren(
            ...ticks(x0, x1, 6).map(x => label(x, toX(x), height - 5, 'middle')),
            ...(f ? ticks(y0, y1, 5) : []).map(y => label(y, left - 4, toY(y) + 3.5, 'end')),
            ...heights.map(({value, y}) => share(value, f ? width - right - 7 : left - 3, y + 3.5)),
            ...reach ? [share(reach, width - 1, height - 5)] : []);
        const says = inWords(what, f);
        words.textContent = `${says}. Percent: how many of the values are in a bin; distances are square roots.`;
        drawing.setAttribute('aria-label', says);
    }

    new ResizeObserver(() => {
        if (element.clientWidth && element.clientWidth !== width) {
            width = element.clientWidth;
            if (last)
                show(last);
        }
    }).observe(element);

    on(drawing, 'pointermove', event => {
        const across = (event.clientX - drawing.getBoundingClientRect().left - left) / (width - left - right);
        const x = shown && shown.x0 + across * (shown.x1 - shown.x0);
        const isOver = shown && x >= shown.x0 && x <= shown.x1, isOnCurve = isOver && shown.f;
        const part = isOver && shareAt(shown.before, x);
        dot.setAttribute('visibility', isOnCurve ? 'visible' : 'hidden');
        readout.textContent = isOver ? [`${formatNumber(x, 3)}${isOnCurve ? ` → ${formatNumber(shown.f(x), 3)}` : ''}`,
            part && `${percent(part)} of the input about here`].filter(Boolean).join(' · ') : '';
        if (isOnCurve) {
            dot.setAttribute('cx', shown.toX(x));
            dot.setAttribute('cy', shown.toY(shown.f(x)));
        }
    });
    on(drawing, 'pointerleave', () => {
        dot.setAttribute('visibility', 'hidden');
        readout.textContent = '';
    });
    return {element, show};
}

function inWords({name, look}, f) {
    const range = ({low, high}) => `${formatNumber(low, 3)} to ${formatNumber(high, 3)}`;
    return [f ? `Curve of ${name}` : `Histogram of ${name}`,
            look?.before && (f ? `input ${range(look.before)}` : range(look.before)),
            look?.histogram && `output ${range(look.histogram)}`].filter(Boolean).join(', ');
}

function outputOf({name, params, gain, clamp}) {
    const f = curveOf(name, params);
    return f && (x => clamp > 0 ? Math.min(clamp, Math.max(-clamp, gain * f(x))) : gain * f(x));
}

const total = histogram => histogram.counts.reduce((sum, count) => sum + count, 0);
const isDrawn = histogram => histogram?.counts.length > 0 && histogram.high > histogram.low;

// The largest share of the values in one bin.
const peakOf = histogram => isDrawn(histogram) ? Math.max(...histogram.counts) / (total(histogram) || 1) : 0;

// The share of the values in the bin of x; null beside the histogram.
function shareAt(histogram, x) {
    if (!isDrawn(histogram) || x < histogram.low || x > histogram.high)
        return null;
    const {low, high, counts} = histogram, bin = Math.floor((x - low) / (high - low) * counts.length);
    return counts[Math.min(counts.length - 1, bin)] / (total(histogram) || 1);
}

const percent = value => `${formatNumber(100 * value, 2)} %`;
const share = (value, x, y) => svg('text', {class: 'share', x, y, 'text-anchor': 'end'}, percent(value));
const label = (value, x, y, anchor) => svg('text', {x, y, 'text-anchor': anchor}, formatNumber(value));
const set = (shape, d) => shape.setAttribute('d', d);
const held = y => Math.min(1e4, Math.max(-1e4, y));
const path = pairs => pairs.map(([x, y], i) => `${i ? 'L' : 'M'}${x.toFixed(1)} ${held(y).toFixed(1)}`).join('');

// The smallest and largest finite value, at least −1 to 1 and limited to what can be shown.
function spread(values) {
    const finite = values.filter(Number.isFinite);
    const low = Math.min(-1, ...finite), high = Math.max(1, ...finite), room = 0.05 * (high - low);
    return [low - room, high + room];
}

// A histogram as one path: along x upwards from `base`, or along y to the right of `base`.
function bars(histogram, to, base, most, isUpright) {
    if (!isDrawn(histogram))
        return '';
    const {low, high, counts} = histogram;
    const peak = Math.max(...counts), step = (high - low) / counts.length;
    const [along, across] = isUpright ? ['V', 'H'] : ['H', 'V'];
    let d = isUpright ? `M${base} ${to(low).toFixed(1)}` : `M${to(low).toFixed(1)} ${base}`;
    counts.forEach((count, i) => {
        const reach = base + most * Math.sqrt(count / peak), end = to(low + (i + 1) * step);
        d += `${across}${reach.toFixed(1)}${along}${end.toFixed(1)}`;
    });
    return `${d}${across}${base}Z`;
}

// A thumbnail of a curve, from −4 to 4.
export function thumbnail(name, params) {
    const f = curveOf(name, params), wide = 44, high = 26;
    const at = (x, y) => [(x + 4) / 8 * wide, high - 2 - (y + 1.5) / 5.5 * (high - 4)];
    const xs = Array.from({length: 45}, (_, i) => -4 + i * 8 / 44);
    const [middle, zero] = at(0, 0);
    return svg('svg', {class: 'thumbnail', width: wide, height: high, 'aria-hidden': 'true'},
               svg('path', {class: 'axes', d: `M${middle} 0V${high}M0 ${zero.toFixed(1)}H${wide}`}),
               svg('path', {class: 'line', d: f ? path(xs.map(x => at(x, f(x)))) : ''}));
}
