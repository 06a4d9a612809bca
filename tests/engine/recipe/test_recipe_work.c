/* Recipes, clusters and directions take work in proportion to the file's size, whatever its shape. The code that reads recipes
 * and adds their bends is compiled once more for this test, with a call at every basic block (-fsanitize-coverage=trace-pc),
 * which counts: no clock is asked. Each hostile shape is read and applied to a network of 8×8 pixels at one size and at four
 * times that size. What libyaml and the C library do is not counted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/engine/ok.h"

static uint64_t blocks;

void __sanitizer_cov_trace_pc(void);

void __sanitizer_cov_trace_pc(void) {
    blocks++;
}

typedef struct text {
    char *bytes;
    size_t size, room;
} text;

static void put(text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void put(text *t, const char *format, ...) {
    char piece[256];
    va_list args;
    va_start(args, format);
    size_t size = (size_t)vsnprintf(piece, sizeof piece, format, args);
    va_end(args);
    if (t->size + size + 1 > t->room) {
        t->room = 2 * (t->size + size) + 4096;
        t->bytes = realloc(t->bytes, t->room);
        assert_non_null(t->bytes);
    }
    memcpy(t->bytes + t->size, piece, size + 1);
    t->size += size;
}

/* ---- shapes: `n` is about the number of bytes ---- */

static void values(text *t, size_t n) {
    put(t, "inputs: {z: [");
    for (size_t i = 0; i < n / 3; i++)
        put(t, "%s1", i ? ", " : "");
    put(t, "]}\nbends: []\n");
}

static void bends_with_all_maps(text *t, size_t n) {
    put(t, "bends:\n");
    for (size_t i = 0; i < n / 80; i++)
        put(t, "- {at: synthesis.b8.conv1, filter: multiply, factor: 2, features: 0-65535, mix: 1}\n");
}

static void bends_with_one_map(text *t, size_t n) {
    put(t, "bends:\n");
    for (size_t i = 0; i < n / 64; i++)
        put(t, "- {at: synthesis.b8.conv1, filter: ablate, features: 1}\n");
}

static void ranges(text *t, size_t n) {
    put(t, "bends:\n- at: synthesis.b8.conv1\n  filter: ablate\n  features: [");
    for (size_t i = 0; i < n / 8; i++)
        put(t, "%s0-65535", i ? "," : "");
    put(t, "]\n");
}

static void places(text *t, size_t n) {
    put(t, "bends:\n- filter: ablate\n  at: [");
    for (size_t i = 0; i < n / 20; i++)
        put(t, "%ssynthesis.b4.conv1", i ? "," : "");
    put(t, "]\n");
}

static void globs(text *t, size_t n) {
    put(t, "bends:\n- filter: ablate\n  at: [");
    for (size_t i = 0; i < n / 40; i++)
        put(t, "%s'*a*a*a*a*a*', 'synthesis.b*.conv1'", i ? "," : "");
    put(t, "]\n");
}

static void name_of(char name[48], size_t i) {
    snprintf(name, 48, "parameter-with-a-name-of-many-letters-%04zu", i);
}

static void parameters(text *t, size_t n) {
    char name[48];
    put(t, "parameters:\n");
    for (size_t i = 0; i < 64; i++) {
        name_of(name, i);
        put(t, "  %s: 1\n", name);
    }
    name_of(name, 63);
    put(t, "bends:\n");
    for (size_t i = 0; i < n / 110; i++)
        put(t, "- {at: synthesis.b8.conv1, filter: multiply, factor: $%s, mix: $%s}\n", name, name);
}

static void aliases(text *t, size_t n) {
    put(t, "parameters: {a: &a 1, b: &b [1, 2, 3]}\nbends: [");
    for (size_t i = 0; i < n / 3; i++)
        put(t, "*b,");
    put(t, "]\n");
}

static void anchors(text *t, size_t n) {
    put(t, "inputs: {z: [");
    for (size_t i = 0; i < n / 16; i++)
        put(t, i < 256 ? "&a%zu 1, " : "*a%zu, ", i % 256);
    put(t, "1]}\n");
}

/* Every bend takes all clusters of a layer with n / 6 features in clusters. */
static void clusters_and_bends(text *t, size_t n) {
    put(t, "clusters:\n  synthesis.b8.conv1: [[");
    for (size_t i = 0; i < n / 6; i++)
        put(t, i % 16 == 15 ? "0],[" : "%zu, ", i % 2);
    put(t, "0]]\nbends:\n");
    for (size_t i = 0; i < n / 160; i++)
        put(t, "- {at: synthesis.b8.conv1, filter: ablate, features: {cluster: 0-65}}\n");
}

/* The clusters of many layers, and bends that look for theirs at all nodes. */
static void clusters_of_layers(text *t, size_t n) {
    put(t, "clusters:\n");
    for (size_t i = 0; i < 200; i++)
        put(t, "  layer.of.another.network.%zu: [[0]]\n", i);
    put(t, "  synthesis.b8.conv1: [[0, 1]]\nbends:\n");
    for (size_t i = 0; i < n / 64; i++)
        put(t, "- {at: '*', filter: ablate, features: {cluster: 0}}\n");
}

