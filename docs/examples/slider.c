/* An interactive session with a slider: a filter sits at a layer, and every change of its parameter renders a new picture.
 * Only the layers after it run again, which is fast enough to follow a hand. Here the slider is a list of values; in your
 * program it may be a widget, a MIDI knob or a tracked hand.
 *
 *     cc slider.c -o slider $(pkg-config --cflags --libs ganbend)
 *     ./slider faces.gbw synthesis.b16.conv1 turned */
#include <stdio.h>

#include <ganbend.h>

static int slide(gb_session *session, const char *layer, const char *name, gb_error *err) {
    const float slider[] = {0, 15, 30, 45, 60, 75, 90};     /* degrees */
    const gb_bend_options turn = {.kind = GB_BEND_FILTER, .at = layer, .name = "rotate"};
    gb_bend bend;
    if (gb_session_bend(session, &turn, &bend, err)) return 1;
    for (int i = 0; i < (int)(sizeof slider / sizeof *slider); i++) {
        char path[512];
        gb_render_stats stats;
        /* Takes effect at the next render, which reuses everything before the layer. */
        if (gb_session_set_bend_params(session, bend, &slider[i], 1, err)) return 1;
        snprintf(path, sizeof path, "%s%02d.png", name, i);
        if (gb_session_render_png(session, path, err)) return 1;
        gb_session_stats(session, &stats);
        printf("%s at %g: %d steps of %d ran\n", path, (double)slider[i], stats.steps_run, stats.steps);
    }
    return gb_session_unbend(session, bend, err) != GB_OK;
}

int main(int argc, char **argv) {
    const gb_session_options interactive = {.purpose = GB_INTERACTIVE};
    gb_error err = {0};
    gb_context *context = NULL;
    gb_model *model = NULL;
    gb_session *session = NULL;
    int failed;
    if (argc != 4) {
        fprintf(stderr, "usage: slider MODEL.gbw LAYER NAME\n");
        return 2;
    }
    failed = gb_context_new(NULL, &context, &err) || gb_model_open(context, argv[1], &model, &err) ||
             gb_session_new(model, &interactive, &session, &err) || gb_session_seed(session, 7, &err) ||
             slide(session, argv[2], argv[3], &err);
    if (failed) fprintf(stderr, "slider: %s\n", err.message);
    gb_session_free(session);
    gb_model_close(model);
    gb_context_free(context);
    return failed;
}
