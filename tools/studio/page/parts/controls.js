// Controls. Every number has an address ("seed", "trunc", "bend/2/angle", "z/13"), by which MIDI, OSC and the keyboard find
// its control on the page, or addresses.js if there is none. A control reads its value with value() and writes it with
// set(value), usually a store.change() that merges by address; the end of a drag settles it. Controls read their values again
// whenever the recipe changes.
import {dragged} from './dragging.js';
import {el, icon, on} from './dom.js';
import {same} from '../state/patch.js';
import {formatNumber} from '../state/recipe.js';
import {store} from '../state/store.js';

const registered = new Map();       // address → spec of the newest control
const live = new Set();             // {element, refresh}

export const controls = {find, move, list, register, resolver: null, refresh};

/* ------------------------------------------------------------------------------------------ addresses */

// spec: {address, label, low, high, integer, value(), set(value)}. It is used while `element` is in the page.
function register(spec, element, refresh = () => {}) {
    if (spec.address)
        registered.set(spec.address, {spec, element});
    element.refresh = refresh;
    live.add({element, refresh, wasShown: false});
}

function find(address) {
    const {spec, element} = registered.get(address) ?? {};
    return element?.isConnected ? spec : controls.resolver?.(address) ?? null;
}

function list() {
    return [...registered.values()].filter(({element}) => element.isConnected).map(({spec}) => spec);
}

// Sets an address to a value or, with {share: 0..1}, to a position in its range. False if there is no such address.
function move(address, value) {
    const spec = find(address);
    if (!spec)
        return false;
    const [low, high] = rangeOf(spec);
    const wanted = typeof value === 'object'
        ? Number((low + (high - low) * Math.min(1, Math.max(0, value.share))).toPrecision(4)) : value;
    spec.set(held(spec, wanted));
    return true;
}

function refresh() {
    for (const entry of live) {
        if (entry.element.isConnected || !entry.wasShown)
            entry.refresh();
        else
            live.delete(entry);
        entry.wasShown ||= entry.element.isConnected;
    }
    for (const [address, {element}] of registered)
        if (!element.isConnected)
            registered.delete(address);
}

store.on('recipe', refresh);
store.on('network', refresh);
store.on('ui', refresh);

/* ------------------------------------------------------------------------------------------ ranges */

// A sensible range for a parameter without limits.
function comfortable({low, high, defaultValue = 0}) {
    const reach = 2 * Math.max(1, Math.abs(defaultValue));
    return [low ?? Math.min(-reach, (high ?? 0) - reach), high ?? Math.max(reach, (low ?? 0) + reach)];
}

// The range of a slider: as the user set it, else `span`, else its limits.
export function rangeOf(spec) {
    return store.ui.ranges?.[spec.address] ?? spec.span ?? comfortable(spec);
}

function setRange(spec, low, high) {
    const ranges = {...store.ui.ranges};
    if (low === undefined)
        delete ranges[spec.address];
    else
        ranges[spec.address] = [low, high];
    store.setUi('ranges', ranges);
}

// The value within the limits, rounded if it must be an integer.
function held(spec, value) {
    const rounded = spec.integer ? Math.round(value) : value;
    return Math.min(spec.high ?? Infinity, Math.max(spec.low ?? -Infinity, rounded));
}

function stepOf(spec) {
    if (spec.step)
        return spec.step;
    const [low, high] = rangeOf(spec);
    return spec.integer ? 1 : 10 ** Math.floor(Math.log10((high - low) / 200 || 1));
}

const written = (spec, value) => value === null || value === undefined ? '' : formatNumber(value, 6);

/* ------------------------------------------------------------------------------------------ slider */

