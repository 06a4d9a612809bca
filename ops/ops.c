/* The tables of this room: what each operation is, and every row that can run it. */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "ops/device.h"
#include "ops/rows.h"
#include "ops/simd/simd.h"

const gb_op_info gb_op_infos[GB_OPS] = {
    [GB_OP_CONSTANT]         = {"constant", "a learned constant, the same for every sample", 0, 0, 1},
    [GB_OP_PIXEL_NORM]       = {"pixel_norm", "division by the root mean square over channels", 1, 1, 0},
    [GB_OP_LINEAR]           = {"linear", "matrix product with the weights", 1, 1, 1},
    [GB_OP_CONCAT]           = {"concat", "channels of two inputs after each other", 2, 2, 0},
    [GB_OP_TRUNCATE]         = {"truncate", "one w for every layer, drawn towards the mean", 1, 1, 1},
    [GB_OP_SELECT]           = {"select", "the w of one layer", 1, 1, 0},
    [GB_OP_MODULATED_CONV2D] = {"modulated_conv2d", "convolution with styled and demodulated weights", 1, 2, 2},
    [GB_OP_UPFIRDN2D]        = {"upfirdn2d", "enlarging and smoothing by a FIR filter", 1, 1, 1},
    [GB_OP_NOISE]            = {"noise", "noise times strength, added", 1, 1, 0},
    [GB_OP_BIAS_ACT]         = {"bias_act", "bias, activation, gain and clamp", 1, 1, 0},
    [GB_OP_ADD]              = {"add", "sum of two inputs", 2, 2, 0},
    [GB_OP_BATCH_NORM]       = {"batch_norm", "normalisation by stored statistics, gain and bias", 1, 3, 4},
    [GB_OP_SLICE]            = {"slice", "some of the channels", 1, 1, 0},
    [GB_OP_RESHAPE]          = {"reshape", "a vector as maps", 1, 1, 0},
    [GB_OP_UPSAMPLE_NEAREST] = {"upsample_nearest", "every pixel twice in both directions", 1, 1, 0},
    [GB_OP_MAX_POOL]         = {"max_pool", "largest of each 2x2 pixels", 1, 1, 0},
    [GB_OP_SCORES]           = {"scores", "products of every query with every key", 2, 2, 0},
    [GB_OP_SOFTMAX]          = {"softmax", "rows of positive weights that sum to 1", 1, 1, 0},
    [GB_OP_MIX]              = {"mix", "values weighted by a row for each pixel", 3, 3, 0},
    [GB_OP_ATTENTION]        = {"attention", "scores, softmax and mix without the matrix", 3, 3, 0},
    [GB_OP_FILTER]           = {"filter", "a bending filter on some channels", 1, 1, 0},
    [GB_OP_PASS]             = {"pass", "a layer's input in place of its output", 1, 1, 0},
    [GB_OP_PAINT]            = {"paint", "activation vectors at some pixels", 1, 1, 0},
    [GB_OP_SET]              = {"set", "given values in place of a boundary's", 1, 2, 0},
    [GB_OP_CALLBACK]         = {"callback", "code of the caller's", 1, 1, 0},
};

static bool (*const shape_rules[GB_OPS])(gb_desc *d, char *why, size_t size) = {
    [GB_OP_CONSTANT]         = gb_constant_shape,
    [GB_OP_PIXEL_NORM]       = gb_pixel_norm_shape,
    [GB_OP_LINEAR]           = gb_linear_shape,
    [GB_OP_CONCAT]           = gb_concat_shape,
    [GB_OP_TRUNCATE]         = gb_truncate_shape,
    [GB_OP_SELECT]           = gb_select_shape,
    [GB_OP_MODULATED_CONV2D] = gb_modulated_conv2d_shape,
    [GB_OP_UPFIRDN2D]        = gb_upfirdn2d_shape,
    [GB_OP_NOISE]            = gb_noise_shape,
    [GB_OP_BIAS_ACT]         = gb_bias_act_shape,
    [GB_OP_ADD]              = gb_add_shape,
    [GB_OP_BATCH_NORM]       = gb_batch_norm_shape,
    [GB_OP_SLICE]            = gb_slice_shape,
    [GB_OP_RESHAPE]          = gb_reshape_shape,
    [GB_OP_UPSAMPLE_NEAREST] = gb_upsample_nearest_shape,
    [GB_OP_MAX_POOL]         = gb_max_pool_shape,
    [GB_OP_SCORES]           = gb_scores_shape,
    [GB_OP_SOFTMAX]          = gb_softmax_shape,
    [GB_OP_MIX]              = gb_mix_shape,
    [GB_OP_ATTENTION]        = gb_attention_shape,
    [GB_OP_FILTER]           = gb_filter_shape,
    [GB_OP_PASS]             = gb_pass_shape,
    [GB_OP_PAINT]            = gb_paint_shape,
    [GB_OP_SET]              = gb_set_shape,
    [GB_OP_CALLBACK]         = gb_callback_shape,
};

