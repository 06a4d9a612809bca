// Files for the person at the page: from the program's folder, piece by piece, or made here.
import {el} from '../parts/dom.js';
import {wire} from '../state/wire.js';

export function downloadBytes(name, parts, type = 'application/octet-stream') {
    const url = URL.createObjectURL(new Blob(parts, {type}));
    el('a', {href: url, download: name}).click();
    setTimeout(() => URL.revokeObjectURL(url), 60000);
}

// progress(share) is called after each piece.
export async function download(name, progress = () => {}) {
    const parts = [];
    for (let from = 0, size = 1; from < size;) {
        const {payload, ...piece} = await wire.ask('download', {name, from});
        size = piece.size;
        if (!payload.length && from < size)
            throw new Error(`${name} became shorter while it was downloaded`);
        parts.push(payload.slice());
        from += payload.length;
        progress(size ? from / size : 1);
    }
    downloadBytes(name, parts);
}
