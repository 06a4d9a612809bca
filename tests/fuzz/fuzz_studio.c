/* The studio's messages, one a line, as a page would send them to a client: a session on a network of 8x8 pixels, files
 * into a folder that is emptied after each walk, everything but ffmpeg. What goes out must be JSON, and every message is
 * taken or refused with a reason. An odd last byte closes the client while it clients. */
#define _POSIX_C_SOURCE 200809L
#include <dirent.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/studio/client.h"
#include "tools/studio/folder.h"
#include "tools/studio/projects.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

static char out[64];
static shared_model model = {.name = "tiny"};
static shared tiny = {.models = &model, .model_count = 1, .keep_bytes = 1 << 20, .quality = 80, .device = "cpu",
                    .clients = {.lock = PTHREAD_MUTEX_INITIALIZER, .released = PTHREAD_COND_INITIALIZER}};

int LLVMFuzzerInitialize(int *argc, char ***argv) {
    const gb_stylegan2 shape = {.resolution = 8, .channel_base = 64, .channel_max = 8, .z_dim = 8, .w_dim = 8,
                                .mapping_layers = 2};
    const gb_context_options one = {.threads = 1};
    char path[96];
    gb_error err = {0};
    (void)argc, (void)argv;
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
    return 0;
}

static void empty_folder(void) {
    DIR *folder = opendir(out);
    struct dirent *entry;
    while (folder && (entry = readdir(folder))) {
        char path[400];
        snprintf(path, sizeof path, "%s/%s", out, entry->d_name);
        if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
            folder_remove(path);
    }
    if (folder)
        closedir(folder);
}

typedef struct bell {
    pthread_mutex_t lock;
    pthread_cond_t rung;
    int rings;
} bell;

static void ring(void *arg) {
    bell *b = arg;
    pthread_mutex_lock(&b->lock);
    b->rings++;
    pthread_cond_signal(&b->rung);
    pthread_mutex_unlock(&b->lock);
}

static void wait_for_ring(bell *b) {
    pthread_mutex_lock(&b->lock);
    while (!b->rings)
        pthread_cond_wait(&b->rung, &b->lock);
    b->rings = 0;
    pthread_mutex_unlock(&b->lock);
}

/* Whether it answers the last request; the page has shown what is a frame. */
static bool take(client *d, outgoing *p) {
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
    bool last = json_integer_value(json_object_get(json, "id")) == INT32_MAX;
    json_t *serial = json_object_get(json, "serial");
    if (p->binary && serial) {
        char shown[80], reason[CLOSE_REASON];
        snprintf(shown, sizeof shown, "{\"type\":\"shown\",\"serial\":%lld}", (long long)json_integer_value(serial));
        if (client_receive(d, false, shown, strlen(shown), reason))
            abort();
    }
    json_decref(json);
    free_outgoing(p);
    return last;
}

/* A request of our own is the last: its answer means that all before it are through. */
static void finish(client *d, bell *b) {
    static const char last[] = "{\"type\":\"files\",\"id\":2147483647}";
    char reason[CLOSE_REASON];
    outgoing p;
    if (client_receive(d, false, last, strlen(last), reason))
        return;
    while (!client_failed(d, reason)) {
        while (client_next(d, &p))
            if (take(d, &p))
                return;
        wait_for_ring(b);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    bell b = {.lock = PTHREAD_MUTEX_INITIALIZER, .rung = PTHREAD_COND_INITIALIZER};
    client *d;
    bool open = true;
    char why[CLOSE_REASON];
    tiny.wake = ring;
    tiny.wake_arg = &b;
    if (client_open(&tiny, &d, why))
        abort();
    for (size_t at = 0; at < size && open;) {
        const uint8_t *end = memchr(data + at, '\n', size - at);
        size_t length = end ? (size_t)(end - data) - at : size - at;
        char *message = malloc(length + 1), reason[CLOSE_REASON] = "";      /* its own, so that its end is guarded */
        if (!message)
            abort();
        memcpy(message, data + at, length);
        int code = client_receive(d, false, message, length, reason);
        free(message);
        if (code && (code < 1000 || code > 1011 || !*reason || strchr(reason, '\n')))
            abort();
        open = !code;
        at += length + 1;
    }
    if (open && !(size && data[size - 1] % 2))
        finish(d, &b);
    client_close(d);
    clients_wait_for_closing(&tiny.clients);
    empty_folder();
    return 0;
}
