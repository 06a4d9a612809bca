/* Any bytes as a .gbw, the whole way: model, session, a bend wherever one can be, render. Size and checksum of the header
 * are made right first. Only networks that compute little are rendered. */
#include <string.h>
#include <zlib.h>

#include "small_model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void poke(uint8_t *at, uint64_t v, size_t bytes) {
    for (size_t i = 0; i < bytes; i++)
        at[i] = (uint8_t)(v >> 8 * i);
}

static void make_right(uint8_t *file, size_t size) {
    uint64_t header = 0;
    if (size < 64)
        return;
    for (int i = 0; i < 8; i++)
        header |= (uint64_t)file[16 + i] << 8 * i;
    poke(file + 24, size, 8);
    poke(file + 44, 0, 4);
    if (header >= 64 && header <= size)
        poke(file + 44, crc32(0, file, (uInt)header), 4);
}

/* Few enough multiplications and values for a fuzzer. */
static bool is_light(const gb_model *model) {
    uint64_t macs = 0, values = 0;
    for (size_t i = 0; i < gb_model_node_count(model); i++) {
        gb_node_info node;
        uint64_t own = 1;
        gb_model_node(model, (gb_node)i, &node);
        for (int d = 0; d < node.ndim; d++)
            own *= (uint64_t)node.shape[d];
        macs += node.macs;
        values += own;
        if (node.macs > 1 << 22 || own > 1 << 18)
            return false;
    }
    return macs < 1 << 22 && values < 1 << 18;
}

static void render(gb_model *model) {
    gb_session *session = NULL;
    gb_error err = {0};
    int64_t shape[3];
    gb_model_output_shape(model, shape);
    float *picture = malloc((size_t)(shape[0] * shape[1] * shape[2]) * sizeof *picture);
    if (!picture)
        abort();
    if (gb_session_new(model, &(gb_session_options){.purpose = GB_INTERACTIVE, .keep_bytes = 1 << 20}, &session, &err)) {
        check_refusal(&err);
    } else {
        gb_bend bend;
        gb_session_seed(session, 1, &err);
        if (gb_session_render(session, picture, &err))
            check_refusal(&err);
        err = (gb_error){0};
        if (gb_session_bend(session, &(gb_bend_options){.kind = GB_BEND_FILTER, .at = "*", .name = "rotate"}, &bend, &err) ||
            gb_session_render(session, picture, &err))
            check_refusal(&err);
    }
    gb_session_free(session);
    free(picture);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    gb_model *model = NULL;
    gb_error err = {0};
    uint8_t *copy = malloc(size + 1);
    if (!copy)
        abort();
    memcpy(copy, data, size);
    make_right(copy, size);
    if (gb_model_open_memory(small_context(), copy, size, "fuzz.gbw", &model, &err))
        check_refusal(&err);
    else if (is_light(model))
        render(model);
    gb_model_close(model);
    free(copy);
    return 0;
}
