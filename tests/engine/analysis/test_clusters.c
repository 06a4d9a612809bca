/* k-means against kmeans_pytorch, clusters that agree whatever the samples, and their files. */
#define _XOPEN_SOURCE 700       /* mkdtemp */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/analysis/kmeans.h"
#include "engine/ganbend_analysis.h"
#include "tests/engine/ok.h"

enum { MOST_POINTS = 128, WIDTH = 10, CLUSTERS = 5 };

static void *array_of(gb_file *file, const char *name, size_t count, bool doubles) {
    size_t index;
    gb_array_info info;
    assert_true(gb_file_find(file, name, &index));
    gb_file_array(file, index, &info);
    assert_int_equal(info.count, count);
    void *values = malloc(count * sizeof(double));
    assert_non_null(values);
    if (doubles)
        OK(gb_file_read_double(file, index, values, &err));
    else
        OK(gb_file_read(file, index, values, &err));
    return values;
}

/* The same ids, centres and number of iterations as kmeans_pytorch from the same initial points. */
static void check_published(const char *path, const char *points_name, size_t points) {
    gb_file *file;
    OK(gb_file_open(path, &file, &err));
    float *point = array_of(file, points_name, points * WIDTH, false);
    double *first = array_of(file, "init_indices", CLUSTERS, true), *expected = array_of(file, "assignment", points, true);
    double *centres = array_of(file, "centres", CLUSTERS * WIDTH, true), *iterations = array_of(file, "iterations", 1, true);
    size_t initial[CLUSTERS];
    int cluster[MOST_POINTS];
    double centre[CLUSTERS * WIDTH];
    gb_kmeans k = {.points = points, .width = WIDTH, .clusters = CLUSTERS, .point = point, .cluster = cluster, .centre = centre};
    for (int i = 0; i < CLUSTERS; i++)
        initial[i] = (size_t)first[i];
    assert_true(gb_kmeans_from(&k, initial, 1));
    assert_int_equal(k.iterations, (int)iterations[0]);
    for (size_t i = 0; i < points; i++)
        assert_int_equal(cluster[i], (int)expected[i]);
    for (int i = 0; i < CLUSTERS * WIDTH; i++)
        assert_true(fabs(centre[i] - centres[i]) < 1e-5);
    free(point);
    free(first);
    free(expected);
    free(centres);
    free(iterations);
    gb_file_close(file);
}

static void kmeans_as_published(void **state) {
    (void)state;
    check_published("tests/fixtures/understanding/kmeans.npz", "points", 80);
    check_published("tests/fixtures/understanding/clusters-layer3.npz", "embedding_average", 32);
}

static void the_best_of_many_runs(void **state) {
    (void)state;
    enum { POINTS = 60, TWO = 2, GROUPS = 3 };
    static const float at[GROUPS][TWO] = {{0, 0}, {10, 0}, {0, 10}};
    static const int sizes[GROUPS] = {10, 30, 20};      /* numbered 2, 0, 1 by size */
    static const int expected[GROUPS] = {2, 0, 1};
    float noise[POINTS * TWO], point[POINTS * TWO];
    int group[POINTS], cluster[POINTS], n = 0;
    double centre[GROUPS * TWO];
    gb_randn(GB_RNG_NUMPY, 3, POINTS * TWO, noise);
    for (int g = 0; g < GROUPS; g++)
        for (int i = 0; i < sizes[g]; i++, n++)
            for (int d = 0; d < TWO; d++) {
                group[n] = g;
                point[n * TWO + d] = at[g][d] + 0.5f * noise[n * TWO + d];
            }
    gb_kmeans k = {.points = POINTS, .width = TWO, .clusters = GROUPS, .point = point, .cluster = cluster, .centre = centre};
    for (uint64_t seed = 0; seed < 10; seed++) {
        assert_true(gb_kmeans_best(&k, 10, seed));
        for (int i = 0; i < POINTS; i++)
            assert_int_equal(cluster[i], expected[group[i]]);
    }
    /* As many clusters as points, and equal points. */
    gb_kmeans each = {.points = 3, .width = TWO, .clusters = 3, .point = point, .cluster = cluster, .centre = centre};
    assert_true(gb_kmeans_best(&each, 3, 1));
    assert_true(each.inertia < 1e-9);
    memset(point, 0, sizeof point);
    assert_true(gb_kmeans_best(&k, 3, 1));
    assert_true(k.inertia < 1e-9);
}

/* ------------------------------------------------------------------------------------------------ of a model */

static gb_context *context;
static gb_model *model;

static double pairs(double n) {
    return n * (n - 1) / 2;
}

/* The adjusted Rand index of two clusterings (Hubert and Arabie 1985): 1 if they are equal, about 0 if unrelated. */
static double agreement(const gb_layer_clusters *a, const gb_layer_clusters *b) {
    double both[8][8] = {{0}}, of_a[8] = {0}, of_b[8] = {0}, index = 0, sum_a = 0, sum_b = 0;
    for (int f = 0; f < a->channels; f++) {
        both[a->cluster[f]][b->cluster[f]]++;
        of_a[a->cluster[f]]++;
        of_b[b->cluster[f]]++;
    }
    for (int i = 0; i < 8; i++) {
        sum_a += pairs(of_a[i]);
        sum_b += pairs(of_b[i]);
        for (int k = 0; k < 8; k++)
            index += pairs(both[i][k]);
    }
    double expected = sum_a * sum_b / pairs(a->channels), most = (sum_a + sum_b) / 2;
    return most > expected ? (index - expected) / (most - expected) : 1;
}

static int by_value(const void *a, const void *b) {
    return (*(const double *)a > *(const double *)b) - (*(const double *)a < *(const double *)b);
}

