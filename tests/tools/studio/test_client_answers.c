/* The answers of a client: statistics, maps, vectors; the files it writes and reads, and those it must not.
 *
 * usage: test_client_answers GANBEND, from the repository root. */
#define _POSIX_C_SOURCE 200809L
#include "client_group.h"

#include <math.h>
#include <sys/stat.h>
#include <turbojpeg.h>

#define TURNED "{\"inputs\": {\"seeds\": 7}, \"bends\": [{\"at\": \"synthesis.b16.conv1\", \"filter\": \"rotate\", " \
               "\"angle\": 40}]}"

int run_analysis_tests(void);           /* test_client_analyses.c; returns how many failed */
int run_model_tests(void);              /* test_client_models.c */
int run_film_tests(void);               /* test_client_films.c */
int run_value_tests(void);              /* test_client_values.c */

static const char *ganbend;

static char *contents(const char *path, size_t *size) {
    FILE *file = fopen(path, "rb");
    if (!file) fail_msg("no file %s", path);
    char *bytes = malloc(1 << 20);
    assert_non_null(bytes);
    *size = fread(bytes, 1, 1 << 20, file);
    fclose(file);
    return bytes;
}

/* ------------------------------------------------------------------------------------------------ network */

/* Numbers have the fewest digits that say which float they are: 0.33 is 0.33, not the float next to it. */
static void assert_numbers_are_short(const json_t *tree) {
    const char *key;
    json_t *value;
    size_t i;
    json_object_foreach((json_t *)tree, key, value) assert_numbers_are_short(value);
    json_array_foreach(tree, i, value) assert_numbers_are_short(value);
    if (!json_is_real(tree)) return;
    if (shortest_double((float)json_real_value(tree)) != json_real_value(tree)) fail_msg("%.9g", json_real_value(tree));
}

static void the_welcome_contains_everything_a_page_needs(void **state) {
    page mine;
    (void)state;
    open_page(&mine, &all);
    received a = say_hello(&mine, "");
    assert_string_equal(text_of(a.json, "version"), gb_version());
    assert_string_equal(text_of(a.json, "project"), "project");
    assert_true(json_is_null(json_object_get(a.json, "document")));
    json_t *filters = json_object_get(a.json, "filters"), *rotate = NULL;
    for (size_t i = 0; i < json_array_size(filters); i++)
        if (!strcmp(text_of(json_array_get(filters, i), "name"), "rotate")) rotate = json_array_get(filters, i);
    json_t *angle = json_array_get(json_object_get(rotate, "params"), 0);
    assert_string_equal(text_of(angle, "name"), "angle");
    assert_true(json_number_value(json_object_get(angle, "default_value")) == 45);
    assert_true(json_is_null(json_object_get(angle, "low")));
    assert_numbers_are_short(filters);
    free_received(&a);
    a = await_type(&mine, "network");
    json_t *nodes = json_object_get(a.json, "nodes");
    assert_int_equal(json_array_size(nodes), gb_model_node_count(all.model.model));
    for (size_t i = 0; i < json_array_size(nodes); i++) {
        json_t *node = json_array_get(nodes, i);
        bool conv = !strcmp(text_of(node, "name"), "synthesis.b16.conv1");
        if (conv) assert_string_equal(text_of(json_object_get(node, "act"), "name"), "lrelu");
        if (conv) assert_int_equal(json_integer_value(json_array_get(json_object_get(node, "shape"), 1)), 16);
    }
    free_received(&a);
    close_page(&mine);
}

static void a_model_is_chosen_by_its_number(void **state) {
    (void)state;
    send_message(&p, json_pack("{s:s, s:i}", "type", "model", "index", 0));
    received a = await_type(&p, "network");
    assert_string_equal(text_of(a.json, "name"), "toy");
    free_received(&a);
    ask_refused(&p, json_pack("{s:s, s:i}", "type", "model", "index", 1), "no model 1");
}

/* ------------------------------------------------------------------------------------------------ layers */

static json_t *look_message(const char *recipe, const char *node) {
    return json_pack("{s:s, s:s, s:s, s:i}", "type", "statistics", "recipe", recipe, "node", node, "bins", 32);
}

