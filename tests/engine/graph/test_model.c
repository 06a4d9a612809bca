/* Models: names, aliases and weights are found by index, each weight counts once, and one that cannot be read is an
 * error. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/ganbend_graph.h"
#include "engine/graph/graph.h"
#include "tests/counted_calls.h"
#include "tests/engine/ok.h"

/* A chain of `nodes` normalisations of one input, each with an alias. */
static gb_model *chain(gb_context *context, int nodes) {
    gb_graph *graph = gb_graph_new();
    gb_model *model;
    gb_node node = gb_graph_input(graph, "z", 1, (const int64_t[]){4}, NULL);
    for (int i = 0; i < nodes; i++) {
        char name[32], alias[32];
        snprintf(name, sizeof name, "chain.%d", i);
        snprintf(alias, sizeof alias, "origin.%d", i);
        node = gb_graph_pixel_norm(graph, name, node, 1e-8f);
        gb_graph_alias(graph, alias, name);
    }
    gb_graph_output(graph, node);
    OK(gb_model_build(context, graph, &model, &err));
    return model;
}

static void names_and_aliases_are_found_by_index(void **state) {
    (void)state;
    enum { NODES = 4000, PER_NODE = 24 };
    gb_context *context;
    OK(gb_context_new(&(gb_context_options){.threads = 1}, &context, &err));
    count_from_zero();
    gb_model *model = chain(context, NODES);
    for (int i = 0; i < NODES; i++) {
        char name[32], alias[32];
        gb_node_info info;
        snprintf(name, sizeof name, "chain.%d", i);
        snprintf(alias, sizeof alias, "origin.%d", i);
        gb_node node = gb_model_find(model, name);
        assert_int_equal(node, i + 1);
        assert_int_equal(gb_model_find(model, alias), node);
        gb_model_node(model, node, &info);
        assert_string_equal(info.name, name);
        assert_string_equal(info.alias, alias);
    }
    assert_int_equal(gb_model_find(model, "chain"), GB_NO_NODE);
    assert_int_equal(gb_model_match(model, "origin.39?", NULL, 0), 10);
    assert_in_range(calls.comparisons, NODES, PER_NODE * NODES);
    gb_model_close(model);
    gb_context_free(context);
}

static void the_first_of_equal_aliases_counts(void **state) {
    (void)state;
    gb_context *context;
    gb_model *model;
    gb_node_info info;
    gb_graph *graph = gb_graph_new();
    gb_node z = gb_graph_input(graph, "z", 1, (const int64_t[]){4}, NULL);
    gb_node first = gb_graph_pixel_norm(graph, "first", z, 1e-8f);
    gb_node second = gb_graph_pixel_norm(graph, "second", first, 1e-8f);
    gb_graph_alias(graph, "same", "second");
    gb_graph_alias(graph, "other", "second");
    gb_graph_alias(graph, "same", "first");
    gb_graph_alias(graph, "none", "third");
    gb_graph_output(graph, second);
    OK(gb_context_new(&(gb_context_options){.threads = 1}, &context, &err));
    OK(gb_model_build(context, graph, &model, &err));
    assert_int_equal(gb_model_find(model, "same"), second);
    assert_int_equal(gb_model_find(model, "other"), second);
    assert_int_equal(gb_model_find(model, "none"), GB_NO_NODE);
    assert_int_equal(gb_model_match(model, "same", NULL, 0), 2);
    gb_model_node(model, second, &info);
    assert_string_equal(info.alias, "same");
    gb_model_node(model, z, &info);
    assert_null(info.alias);
    gb_model_close(model);
    gb_context_free(context);
}

static void a_weight_counts_at_the_first_node_that_uses_it(void **state) {
    (void)state;
    static const float weights[16], bias[4];
    const int64_t shape[] = {4, 4};
    gb_context *context;
    gb_model *model;
    gb_node_info info;
    gb_graph *graph = gb_graph_new();
    gb_graph_weight(graph, "w", 2, shape, weights);
    gb_graph_weight(graph, "b", 1, shape, bias);
    gb_node node[6];
    node[0] = gb_graph_input(graph, "z", 1, shape, NULL);
    node[1] = gb_graph_linear(graph, "one", node[0], "w", 1);
    node[2] = gb_graph_bias_act(graph, "one.act", node[1], &(gb_bias_act_options){.bias = "b"});
    node[3] = gb_graph_linear(graph, "two", node[2], "w", 1);
    node[4] = gb_graph_bias_act(graph, "two.act", node[3], &(gb_bias_act_options){.bias = "b"});
    node[5] = gb_graph_truncate(graph, "ws", node[4], "b", 2);
    gb_graph_output(graph, node[5]);
    OK(gb_context_new(&(gb_context_options){.threads = 1}, &context, &err));
    OK(gb_model_build(context, graph, &model, &err));
    const int64_t expected[] = {0, 16, 4, 0, 0, 0};
    for (int i = 0; i < 6; i++) {
        gb_model_node(model, node[i], &info);
        assert_int_equal(info.parameters, expected[i]);
    }
    gb_model_close(model);
    gb_context_free(context);
}

/* A .gbw never has arrays of types that can only be listed; if a network has one, it is refused. */
static void an_unreadable_weight_is_an_error_every_time(void **state) {
    (void)state;
    static const float bytes[16];
    gb_array opaque = {.dtype = GB_OPAQUE, .ndim = 2, .shape = {4, 4}, .data = bytes};
    gb_context *context;
    gb_model *model;
    gb_session *session;
    gb_graph *graph = gb_graph_new();
    gb_array_pack_strides(&opaque);
    assert_true(gb_network_add_array(graph->network, "w", &opaque));
    gb_node z = gb_graph_input(graph, "z", 1, (const int64_t[]){4}, NULL);
    gb_graph_role(graph, z, GB_ROLE_Z, 0);
    gb_graph_output(graph, gb_graph_linear(graph, "linear", z, "w", 1));
    OK(gb_context_new(&(gb_context_options){.threads = 1}, &context, &err));
    OK(gb_model_build(context, graph, &model, &err));
    OK(gb_session_new(model, NULL, &session, &err));
    OK(gb_session_set_z(session, bytes, &err));
    for (int i = 0; i < 2; i++) {
        assert_int_equal(gb_session_render(session, NULL, &err), GB_OK);
        float image[4];
        assert_int_equal(gb_session_render(session, image, &err), GB_BAD_FILE);
        assert_memory_equal(err.message, "tensor 'w': ", 12);
    }
    gb_session_free(session);
    gb_model_close(model);
    gb_context_free(context);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_and_aliases_are_found_by_index),
        cmocka_unit_test(the_first_of_equal_aliases_counts),
        cmocka_unit_test(a_weight_counts_at_the_first_node_that_uses_it),
        cmocka_unit_test(an_unreadable_weight_is_an_error_every_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
