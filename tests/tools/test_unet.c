/* The UNet of docs/examples/unet.c: every layer equals that of the plain rows, which add in double; painting at 6×6 changes
 * the chosen pixels of that layer and nothing else of it; the paper's size has nine halvings. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

int unet_main(int argc, char **argv);

#define main unet_main
#include "docs/examples/unet.c"
#undef main

static gb_error err;
#define OK(call) do { if (call) fail_msg("%s: %s", #call, err.message); } while (0)

typedef struct made {
    gb_context *context;
    gb_model *model;
    gb_session *session;
    unet u;
} made;

static made make(const char *isa, int size) {
    made m = {0};
    OK(gb_context_new(&(gb_context_options){.size = sizeof(gb_context_options), .isa = isa, .threads = 2}, &m.context, &err));
    OK(make_unet(&m.u, m.context, size, &m.model, &err));
    OK(gb_session_new(m.model, NULL, &m.session, &err));
    OK(set_inputs(&m.u, m.session, 7, &err));
    return m;
}

static void drop(made *m) {
    gb_session_free(m->session);
    gb_model_close(m->model);
    gb_context_free(m->context);
    free_weights(&m->u);
}

/* The values of a node, to be freed. */
static float *values(const made *m, gb_node node, size_t *count) {
    gb_node_info info;
    gb_model_node(m->model, node, &info);
    *count = 1;
    for (int i = 0; i < info.ndim; i++) *count *= (size_t)info.shape[i];
    float *v = malloc(*count * sizeof *v);
    assert_non_null(v);
    OK(gb_session_read(m->session, node, v, &err));
    return v;
}

static void every_layer_equals_that_of_the_plain_rows(void **state) {
    made fast = make(NULL, 96), plain = make("plain", 96);
    (void)state;
    for (int painted = 0; painted < 2; painted++) {
        made *const both[] = {&fast, &plain};
        for (int k = 0; k < 2; k++) {
            if (painted) OK(paint(both[k]->session, both[k]->model, &err));
            OK(gb_session_tap(both[k]->session, "*", &err));
            OK(gb_session_render(both[k]->session, NULL, &err));
        }
        for (gb_node node = 0; node < (gb_node)gb_model_node_count(fast.model); node++) {
            size_t count;
            float *a = values(&fast, node, &count), *b = values(&plain, node, &count);
            double difference = 0, largest = 1e-30;
            for (size_t i = 0; i < count; i++) {
                double apart = fabs((double)a[i] - b[i]), magnitude = fabs(b[i]);
                if (apart > difference) difference = apart;
                if (magnitude > largest) largest = magnitude;
            }
            if (!(difference <= 2e-4 * largest)) fail_msg("node %d differs by %g of %g", node, difference, largest);
            free(a);
            free(b);
        }
    }
    drop(&fast);
    drop(&plain);
}

static void painting_changes_the_chosen_pixels_of_the_layer(void **state) {
    made m = make(NULL, 48);
    gb_node up0 = gb_model_find(m.model, "up0");
    size_t count;
    (void)state;
    OK(gb_session_tap(m.session, "up0", &err));
    OK(gb_session_render(m.session, NULL, &err));
    float *before = values(&m, up0, &count);
    OK(paint(m.session, m.model, &err));
    OK(gb_session_render(m.session, NULL, &err));
    float *after = values(&m, up0, &count);
    for (size_t c = 0; c < count / 36; c++) {
        const float *a = after + 36 * c, *b = before + 36 * c;
        assert_true(a[0] == a[1] && a[0] == a[14] && a[16] == a[35] && a[16] == a[28]);     /* one vector each */
        assert_true(a[3] == b[3] && a[18] == b[18] && a[30] == b[30]);                      /* kept */
    }
    assert_memory_not_equal(before, after, count * sizeof *before);
    free(before);
    free(after);
    drop(&m);
}

static void the_papers_size_has_nine_halvings(void **state) {
    gb_context *context = NULL;
    gb_model *model = NULL;
    gb_node_info info;
    unet u;
    (void)state;
    OK(gb_context_new(NULL, &context, &err));
    OK(make_unet(&u, context, 1536, &model, &err));
    gb_model_node(model, gb_model_find(model, "down8"), &info);
    assert_true(info.shape[1] == 3 && info.shape[2] == 3);
    gb_model_node(model, gb_model_find(model, "up0"), &info);
    assert_true(info.shape[1] == 6 && info.shape[2] == 6);
    gb_model_node(model, gb_model_find(model, "up8"), &info);
    assert_true(info.shape[1] == 1536 && info.shape[2] == 1536);
    gb_model_close(model);
    free_weights(&u);
    assert_int_equal(make_unet(&u, context, 100, &model, &err), GB_BAD_ARGUMENT);
    gb_context_free(context);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_layer_equals_that_of_the_plain_rows),
        cmocka_unit_test(painting_changes_the_chosen_pixels_of_the_layer),
        cmocka_unit_test(the_papers_size_has_nine_halvings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
