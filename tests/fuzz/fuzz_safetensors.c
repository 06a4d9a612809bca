/* The safetensors reader. */
#include "fuzz.h"
#include "weights/read/safetensors.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    gb_reason why = {0};
    gb_arena *arena = gb_arena_new(gb_arena_limit_for(size));
    gb_value *root = gb_safetensors_read(data, size, arena, &why);
    if (!root)
        check_reason(&why);
    for (size_t i = 0; i < gb_value_count(root); i++)
        if (root->dict.values[i]->kind == GB_VALUE_ARRAY)
            read_array(root->dict.values[i]->array);
    gb_arena_free(arena);
    return 0;
}
