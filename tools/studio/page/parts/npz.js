// Reading numpy's arrays in the page: .npy (NEP 1) and .npz, a ZIP archive of them, stored or deflated (PKWARE APPNOTE 6.3). An
// array is {shape, values: Float64Array}. Files are not trusted: every offset and size is checked against the file.
const most = 16 << 20;                  // values of one array, and bytes of one header
const maxBytes = 8 * most;              // of an unpacked array

const ascii = bytes => String.fromCharCode(...bytes);
const startsWith = (bytes, text) => bytes.length >= text.length && ascii(bytes.subarray(0, text.length)) === text;

export const isNpy = bytes => startsWith(bytes, '\x93NUMPY');
export const isZip = bytes => startsWith(bytes, 'PK\x03\x04');

/* ------------------------------------------------------------------------------------------ arrays */

const readers = {
    f8: (view, at, little) => view.getFloat64(at, little), f4: (view, at, little) => view.getFloat32(at, little),
    f2: (view, at, little) => half(view.getUint16(at, little)),
    i8: (view, at, little) => Number(view.getBigInt64(at, little)), i4: (view, at, little) => view.getInt32(at, little),
};

function half(bits) {
    const exponent = bits >> 10 & 31, mantissa = bits & 1023, sign = bits >> 15 ? -1 : 1;
    return exponent === 31 ? mantissa ? NaN : sign * Infinity
        : sign * (exponent ? 2 ** (exponent - 15) * (1 + mantissa / 1024) : 2 ** -24 * mantissa);
}

// Throws if it is no .npy file, or one of a type without numbers.
export function readNpy(bytes) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (!isNpy(bytes) || bytes.length < 12)
        throw new Error('it is not an .npy file');
    const start = bytes[6] === 1 ? 10 : 12, length = bytes[6] === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
    if (length > most || start + length > bytes.length)
        throw new Error('the .npy file is cut off');
    const head = new TextDecoder().decode(bytes.subarray(start, start + length));
    const [, order, type] = /'descr': '([<>|=])(\w\d)'/.exec(head) ?? [];
    const shape = /'shape': \(([\d, ]*)\)/.exec(head)?.[1].split(',').map(word => word.trim()).filter(Boolean).map(Number);
    if (!readers[type] || !shape)
        throw new Error('the .npy file has no array of numbers');
    const size = Number(type[1]), count = shape.reduce((product, each) => product * each, 1), data = start + length;
    if (!(count <= most) || data + count * size > bytes.length)
        throw new Error('the .npy file is cut off');
    if (/'fortran_order': True/.test(head) && shape.filter(each => each > 1).length > 1)
        throw new Error('the array is stored by columns');
    const values = new Float64Array(count);
    for (let i = 0; i < count; i++)
        values[i] = readers[type](view, data + i * size, order !== '>');
    return {shape, values};
}

/* ------------------------------------------------------------------------------------------ archives */

async function inflated(bytes) {
    const reader = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw')).getReader();
    const parts = [];
    for (let total = 0; ;) {
        const {done, value} = await reader.read();
        if (done)
            break;
        parts.push(value);
        total += value.length;
        if (total > maxBytes) {
            await reader.cancel();
            throw new Error('an array of the file is too large');
        }
    }
    return new Uint8Array(await new Blob(parts).arrayBuffer());
}

const cut = () => new Error('the .npz file is damaged');

// The end record is in the last 64 KiB, followed by a comment at most.
function entriesOf(bytes, view) {
    let end = bytes.length - 22;
    while (end >= 0 && end > bytes.length - 65600 && view.getUint32(end, true) !== 0x06054b50)
        end--;
    if (end < 0 || view.getUint32(end, true) !== 0x06054b50)
        throw cut();
    const entries = [];
    let at = view.getUint32(end + 16, true);
    for (let left = view.getUint16(end + 10, true); left > 0; left--) {
        if (at + 46 > bytes.length || view.getUint32(at, true) !== 0x02014b50)
            throw cut();
        const lengths = [28, 30, 32].map(place => view.getUint16(at + place, true));
        if (at + 46 + lengths[0] > bytes.length)
            throw cut();
        entries.push({name: new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + lengths[0])), method: view.getUint16(at + 10, true),
                      size: view.getUint32(at + 20, true), at: view.getUint32(at + 42, true)});
        at += 46 + lengths[0] + lengths[1] + lengths[2];
    }
    return entries;
}

// Map of name without ".npy" → array, of those that `wanted(name)` accepts.
export async function readNpz(bytes, wanted = () => true) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), arrays = new Map();
    for (const {name, method, size, at} of entriesOf(bytes, view)) {
        const key = name.replace(/\.npy$/, '');
        if (key === name || !wanted(key))
            continue;
        if (at + 30 > bytes.length || view.getUint32(at, true) !== 0x04034b50)
            throw cut();
        const data = at + 30 + view.getUint16(at + 26, true) + view.getUint16(at + 28, true);
        if (data + size > bytes.length || (method !== 0 && method !== 8))
            throw cut();
        const packed = bytes.slice(data, data + size);
        arrays.set(key, readNpy(method === 8 ? await inflated(packed).catch(() => { throw cut(); }) : packed));
    }
    return arrays;
}