// spec: {address, label, title, low, high (hard limits, null for none), span (the initial range [low, high]), step, integer,
// defaultValue (for the reset button), value(), set(value), unit}. The field is dragged sideways like the slider, with Shift ten
// times finer; a double-click on either restores the default.
export function slider(spec) {
    const range = el('input', {type: 'range', 'aria-label': spec.label, title: spec.title});
    const number = el('input', {type: 'text', inputmode: 'decimal', class: 'number', autocomplete: 'off',
                                'aria-label': `${spec.label}, as text`,
                                title: 'Type a value, use the arrow keys, or drag; Shift drags finer'});
    const ends = ['lowest', 'highest'].map(which =>
        el('button', {type: 'button', class: 'end',
                      title: `The ${which} value of the slider. Double-click or press Enter to change it`}));
    const reset = spec.defaultValue === undefined ? null
        : el('button', {type: 'button', class: 'reset', title: `Back to ${formatNumber(spec.defaultValue)}`,
                        'aria-label': `${spec.label}: back to ${formatNumber(spec.defaultValue)}`}, icon('reset'));
    const element = el('div', {class: 'slider', data: spec.address ? {address: spec.address} : {}, role: 'group',
                               'aria-label': spec.label},
        el('span', {class: 'label', title: spec.title}, spec.label, spec.unit && el('small', null, ` ${spec.unit}`)),
        el('div', {class: 'track'}, ends[0], range, ends[1]), number, reset);

    let shown = '';
    function show() {
        const value = spec.value() ?? spec.defaultValue ?? 0;
        const [low, high] = rangeOf(spec);
        const isTyped = document.activeElement === number;
        const now = `${value} ${low} ${high}`;
        if (now === shown && (isTyped || number.value === written(spec, value)))
            return;
        shown = now;
        range.min = Math.min(low, value);
        range.max = Math.max(high, value);
        range.step = spec.integer ? 1 : 'any';
        range.value = value;
        range.style.setProperty('--share', (value - range.min) / (range.max - range.min || 1));
        range.setAttribute('aria-valuetext', written(spec, value));
        ends.forEach((button, end) => {
            const value = formatNumber(end ? high : low, 3);
            button.textContent = value;
            button.ariaLabel = `${spec.label}: ${end ? 'highest' : 'lowest'} value of the slider, ${value}`;
        });
        if (!isTyped)
            number.value = written(spec, value);
        if (reset)
            reset.disabled = value === spec.defaultValue;
    }

    function put(value) {
        if (Number.isFinite(value))
            spec.set(held(spec, value));
    }

    on(range, 'input', () => put(snapped(range.valueAsNumber)));
    on(range, 'change', () => store.settle());
    on(range, 'keydown', event => stepByKey(event, spec, put));
    const snapped = value => spec.integer ? Math.round(value) : Number(value.toPrecision(4));
    on(number, 'keydown', event => stepByKey(event, spec, value => {
        put(value);
        number.value = written(spec, spec.value());
    }));
    on(number, 'focus', () => number.select());
    on(number, 'keydown', event => event.key === 'Enter' && leaveField(number, range));
    on(number, 'change', () => {
        put(numberOf(number.value));
        store.settle();
    });
    on(number, 'blur', show);
    ends.forEach((button, end) => {
        const edit = () => editEnd(button, spec, end, show);
        on(button, 'dblclick', edit);
        on(button, 'keydown', event => event.key === 'Enter' && (event.preventDefault(), edit()));
    });
    const restore = () => {
        spec.set(spec.defaultValue);
        store.settle();
        setRange(spec);
    };
    if (reset) {
        on(reset, 'click', restore);
        on(range, 'dblclick', restore);
        on(number, 'dblclick', restore);
    }
    const perPixel = () => {
        const [low, high] = rangeOf(spec);
        return (high - low) / (range.clientWidth || 200);
    };
    const drag = {start: () => spec.value() ?? spec.defaultValue ?? 0, scale: perPixel, put: value => put(snapped(value)),
                  end: () => store.settle()};
    dragged(number, {...drag, when: () => document.activeElement !== number});
    dragged(range, {...drag, when: event => event.shiftKey});
    show();
    register(spec, element, show);
    return element;
}

// After Enter the keys are shortcuts again: the focus moves from a field to a control beside it, where only arrow keys mean
// something of their own.
export function leaveField(field, beside) {
    field.blur();                   // which commits the text
    beside.focus();
}

// Accepts "0,5" and "0.5".
const numberOf = text => text.trim() === '' ? NaN : Number(text.trim().replace(',', '.'));

const directions = {ArrowUp: 1, ArrowRight: 1, ArrowDown: -1, ArrowLeft: -1, PageUp: 10, PageDown: -10};

// Arrow keys: one step, ten with Shift, a tenth with Alt. In text fields left and right move the caret.
function stepByKey(event, spec, put) {
    const direction = directions[event.key];
    const isCaret = event.target.type === 'text' && event.key.match(/Left|Right/);
    if (!direction || isCaret || event.ctrlKey || event.metaKey)
        return;
    event.preventDefault();
    const step = stepOf(spec) * (event.shiftKey ? 10 : event.altKey && !spec.integer ? 0.1 : 1);
    const value = (spec.value() ?? spec.defaultValue ?? 0) + direction * step;
    put(spec.integer ? value : Number(value.toPrecision(10)));
    store.settleSoon();
}

// Turns the button into a field until Enter, Escape or loss of focus.
function editEnd(button, spec, end, show) {
    const field = el('input', {type: 'text', inputmode: 'decimal', class: 'end', 'aria-label': button.ariaLabel,
                               value: button.textContent});
    let done = false;
    function close(keep) {
        if (done)
            return;
        done = true;
        const range = rangeOf(spec).slice();
        const value = numberOf(field.value);
        const hadFocus = document.activeElement === field;
        field.replaceWith(button);
        if (hadFocus)
            button.focus();
        if (keep && Number.isFinite(value)) {
            range[end] = held(spec, value);
            if (range[0] < range[1])
                setRange(spec, ...range);
        }
        show();
    }
    on(field, 'keydown', event => {
        if (event.key === 'Enter' || event.key === 'Escape') {
            event.preventDefault();
            event.stopPropagation();
            close(event.key === 'Enter');
        }
    });
    on(field, 'blur', () => close(true));
    button.replaceWith(field);
    field.select();
    field.focus();
}

/* ------------------------------------------------------------------------------------------ pad */

