/* ganbend cluster: groups the feature maps of layers, and draws a sheet for each layer. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "tools/farm/shard.h"
#include "engine/ganbend_analysis.h"
#include "tools/inputs/classifiers.h"
#include "tools/inputs/inputs.h"
#include "tools/pictures/pictures.h"
#include "tools/program/host.h"
#include "tools/program/json_output.h"
#include "tools/program/output_names.h"
#include "tools/program/progress.h"
#include "tools/program/report.h"
#include "tools/program/state_file.h"
#include "tools/program/text.h"
#include "tools/sheets/sheet.h"

typedef struct settings {
    input_options in;
    shard_options shard;
    const char *at, *out, *sheets, *method, *classifiers;
    int64_t clusters, samples, first_sample, epochs, batch, training_images;
    bool json, effects, for_image, stored_statistics, train, paper;
    const char *kept;
} settings;

#define AT(member) offsetof(settings, member)

static const option options[] = {
    {"-o", OPTION_TEXT, AT(out), "FILE.yaml|DIR", "Write the clusters for recipes and for network-bending. With --shard a folder, which "
     "gets a file for each layer.", 0, 0},
    {"--at", OPTION_TEXT, AT(at), "GLOB", "Layers to cluster, by name, alias or pattern (default: the layers that "
     "network-bending clusters). Needed for networks without numbered layers.", 0, 0},
    {"--method", OPTION_CHOICE, AT(method), "correlation|published", "correlation (default): maps that rise and fall together; "
     "published: network-bending's, with classifiers of maps.", 0, 0},
    {"--classifiers", OPTION_TEXT, AT(classifiers), "DIR", "With --method published: DIR/K/classifierK_final.pt for layer K.", 0, 0},
    {"--train", OPTION_FLAG, AT(train), NULL, "First train the classifiers that DIR does not have, which takes hours. The time is estimated "
     "first, and a run that ended early continues where it stopped.", 0, 0},
    {"--paper", RARE(OPTION_FLAG), AT(paper), NULL, "Train with the paper's numbers of epochs and maps instead of the published "
     "script's.", 0, 0},
    {"--epochs", RARE(OPTION_INTEGER), AT(epochs), "N", "Epochs of --train (default: 50).", 1, 1000000},
    {"--batch", RARE(OPTION_INTEGER), AT(batch), "N", "Maps in a step of --train (default: 100).", 1, 100000},
    {"--training-images", RARE(OPTION_INTEGER), AT(training_images), "N", "Images whose maps --train learns (default: 1000).", 1,
     1000000},
    {"--stored-statistics", RARE(OPTION_FLAG), AT(stored_statistics), NULL, "With --method published: normalise in the classifiers by "
     "their stored statistics instead of each map's own, which the published code does.", 0, 0},
    {"--for-image", RARE(OPTION_FLAG), AT(for_image), NULL, "Cluster the maps of the one image that --seeds, --z or --w gives, instead of "
     "averaging over --samples images.", 0, 0},
    {"--clusters", OPTION_INTEGER, AT(clusters), "K", "Clusters in each layer (default: network-bending's 5, 4 or 3).", 1, 1000},
    {"--samples", OPTION_INTEGER, AT(samples), "N", "Images to analyse (default: 100, or 1000 for --method published).", 1, 1000000},
    {"--first-sample", RARE(OPTION_INTEGER), AT(first_sample), "S", "Analyse the images of seeds S, S + 1, … (default: 0).", 0,
     4294967295.0},
    {"--sheets", OPTION_TEXT, AT(sheets), "DIR", "Draw a sheet for each layer into a folder: for each cluster its maps, and the "
     "picture without it, with it inverted, and with it three times as strong.", 0, 0},
    {"--effects", OPTION_FLAG, AT(effects), NULL, "Measure whether the maps of a cluster change the same places of the picture.", 0, 0},
    {"--json", OPTION_FLAG, AT(json), NULL, "Print the list as JSON.", 0, 0},
    SHARD_OPTION(settings, shard),
    STATE_OPTION(settings, kept),
    {0}
};

/* ------------------------------------------------------------------------------------------------ finding and listing */

