/* Truncation:  ws[n,k] = w_avg + ψ (w[n] − w_avg) for k < cutoff, or for all k without cutoff;  w[n] for the others.
 * The same roundings as in ops/truncate.c. 4·N·num_ws·C bytes are written, 37 KB for 18 w, with 3 FLOP a
 * value; the launch takes longer. */
#include "cuda/rows.h"
#include "cuda/tensor.cuh"

enum { THREADS = 256 };

/* The address of w_avg is a live value, because a session's own w_avg may be at another address in the next render. */
struct truncation {
    gb_truncate_live live;
    const float *w_avg;
};

__global__ static void __launch_bounds__(THREADS)
truncate_w(gb_view w, const truncation *t, gb_view out, long long count) {
    const float *w_avg = t->w_avg;
    float psi = t->live.psi;
    int cutoff = t->live.cutoff;
    GB_EACH_ITEM(i, count) {
        gb_item at = gb_item_at(out, i);
        float a = w_avg[at.p], b = gb_load(w, at.n, at.p, 0);
        float mixed = psi < 0.5f ? a + psi * (b - a) : b - (b - a) * (1.0f - psi);
        bool copied = psi == 1.0f || (cutoff >= 0 && at.c >= cutoff);
        gb_store(out, at.n, at.c, at.p, copied ? b : mixed);
    }
}

static void run(const gb_cpu *cpu, const gb_desc *, const gb_args *args) {
    long long count = gb_item_count(args->out);
    truncation t = {*(const gb_truncate_live *)args->live, (const float *)args->packed};
    gb_launch(cpu, truncate_w, gb_blocks((size_t)count, THREADS), THREADS, 0, gb_view_of(cpu, args->in[0]),
              gb_live(cpu->stream, t), gb_view_of(cpu, args->out), count);
}

const gb_op_row gb_truncate_cuda = {
    .op = GB_OP_TRUNCATE, .isa = "cuda", .rank = GB_CUDA_PLAIN, .packed_size = gb_plain_packed_size,
    .pack = gb_plain_pack, .run = run,
};