// Two sliders in one square: {label, x, y} with two slider specs. Two range inputs hold the values for keyboards and screen
// readers; in the square the arrow keys change both.
export function pad({label, x, y}) {
    const knob = el('div', {class: 'knob'});
    const readout = el('output', {class: 'readout'});
    const words = `${label}: left and right arrow keys change ${x.label}, up and down ${y.label}`;
    const field = el('div', {class: 'field', tabindex: 0, role: 'group', 'aria-label': words},
                     el('span', {class: 'axis x'}, x.label), el('span', {class: 'axis y'}, y.label), knob, readout);
    const hidden = [x, y].map(spec => el('input', {type: 'range', class: 'for-readers', 'aria-label': spec.label,
                                                   tabindex: -1}));
    const element = el('div', {class: 'pad'}, field, hidden);
    const share = (spec, value) => {
        const [low, high] = rangeOf(spec);
        return Math.min(1, Math.max(0, (value - low) / (high - low || 1)));
    };

    let shown = '';
    function show() {
        const values = [x, y].map(spec => spec.value() ?? spec.defaultValue ?? 0);
        const now = [values, rangeOf(x), rangeOf(y)].join(' ');
        if (now === shown)
            return;
        shown = now;
        knob.style.left = `${100 * share(x, values[0])}%`;
        knob.style.top = `${100 - 100 * share(y, values[1])}%`;
        readout.textContent = `${x.label} ${formatNumber(values[0])}   ${y.label} ${formatNumber(values[1])}`;
        [x, y].forEach((spec, i) => {
            const [low, high] = rangeOf(spec);
            Object.assign(hidden[i], {min: low, max: high, step: spec.integer ? 1 : 'any', value: values[i]});
            hidden[i].setAttribute('aria-valuetext', formatNumber(values[i]));
        });
    }

    function put(spec, part) {
        const [low, high] = rangeOf(spec);
        spec.set(held(spec, Number((low + (high - low) * Math.min(1, Math.max(0, part))).toPrecision(4))));
    }

    function follow(event) {
        const box = field.getBoundingClientRect();
        put(x, (event.clientX - box.left) / box.width);
        put(y, 1 - (event.clientY - box.top) / box.height);
    }

    on(field, 'pointerdown', event => {
        field.setPointerCapture(event.pointerId);
        field.focus();
        store.together(label);
        follow(event);
    });
    on(field, 'pointermove', event => field.hasPointerCapture(event.pointerId) && follow(event));
    on(field, 'lostpointercapture', () => store.settle());
    on(field, 'keydown', event => {
        const isAcross = event.key === 'ArrowLeft' || event.key === 'ArrowRight';
        stepByKey(event, isAcross ? x : y, value => (isAcross ? x : y).set(held(isAcross ? x : y, value)));
    });
    hidden.forEach((input, i) => on(input, 'input', () => [x, y][i].set(held([x, y][i], input.valueAsNumber))));
    show();
    register({}, element, show);
    return element;
}

/* ------------------------------------------------------------------------------------------ other controls */

// spec: {label, title, choices: [{value, label, title}] or [value], value(), set(value)}
export function menu(spec) {
    const select = el('select', {'aria-label': spec.label, title: spec.title});
    const element = el('label', {class: 'menu', title: spec.title},
                       el('span', {class: 'label'}, spec.label), select);
    let shown = null;               // the choices, preceded by the value if it is not among them
    function show() {
        const given = typeof spec.choices === 'function' ? spec.choices() : spec.choices;
        const now = String(spec.value() ?? '');
        const isKnown = given.some(choice => String(choice.value ?? choice) === now);
        const choices = isKnown ? given : [{value: now, label: now || '…'}, ...given];
        if (!shown || !same(choices, shown))
            select.replaceChildren(...choices.map(choice => typeof choice === 'object'
                ? el('option', {value: choice.value, title: choice.title}, choice.label) : el('option', null, choice)));
        shown = choices;
        select.value = now;
    }
    on(select, 'change', () => {
        spec.set(select.value);
        store.settle();
    });
    show();
    register({}, element, show);
    return element;
}

// spec: {label, title, value(), set(boolean)}
export function toggle(spec) {
    const box = el('input', {type: 'checkbox'});
    const element = el('label', {class: 'toggle', title: spec.title}, box, el('span', null, spec.label));
    const show = () => { box.checked = !!spec.value(); };
    on(box, 'change', () => {
        spec.set(box.checked);
        store.settle();
    });
    show();
    register({}, element, show);
    return element;
}

// spec: {label, title, icon, run, quiet (icon alone), pressed()}
export function button(spec) {
    const element = el('button', {type: 'button', class: spec.quiet ? 'quiet' : null, title: spec.title ?? spec.label,
                                  'aria-label': spec.quiet ? spec.label : null},
                       spec.icon && icon(spec.icon), !spec.quiet && el('span', null, spec.label));
    on(element, 'click', event => spec.run(event));
    if (spec.pressed) {
        const show = () => element.setAttribute('aria-pressed', String(!!spec.pressed()));
        show();
        register({}, element, show);
    }
    return element;
}
