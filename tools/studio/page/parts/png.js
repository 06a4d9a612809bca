// Pictures as PNG data URLs, written here rather than by a canvas: browsers that guard against fingerprinting disturb
// what a canvas hands back, and a mask must stay what was painted. Eight bits a sample, either palette indices with
// alpha or grey with alpha (W3C PNG, third edition). The deflate stream (RFC 1951) has fixed codes and looks for what
// repeats at two distances only, the pixel to the left and the row above, which is where drawn pictures repeat.

const SHORTEST = 3, LONGEST = 258, FARTHEST = 32768;

// [first value, extra bits] of the length codes 257… and distance codes 0….
const lengthCodes = codes(28, 3, 4).concat([[258, 0]]);
const distanceCodes = codes(30, 1, 2);

function codes(count, first, perStep) {
    const rows = [];
    for (let i = 0, value = first; i < count; i++) {
        const extra = Math.max(0, Math.floor(i / perStep) - 1);
        rows.push([value, extra]);
        value += 1 << extra;
    }
    return rows;
}

function codeOf(rows, value) {
    let code = rows.length - 1;
    while (rows[code][0] > value)
        code--;
    return code;
}

class Bits {
    constructor(room) {
        this.bytes = new Uint8Array(room);
        this.size = 0;
        this.held = 0;
        this.count = 0;
    }

    put(value, count) {
        this.held |= value << this.count;
        this.count += count;
        while (this.count >= 8) {
            this.bytes[this.size++] = this.held & 0xff;
            this.held >>>= 8;
            this.count -= 8;
        }
    }

    // Huffman codes go most significant bit first, all else least significant first.
    putCode(code, count) {
        for (let i = count - 1; i >= 0; i--)
            this.put(code >> i & 1, 1);
    }

    putSymbol(symbol) {
        if (symbol < 144)
            this.putCode(0x30 + symbol, 8);
        else if (symbol < 256)
            this.putCode(0x190 + symbol - 144, 9);
        else if (symbol < 280)
            this.putCode(symbol - 256, 7);
        else
            this.putCode(0xc0 + symbol - 280, 8);
    }

    putMatch(length, distance) {
        const l = codeOf(lengthCodes, length), d = codeOf(distanceCodes, distance);
        this.putSymbol(257 + l);
        this.put(length - lengthCodes[l][0], lengthCodes[l][1]);
        this.putCode(d, 5);
        this.put(distance - distanceCodes[d][0], distanceCodes[d][1]);
    }

    finish() {
        this.put(0, 7);
        return this.bytes.subarray(0, this.size);
    }
}

function repeated(data, at, distance) {
    if (at < distance || distance > FARTHEST)
        return 0;
    const most = Math.min(LONGEST, data.length - at);
    let length = 0;
    while (length < most && data[at + length] === data[at + length - distance])
        length++;
    return length;
}

// `data` as one deflate block; `pixel` and `row` are the two distances looked at, in bytes.
export function deflate(data, pixel, row) {
    const bits = new Bits(data.length + (data.length >> 3) + 16);
    bits.put(1, 1);         // the last block
    bits.put(1, 2);         // with fixed codes
    for (let at = 0; at < data.length;) {
        const left = repeated(data, at, pixel), up = repeated(data, at, row);
        const length = Math.max(left, up);
        if (length >= SHORTEST) {
            bits.putMatch(length, up > left ? row : pixel);
            at += length;
        } else {
            bits.putSymbol(data[at++]);
        }
    }
    bits.putSymbol(256);
    return bits.finish();
}

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

function adler32(bytes) {
    let a = 1, b = 0;
    for (const byte of bytes) {
        a = (a + byte) % 65521;
        b = (b + a) % 65521;
    }
    return (b << 16 | a) >>> 0;
}

const bigEndian = value => [value >>> 24, value >>> 16 & 0xff, value >>> 8 & 0xff, value & 0xff];

function chunk(type, data) {
    const named = [...type].map(c => c.charCodeAt(0)).concat(Array.from(data));
    return [...bigEndian(data.length), ...named, ...bigEndian(crc32(named))];
}

function png(width, height, colourType, samples, bytesPerPixel, extra) {
    const row = width * bytesPerPixel + 1;
    const raw = new Uint8Array(row * height);       // each row begins with its filter, 0 = none
    for (let y = 0; y < height; y++)
        raw.set(samples.subarray(y * (row - 1), (y + 1) * (row - 1)), y * row + 1);
    const packed = deflate(raw, bytesPerPixel, row);
    return Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a,
        ...chunk('IHDR', [...bigEndian(width), ...bigEndian(height), 8, colourType, 0, 0, 0]), ...extra,
        ...chunk('IDAT', [0x78, 0x01, ...packed, ...bigEndian(adler32(raw))]), ...chunk('IEND', [])]);
}

// `indices`: one byte for each pixel into `palette`, at most 256 entries [red, green, blue, alpha].
export function palettePng(width, height, indices, palette) {
    return png(width, height, 3, indices, 1, [...chunk('PLTE', palette.flatMap(([r, g, b]) => [r, g, b])),
        ...chunk('tRNS', palette.map(entry => entry[3]))]);
}

// `samples`: grey and alpha of each pixel in turn.
export function greyPng(width, height, samples) {
    return png(width, height, 4, samples, 2, []);
}

export function dataUrl(bytes) {
    const parts = [];
    for (let at = 0; at < bytes.length; at += 0x8000)
        parts.push(String.fromCharCode(...bytes.subarray(at, at + 0x8000)));
    return 'data:image/png;base64,' + btoa(parts.join(''));
}

// The picture behind a data URL, or in a file, as {width, height, rgba}. Fetching data URLs is not allowed to the
// page, so the bytes are taken apart here.
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
        throw new Error('a picture inside a recipe is a data URL: data:image/png;base64,…');
    return new Blob([Uint8Array.from(atob(url.slice(found[0].length)), c => c.charCodeAt(0))], {type: found[1]});
}
