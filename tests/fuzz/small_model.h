/* A network of 8×8 pixels with random weights for the targets that render: its context, model, and a session. */
#ifndef GB_TESTS_FUZZ_SMALL_MODEL_H
#define GB_TESTS_FUZZ_SMALL_MODEL_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "engine/ganbend.h"

enum { SMALL_SIDE = 8, SMALL_FLOATS = 3 * SMALL_SIDE * SMALL_SIDE };

static inline gb_context *small_context(void) {
    static gb_context *context;
    if (!context && gb_context_new(&(gb_context_options){.threads = 1}, &context, NULL))
        abort();
    return context;
}

/* Made at the first call, and kept. */
static inline gb_model *small_model(void) {
    static gb_model *model;
    char path[64];
    if (model)
        return model;
    snprintf(path, sizeof path, "/tmp/ganbend-fuzz-%ld.gbw", (long)getpid());
    if (gb_init_stylegan2(small_context(), path, &(gb_stylegan2){.resolution = SMALL_SIDE, .channel_base = 64,
                          .channel_max = 8, .z_dim = 8, .w_dim = 8, .mapping_layers = 2, .seed = 1}, false, NULL) ||
        gb_model_read(small_context(), path, &model, NULL))
        abort();
    unlink(path);
    return model;
}

/* A refusal has a status and one line. */
static inline void check_refusal(const gb_error *err) {
    const char *c = err->message;
    if (!err->status || !*c)
        abort();
    for (; *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            abort();
}

#endif
