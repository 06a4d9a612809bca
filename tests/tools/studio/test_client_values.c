/* The values of boundaries that pages draw and export. */
#define _POSIX_C_SOURCE 200809L
#include "client_group.h"

#include <math.h>

#define SEED7 "{inputs: {seeds: 7}, bends: []}"
#define LAYER "synthesis.b16.conv1"

int run_value_tests(void);              /* returns how many failed */

enum { NUMBERS = 6 };

static json_t *message_of(const char *type, const char *recipe, const char *node, const char *show, int channel) {
    return json_pack("{s:s, s:s, s:s, s:s, s:i}", "type", type, "recipe", recipe, "node", node, "show", show, "channel", channel);
}

static json_t *values_message(const char *recipe, const char *node, const char *show, int channel, int side, bool each) {
    json_t *asks = message_of("values", recipe, node, show, channel);
    json_object_set_new(asks, "side", json_integer(side));
    json_object_set_new(asks, "each", json_boolean(each));
    return asks;
}

/* What the engine reads for seed 7, which the caller frees. */
static float *values_of(const char *name, gb_node_info *info, size_t *count) {
    gb_node node = gb_model_find(all.model.model, name);
    gb_session *session;
    gb_model_node(all.model.model, node, info);
    *count = 1;
    for (int i = 0; i < info->ndim; i++) *count *= (size_t)info->shape[i];
    float *values = malloc(*count * sizeof *values);
    assert_non_null(values);
    assert_int_equal(gb_session_new(all.model.model, NULL, &session, NULL), 0);
    gb_session_seed(session, 7, NULL);
    gb_session_tap(session, name, NULL);
    assert_int_equal(gb_session_render(session, NULL, NULL), 0);
    assert_int_equal(gb_session_read(session, node, values, NULL), 0);
    gb_session_free(session);
    return values;
}

static float payload_at(const received *a, size_t i) {
    float value;
    assert_true((i + 1) * sizeof value <= a->size);
    memcpy(&value, a->payload + i * sizeof value, sizeof value);
    return value;
}

static void assert_near(double value, double wanted) {
    if (fabs(value - wanted) > 1e-5 * (1 + fabs(wanted))) fail_msg("%.9g instead of %.9g", value, wanted);
}

static void a_map_has_the_values_of_the_layer_and_every_map_its_statistics(void **state) {
    gb_node_info info;
    size_t count;
    float *values = values_of(LAYER, &info, &count);
    size_t maps = (size_t)info.shape[0], plane = 256;
    (void)state;
    received a = ask(&p, values_message(SEED7, LAYER, "map", 5, 512, true));
    assert_int_equal(number_of(a.json, "maps"), maps);
    assert_int_equal(number_of(a.json, "height"), 16);
    assert_int_equal(number_of(a.json, "width"), 16);
    assert_int_equal(a.size, (plane + maps * NUMBERS) * sizeof(float));
    assert_memory_equal(a.payload, values + 5 * plane, plane * sizeof(float));
    for (size_t map = 0; map < maps; map++) {
        const float *v = values + map * plane;
        float low = INFINITY, high = -INFINITY;
        double sum = 0, squares = 0;
        for (size_t i = 0; i < plane; i++) {
            low = fminf(low, v[i]);
            high = fmaxf(high, v[i]);
            sum += (double)v[i];
            squares += (double)v[i] * (double)v[i];
        }
        size_t at = plane + map * NUMBERS;
        assert_true(payload_at(&a, at) == low && payload_at(&a, at + 1) == high);
        assert_near((double)payload_at(&a, at + 2), sum / (double)plane);
        assert_near((double)payload_at(&a, at + 3), sqrt(squares / (double)plane - sum / (double)plane * sum / (double)plane));
        assert_true(payload_at(&a, at + 5) == 0);
    }
    json_t *statistics = json_object_get(a.json, "statistics");
    assert_near(json_number_value(json_object_get(statistics, "mean")), (double)payload_at(&a, plane + 5 * NUMBERS + 2));
    assert_int_equal(number_of(statistics, "count"), plane);
    free_received(&a);
    free(values);
    ask_refused(&p, values_message(SEED7, LAYER, "map", (int)maps, 512, false), "maps, counted from 0");
    ask_refused(&p, values_message(SEED7, "nowhere", "map", 0, 512, false), "nowhere");
}

static void all_maps_are_combined_at_each_pixel(void **state) {
    gb_node_info info;
    size_t count;
    float *values = values_of(LAYER, &info, &count);
    (void)state;
    received energy = ask(&p, values_message(SEED7, LAYER, "energy", 0, 512, false));
    received mean = ask(&p, values_message(SEED7, LAYER, "mean", 0, 512, false));
    assert_int_equal(energy.size, 256 * sizeof(float));
    for (size_t i = 0; i < 256; i++) {
        double sum = 0, squares = 0, maps = (double)info.shape[0];
        for (size_t at = i; at < count; at += 256) {
            sum += (double)values[at];
            squares += (double)values[at] * (double)values[at];
        }
        assert_near((double)payload_at(&mean, i), sum / maps);
        assert_near((double)payload_at(&energy, i), sqrt(squares / maps));
    }
    free_received(&energy), free_received(&mean);
    free(values);
}

