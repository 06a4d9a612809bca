// Opening what other commands have found, from files of this computer: clusters of ganbend cluster, which become choices of filters;
// latents of ganbend project, which become the inputs; effects of ganbend units --json, which order the maps of the selected layer.
// Each becomes one step for undo, except the effects, which are not part of the project.
import {announce} from '../parts/dialog.js';
import {button} from '../parts/controls.js';
import {el, on} from '../parts/dom.js';
import {isNpy, isZip, readNpy, readNpz} from '../parts/npz.js';
import {take as takeLatent} from '../state/projection.js';
import {isMap} from '../state/recipe.js';
import {region} from '../state/region.js';
import {clustersIn, latentIn} from '../state/results.js';
import {store} from '../state/store.js';
import {wire} from '../state/wire.js';

const maxSize = 64 << 20;
const latentNames = ['w', 'ws', 'z', 'latent', 'latents'];

function saysFile(file, error) {
    return new Error(`${file.name}: ${error.message}`);
}

async function bytesOf(file) {
    if (file.size > maxSize)
        throw new Error('it is larger than 64 MiB');
    return new Uint8Array(await file.arrayBuffer());
}

/* ------------------------------------------------------------------------------------------ each kind */

// The clusters of the file, in the recipe.
async function openClusters(file, text) {
    // Indented by a space, any YAML is the value of a key, and the program reads it as it reads recipes.
    const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/).filter(line => !/^(---|\.\.\.)\s*$/.test(line));
    const {recipe} = await wire.ask('parse', {text: ['bends: []', 'clusters:', ...lines.map(line => ` ${line}`)].join('\n')}).catch(error => {
        throw new Error(`it is not a cluster file: ${error.message.replace(/^[^\s:]*:\d+:\d+: /, '')}`);
    });
    const found = clustersIn(recipe.clusters, store.network.nodes);
    store.change(`Clusters of ${file.name}`, draft => {
        draft.recipe.clusters = {...isMap(draft.recipe.clusters) ? draft.recipe.clusters : {}, ...found};
    });
    store.settle();
    const names = Object.keys(found);
    announce(`Opened ${file.name}: clusters of ${names.length === 1 ? names[0] : `${names.length} layers`}`);
}

async function openLatent(file, bytes) {
    const arrays = isNpy(bytes) ? new Map([['', readNpy(bytes)]])
        : isZip(bytes) ? await readNpz(bytes, name => latentNames.includes(name)) : null;
    if (!arrays)
        throw new Error('it is not a .npz or .npy file; ganbend project also writes a recipe.yaml');
    const {space, latents, of} = latentIn(arrays, store.network);
    store.change(`Latent of ${file.name}`, draft => takeLatent(draft.recipe, {space, latents, classes: null}));
    store.settle();
    announce(`Opened ${file.name}${of > 1 ? `: the first of ${of} latents` : ''}`);
}

function openUnits(file, text) {
    const node = store.current;
    if (node?.shape.length !== 3)
        throw new Error('select the layer that it is of first');
    let list;
    try {
        list = JSON.parse(text);
    } catch {
        throw new Error('it has no units; `ganbend units --json` writes them');
    }
    region.open(list, node, file.name);
    store.setUi('panel', 'layer');
    store.setUi('layerTab', 'filters');
    store.setUi('maps', {...store.ui.maps, order: 'region'});
    announce(`Opened ${file.name}: the maps of ${node.name} by their effect`);
}

const decoded = bytes => new TextDecoder().decode(bytes);
const kinds = {
    clusters: {label: 'Open', title: 'Clusters that ganbend cluster has found', accept: '.yaml,.yml,.json',
               take: async (file, bytes) => openClusters(file, decoded(bytes))},
    latent: {label: 'Open a latent', title: 'Open a latent that ganbend project has found: .npz or .npy', accept: '.npz,.npy', quiet: true,
             take: openLatent},
    units: {label: 'Open', title: 'The effect of each map of the selected layer, as ganbend units --json writes them', accept: '.json',
            take: async (file, bytes) => openUnits(file, decoded(bytes))},
};

async function openAs(kind, file) {
    try {
        await kinds[kind].take(file, await bytesOf(file));
    } catch (error) {
        throw saysFile(file, error);
    }
}

/* ------------------------------------------------------------------------------------------ where files come from */

// A button that opens a file of this kind: clusters, latent or units.
export function resultButton(kind) {
    const {label, title, accept, quiet = false} = kinds[kind];
    const input = el('input', {type: 'file', accept, hidden: true, 'aria-label': title});
    on(input, 'change', () => {
        const [file] = input.files;
        input.value = '';
        if (file)
            openAs(kind, file).catch(error => announce(error.message, 'wrong'));
    });
    return [button({icon: 'open', label, title, quiet, run: () => input.click()}), input];
}

// A cluster file begins with the number of a layer or the name of a node; no key of a recipe is like that.
const firstKey = /^(\uFEFF|#.*\n|---.*\n|\s)*\{?\s*["']?(\d+|\w+(\.\w+)+)["']?\s*:/;

// Opens the file if it is one of these, and resolves to whether it was.
export async function openResult(file, bytes) {
    const begins = decoded(bytes.subarray(0, 2000));
    const kind = isNpy(bytes) || isZip(bytes) ? 'latent' : /^\s*\[\s*\{\s*"/.test(begins) ? 'units'
        : firstKey.test(begins) ? 'clusters' : null;
    if (kind)
        await openAs(kind, file);
    return kind !== null;
}
