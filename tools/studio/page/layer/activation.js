// The activation of the selected layers: the function, its curve over the histogram of its input, its parameters as pad and
// sliders, bias and gain, and statistics of its output. A change applies to all selected layers that have an activation;
// the current layer's is shown.
import {numberOf, numberSpec, paramControl} from './bendcontrols.js';
import {bendAddress, paramCount, paramOf, resizeParams, setActivation} from '../state/bends.js';
import {button, controls, menu, pad, slider, toggle} from '../parts/controls.js';
import {curve, thumbnail} from './curve.js';
import {clear, el} from '../parts/dom.js';
import {features} from './features.js';
import {newest} from '../state/newest.js';
import {activationAt, formatNumber, isMap} from '../state/recipe.js';
import {store} from '../state/store.js';

const bins = 96, pause = 150;       // ms between two requests while something changes

const isWhole = ({features: which}) => which === undefined || which === 'all';

const calledIn = each => each.ariaLabel ?? each.closest('label')?.textContent ?? each.textContent;

export function activationPanel() {
    const drawing = curve();
    const numbers = el('dl', {class: 'numbers small'});
    const body = el('div', {class: 'activation'});
    let nodes = [], node = null, drawn = '', look = null, frame = 0;

    const bendable = () => nodes.filter(each => each.act);
    const found = () => node?.act ? activationAt(store.recipe, node) : null;
    const bendNow = () => found()?.bend ?? null;
    const rowNamed = name => store.rows.activations.find(row => row.name === name || row.alias === name);
    const rowNow = () => rowNamed(bendNow()?.activation ?? node?.act?.name);

    // Writes one activation to all layers. write() gets a copy of the current one.
    function edit(label, write, merge) {
        store.change(label, draft => {
            const bend = structuredClone(activationAt(draft.recipe, node)?.bend ?? {activation: node.act.name});
            write(bend, draft.recipe);
            setActivation(draft.recipe, bendable(), bend, store.network.nodes);
        }, merge);
    }

    function choose(name) {
        if (name === '')
            store.change('Original activation', draft =>
                setActivation(draft.recipe, bendable(), null, store.network.nodes));
        else
            edit(`Activation ${name}`, bend => {
                const numbers = store.rows.activations.flatMap(row => row.params.map(param => param.name));
                for (const key of ['params', ...numbers])
                    delete bend[key];
                bend.activation = name;
            });
    }

    /* -------------------------------------------------------------------------------------- parts */

    // Of a layer that still has its own activation: as it will be called once it is changed.
    const addressOf = name => bendAddress(store.recipe, found()?.index, name) || `bend/${node.name}/${rowNow()?.name}/${name}`;
    const about = () => ({row: rowNow(), bend: bendNow, edit, address: addressOf});

    function names() {
        return menu({
            label: 'f(x)', title: 'The nonlinearity of the layer: f(x + bias) · gain',
            value: () => bendNow()?.activation ?? '', set: choose, choices: () => [
                {value: '', label: `original: ${node?.act?.name ?? ''}`},
                ...store.rows.activations.map(({name, alias, summary}) =>
                    ({value: name, label: alias ? `${name} (${alias})` : name, title: summary}))],
        });
    }

    // All activations at a glance; choosing the layer's own removes the bend.
    function gallery() {
        const own = rowNamed(node.act.name);
        return el('div', {class: 'gallery', role: 'group', 'aria-label': 'Activations'},
            store.rows.activations.map(row => el('button', {
                type: 'button', title: row.summary, 'aria-pressed': String(row === rowNow()),
                onclick: () => choose(row === own && bendNow() ? '' : row.name),
            }, thumbnail(row.name, row.params.slice(0, row.count).map(param => param.default_value)), row.name)));
    }

    // If only some features are bent, bias and gain must stay the layer's, because the other maps need them.
    function options() {
        const bend = bendNow();
        if (!bend || !isWhole(bend))
            return null;
        const isPaper = () => bendNow()?.like === 'paper';
        return el('div', {class: 'row options'},
            toggle({label: 'bias', title: 'On: f(x + bias), as in the network. Off: f(x)',
                    value: () => !isPaper() && bendNow()?.bias !== 'drop', set: kept => edit('Bias', each => {
                        if (each.like)
                            each.gain = 1;
                        delete each.like;
                        delete each.bias;
                        if (!kept)
                            each.bias = 'drop';
                    })}),
            toggle({label: 'like: paper',
                    title: 'Without bias and gain, as in the published tool for parametric activations',
                    value: isPaper, set: paper => edit('Like the paper', each => {
                        delete each.bias;
                        delete each.gain;
                        delete each.like;
                        if (paper)
                            each.like = 'paper';
                    })}));
    }

    function gain() {
        const bend = bendNow();
        if (!bend || !isWhole(bend))
            return null;
        return slider({
            address: addressOf('gain'), label: 'gain', span: [0, 3], defaultValue: ownGain(),
            title: `Factor of the output; the layer has ${formatNumber(node.act.gain)}`,
            value: gainNow, set: value => edit('Gain', each => {
                if (each.like)
                    each.bias = 'drop';
                delete each.like;
                each.gain = value;
            }, addressOf('gain')),
        });
    }

    const ownGain = () => Number(formatNumber(node.act.gain, 6));

    function gainNow() {
        const bend = bendNow();
        return bend?.like === 'paper' ? 1 : typeof bend?.gain === 'number' ? bend.gain : ownGain();
    }

    function sliders() {
        const bend = bendNow(), row = rowNow();
        if (!bend || !row)
            return null;
        const count = paramCount(bend, row), each = about();
        const grows = row.max_params > row.count && el('div', {class: 'row'},
            button({icon: 'plus', label: 'Weight', title: 'Add a power of σ(x)', run: () =>
                count < row.max_params && edit('Add a weight', wide => resizeParams(wide, row, count + 1))}),
            count > 1 && button({icon: 'minus', label: 'Weight', title: 'Remove a power of σ(x)', run: () =>
                edit('Remove a weight', wide => resizeParams(wide, row, count - 1))}));
        const numbered = Array.from({length: count}, (_, i) => paramControl(each, i));
        return el('div', {class: 'sliders'}, numbered, gain(), grows);
    }

    // The two parameters of the pad; if there are more than two, menus select them.
    function square() {
        const bend = bendNow(), row = rowNow(), count = bend && row ? paramCount(bend, row) : 0;
        if (count < 1)
            return null;
        const axes = count > 1 ? store.ui.padAxes?.[row.name] ?? [0, 1] : [0, 0];
        const spec = i => numberSpec(about(), Math.min(count - 1, axes[i]));
        const second = count > 1 ? spec(1) : {label: 'gain', span: [0, 3], defaultValue: node.act.gain, value: gainNow,
            set: value => edit('Gain', each => { each.gain = value; }, 'gain')};
        if (count === 1 && (!isWhole(bend) || bend.like))
            return null;
        const choice = i => menu({
            label: i ? '↑' : '→', title: i ? 'The parameter for up and down' : 'The parameter for left and right', value: () => axes[i],
            choices: Array.from({length: count}, (_, k) => ({value: k, label: row.params[k].name})),
            set: value => store.setUi('padAxes', {...store.ui.padAxes, [row.name]: axes.with(i, Number(value))})});
        return el('div', {class: 'square'}, pad({label: `${row.name}, two parameters`, x: spec(0), y: second}),
                  count > 2 && el('div', {class: 'row axes'}, choice(0), choice(1)));
    }

    /* -------------------------------------------------------------------------------------- showing */

    function showNumbers() {
        const value = (name, text, title) => el('div', {title}, el('dt', null, name), el('dd', null, text));
        const number = x => x === null || x === undefined ? '–' : formatNumber(x, 3);
        clear(numbers, look && [
            value('min', number(look.min)), value('max', number(look.max)), value('mean', number(look.mean)),
            value('std', number(look.deviation), 'Standard deviation'),
            value('zeros', `${formatNumber(100 * look.zeros, 3)} %`, 'Share of values that are exactly 0'),
            look.nan > 0 && value('not finite', look.nan, 'NaN and infinite values')]);
    }

    // Once for all changes before the next animation frame.
    function showCurve() {
        frame ||= requestAnimationFrame(() => {
            frame = 0;
            drawCurve();
        });
    }

    function drawCurve() {
        if (!node || body.hidden)
            return;
        const row = rowNow(), bend = bendNow(), act = node.act;
        const own = act && rowNamed(act.name);
        const paramsOf = (each, given) => each ? Array.from({length: paramCount(given, each)}, (_, i) =>
            numberOf(store.recipe, paramOf(given, each, i))) : [];
        // Without an activation there is only one histogram, along the axis of values.
        drawing.show({
            name: act ? row?.name ?? bend?.activation ?? act.name : 'the values',
            look: act || !look ? look : {before: look.histogram},
            params: act && row ? paramsOf(row, bend ?? {}) : [], gain: act ? gainNow() : 1, clamp: act?.clamp ?? 0,
            own: act && bend ? {name: act.name, params: paramsOf(own, {}), gain: act.gain, clamp: act.clamp} : null,
        });
    }

    const ask = newest(
        () => node && body.offsetParent !== null ? {type: 'statistics', node: node.name, bins} : null,
        answer => {
            look = answer;
            showCurve();
            showNumbers();
        },
        () => {}, pause);

    function build() {
        const bend = bendNow(), row = rowNow();
        clear(body,
            node.act && el('div', {class: 'row choice'}, names(), options(),
                           el('span', {class: 'formula small faint'}, row?.summary)),
            el('div', {class: 'drawing'}, drawing.element, square()),
            sliders(),
            numbers,
            bend && features(about()),
            node.act && gallery());
        showCurve();
        showNumbers();
    }

    function show(next = nodes) {
        if (next.at(-1)?.name !== node?.name)
            look = null;
        nodes = next;
        node = nodes.at(-1) ?? null;
        if (!node)
            return;
        if (node && !node.act && bendable().length)
            node = bendable().at(-1);
        const bend = bendNow(), row = rowNow();
        const structure = JSON.stringify([nodes.map(({name}) => name), bend?.activation, found()?.index,
            bend && row && paramCount(bend, row), bend && isWhole(bend), bend?.like,
            isMap(store.ui.padAxes) && store.ui.padAxes[row?.name], row?.name]);
        if (structure !== drawn) {
            const focus = body.contains(document.activeElement) ? calledIn(document.activeElement) : null;
            drawn = structure;
            build();
            if (focus)
                [...body.querySelectorAll('select, input, button')].find(each => calledIn(each) === focus)?.focus();
        }
        showCurve();
        ask();
    }

    controls.register({}, body, () => nodes.length && !body.hidden && show());
    store.on('frame', which => which === 'frame' && ask());
    store.on('ui', key => key === 'padAxes' && nodes.length && show());
    return {element: body, show, focus: () => body.querySelector('select')?.focus()};
}