static void three_maps_are_colours_and_others_are_not(void **state) {
    gb_node_info info;
    size_t count;
    float *values = values_of("synthesis.b64.img", &info, &count);
    (void)state;
    received a = ask(&p, values_message(SEED7, "synthesis.b64.img", "colour", 0, 512, false));
    assert_int_equal(number_of(a.json, "planes"), 3);
    assert_int_equal(a.size, count * sizeof(float));
    assert_memory_equal(a.payload, values, a.size);
    free_received(&a);
    free(values);
    ask_refused(&p, values_message(SEED7, LAYER, "colour", 0, 512, false), "not a picture of three colours");
}

static void large_maps_are_reduced_by_areas_and_vectors_come_whole(void **state) {
    gb_node_info info;
    size_t count;
    float *values = values_of("synthesis.b32.conv1", &info, &count);
    (void)state;
    received a = ask(&p, values_message(SEED7, "synthesis.b32.conv1", "map", 2, 16, false));
    assert_int_equal(a.size, 256 * sizeof(float));
    for (size_t y = 0; y < 16; y++)
        for (size_t x = 0; x < 16; x++) {
            const float *v = values + 2 * 1024 + 2 * y * 32 + 2 * x;
            assert_near((double)payload_at(&a, 16 * y + x), ((double)v[0] + (double)v[1] + (double)v[32] + (double)v[33]) / 4);
        }
    free_received(&a);
    free(values);
    values = values_of("z", &info, &count);
    a = ask(&p, values_message(SEED7, "z", "energy", 0, 16, true));
    assert_int_equal(number_of(a.json, "height"), 1);
    assert_int_equal(number_of(a.json, "width"), count);
    assert_int_equal(a.size, (count + NUMBERS) * sizeof(float));
    for (size_t i = 0; i < count; i++) assert_near((double)payload_at(&a, i), fabs((double)values[i]));
    free_received(&a);
    free(values);
}

static void values_that_are_not_finite_stay_so(void **state) {
    const char *recipe = "{bends: [{at: " LAYER ", filter: multiply, factor: 1e38, features: 3}, "
                         "{at: " LAYER ", filter: multiply, factor: 1e38, features: 3}]}";
    size_t wrong = 0;
    (void)state;
    received a = ask(&p, values_message(recipe, LAYER, "map", 3, 512, true));
    for (size_t i = 0; i < 256; i++) wrong += !isfinite(payload_at(&a, i));
    assert_true(wrong > 0);
    assert_int_equal(number_of(json_object_get(a.json, "statistics"), "nan"), wrong);
    assert_true(payload_at(&a, 256 + 3 * NUMBERS + 5) == (float)wrong && payload_at(&a, 256 + 4 * NUMBERS + 5) == 0);
    free_received(&a);
}

static void assert_file_has(const char *file, const char *array, int ndim, const float *values, size_t count) {
    char path[160];
    gb_file *npz;
    size_t index;
    gb_array_info info;
    float *read = malloc(count * sizeof *read);
    assert_non_null(read);
    snprintf(path, sizeof path, "%s/%s", all.out, file);
    assert_int_equal(gb_file_open(path, &npz, NULL), 0);
    assert_int_equal(gb_file_array_count(npz), 1);
    assert_true(gb_file_find(npz, array, &index));
    gb_file_array(npz, index, &info);
    assert_int_equal(info.ndim, ndim);
    assert_int_equal(info.count, count);
    assert_int_equal(gb_file_read(npz, index, read, NULL), 0);
    assert_memory_equal(read, values, count * sizeof *read);
    gb_file_close(npz);
    free(read);
}

static void exported_values_are_exact_and_replace_nothing(void **state) {
    gb_node_info info;
    size_t count;
    float *values = values_of(LAYER, &info, &count);
    (void)state;
    received a = ask(&p, message_of("export", SEED7, LAYER, "all", 0));
    assert_string_equal(text_of(a.json, "file"), LAYER ".npz");
    assert_file_has(LAYER ".npz", LAYER, 4, values, count);
    free_received(&a);
    a = ask(&p, message_of("export", SEED7, LAYER, "map", 5));
    assert_string_equal(text_of(a.json, "file"), LAYER "-map5.npz");
    assert_file_has(LAYER "-map5.npz", LAYER, 2, values + 5 * 256, 256);
    free_received(&a);
    a = ask(&p, message_of("export", SEED7, LAYER, "map", 5));
    assert_string_equal(text_of(a.json, "file"), LAYER "-map5.npz");        /* the same values */
    free_received(&a);
    a = ask(&p, message_of("export", "{inputs: {seeds: 8}, bends: []}", LAYER, "map", 5));
    assert_string_equal(text_of(a.json, "file"), LAYER "-map5-2.npz");
    assert_file_has(LAYER "-map5.npz", LAYER, 2, values + 5 * 256, 256);
    free_received(&a);
    free(values);
    ask_refused(&p, message_of("export", SEED7, LAYER, "map", 1 << 20), "maps, counted from 0");
}

int run_value_tests(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_map_has_the_values_of_the_layer_and_every_map_its_statistics),
        cmocka_unit_test(all_maps_are_combined_at_each_pixel),
        cmocka_unit_test(three_maps_are_colours_and_others_are_not),
        cmocka_unit_test(large_maps_are_reduced_by_areas_and_vectors_come_whole),
        cmocka_unit_test(values_that_are_not_finite_stay_so),
        cmocka_unit_test(exported_values_are_exact_and_replace_nothing),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