static void show_note(void *arg, int epoch, const char *line) {
    const settings *set = arg;
    if (set->json) return;
    if (epoch) report_more("%s", line);
    else report("%s", line);
    fflush(stdout);
}

static gb_status train(settings *set, const inputs *in, const loaded_model *o, gb_error *err) {
    progress p = progress_start("training", 1);
    const gb_classifier_options how = {
        .at = set->at, .folder = set->classifiers, .paper = set->paper, .images = (size_t)set->training_images,
        .epochs = (int)set->epochs, .batch = (int)set->batch, .psi = isnan(set->in.trunc) ? 0 : (float)set->in.trunc,
        .stored_noise = set->in.noise && in->noise == GB_NOISE_CONST, .seed = (uint64_t)set->first_sample, .note = show_note, .note_arg = set,
        .progress = progress_go_on, .progress_arg = &p};
    if (!host_make_folder(set->classifiers, err)) gb_train_classifiers(o->model, &how, err);
    progress_end(&p);
    return err->status;
}

static gb_status set_image(void *arg, size_t sample, gb_session *session, gb_error *err) {
    inputs *in = arg;
    (void)sample;
    return prepare_inputs(in, session, in->model, err) ? err->status : apply_inputs(in, 0, session, err);
}

static gb_cluster_options how_to_cluster(const settings *set, inputs *in) {
    gb_cluster_options how = {.at = set->at, .clusters = (int)set->clusters, .samples = (size_t)set->samples,
                              .seed = (uint64_t)set->first_sample, .psi = isnan(set->in.trunc) ? 0 : (float)set->in.trunc,
                              .stored_noise = set->in.noise && in->noise == GB_NOISE_CONST,
                              .stored_statistics = set->stored_statistics};
    if (set->method && !strcmp(set->method, "published")) {
        how.method = GB_CLUSTERS_PUBLISHED;
        how.classifier = open_classifier;
    }
    if (set->for_image) {
        how.inputs = set_image;
        how.inputs_arg = in;
        how.samples = 1;
    }
    return how;
}

static gb_status find(settings *set, inputs *in, const loaded_model *o, gb_clustering **found, gb_error *err) {
    if (set->train && train(set, in, o, err)) return err->status;
    progress p = progress_start("clustering", 1);
    classifiers from = {.folder = set->classifiers, .context = o->context};
    gb_cluster_options how = how_to_cluster(set, in);
    how.progress = work_goes_on;
    how.progress_arg = &p;
    how.classifier_arg = &from;
    how.state = set->kept;
    begin_work(set->kept);
    gb_find_clusters(o->model, &how, found, err);
    progress_end(&p);
    close_classifiers(&from);
    return end_work(set->kept, err);
}

static int members(const gb_layer_clusters *l, int cluster) {
    int count = 0;
    for (int f = 0; f < l->channels; f++) count += l->cluster[f] == cluster;
    return count;
}

/* NULL unless --effects is given. */
static gb_cluster_effects *measure_effects(const settings *set, const loaded_model *o, const gb_clustering *clustering,
                                           gb_error *err) {
    progress p = progress_start("ablating maps", 1);
    const gb_effect_options how = {.seed = (uint64_t)set->first_sample, .psi = isnan(set->in.trunc) ? 0 : (float)set->in.trunc,
                                   .progress = progress_go_on, .progress_arg = &p};
    gb_cluster_effects *effects = set->effects ? calloc(gb_clustering_layers(clustering) + 1, sizeof *effects) : NULL;
    if (set->effects && !effects) state(err, GB_NO_MEMORY, "out of memory");
    if (effects) gb_measure_cluster_effects(o->model, clustering, &how, effects, err);
    progress_end(&p);
    return effects;
}

static void list(const gb_clustering *clustering, const gb_cluster_effects *effects) {
    printf("%-32s %8s %8s  %s%s\n", "layer", "maps", "between", effects ? "effects within, between  " : "", "sizes");
    for (size_t i = 0; i < gb_clustering_layers(clustering); i++) {
        gb_layer_clusters l;
        gb_clustering_layer(clustering, i, &l);
        printf("%-32s %8d %7.0f%% ", l.name, l.channels, 100 * l.between);
        if (effects) printf(" %14.2f %8.2f  ", effects[i].within, effects[i].between);
        for (int k = 0; k < l.clusters; k++) printf(" %d", members(&l, k));
        putchar('\n');
    }
}