static json_int_t sum_of(const json_t *histogram) {
    json_t *counts = json_object_get(histogram, "counts");
    json_int_t sum = 0;
    assert_int_equal(json_array_size(counts), 32);
    for (size_t i = 0; i < 32; i++) sum += json_integer_value(json_array_get(counts, i));
    return sum;
}

static void statistics_count_every_value_of_a_layer(void **state) {
    (void)state;
    received a = ask(&p, look_message(TURNED, "synthesis.b16.conv1"));
    json_int_t count = number_of(a.json, "count");
    assert_int_equal(sum_of(json_object_get(a.json, "histogram")), count);
    assert_int_equal(sum_of(json_object_get(a.json, "before")), count);
    assert_true(json_number_value(json_object_get(a.json, "zeros")) > 0);       /* from the corners of the rotated maps */
    free_received(&a);
    a = ask(&p, look_message(TURNED, "z"));
    assert_true(json_is_null(json_object_get(a.json, "before")));
    free_received(&a);
    ask_refused(&p, look_message(TURNED, "nowhere"), "nowhere");
}

static void the_input_of_an_activation_includes_the_bias(void **state) {
    gb_node node = gb_model_find(all.model.model, "synthesis.b32.conv1");
    gb_node_info info, before;
    gb_session *session;
    float low = INFINITY, *values, bias[512];
    (void)state;
    gb_model_node(all.model.model, node, &info);
    gb_model_node(all.model.model, info.input[0], &before);
    assert_int_equal(gb_session_new(all.model.model, NULL, &session, NULL), 0);
    gb_session_seed(session, 7, NULL);
    gb_session_tap(session, before.name, NULL);
    assert_int_equal(gb_session_render(session, NULL, NULL), 0);
    values = malloc((size_t)before.shape[0] * 32 * 32 * sizeof *values);
    assert_non_null(values);
    gb_session_read(session, info.input[0], values, NULL);
    assert_true(before.shape[0] <= 512);
    gb_model_read_tensor(all.model.model, info.bias, bias, NULL);
    for (size_t i = 0; i < (size_t)before.shape[0] * 32 * 32; i++)
        low = fminf(low, values[i] + bias[i / 1024] * info.bias_gain);
    free(values);
    gb_session_free(session);
    received a = ask(&p, look_message("{inputs: {seeds: 7}, bends: []}", "synthesis.b32.conv1"));
    assert_true(fabs(json_number_value(json_object_get(json_object_get(a.json, "before"), "low")) - (double)low) < 1e-5);
    free_received(&a);
}

static void values_that_are_not_finite_are_counted_and_never_sent(void **state) {
    (void)state;
    received a = ask(&p, look_message("{bends: [{at: synthesis.b32.conv1, filter: multiply, factor: 1e38}, "
                                     "{at: synthesis.b32.conv1, filter: multiply, factor: 1e38}]}",
                                     "synthesis.b32.conv1"));
    assert_true(number_of(a.json, "nan") > 0);
    free_received(&a);
    a = ask(&p, json_pack("{s:s, s:s, s:s, s:i, s:i}", "type", "pick", "recipe",
                          "{bends: [{at: synthesis.b32.conv1, filter: multiply, factor: 1e38}, "
                          "{at: synthesis.b32.conv1, filter: multiply, factor: 1e38}]}", "node",
                          "synthesis.b32.conv1", "x", 3, "y", 4));
    free_received(&a);
}

static received ask_maps(const char *recipe, const char *order, int first, int count) {
    return ask(&p, json_pack("{s:s, s:s, s:s, s:s, s:i, s:i, s:i}", "type", "maps", "recipe", recipe, "node",
                             "synthesis.b16.conv1", "order", order, "side", 24, "first", first, "count", count));
}