static void pairs_of_clusters(text *t, size_t n) {
    put(t, "clusters:\n  1:\n");
    for (size_t i = 0; i < n / 44; i++)
        put(t, "  - {feature_index: %zu, cluster_index: %zu}\n", i % 2, i % 5);
    put(t, "bends:\n- {at: 'synthesis.b*.conv1', filter: ablate, features: {cluster: 0-65535}}\n");
}

static void colours(text *t, size_t n) {
    static const char mask[] = "iVBORw0KGgoAAAANSUhEUgAAAAQAAAAECAIAAAAmkwkpAAAAE0lEQVR42mP4z8AARAz/kRAhDgCmmw/x7wgWPgAAAABJRU5ErkJggg==";
    char name[48];
    put(t, "vectors:\n");
    for (size_t i = 0; i < 100; i++) {
        name_of(name, i);
        put(t, "  %s: [1, 2, 3, 4, 5, 6, 7, 8]\n", name);
    }
    put(t, "bends:\n");
    for (size_t i = 0; i < n / 300; i++)
        put(t, "- {at: synthesis.b8.conv1, paint: {mask: 'data:image/png;base64,%s', colours: {red: %s, other: keep}}}\n", mask,
            name);
}

static void transforms(text *t, size_t n) {
    put(t, "transforms:\n");
    for (size_t i = 0; i < n / 100; i++)
        put(t, "- {layer: 1, transform: ablate, params: [], features: all, feature-param: }\n");
}

static void indexed_values(text *t, size_t n) {
    put(t, "bends:\n");
    for (size_t i = 0; i < n / 64; i++)
        put(t, "- {at: z, add: {0: 1, 1: 2, 2: 3, 3: 4}, times: 0.5}\n");
}

static const struct { const char *name; void (*make)(text *t, size_t n); } shapes[] = {
    {"values", values},
    {"bends with all maps", bends_with_all_maps},
    {"bends with one map", bends_with_one_map},
    {"ranges", ranges},
    {"places", places},
    {"globs", globs},
    {"parameters", parameters},
    {"aliases", aliases},
    {"anchors", anchors},
    {"clusters and bends", clusters_and_bends},
    {"clusters of layers", clusters_of_layers},
    {"pairs of clusters", pairs_of_clusters},
    {"colours", colours},
    {"transforms", transforms},
    {"indexed values", indexed_values},
};

/* ---- counting ---- */

static gb_context *context;
static gb_model *model;

static uint64_t work_of(void (*make)(text *t, size_t n), size_t n, size_t *size, bool *applied) {
    text t = {0};
    gb_recipe *recipe = NULL;
    gb_session *session = NULL;
    const char *json;
    make(&t, n);
    *size = t.size;
    assert_int_equal(gb_session_new(model, NULL, &session, &err), GB_OK);
    blocks = 0;
    *applied = !gb_recipe_parse(t.bytes, t.size, "evil", &recipe, &err) && !gb_recipe_json(recipe, &json, &err) &&
               !gb_recipe_apply(recipe, session, &err);
    gb_recipe_free(recipe);
    uint64_t work = blocks;
    gb_session_free(session);
    free(t.bytes);
    return work;
}

static void work_grows_no_faster_than_the_recipe(void **state) {
    enum { SMALL = 16000, PER_BYTE = 600, START = 16000000 };
    (void)state;
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        size_t small, large;
        bool applied;
        uint64_t at_small = work_of(shapes[i].make, SMALL, &small, &applied);
        uint64_t at_large = work_of(shapes[i].make, 4 * SMALL, &large, &applied);
        printf("%s: %llu blocks for %zu bytes, %llu for %zu, %s\n", shapes[i].name, (unsigned long long)at_small, small,
               (unsigned long long)at_large, large, applied ? "applied" : err.message);
        assert_true(at_small > 0);
        if (at_large > START + (uint64_t)PER_BYTE * large)
            fail_msg("%s: %llu blocks for %zu bytes", shapes[i].name, (unsigned long long)at_large, large);
        if (at_large > 5 * at_small + START / 10)
            fail_msg("%s: four times the file takes %.1f times the work", shapes[i].name,
                     (double)at_large / (double)at_small);
    }
}

static int open_network(void **state) {
    (void)state;
    char path[64];
    snprintf(path, sizeof path, "/tmp/ganbend-work-%ld.gbw", (long)getpid());
    const gb_stylegan2 shape = {.resolution = 8, .channel_base = 64, .channel_max = 8, .z_dim = 8, .w_dim = 8, .mapping_layers = 2};
    int failed = gb_context_new(&(gb_context_options){.threads = 1}, &context, NULL) ||
                 gb_init_stylegan2(context, path, &shape, false, NULL) || gb_model_read(context, path, &model, NULL);
    unlink(path);
    return failed;
}

static int close_network(void **state) {
    (void)state;
    gb_model_close(model);
    gb_context_free(context);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(work_grows_no_faster_than_the_recipe),
    };
    return cmocka_run_group_tests(tests, open_network, close_network);
}
