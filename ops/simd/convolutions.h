/* The convolutions of one instruction set and one kind of factors (factors_float.h, factors_bf16.h): where nearly all of a
 * network's time is. */
#include <stddef.h>
#include <string.h>

#include "ops/kernel.h"
#include "ops/simd/simd.h"

#include "ops/simd/epilogue.h"
#include "ops/simd/tile.h"
#include "ops/simd/modulation.h"
#include "ops/simd/winograd.h"
#include "ops/simd/polyphase.h"
#include "ops/simd/direct.h"
#include "ops/simd/conv1x1.h"
