/* Maps with a given mean and standard deviation (ops/bends/normalise.c):
 *     y = mean + deviation · (x − μ) / √(σ² + 1e-8)
 * Sums are in double, first over pieces of a map, then over the pieces, in an order that depends only on the map's
 * size. The map is read three times and written once: 8 bytes a value in half; 3 double FLOP. At 1024×1024 and 32 channels 268 MB:
 * the floor of an H100 is 80 µs, by memory. */
#include "cuda/bends/filters.cuh"

enum { THREADS = 256, PIECE = 4096 };       /* pixels of a piece */

struct normalising {
    int pieces, wide, groups;   /* pieces of a map; channels side by side in a block; blocks for all channels */
    double *partial;            /* [n][piece][c] */
    double *factors;            /* [n][2][c]: μ and deviation / √(σ² + 1e-8) */
};

static normalising shape_of(const gb_shape *s) {
    normalising shape = {(s->h * s->w + PIECE - 1) / PIECE, s->block > 1 ? 32 : 1, 0, NULL, NULL};
    shape.groups = (s->c + shape.wide - 1) / shape.wide;
    return shape;
}

size_t gb_normalise_workspace(const gb_cpu *, const gb_desc *d, int) {
    normalising shape = shape_of(&d->out);
    return sizeof(double) * (size_t)d->out.n * d->out.c * (shape.pieces + 2);
}

/* A block sums a piece of `wide` channels; neighbouring threads read neighbouring values. */
__global__ static void __launch_bounds__(THREADS) add_pieces(gb_filter_use b, normalising of, bool squares) {
    __shared__ double sum[THREADS];
    int t = (int)threadIdx.x, rows = THREADS / of.wide;
    int c = (int)(blockIdx.x % of.groups) * of.wide + t % of.wide;
    int piece = (int)(blockIdx.x / of.groups % of.pieces), n = (int)(blockIdx.x / of.groups / of.pieces);
    bool chosen = c < b.in.c && b.from[c] >= 0;
    double mu = chosen && squares ? of.factors[(long long)n * 2 * b.in.c + c] : 0.0;
    int end = min((piece + 1) * PIECE, b.in.pixels);
    sum[t] = 0.0;
    for (int p = piece * PIECE + t / of.wide; chosen && p < end; p += rows) {
        double v = gb_load(b.in, n, c, p) - mu;
        sum[t] += squares ? v * v : v;
    }
    __syncthreads();
    for (int half = THREADS / 2; half >= of.wide; half /= 2) {
        if (t < half)
            sum[t] += sum[t + half];
        __syncthreads();
    }
    if (t < of.wide && c < b.in.c)
        of.partial[((long long)n * of.pieces + piece) * b.in.c + c] = sum[t];
}

__global__ static void __launch_bounds__(THREADS) add_up(gb_filter_use b, normalising of, bool squares, int maps) {
    GB_EACH_ITEM(i, maps) {
        int n = (int)(i / b.in.c), c = (int)(i % b.in.c);
        double sum = 0.0;
        for (int piece = 0; piece < of.pieces; piece++)
            sum += of.partial[((long long)n * of.pieces + piece) * b.in.c + c];
        double mean = sum / b.in.pixels;
        of.factors[((long long)n * 2 + squares) * b.in.c + c] = squares ? b.params[1] / sqrt(mean + 1e-8) : mean;
    }
}

__global__ static void __launch_bounds__(GB_FILTER_THREADS) normalise(gb_filter_use b, normalising of) {
    gb_each_filtered(b, [&](int n, int) {
        return [&b, &of, n](int c, float x) {
            const double *factors = of.factors + (long long)n * 2 * b.in.c + c;
            return (float)(b.params[0] + factors[b.in.c] * (x - factors[0]));
        };
    });
}

void gb_launch_normalise(const gb_cpu *cpu, const gb_desc *d, const gb_filter_use &use, int) {
    normalising of = shape_of(&d->out);
    int maps = d->out.n * d->out.c;
    dim3 blocks((unsigned)((size_t)d->out.n * of.pieces * of.groups));
    of.factors = (double *)use.workspace;
    of.partial = of.factors + 2 * (size_t)maps;
    for (int squares = 0; squares < 2; squares++) {
        gb_launch(cpu, add_pieces, blocks, THREADS, 0, use, of, squares != 0);
        gb_launch(cpu, add_up, gb_blocks((size_t)maps, THREADS), THREADS, 0, use, of, squares != 0, maps);
    }
    gb_launch_filtered(cpu, normalise, use, of);
}