static void maps_come_as_a_sheet_in_the_requested_order(void **state) {
    int width, height, samples;
    double last = INFINITY;
    tjhandle jpeg = tjInitDecompress();
    (void)state;
    received a = ask_maps(TURNED, "energy", 0, 10);
    json_t *channels = json_object_get(a.json, "channels"), *energies = json_object_get(a.json, "energies");
    assert_int_equal(json_array_size(channels), 10);
    assert_int_equal(json_array_size(energies), 10);
    for (size_t i = 0; i < 10; i++) {
        double energy = json_number_value(json_array_get(energies, i));
        assert_true(energy <= last);
        last = energy;
    }
    assert_int_equal(tjDecompressHeader2(jpeg, a.payload, (unsigned long)a.size, &width, &height, &samples), 0);
    assert_int_equal(width, 24 * number_of(a.json, "columns"));
    assert_int_equal(height, 24 * number_of(a.json, "rows"));
    free_received(&a);
    a = ask_maps(TURNED, "index", 3, 512);
    json_int_t of = number_of(a.json, "of");
    channels = json_object_get(a.json, "channels");
    assert_int_equal(json_array_size(channels), (size_t)of - 3);
    assert_int_equal(json_integer_value(json_array_get(channels, 0)), 3);
    free_received(&a);
    a = ask_maps(TURNED, "index", 1 << 30, 1);
    assert_int_equal(json_array_size(json_object_get(a.json, "channels")), 0);
    free_received(&a);
    tjDestroy(jpeg);
    ask_refused(&p, json_pack("{s:s, s:s, s:s, s:s, s:i, s:i, s:i}", "type", "maps", "recipe", TURNED, "node", "z",
                              "order", "index", "side", 24, "first", 0, "count", 1), "no feature maps");
}

static void clusters_partition_the_features_and_can_be_put_in_the_recipe(void **state) {
    bool seen[1024] = {false};
    size_t features = 0;
    (void)state;
    json_t *request = json_pack("{s:s, s:s, s:s, s:i}", "type", "cluster", "recipe", TURNED, "node",
                                "synthesis.b16.conv1", "clusters", 5);
    received a = ask(&p, json_incref(request)), b = ask(&p, request);
    json_t *clusters = json_object_get(a.json, "clusters");
    assert_true(json_equal(clusters, json_object_get(b.json, "clusters")));
    assert_int_equal(json_array_size(clusters), 5);
    for (size_t k = 0; k < 5; k++) {
        json_t *list = json_array_get(clusters, k);
        assert_true(json_array_size(list) > 0);
        for (size_t i = 0; i < json_array_size(list); i++, features++) {
            json_int_t feature = json_integer_value(json_array_get(list, i));
            assert_in_range(feature, 0, 1023);
            assert_false(seen[feature]);
            seen[feature] = true;
        }
    }
    json_t *recipe = json_pack("{s:{s:O}, s:[{s:s, s:s, s:{s:i}}]}", "clusters", "synthesis.b16.conv1", clusters,
                               "bends", "at", "synthesis.b16.conv1", "filter", "ablate", "features", "cluster", 2);
    char *text = json_dumps(recipe, 0);
    json_decref(recipe);
    free_received(&b);
    b = ask_maps(text, "cluster", 0, 512);
    json_t *of = json_object_get(b.json, "clusters"), *channels = json_object_get(b.json, "channels");
    assert_int_equal(json_array_size(of), features);
    for (size_t i = 0; i < features; i++) {
        json_t *list = json_array_get(clusters, (size_t)json_integer_value(json_array_get(of, i)));
        bool found = false;
        for (size_t j = 0; j < json_array_size(list); j++)
            found |= json_equal(json_array_get(list, j), json_array_get(channels, i));
        assert_true(found);
        if (json_integer_value(json_array_get(of, i)) == 2)
            assert_true(json_number_value(json_array_get(json_object_get(b.json, "energies"), i)) == 0);
    }
    free_received(&a), free_received(&b);
    free(text);
}

