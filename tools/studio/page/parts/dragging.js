// Dragging a number sideways. `how`: {when(event): whether a press may begin one, start(): the value, scale(): its change for each
// pixel, put(value), end()}. Shift drags ten times finer, also when it is pressed on the way.
import {on} from './dom.js';

const least = 3;                        // pixels before a press is a drag

export function dragged(element, how) {
    let drag = null;                    // {x, value, moved}

    on(element, 'pointerdown', event => {
        if (event.button !== 0 || event.pointerType === 'touch' || !how.when(event))
            return;
        event.preventDefault();         // which would put the caret there, or move the slider
        element.setPointerCapture(event.pointerId);
        drag = {x: event.clientX, value: how.start(), moved: false};
    });
    on(element, 'pointermove', event => {
        if (!drag)
            return;
        const by = event.clientX - drag.x;
        if (!drag.moved && Math.abs(by) < least)
            return;
        drag.moved = true;
        drag.x = event.clientX;
        drag.value += by * how.scale() * (event.shiftKey ? 0.1 : 1);
        how.put(drag.value);
    });
    on(element, 'lostpointercapture', () => {
        const {moved} = drag ?? {};
        drag = null;
        if (moved)
            how.end();
        else if (moved === false)
            element.focus();
    });
}
