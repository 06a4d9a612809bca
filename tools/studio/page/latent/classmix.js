// Finding a class by name or number, and mixtures of classes. Pure functions.

const lower = text => text.toLowerCase();

// How well a name matches the query: at its beginning, at the beginning of a word, or anywhere.
function rank(name, words) {
    let worst = 0;
    for (const word of words) {
        const at = name.indexOf(word);
        if (at < 0)
            return Infinity;
        worst = Math.max(worst, at === 0 ? 0 : /[\s,'-]/.test(name[at - 1]) ? 1 : 2);
    }
    return worst;
}

// At most `limit` matching classes, best first. A number finds its class. `names` may be null.
export function search(names, count, query, limit = 60) {
    const words = lower(query).split(/[\s,]+/).filter(Boolean);
    const number = /^\d+$/.test(query.trim()) ? Number(query) : -1;
    const found = [];
    for (let index = 0; index < count; index++) {
        const score = index === number ? -1 : names ? rank(lower(names[index] ?? ''), words)
            : words.every(word => String(index).includes(word)) ? 1 : Infinity;
        if (score < Infinity)
            found.push({index, score});
    }
    return found.sort((a, b) => a.score - b.score || a.index - b.index).slice(0, limit).map(({index}) => index);
}

// The mixture with one share changed; a share of 0 stays in the list until it is removed.
export const withShare = (classes, index, share) =>
    classes.map(entry => entry.index === index ? {...entry, share} : entry);

export const without = (classes, index) => classes.filter(entry => entry.index !== index);

export function added(classes, index) {
    const isKnown = classes.some(entry => entry.index === index);
    return isKnown ? classes : [...classes, {index, share: classes.length ? 0.5 : 1}];
}

// Interpolates between two mixtures.
export function mixed(a, b, t) {
    const shares = new Map(a.map(({index, share}) => [index, share * (1 - t)]));
    for (const {index, share} of b)
        shares.set(index, (shares.get(index) ?? 0) + share * t);
    return [...shares].filter(([, share]) => share !== 0)
        .map(([index, share]) => ({index, share: Number(share.toFixed(4))}));
}