static void a_picked_vector_has_the_values_of_the_layer(void **state) {
    gb_session *session;
    float *maps = malloc((size_t)512 * 256 * sizeof *maps);
    gb_node node = gb_model_find(all.model.model, "synthesis.b16.conv1");
    (void)state;
    assert_non_null(maps);
    assert_int_equal(gb_session_new(all.model.model, NULL, &session, NULL), 0);
    gb_session_seed(session, 7, NULL);
    gb_session_tap(session, "synthesis.b16.conv1", NULL);
    assert_int_equal(gb_session_render(session, NULL, NULL), 0);
    gb_session_read(session, node, maps, NULL);
    gb_session_free(session);
    received a = ask(&p, json_pack("{s:s, s:s, s:s, s:i, s:i}", "type", "pick", "recipe",
                                  "{inputs: {seeds: 7}, bends: []}", "node", "synthesis.b16.conv1", "x", 9, "y", 5));
    json_t *values = json_object_get(a.json, "values");
    for (size_t c = 0; c < json_array_size(values); c++)
        assert_true((float)json_number_value(json_array_get(values, c)) == maps[c * 256 + 5 * 16 + 9]);
    assert_int_equal(strncmp(text_of(a.json, "thumbnail"), "data:image/jpeg;base64,/9j/", 27), 0);
    free_received(&a);
    free(maps);
    ask_refused(&p, json_pack("{s:s, s:s, s:s, s:i, s:i}", "type", "pick", "recipe", TURNED, "node",
                              "synthesis.b16.conv1", "x", 16, "y", 5), "16 columns");
}

static void the_z_of_a_seed_uses_the_models_generator(void **state) {
    float z[4];
    (void)state;
    gb_randn(GB_RNG_NUMPY, 4294967295u, 4, z);
    received a = ask(&p, json_pack("{s:s, s:I}", "type", "z", "seed", (json_int_t)4294967295));
    assert_int_equal(json_array_size(json_object_get(a.json, "z")), 128);
    for (size_t i = 0; i < 4; i++)
        assert_true((float)json_number_value(json_array_get(json_object_get(a.json, "z"), i)) == z[i]);
    free_received(&a);
}

static void a_recipe_is_parsed_or_its_wrong_line_is_named(void **state) {
    (void)state;
    received a = ask(&p, json_pack("{s:s, s:s}", "type", "parse", "text", "bends:\n- at: z\n  add: {3: 0.5}\n"));
    json_t *bend = json_array_get(json_object_get(json_object_get(a.json, "recipe"), "bends"), 0);
    assert_string_equal(text_of(bend, "at"), "z");
    free_received(&a);
    a = ask_for(&p, json_pack("{s:s, s:s}", "type", "parse", "text", "bends:\n- at: z\n  ad: {3: 0.5}\n"), "ad");
    assert_int_equal(number_of(a.json, "line"), 3);
    free_received(&a);
}

/* ------------------------------------------------------------------------------------------------ saving */

static json_t *save_message(const char *name, const char *text, bool replace) {
    return json_pack("{s:s, s:s, s:s, s:b, s:b}", "type", "save", "name", name, "text", text, "png", 1, "replace",
                     replace);
}

static void a_saved_picture_equals_the_command_lines(void **state) {
    static const char *const recipes[] = {
        "inputs: {seeds: 7}\nbends: []\n",
        "inputs: {seeds: 12, trunc: 0.6, cutoff: 4, noise: 'random:5'}\nbends:\n"
        "  - {at: synthesis.b16.conv1, filter: rotate, angle: 30, features: {random: 0.5, seed: 7}}\n"
        "  - {at: \"synthesis.b*.conv0\", activation: sinlu, a: 1.5, like: paper}\n"
        "  - {at: z, add: {3: 0.5, 10: -1}}\n  - {w: 4-9, style: {seed: 9, share: 0.4}}\n"
        "  - {at: synthesis.b64.conv1, noise: off, muted: true}\n",
        "inputs: {seeds: 3, rng: torch, noise: none}\nbends:\n  - {at: synthesis.b32.conv1, filter: multiply, factor: 9}\n",
    };
    char command[1200], ours[300], theirs[300], name[32];
    (void)state;
    for (int i = 0; i < 3; i++) {
        size_t a_size, b_size;
        snprintf(name, sizeof name, "saved %d", i);
        received a = ask(&p, save_message(name, recipes[i], false));
        snprintf(ours, sizeof ours, "%s/%s", all.out, text_of(a.json, "picture"));
        snprintf(theirs, sizeof theirs, "%s/theirs.png", all.out);
        snprintf(command, sizeof command, "'%s' render " TOY " --threads 1 --bend '%s/%s' -o '%s'", ganbend, all.out,
                 text_of(a.json, "recipe"), theirs);
        free_received(&a);
        if (system(command) != 0) fail_msg("failed: %s", command);
        char *bytes = contents(ours, &a_size), *other = contents(theirs, &b_size);
        assert_int_equal(a_size, b_size);
        assert_memory_equal(bytes, other, a_size);
        free(bytes);
        free(other);
        remove(theirs);
    }
}

