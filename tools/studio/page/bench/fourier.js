// The amplitude spectrum of a map: F(u, v) = Σ f(x, y) exp(−2πi (ux/W + vy/H)), |F| / (W H), with u = v = 0 in the middle.
//
// Lengths that are powers of two take the radix-2 algorithm (Cooley and Tukey, 1965), all others the chirp of Bluestein (1970),
// exp(−2πi uk/n) = exp(−πi (u² + k² − (u − k)²)/n): a convolution, at a power of two.

const turns = new Map();            // length → cosines and sines of −2πk/n
const chirps = new Map();           // length → the chirp and the spectrum that it is convolved with

function turnsOf(n) {
    if (!turns.has(n)) {
        const cos = new Float64Array(n / 2), sin = new Float64Array(n / 2);
        for (let k = 0; k < n / 2; k++) {
            cos[k] = Math.cos(2 * Math.PI * k / n);
            sin[k] = -Math.sin(2 * Math.PI * k / n);
        }
        turns.set(n, {cos, sin});
    }
    return turns.get(n);
}

function radix2(re, im) {
    const n = re.length, {cos, sin} = turnsOf(n);
    for (let i = 0, j = 0; i < n; i++) {
        if (i < j) {
            [re[i], re[j]] = [re[j], re[i]];
            [im[i], im[j]] = [im[j], im[i]];
        }
        let bit = n >> 1;
        for (; j & bit; bit >>= 1)
            j ^= bit;
        j |= bit;
    }
    for (let half = 1; half < n; half *= 2)
        for (let start = 0, step = n / half / 2; start < n; start += 2 * half)
            for (let k = 0; k < half; k++) {
                const a = start + k, b = a + half, c = cos[k * step], s = sin[k * step];
                const x = re[b] * c - im[b] * s, y = re[b] * s + im[b] * c;
                re[b] = re[a] - x;
                im[b] = im[a] - y;
                re[a] += x;
                im[a] += y;
            }
}

function chirpOf(n) {
    if (!chirps.has(n)) {
        const size = 2 ** Math.ceil(Math.log2(2 * n - 1));
        const cos = new Float64Array(n), sin = new Float64Array(n), re = new Float64Array(size), im = new Float64Array(size);
        for (let k = 0; k < n; k++) {
            const angle = Math.PI * (k * k % (2 * n)) / n;
            re[k] = re[(size - k) % size] = cos[k] = Math.cos(angle);
            im[k] = im[(size - k) % size] = sin[k] = Math.sin(angle);
        }
        radix2(re, im);
        chirps.set(n, {size, cos, sin, re, im});
    }
    return chirps.get(n);
}

function bluestein(re, im) {
    const n = re.length, chirp = chirpOf(n), {size, cos, sin} = chirp;
    const x = new Float64Array(size), y = new Float64Array(size);
    for (let k = 0; k < n; k++) {
        x[k] = re[k] * cos[k] + im[k] * sin[k];
        y[k] = im[k] * cos[k] - re[k] * sin[k];
    }
    radix2(x, y);
    for (let k = 0; k < size; k++) {
        const product = x[k] * chirp.re[k] - y[k] * chirp.im[k];
        y[k] = -(x[k] * chirp.im[k] + y[k] * chirp.re[k]);          // conjugate: the same algorithm goes back
        x[k] = product;
    }
    radix2(x, y);
    for (let k = 0; k < n; k++) {
        const a = x[k] / size, b = -y[k] / size;
        re[k] = a * cos[k] + b * sin[k];
        im[k] = b * cos[k] - a * sin[k];
    }
}

// In place.
export function fourier(re, im) {
    if (Number.isInteger(Math.log2(re.length)))
        radix2(re, im);
    else
        bluestein(re, im);
}

// Values that are not finite count as 0.
export function spectrum(values, width, height) {
    const re = new Float64Array(width * height), im = new Float64Array(width * height), amplitudes = new Float32Array(width * height);
    for (let i = 0; i < re.length; i++)
        re[i] = Number.isFinite(values[i]) ? values[i] : 0;
    for (let y = 0; y < height; y++)
        fourier(re.subarray(y * width, (y + 1) * width), im.subarray(y * width, (y + 1) * width));
    const columnRe = new Float64Array(height), columnIm = new Float64Array(height);
    for (let u = 0; u < width; u++) {
        for (let y = 0; y < height; y++) {
            columnRe[y] = re[y * width + u];
            columnIm[y] = im[y * width + u];
        }
        fourier(columnRe, columnIm);
        const to = (u + (width >> 1)) % width;
        for (let v = 0; v < height; v++)
            amplitudes[(v + (height >> 1)) % height * width + to] = Math.hypot(columnRe[v], columnIm[v]) / (width * height);
    }
    return amplitudes;
}
