// Creating elements: el('button', {class: 'quiet', title: 'Undo', onclick: undo}, 'Undo'). Properties that start with "on" are
// listeners, `data` is a map of data attributes, null and false are left out, true is an attribute without a value. svg()
// does the same for SVG elements.

const svgSpace = 'http://www.w3.org/2000/svg';

function fill(node, props, children) {
    for (const [name, value] of Object.entries(props || {})) {
        if (value === null || value === undefined || value === false)
            continue;
        if (name.startsWith('on'))
            node.addEventListener(name.slice(2), value);
        else if (name === 'data')
            Object.assign(node.dataset, value);
        else if (name === 'value' && 'value' in node)
            node.value = value;
        else
            node.setAttribute(name, value === true ? '' : value);
    }
    append(node, children);
    return node;
}

function append(node, children) {
    for (const child of children.flat(Infinity))
        if (child !== null && child !== undefined && child !== false)
            node.append(child);
}

export function el(tag, props, ...children) {
    return fill(document.createElement(tag), props, children);
}

export function svg(tag, props, ...children) {
    return fill(document.createElementNS(svgSpace, tag), props, children);
}

// Replaces all children of the node.
export function clear(node, ...children) {
    node.replaceChildren();
    append(node, children);
    return node;
}

// Returns a function that removes the listener.
export function on(node, type, listener, options) {
    node.addEventListener(type, listener, options);
    return () => node.removeEventListener(type, listener, options);
}

// Icons: line drawings of 16 × 16 in the colour of the surrounding text.
const drawings = {
    undo: 'M6 3 2.5 6.5 6 10M2.5 6.5H10a3.5 3.5 0 0 1 0 7H6',
    redo: 'M10 3l3.5 3.5L10 10M13.5 6.5H6a3.5 3.5 0 0 0 0 7h4',
    plus: 'M8 3v10M3 8h10',
    minus: 'M3 8h10',
    close: 'M4 4l8 8M12 4l-8 8',
    reset: 'M3 8a5 5 0 1 0 1.6-3.7M3 2.5V5.5h3',
    play: 'M5 3v10l8-5z',
    pause: 'M5 3v10M11 3v10',
    save: 'M8 2.5v8M4.5 7.5 8 11l3.5-3.5M3 13.5h10',
    open: 'M2.5 13V4h4l1.5 2h5.5v7z',
    copy: 'M5.5 5.5v-3h8v8h-3M2.5 5.5h8v8h-8z',
    camera: 'M2 5h3l1-2h4l1 2h3v8H2zM8 11a2.3 2.3 0 1 0 0-4.6A2.3 2.3 0 0 0 8 11z',
    film: 'M2.5 3h11v10h-11zM5 3v10M11 3v10M2.5 6.3H5M2.5 9.6H5M11 6.3h2.5M11 9.6h2.5',
    text: 'M3 4h10M3 7h7M3 10h10M3 13h5',
    hand: 'M3 4v9M8 3v10M13 4v9M1.5 9.5h3M6.5 6h3M11.5 10.5h3',
    light: 'M8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM8 1v1.5M8 13.5V15M1 8h1.5M13.5 8H15' +
           'M3 3l1 1M12 12l1 1M13 3l-1 1M4 12l-1 1',
    help: 'M5.5 6a2.5 2.5 0 1 1 3.6 2.2c-.7.4-1.1.9-1.1 1.8M8 12.7v.3',
    up: 'M4 10l4-4 4 4',
    down: 'M4 6l4 4 4-4',
    dice: 'M3 3h10v10H3zM6 6v.01M10 6v.01M8 8v.01M6 10v.01M10 10v.01',
    eye: 'M1.5 8S4 3.5 8 3.5 14.5 8 14.5 8 12 12.5 8 12.5 1.5 8 1.5 8zM8 10a2 2 0 1 0 0-4 2 2 0 0 0 0 4z',
    bin: 'M3 4.5h10M6 4.5V3h4v1.5M4.5 4.5l.6 9h5.8l.6-9',
    pin: 'M8 14s4.5-4.6 4.5-8a4.5 4.5 0 0 0-9 0c0 3.4 4.5 8 4.5 8zM8 7.5a1.5 1.5 0 1 0 0-3 1.5 1.5 0 0 0 0 3z',
    brush: 'M13.5 2.5 7 9M7 9c-2-.6-3.5.8-3.7 2.3-.1 1.2-.8 2-1.3 2.2 2 .6 5.6.3 6-2.2C8.2 10 7.7 9.3 7 9z',
    pick: 'M13 3a1.6 1.6 0 0 0-2.3 0L9 4.7 11.3 7 13 5.3A1.6 1.6 0 0 0 13 3zM8 4l4 4M9.2 5.2l-6 6-.7 2.3 2.3-.7 6-6',
    erase: 'M6.5 13.5h7M9.5 3 13 6.5l-6.5 7H5L2.5 11z M5.8 6.9l3.6 3.6',
    everywhere: 'M2.5 2.5h11v11h-11zM5 5h6v6H5z',
    whole: 'M6 2.5H2.5V6M10 2.5h3.5V6M6 13.5H2.500V10M10 13.500h3.500V10',
    grid: 'M2.5 2.5h4v4h-4zM9.5 2.5h4v4h-4zM2.5 9.5h4v4h-4zM9.5 9.5h4v4h-4z',
    image: 'M2.5 3h11v10h-11zM3 12l3.5-4 2.5 2.5L11 8l2.5 3M6 6.2v.01',
    difference: 'M6 11.5a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM10 12.5a4 4 0 1 0 0-8 4 4 0 0 0 0 8z',
    split: 'M2.5 3h11v10h-11zM8 1.5v13M3 10l4-4M4.5 12.5 7 10',
    pair: 'M2 3.5h5v9H2zM9 3.5h5v9H9zM4.5 6v.01M4.5 8v.01M11.5 6v.01M11.5 8v.01',
    region: 'M8 3c3.5 0 5.5 1.6 5.5 4S11.500 11 8 11 2.500 9.400 2.500 7 4.500 3 8 3zM8 11v2.500',
    smooth: 'M2 11c3 0 3-6 6-6s3 6 6 6',
    polygon: 'M8 2l5 3.6-1.6 7H4.8L2.6 6.2z',
    bars: 'M3 13V8M6.3 13V4M9.7 13V9.5M13 13V6',
    previous: 'M10 4l-4 4 4 4',
    next: 'M6 4l4 4-4 4',
    loop: 'M12.5 8a4.5 4.5 0 0 1-8.3 2.4M3.5 8a4.5 4.5 0 0 1 8.3-2.4M12 2.8v2.9H9.1M4 13.2v-2.9h2.9',
    bench: 'M2.5 2.5h11v11h-11zM2.5 6.2h11M2.5 9.8h11M6.2 2.5v11M9.8 2.5v11',
    more: 'M3.5 8v.01M8 8v.01M12.5 8v.01',
};

export function icon(name) {
    return svg('svg', {class: 'icon', viewBox: '0 0 16 16', 'aria-hidden': 'true', focusable: 'false'},
               svg('path', {d: drawings[name]}));
}