static void replaced_recipes_and_pictures_keep_their_permissions(void **state) {
    static const char *const files[] = {"private.yaml", "private.png"};
    struct stat info;
    (void)state;
    received a = ask(&p, save_message("private", TURNED, false));
    free_received(&a);
    for (int i = 0; i < 2; i++) assert_int_equal(chmod(in_folder(&all, files[i]), 0600), 0);
    a = ask(&p, save_message("private", TURNED, true));
    assert_string_equal(text_of(a.json, "picture"), "private.png");
    free_received(&a);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(stat(in_folder(&all, files[i]), &info), 0);
        assert_int_equal(info.st_mode & 0777, 0600);
        remove(in_folder(&all, files[i]));
    }
}

static void a_name_is_used_once_and_the_next_number_is_found(void **state) {
    (void)state;
    received a = ask(&p, save_message("", TURNED, false)), b = ask(&p, save_message("", TURNED, false));
    assert_string_equal(text_of(a.json, "recipe"), "picture-0001.yaml");
    assert_string_equal(text_of(b.json, "picture"), "picture-0002.png");
    ask_refused(&p, save_message("picture-0001", TURNED, false), "already exists");
    free_received(&a);
    a = ask(&p, save_message("picture-0001", "bends: []\n", true));
    free_received(&a), free_received(&b);
    a = ask(&p, json_pack("{s:s, s:s}", "type", "open", "name", "picture-0001.yaml"));
    assert_string_equal(text_of(a.json, "text"), "bends: []\n");
    free_received(&a);
    a = ask(&p, json_pack("{s:s, s:s}", "type", "open", "name", "picture-0002.png"));
    assert_string_equal(text_of(a.json, "text"), TURNED);
    free_received(&a);
    a = ask(&p, json_pack("{s:s}", "type", "files"));
    assert_string_equal(json_string_value(json_array_get(json_object_get(a.json, "recipes"), 0)), "picture-0001.yaml");
    free_received(&a);
}

static void a_picture_of_the_command_line_opens_with_its_inputs(void **state) {
    char command[1200];
    (void)state;
    put_file(&all, "turned.yaml", "bends: [{at: synthesis.b16.conv1, filter: rotate, angle: 40}]");
    snprintf(command, sizeof command, "'%s' render " TOY " --seeds 12 --trunc 0.5 --bend '%s/turned.yaml' -o '%s/turned.png'",
             ganbend, all.out, all.out);
    if (system(command) != 0) fail_msg("failed: %s", command);
    received a = ask(&p, json_pack("{s:s, s:s}", "type", "open", "name", "turned.png"));
    received b = ask(&p, json_pack("{s:s, s:O}", "type", "parse", "text", json_object_get(a.json, "text")));
    json_t *inputs = json_object_get(json_object_get(b.json, "recipe"), "inputs");
    assert_int_equal(number_of(inputs, "seeds"), 12);
    assert_true(json_number_value(json_object_get(inputs, "trunc")) == 0.5);
    free_received(&a), free_received(&b);
}

static void a_recipe_that_does_not_render_is_not_saved(void **state) {
    size_t before = files_in(&all, "");
    (void)state;
    ask_refused(&p, save_message("broken", "bends: [{at: nowhere, filter: invert}]", false), "nowhere");
    assert_int_equal(files_in(&all, ""), before);
}

