/* The convolutions of one instruction set and one kind of factors (factors_float.h, factors_bf16.h): where nearly all of a
 * network's time is. */
#include <stddef.h>
#include <string.h>

#include "ops/rows.h"
#include "ops/simd/simd.h"

#include "ops/simd/epilogue.h"
#include "ops/simd/tile.h"
#include "ops/simd/modulation.h"
#include "ops/simd/winograd.h"
#include "ops/simd/polyphase.h"
#include "ops/simd/direct.h"
#include "ops/simd/conv1x1.h"

const gb_op_row GB_ISA_ROW(winograd) = {
    .op = GB_OP_MODULATED_CONV2D, .name = "modulated_conv2d", .form = "winograd", .isa = GB_ISA, .rank = GB_ISA_RANK,
    .fuses = true, .supports = winograd_supports, .packed_size = winograd_packed_size, .pack = winograd_pack,
    .workspace = winograd_workspace, .run = winograd_run,
};
const gb_op_row GB_ISA_ROW(polyphase) = {
    .op = GB_OP_MODULATED_CONV2D, .name = "modulated_conv2d", .form = "polyphase", .isa = GB_ISA, .rank = GB_ISA_RANK,
    .fuses = true, .supports = polyphase_supports, .packed_size = polyphase_packed_size, .pack = polyphase_pack,
    .workspace = polyphase_workspace, .run = polyphase_run,
};
const gb_op_row GB_ISA_ROW(direct) = {
    .op = GB_OP_MODULATED_CONV2D, .name = "modulated_conv2d", .form = "direct", .isa = GB_ISA, .rank = GB_ISA_RANK,
    .fuses = true, .supports = direct_supports, .packed_size = direct_packed_size, .pack = direct_pack,
    .workspace = direct_workspace, .run = direct_run,
};
const gb_op_row GB_ISA_ROW(conv1x1) = {
    .op = GB_OP_MODULATED_CONV2D, .name = "modulated_conv2d", .form = "1x1", .isa = GB_ISA, .rank = GB_ISA_RANK,
    .fuses = true, .supports = conv1x1_supports, .packed_size = conv1x1_packed_size, .pack = conv1x1_pack,
    .workspace = conv1x1_workspace, .run = conv1x1_run,
};
