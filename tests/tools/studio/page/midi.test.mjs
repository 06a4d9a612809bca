// MIDI messages and their names.
import assert from 'node:assert/strict';
import test from 'node:test';
import {nameOf, readMessage} from '../../../../tools/studio/page/project/midi.js';

test('knobs, keys and the wheel are identified with their position', () => {
    assert.deepEqual(readMessage([0xb0, 74, 127]), {control: 'cc 1 74', share: 1});
    assert.deepEqual(readMessage([0x92, 60, 0]), {control: 'note 3 60', share: 0});
    assert.deepEqual(readMessage([0x82, 60, 64]), {control: 'note 3 60', share: 0});
    assert.deepEqual(readMessage([0xe0, 0x7f, 0x7f]), {control: 'bend 1', share: 1});
    assert.deepEqual(readMessage([0xe0, 0, 0]), {control: 'bend 1', share: 0});
});

test('clocks, active sensing and channel modes are ignored', () => {
    for (const bytes of [[0xf8], [0xfe], [0xb0, 123, 0], [0xd0, 3], []])
        assert.equal(readMessage(bytes), null);
});

test('readable names', () => {
    assert.equal(nameOf('cc 1 74'), 'Controller 74');
    assert.equal(nameOf('note 3 60'), 'Note 60, channel 3');
    assert.equal(nameOf('bend 1'), 'Pitch bend');
});
