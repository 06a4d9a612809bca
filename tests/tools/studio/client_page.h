/* A page that uses a client directly, without a server: it passes messages in and waits for the messages that come out. */
#ifndef GB_TESTS_CLIENT_PAGE_H
#define GB_TESTS_CLIENT_PAGE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "tools/studio/claim.h"
#include "tools/studio/client.h"
#include "tools/program/json_output.h"
#include "tools/studio/messages.h"
#include "tools/studio/projects.h"

#define TOY "tests/fixtures/toy-faces-64.gbw"

typedef struct studio {
    shared shared;
    shared_model model;
    char out[64];
    int claim;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool holds;                 /* the next worker that wakes the server blocks until this is false */
    bool held;                  /* a worker is blocked */
    int wakes;                  /* calls of wake_pages() so far */
} studio;

typedef struct page {
    studio *at;
    client *client;
    int id;
} page;

/* A message received: its JSON, and the payload of a binary one. */
typedef struct received {
    json_t *json;
    unsigned char *payload;
    size_t size;
} received;

/* shared.wake() */
static inline void wake_pages(void *arg) {
    studio *w = arg;
    pthread_mutex_lock(&w->lock);
    w->wakes++;
    if (w->holds && !w->held) {
        w->held = true;
        pthread_cond_broadcast(&w->changed);
        while (w->holds) pthread_cond_wait(&w->changed, &w->lock);
        w->held = false;
    }
    pthread_cond_broadcast(&w->changed);
    pthread_mutex_unlock(&w->lock);
}

/* Until release_worker(), the first worker that has something to send is blocked. */
static inline void hold_worker(studio *w) {
    pthread_mutex_lock(&w->lock);
    w->holds = true;
    pthread_mutex_unlock(&w->lock);
}

static inline void await_held(studio *w) {
    pthread_mutex_lock(&w->lock);
    while (!w->held) pthread_cond_wait(&w->changed, &w->lock);
    pthread_mutex_unlock(&w->lock);
}

static inline void await_wakes(studio *w, int wakes) {
    pthread_mutex_lock(&w->lock);
    while (w->wakes < wakes) pthread_cond_wait(&w->changed, &w->lock);
    pthread_mutex_unlock(&w->lock);
}

static inline void release_worker(studio *w) {
    pthread_mutex_lock(&w->lock);
    w->holds = false;
    pthread_cond_broadcast(&w->changed);
    pthread_mutex_unlock(&w->lock);
}

static inline void open_studio(studio *w) {
    const gb_context_options two = {.threads = 2};
    gb_error err = {0};
    *w = (studio){.model = {.name = "toy"}};
    if (gb_context_new(&two, &w->shared.context, &err) || gb_model_open(w->shared.context, TOY, &w->model.model, &err))
        fail_msg("%s", err.message);
    strcpy(w->out, "/dev/shm/ganbend-client-XXXXXX");     /* where fsync() takes no time */
    if (!mkdtemp(w->out)) {
        strcpy(w->out, "/tmp/ganbend-client-XXXXXX");
        assert_non_null(mkdtemp(w->out));
    }
    if (claim_folder(w->out, &w->claim, &err)) fail_msg("%s", err.message);
    w->shared.models = &w->model;
    w->shared.model_count = 1;
    w->shared.out = w->out;
    w->shared.keep_bytes = (size_t)64 << 20;
    w->shared.quality = 90;
    w->shared.device = "cpu";
    w->shared.wake = wake_pages;
    w->shared.wake_arg = w;
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->changed, NULL);
    json_watch();
    clients_init(&w->shared.clients);
    outputs_init(&w->shared.outputs);
}

/* A network of 8×8 pixels instead of the toy faces, and nothing else in the folder. */
static inline void take_tiny_model(studio *w) {
    const gb_stylegan2 shape = {.resolution = 8, .channel_base = 64, .channel_max = 8, .z_dim = 8, .w_dim = 8,
                                .mapping_layers = 2};
    char path[96];
    gb_error err = {0};
    snprintf(path, sizeof path, "%s/tiny.gbw", w->out);
    gb_model_close(w->model.model);
    if (gb_init_stylegan2(w->shared.context, path, &shape, false, &err) ||
        gb_model_read(w->shared.context, path, &w->model.model, &err))
        fail_msg("%s", err.message);
    unlink(path);
}

static inline void close_studio(studio *w) {
    char command[96];
    clients_wait_for_closing(&w->shared.clients);
    claim_end(w->out, w->claim);
    gb_model_close(w->model.model);
    gb_context_free(w->shared.context);
    clients_free(&w->shared.clients);
    outputs_free(&w->shared.outputs);
    pthread_cond_destroy(&w->changed);
    pthread_mutex_destroy(&w->lock);
    snprintf(command, sizeof command, "rm -r %s", w->out);
    assert_int_equal(system(command), 0);
}

/* The path of a file in the studio's folder, until the next call. */
static inline char *in_folder(const studio *w, const char *name) {
    static char path[400];
    snprintf(path, sizeof path, "%s/%s", w->out, name);
    return path;
}

static inline bool is_there(const studio *w, const char *name) {
    struct stat info;
    return lstat(in_folder(w, name), &info) == 0;
}

/* The number of files in a folder of the studio's. */
static inline size_t files_in(const studio *w, const char *sub) {
    char command[160];
    int count = -1;
    snprintf(command, sizeof command, "ls -A %s/%s | wc -l", w->out, sub);
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    assert_int_equal(fscanf(pipe, "%d", &count), 1);
    pclose(pipe);
    return (size_t)count;
}

