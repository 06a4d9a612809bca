/* A callback at a boundary: it reads the output of a layer and changes it before the network continues. This one measures
 * every feature map and keeps only the strongest ones, which no built-in filter does.
 *
 *     cc callback.c -o callback $(pkg-config --cflags --libs ganbend) -lm
 *     ./callback faces.gbw synthesis.b32.conv1 0.25 strongest.png */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include <ganbend.h>

typedef struct strongest {
    double share;               /* of the maps to keep */
    int kept, maps;             /* results, for main() */
} strongest;

static int descending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x < y) - (x > y);
}

/* Called in the rendering thread with plain [N, C, H, W]. Must not call the session. */
static void keep_strongest(void *arg, const gb_callback_values *v) {
    strongest *s = arg;
    size_t maps = (size_t)v->n * (size_t)v->c, pixels = (size_t)v->h * (size_t)v->w;
    double *strength = malloc(2 * maps * sizeof *strength), *sorted = strength + maps, limit;
    if (!strength) return;      /* out of memory: leave the maps unchanged */
    for (size_t m = 0; m < maps; m++) {
        strength[m] = 0;
        for (size_t i = 0; i < pixels; i++) strength[m] += fabs((double)v->values[m * pixels + i]);
        sorted[m] = strength[m];
    }
    qsort(sorted, maps, sizeof *sorted, descending);
    limit = sorted[(size_t)(s->share * (double)(maps - 1))];
    s->maps = (int)maps;
    s->kept = 0;
    for (size_t m = 0; m < maps; m++) {
        if (strength[m] >= limit) {
            s->kept++;
            continue;
        }
        for (size_t i = 0; i < pixels; i++) v->values[m * pixels + i] = 0;
    }
    free(strength);
}

int main(int argc, char **argv) {
    strongest s = {0};
    gb_bend_options bend = {.kind = GB_BEND_CALLBACK, .callback = keep_strongest, .callback_arg = &s};
    gb_error err = {0};
    gb_context *context = NULL;
    gb_model *model = NULL;
    gb_session *session = NULL;
    gb_bend handle;
    int failed;
    if (argc != 5) {
        fprintf(stderr, "usage: callback MODEL.gbw LAYER SHARE OUT.png\n");
        return 2;
    }
    bend.at = argv[2];
    s.share = fmin(fmax(strtod(argv[3], NULL), 0), 1);
    failed = gb_context_new(NULL, &context, &err) || gb_model_open(context, argv[1], &model, &err) ||
             gb_session_new(model, NULL, &session, &err) || gb_session_seed(session, 7, &err) ||
             gb_session_bend(session, &bend, &handle, &err) || gb_session_render_png(session, argv[4], &err);
    if (failed) fprintf(stderr, "callback: %s\n", err.message);
    else printf("%d of %d feature maps kept\n", s.kept, s.maps);
    gb_session_free(session);
    gb_model_close(model);
    gb_context_free(context);
    return failed;
}
