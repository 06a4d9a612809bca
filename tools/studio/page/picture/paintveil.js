// The overlay while painting: the colours of the vectors, the grid of the layer, the brush.
import {colourNumber, none} from './paintbend.js';
import {colourOf} from './vectors.js';

const opacity = 90;                     // of the colours, of 255
const minCell = 4;                    // pixels on the screen; the grid of smaller cells is not drawn

// The cells as a small picture, to be drawn enlarged.
export function veilOf({cells, names}) {
    const veil = new OffscreenCanvas(cells.width, cells.height), context = veil.getContext('2d');
    const pixels = context.createImageData(cells.width, cells.height);
    const colours = names.map(name => colourNumber(colourOf(name)) ?? 0);
    cells.data.forEach((index, i) => {
        if (index === none)
            return;
        const colour = colours[index], at = 4 * i;
        pixels.data[at] = colour >> 16;
        pixels.data[at + 1] = colour >> 8 & 0xff;
        pixels.data[at + 2] = colour & 0xff;
        pixels.data[at + 3] = opacity;
    });
    context.putImageData(pixels, 0, 0);
    return veil;
}

// `box` is the picture in the frame: {x, y, width, height}, with its columns and rows.
export function drawVeil(context, veil, box) {
    context.imageSmoothingEnabled = false;
    context.drawImage(veil, box.x, box.y, box.width, box.height);
}

export function drawGrid(context, box) {
    if (box.width / box.columns < minCell)
        return;
    context.beginPath();
    for (let column = 0; column <= box.columns; column++) {
        const x = Math.round(box.x + column / box.columns * box.width) + 0.5;
        context.moveTo(x, box.y);
        context.lineTo(x, box.y + box.height);
    }
    for (let row = 0; row <= box.rows; row++) {
        const y = Math.round(box.y + row / box.rows * box.height) + 0.5;
        context.moveTo(box.x, y);
        context.lineTo(box.x + box.width, y);
    }
    context.strokeStyle = 'rgb(255 255 255 / .22)';
    context.stroke();
}

// The outline of the cells under the brush, dark and light so that it is visible on any picture.
export function drawBrush(context, box, point, size) {
    const cell = box.width / box.columns, x = point.x * box.columns, y = point.y * box.rows;
    context.beginPath();
    if (size <= 1)
        context.rect(box.x + Math.floor(x) * cell, box.y + Math.floor(y) * cell, cell, cell);
    else
        context.arc(box.x + x * cell, box.y + y * cell, size / 2 * cell, 0, 2 * Math.PI);
    for (const [width, colour] of [[3.5, 'rgb(0 0 0 / .6)'], [1.5, '#fff']]) {
        context.lineWidth = width;
        context.strokeStyle = colour;
        context.stroke();
    }
}
