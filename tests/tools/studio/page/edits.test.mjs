// Changes that are made asynchronously: in order, one at a time, and of one stroke only the newest that waits.
import assert from 'node:assert/strict';
import test from 'node:test';
import {edits} from '../../../../tools/studio/page/state/edits.js';

test('changes are made in order, and the moves of one stroke replace each other while they wait', async () => {
    const made = [];
    let release;
    const gate = new Promise(resolve => { release = resolve; });
    edits.add('stroke 1', async () => { await gate; made.push('1a'); });
    edits.add('stroke 1', async () => made.push('1b'));
    edits.add('stroke 1', async () => made.push('1c'));
    edits.after(() => made.push('end of 1'));
    edits.add('stroke 2', async () => made.push('2a'));
    edits.add(null, async () => made.push('fill'));
    edits.add(null, async () => made.push('wipe'));
    assert.ok(edits.busy);
    assert.deepEqual(made, []);
    release();
    await new Promise(resolve => edits.after(resolve));
    assert.deepEqual(made, ['1a', '1c', 'end of 1', '2a', 'fill', 'wipe']);
});

test('after() runs at once if no change is waiting', async () => {
    await new Promise(resolve => setImmediate(resolve));
    assert.ok(!edits.busy);
    let happened = false;
    edits.after(() => { happened = true; });
    assert.ok(happened);
});
