// The colours of the page for canvases, which do not understand light-dark() themselves.
import {el} from './dom.js';

const probe = el('i', {hidden: true});

// `name` is a custom property, such as '--accent', as it is for this element now.
export function inkOf(element, name) {
    if (probe.parentNode !== element.parentNode)
        element.after(probe);
    probe.style.color = `var(${name})`;
    return getComputedStyle(probe).color;
}
