/* The mapping of the original conditional StyleGAN2 (TensorFlow): z and the label's embedding are put beside each other
 * and then normalised as one vector, where later code normalises each by itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/engine/fixture.h"
#include "tests/weights/opened.h"

enum { Z = 16, W = 16, CLASSES = 3, JOINED = Z + W };

static bool into_file(void *arg, const void *bytes, size_t size) {
    return fwrite(bytes, 1, size, arg) == size;
}

/* A conditional network with config.joint_norm in place of what its file says. */
static fixture open_network_with(bool joint) {
    fixture f = {.path = "joint_norm.gbw"};
    gb_reason why = {0};
    opened from = open_network("tests/fixtures/wild/multilabel.pkl", NULL);
    assert_int_equal(gb_network_int(from.network, "config.z_dim", 0), Z);
    assert_int_equal(gb_network_int(from.network, "config.w_dim", 0), W);
    assert_int_equal(gb_network_int(from.network, "config.c_dim", 0), CLASSES);
    assert_true(gb_network_set_bool(from.network, "config.joint_norm", joint));
    FILE *file = fopen(f.path, "wb");
    assert_non_null(file);
    if (!gbw_write(from.network, false, into_file, file, &why))
        fail_msg("%s", why.text);
    assert_int_equal(fclose(file), 0);
    close_opened(&from);
    OK(gb_context_new(&(gb_context_options){.threads = 1}, &f.context, &err));
    OK(gb_model_open(f.context, f.path, &f.model, &err));
    f.session = interactive_session(f.model);
    return f;
}

static void read_node(fixture *f, const char *name, float *values) {
    gb_node node = gb_model_find(f->model, name);
    if (node == GB_NO_NODE)
        fail_msg("no node '%s'", name);
    OK(gb_session_read(f->session, node, values, &err));
}

static double norm_of(const float *values, int count) {
    double sum = 0;
    for (int i = 0; i < count; i++)
        sum += (double)values[i] * values[i];
    return 1 / sqrt(sum / count + 1e-8);
}

static const float z[Z] = {3, -1, 0.5f, 2, 0, -4, 1, 1, 2}, label[CLASSES] = {0, 1, 0};

static void z_and_label_are_normalised_as_one(void **state) {
    (void)state;
    float image[3 * 32 * 32], embedded[W], joined[JOINED], normal[JOINED];
    fixture f = open_network_with(true);
    assert_int_equal(gb_model_find(f.model, "mapping.embed.normalize"), GB_NO_NODE);
    OK(gb_session_tap(f.session, "mapping.*", &err));
    OK(gb_session_set_z(f.session, z, &err));
    OK(gb_session_set_label(f.session, label, &err));
    OK(gb_session_render(f.session, image, &err));
    read_node(&f, "mapping.embed", embedded);
    read_node(&f, "mapping.concat", joined);
    read_node(&f, "mapping.normalize", normal);
    assert_memory_equal(joined, z, sizeof z);
    assert_memory_equal(joined + Z, embedded, sizeof embedded);
    double norm = norm_of(joined, JOINED);
    for (int i = 0; i < JOINED; i++)
        assert_true(fabs(normal[i] - norm * joined[i]) < 1e-6);
    close_fixture(&f);
}

static void else_each_is_normalised_by_itself(void **state) {
    (void)state;
    float image[3 * 32 * 32], embedded[W], joined[JOINED];
    fixture f = open_network_with(false);
    OK(gb_session_tap(f.session, "mapping.*", &err));
    OK(gb_session_set_z(f.session, z, &err));
    OK(gb_session_set_label(f.session, label, &err));
    OK(gb_session_render(f.session, image, &err));
    read_node(&f, "mapping.embed", embedded);
    read_node(&f, "mapping.concat", joined);
    for (int i = 0; i < JOINED; i++) {
        double should = i < Z ? norm_of(z, Z) * z[i] : norm_of(embedded, W) * embedded[i - Z];
        assert_true(fabs(joined[i] - should) < 1e-6);
    }
    close_fixture(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(z_and_label_are_normalised_as_one),
        cmocka_unit_test(else_each_is_normalised_by_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
