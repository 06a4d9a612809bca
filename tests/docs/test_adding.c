/* The worked examples of CONTRIBUTING.md (docs/examples/adding) do what they say. */
#define _POSIX_C_SOURCE 200809L
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/files/open.h"
#include "engine/ganbend.h"
#include "engine/graph/model.h"
#include "engine/models/models.h"
#include "ops/bends/filters.h"
#include "ops/ops.h"
#include "weights/adapt/families.h"

#include "ops/simd/vec_scalar.h"

#include "ops/curves.h"

#include "docs/examples/adding/softsign.h"

extern const gb_filter gb_filter_fold;
extern const gb_op gb_op_product;
extern const gb_architecture gb_upconv_architecture;
extern const gb_family gb_upconv_pytorch;

static gb_cpu plain_cpu(void) {
    gb_cpu cpu = {.workers = 1};
    assert_true(gb_cpu_detect(&cpu, "plain", NULL, 0));
    return cpu;
}

static void a_filter_folds_values_into_its_range(void **state) {
    float in[] = {0.0f, 0.5f, 1.0f, 1.25f, 2.0f, 3.5f, -1.5f, -7.0f}, out[8];
    const float expected[] = {0.0f, 0.5f, 1.0f, 0.75f, 0.0f, -0.5f, -0.5f, 1.0f};
    const float params[] = {1.0f, 1.0f};
    gb_cpu cpu = plain_cpu();
    gb_tensor x = {{1, 2, 2, 2, 1}, in}, y = {{1, 2, 2, 2, 1}, out};
    void *workspace = malloc(gb_filter_workspace(&cpu, &gb_filter_fold, &x.shape) + 1);
    (void)state;
    assert_non_null(workspace);
    gb_filter_run(&cpu, &gb_filter_fold, params, NULL, 0, &x, &y, workspace);
    for (int i = 0; i < 8; i++)
        assert_float_equal(out[i], expected[i], 1e-6f);
    /* Only channel 1, half of the result. */
    gb_filter_run(&cpu, &gb_filter_fold, (const float[]){1.0f, 0.5f}, (const int[]){1}, 1, &x, &y, workspace);
    assert_memory_equal(out, in, 4 * sizeof *in);
    assert_float_equal(out[4], 1.0f, 1e-6f);
    free(workspace);
}

static void an_activation_is_its_formula(void **state) {
    (void)state;
    for (int i = -100; i <= 100; i++) {
        float x = (float)i * 0.37f;
        assert_float_equal(vsoftsign(x), x / (1.0f + fabsf(x)), 1e-6f);
    }
    assert_true(isnan(vsoftsign(NAN)));
    assert_string_equal(softsign_row.name, "softsign");
}

static void an_operation_checks_shapes_and_multiplies(void **state) {
    float a[] = {1, 2, 3, 4}, b[] = {5, -6, 0.5f, 0}, out[4];
    const float expected[] = {5, -12, 1.5f, 0};
    gb_cpu cpu = plain_cpu();
    gb_desc d = {.inputs = 2, .in = {{1, 1, 2, 2, 1}, {1, 1, 2, 2, 1}}};
    gb_tensor x = {d.in[0], a}, y = {d.in[1], b}, z = {d.in[0], out};
    gb_args args = {.in = {&x, &y}, .out = &z};
    char why[200] = "";
    (void)state;
    assert_true(gb_op_product.shape(&d, why, sizeof why));
    gb_op_product.plain.run(&cpu, &d, &args);
    assert_memory_equal(out, expected, sizeof out);
    d.in[1].c = 2;
    assert_false(gb_op_product.shape(&d, why, sizeof why));
    assert_string_equal(why, "product: inputs are [1,1,2,2] and [1,2,2,2]; expected the same shape and layout");
}

/* ------------------------------------------------------------------------------------------------ a family, a model */

typedef struct tensor {
    const char *name;
    int ndim;
    int64_t shape[4];
} tensor;

