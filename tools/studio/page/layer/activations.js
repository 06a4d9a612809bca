// The curves of the activations for drawing: the formulas of the program's table in double precision. An activation without
// a formula here simply has no curve.

const sigmoid = x => 1 / (1 + Math.exp(-x));

// erf by its series near 0 and its continued fraction elsewhere.
function erf(x) {
    const a = Math.abs(x);
    if (a > 6)
        return Math.sign(x);
    if (a < 2.5) {
        let term = a, sum = a;
        for (let n = 1; n < 60 && Math.abs(term) > 1e-17; n++) {
            term *= -a * a / n;
            sum += term / (2 * n + 1);
        }
        return Math.sign(x) * sum * 2 / Math.sqrt(Math.PI);
    }
    let fraction = 0;
    for (let n = 40; n > 0; n--)
        fraction = n / 2 / (a + fraction);
    return Math.sign(x) * (1 - Math.exp(-a * a) / Math.sqrt(Math.PI) / (a + fraction));
}

const formulas = {
    linear: x => x,
    relu: x => Math.max(0, x),
    lrelu: (x, [slope]) => x < 0 ? slope * x : x,
    tanh: x => Math.tanh(x),
    sigmoid,
    elu: (x, [alpha]) => x < 0 ? alpha * Math.expm1(x) : x,
    selu: x => 1.05070098 * (x < 0 ? 1.67326324 * Math.expm1(x) : x),
    softplus: (x, [beta]) => (Math.max(0, beta * x) + Math.log1p(Math.exp(-Math.abs(beta * x)))) / beta,
    swish: x => x * sigmoid(x),
    sinlu: (x, [a, b]) => (x + a * Math.sin(b * x)) * sigmoid(x),
    coslu: (x, [a, b]) => (x + a * Math.cos(b * x)) * sigmoid(x),
    relun: (x, [n]) => Math.min(Math.max(0, x), n),
    shilu: (x, [a, b]) => a * Math.max(0, x) + b,
    poly: (x, weights) => weights.reduceRight((sum, weight) => sum * sigmoid(x) + weight, 0)
        / Math.SQRT2 ** (weights.length - 1),
    gelu: x => x * (1 + erf(x / Math.SQRT2)) / 2,
    sine: (x, [frequency, amplitude]) => amplitude * Math.sin(frequency * x),
    step: (x, [threshold]) => x > threshold ? 1 : 0,
};

// f(x), or null if there is no formula.
export function curveOf(name, params = []) {
    const formula = Object.hasOwn(formulas, name) ? formulas[name] : null;
    return formula && (x => formula(x, params));
}

// The range of x in a drawing: the layer's input and, for a curve, at least −2 to 2.
export function windowOf(seen, isCurve) {
    const least = isCurve || !seen ? 2 : -Infinity;
    const low = Math.min(-least, seen?.low ?? -4), high = Math.max(least, seen?.high ?? 4);
    const room = 0.04 * (high - low || 1);
    return [low - room, high + room];
}

// Ticks from 0 to `most` on a scale of square roots: {value, at: 0 to 1}, at most `count` of them, with even room between them.
export function rootTicks(most, count) {
    const list = [];
    if (!(most > 0) || count < 1)
        return list;
    for (let power = 10 ** Math.ceil(Math.log10(most)); list.length < count && power > 1e-7 * most; power /= 10)
        for (const factor of [1, 0.5, 0.2]) {
            const value = Number((factor * power).toPrecision(6)), at = Math.sqrt(value / most);
            const room = (list.at(-1)?.at ?? Infinity) - at;
            if (value <= most && room >= 1 / count && at >= 1 / count / 2)
                list.push({value, at});
        }
    return list;
}

// Ticks in steps of 1, 2 or 5 times a power of ten, about `count` between low and high.
export function ticks(low, high, count) {
    const rough = (high - low) / count, power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].find(factor => factor * power >= rough) * power;
    const list = [];
    for (let i = Math.ceil(low / step); i * step <= high; i++)
        list.push(Number((i * step).toPrecision(12)));
    return list;
}
