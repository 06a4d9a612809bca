// What files of ganbend cluster, project and units hold, for a network: pure functions on parsed files, except that they throw
// errors with the reason.
import {isMap} from './recipe.js';

/* ------------------------------------------------------------------------------------------ clusters */

// The lists of maps of each cluster, from such lists or from network-bending's pairs.
function groupsOf(list) {
    if (!list.every(isMap))
        return list.map(group => [group].flat().map(Number));
    const groups = [];
    for (const {feature_index: map, cluster_index: cluster} of list)
        (groups[Number(cluster)] ??= []).push(Number(map));
    return Array.from(groups, group => group ?? []);
}

// {node name: [[map, …], …]} of a cluster file, whose keys are names of nodes or network-bending's numbers of layers.
export function clustersIn(tree, nodes) {
    const found = {};
    for (const [key, list] of Object.entries(isMap(tree) ? tree : {})) {
        const node = nodes.find(({name, alias, role}) => key === name || key === alias || (/^\d+$/.test(key) && role?.layer === Number(key)));
        if (!node || !Array.isArray(list))
            continue;
        const groups = groupsOf(list), most = Math.max(-1, ...groups.flat());
        if (groups.flat().some(map => !Number.isInteger(map) || map < 0))
            throw new Error(`the clusters of ${node.name} are not lists of maps`);
        if (most >= node.shape[0])
            throw new Error(`they are of another network: map ${most} of ${node.name}, which has ${node.shape[0]}`);
        found[node.name] = groups;
    }
    if (!Object.keys(found).length)
        throw new Error('it has no clusters of a layer of this network');
    return found;
}

/* ------------------------------------------------------------------------------------------ latents */

// {space: 'w' or 'z', latents: rows, of: how many latents the file has} of arrays {name: {shape, values}}: the first latent.
export function latentIn(arrays, {num_ws: ws, w_dim: wide, z_dim: long}) {
    const named = name => arrays.get(name);
    const array = named('w') ?? named('ws') ?? named('latent') ?? named('latents') ?? named('z') ?? arrays.values().next().value;
    if (!array)
        throw new Error('it has no latent');
    const {shape, values} = array, width = shape.at(-1), isZ = array === named('z') || !(ws > 0);
    const rows = isZ || shape.length < 2 || (shape.length === 2 && shape[0] !== ws) ? 1 : shape.at(-2);
    if (width !== (isZ ? long : wide) || (rows !== 1 && rows !== ws))
        throw new Error(`it has latents of another network: ${shape.join(' × ')}; this one has ${
            ws > 0 ? `${ws} w's of ${wide} values` : `z of ${long} values`}`);
    const latents = Array.from({length: rows}, (_, row) => [...values.subarray(row * width, (row + 1) * width)]);
    if (!latents.flat().every(Number.isFinite))
        throw new Error('its latent has values that are not numbers');
    return {space: isZ ? 'z' : 'w', latents, of: values.length / (rows * width)};
}

/* ------------------------------------------------------------------------------------------ units */

// {units: [{channel, here, everywhere}], hasMask} of `ganbend units --json`, the largest effect first: that of the first bend, in the
// mask if there was one.
export function unitsIn(list, node) {
    const isUnit = each => isMap(each) && Number.isInteger(each.unit) && isMap(each.effects);
    if (!Array.isArray(list) || !list.length || !list.every(isUnit))
        throw new Error('it has no units; `ganbend units --json` writes them');
    if (list.length !== node.shape[0])
        throw new Error(`it has ${list.length} units, and ${node.name} has ${node.shape[0]} maps: select their layer`);
    const hasMask = list.some(({overlap}) => Number(overlap) > 0);
    const units = list.map(({unit, effects}) => {
        const [everywhere, inMask] = (Object.values(effects)[0] ?? []).map(Number);
        return {channel: unit, here: hasMask ? inMask : everywhere, everywhere};
    });
    if (!units.every(({here, everywhere}) => Number.isFinite(here) && Number.isFinite(everywhere)))
        throw new Error('its effects are not numbers');
    return {units: units.sort((a, b) => b.here - a.here || a.channel - b.channel), hasMask};
}