/* An .npz with these tensors, small random numbers in them; the caller frees. */
static uint8_t *write_checkpoint(const tensor *list, size_t count, size_t *size) {
    char path[64];
    gb_error err = {0};
    gb_npz *npz;
    snprintf(path, sizeof path, "/tmp/test_adding_%ld.npz", (long)getpid());
    assert_int_equal(gb_npz_new(path, &npz, &err), 0);
    for (size_t i = 0; i < count; i++) {
        size_t values = 1;
        for (int d = 0; d < list[i].ndim; d++)
            values *= (size_t)list[i].shape[d];
        float *data = malloc(values * sizeof *data);
        assert_non_null(data);
        gb_randn(GB_RNG_NUMPY, i, values, data);
        for (size_t k = 0; k < values; k++)
            data[k] *= 0.3f;
        assert_int_equal(gb_npz_add(npz, list[i].name, list[i].ndim, list[i].shape, data, &err), 0);
        free(data);
    }
    assert_int_equal(gb_npz_finish(npz, &err), 0);
    gb_npz_free(npz);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    fseek(file, 0, SEEK_END);
    *size = (size_t)ftell(file);
    rewind(file);
    uint8_t *bytes = malloc(*size);
    assert_non_null(bytes);
    assert_int_equal(fread(bytes, 1, *size, file), *size);
    fclose(file);
    remove(path);
    return bytes;
}

static const tensor checkpoint[] = {
    {"G.fc.weight", 2, {128, 16}},         {"G.fc.bias", 1, {128}},
    {"G.up.0.weight", 4, {6, 8, 3, 3}},    {"G.up.0.bias", 1, {6}},
    {"G.up.1.weight", 4, {5, 6, 3, 3}},    {"G.up.1.bias", 1, {5}},
    {"G.to_rgb.weight", 4, {3, 5, 3, 3}},  {"G.to_rgb.bias", 1, {3}},
};
enum { TENSORS = sizeof checkpoint / sizeof *checkpoint };

static void a_family_and_an_architecture_render_a_checkpoint(void **state) {
    gb_reason why = {0};
    gb_error err = {0};
    gb_context *context;
    gb_model *model;
    gb_session *session;
    size_t size;
    int64_t shape[3];
    float image[3 * 16 * 16];
    uint8_t *bytes = write_checkpoint(checkpoint, TENSORS, &size);
    gb_checkpoint *c = gb_checkpoint_open(bytes, size, "upconv.npz", &why);
    (void)state;
    assert_non_null(c);
    gb_network *network = gb_network_new();
    assert_non_null(network);
    if (!gb_upconv_pytorch.adapt(c, "G.", NULL, network, &why))
        fail_msg("%s", why.text);
    assert_int_equal(gb_network_int(network, "config.blocks", 0), 2);
    gb_graph *graph = gb_graph_from_network(network);
    assert_non_null(graph);
    gb_upconv_architecture.build(graph);
    assert_int_equal(gb_context_new(&(gb_context_options){.threads = 1}, &context, &err), 0);
    if (gb_model_new(context, graph, "upconv", &model, &err))
        fail_msg("%s", err.message);
    gb_model_output_shape(model, shape);
    assert_int_equal(shape[0], 3);
    assert_int_equal(shape[1], 16);
    assert_int_equal(shape[2], 16);
    assert_true(gb_model_find(model, "to_rgb") == gb_model_find(model, "rgb"));
    assert_int_equal(gb_session_new(model, NULL, &session, &err), 0);
    /* Everything generic works: seeds, and bends by name. */
    if (gb_session_seed(session, 7, &err) || gb_session_render(session, image, &err))
        fail_msg("%s", err.message);
    float before = image[100];
    gb_bend bend;
    gb_bend_options blur = {.kind = GB_BEND_FILTER, .at = "block0", .name = "blur"};
    if (gb_session_bend(session, &blur, &bend, &err) || gb_session_render(session, image, &err))
        fail_msg("%s", err.message);
    assert_true(fabsf(image[100]) < 1 && image[100] != before);
    gb_session_free(session);
    gb_model_close(model);
    gb_context_free(context);
    gb_checkpoint_close(c);
    free(bytes);
}

static void a_family_says_what_is_missing(void **state) {
    gb_reason why = {0};
    size_t size;
    uint8_t *bytes = write_checkpoint(checkpoint, TENSORS - 1, &size);
    gb_checkpoint *c = gb_checkpoint_open(bytes, size, "upconv.npz", &why);
    gb_network *network = gb_network_new();
    (void)state;
    assert_non_null(c);
    assert_false(gb_upconv_pytorch.adapt(c, "G.", NULL, network, &why));
    assert_non_null(strstr(why.text, "to_rgb.bias"));
    gb_network_free(network);
    gb_checkpoint_close(c);
    free(bytes);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_filter_folds_values_into_its_range),
        cmocka_unit_test(an_activation_is_its_formula),
        cmocka_unit_test(an_operation_checks_shapes_and_multiplies),
        cmocka_unit_test(a_family_and_an_architecture_render_a_checkpoint),
        cmocka_unit_test(a_family_says_what_is_missing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
