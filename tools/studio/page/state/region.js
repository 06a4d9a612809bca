// The region that is painted on the picture, and the maps that matter in it or in the file of `ganbend units` that was opened:
// {model, node, units: Map of channel → {rank, here, …}, most: the largest `here`, inWords(unit), file} with the change of the
// picture by the map. It belongs to the page and is not part of the project. Event 'region': either has changed.
import {grid} from '../parts/cells.js';
import {analysis} from './analysis.js';
import {formatNumber} from './recipe.js';
import {unitsIn} from './results.js';
import {store} from './store.js';
import {toJson} from './yaml.js';

const side = 64;                        // cells along the larger side of the picture
let cells = null, found = null;

// Differences of pictures, whose values go from -1 to 1, as a share of that range.
const percent = difference => `${formatNumber(50 * difference, 2)} %`;

function take(model, node, units, inWords, file = null) {
    found = {model, node, most: units[0]?.here ?? 0, inWords, file,
             units: new Map(units.map((unit, rank) => [unit.channel, {...unit, rank}]))};
    changed();
}

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
        take(model, answer.node, answer.units, ({here, elsewhere}) =>
            `changes the region by ${percent(here)}, the rest by ${percent(elsewhere)}`);
    },
    // The maps of a node in a file of `ganbend units --json`.
    open(list, node, file) {
        const {units, hasMask} = unitsIn(list, node);
        take(store.state.model, node.name, units, ({here, everywhere}) => hasMask
            ? `changes the mask by ${percent(here)}, the picture by ${percent(everywhere)}` : `changes the picture by ${percent(here)}`, file);
    },
};
