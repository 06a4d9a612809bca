// Pictures as PNG data URLs, written here rather than by a canvas: browsers that protect against fingerprinting change what
// a canvas returns, and a mask must stay exactly what was painted. Eight bits a sample, either palette indices with alpha
// or grey with alpha (W3C PNG, third edition). The browser's CompressionStream makes the zlib stream.
import {base64} from './encoded.js';

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
    return Uint8Array.from([...signature,
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
    return `data:image/png;base64,${base64(bytes)}`;
}

/* ------------------------------------------------------------------------------------------ texts */

const signature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const maxText = 8 << 20;

export const isPng = bytes => signature.every((byte, i) => bytes[i] === byte);

async function inflated(bytes) {
    const reader = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate')).getReader(), parts = [];
    let size = 0;
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
        size += part.value.length;
        if (size > maxText)
            throw new Error('a text in this picture is too long');
        parts.push(part.value);
    }
    return new Uint8Array(await new Blob(parts).arrayBuffer());
}

// The rest of a chunk after its keyword and a zero byte, as text: tEXt is Latin-1, zTXt the same compressed, iTXt UTF-8 after
// two flags, a language and a translated keyword.
async function chunkText(type, rest) {
    if (type === 'tEXt')
        return new TextDecoder('latin1').decode(rest);
    if (type === 'zTXt')
        return new TextDecoder('latin1').decode(await inflated(rest.subarray(1)));
    const language = rest.indexOf(0, 2), keyword = rest.indexOf(0, language + 1);
    if (language < 0 || keyword < 0)
        return null;
    const text = rest.subarray(keyword + 1);
    return new TextDecoder().decode(rest[0] ? await inflated(text) : text);
}

// The text of a PNG with this keyword; null if it has none.
export async function textIn(bytes, keyword) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let at = signature.length; at + 12 <= bytes.length;) {
        const length = view.getUint32(at), type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
        const data = bytes.subarray(at + 8, at + 8 + length), end = data.indexOf(0);
        const isText = ['tEXt', 'zTXt', 'iTXt'].includes(type) && end > 0;
        if (isText && new TextDecoder('latin1').decode(data.subarray(0, end)) === keyword)
            return chunkText(type, data.subarray(end + 1));
        at += 12 + length;
    }
    return null;
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
