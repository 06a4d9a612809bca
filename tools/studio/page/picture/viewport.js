// A picture in its frame: drawn as it arrives, zoomed about the pointer by wheel and pinch, dragged, moved by keys; and an
// overlay for a tool. The canvas has the size of the picture and the browser scales it, so that a new picture costs only one
// small copy. While there is a tool, it gets the pointer and the keys:
//     {cursor, down(point), move(point), up(), cancel(), hover(point or null), key(event), draw(context, toFrame)}
// with points as fractions of the picture.
import {el, on} from '../parts/dom.js';
import {fitted, panned, placed, toFrame, toPicture, zoomed, clamped} from './view.js';

const wheelPace = 1 / 400, keyPace = 1.25, keyPan = 40;

export function viewport(label) {
    const canvas = el('canvas', {class: 'picture', role: 'img', 'aria-label': label, width: 1, height: 1});
    const overlay = el('canvas', {class: 'overlay', 'aria-hidden': 'true'});
    const element = el('div', {class: 'viewport', tabindex: 0, role: 'group',
                               'aria-label': `${label}: plus and minus zoom, arrow keys move, 0 fits`},
                       canvas, overlay);
    const context = canvas.getContext('2d', {alpha: false});
    const ink = overlay.getContext('2d');
    const covers = [canvas];            // what lies exactly on the picture
    let view = fitted, aspect = 1, frame = {width: 1, height: 1}, tool = null, drawing = 0;

    const self = {element, canvas, context, get view() { return view; }, listener: null,
                  get tool() { return tool; }, set tool(value) { setTool(value); },
                  fit: () => look(fitted), zoom: factor => look(zoomed(view, frame, factor, middle(), aspect)),
                  setAspect, redraw, cover, cellSize: count => placed(view, frame, aspect).width / count};
    const middle = () => ({x: frame.width / 2, y: frame.height / 2});

    function setAspect(value) {
        aspect = value;
        look(clamped(view, frame, aspect));
    }

    function setTool(value) {
        tool?.cancel();
        tool = value;
        element.style.cursor = tool?.cursor ?? '';
        redraw();
    }

    function look(next) {
        const had = view;
        view = next;
        const at = placed(view, frame, aspect);
        for (const each of covers)
            Object.assign(each.style, {width: `${at.width}px`, height: `${at.height}px`, left: `${at.left}px`,
                                       top: `${at.top}px`});
        redraw();
        if (had.zoom !== view.zoom)
            self.listener?.(view);
    }

    // An element of the same frame will lie exactly over the picture, also when that is zoomed and moved.
    function cover(each) {
        covers.push(each);
        look(view);
    }

    // Draws the overlay once before the next animation frame.
    function redraw() {
        drawing ||= requestAnimationFrame(() => {
            drawing = 0;
            const density = devicePixelRatio;
            overlay.width = Math.round(frame.width * density);
            overlay.height = Math.round(frame.height * density);
            ink.scale(density, density);
            tool?.draw(ink, point => toFrame(view, frame, point, aspect));
        });
    }

    new ResizeObserver(() => {
        frame = {width: element.clientWidth || 1, height: element.clientHeight || 1};
        look(clamped(view, frame, aspect));
    }).observe(element);

    /* -------------------------------------------------------------------------------------- pointers */

    const pointers = new Map();         // id → position in the frame
    let acting = false;                 // the tool has the pointer

    function pointOf(event) {
        const box = element.getBoundingClientRect();
        return {x: event.clientX - box.left, y: event.clientY - box.top};
    }
    const inPicture = event => toPicture(view, frame, pointOf(event), aspect);

    on(element, 'pointerdown', event => {
        element.setPointerCapture(event.pointerId);
        pointers.set(event.pointerId, pointOf(event));
        if (pointers.size > 1 && acting) {
            acting = false;
            tool?.cancel();
        } else if (tool && pointers.size === 1 && event.button === 0 && !event.altKey) {
            acting = true;
            tool.down(inPicture(event));
        }
    });

    on(element, 'pointermove', event => {
        const before = pointers.get(event.pointerId), now = pointOf(event);
        if (!before) {
            tool?.hover(inPicture(event));
            return;
        }
        if (acting)
            tool.move(inPicture(event));
        else if (pointers.size === 2)
            pinch(event.pointerId, before, now);
        else if (pointers.size === 1)
            look(panned(view, frame, now.x - before.x, now.y - before.y, aspect));
        pointers.set(event.pointerId, now);
    });

    function pinch(id, before, now) {
        const [other] = [...pointers].filter(([each]) => each !== id).map(([, point]) => point);
        const apart = point => Math.max(1, Math.hypot(point.x - other.x, point.y - other.y));
        const centre = point => ({x: (point.x + other.x) / 2, y: (point.y + other.y) / 2});
        const from = centre(before), to = centre(now);
        look(panned(zoomed(view, frame, apart(now) / apart(before), to, aspect), frame, to.x - from.x, to.y - from.y,
                    aspect));
    }

    function leave(event) {
        if (!pointers.delete(event.pointerId) || !acting)
            return;
        acting = false;
        if (event.type === 'pointercancel')
            tool?.cancel();
        else
            tool?.up();
    }
    on(element, 'pointerup', leave);
    on(element, 'pointercancel', leave);
    on(element, 'pointerleave', () => tool?.hover(null));
    on(element, 'wheel', event => {
        event.preventDefault();
        const lines = event.deltaMode ? 30 : 1, pinches = event.ctrlKey ? 4 : 1;
        look(zoomed(view, frame, Math.exp(-event.deltaY * lines * pinches * wheelPace), pointOf(event), aspect));
    }, {passive: false});
    on(element, 'dblclick', () => !tool && look(fitted));

    /* -------------------------------------------------------------------------------------- keys */

    const ways = {ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1]};
    const doings = {'+': () => self.zoom(keyPace), '=': () => self.zoom(keyPace), '-': () => self.zoom(1 / keyPace),
                    0: () => self.fit()};

    on(element, 'keydown', event => {
        if (event.ctrlKey || event.metaKey)
            return;
        const way = ways[event.key];
        if (tool?.key(event))
            event.preventDefault();
        else if (way)
            look(panned(view, frame, way[0] * keyPan, way[1] * keyPan, aspect));
        else if (doings[event.key])
            doings[event.key]();
        else
            return;
        event.preventDefault();
    });
    return self;
}