static gb_status list_json(const gb_clustering *clustering, const gb_cluster_effects *effects, gb_error *err) {
    json_t *all = json_array();
    for (size_t i = 0; i < gb_clustering_layers(clustering); i++) {
        gb_layer_clusters l;
        gb_clustering_layer(clustering, i, &l);
        json_t *features = json_array(), *one;
        for (int f = 0; f < l.channels; f++) json_array_append_new(features, json_integer(l.cluster[f]));
        one = json_pack("{s:o, s:i, s:o, s:o}", "layer", json_text(l.name), "clusters", l.clusters, "between",
                        json_number(l.between), "cluster_of_map", features);
        if (effects)
            json_object_set_new(one, "effects", json_pack("{s:o, s:o}", "within", json_number(effects[i].within), "between",
                                                          json_number(effects[i].between)));
        json_array_append_new(all, one);
    }
    return write_json(all, 0, err);
}

/* ------------------------------------------------------------------------------------------------ sheets */

static const struct { const char *title; float factor; } columns[] = {
    {"without", 0}, {"times -1", -1}, {"times 3", 3},
};

enum { COLUMNS = sizeof columns / sizeof *columns, MAPS_SHOWN = 16, MAPS_SIDE = 4 };

typedef struct work {
    const loaded_model *o;
    const inputs *in;
    gb_session *session;
    float *maps;                /* of the layer being drawn */
    uint8_t *rgb;
} work;

/* Draws one map into a square of the mosaic; black is its smallest value, white its largest. */
static void draw_map(const work *w, const float *map, int64_t rows, int64_t map_columns, int place) {
    int64_t width = w->o->width, side_w = width / MAPS_SIDE, side_h = w->o->height / MAPS_SIDE;
    int64_t left = place % MAPS_SIDE * side_w, top = place / MAPS_SIDE * side_h;
    float low = map[0], high = map[0];
    for (int64_t i = 1; i < rows * map_columns; i++) {
        low = map[i] < low ? map[i] : low;
        high = map[i] > high ? map[i] : high;
    }
    for (int64_t y = 0; y + 1 < side_h; y++)
        for (int64_t x = 0; x + 1 < side_w; x++) {
            float v = map[y * rows / side_h * map_columns + x * map_columns / side_w];
            memset(w->rgb + 3 * ((top + y) * width + left + x), high > low ? (int)(255 * (v - low) / (high - low)) : 0, 3);
        }
}

/* A mosaic of the cluster's first maps. */
static void draw_maps(const work *w, const gb_layer_clusters *l, int cluster) {
    gb_node_info info;
    int shown = 0;
    gb_model_node(w->o->model, l->node, &info);
    memset(w->rgb, 255, (size_t)(w->o->width * w->o->height) * 3);
    for (int f = 0; f < l->channels && shown < MAPS_SHOWN; f++)
        if (l->cluster[f] == cluster)
            draw_map(w, w->maps + (int64_t)f * info.shape[1] * info.shape[2], info.shape[1], info.shape[2], shown++);
}

static gb_status draw_cluster(const work *w, const gb_layer_clusters *l, int cluster, contact *sheet, gb_error *err) {
    char title[64];
    int *features = malloc((size_t)l->channels * sizeof *features), count = 0;
    if (!features) return state(err, GB_NO_MEMORY, "out of memory");
    for (int f = 0; f < l->channels; f++)
        if (l->cluster[f] == cluster) features[count++] = f;
    snprintf(title, sizeof title, "%d: %d maps", cluster, count);
    contact_row_title(sheet, cluster, title);
    draw_maps(w, l, cluster);
    contact_picture(sheet, 0, cluster, w->rgb, NULL, NULL);
    for (int c = 0; c < COLUMNS && !err->status; c++) {
        gb_bend bend;
        const gb_bend_options how = {.kind = GB_BEND_FILTER, .at = l->name, .name = "multiply", .params = &columns[c].factor,
                                     .param_count = 1, .features = {.choice = GB_FEATURES_LIST, .list = features, .count = count}};
        if (!gb_session_bend(w->session, &how, &bend, err) && !gb_session_render_rgb(w->session, w->rgb, err)) {
            contact_picture(sheet, 1 + c, cluster, w->rgb, NULL, NULL);
            gb_session_unbend(w->session, bend, err);
        }
    }
    free(features);
    return err->status;
}

