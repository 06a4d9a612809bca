/* The convolutions of one instruction set and one type of operands (operands_float.h, operands_bf16.h). They take
 * nearly all of a network's time. */
#include <limits.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "ops/kernel.h"
#include "ops/simd/simd.h"

#include "ops/simd/epilogue.h"
#include "ops/simd/tile.h"
#include "ops/simd/modulation.h"
#include "ops/simd/torgb_pixels.h"
#include "ops/simd/winograd.h"
#include "ops/simd/polyphase.h"
#include "ops/simd/direct.h"
#include "ops/simd/conv1x1.h"
