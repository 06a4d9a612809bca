/* Truncation, and a copy of w for every layer (Karras et al. 2019, section B):
 *   ws[n,k] = w_avg + ψ (w[n] − w_avg) for k < cutoff, or for all k without cutoff;  w[n] for the others
 * In float32 with the roundings of torch.lerp, because a generator amplifies differences made here. ψ = 1 copies w, as
 * the published code skips the step. */
#include <stdio.h>
#include <string.h>

#include "ops/kernel.h"

static bool shape(gb_desc *d, char *why, size_t size) {
    const gb_shape *in = &d->in[0];
    if (in->h != 1 || in->w != 1) {
        snprintf(why, size, "truncate: the input is %d×%d×%d; expected a vector w", in->c, in->h, in->w);
        return false;
    }
    d->out = (gb_shape){in->n, d->truncate.num_ws, 1, in->c, 1};
    return true;
}

static size_t packed_size(const gb_cpu *cpu, const gb_desc *d) {
    (void)cpu;
    return sizeof(gb_real) * d->in[0].c;
}

static void pack(const gb_cpu *cpu, const gb_desc *d, const gb_real *const *weights, void *packed) {
    memcpy(packed, weights[0], packed_size(cpu, d));
}

static gb_real lerp(gb_real a, gb_real b, gb_real t) {
    return t < 0.5f ? a + t * (b - a) : b - (b - a) * (1.0f - t);
}

static void run(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    const gb_truncate_live *live = args->live;
    const gb_real *w_avg = args->packed;
    (void)cpu;
    for (int n = 0; n < d->out.n; n++)
        for (int k = 0; k < d->out.c; k++) {
            bool copied = live->psi == 1.0f || (live->cutoff >= 0 && k >= live->cutoff);
            const gb_real *w = gb_plane(args->in[0], n, 0);     /* the channels of a vector are neighbours */
            gb_real *ws = gb_plane(args->out, n, k);
            for (int i = 0; i < d->out.w; i++)
                ws[(size_t)i * d->out.block] = copied ? w[i] : lerp(w_avg[i], w[i], live->psi);
        }
}

const gb_op gb_op_truncate = {
    .name = "truncate", .summary = "w for every layer, moved towards the mean w",
    .inputs_min = 1, .inputs_max = 1, .shape = shape,
    .plain = {.op = GB_OP_TRUNCATE, .isa = "plain", .packed_size = packed_size, .pack = pack, .run = run},
};
