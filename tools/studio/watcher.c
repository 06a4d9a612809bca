/* Output windows. The message of a picture is the page's own frame, copied when the window is ready for it. */
#include "watcher.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { IN_FLIGHT = 2 /* pictures sent before the window has shown the first of them */ };

struct watcher {
    output_list *outputs;
    output_view view;
    uint64_t picture;           /* the last one sent */
    int in_flight;
    bool told;                  /* the window knows `look` and `project` */
    output_look look;
    char project[PROJECT_NAME];
};

watcher *watcher_open(shared *s, const char *project) {
    watcher *w = calloc(1, sizeof *w);
    if (!w) return NULL;
    w->outputs = &s->outputs;
    w->view.tab = -1;
    snprintf(w->view.wanted, sizeof w->view.wanted, "%s", project);
    return w;
}

void watcher_close(watcher *w) {
    free(w);
}

int watcher_receive(watcher *w, bool binary, const char *bytes, size_t size, char reason[CLOSE_REASON]) {
    message *m = NULL;
    int code;
    if (binary) {
        snprintf(reason, CLOSE_REASON, "messages are text");
        return CLOSE_UNSUPPORTED;
    }
    if (size > 256) {
        snprintf(reason, CLOSE_REASON, "an output window says only which pictures it has shown");
        return CLOSE_POLICY;
    }
    code = read_message(bytes, size, &m, reason);
    if (code) return code;
    if (m->kind != MESSAGE_SHOWN) {
        snprintf(reason, CLOSE_REASON, "an output window says only which pictures it has shown");
        code = CLOSE_POLICY;
    } else if (w->in_flight) {
        w->in_flight--;
    }
    free_message(m);
    return code;
}

static bool same_look(const watcher *w) {
    const output_look *a = &w->look, *b = &w->view.look;
    return w->told && a->black == b->black && a->freeze == b->freeze && a->fill == b->fill &&
           !strcmp(w->project, w->view.project);
}

static bool tell_look(watcher *w, outgoing *next) {
    gb_error err = {0};
    const output_look *look = &w->view.look;
    json_t *news = json_pack("{s:s, s:o, s:i, s:b, s:b}", "type", "output", "project", text_json(w->view.project), "black",
                             look->black, "freeze", look->freeze, "fill", look->fill);
    if (pack_text(news, FLOAT_DIGITS, next, &err)) return false;        /* out of memory: tried again with the next news */
    w->told = true;
    w->look = *look;
    memcpy(w->project, w->view.project, sizeof w->project);
    return true;
}

static bool copy_frame(watcher *w, const output_picture *picture, outgoing *next) {
    unsigned char *block = malloc(OUTGOING_PRE + picture->size);
    if (!block) return false;
    memcpy(block + OUTGOING_PRE, picture->message, picture->size);
    *next = (outgoing){block + OUTGOING_PRE, picture->size, true};
    w->picture = picture->number;
    w->in_flight++;
    return true;
}

bool watcher_next(watcher *w, outgoing *next) {
    output_picture *picture = output_picture_take(w->outputs, &w->view);
    bool found = !same_look(w) ? tell_look(w, next)
        : picture && picture->number != w->picture && w->in_flight < IN_FLIGHT && copy_frame(w, picture, next);
    output_picture_drop(picture);
    return found;
}
