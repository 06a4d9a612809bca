/* Builds with GANBEND_JSON=OFF read no JSON, and with it no safetensors and no configuration files. */
#include "json.h"

gb_value *gb_json_parse(gb_arena *arena, const char *text, size_t size, const char *name, gb_reason *why) {
    (void)arena;
    (void)text;
    (void)size;
    gb_because(why, "%s: this build of ganbend reads no JSON; configure it with -DGANBEND_JSON=ON", name);
    return NULL;
}
