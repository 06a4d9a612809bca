/* A studio without a server for the targets that are pages: a network of 8×8 pixels, and a folder that is emptied after each
 * run. */
#ifndef GB_TESTS_FUZZ_SMALL_STUDIO_H
#define GB_TESTS_FUZZ_SMALL_STUDIO_H

#include <dirent.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/studio/client.h"
#include "tools/studio/folder.h"
#include "tools/program/json_output.h"
#include "tools/studio/messages.h"
#include "tools/studio/projects.h"

/* Tells that a client has something to send. */
typedef struct bell {
    pthread_mutex_t lock;
    pthread_cond_t rung;
    int rings;
} bell;

static inline void ring(void *arg) {
    bell *b = arg;
    pthread_mutex_lock(&b->lock);
    b->rings++;
    pthread_cond_signal(&b->rung);
    pthread_mutex_unlock(&b->lock);
}

static inline void wait_for_ring(bell *b) {
    pthread_mutex_lock(&b->lock);
    while (!b->rings)
        pthread_cond_wait(&b->rung, &b->lock);
    b->rings = 0;
    pthread_mutex_unlock(&b->lock);
}

/* Made at the first call, and kept. Its clients ring `b`. */
static inline shared *small_studio(bell *b) {
    static char out[64], path[96];
    static shared_model model = {.name = "tiny"};
    static shared tiny = {.models = &model, .model_count = 1, .keep_bytes = 1 << 20, .quality = 80, .device = "cpu"};
    const gb_stylegan2 shape = {.resolution = 8, .channel_base = 64, .channel_max = 8, .z_dim = 8, .w_dim = 8,
                                .mapping_layers = 2};
    const gb_context_options one = {.threads = 1};
    gb_error err = {0};
    tiny.wake = ring;
    tiny.wake_arg = b;
    if (tiny.context)
        return &tiny;
    json_watch();
    clients_init(&tiny.clients);
    outputs_init(&tiny.outputs);
    strcpy(out, "/tmp/ganbend-fuzz-XXXXXX");
    if (!mkdtemp(out))
        abort();
    snprintf(path, sizeof path, "%s.gbw", out);
    if (gb_context_new(&one, &tiny.context, &err) ||
        gb_init_stylegan2(tiny.context, path, &shape, false, &err) ||
        gb_model_open(tiny.context, path, &model.model, &err))
        abort();
    unlink(path);
    tiny.out = out;
    return &tiny;
}

/* Waits until all clients have ended, and empties the folder. */
static inline void end_run(shared *of) {
    clients_wait_for_closing(&of->clients);
    static const char *const folders[] = {"studio/.unfinished", "studio", ""};
    for (int i = 0; i < 3; i++) {
        char name[200], path[500];
        snprintf(name, sizeof name, "%s/%s", of->out, folders[i]);
        DIR *folder = opendir(name);
        struct dirent *entry;
        while (folder && (entry = readdir(folder))) {
            snprintf(path, sizeof path, "%s/%s", name, entry->d_name);
            if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
                folder_remove(path);
        }
        if (folder)
            closedir(folder);
    }
}

/* The JSON of a message, or of a binary one's header, which must be valid. Frees the message. */
static inline json_t *json_of(outgoing *p) {
    size_t head = 0, length = p->size;
    json_error_t why;
    if (p->binary) {
        for (int i = 0; i < 4; i++)
            head |= (size_t)p->bytes[i] << 8 * i;
        if (p->size < 4 || head > p->size - 4)
            abort();
        length = head;
        head = 4;
    }
    json_t *json = json_loadb((const char *)p->bytes + head, length, 0, &why);
    if (!json)
        abort();
    free_outgoing(p);
    return json;
}

/* Whether a connection may be closed like that. */
static inline void check_close(int code, const char *reason) {
    if (code < 1000 || code > 1011 || !*reason || strchr(reason, '\n'))
        abort();
}

#endif
