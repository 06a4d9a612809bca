/* The JSON of --config, for a BigGAN and a StyleGAN2 without constructor arguments of their own. */
#include <stdio.h>

#include "fuzz.h"
#include "weights/adapt/adapt.h"
#include "weights/read/json.h"

/* Kept open; the path is that of the repository's fixtures. */
static const gb_checkpoint *fixture(const char *name) {
    char path[4096];
    gb_reason why = {0};
    snprintf(path, sizeof path, "%s/%s", FIXTURES, name);
    FILE *file = fopen(path, "rb");
    static uint8_t bytes[2][1 << 20];
    static int opened;
    size_t size = file && opened < 2 ? fread(bytes[opened], 1, sizeof bytes[opened], file) : 0;
    gb_checkpoint *c = size ? gb_checkpoint_open(bytes[opened++], size, name, &why) : NULL;
    if (!c)
        abort();
    fclose(file);
    return c;
}

static void adapt(const gb_checkpoint *c, const gb_value *config) {
    gb_reason why = {0};
    gb_network *n = gb_adapt(c, &(gb_adapt_options){.config = config}, &why);
    if (!n)
        check_reason(&why);
    gb_network_free(n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const gb_checkpoint *biggan, *stylegan2;
    gb_reason why = {0};
    if (!biggan) {
        biggan = fixture("biggan-32-cifar.pth");
        stylegan2 = fixture("variants/rosinality-bare.pt");
    }
    gb_arena *arena = gb_arena_new(gb_arena_limit_for(size));
    const gb_value *config = gb_json_parse(arena, (const char *)data, size, "config.json", &why);
    if (config) {
        adapt(biggan, config);
        adapt(stylegan2, config);
    } else {
        check_reason(&why);
    }
    gb_arena_free(arena);
    return 0;
}