static inline void put_file(const studio *w, const char *name, const char *text) {
    FILE *file = fopen(in_folder(w, name), "wb");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static inline void open_page(page *p, studio *w) {
    char reason[CLOSE_REASON];
    *p = (page){.at = w};
    if (client_open(&w->shared, &p->client, reason)) fail_msg("%s", reason);
}

static inline void close_page(page *p) {
    client_close(p->client);
    clients_wait_for_closing(&p->at->shared.clients);
}

/* Takes ownership of the message. Returns 0, or the code with which the connection is closed. */
static inline int try_message(page *p, json_t *object, char reason[CLOSE_REASON]) {
    char *text = json_dumps(object, JSON_COMPACT);
    assert_non_null(text);
    int code = client_receive(p->client, false, text, strlen(text), reason);
    free(text);
    json_decref(object);
    return code;
}

static inline void send_message(page *p, json_t *object) {
    char reason[CLOSE_REASON];
    assert_non_null(object);
    if (try_message(p, object, reason)) fail_msg("closed: %s", reason);
}

static inline received unpack(outgoing *p) {
    received a = {0};
    json_error_t why;
    if (p->binary) {
        size_t length = (size_t)p->bytes[0] | (size_t)p->bytes[1] << 8 | (size_t)p->bytes[2] << 16;
        assert_int_equal(p->bytes[3], 0);
        assert_true(length + 4 <= p->size);
        a.json = json_loadb((char *)p->bytes + 4, length, 0, &why);
        a.size = p->size - 4 - length;
        a.payload = malloc(a.size + 1);
        assert_non_null(a.payload);
        memcpy(a.payload, p->bytes + 4 + length, a.size);
    } else {
        a.json = json_loadb((char *)p->bytes, p->size, 0, &why);
    }
    if (!a.json) fail_msg("not JSON: %s", why.text);
    free_outgoing(p);
    return a;
}

/* Waits until the client has something to say. In a studio with one thread, lets it take a step. */
static inline void await_news(page *p) {
    if (p->at->shared.clients.one_thread) {
        if (!client_step(p->client) && !client_is_ready(p->client)) fail_msg("the client has nothing to do");
        return;
    }
    pthread_mutex_lock(&p->at->lock);
    while (!client_is_ready(p->client)) pthread_cond_wait(&p->at->changed, &p->at->lock);
    pthread_mutex_unlock(&p->at->lock);
}

/* Waits until the client has failed with this close code and a reason that contains `says`. */
static inline void await_failure(page *p, int code, const char *says) {
    char reason[CLOSE_REASON];
    int failed;
    while (!(failed = client_failed(p->client, reason))) {
        await_news(p);
    }
    assert_int_equal(failed, code);
    if (!strstr(reason, says)) fail_msg("'%s' does not say '%s'", reason, says);
}

/* Waits for the next message. */
static inline received await(page *p) {
    outgoing next = {0};
    char reason[CLOSE_REASON];
    while (!client_next(p->client, &next)) {
        if (client_failed(p->client, reason)) fail_msg("failed: %s", reason);
        await_news(p);
    }
    return unpack(&next);
}

static inline void free_received(received *a) {
    json_decref(a->json);
    free(a->payload);
    *a = (received){0};
}

static inline const char *text_of(const json_t *json, const char *key) {
    const char *text = json_string_value(json_object_get(json, key));
    return text ? text : "";
}

static inline json_int_t number_of(const json_t *json, const char *key) {
    return json_integer_value(json_object_get(json, key));
}

/* Waits for a text message of this type, or a binary one of this kind. Messages before it are dropped. */
static inline received await_type(page *p, const char *type) {
    for (;;) {
        received a = await(p);
        if (!strcmp(text_of(a.json, a.payload ? "kind" : "type"), type)) return a;
        if (!strcmp(type, "frame") && !strcmp(text_of(a.json, "type"), "refused"))
            fail_msg("refused: %s", text_of(a.json, "message"));
        free_received(&a);
    }
}

/* Waits for the full picture of a serial and acknowledges every frame. */
static inline received await_frame(page *p, json_int_t serial) {
    for (;;) {
        received a = await_type(p, "frame");
        bool found = number_of(a.json, "serial") == serial && json_is_true(json_object_get(a.json, "full"));
        send_message(p, json_pack("{s:s, s:I}", "type", "shown", "serial", number_of(a.json, "serial")));
        if (found) return a;
        free_received(&a);
    }
}

/* Gives the message an id and waits for its answer. The error in the answer must contain `wrong`, or be missing if that is
 * NULL. */
static inline received ask_for(page *p, json_t *object, const char *wrong) {
    int id = ++p->id;
    json_object_set_new(object, "id", json_integer(id));
    send_message(p, object);
    for (;;) {
        received a = await(p);
        if (number_of(a.json, "id") != id || !strcmp(text_of(a.json, "type"), "progress")) {
            free_received(&a);
            continue;
        }
        if (!wrong && json_object_get(a.json, "error")) fail_msg("%s", text_of(a.json, "error"));
        if (wrong && !strstr(text_of(a.json, "error"), wrong))
            fail_msg("'%s' does not say '%s'", text_of(a.json, "error"), wrong);
        return a;
    }
}

static inline received ask(page *p, json_t *object) {
    return ask_for(p, object, NULL);
}

static inline void ask_refused(page *p, json_t *object, const char *wrong) {
    received a = ask_for(p, object, wrong);
    free_received(&a);
}

static inline received render(page *p, json_int_t serial, const char *recipe) {
    send_message(p, json_pack("{s:s, s:I, s:s}", "type", "render", "serial", serial, "recipe", recipe));
    return await_frame(p, serial);
}

static inline received say_hello(page *p, const char *work) {
    send_message(p, json_pack("{s:s, s:s}", "type", "hello", "project", work));
    return await_type(p, "welcome");
}

#endif