static gb_status draw_layer(work *w, const gb_layer_clusters *l, const char *path, const picture_texts *texts, gb_error *err) {
    contact sheet = {0};
    gb_node_info info;
    contact_options layout = {.columns = 1 + COLUMNS, .rows = l->clusters, .width = (int)w->o->width,
                              .height = (int)w->o->height, .row_titles = true, .column_titles = true, .title = l->name,
                              .row_axis = "cluster", .widest_row_title = "10: 512 maps"};
    gb_model_node(w->o->model, l->node, &info);
    free(w->maps);
    w->maps = malloc((size_t)(info.shape[0] * info.shape[1] * info.shape[2]) * sizeof *w->maps);
    if (!w->maps) return state(err, GB_NO_MEMORY, "out of memory");
    if (!gb_session_tap(w->session, l->name, err) && !gb_session_render(w->session, NULL, err) &&
        !gb_session_read(w->session, l->node, w->maps, err) && !gb_session_untap(w->session, l->name, err) &&
        !contact_new(&sheet, &layout, err)) {
        contact_column_title(&sheet, 0, "maps");
        for (int c = 0; c < COLUMNS; c++) contact_column_title(&sheet, 1 + c, columns[c].title);
        for (int k = 0; k < l->clusters && !err->status; k++) draw_cluster(w, l, k, &sheet, err);
        if (!err->status) contact_write(&sheet, path, texts->texts, texts->count, err);
    }
    contact_free(&sheet);
    return err->status;
}

static gb_status draw_sheets(const settings *set, work *w, const gb_clustering *clustering, gb_error *err) {
    size_t count = gb_clustering_layers(clustering);
    progress p = progress_start("drawing", count);
    picture_texts texts;
    char made_with[SETTINGS_ROOM];
    describe_inputs(w->in, 0, made_with);
    fill_picture_texts(&texts, w->o, made_with, NULL, NULL);
    for (size_t i = 0; i < count && !err->status; i++, progress_next(&p)) {
        gb_layer_clusters l;
        char path[PATH_ROOM];
        gb_clustering_layer(clustering, i, &l);
        if (!join_path(path, set->sheets, l.name, err)) draw_layer(w, &l, path, &texts, err);
    }
    progress_end(&p);
    return err->status;
}

static gb_status make_sheets(const settings *set, const loaded_model *o, inputs *in, const gb_clustering *clustering,
                             gb_error *err) {
    const gb_session_options how = {.purpose = GB_INTERACTIVE};
    work w = {.o = o, .in = in, .rgb = malloc((size_t)(o->width * o->height) * 3)};
    if (!w.rgb) state(err, GB_NO_MEMORY, "out of memory");
    else if (!check_picture(o, "this model", err) && !gb_session_new(o->model, &how, &w.session, err) &&
             !prepare_inputs(in, w.session, o->model, err) && !apply_inputs(in, 0, w.session, err) &&
             !host_make_folder(set->sheets, err))
        draw_sheets(set, &w, clustering, err);
    if (!err->status) report("%s: %zu sheets", set->sheets, gb_clustering_layers(clustering));
    gb_session_free(w.session);
    free(w.maps);
    free(w.rgb);
    return err->status;
}

/* ------------------------------------------------------------------------------------------------ shards */

typedef struct layers {
    const gb_model *model;
    gb_node *nodes;
    size_t count;
} layers;

static const char *layer_name(const layers *l, size_t item) {
    gb_node_info info;
    gb_model_node(l->model, l->nodes[item], &info);
    return info.name;
}

static void name_item(void *arg, size_t item, char name[SHARD_NAME_ROOM]) {
    snprintf(name, SHARD_NAME_ROOM, "%s", layer_name(arg, item));
}

