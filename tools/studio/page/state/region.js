// The region that is painted on the picture, and the maps that matter in it: {model, node, units: Map of channel → {rank, here,
// elsewhere}} with the change of the picture without the map. It belongs to the page and is not part of the project. Event
// 'region': either has changed.
import {grid} from '../parts/cells.js';
import {analysis} from './analysis.js';
import {store} from './store.js';
import {toJson} from './yaml.js';

const side = 64;                        // cells along the larger side of the picture
let cells = null, found = null;

// A grid of zeros and ones over the whole picture.
function cellsNow() {
    const [, height, width] = store.network.image, larger = Math.max(height, width);
    const rows = Math.max(1, Math.round(side * height / larger)), columns = Math.max(1, Math.round(side * width / larger));
    if (cells?.width !== columns || cells.height !== rows)
        cells = grid(columns, rows, Uint8Array);
    return cells;
}

function changed() {
    store.tell('region');
}

export const region = {
    get cells() { return cellsNow(); },
    get isEmpty() { return !cellsNow().data.includes(1); },
    changed,
    clear() {
        cellsNow().data.fill(0);
        changed();
    },
    // What was found for this node, or null.
    of: node => found && node && found.node === node.name && found.model === store.state.model ? found : null,
    // Finds the maps of a node that matter in the region.
    async measure(node) {
        const {model} = store.state, {data, width, height} = cellsNow();
        const answer = await analysis.run('Trying out every map', 'units', {recipe: toJson(store.recipe), node: node.name,
            mask: data.join(''), columns: width, rows: height});
        const units = new Map(answer.units.map(({channel, here, elsewhere}, rank) => [channel, {rank, here, elsewhere}]));
        found = {model, node: answer.node, units, most: answer.units[0]?.here ?? 0};
        changed();
    },
};
