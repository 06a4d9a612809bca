/* The fast rows for WebAssembly. A module with SIMD128 does not load where a browser has none, so nothing is detected. */
#include "ops/simd/vec_wasm.h"

#define GB_ISA "wasm"
#define GB_ISA_RANK GB_RANK_WASM
#define GB_ISA_NAME(x) gb_wasm_##x
#include "ops/simd/rows.h"
