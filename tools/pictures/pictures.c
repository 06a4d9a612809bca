/* Text chunks and paths of the PNGs that subcommands write. */
#include "pictures.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void fill_picture_texts(picture_texts *t, const loaded_model *o, const char *settings, const char *latent, const bending *b) {
    snprintf(t->software, sizeof t->software, "ganbend %s", gb_version());
    snprintf(t->checksum, sizeof t->checksum, "%08" PRIx32, gb_model_checksum(o->model));
    t->texts[0] = (gb_text){"Software", t->software};
    t->texts[1] = (gb_text){"Model checksum", t->checksum};
    t->texts[2] = (gb_text){"Settings", settings};
    t->texts[3] = (gb_text){"Instruction set", gb_context_isa(o->context)};
    t->count = 4;
    if (latent) t->texts[t->count++] = (gb_text){"Latent", latent};
    if (b) t->count += bending_texts(b, t->texts + t->count);
}

bool ends_with(const char *text, const char *end) {
    size_t a = strlen(text), b = strlen(end);
    return a >= b && !strcmp(text + a - b, end);
}

gb_status join_path(char path[PATH_ROOM], const char *folder, const char *name, gb_error *err) {
    int length = snprintf(path, PATH_ROOM, "%s%s%s.png", folder, ends_with(folder, "/") ? "" : "/", name);
    return length < PATH_ROOM ? GB_OK : state(err, GB_BAD_ARGUMENT, "%.100s…: the path is longer than %d bytes", folder,
                                              (int)PATH_ROOM - 1);
}

bool parse_pair(const char *text, char separator, long min, long max, int *first, int *second) {
    char *end;
    long a, b;
    if (*text < '0' || *text > '9') return false;
    a = strtol(text, &end, 10);
    if (*end != separator || end[1] < '0' || end[1] > '9') return false;
    b = strtol(end + 1, &end, 10);
    if (*end || a < min || b < min || a > max || b > max) return false;
    *first = (int)a;
    *second = (int)b;
    return true;
}

gb_status parse_layers(const char *text, int *first, int *count, gb_error *err) {
    int last;
    char pair[32];
    if (!text) return GB_OK;
    if (strchr(text, '-')) snprintf(pair, sizeof pair, "%.31s", text);
    else snprintf(pair, sizeof pair, "%.15s-%.15s", text, text);
    if (!parse_pair(pair, '-', 0, 1000, first, &last) || last < *first)
        return state(err, GB_BAD_ARGUMENT, "--layers takes a layer or a range of layers, as in 3 or 2-5, not '%s'", text);
    *count = last - *first + 1;
    return GB_OK;
}
