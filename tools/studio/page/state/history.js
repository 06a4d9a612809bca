// Unlimited undo and redo. Steps are kept as patches, so a step costs only what it changed. Changes that share a `merge` key,
// such as the moves of one drag, are one step until settle() ends it.
import {apply, applyWhereItFits, copyOf, diff, inverse, keepsPaths} from './patch.js';

export class History {
    constructor(state, {undo = [], redo = []} = {}) {
        this.state = state;
        this.undone = redo;
        this.done = undo;
        this.open = null;           // {merge, before}: the step that further changes may join
    }

    // Calls write() with a draft whose members are copied when accessed. False if nothing changed.
    change(label, write, merge = null) {
        const joins = merge !== null && this.open !== null && this.open.merge === merge;
        const before = joins ? this.open.before : this.state;
        const patch = diff(this.state, drafted(this.state, write));
        if (!patch.length)
            return false;
        this.state = apply(this.state, patch);
        const step = {label, patch: joins ? diff(before, this.state) : patch};
        if (joins)
            this.done.pop();
        if (step.patch.length)
            this.done.push(step);
        this.open = merge !== null && step.patch.length ? {merge, before} : null;
        this.undone = [];
        return true;
    }

    // The same without a step: neither undo nor redo is affected, and an open step does not take the change in. A change that
    // moves or removes things cannot be passed over by undo, so that becomes a step.
    changeBeside(label, write) {
        const patch = diff(this.state, drafted(this.state, write));
        if (!keepsPaths(this.state, patch))
            return this.change(label, write);
        this.state = apply(this.state, patch);
        if (this.open)
            this.open.before = applyWhereItFits(this.open.before, patch);
        return patch.length > 0;
    }

    settle() {
        this.open = null;
    }

    undo() {
        return this.move(this.done, this.undone, inverse);
    }

    redo() {
        return this.move(this.undone, this.done, patch => patch);
    }

    move(from, to, direction) {
        this.settle();
        const step = from.pop();
        if (!step)
            return null;
        this.state = apply(this.state, direction(step.patch));
        to.push(step);
        return step.label;
    }
}

function drafted(state, write) {
    const draft = {};
    const copies = new Map();
    for (const key of Object.keys(state))
        Object.defineProperty(draft, key, {
            get: () => copies.has(key) ? copies.get(key) : copies.set(key, copyOf(state[key])).get(key),
            set: value => copies.set(key, value),
        });
    write(draft);
    return {...state, ...Object.fromEntries(copies)};
}
