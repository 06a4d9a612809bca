// The painted layer, and its paint in the recipe as cells that a brush can change.
import {copyOf} from '../parts/cells.js';
import * as bend from './paintbend.js';
import {edits} from '../state/edits.js';
import {same} from '../state/patch.js';
import {readPicture} from '../parts/png.js';
import {store} from '../state/store.js';
import {colourOf, valuesByName} from './vectors.js';

const maxRemembered = 1 << 22;         // cells of masks that undo restores without decoding them
const sideWanted = 16;                  // of the layer that is painted if none was chosen

export const takesPaint = node => !!node?.takes.includes('paint');

// The layers in the menu: outputs of activations. Others can be selected in the network.
export const layers = () => !store.network ? []
    : store.network.nodes.filter(node => takesPaint(node) && node.act && node.act.name !== 'linear');

// The selected layer if it can be painted, else the previous one, else one in the middle of the network.
export function layerNow() {
    const apart = node => Math.abs(Math.log2(node.shape[1] / sideWanted));
    const known = [store.current, store.node(store.ui.paintLayer)].find(takesPaint);
    return known ?? layers().reduce((best, node) => !best || apart(node) <= apart(best) ? node : best, null);
}

const remembered = new Map();           // mask → {cells, names}
const copied = ({cells, names}) => ({cells: copyOf(cells), names: names.slice()});

function remember(paint, painted) {
    if (!paint?.mask)
        return;
    remembered.delete(paint.mask);
    remembered.set(paint.mask, copied(painted));
    let cells = 0;
    for (const [mask, known] of [...remembered].reverse()) {
        cells += known.cells.data.length;
        if (cells > maxRemembered)
            remembered.delete(mask);
    }
}

export class PaintedLayer {
    // changed() is called when the cells have changed.
    constructor(changed) {
        this.changed = changed;
        this.forget();
    }

    forget() {
        this.node = null;
        this.painted = null;            // {cells, names}, null while a mask is decoded
        this.read = null;               // the recipe's paint that `painted` corresponds to
    }

    // Reads the paint of the recipe if it has changed.
    async follow() {
        const node = layerNow(), place = node ? bend.paintIndex(store.recipe, node) : -1;
        const paint = store.recipe.bends?.[place]?.paint ?? null;
        if (node === this.node && this.painted && same(paint, this.read))
            return;
        Object.assign(this, {node, read: paint, painted: null});
        if (node)
            await this.take(paint);
        if (this.read === paint)
            this.changed();
    }

    async take(paint) {
        const [, height, width] = this.node.shape, known = remembered.get(paint?.mask);
        if (known && known.cells.width === width && known.cells.height === height) {
            this.painted = copied(known);
            return;
        }
        const mask = paint?.mask ? await readPicture(paint.mask).catch(() => null) : null;
        if (this.read === paint)
            this.painted = bend.cellsOf(paint, width, height, mask);
    }

    // Writes the cells to the recipe.
    put(label, merge = null) {
        const {node} = this, painted = copied(this.painted);
        edits.add(merge, async () => {
            const paint = await bend.paintOf(painted, colourOf);
            if (node === this.node)
                this.read = paint;
            remember(paint, painted);
            store.change(label, draft => bend.putPaint(draft.recipe, node, paint, valuesByName()), merge);
        });
        this.changed();
    }

    // A copy of the cells to return to; vectors that no cell uses are dropped first.
    mark() {
        this.painted = bend.tidy(this.painted);
        return copied(this.painted);
    }

    // The cell at a point of the picture: {x, y, isInside, name of its vector or null}.
    at(point) {
        const [, height, width] = this.node.shape;
        const x = Math.floor((point?.x ?? -1) * width), y = Math.floor((point?.y ?? -1) * height);
        const isInside = x >= 0 && y >= 0 && x < width && y < height;
        const index = isInside && this.painted ? this.painted.cells.data[y * width + x] : bend.none;
        return {x, y, isInside, name: this.painted?.names[index] ?? null};
    }
}