static const gb_op_row *const rows[] = {
    &gb_constant_plain, &gb_pixel_norm_plain, &gb_linear_plain, &gb_concat_plain, &gb_truncate_plain, &gb_select_plain,
    &gb_modulated_conv2d_plain, &gb_upfirdn2d_plain, &gb_noise_plain, &gb_bias_act_plain, &gb_add_plain,
    &gb_batch_norm_plain, &gb_slice_plain, &gb_reshape_plain, &gb_upsample_nearest_plain, &gb_max_pool_plain,
    &gb_scores_plain, &gb_softmax_plain, &gb_mix_plain, &gb_attention_plain,
    &gb_filter_plain, &gb_pass_plain, &gb_paint_plain, &gb_set_plain, &gb_callback_plain,
    GB_FAST_ROWS
};

const gb_op_row *const *gb_op_rows(size_t *count) {
    *count = sizeof rows / sizeof *rows;
    return rows;
}

const gb_op_row *gb_op_find(const gb_cpu *cpu, const gb_desc *d) {
    const gb_op_row *const *table = cpu->device ? cpu->device->rows : rows, *best = NULL;
    size_t count = cpu->device ? cpu->device->row_count : sizeof rows / sizeof *rows;
    for (size_t i = 0; i < count; i++) {
        const gb_op_row *row = table[i];
        if (row->op == d->op && row->rank <= cpu->rank && (!best || row->rank > best->rank) &&
            (!row->supports || row->supports(cpu, d)))
            best = row;
    }
    return best;
}

bool gb_shape_possible(const gb_shape *s) {
    const int most = 1 << 20, product = 1 << 28;
    if (s->n < 1 || s->c < 1 || s->h < 1 || s->w < 1 || s->n > most || s->c > most || s->h > most || s->w > most)
        return false;
    return s->h <= product / s->w && s->n <= product / s->c &&
           (uint64_t)s->n * s->c <= (UINT64_C(1) << 36) / ((uint64_t)s->h * s->w);
}

bool gb_op_shape(const gb_cpu *cpu, gb_desc *d, char *why, size_t why_size) {
    if ((int)d->op < 0 || d->op >= GB_OPS) {
        snprintf(why, why_size, "operation %d does not exist", (int)d->op);
        return false;
    }
    const gb_op_info *info = &gb_op_infos[d->op];
    if (d->inputs < info->inputs_min || d->inputs > info->inputs_max) {
        snprintf(why, why_size, "%s: %d inputs, expected %d to %d", info->name, d->inputs, info->inputs_min,
                 info->inputs_max);
        return false;
    }
    for (int i = 0; i < d->inputs; i++)
        if (!gb_shape_possible(&d->in[i]) || d->in[i].block < 1 || d->in[i].block > 1 << 20) {
            snprintf(why, why_size, "%s: input %d is [%d,%d,%d,%d] in blocks of %d channels", info->name, i, d->in[i].n,
                     d->in[i].c, d->in[i].h, d->in[i].w, d->in[i].block);
            return false;
        }
    if (!shape_rules[d->op](d, why, why_size))
        return false;
    if (!gb_shape_possible(&d->out)) {
        snprintf(why, why_size, "%s: the result would be [%d,%d,%d,%d]", info->name, d->out.n, d->out.c, d->out.h,
                 d->out.w);
        return false;
    }
    d->out.block = gb_block(cpu, d->out.c, d->out.h, d->out.w);
    return true;
}

uint64_t gb_op_macs(const gb_desc *d) {
    const gb_shape *in = &d->in[0];
    switch (d->op) {
    case GB_OP_LINEAR:
        return (uint64_t)in->n * in->c * d->linear.cout;
    case GB_OP_MODULATED_CONV2D:
        return (uint64_t)in->n * in->c * in->h * in->w * d->conv.cout * d->conv.kernel * d->conv.kernel;
    case GB_OP_SCORES:
        return (uint64_t)d->out.n * in->c * d->out.c * d->out.w;
    case GB_OP_MIX:
        return (uint64_t)in->n * in->c * d->in[1].c * d->in[1].w;
    case GB_OP_ATTENTION:
        return (uint64_t)in->n * (in->c + d->in[2].c) * ((uint64_t)in->h * in->w) * ((uint64_t)d->in[1].h * d->in[1].w);
    default:
        return 0;
    }
}
