// A picture from disk as a mask: its colours ordered by share, each assigned to a vector or ignored.
import {button} from '../parts/controls.js';
import {el, on} from '../parts/dom.js';
import {coloursAt, palette} from '../parts/cells.js';
import {colourText} from './paintbend.js';

const maxColours = 12;

// Resolves to [{colour, name or null}] for paintPicture(), or to null. `entries` are the vectors that fit the layer.
export function askColours(picture, node, entries) {
    const [, height, width] = node.shape;
    const cells = coloursAt(picture, width, height), found = palette(cells, maxColours);
    const preview = el('canvas', {width, height, role: 'img', 'aria-label': `The picture at ${width}×${height}`});
    drawCells(preview, cells);
    const uses = found.map(({colour}, i) => ({colour, name: entries[i]?.name ?? null}));
    const rows = found.map(({colour, share}, i) => {
        const swatch = el('i', {class: 'swatch'}), text = colourText(colour);
        swatch.style.background = text;
        const select = el('select', {'aria-label': `Vector for colour ${text}`},
                          el('option', {value: ''}, 'unchanged'),
                          entries.map(({name}) => el('option', {value: name}, name)));
        select.value = uses[i].name ?? '';
        on(select, 'change', () => { uses[i].name = select.value || null; });
        return el('label', {class: 'row'}, swatch, el('code', null, text),
                  el('span', {class: 'faint small'}, `${(100 * share).toFixed(share < 0.1 ? 1 : 0)} %`), select);
    });
    return new Promise(resolve => {
        let answer = null;
        const close = value => {
            answer = value;
            dialog.close();
        };
        const apply = button({label: 'Paint', run: () => close(uses)});
        apply.classList.add('primary');
        const dialog = el('dialog', {class: 'mask-dialog', 'aria-labelledby': 'mask-title', onclose: () => {
            dialog.remove();
            resolve(answer);
        }}, el('header', null, el('h2', {id: 'mask-title'}, `Use a picture as mask at ${node.name}`),
               button({icon: 'close', label: 'Close', quiet: true, run: () => close(null)})),
            el('div', {class: 'mask-body'}, preview, el('div', {class: 'mask-colours'},
                found.length ? rows : el('p', null, 'The picture is completely transparent.'))),
            el('footer', {class: 'row'}, el('span', {class: 'space'}),
               button({label: 'Cancel', run: () => close(null)}), found.length > 0 && apply));
        document.body.append(dialog);
        dialog.showModal();
    });
}

function drawCells(canvas, cells) {
    const context = canvas.getContext('2d'), pixels = context.createImageData(cells.width, cells.height);
    cells.data.forEach((colour, i) => {
        if (colour >= 0)
            pixels.data.set([colour >> 16, colour >> 8 & 0xff, colour & 0xff, 255], 4 * i);
    });
    context.putImageData(pixels, 0, 0);
}
