// Trying out what a feature map does: while the pointer is on a map, the picture panel shows the picture without it. On touch
// screens a long press does the same, and so does the focus of the keyboard. It ends when the pointer or the focus leaves, with
// Escape, and when the recipe changes.
import {on} from '../parts/dom.js';
import {live} from '../state/live.js';
import {store} from '../state/store.js';

const pause = 60;                       // ms that the pointer rests on a map first
const press = 450;                      // ms of a long press
const still = 10;                       // px that a finger may move meanwhile

// The recipe without one map of a node.
export function without(recipe, node, channel) {
    return {...recipe, bends: [...recipe.bends ?? [], {at: node.name, filter: 'ablate', features: [channel]}]};
}

// `element` holds the maps. map(target) is {node, channel} of the map that a target of events is in, or null. isOn() tells whether
// maps are tried out. wasPress() of the result tells a click whether it ends a long press.
export function mapTrial(element, {map, isOn}) {
    let at = '', timer = 0, finger = null, pressed = false;
    const idOf = found => found ? `${found.node.name} ${found.channel}` : '';

    function show(target, after) {
        const found = isOn() && !live.playing ? map(target) : null;
        if (idOf(found) === at)
            return;
        end();
        at = idOf(found);
        if (found)
            timer = setTimeout(() => live.tryOut(without(store.recipe, found.node, found.channel),
                                                 `without map ${found.channel} of ${found.node.name}`), after);
    }

    function end() {
        clearTimeout(timer);
        at = '';
        live.tryOut(null);
    }

    on(element, 'pointermove', event => {
        if (event.pointerType !== 'touch' && !event.buttons)
            show(event.target, pause);
        else if (finger && Math.hypot(event.clientX - finger.x, event.clientY - finger.y) > still)
            lift();
    });
    on(element, 'pointerleave', event => event.pointerType !== 'touch' && end());

    on(element, 'pointerdown', event => {
        pressed = false;
        if (event.pointerType !== 'touch')
            return;
        finger = {x: event.clientX, y: event.clientY, timer: setTimeout(() => {
            pressed = true;
            show(event.target, 0);
        }, press)};
    });
    function lift() {
        if (!finger)
            return;
        clearTimeout(finger.timer);
        finger = null;
        end();
    }
    on(element, 'pointerup', lift);
    on(element, 'pointercancel', lift);
    on(element, 'contextmenu', event => finger && event.preventDefault());

    on(element, 'focusin', event => event.target.matches(':focus-visible') && show(event.target, pause));
    on(element, 'focusout', end);
    on(element, 'keydown', event => event.key === 'Escape' && end());
    // The map stays `at`, so that the pointer has to leave it before it is tried out again.
    store.on('recipe', () => {
        clearTimeout(timer);
        live.tryOut(null);
    });
    return {wasPress: () => pressed};
}