/* Other samples and other starts give nearly the same clusters. */
static void clusters_agree_over_seeds(void **state) {
    (void)state;
    enum { SEEDS = 4, PAIRS = SEEDS * (SEEDS - 1) / 2 };
    gb_clustering *found[SEEDS];
    for (int s = 0; s < SEEDS; s++)
        OK(gb_find_clusters(model, &(gb_cluster_options){.samples = 24, .seed = 1000 * (uint64_t)s, .at = "synthesis.b*.conv1"},
                            &found[s], &err));
    for (size_t i = 0; i < gb_clustering_layers(found[0]); i++) {
        double all[PAIRS];
        int n = 0;
        gb_layer_clusters a, b;
        for (int s = 0; s < SEEDS; s++)
            for (int t = 0; t < s; t++) {
                gb_clustering_layer(found[s], i, &a);
                gb_clustering_layer(found[t], i, &b);
                all[n++] = agreement(&a, &b);
            }
        qsort(all, PAIRS, sizeof *all, by_value);
        if (!(all[PAIRS / 2] >= 0.7))
            fail_msg("%s: median adjusted Rand index %.3f", a.name, all[PAIRS / 2]);
    }
    for (int s = 0; s < SEEDS; s++)
        gb_clustering_free(found[s]);
}

static void a_saved_clustering_is_used_by_a_recipe(void **state) {
    (void)state;
    static const char text[] = "clusters: clusters.yaml\nbends:\n"
                               "  - {at: synthesis.b8.conv1, filter: ablate, features: {cluster: 1}}\n";
    char folder[] = "/tmp/ganbend-test-XXXXXX", path[64], recipe_path[64];
    gb_clustering *found;
    gb_layer_clusters l;
    gb_recipe *recipe;
    gb_session *session;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/clusters.yaml", folder);
    snprintf(recipe_path, sizeof recipe_path, "%s/recipe.yaml", folder);
    OK(gb_find_clusters(model, &(gb_cluster_options){.samples = 5, .clusters = 3, .at = "synthesis.b8.*"}, &found, &err));
    OK(gb_clustering_save(found, path, &err));
    OK(gb_clustering_save(found, path, &err));      /* a file of its own kind is replaced */
    OK(gb_recipe_parse(text, sizeof text - 1, recipe_path, &recipe, &err));
    OK(gb_session_new(model, &(gb_session_options){.purpose = GB_INTERACTIVE}, &session, &err));
    OK(gb_session_seed(session, 1, &err));
    OK(gb_session_tap(session, "synthesis.b8.conv1", &err));
    OK(gb_recipe_apply(recipe, session, &err));
    OK(gb_session_render(session, NULL, &err));
    for (size_t i = 0; i < gb_clustering_layers(found); i++) {
        gb_clustering_layer(found, i, &l);
        if (strcmp(l.name, "synthesis.b8.conv1"))
            continue;
        float *maps = malloc((size_t)l.channels * 64 * sizeof *maps);
        assert_non_null(maps);
        OK(gb_session_read(session, l.node, maps, &err));
        for (int f = 0; f < l.channels; f++) {
            bool zero = true;
            for (int p = 0; p < 64; p++)
                zero &= !(fabsf(maps[f * 64 + p]) > 0);
            assert_int_equal(zero, l.cluster[f] == 1);
        }
        free(maps);
    }
    assert_int_equal(gb_check_output(path, GB_OUTPUT_NPZ, &err), GB_BAD_ARGUMENT);
    gb_session_free(session);
    gb_recipe_free(recipe);
    gb_clustering_free(found);
    unlink(path);
    rmdir(folder);
}

static bool stop(void *arg, double share) {
    int *calls = arg;
    assert_true(share >= 0 && share <= 1);
    return ++*calls < 2;
}

static void wrong_options_and_cancelling(void **state) {
    (void)state;
    gb_clustering *found;
    int calls = 0;
    assert_int_equal(gb_find_clusters(model, &(gb_cluster_options){.at = "mapping*"}, &found, &err), GB_BAD_ARGUMENT);
    assert_null(found);
    assert_int_equal(gb_find_clusters(model, &(gb_cluster_options){.clusters = -1}, &found, &err), GB_BAD_ARGUMENT);
    assert_int_equal(gb_find_clusters(model, &(gb_cluster_options){.psi = NAN}, &found, &err), GB_BAD_ARGUMENT);
    assert_int_equal(gb_find_clusters(model, &(gb_cluster_options){.at = "synthesis.b4.conv1", .progress = stop,
                                                                   .progress_arg = &calls}, &found, &err), GB_CANCELLED);
    assert_int_equal(calls, 2);
    gb_model *things;
    OK(gb_model_read(context, "weights/demo/things-64.gbw", &things, &err));
    assert_int_equal(gb_find_clusters(things, NULL, &found, &err), GB_BAD_ARGUMENT);
    OK(gb_find_clusters(things, &(gb_cluster_options){.at = "blocks.1.0", .samples = 8, .clusters = 4}, &found, &err));
    gb_clustering_free(found);
    gb_model_close(things);
}

static int open_model(void **state) {
    (void)state;
    return gb_context_new(&(gb_context_options){.threads = 2}, &context, &err) ||
           gb_model_read(context, "weights/demo/portraits-128.gbw", &model, &err);
}

static int close_model(void **state) {
    (void)state;
    gb_model_close(model);
    gb_context_free(context);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kmeans_as_published),
        cmocka_unit_test(the_best_of_many_runs),
        cmocka_unit_test(clusters_agree_over_seeds),
        cmocka_unit_test(a_saved_clustering_is_used_by_a_recipe),
        cmocka_unit_test(wrong_options_and_cancelling),
    };
    return cmocka_run_group_tests(tests, open_model, close_model);
}