/* The options on which the clusters of a layer depend. */
static void describe_clustering(const settings *set, const inputs *in, char text[SETTINGS_ROOM]) {
    *text = '\0';
    if (set->for_image) describe_inputs(in, 0, text);
    append(text, SETTINGS_ROOM, "%s--method %s --clusters %lld --samples %lld --first-sample %lld", *text ? " --for-image " : "",
           set->method ? set->method : "correlation", (long long)set->clusters, (long long)set->samples, (long long)set->first_sample);
    if (!isnan(set->in.trunc) && !set->for_image) append(text, SETTINGS_ROOM, " --trunc %.9g", set->in.trunc);
    if (set->in.noise && !set->for_image) append(text, SETTINGS_ROOM, " --noise %.40s", set->in.noise);
    if (set->stored_statistics) append(text, SETTINGS_ROOM, " --stored-statistics");
    if (set->train)
        append(text, SETTINGS_ROOM, " --train%s --epochs %lld --batch %lld --training-images %lld", set->paper ? " --paper" : "",
               (long long)set->epochs, (long long)set->batch, (long long)set->training_images);
}

/* Clusters one layer and writes its file. */
static gb_status cluster_layer(const settings *set, const char *name, const char *path, inputs *in, const loaded_model *o, gb_error *err) {
    settings of_layer = *set;
    gb_clustering *clustering = NULL;
    of_layer.at = name;
    if (!find(&of_layer, in, o, &clustering, err) && gb_clustering_layers(clustering) != 1)
        state(err, GB_BAD_ARGUMENT, "'%s' is also an alias of another layer, which shards cannot tell apart", name);
    if (!err->status) gb_clustering_save(clustering, path, err);
    gb_clustering_free(clustering);
    return err->status;
}

/* Each layer apart, so that a shard goes on behind those that it has. */
static gb_status cluster_layers(const settings *set, inputs *in, const loaded_model *o, const layers *l, shard *part,
                                const char *settings_text, gb_error *err) {
    size_t made = 0, share = shard_share(&set->shard, l->count);
    for (size_t i = 0; i < l->count && !err->status; i++) {
        char path[PATH_ROOM], file[SHARD_NAME_ROOM + 8];
        if (!shard_wants(part, i)) continue;
        snprintf(file, sizeof file, "%s.yaml", layer_name(l, i));
        if (snprintf(path, sizeof path, "%s/%s", set->out, file) >= PATH_ROOM)
            return state(err, GB_BAD_ARGUMENT, "%.100s…: this path is too long", set->out);
        if (!cluster_layer(set, layer_name(l, i), path, in, o, err) &&
            !shard_done(part, i, settings_text, (const char *const[]){file}, 1, err))
            made++;
    }
    if (!err->status && !shard_end(part, err))
        report("%s: clusters of %zu layer%s, %zu kept", set->out, made, made == 1 ? "" : "s", share - made);
    return err->status;
}

static gb_status make_shard(const settings *set, inputs *in, const loaded_model *o, gb_error *err) {
    const gb_cluster_options how = how_to_cluster(set, in);
    layers l = {.model = o->model};
    shard *part = NULL;
    char *text = malloc(SETTINGS_ROOM);
    if (!text) return state(err, GB_NO_MEMORY, "out of memory");
    if (!gb_cluster_layers(o->model, &how, NULL, 0, &l.count, err) && !(l.nodes = calloc(l.count, sizeof *l.nodes)))
        state(err, GB_NO_MEMORY, "out of memory");
    if (!err->status) gb_cluster_layers(o->model, &how, l.nodes, l.count, &l.count, err);
    describe_clustering(set, in, text);
    const shard_run run = {.command = "cluster", .folder = set->out, .settings = text, .o = o, .items = l.count, .name = name_item,
                           .arg = &l};
    if (!err->status && !shard_begin(&set->shard, &run, &part, err)) cluster_layers(set, in, o, &l, part, text, err);
    shard_free(part);
    free(l.nodes);
    free(text);
    return err->status;
}

/* ------------------------------------------------------------------------------------------------ the command */

