// The colours of the page for canvases, which do not understand light-dark() themselves.
import {el} from './dom.js';

const probe = el('i', {hidden: true});

// The current value of a custom property, such as '--accent', for this element.
export function inkOf(element, name) {
    if (probe.parentNode !== element.parentNode)
        element.after(probe);
    probe.style.color = `var(${name})`;
    return getComputedStyle(probe).color;
}