static void names_are_never_paths(void **state) {
    static const char *const names[] = {"../x", "/tmp/x", "a/b", ".x", "..", "a\\b", "x\n", "\xe2\x80\xae", "a%sb", "~",
                                        "12345678901234567890123456789012345678901234567890123456789012345"};
    size_t before = files_in(&all, "");
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char name[100];
        ask_refused(&p, save_message(names[i], TURNED, true), "a name has");
        ask_refused(&p, json_pack("{s:s, s:s, s:s, s:i, s:i}", "type", "film", "name", names[i], "format", "png", "fps",
                                  25, "frames", 1), "a name has");
        snprintf(name, sizeof name, "%s.yaml", names[i]);
        received a = ask_for(&p, json_pack("{s:s, s:s}", "type", "open", "name", name), "");
        assert_non_null(json_object_get(a.json, "error"));
        free_received(&a);
    }
    ask_refused(&p, json_pack("{s:s, s:s}", "type", "open", "name", "passwd"), "neither a .yaml nor a .png");
    assert_int_equal(files_in(&all, ""), before);
}

static void symbolic_links_are_not_followed(void **state) {
    char elsewhere[80], path[100];
    size_t size;
    (void)state;
    snprintf(elsewhere, sizeof elsewhere, "%s-XXXXXX", all.out);
    assert_non_null(mkdtemp(elsewhere));
    snprintf(path, sizeof path, "%s/secret.yaml", elsewhere);
    put_file(&all, "mine.yaml", "bends: []");
    assert_int_equal(rename(in_folder(&all, "mine.yaml"), path), 0);
    assert_int_equal(symlink(path, in_folder(&all, "link.yaml")), 0);
    ask_refused(&p, json_pack("{s:s, s:s}", "type", "open", "name", "link.yaml"), "link");
    received a = ask(&p, save_message("link", TURNED, true));    /* replaces the link */
    free_received(&a);
    char *bytes = contents(path, &size);
    assert_int_equal(size, strlen("bends: []"));
    free(bytes);
    remove(path);
    remove(elsewhere);
}

/* ------------------------------------------------------------------------------------------------ projects */

static void a_kept_document_comes_back_with_its_project(void **state) {
    static const char kept[] = "{\"type\":\"keep\",\"id\":77,\"document\":{\"z\":[0.1,-0.0,1e-7],\"text\":\"\\u00fc\"}}";
    char reason[CLOSE_REASON];
    size_t size;
    page one, two;
    (void)state;
    open_page(&one, &all);
    open_page(&two, &all);
    received a = say_hello(&one, "piece"), b = say_hello(&two, "piece");
    assert_string_equal(text_of(a.json, "project"), "piece");
    assert_string_equal(text_of(b.json, "project"), "project");
    assert_int_equal(client_receive(one.client, false, kept, strlen(kept), reason), 0);
    free_received(&a), free_received(&b);
    do {
        free_received(&a);
        a = await(&one);
    } while (number_of(a.json, "id") != 77);
    assert_null(json_object_get(a.json, "error"));
    free_received(&a);
    char *bytes = contents(in_folder(&all, "studio/piece.json"), &size);
    assert_int_equal(size, strlen(strstr(kept, "{\"z\"")) - 1);
    assert_memory_equal(bytes, strstr(kept, "{\"z\""), size);
    free(bytes);
    close_page(&one);
    a = say_hello(&two, "piece");
    assert_string_equal(text_of(a.json, "project"), "piece");
    json_t *z = json_object_get(json_object_get(a.json, "document"), "z");
    assert_true(json_number_value(json_array_get(z, 0)) == 0.1);
    free_received(&a);
    close_page(&two);
}

static void the_same_tab_takes_its_project_over(void **state) {
    page old, new;
    (void)state;
    open_page(&old, &all);
    open_page(&new, &all);
    send_message(&old, json_pack("{s:s, s:s, s:s}", "type", "hello", "project", "mine", "tab", "q8"));
    received a = await_type(&old, "welcome");
    send_message(&new, json_pack("{s:s, s:s, s:s}", "type", "hello", "project", "mine", "tab", "q8"));
    received b = await_type(&new, "welcome");
    assert_string_equal(text_of(b.json, "project"), "mine");
    free_received(&a), free_received(&b);
    ask_refused(&old, json_pack("{s:s, s:{}}", "type", "keep", "document"), "another connection");
    close_page(&old);
    a = ask(&new, json_pack("{s:s, s:{}}", "type", "keep", "document"));
    free_received(&a);
    close_page(&new);
}

