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

#include "engine/analysis/classifier_maps.h"
#include "engine/analysis/classifier_trainer.h"
#include "engine/analysis/kmeans.h"
#include "engine/base/platform.h"
#include "engine/ganbend_analysis.h"
#include "tests/engine/arrays.h"

enum { MOST_POINTS = 128, WIDTH = 10, CLUSTERS = 5 };

/* The same ids, centres and number of iterations as kmeans_pytorch from the same initial points. */
static void check_published(const char *path, const char *points_name, size_t points) {
    gb_file *file;
    OK(gb_file_open(path, &file, &err));
    float *point = array_of(file, points_name, points * WIDTH);
    double *first = doubles_of(file, "init_indices", CLUSTERS), *expected = doubles_of(file, "assignment", points);
    double *centres = doubles_of(file, "centres", CLUSTERS * WIDTH), *iterations = doubles_of(file, "iterations", 1);
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

/* The median of the agreement of all pairs of `seeds` clusterings of each layer, from other samples and other starts. */
static void check_agreement(gb_model *of, int seeds, const gb_cluster_options *how, bool print) {
    enum { MOST = 10, PAIRS = MOST * (MOST - 1) / 2 };
    gb_clustering *found[MOST];
    assert_true(seeds <= MOST);
    for (int s = 0; s < seeds; s++) {
        gb_cluster_options o = *how;
        o.seed = 1000 * (uint64_t)s;
        OK(gb_find_clusters(of, &o, &found[s], &err));
    }
    for (size_t i = 0; i < gb_clustering_layers(found[0]); i++) {
        double all[PAIRS];
        int n = 0;
        gb_layer_clusters a, b;
        for (int s = 0; s < seeds; s++)
            for (int t = 0; t < s; t++) {
                gb_clustering_layer(found[s], i, &a);
                gb_clustering_layer(found[t], i, &b);
                all[n++] = agreement(&a, &b);
            }
        qsort(all, (size_t)n, sizeof *all, by_value);
        if (print)
            printf("%-24s %d maps, %d seeds: median adjusted Rand index %.2f, least %.2f\n", a.name, a.channels, seeds, all[n / 2],
                   all[0]);
        if (!(all[n / 2] >= 0.7))
            fail_msg("%s: median adjusted Rand index %.3f", a.name, all[n / 2]);
    }
    for (int s = 0; s < seeds; s++)
        gb_clustering_free(found[s]);
}

static void clusters_agree_over_seeds(void **state) {
    (void)state;
    check_agreement(model, 4, &(gb_cluster_options){.samples = 24, .at = "synthesis.b*.conv1"}, false);
}

/* The long test: as users get them. */
static void clusters_agree_over_ten_seeds(void **state) {
    (void)state;
    gb_model *faces;
    OK(gb_model_read(context, "tests/fixtures/toy-faces-64.gbw", &faces, &err));
    check_agreement(faces, 10, &(gb_cluster_options){0}, true);
    gb_model_close(faces);
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

/* ------------------------------------------------------------------------------------------------ as published */

enum { SAMPLES = 4, MAPS = 32, Z = 64 };

static gb_model *convert(const char *checkpoint) {
    char path[64];
    gb_model *converted;
    snprintf(path, sizeof path, "test_clusters.%d.gbw", (int)getpid());
    OK(gb_convert(context, checkpoint, path, NULL, &err));
    OK(gb_model_read(context, path, &converted, &err));
    unlink(path);
    return converted;
}

typedef struct published {
    gb_model *generator, *classifier;
    const float *z;
    int asked_for;              /* the layer */
} published;

static gb_status give_classifier(void *arg, int layer, gb_model **classifier, gb_error *e) {
    published *p = arg;
    (void)e;
    p->asked_for = layer;
    *classifier = p->classifier;
    return GB_OK;
}

static gb_status set_inputs(void *arg, size_t sample, gb_session *session, gb_error *e) {
    const published *p = arg;
    if (gb_session_set_z(session, p->z + sample * Z, e) || gb_session_truncate(session, 0.5f, -1, e))
        return e->status;
    return gb_session_noise(session, GB_NOISE_CONST, 0, e);
}

static void assert_near(const float *values, const float *expected, size_t count, float tolerance) {
    for (size_t i = 0; i < count; i++)
        if (!(fabsf(values[i] - expected[i]) <= tolerance))
            fail_msg("value %zu is %g instead of %g", i, (double)values[i], (double)expected[i]);
}

/* The same lines after the comment at the top. */
static void assert_same_yaml(const char *path, const char *expected_path) {
    char line[256], expected[256];
    FILE *file = fopen(path, "r"), *expected_file = fopen(expected_path, "r");
    int lines = 0;
    assert_true(file && expected_file);
    assert_non_null(fgets(line, sizeof line, file));
    assert_true(line[0] == '#');
    for (; fgets(expected, sizeof expected, expected_file); lines++) {
        assert_non_null(fgets(line, sizeof line, file));
        assert_string_equal(line, expected);
    }
    assert_null(fgets(line, sizeof line, file));
    assert_int_equal(lines, MAPS + 1);
    fclose(file);
    fclose(expected_file);
}

/* From z's to network-bending's file, with its classifier and the first centres that its run drew. */
static void clusters_as_published(void **state) {
    (void)state;
    gb_file *file;
    gb_clustering *found;
    gb_layer_clusters l;
    char path[64];
    size_t initial[CLUSTERS];
    snprintf(path, sizeof path, "test_clusters.%d.yaml", (int)getpid());
    OK(gb_file_open("tests/fixtures/understanding/clusters-layer3.npz", &file, &err));
    float *z = array_of(file, "z", SAMPLES * Z), *embedding = array_of(file, "embedding_average", MAPS * WIDTH);
    float *stored = array_of(file, "embedding_eval_mode_first_sample", MAPS * WIDTH);
    double *first = doubles_of(file, "init_indices", CLUSTERS), *expected = doubles_of(file, "assignment", MAPS);
    for (int i = 0; i < CLUSTERS; i++)
        initial[i] = (size_t)first[i];
    published p = {convert("tests/fixtures/rosinality-64.pt"),
                   convert("tests/fixtures/understanding/clusters-layer3-classifier.pt"), z, -2};
    gb_cluster_options how = {.method = GB_CLUSTERS_PUBLISHED, .at = "convs.2", .samples = SAMPLES, .z = z, .stored_noise = true,
                              .classifier = give_classifier, .classifier_arg = &p, .initial = initial};
    OK(gb_find_clusters(p.generator, &how, &found, &err));
    assert_int_equal(p.asked_for, 3);
    gb_clustering_layer(found, 0, &l);
    assert_true(l.layer == 3 && l.channels == MAPS && l.clusters == CLUSTERS && l.embedding_width == WIDTH);
    assert_near(l.embedding, embedding, MAPS * WIDTH, 1e-4f);
    for (int f = 0; f < MAPS; f++)
        assert_int_equal(l.cluster[f], (int)expected[f]);
    assert_true(l.between > 0 && l.between < 1);
    OK(gb_clustering_save(found, path, &err));
    assert_same_yaml(path, "tests/fixtures/understanding/clusters-layer3.yaml");
    gb_clustering_free(found);
    unlink(path);

    how.inputs = set_inputs;            /* one picture, set by the caller */
    how.inputs_arg = &p;
    how.samples = 1;
    how.stored_statistics = true;
    OK(gb_find_clusters(p.generator, &how, &found, &err));
    gb_clustering_layer(found, 0, &l);
    assert_near(l.embedding, stored, MAPS * WIDTH, 1e-4f);
    gb_clustering_free(found);

    how.at = "convs.4";                 /* maps of another size */
    assert_int_equal(gb_find_clusters(p.generator, &how, &found, &err), GB_BAD_ARGUMENT);
    assert_non_null(strstr(err.message, "expected 32x32"));
    how.at = "convs.2";
    initial[1] = MAPS;
    assert_int_equal(gb_find_clusters(p.generator, &how, &found, &err), GB_BAD_ARGUMENT);
    how.classifier = NULL;
    assert_int_equal(gb_find_clusters(p.generator, &how, &found, &err), GB_BAD_ARGUMENT);
    gb_model_close(p.generator);
    gb_model_close(p.classifier);
    free(z);
    free(embedding);
    free(stored);
    free(first);
    free(expected);
    gb_file_close(file);
}

/* ------------------------------------------------------------------------------------------------ training */

enum { SIDE = 16, PIXELS = SIDE * SIDE, BATCH = 24, STEPS = 3 };

/* Within `tolerance` of the largest value, which counts as at least `least`. */
static void assert_near_largest(const char *name, const float *values, const float *expected, size_t count, float tolerance,
                                float least) {
    float largest = least;
    for (size_t i = 0; i < count; i++)
        largest = fmaxf(largest, fabsf(expected[i]));
    for (size_t i = 0; i < count; i++)
        if (!(fabsf(values[i] - expected[i]) <= tolerance * largest))
            fail_msg("%s: value %zu is %g instead of %g", name, i, (double)values[i], (double)expected[i]);
}

/* Compares weights from `first` on, as `values` has them, with the arrays PREFIX/NAME; a tolerance below 0 is absolute. Arrays
 * of smaller values than `least` are noise of rounding: a factor before a normalisation has no gradient. */
static void check_weights(gb_file *file, const gb_classifier_trainer *t, size_t first, size_t end, const char *prefix,
                          const float *values, float tolerance, float least) {
    assert_true(end > first);
    for (size_t i = first; i < end; i++) {
        const gb_trained_weight *w = &t->weights[i];
        char name[128];
        snprintf(name, sizeof name, "%s/%s", prefix, w->name);
        float *expected = array_of(file, name, w->count);
        if (tolerance < 0)
            assert_near(values + w->at, expected, w->count, -tolerance);
        else
            assert_near_largest(name, values + w->at, expected, w->count, tolerance, least);
        free(expected);
    }
}

static void a_classifier_learns_as_published(void **state) {
    (void)state;
    gb_file *file;
    gb_classifier_trainer t;
    gb_model *classifier = convert("tests/fixtures/understanding/classifier-layer3-init.pt");
    OK(gb_file_open("tests/fixtures/understanding/classifier-layer3.npz", &file, &err));
    float *maps = array_of(file, "batches", STEPS * BATCH * PIXELS);
    double *rows = doubles_of(file, "labels", STEPS * BATCH);
    OK(gb_trainer_new(&t, classifier, BATCH, 1e-4, &err));
    assert_int_equal(t.trained, 16);
    for (int step = 0; step < STEPS; step++) {
        int labels[BATCH];
        char name[32];
        double loss;
        for (int i = 0; i < BATCH; i++)
            labels[i] = (int)rows[step * BATCH + i];
        OK(gb_trainer_step(&t, maps + (size_t)step * BATCH * PIXELS, labels, &loss, &err));
        snprintf(name, sizeof name, "loss/%d", step);
        double *expected = doubles_of(file, name, 1);
        assert_true(fabs(loss - *expected) <= 1e-5);
        free(expected);
        if (step)
            continue;
        check_weights(file, &t, 0, t.trained, "grad", t.gradient, 1e-4f, 2e-4f);       /* the largest gradient is 0.2 */
        OK(gb_trainer_read(&t, &err));
        check_weights(file, &t, t.trained, t.count, "buffer_after_1", t.value, -1e-5f, 0);
    }
    OK(gb_trainer_read(&t, &err));
    check_weights(file, &t, 0, t.count, "after", t.value, -1e-4f, 0);
    gb_trainer_free(&t);
    gb_model_close(classifier);
    gb_file_close(file);
    free(maps);
    free(rows);
}

/* Gives up when the first epoch is over. */
typedef struct patience {
    int epochs;
    bool estimated;
} patience;

static void count_epochs(void *arg, int epoch, const char *line) {
    patience *p = arg;
    p->estimated |= epoch == 0 && strstr(line, "1 classifier to train, about ");
    p->epochs = epoch > p->epochs ? epoch : p->epochs;
}

static bool lasts_an_epoch(void *arg, double share) {
    const patience *p = arg;
    (void)share;
    return p->epochs < 1;
}

static void read_bytes(const char *path, char *bytes, size_t room, size_t *size) {
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    *size = fread(bytes, 1, room, file);
    assert_true(*size > 0 && *size < room);
    fclose(file);
}

/* Two epochs at a stretch, and with an interruption between them, give the same file. */
static void training_goes_on_where_it_was_interrupted(void **state) {
    (void)state;
    enum { ROOM = 1 << 17 };
    static char whole[ROOM], continued[ROOM];
    char folder[] = "/tmp/ganbend-test-XXXXXX", model_path[64], maps_path[64];
    size_t size, other_size;
    patience p = {0};
    gb_model *generator = convert("tests/fixtures/rosinality-64.pt");
    assert_non_null(mkdtemp(folder));
    snprintf(model_path, sizeof model_path, "%s/classifier1_final.gbw", folder);
    snprintf(maps_path, sizeof maps_path, "%s/classifier1_maps", folder);
    gb_classifier_options how = {.at = "convs.0", .folder = folder, .images = 2, .epochs = 2, .batch = 4, .note = count_epochs,
                                 .note_arg = &p};
    OK(gb_train_classifiers(generator, &how, &err));
    assert_true(p.estimated && p.epochs == 2);
    assert_false(gb_file_exists(maps_path));
    read_bytes(model_path, whole, ROOM, &size);
    unlink(model_path);

    p = (patience){0};
    how.progress = lasts_an_epoch;
    how.progress_arg = &p;
    assert_int_equal(gb_train_classifiers(generator, &how, &err), GB_CANCELLED);
    assert_true(gb_file_exists(maps_path) && !gb_file_exists(model_path));
    how.progress = NULL;
    how.seed = 1;
    assert_int_equal(gb_train_classifiers(generator, &how, &err), GB_BAD_FILE);     /* not with other options */
    how.seed = 0;
    OK(gb_train_classifiers(generator, &how, &err));
    read_bytes(model_path, continued, ROOM, &other_size);
    assert_int_equal(size, other_size);
    assert_memory_equal(whole, continued, size);
    OK(gb_train_classifiers(generator, &how, &err));        /* nothing is left to do */

    how.at = "conv1";
    assert_int_equal(gb_train_classifiers(generator, &how, &err), GB_BAD_ARGUMENT);     /* 4×4 pixels have no classifier */
    how.at = "convs.0";
    how.batch = 1000;
    unlink(model_path);
    assert_int_equal(gb_train_classifiers(generator, &how, &err), GB_BAD_ARGUMENT);
    assert_non_null(strstr(err.message, "fewer than a batch"));
    assert_int_equal(gb_train_classifiers(generator, NULL, &err), GB_BAD_ARGUMENT);
    assert_int_equal(rmdir(folder), 0);
    gb_model_close(generator);
}

static void maps_are_stored_as_published(void **state) {
    (void)state;
    static const int ranks[12] = {0, 1, 4, 5, 6, 7, 8, 9, 10, 11, 2, 3};       /* 0 1 10 11 2 3 … */
    gb_file *file;
    uint8_t bytes[4 * PIXELS];
    float values[4 * PIXELS];
    int rank[12];
    OK(gb_file_open("tests/fixtures/understanding/classifier-layer3.npz", &file, &err));
    float *raw = array_of(file, "maps_raw", 4 * PIXELS), *stored = array_of(file, "maps_after_png", 4 * PIXELS);
    gb_maps_quantise(raw, 4 * PIXELS, bytes);
    gb_maps_restore(bytes, 4 * PIXELS, values);
    assert_memory_equal(values, stored, sizeof values);
    gb_maps_rank(12, rank);
    assert_memory_equal(rank, ranks, sizeof rank);
    free(raw);
    free(stored);
    gb_file_close(file);
}

static bool stop(void *arg, double share) {
    int *calls = arg;
    assert_true(share >= 0 && share <= 1);
    return ++*calls < 2;
}

/* Maps of a cluster change the same places more than maps of different clusters do. */
static void clusters_are_measured_by_their_effects(void **state) {
    (void)state;
    gb_clustering *found;
    gb_cluster_effects effects[2];
    int calls = 0;
    OK(gb_find_clusters(model, &(gb_cluster_options){.samples = 10, .at = "synthesis.b64.conv?", .psi = 0.8f}, &found, &err));
    assert_int_equal(gb_clustering_layers(found), 2);
    OK(gb_measure_cluster_effects(model, found, &(gb_effect_options){.samples = 1, .psi = 0.8f}, effects, &err));
    for (int i = 0; i < 2; i++) {
        assert_true(effects[i].within <= 1 && effects[i].between >= -1);
        assert_true(effects[i].within > effects[i].between + 0.02);
    }
    assert_int_equal(gb_measure_cluster_effects(model, found, &(gb_effect_options){.progress = stop, .progress_arg = &calls},
                                                effects, &err), GB_CANCELLED);
    gb_clustering_free(found);
}

/* Maps of one picture: three patterns, each in several strengths, with values that are not finite. */
static void maps_of_one_picture(void **state) {
    (void)state;
    enum { MANY = 12, ROWS = 24 };
    static float maps[MANY * ROWS * ROWS];
    int cluster[MANY], calls = 1;
    for (int c = 0; c < MANY; c++)
        for (int i = 0; i < ROWS * ROWS; i++) {
            int y = i / ROWS, x = i % ROWS;
            float value = c < 6 ? (float)y : c < 10 ? (float)x : (float)((x - 12) * (y - 12));
            maps[c * ROWS * ROWS + i] = (float)(c + 1) * value + 3.0f;
        }
    maps[5] = NAN;
    maps[3 * ROWS * ROWS + 40] = INFINITY;
    OK(gb_cluster_maps(maps, MANY, ROWS, ROWS, 3, NULL, NULL, cluster, &err));
    for (int c = 0; c < MANY; c++)
        assert_int_equal(cluster[c], c < 6 ? 0 : c < 10 ? 1 : 2);
    OK(gb_cluster_maps(maps, 2, ROWS, ROWS, 5, NULL, NULL, cluster, &err));
    assert_true(cluster[0] == 0 && cluster[1] <= 1);
    assert_int_equal(gb_cluster_maps(maps, MANY, ROWS, ROWS, 3, stop, &calls, cluster, &err), GB_CANCELLED);
    assert_int_equal(gb_cluster_maps(maps, MANY, ROWS, ROWS, 0, NULL, NULL, cluster, &err), GB_BAD_ARGUMENT);
    assert_int_equal(gb_cluster_maps(maps, 0, ROWS, ROWS, 1, NULL, NULL, cluster, &err), GB_BAD_ARGUMENT);
}

static void layers_are_listed_before_they_are_clustered(void **state) {
    (void)state;
    const gb_cluster_options how = {.samples = 1, .clusters = 2, .at = "synthesis.b8.conv*"};
    enum { ROOM = 64 };
    gb_clustering *found;
    gb_layer_clusters l;
    gb_node layers[ROOM];
    size_t count, fewer;
    OK(gb_cluster_layers(model, &how, layers, ROOM, &count, &err));
    OK(gb_find_clusters(model, &how, &found, &err));
    assert_int_equal(count, gb_clustering_layers(found));
    for (size_t i = 0; i < count; i++) {
        gb_clustering_layer(found, i, &l);
        assert_int_equal(layers[i], l.node);
    }
    gb_clustering_free(found);
    layers[1] = GB_NO_NODE;
    OK(gb_cluster_layers(model, &how, layers, 1, &fewer, &err));        /* more than there is room for */
    assert_int_equal(fewer, count);
    assert_int_equal(layers[1], GB_NO_NODE);
    OK(gb_cluster_layers(model, NULL, NULL, 0, &count, &err));
    assert_true(count > 8);
    assert_int_equal(gb_cluster_layers(model, &(gb_cluster_options){.at = "mapping*"}, layers, ROOM, &count, &err), GB_BAD_ARGUMENT);
    assert_int_equal(count, 0);
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

/* With the argument "long": the long test alone. */
int main(int argc, char **argv) {
    const struct CMUnitTest long_tests[] = {cmocka_unit_test(clusters_agree_over_ten_seeds)};
    if (argc > 1 && !strcmp(argv[1], "long"))
        return cmocka_run_group_tests(long_tests, open_model, close_model);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kmeans_as_published),
        cmocka_unit_test(the_best_of_many_runs),
        cmocka_unit_test(clusters_agree_over_seeds),
        cmocka_unit_test(a_saved_clustering_is_used_by_a_recipe),
        cmocka_unit_test(clusters_as_published),
        cmocka_unit_test(a_classifier_learns_as_published),
        cmocka_unit_test(training_goes_on_where_it_was_interrupted),
        cmocka_unit_test(maps_are_stored_as_published),
        cmocka_unit_test(clusters_are_measured_by_their_effects),
        cmocka_unit_test(maps_of_one_picture),
        cmocka_unit_test(layers_are_listed_before_they_are_clustered),
        cmocka_unit_test(wrong_options_and_cancelling),
    };
    return cmocka_run_group_tests(tests, open_model, close_model);
}
