// The picture panel. Holding a key or the eye button shows the picture without the bends; the difference view shows what the
// bends change, with adjustable brightness. Below are the times and the rate.
import {benchButton, mount as mountBench} from '../bench/view.js';
import {button, slider} from '../parts/controls.js';
import {clear, el, on} from '../parts/dom.js';
import {keys} from '../parts/keys.js';
import {live} from '../state/live.js';
import {mount as mountPaint} from './paint.js';
import {loadingVeil} from './loading.js';
import {mount as mountPhoto} from './photo.js';
import {mount as mountPlay} from './playbar.js';
import {isRegion, mount as mountRegion, toggleRegion} from './region.js';
import {classesOf, inputs, seedOf} from '../state/recipe.js';
import {mount as mountPair, pairButton} from '../split/pair.js';
import {mount as mountSplit, splitButton} from '../split/split.js';
import {store} from '../state/store.js';
import {viewport} from './viewport.js';

const timesEvery = 250;                 // ms between two updates of the times
const quiet = 1200;                     // ms after which the rate is no longer shown

let held = false;                       // the key or the eye button is held down
const isDifference = () => store.ui.difference === true;

export function mount(root) {
    const port = viewport('The picture');
    const zoom = button({label: 'Fit', title: 'Fit the picture into the panel (0)', run: port.fit});
    zoom.classList.add('zoom');
    zoom.hidden = true;
    const eye = button({icon: 'eye', label: 'Without the bends', quiet: true, run: () => {},
                        title: 'Hold down to see the picture without the bends (hold U)', pressed: () => held});
    const gain = slider({
        address: 'difference/gain', label: 'Gain', title: 'Brightness of the difference', low: 1, high: 64,
        span: [1, 16], defaultValue: 4, value: () => store.ui.gain ?? 4, set: value => store.setUi('gain', value)});
    gain.classList.add('gain');
    const note = el('p', {class: 'note wrong', role: 'status', hidden: true});
    const trialMark = el('p', {class: 'trial-mark', role: 'status'});
    const times = el('output', {class: 'times faint small', title:
        'Render: the network alone, in the program. Latency: from a change to its picture on this page. Pictures/s: '
        + 'pictures received by this page.'});
    const paint = {
        bar: el('div', {class: 'paint-bar'}), strip: el('div', {class: 'paint-strip'}),
        tools: el('div', {class: 'paint-tools', role: 'toolbar', 'aria-label': 'Painting',
                          'aria-orientation': 'vertical'}),
    };
    const photoBar = el('div', {class: 'photo-bar', hidden: true});
    const benchBar = el('div', {class: 'bench-bar', hidden: true}), regionBar = el('div', {class: 'region-bar'}), playBar = el('div', {class: 'play-bar', hidden: true});
    const pair = el('div', {class: 'pair', hidden: true});
    const paintButton = button({icon: 'brush', label: 'Paint', title: 'Paint with vectors of a layer (P)',
                                pressed: () => store.ui.painting === true, run: togglePainting});

    clear(root, el('div', {class: 'panel-head'}, el('h2', null, 'Picture'), zoom, el('span', {class: 'space'}),
        gain, eye,
        button({icon: 'difference', label: 'Difference', quiet: true, run: toggleDifference, pressed: isDifference,
                title: 'The difference from the picture without the bends (D)'}),
        splitButton(), pairButton(), benchButton(),
        button({icon: 'smooth', label: 'Smooth', quiet: true, pressed: isSmooth, run: toggleSmooth,
                title: 'Interpolate between pixels, or show them as squares'}),
        button({icon: 'region', label: 'Region', quiet: true, pressed: isRegion, run: toggleRegion,
                title: 'Paint a region to find the feature maps that matter there (G)'}), paintButton,
        button({icon: 'whole', label: 'Over everything', quiet: true, pressed: isWhole, run: () => setWhole(!isWhole()),
                title: 'The picture over everything, or among the panels (V)'})),
        el('div', {class: 'bars'}, photoBar, regionBar, paint.bar, benchBar), paint.tools, port.element, pair, loadingVeil(), playBar, trialMark, note, paint.strip, el('div', {class: 'picture-foot'}, times));

    /* -------------------------------------------------------------------------------------- drawing */

    let showsValues = false;

    // A trial is compared with the picture, the picture with the one without bends. Values of a layer are shown in place of the
    // picture, and a trial or the picture without bends in place of them.
    function draw() {
        if (document.hidden)
            return;
        const tried = store.sketch ?? store.trial;
        const comparing = held || isDifference(), isTrial = !held && tried !== null;
        const other = isTrial ? store.frame : store.unbent;
        port.canvas.classList.toggle('old', store.isLoading || !store.frame);
        const before = showsValues;
        showsValues = bench.drawValues(held || isTrial);
        port.canvas.style.filter = held || showsValues || !isDifference() ? '' : `brightness(${store.ui.gain ?? 4})`;
        if (before && !showsValues)
            describe();
        if (showsValues || !store.frame || (comparing && !other))
            return;
        const {canvas, context} = port, {bitmap} = held ? store.unbent : tried ?? store.frame;
        if (canvas.width !== bitmap.width || canvas.height !== bitmap.height)
            Object.assign(canvas, {width: bitmap.width, height: bitmap.height});
        context.drawImage(bitmap, 0, 0);
        if (isDifference() && !held) {
            context.globalCompositeOperation = 'difference';
            context.drawImage(other.bitmap, 0, 0, canvas.width, canvas.height);
            context.globalCompositeOperation = 'source-over';
        }
    }

    function showMode() {
        live.compare('picture', held || isDifference());
        port.canvas.classList.toggle('blocks', !isSmooth());
        gain.hidden = !isDifference();
        root.classList.toggle('comparing', held);
        draw();
    }

    function setHeld(value) {
        held = value;
        eye.setAttribute('aria-pressed', String(held));
        showMode();
    }
    on(eye, 'pointerdown', event => {
        eye.setPointerCapture(event.pointerId);
        setHeld(true);
    });
    on(eye, 'lostpointercapture', () => setHeld(false));
    on(eye, 'keydown', event => (event.key === ' ' || event.key === 'Enter') && !event.repeat && setHeld(true));
    on(eye, 'keyup', () => setHeld(false));
    on(eye, 'blur', () => setHeld(false));

    function describe() {
        if (showsValues)
            return;
        const {trunc} = inputs(store.recipe), classes = classesOf(store.recipe);
        const bends = (store.recipe.bends ?? []).length;
        port.canvas.setAttribute('aria-label', [`The picture: seed ${seedOf(store.recipe)}`,
            trunc !== null && `truncation ${trunc}`, classes.length && `class ${classes.map(c => c.index).join(', ')}`,
            bends === 1 ? 'one bend' : `${bends} bends`].filter(Boolean).join(', '));
    }

    /* -------------------------------------------------------------------------------------- times */

    const meter = {renders: [], timer: 0};

    function showTimes() {
        meter.timer = 0;
        const {renders} = meter;
        meter.renders = [];
        if (!renders.length)
            return;
        const render = renders.reduce((sum, ms) => sum + ms, 0) / renders.length;
        const written = ms => `${ms.toFixed(ms < 10 ? 1 : 0)} ms`;
        const wrote = (word, ms, rate) => el('span', null, `${word} `, el('b', null, written(ms)),
                                             rate ? ` · ${rate}/s` : null);
        clear(times, wrote('render', render, render >= 0.5 ? Math.round(1000 / render) : 0),
              wrote('latency', live.latency, 0), el('span', null, el('b', null, String(live.fps)), ' pictures/s'));
        meter.quiet = setTimeout(() => times.lastElementChild.replaceChildren('idle'), quiet);
    }

    store.on('frame', which => {
        draw();
        const words = (store.sketch ?? store.trial)?.words ?? '';
        if (trialMark.textContent !== words)
            trialMark.textContent = words;
        if (which !== 'frame')
            return;
        meter.renders.push(store.frame.header.ms.render);
        clearTimeout(meter.quiet);
        meter.timer ||= setTimeout(showTimes, timesEvery);
    });

    /* -------------------------------------------------------------------------------------- the rest */

    function toggleDifference() {
        store.setUi('difference', !isDifference());
    }
    function toggleSmooth() {
        store.setUi('smooth', !isSmooth());
    }
    function togglePainting() {
        store.setUi('painting', store.ui.painting !== true);
    }

    port.listener = view => {
        zoom.hidden = view.zoom === 1;
        zoom.lastElementChild.textContent = `${Math.round(view.zoom * 100)} %`;
    };
    store.on('recipe', () => port.canvas.classList.toggle('old', store.isLoading || !store.frame));
    on(document, 'visibilitychange', draw);
    store.on('network', () => {
        const [, height, width] = store.network.image;
        port.setAspect(width / height);
    });
    store.on('recipe', describe);
    store.on('ui', showMode);
    store.on('refused', () => {
        note.hidden = !live.refused;
        note.textContent = live.refused?.message ?? '';
    });
    const bench = mountBench(benchBar, port, draw);
    mountSplit(port);
    mountPair(pair);
    mountPaint(paint, port);
    mountRegion(regionBar, port);
    mountPhoto(photoBar, port);
    mountPlay(playBar);

    keys.add({key: 'U', says: 'Hold: without the bends', group: 'Picture', run: () => setHeld(true),
              up: () => setHeld(false)});
    keys.add({key: 'D', says: 'Difference made by the bends', group: 'Picture', run: toggleDifference});
    keys.add({key: 'P', says: 'Paint', group: 'Picture', run: togglePainting});
    keys.add({key: 'V', says: 'The picture over everything, or among the panels', group: 'Picture', run: () => setWhole(!isWhole())});
    keys.add({key: 'Escape', says: 'The picture among the panels', group: 'Picture', when: isWhole, run: () => setWhole(false)});
    keys.add({key: '0', says: 'Fit the picture', group: 'Picture', run: port.fit});
    keys.add({key: ['+', '='], says: 'Zoom in', group: 'Picture', run: () => port.zoom(1.25)});
    keys.add({key: '-', says: 'Zoom out', group: 'Picture', run: () => port.zoom(0.8)});
    describe();
    showMode();
}

const isSmooth = () => store.ui.smooth !== false;

/* ------------------------------------------------------------------------------------------ over everything */

const isWhole = () => document.body.dataset.whole !== undefined;

// The picture over all panels, or among them again. This is not kept: a page that is opened again shows its panels.
function setWhole(wanted) {
    document.body.toggleAttribute('data-whole', wanted);
    store.tell('ui', 'whole');
}