/* Opens the project, keeps a document in it, and returns the name under which what was there is kept. */
static void begin_again(const char *project, char aside[80]) {
    page mine;
    open_page(&mine, &all);
    received a = say_hello(&mine, project);
    assert_string_equal(text_of(a.json, "project"), project);
    assert_true(json_is_null(json_object_get(a.json, "document")));
    snprintf(aside, 80, "%s", text_of(a.json, "aside"));
    free_received(&a);
    a = ask(&mine, json_pack("{s:s, s:{s:i}}", "type", "keep", "document", "new", 1));
    free_received(&a);
    close_page(&mine);
}

static void a_damaged_document_is_put_aside(void **state) {
    static const char *const damaged[] = {"{\"a\": [1, 2", "[1, 2]", "", "{\"a\": \"\xff\"}"};
    char aside[80], wanted[80], text[16];
    (void)state;
    put_file(&all, "keep-me.yaml", "bends: []");
    mkdir(in_folder(&all, "studio"), 0777);
    for (int i = 0; i < 4; i++) {
        put_file(&all, "studio/damaged.json", damaged[i]);
        begin_again("damaged", aside);
        snprintf(wanted, sizeof wanted, "studio/damaged.json.damaged-%d", i + 1);
        assert_string_equal(aside, wanted);
        FILE *file = fopen(in_folder(&all, aside), "rb");
        assert_non_null(file);
        text[fread(text, 1, sizeof text - 1, file)] = '\0';
        fclose(file);
        assert_string_equal(text, damaged[i]);
    }
    assert_int_equal(symlink("keep-me.yaml", in_folder(&all, "studio/link.json")), 0);
    begin_again("link", aside);
    assert_string_equal(aside, "studio/link.json.damaged-1");
    page mine;
    open_page(&mine, &all);
    received a = say_hello(&mine, "damaged");        /* what was kept since */
    assert_int_equal(number_of(json_object_get(a.json, "document"), "new"), 1);
    assert_true(json_is_null(json_object_get(a.json, "aside")));
    free_received(&a);
    close_page(&mine);
}

static void a_thumbnail_is_a_small_picture_of_its_recipe(void **state) {
    uint8_t small[16 * 16 * 3], other[16 * 16 * 3];
    tjhandle jpeg = tjInitDecompress();
    (void)state;
    for (int i = 0; i < 2; i++) {
        received a = ask(&p, json_pack("{s:s, s:s, s:i}", "type", "thumbnail", "recipe", i ? TURNED : "{inputs: {seeds: 7}}", "side", 16));
        assert_int_equal(number_of(a.json, "width"), 16);
        assert_int_equal(number_of(a.json, "height"), 16);
        assert_int_equal(tjDecompress2(jpeg, a.payload, (unsigned long)a.size, i ? other : small, 16, 0, 16, TJPF_RGB, 0), 0);
        free_received(&a);
    }
    tjDestroy(jpeg);
    assert_memory_not_equal(small, other, sizeof small);
    ask_refused(&p, json_pack("{s:s, s:s, s:i}", "type", "thumbnail", "recipe", "bends: [{at: nowhere, filter: blur}]", "side", 16), "nowhere");
}

static json_t *keep_with(const char *picture) {
    return json_pack("{s:s, s:{s:i}, s:s}", "type", "keep", "document", "version", 1, "picture", picture);
}

