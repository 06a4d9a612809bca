/* Files that the library opens by name and that no other target reads: the first byte says what the rest is, directions,
 * clusters of a recipe's layers, the mask of a region, or a model to be mixed with another. */
#define _POSIX_C_SOURCE 200809L
#include <math.h>
#include <string.h>

#include "engine/ganbend_analysis.h"
#include "small_model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_directions(const char *path) {
    gb_directions *all = NULL;
    gb_error err = {0};
    if (gb_directions_open(path, &all, &err)) {
        check_refusal(&err);
        return;
    }
    for (size_t i = 0; i < gb_directions_count(all); i++) {
        gb_direction d;
        size_t index;
        gb_directions_at(all, i, &d);
        if (!gb_directions_find(all, d.name, &index) || index != i || !isfinite(d.deviation) || d.width < 1)
            abort();
        for (int64_t k = 0; k < d.width; k++)
            if (!isfinite(d.vector[k]))
                abort();
    }
    gb_directions_free(all);
}

/* Bends with all clusters of every layer, whatever they are. */
static void use_clusters(const char *path) {
    static const char text[] = "bends:\n- {at: '*', filter: ablate, features: {cluster: 0-65535}}\n"
                               "- {at: synthesis.b8.conv1, filter: multiply, factor: 2, features: {cluster: [0, 3]}}\n";
    gb_recipe *recipe = NULL;
    gb_session *session = NULL;
    gb_error err = {0};
    if (gb_recipe_parse(text, sizeof text - 1, "recipe", &recipe, NULL) ||
        gb_session_new(small_model(), &(gb_session_options){.purpose = GB_ONCE}, &session, NULL))
        abort();
    if (gb_recipe_set_clusters(recipe, path, &err) || gb_recipe_apply(recipe, session, &err))
        check_refusal(&err);
    gb_recipe_free(recipe);
    gb_session_free(session);
}

static void read_mask(const char *path) {
    float mask[5 * 7];
    gb_error err = {0};
    if (gb_read_mask(path, 5, 7, mask, &err)) {
        check_refusal(&err);
        return;
    }
    for (int i = 0; i < 5 * 7; i++)
        if (!(mask[i] >= 0 && mask[i] <= 1))
            abort();
}

static void mix(const char *path) {
    char out[80];
    gb_model *other = NULL;
    gb_error err = {0};
    snprintf(out, sizeof out, "/tmp/ganbend-fuzz-%ld-mixed.gbw", (long)getpid());
    if (gb_model_read(small_context(), path, &other, &err) ||
        gb_model_mix(small_model(), other, &(gb_mix_rule){.tensors = "*", .share = 0.5f}, 1, out, &err))
        check_refusal(&err);
    unlink(out);
    gb_model_close(other);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static void (*const readers[])(const char *path) = {read_directions, use_clusters, read_mask, mix};
    char path[] = "/tmp/ganbend-fuzz-file-XXXXXX";
    if (!size || size > 1 << 16)
        return 0;
    int file = mkstemp(path);
    if (file < 0 || write(file, data + 1, size - 1) != (ssize_t)(size - 1) || close(file) != 0)
        abort();
    readers[data[0] % 4](path);
    unlink(path);
    return 0;
}
