/* Directions found in the background. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "directions.h"
#include "engine/ganbend_analysis.h"
#include "handlers.h"
#include "projects.h"
#include "tools/program/arguments.h"

enum { MAX_VALUES = 1 << 19 };          /* of a layer whose principal components are found: about 700 MiB */

typedef struct finding {
    shared *of;
    const shared_model *model;
    gb_direction_options how;
    char at[256], stem[PROJECT_NAME];
} finding;

static gb_status find(void *of, analysis *a, json_t **fields, gb_error *err) {
    finding *f = of;
    gb_directions *found = NULL;
    char file[FOLDER_FILE];
    f->how.progress = analysis_goes_on;
    f->how.progress_arg = a;
    if (!gb_find_directions(f->model->model, &f->how, &found, err) && !keep_directions(f->of, found, f->stem, file, err))
        bank_json(f->model->model, found, file, fields, err);
    gb_directions_free(found);
    return err->status;
}

/* "faces-sefa", "faces-pca-synthesis.b16.conv1"; without the model's name if that is no name for a file. */
static void name_bank(const char *model, const char *method, const char *at, char stem[PROJECT_NAME]) {
    char name[400];
    snprintf(name, sizeof name, "%.40s-%s%s%s", is_valid_name(model) ? model : "directions", method, *at ? "-" : "", at);
    snprintf(stem, PROJECT_NAME, "%.56s", name);
    if (!is_valid_name(stem)) snprintf(stem, PROJECT_NAME, "directions-%s", method);
}

static gb_status check_size(const gb_node_info *info, gb_error *err) {
    size_t values = node_elements(info);
    return values <= MAX_VALUES ? GB_OK : state(err, GB_BAD_ARGUMENT, "'%s' has %zu values, and the principal components of at "
                                                "most %d are found here; choose an earlier layer", info->name, values,
                                                (int)MAX_VALUES);
}

gb_status handle_directions(live *s, const message *m, outgoing *p, gb_error *err) {
    bool pca = !strcmp(m->method, "pca");
    gb_node node;
    gb_node_info info = {.name = ""};
    (void)p;            /* the answer comes from analysis_poll() */
    if (pca && m->node && (live_find(s, m->node, &node, &info, err) || check_size(&info, err))) return err->status;
    finding *f = calloc(1, sizeof *f);
    if (!f) return state(err, GB_NO_MEMORY, "out of memory");
    f->of = s->shared;
    f->model = &s->shared->models[s->at];
    f->how = (gb_direction_options){
        .method = pca ? GB_DIRECTIONS_PCA : !strcmp(m->method, "sefa") ? GB_DIRECTIONS_SEFA : GB_DIRECTIONS_FACTOR,
        .count = (int)m->count,
    };
    snprintf(f->at, sizeof f->at, "%s", info.name);
    if (*f->at) f->how.at = f->at;
    name_bank(f->model->name, m->method, f->at, f->stem);
    return analysis_start(&s->analysis, m->id, (analysis_task){.run = find, .free = free, .of = f}, err);
}
