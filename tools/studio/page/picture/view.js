// The position of a picture in its frame: `zoom` 1 fits it in, x and y are the point of the picture (0…1) at the centre of the
// frame. Pure functions; sizes in CSS pixels.

export const fitted = {zoom: 1, x: 0.5, y: 0.5};
export const maxZoom = 64;

const held = (value, low, high) => Math.min(high, Math.max(low, value));

// Size and top left corner of the picture on screen, for a frame {width, height} and a picture of this aspect.
export function placed(view, frame, aspect = 1) {
    const fit = Math.min(frame.width, frame.height * aspect), width = fit * view.zoom, height = width / aspect;
    return {width, height, left: frame.width / 2 - view.x * width, top: frame.height / 2 - view.y * height};
}

// The point of the picture (0…1) under a point of the frame, and the reverse.
export function toPicture(view, frame, point, aspect = 1) {
    const at = placed(view, frame, aspect);
    return {x: (point.x - at.left) / at.width, y: (point.y - at.top) / at.height};
}

export function toFrame(view, frame, point, aspect = 1) {
    const at = placed(view, frame, aspect);
    return {x: at.left + point.x * at.width, y: at.top + point.y * at.height};
}

// Adjusts the view so that the picture leaves no gap where it could fill the frame, and is centred where it cannot.
export function clamped(view, frame, aspect = 1) {
    const zoom = held(view.zoom, 1, maxZoom), size = placed({...view, zoom}, frame, aspect);
    const along = (value, part, whole) => part >= whole ? 0.5 : held(value, part / whole / 2, 1 - part / whole / 2);
    return {zoom, x: along(view.x, frame.width, size.width), y: along(view.y, frame.height, size.height)};
}

// Zooms about a point of the frame, which stays fixed.
export function zoomed(view, frame, factor, point, aspect = 1) {
    const zoom = held(view.zoom * factor, 1, maxZoom), under = toPicture(view, frame, point, aspect);
    const size = placed({...view, zoom}, frame, aspect);
    return clamped({zoom, x: under.x + (frame.width / 2 - point.x) / size.width,
        y: under.y + (frame.height / 2 - point.y) / size.height}, frame, aspect);
}

export function panned(view, frame, dx, dy, aspect = 1) {
    const size = placed(view, frame, aspect);
    return clamped({...view, x: view.x - dx / size.width, y: view.y - dy / size.height}, frame, aspect);
}
