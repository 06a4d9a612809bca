// Keeps the studio's files in the browser: the program works on a file system in memory, and what changes there goes into the
// browser's database. Loaded by worker.js.
'use strict';

const promised = request => new Promise((resolve, reject) => {
    request.addEventListener('success', () => resolve(request.result));
    request.addEventListener('error', () => reject(request.error));
});

// {keep()} for the files of `folder`, after those of earlier visits are back. Files in `without` are not kept. Without a database,
// as in some private windows, files last as long as the page.
async function openStorage(FS, folder, without) {
    const opening = indexedDB.open('ganbend', 1);
    opening.addEventListener('upgradeneeded', () => opening.result.createObjectStore('files'));
    const base = await promised(opening).catch(() => null);
    const known = new Map();                // path → {changed, size} of what is in the database
    const files = mode => base.transaction('files', mode, {durability: 'strict'}).objectStore('files');

    async function restore() {
        const store = files('readonly'), [paths, all] = await Promise.all([promised(store.getAllKeys()), promised(store.getAll())]);
        for (const [i, path] of paths.entries()) {
            const {bytes, changed} = all[i];
            FS.mkdirTree(path.slice(0, path.lastIndexOf('/')));
            FS.writeFile(path, bytes, {canOwn: true});
            FS.utime(path, changed, changed);
            known.set(path, {changed, size: bytes.length});
        }
    }

    function* walk(path) {
        for (const name of FS.readdir(path)) {
            const inside = `${path}/${name}`;
            if (name === '.' || name === '..' || inside === without)
                continue;
            const {mode, size, mtime} = FS.stat(inside);
            if (FS.isDir(mode))
                yield* walk(inside);
            else
                yield {path: inside, size, changed: mtime.getTime()};
        }
    }

    // What differs from the database.
    function changes() {
        const gone = new Set(known.keys()), changed = [];
        for (const file of walk(folder)) {
            const before = known.get(file.path);
            gone.delete(file.path);
            if (before?.changed !== file.changed || before.size !== file.size)
                changed.push(file);
        }
        return {gone, changed};
    }

    // Starts to write what has changed. Returns a promise that it is written, or null if nothing has changed.
    function keep() {
        if (!base)
            return null;
        const {gone, changed} = changes();
        if (!gone.size && !changed.length)
            return null;
        const store = files('readwrite'), {transaction} = store;
        for (const path of gone) {
            store.delete(path);
            known.delete(path);
        }
        for (const {path, size, changed: at} of changed) {
            store.put({bytes: FS.readFile(path), changed: at}, path);
            known.set(path, {changed: at, size});
        }
        return new Promise((resolve, reject) => {
            transaction.addEventListener('complete', () => resolve());
            transaction.addEventListener('abort', () => reject(transaction.error ?? new Error('the browser does not keep files')));
        });
    }

    FS.mkdirTree(folder);
    if (base)
        await restore();
    return {keep};
}
