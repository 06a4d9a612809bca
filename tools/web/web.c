/* The studio in a web worker: worker.js passes the messages of one page to a client (tools/studio/client.h), and what the client
 * sends goes out as messages of the worker. With threads (-pthread) the client has its own, as in the server; without them it
 * works in web_step(), which the worker calls whenever it has nothing else to do. */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <emscripten.h>
#ifdef __EMSCRIPTEN_PTHREADS__
#include <emscripten/threading.h>
#endif

#include "tools/inputs/open_model.h"
#include "tools/studio/checkpoints.h"
#include "tools/studio/client.h"
#include "tools/studio/folder.h"
#include "tools/studio/projects.h"
#include "tools/studio/watcher.h"

enum { MAX_MODELS = 64, MAX_WATCHERS = 8, KEEP_BYTES = 256 << 20 /* for the results of layers */ };

static struct {
    shared shared;
    client *client;
    watcher *watchers[MAX_WATCHERS];        /* output windows, by their number */
    char reason[CLOSE_REASON + sizeof ((gb_error *)0)->message];
} web;

/* ---------------------------------------------------------------------------------------------------- what worker.js calls */

/* Prepares the studio, whose files are in `out`. These three functions return NULL, or what is wrong. */
EMSCRIPTEN_KEEPALIVE const char *web_start(const char *out, int threads);
/* Opens a network of the folder that is served. */
EMSCRIPTEN_KEEPALIVE const char *web_model(const char *path);
/* Opens the client of the page. */
EMSCRIPTEN_KEEPALIVE const char *web_open(void);
/* Another tab of this browser has this project: the page gets another one. Before web_open(). */
EMSCRIPTEN_KEEPALIVE void web_elsewhere(const char *project, const char *tab);

/* A message from the page. */
EMSCRIPTEN_KEEPALIVE void web_receive(const char *text);
/* Works on one request, if the studio has only this thread. False if no request waits. */
EMSCRIPTEN_KEEPALIVE int web_step(void);

/* Opens an output window, 0 to MAX_WATCHERS - 1, which follows the page; a message from it; and its end. */
EMSCRIPTEN_KEEPALIVE void web_watch(int window);
EMSCRIPTEN_KEEPALIVE void web_watched(int window, const char *text);
EMSCRIPTEN_KEEPALIVE void web_unwatch(int window);

/* Functions of worker.js: one whole message for the page (-1) or an output window, which is copied at once; and the end. */
EM_JS(void, web_send, (int to, const unsigned char *bytes, size_t size, int binary), {
    const from = bytes >>> 0;           // addresses above 2 GiB are negative here
    Module.send(to, HEAPU8.slice(from, from + size), !!binary);
});
EM_JS(void, web_closed, (int code, const char *reason), { Module.closed(code, UTF8ToString(reason)); });

static const char *failed(const gb_error *err) {
    snprintf(web.reason, sizeof web.reason, "%s", err->message);
    return web.reason;
}

/* ---------------------------------------------------------------------------------------------------- sending */

static void send_all_to(int window) {
    outgoing next;
    while (watcher_next(web.watchers[window], &next)) {
        web_send(window, next.bytes, next.size, next.binary);
        free_outgoing(&next);
    }
}

/* In the thread of worker.js. */
static void send_all(void) {
    char reason[CLOSE_REASON];
    outgoing next;
    int code = web.client && client_is_ready(web.client) ? client_failed(web.client, reason) : 0;
    if (code) web_closed(code, reason);
    while (web.client && !code && client_next(web.client, &next)) {
        web_send(-1, next.bytes, next.size, next.binary);
        free_outgoing(&next);
    }
    for (int i = 0; i < MAX_WATCHERS; i++)
        if (web.watchers[i]) send_all_to(i);
}

/* shared.wake(), from any thread. */
static void wake(void *arg) {
    (void)arg;
#ifdef __EMSCRIPTEN_PTHREADS__
    emscripten_async_run_in_main_runtime_thread(EM_FUNC_SIG_V, send_all);
#else
    send_all();
#endif
}

/* ---------------------------------------------------------------------------------------------------- starting */

const char *web_start(const char *out, int threads) {
    shared *s = &web.shared;
    gb_error err = {0};
    char models[PATH_ROOM];
    if (snprintf(models, sizeof models, "%s/models", out) >= (int)sizeof models) return "path too long";
    s->out = strdup(out);
    s->folders[0] = strdup(models);
    s->folder_count = 1;
    s->models = calloc(MAX_MODELS, sizeof *s->models);
    s->model_room = MAX_MODELS;
    s->keep_bytes = KEEP_BYTES;
    s->quality = 100;
    s->device = "cpu";
    s->wake = wake;
    clients_init(&s->clients);
    outputs_init(&s->outputs);
#ifndef __EMSCRIPTEN_PTHREADS__
    s->clients.one_thread = true;
#endif
    if (!s->out || !s->folders[0] || !s->models) return "out of memory";
    if (gb_context_new(&(gb_context_options){.threads = threads}, &s->context, &err)) return failed(&err);
    return NULL;
}

const char *web_model(const char *path) {
    char name[MODEL_NAME];
    gb_model *model = NULL;
    gb_error err = {0};
    size_t index;
    int64_t shape[3] = {0};
    name_model(path, name);
    if (!gb_model_read(web.shared.context, path, &model, &err)) gb_model_output_shape(model, shape);
    if (!err.status && !check_picture(&(loaded_model){.model = model, .channels = shape[0]}, path, &err) &&
        !shared_add_model(&web.shared, model, path, name, &index, &err))
        return NULL;
    gb_model_close(model);
    return failed(&err);
}

void web_elsewhere(const char *project, const char *tab) {
    client_slot *slot = client_slot_take(&web.shared.clients);
    char name[PROJECT_NAME];
    if (slot) project_claim(&web.shared.clients, slot, project, tab, name);
}

const char *web_open(void) {
    return client_open(&web.shared, &web.client, web.reason) ? web.reason : NULL;
}

/* ---------------------------------------------------------------------------------------------------- working */

void web_receive(const char *text) {
    int code = client_receive(web.client, false, text, strlen(text), web.reason);
    if (code) web_closed(code, web.reason);
    else send_all();
}

int web_step(void) {
    return web.shared.clients.one_thread && client_step(web.client);
}

/* ---------------------------------------------------------------------------------------------------- output windows */

void web_unwatch(int window) {
    watcher_close(web.watchers[window]);
    web.watchers[window] = NULL;
}

void web_watch(int window) {
    web_unwatch(window);
    web.watchers[window] = watcher_open(&web.shared, "");
    if (web.watchers[window]) send_all_to(window);
}

void web_watched(int window, const char *text) {
    if (!web.watchers[window]) return;
    if (watcher_receive(web.watchers[window], false, text, strlen(text), web.reason)) web_unwatch(window);
    else send_all_to(window);
}
