// The difference of two JSON trees as a list of small changes that can be applied and reversed:
//     {path, from, to}                     a value; undefined is a missing key
//     {path, at, removed, inserted}        items of a list
// apply() copies only the path to a change; everything else stays the same object.

const isTree = value => typeof value === 'object' && value !== null;

export function same(a, b) {
    if (a === b)
        return true;
    if (!isTree(a) || !isTree(b) || Array.isArray(a) !== Array.isArray(b))
        return false;
    const keys = Object.keys(a);
    return keys.length === Object.keys(b).length && keys.every(key => Object.hasOwn(b, key) && same(a[key], b[key]));
}

function compareLists(a, b, path, patch) {
    if (a.length === b.length) {
        a.forEach((item, i) => compare(item, b[i], [...path, i], patch));
        return;
    }
    const shorter = Math.min(a.length, b.length);
    let head = 0, tail = 0;
    while (head < shorter && same(a[head], b[head]))
        head++;
    while (tail < shorter - head && same(a[a.length - 1 - tail], b[b.length - 1 - tail]))
        tail++;
    patch.push({path, at: head, removed: a.slice(head, a.length - tail), inserted: b.slice(head, b.length - tail)});
}

function compareMaps(a, b, path, patch) {
    for (const key of new Set([...Object.keys(a), ...Object.keys(b)]))
        compare(a[key], b[key], [...path, key], patch);
}

function compare(a, b, path, patch) {
    if (a === b)
        return;
    if (Array.isArray(a) && Array.isArray(b))
        compareLists(a, b, path, patch);
    else if (isTree(a) && isTree(b) && !Array.isArray(a) && !Array.isArray(b))
        compareMaps(a, b, path, patch);
    else if (!same(a, b))
        patch.push({path, from: a, to: b});
}

export function diff(a, b) {
    const patch = [];
    compare(a, b, [], patch);
    return patch;
}

function replaced(tree, path, depth, change) {
    if (depth === path.length)
        return change(tree);
    const copy = Array.isArray(tree) ? tree.slice() : {...tree};
    const value = replaced(copy[path[depth]], path, depth + 1, change);
    if (value === undefined)
        delete copy[path[depth]];
    else
        copy[path[depth]] = value;
    return copy;
}

export function apply(tree, patch) {
    for (const {path, to, at, removed, inserted} of patch)
        tree = replaced(tree, path, 0, removed
            ? list => [...list.slice(0, at), ...inserted, ...list.slice(at + removed.length)]
            : () => to);
    return tree;
}

// Whether the patch leaves every path of the tree where it is: it changes values and appends to lists, and nothing that holds more
// than one value disappears. Patches made before it can still be applied after it, and the other way round.
export function keepsPaths(tree, patch) {
    return patch.every(({path, from, to, at, removed}) => removed
        ? removed.length === 0 && at === valueAt(tree, path).length : !isTree(from) || isTree(to));
}

const valueAt = (tree, path) => path.reduce((value, key) => isTree(value) ? value[key] : undefined, tree);

// Applies the changes whose place exists in this tree.
export function applyWhereItFits(tree, patch) {
    return apply(tree, patch.flatMap(change => {
        const holder = valueAt(tree, change.removed ? change.path : change.path.slice(0, -1)), key = change.path.at(-1);
        if (!isTree(holder) || (!change.removed && Array.isArray(holder) && key >= holder.length))
            return [];
        return [change.removed ? {...change, at: holder.length} : change];
    }));
}

// The patch that reverses this one.
export function inverse(patch) {
    return patch.map(({path, from, to, at, removed, inserted}) => removed
        ? {path, at, removed: inserted, inserted: removed}
        : {path, from: to, to: from}).reverse();
}

// A deep copy.
export function copyOf(tree) {
    if (!isTree(tree))
        return tree;
    if (Array.isArray(tree))
        return tree.map(copyOf);
    return Object.fromEntries(Object.entries(tree).map(([key, value]) => [key, copyOf(value)]));
}
