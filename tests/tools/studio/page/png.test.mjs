// PNGs written by the page are read back by zlib unchanged.
import assert from 'node:assert/strict';
import test from 'node:test';
import zlib from 'node:zlib';
import {dataUrl, greyPng, isPng, palettePng, textIn} from '../../../../tools/studio/page/parts/png.js';

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

// Bit by bit, unlike the table that is tested.
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

test('every picture is read back as it was drawn', async () => {
    const draw = random(5);
    const flat = new Uint8Array(300 * 400), noise = Uint8Array.from({length: 300 * 400}, draw);
    const stripes = Uint8Array.from({length: 300 * 400}, (_, i) => i % 300 < 150 ? i % 7 : draw() & 1);
    const palette = Array.from({length: 256}, (_, i) => [i, 255 - i, 0, 255]);
    for (const indices of [flat, noise, stripes]) {
        const found = chunks(await palettePng(300, 400, indices, palette));
        const rows = zlib.inflateSync(found.find(c => c.type === 'IDAT').data);
        assert.equal(rows.length, 301 * 400);
        for (let y = 0; y < 400; y++)
            assert.deepEqual(rows.subarray(301 * y + 1, 301 * y + 301),
                             Buffer.from(indices.subarray(300 * y, 300 * y + 300)));
    }
});

test('a drawn mask is small', async () => {
    const mask = Uint8Array.from({length: 512 * 512}, (_, i) => Math.hypot(i % 512 - 256, (i >> 9) - 256) < 90 ? 1 : 0);
    assert.ok((await palettePng(512, 512, mask, [[0, 0, 0, 0], [255, 0, 0, 255]])).length < 12000);
});

test('a palette picture has its colours, its transparency and its rows', async () => {
    const indices = Uint8Array.from([0, 1, 2, 1, 1, 0]);
    const found = chunks(await palettePng(3, 2, indices, [[0, 0, 0, 0], [255, 128, 0, 255], [1, 2, 3, 255]]));
    assert.deepEqual(found.map(c => c.type), ['IHDR', 'PLTE', 'tRNS', 'IDAT', 'IEND']);
    assert.deepEqual([...found[0].data], [0, 0, 0, 3, 0, 0, 0, 2, 8, 3, 0, 0, 0]);
    assert.deepEqual([...found[1].data], [0, 0, 0, 255, 128, 0, 1, 2, 3]);
    assert.deepEqual([...found[2].data], [0, 255, 255]);
    assert.deepEqual([...zlib.inflateSync(found[3].data)], [0, 0, 1, 2, 0, 1, 1, 0]);
});

test('a grey picture keeps each value with its alpha', async () => {
    const draw = random(9), samples = Uint8Array.from({length: 2 * 16 * 16}, draw);
    const found = chunks(await greyPng(16, 16, samples));
    const rows = zlib.inflateSync(found.find(c => c.type === 'IDAT').data);
    for (let y = 0; y < 16; y++)
        assert.deepEqual([...rows.subarray(y * 33 + 1, y * 33 + 33)], [...samples.subarray(y * 32, y * 32 + 32)]);
});

test('a data URL is base64 of the bytes, also of many', () => {
    const bytes = Uint8Array.from({length: 100001}, (_, i) => i * 7);
    assert.equal(dataUrl(bytes), 'data:image/png;base64,' + Buffer.from(bytes).toString('base64'));
});

test('a text in a picture is found, plain, compressed, and as UTF-8', async () => {
    const latin = text => Buffer.from(text, 'latin1'), zero = Buffer.from([0]);
    const chunk = (type, ...parts) => {
        const data = Buffer.concat(parts), head = Buffer.alloc(8);
        head.writeUInt32BE(data.length);
        head.write(type, 4, 'latin1');
        return Buffer.concat([head, data, Buffer.alloc(4)]);
    };
    const picture = (...parts) => new Uint8Array(Buffer.concat([latin('\x89PNG\r\n\x1a\n'), ...parts, chunk('IEND')]));
    const flags = Buffer.from([1, 0]), recipe = 'inputs: {seeds: 7}\n# é\n';
    const forms = {
        plain: chunk('tEXt', latin('Recipe\0'), latin(recipe)),
        compressed: chunk('zTXt', latin('Recipe\0'), zero, zlib.deflateSync(latin(recipe))),
        utf8: chunk('iTXt', latin('Recipe\0'), Buffer.from([0, 0]), zero, zero, Buffer.from(recipe)),
        both: chunk('iTXt', latin('Recipe\0'), flags, latin('en\0Rezept\0'), zlib.deflateSync(Buffer.from(recipe))),
    };
    for (const [form, bytes] of Object.entries(forms))
        assert.equal(await textIn(picture(chunk('tEXt', latin('Other\0no')), bytes), 'Recipe'), recipe, form);
    assert.equal(await textIn(picture(), 'Recipe'), null);
    assert.equal(await textIn(picture(chunk('tEXt', latin('Recipe'))), 'Recipe'), null);
    assert.equal(await textIn(picture(forms.plain).subarray(0, 20), 'Recipe'), null);
    assert.ok(isPng(picture()) && !isPng(new Uint8Array(recipe.length)));
});
