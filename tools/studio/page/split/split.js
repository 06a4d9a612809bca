// The picture without the bends of layers on one side of a line, and with them on the other. The line lies over the frame of the
// picture, where it is dragged or moved by keys, and stays there when the picture is zoomed. The program renders the picture without
// bends only while this is open, and only when its inputs have changed.
import {el, on} from '../parts/dom.js';
import {button, controls} from '../parts/controls.js';
import {keys} from '../parts/keys.js';
import {live} from '../state/live.js';
import {unbent} from '../state/recipe.js';
import {store} from '../state/store.js';

const step = 0.02, middle = 0.5;
const held = share => Math.min(0.98, Math.max(0.02, share));

const isOn = () => store.ui.split?.on === true;
const toggle = () => store.setUi('split', {...store.ui.split, on: !isOn()});
const isShown = () => isOn() && store.ui.bench?.on !== true;        // not over the values of a layer

export const splitButton = () => button({icon: 'split', label: 'Split', quiet: true, pressed: isOn, run: toggle,
    title: 'Without the bends on the left, with them on the right (C)'});

export function mount(port) {
    const canvas = el('canvas', {width: 1, height: 1}), context = canvas.getContext('2d', {alpha: false});
    const side = el('div', {class: 'split-side', 'aria-hidden': 'true'}, canvas);
    const bent = el('span', {class: 'tag bent'});
    const line = el('div', {class: 'split-line', role: 'slider', tabindex: 0, 'aria-label': 'Split', 'aria-valuemin': 0,
                            'aria-valuemax': 100, title: 'Drag, or use the arrow keys; double-click for the middle'},
                    el('span', {class: 'tag unbent'}, 'without bends'), bent, el('i', {class: 'grip'}));
    let share = middle, shown = null, isDragged = false;

    function place() {
        port.element.style.setProperty('--split', share);
        line.setAttribute('aria-valuenow', Math.round(100 * share));
        line.setAttribute('aria-valuetext', `${Math.round(100 * share)} % without bends`);
    }

    function put(next) {
        share = held(next);
        place();
    }

    const keep = () => share !== store.ui.split?.at && store.setUi('split', {...store.ui.split, at: Number(share.toFixed(4))});

    function draw() {
        const picture = store.unbent;
        side.hidden = !isShown() || !picture || !store.frame || store.isLoading;
        if (side.hidden || document.hidden || shown === picture)
            return;
        if (canvas.width !== picture.bitmap.width || canvas.height !== picture.bitmap.height)
            Object.assign(canvas, {width: picture.bitmap.width, height: picture.bitmap.height});
        context.drawImage(picture.bitmap, 0, 0);
        shown = picture;
    }

    function show() {
        live.compare('split', isShown());
        line.hidden = !isShown();
        canvas.classList.toggle('blocks', store.ui.smooth === false);
        if (!isDragged)
            put(store.ui.split?.at ?? middle);
        draw();
    }

    function describe() {
        const {recipe} = store, count = (recipe.bends ?? []).length - unbent(recipe).bends.length;
        bent.textContent = count ? 'with bends' : 'no bends yet';
    }

    port.cover(canvas);
    port.canvas.after(side);
    port.element.append(line);

    const shareAt = event => {
        const box = port.element.getBoundingClientRect();
        return (event.clientX - box.left) / box.width;
    };
    on(line, 'pointerdown', event => {
        event.stopPropagation();                // the picture does not move
        if (event.button !== 0)
            return;
        line.setPointerCapture(event.pointerId);
        isDragged = true;
    });
    on(line, 'pointermove', event => {
        event.stopPropagation();
        if (isDragged)
            put(shareAt(event));
    });
    on(line, 'lostpointercapture', () => {
        isDragged = false;
        keep();
    });
    on(line, 'dblclick', event => {
        event.stopPropagation();
        put(middle);
        keep();
    });
    on(line, 'keydown', event => {
        const by = {ArrowLeft: -step, ArrowDown: -step, ArrowRight: step, ArrowUp: step, PageDown: -5 * step, PageUp: 5 * step,
                    Home: -1, End: 1}[event.key];
        if (!by || event.ctrlKey || event.metaKey || event.altKey)
            return;
        event.preventDefault();
        event.stopPropagation();
        put(share + by * (event.shiftKey ? 5 : 1));
        keep();
    });

    store.on('frame', which => which !== 'trial' && draw());
    store.on('network', draw);
    store.on('ui', show);
    on(document, 'visibilitychange', draw);
    controls.register({}, line, describe);
    keys.add({key: 'C', says: 'Split: without and with the bends', group: 'Picture', run: toggle});
    describe();
    show();
}