static gb_status load_one_image(const settings *set, const gb_model *model, inputs *in, gb_error *err) {
    if (!load_inputs(&set->in, model, in, err) && in->count != 1)
        state(err, GB_BAD_ARGUMENT, "%s one image, not %zu; give one seed", set->sheets ? "a sheet shows" : "--for-image takes",
              in->count);
    return err->status;
}

static int run(int argc, char **argv) {
    const char *operands[OPERANDS];
    settings set = {.in = input_defaults()};
    loaded_model o = {0};
    inputs in = {0};
    gb_clustering *clustering = NULL;
    gb_cluster_effects *effects = NULL;
    gb_error err = {0};
    bool published;
    int status;
    if (!parse_arguments(&cluster_command, argc, argv, operands, &set, &status)) return status;
    if (set.sheets && output_is_file(set.sheets))
        state(&err, GB_BAD_ARGUMENT, "--sheets takes a folder, not '%s'", set.sheets);
    published = set.method && !strcmp(set.method, "published");
    if (!err.status && !set.train && (set.paper || set.epochs || set.batch || set.training_images))
        state(&err, GB_BAD_ARGUMENT, "--paper, --epochs, --batch and --training-images are for --train");
    if (!err.status && !published && set.train) state(&err, GB_BAD_ARGUMENT, "--train is for --method published");
    if (!err.status && published != (set.classifiers != NULL))
        state(&err, GB_BAD_ARGUMENT, published ? "--method published needs --classifiers DIR"
                                               : "--classifiers is for --method published");
    if (!err.status && set.shard.part && (set.sheets || set.effects || set.json))
        state(&err, GB_BAD_ARGUMENT, "--shard makes clusters only; leave out --sheets, --effects and --json");
    if (!err.status && !set.shard.part && set.out && !output_is_file(set.out))
        state(&err, GB_BAD_ARGUMENT, "-o takes a .yaml file; a folder is for --shard");
    if (err.status || shard_check(&set.shard, set.out, &err) || check_inputs(&set.in, &in, &err) ||
        open_model(operands[0], &set.in.on, &o, &err) ||
        ((set.sheets || set.for_image) && load_one_image(&set, o.model, &in, &err))) {
        /* err is set */
    } else if (set.shard.part) {
        make_shard(&set, &in, &o, &err);
    } else if (!find(&set, &in, &o, &clustering, &err)) {
        if (set.out && !gb_clustering_save(clustering, set.out, &err))
            report("%s: clusters of %zu layers", set.out, gb_clustering_layers(clustering));
        if (!err.status && set.sheets) make_sheets(&set, &o, &in, clustering, &err);
        if (!err.status) effects = measure_effects(&set, &o, clustering, &err);
        if (!err.status && set.json) list_json(clustering, effects, &err);
        else if (!err.status && (effects || (!set.out && !set.sheets))) list(clustering, effects);
        free(effects);
    }
    gb_clustering_free(clustering);
    free_inputs(&in);
    close_model(&o);
    return err.status ? failed(&cluster_command, &err) : EXIT_DONE;
}

const command cluster_command = {
    .name = "cluster",
    .summary = "group feature maps that show the same things",
    .operands = "MODEL",
    .usage = "[-o FILE.yaml] [--sheets DIR] [options]",
    .about = "Groups the feature maps of layers by their correlation over many images, without training anything, or with "
             "network-bending's classifiers as published. Without -o and --sheets it lists the sizes of the clusters and the share of the variance that lies between them. Recipes choose the "
             "maps of a cluster with 'features: {cluster: 0}' and 'clusters: FILE.yaml' at their top.",
    .example = "ganbend cluster faces.gbw -o clusters.yaml --sheets clusters --seeds 7\n"
               "ganbend cluster faces.gbw --at synthesis.b32.conv1 --clusters 8\n"
               "ganbend cluster faces.gbw --method published --classifiers models/classifiers -o cluster_dict.yaml",
    .writes = WRITES_CLUSTERS | WRITES_FOLDER,
    .options = options,
    .shared = {{input_table, offsetof(settings, in), "inputs"}},
    .run = run,
};
