// Which maps a random share or a cluster chooses, as the engine does: the first int(share · maps) places of a Fisher-Yates shuffle
// with the words of MT19937 (Matsumoto and Nishimura 1998) from the seed. Pure functions.
import {isMap} from './recipe.js';

const words = 624, middle = 397;

// Returns a function that gives the generator's next 32 bits.
export function mt19937(seed) {
    const state = new Uint32Array(words);
    state[0] = seed;
    for (let i = 1; i < words; i++)
        state[i] = Math.imul(1812433253, state[i - 1] ^ state[i - 1] >>> 30) + i;
    let next = words;

    function twist() {
        for (let i = 0; i < words; i++) {
            const y = (state[i] & 0x80000000) | (state[(i + 1) % words] & 0x7fffffff);
            state[i] = state[(i + middle) % words] ^ y >>> 1 ^ (y & 1 ? 0x9908b0df : 0);
        }
        next = 0;
    }
    return () => {
        if (next === words)
            twist();
        let y = state[next++];
        y ^= y >>> 11;
        y ^= y << 7 & 0x9d2c5680;
        y ^= y << 15 & 0xefc60000;
        return (y ^ y >>> 18) >>> 0;
    };
}

export function drawnMaps(share, seed, count) {
    const order = Array.from({length: count}, (_, i) => i), word = mt19937(seed), drawn = Math.floor(share * count);
    for (let i = 0; i < drawn; i++) {
        const k = i + word() % (count - i);
        [order[i], order[k]] = [order[k], order[i]];
    }
    return new Set(order.slice(0, drawn));
}

// The clusters of a node in a recipe as lists of maps, or null.
export function clustersAt(recipe, node) {
    const list = isMap(recipe.clusters) ? recipe.clusters[node.name] ?? recipe.clusters[node.alias] : null;
    if (!Array.isArray(list))
        return null;
    if (!list.every(isMap))
        return list;
    const groups = [];
    for (const {feature_index: map, cluster_index: cluster} of list)
        (groups[cluster] ??= []).push(map);
    return groups;
}

// The maps of a node that the bend at this index chooses by a random share or by clusters, as a set; null if it chooses otherwise.
export function mapsOf(recipe, index, node) {
    const features = recipe.bends?.[index]?.features, count = node.shape[0];
    if (!isMap(features))
        return null;
    if (typeof features.random === 'number')
        return drawnMaps(features.random, Number(features.seed ?? index), count);
    const clusters = features.cluster === undefined ? null : clustersAt(recipe, node);
    return clusters && new Set([features.cluster].flat().flatMap(cluster => clusters[cluster] ?? []));
}
