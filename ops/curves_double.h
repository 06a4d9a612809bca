/* The functions that ops/curves.h builds activations from, for the plain rows in double: those of the C library. */
static inline vec vabs(vec x) {
    return fabs(x);
}

static inline vec vexp(vec x) {
    return exp(x);
}

static inline vec vexpm1(vec x) {
    return expm1(x);
}

static inline vec vtanh(vec x) {
    return tanh(x);
}

/* x σ(x) = x / (1 + e⁻ˣ) for a given numerator */
static inline vec times_sigmoid(vec numerator, vec x) {
    return numerator / (1.0 + exp(-x));
}

/* log(1 + eˣ) = max(x, 0) + log(1 + e^−|x|) */
static inline vec vsoftplus(vec x) {
    return (x > 0.0 ? x : 0.0) + log1p(exp(-fabs(x)));
}

static inline vec vsin(vec x) {
    return sin(x);
}

static inline vec vcos(vec x) {
    return cos(x);
}

/* Φ(x) */
static inline vec vnormal(vec x) {
    return 0.5 * (1.0 + erf(x / 1.4142135623730951));
}