static void works_are_listed_with_the_pictures_that_their_pages_sent(void **state) {
    page mine, left = {0};
    json_t *work;
    size_t at;
    (void)state;
    open_page(&mine, &all);
    received a = say_hello(&mine, "painted");
    free_received(&a);
    a = ask(&mine, keep_with("/9j/AA=="));                  /* the first bytes of a JPEG */
    free_received(&a);
    put_file(&all, "studio/not a work.txt", "");
    put_file(&all, "studio/../plain.json", "{}");
    put_file(&all, "studio/plain.json", "{}");
    a = ask(&mine, json_pack("{s:s, s:i}", "type", "works", "count", 64));
    const json_t *works = json_object_get(a.json, "works");
    size_t found = 0;
    for (size_t i = 0; i < json_array_size(works); i++) {
        work = json_array_get(works, i);
        assert_string_not_equal(text_of(work, "name"), "not a work");
        if (!strcmp(text_of(work, "name"), "plain")) {
            assert_true(json_is_null(json_object_get(work, "picture")) && json_is_false(json_object_get(work, "open")));
            found++;
        }
        if (strcmp(text_of(work, "name"), "painted") != 0) continue;
        assert_string_equal(text_of(work, "picture"), "/9j/AA==");
        assert_true(json_is_true(json_object_get(work, "open")));
        assert_true(number_of(work, "changed") >= 0);
        found++;
    }
    assert_int_equal(found, 2);
    free_received(&a);
    for (int i = 0; i < 2; i++) {           /* a page that has left a work behind may return to it, another page may not */
        page back;
        open_page(&back, &all);
        send_message(&back, json_pack("{s:s, s:s, s:s}", "type", "hello", "project", i ? "there" : "left", "tab", "one tab"));
        a = await_type(&back, "welcome");
        free_received(&a);
        a = ask(&back, json_pack("{s:s, s:{s:i}}", "type", "keep", "document", "version", 1));
        free_received(&a);
        if (!i) {
            left = back;
            continue;
        }
        for (int k = 0; k < 2; k++) {
            a = ask(k ? &mine : &back, json_pack("{s:s, s:i}", "type", "works", "count", 64));
            json_array_foreach(json_object_get(a.json, "works"), at, work)
                if (!strcmp(text_of(work, "name"), "left")) assert_int_equal(json_is_true(json_object_get(work, "open")), k);
            free_received(&a);
        }
        client_close(back.client);
        client_close(left.client);
    }
    for (size_t i = 0; i < 3; i++) {                        /* not JPEG, not base64 */
        static const char *const wrong[] = {"AAAAAA==", "####", "/9j/AA="};
        a = ask(&mine, keep_with(wrong[i]));
        free_received(&a);
    }
    a = ask(&mine, json_pack("{s:s, s:i}", "type", "works", "count", 1));
    assert_int_equal(json_array_size(json_object_get(a.json, "works")), 1);
    free_received(&a);
    close_page(&mine);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_thumbnail_is_a_small_picture_of_its_recipe),
        cmocka_unit_test(works_are_listed_with_the_pictures_that_their_pages_sent),
        cmocka_unit_test(the_welcome_contains_everything_a_page_needs),
        cmocka_unit_test(a_model_is_chosen_by_its_number),
        cmocka_unit_test(statistics_count_every_value_of_a_layer),
        cmocka_unit_test(the_input_of_an_activation_includes_the_bias),
        cmocka_unit_test(values_that_are_not_finite_are_counted_and_never_sent),
        cmocka_unit_test(maps_come_as_a_sheet_in_the_requested_order),
        cmocka_unit_test(clusters_partition_the_features_and_can_be_put_in_the_recipe),
        cmocka_unit_test(a_picked_vector_has_the_values_of_the_layer),
        cmocka_unit_test(the_z_of_a_seed_uses_the_models_generator),
        cmocka_unit_test(a_recipe_is_parsed_or_its_wrong_line_is_named),
        cmocka_unit_test(replaced_recipes_and_pictures_keep_their_permissions),
        cmocka_unit_test(a_name_is_used_once_and_the_next_number_is_found),
        cmocka_unit_test(a_saved_picture_equals_the_command_lines),
        cmocka_unit_test(a_picture_of_the_command_line_opens_with_its_inputs),
        cmocka_unit_test(a_recipe_that_does_not_render_is_not_saved),
        cmocka_unit_test(names_are_never_paths),
        cmocka_unit_test(symbolic_links_are_not_followed),
        cmocka_unit_test(a_kept_document_comes_back_with_its_project),
        cmocka_unit_test(the_same_tab_takes_its_project_over),
        cmocka_unit_test(a_damaged_document_is_put_aside),
    };
    if (argc != 2) return 2;
    ganbend = argv[1];
    int failed = cmocka_run_group_tests(tests, set_up, tear_down) + run_film_tests() + run_value_tests();
#if GANBEND_ANALYSIS
    failed += run_analysis_tests();
    failed += run_model_tests();
#endif
    return failed;
}
