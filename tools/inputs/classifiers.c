/* Finding and opening network-bending's classifiers. */
#include "classifiers.h"

#include <stdio.h>
#include <string.h>

#include "open_model.h"
#include "engine/platform/files.h"
#include "tools/program/error.h"
#include "tools/program/host.h"

static bool exists(const char *path) {
    FILE *file = fopen(path, "rb");
    if (file) fclose(file);
    return file != NULL;
}

gb_status open_classifier(void *arg, int layer, gb_model **model, gb_error *err) {
    classifiers *c = arg;
    char path[PATH_ROOM] = "";
    *model = NULL;
    if (layer < 0) return state(err, GB_BAD_ARGUMENT, "classifiers belong to numbered layers of StyleGAN2, at 8x8 and above");
    if (c->count == MOST_CLASSIFIERS)
        return state(err, GB_BAD_ARGUMENT, "more than %d layers; choose some with --at", (int)MOST_CLASSIFIERS);
    for (int i = 0; i < 4; i++) {
        const char *end = i % 2 ? "gbw" : "pt";
        int length = i < 2 ? snprintf(path, sizeof path, "%s/%d/classifier%d_final.%s", c->folder, layer, layer, end)
                           : snprintf(path, sizeof path, "%s/classifier%d_final.%s", c->folder, layer, end);
        if (length >= PATH_ROOM) return state(err, GB_BAD_ARGUMENT, "%.100s…: the path is too long", c->folder);
        if (!exists(path)) continue;
        if (!open_any_model(c->context, path, model, err)) c->models[c->count++] = *model;
        return err->status;
    }
    return state(err, GB_IO, "%s: there is no %d/classifier%d_final.pt for layer %d; --at chooses layers", c->folder, layer, layer,
                 layer);
}

void close_classifiers(classifiers *c) {
    while (c->count) gb_model_close(c->models[--c->count]);
}
