/* The fast rows of one instruction set. A source like avx512.c sets GB_ISA (a name), GB_ISA_RANK and GB_ISA_ROW(x) (the
 * name of row x), includes its vectors and then this, so all kernels exist once per instruction set. */
#include "ops/simd/factors_float.h"

#include "ops/simd/convolutions.h"
#include "ops/simd/torgb.h"
#include "ops/simd/linear.h"
#include "ops/simd/maps.h"
#include "ops/simd/upfirdn2d.h"
#include "ops/simd/attention.h"

/* Twelve independent chains of fma, enough to keep the units of any processor here busy; chains stay near 1. */
float GB_ISA_ROW(burst)(int rounds) {
    const vec a = vset1(0.999f), b = vset1(0.001f);
    vec chain[12], sum = vset1(0.0f);
    for (int j = 0; j < 12; j++)
        chain[j] = vset1((float)j / 12.0f);
    for (int i = 0; i < rounds; i++)
        for (int j = 0; j < 12; j++)
            chain[j] = vfma(chain[j], a, b);
    float sums[4];
    for (int j = 0; j < 12; j++)
        sum = vadd(sum, chain[j]);
    vsum4(sum, sum, sum, sum, sums);
    return sums[0];
}

const gb_op_row GB_ISA_ROW(torgb) = {
    .op = GB_OP_MODULATED_CONV2D, .name = "modulated_conv2d", .form = "torgb", .isa = GB_ISA, .rank = GB_ISA_RANK,
    .fuses = true, .supports = torgb_supports, .packed_size = torgb_packed_size, .pack = torgb_pack,
    .workspace = torgb_workspace, .run = torgb_run,
};
const gb_op_row GB_ISA_ROW(linear) = {
    .op = GB_OP_LINEAR, .name = "linear", .form = "tiles", .isa = GB_ISA, .rank = GB_ISA_RANK, .fuses = true,
    .supports = linear_supports, .packed_size = linear_packed_size, .pack = linear_pack,
    .workspace = linear_workspace, .run = linear_run,
};
const gb_op_row GB_ISA_ROW(upfirdn2d) = {
    .op = GB_OP_UPFIRDN2D, .name = "upfirdn2d", .form = "2x", .isa = GB_ISA, .rank = GB_ISA_RANK, .fuses = true,
    .supports = fir_supports, .packed_size = fir_packed_size, .pack = fir_pack, .workspace = fir_workspace,
    .run = fir_run,
};

const gb_op_row GB_ISA_ROW(batch_norm) = {
    .op = GB_OP_BATCH_NORM, .name = "batch_norm", .form = "vectors", .isa = GB_ISA, .rank = GB_ISA_RANK, .fuses = true,
    .supports = maps_support, .packed_size = gb_batch_norm_packed_size, .pack = gb_batch_norm_pack,
    .workspace = gb_batch_norm_workspace, .run = norm_run,
};
const gb_op_row GB_ISA_ROW(upsample_nearest) = {
    .op = GB_OP_UPSAMPLE_NEAREST, .name = "upsample_nearest", .form = "vectors", .isa = GB_ISA, .rank = GB_ISA_RANK,
    .supports = maps_support, .run = upsample_run,
};
const gb_op_row GB_ISA_ROW(max_pool) = {
    .op = GB_OP_MAX_POOL, .name = "max_pool", .form = "vectors", .isa = GB_ISA, .rank = GB_ISA_RANK,
    .supports = maps_support, .run = max_pool_run,
};
const gb_op_row GB_ISA_ROW(slice) = {
    .op = GB_OP_SLICE, .name = "slice", .form = "vectors", .isa = GB_ISA, .rank = GB_ISA_RANK,
    .supports = slice_supports, .run = slice_run,
};

#define POINTWISE_ROW(id, word) {                                                                                    \
    .op = id, .name = word, .form = "vectors", .isa = GB_ISA, .rank = GB_ISA_RANK, .fuses = true,                     \
    .supports = pointwise_supports, .run = pointwise_run,                                                            \
}
const gb_op_row GB_ISA_ROW(noise) = POINTWISE_ROW(GB_OP_NOISE, "noise");
const gb_op_row GB_ISA_ROW(bias_act) = POINTWISE_ROW(GB_OP_BIAS_ACT, "bias_act");
const gb_op_row GB_ISA_ROW(add) = POINTWISE_ROW(GB_OP_ADD, "add");

#define ATTENTION_ROW(id, word) {                                                                                    \
    .op = id, .name = #word, .form = "tiles", .isa = GB_ISA, .rank = GB_ISA_RANK, .workspace = word##_workspace,     \
    .run = word##_run,                                                                                               \
}
const gb_op_row GB_ISA_ROW(scores) = ATTENTION_ROW(GB_OP_SCORES, scores);
const gb_op_row GB_ISA_ROW(softmax) = ATTENTION_ROW(GB_OP_SOFTMAX, softmax);
const gb_op_row GB_ISA_ROW(mix) = ATTENTION_ROW(GB_OP_MIX, mix);
const gb_op_row GB_ISA_ROW(attention) = ATTENTION_ROW(GB_OP_ATTENTION, attention);
