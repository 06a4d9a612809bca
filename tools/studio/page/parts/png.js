// Pictures as PNG data URLs, written here rather than by a canvas: browsers that protect against fingerprinting change what
// a canvas returns, and a mask must stay exactly what was painted. Eight bits a sample, either palette indices with alpha
// or grey with alpha (W3C PNG, third edition). The browser's CompressionStream makes the zlib stream.

const crcTable = Array.from({length: 256}, (_, n) => {
    for (let i = 0; i < 8; i++)
        n = n & 1 ? n >>> 1 ^ 0xedb88320 : n >>> 1;
    return n >>> 0;
});

function crc32(bytes) {
    let crc = ~0;
    for (const byte of bytes)
        crc = crcTable[(crc ^ byte) & 0xff] ^ crc >>> 8;
    return ~crc >>> 0;
}

const bigEndian = value => [value >>> 24, value >>> 16 & 0xff, value >>> 8 & 0xff, value & 0xff];

function chunk(type, data) {
    const named = [...type].map(c => c.charCodeAt(0)).concat(Array.from(data));
    return [...bigEndian(data.length), ...named, ...bigEndian(crc32(named))];
}

async function compressed(bytes) {
    const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream('deflate'));
    return new Uint8Array(await new Response(stream).arrayBuffer());
}

async function png(width, height, colourType, samples, bytesPerPixel, extra) {
    const row = width * bytesPerPixel + 1;
    const raw = new Uint8Array(row * height);       // each row begins with its filter type, 0 = none
    for (let y = 0; y < height; y++)
        raw.set(samples.subarray(y * (row - 1), (y + 1) * (row - 1)), y * row + 1);
    return Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a,
        ...chunk('IHDR', [...bigEndian(width), ...bigEndian(height), 8, colourType, 0, 0, 0]), ...extra,
        ...chunk('IDAT', await compressed(raw)), ...chunk('IEND', [])]);
}

// These resolve to the bytes of a PNG. `indices`: one byte per pixel into `palette`, at most 256 entries [red, green, blue,
// alpha].
export function palettePng(width, height, indices, palette) {
    return png(width, height, 3, indices, 1, [...chunk('PLTE', palette.flatMap(([r, g, b]) => [r, g, b])),
        ...chunk('tRNS', palette.map(entry => entry[3]))]);
}

// `samples`: grey and alpha of each pixel.
export function greyPng(width, height, samples) {
    return png(width, height, 4, samples, 2, []);
}

export function dataUrl(bytes) {
    const parts = [];
    for (let at = 0; at < bytes.length; at += 0x8000)
        parts.push(String.fromCharCode(...bytes.subarray(at, at + 0x8000)));
    return 'data:image/png;base64,' + btoa(parts.join(''));
}

// Decodes a data URL or a file to {width, height, rgba}. The page's content security policy does not allow it to fetch data
// URLs, so they are decoded here.
export async function readPicture(source) {
    const blob = typeof source === 'string' ? blobOf(source) : source;
    const bitmap = await createImageBitmap(blob, {premultiplyAlpha: 'none', colorSpaceConversion: 'none'});
    const {width, height} = bitmap;
    const context = new OffscreenCanvas(width, height).getContext('2d', {willReadFrequently: true});
    context.drawImage(bitmap, 0, 0);
    bitmap.close();
    return {width, height, rgba: context.getImageData(0, 0, width, height).data};
}

function blobOf(url) {
    const found = /^data:(image\/[a-z+.-]+);base64,/.exec(url);
    if (!found)
        throw new Error('a picture in a recipe must be a data URL: data:image/png;base64,…');
    return new Blob([Uint8Array.from(atob(url.slice(found[0].length)), c => c.charCodeAt(0))], {type: found[1]});
}
