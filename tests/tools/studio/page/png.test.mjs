// What the page writes as PNG is read back by zlib as it was, whatever was drawn.
import assert from 'node:assert/strict';
import test from 'node:test';
import zlib from 'node:zlib';
import {dataUrl, deflate, greyPng, palettePng} from '../../../../tools/studio/page/parts/png.js';

function chunks(bytes) {
    const view = new DataView(bytes.buffer, bytes.byteOffset), found = [];
    for (let at = 8; at < bytes.length;) {
        const size = view.getUint32(at), type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
        const body = bytes.subarray(at + 4, at + 8 + size);
        assert.equal(view.getUint32(at + 8 + size), crcOf(body), `${type}'s checksum`);
        found.push({type, data: bytes.subarray(at + 8, at + 8 + size)});
        at += 12 + size;
    }
    return found;
}

// Bit by bit, unlike the table under test.
function crcOf(bytes) {
    let crc = 0xffffffff;
    for (const byte of bytes) {
        crc ^= byte;
        for (let i = 0; i < 8; i++)
            crc = crc & 1 ? crc >>> 1 ^ 0xedb88320 : crc >>> 1;
    }
    return (crc ^ 0xffffffff) >>> 0;
}

const random = seed => () => (seed = Math.imul(seed, 1664525) + 1013904223 >>> 0) >>> 24;

test('everything deflated is inflated to the same bytes', () => {
    const draw = random(5);
    const flat = new Uint8Array(100000), noise = Uint8Array.from({length: 5000}, draw);
    const stripes = Uint8Array.from({length: 9000}, (_, i) => i % 300 < 150 ? i % 7 : draw() & 1);
    for (const data of [new Uint8Array(0), new Uint8Array([9]), flat, noise, stripes])
        for (const [pixel, row] of [[1, 65], [2, 301], [1, 40001]])
            assert.deepEqual(new Uint8Array(zlib.inflateRawSync(deflate(data, pixel, row))), data);
});

test('a drawn mask is small', () => {
    const mask = Uint8Array.from({length: 512 * 512}, (_, i) => Math.hypot(i % 512 - 256, (i >> 9) - 256) < 90 ? 1 : 0);
    assert.ok(palettePng(512, 512, mask, [[0, 0, 0, 0], [255, 0, 0, 255]]).length < 12000);
});

test('a palette picture has its colours, its transparency and its rows', () => {
    const indices = Uint8Array.from([0, 1, 2, 1, 1, 0]);
    const found = chunks(palettePng(3, 2, indices, [[0, 0, 0, 0], [255, 128, 0, 255], [1, 2, 3, 255]]));
    assert.deepEqual(found.map(c => c.type), ['IHDR', 'PLTE', 'tRNS', 'IDAT', 'IEND']);
    assert.deepEqual([...found[0].data], [0, 0, 0, 3, 0, 0, 0, 2, 8, 3, 0, 0, 0]);
    assert.deepEqual([...found[1].data], [0, 0, 0, 255, 128, 0, 1, 2, 3]);
    assert.deepEqual([...found[2].data], [0, 255, 255]);
    assert.deepEqual([...zlib.inflateSync(found[3].data)], [0, 0, 1, 2, 0, 1, 1, 0]);
});

test('a grey picture keeps each value with its alpha', () => {
    const draw = random(9), samples = Uint8Array.from({length: 2 * 16 * 16}, draw);
    const found = chunks(greyPng(16, 16, samples));
    const rows = zlib.inflateSync(found.find(c => c.type === 'IDAT').data);
    for (let y = 0; y < 16; y++)
        assert.deepEqual([...rows.subarray(y * 33 + 1, y * 33 + 33)], [...samples.subarray(y * 32, y * 32 + 32)]);
});

test('a data URL is base64 of the bytes, also of many', () => {
    const bytes = Uint8Array.from({length: 100001}, (_, i) => i * 7);
    assert.equal(dataUrl(bytes), 'data:image/png;base64,' + Buffer.from(bytes).toString('base64'));
});
