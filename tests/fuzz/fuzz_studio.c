/* Sends the studio's messages, one per line, to a client with a network of 8x8 pixels and a folder that is emptied after each
 * run; everything except ffmpeg. What comes out must be JSON, and every message is accepted or refused with a reason. If the
 * last byte is odd, the client is closed while it works. */
#define _POSIX_C_SOURCE 200809L
#include <dirent.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/studio/client.h"
#include "tools/studio/folder.h"
#include "tools/studio/messages.h"
#include "tools/studio/projects.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

static char out[64];
static shared_model model = {.name = "tiny"};
static shared tiny = {.models = &model, .model_count = 1, .keep_bytes = 1 << 20, .quality = 80, .device = "cpu",
                    .clients = {.lock = PTHREAD_MUTEX_INITIALIZER, .released = PTHREAD_COND_INITIALIZER,
                                .naming = PTHREAD_MUTEX_INITIALIZER}};

int LLVMFuzzerInitialize(int *argc, char ***argv) {
    const gb_stylegan2 shape = {.resolution = 8, .channel_base = 64, .channel_max = 8, .z_dim = 8, .w_dim = 8,
                                .mapping_layers = 2};
    const gb_context_options one = {.threads = 1};
    char path[96];
    gb_error err = {0};
    (void)argc, (void)argv;
    messages_begin();
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

/* Whether the message answers the last request. Frames are acknowledged. */
static bool take(client *c, outgoing *p) {
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
        if (client_receive(c, false, shown, strlen(shown), reason))
            abort();
    }
    json_decref(json);
    free_outgoing(p);
    return last;
}

/* Sends a last request of our own and waits for its answer: then all others are answered. */
static void finish(client *c, bell *b) {
    static const char last[] = "{\"type\":\"files\",\"id\":2147483647}";
    char reason[CLOSE_REASON];
    outgoing p;
    if (client_receive(c, false, last, strlen(last), reason))
        return;
    while (!client_failed(c, reason)) {
        while (client_next(c, &p))
            if (take(c, &p))
                return;
        wait_for_ring(b);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    bell b = {.lock = PTHREAD_MUTEX_INITIALIZER, .rung = PTHREAD_COND_INITIALIZER};
    client *c;
    bool open = true;
    char why[CLOSE_REASON];
    tiny.wake = ring;
    tiny.wake_arg = &b;
    if (client_open(&tiny, &c, why))
        abort();
    for (size_t at = 0; at < size && open;) {
        const uint8_t *end = memchr(data + at, '\n', size - at);
        size_t length = end ? (size_t)(end - data) - at : size - at;
        char *text = malloc(length + 1), reason[CLOSE_REASON] = "";      /* a buffer of its own, so that reads beyond it are found */
        if (!text)
            abort();
        memcpy(text, data + at, length);
        int code = client_receive(c, false, text, length, reason);
        free(text);
        if (code && (code < 1000 || code > 1011 || !*reason || strchr(reason, '\n')))
            abort();
        open = !code;
        at += length + 1;
    }
    if (open && !(size && data[size - 1] % 2))
        finish(c, &b);
    client_close(c);
    clients_wait_for_closing(&tiny.clients);
    empty_folder();
    return 0;
}
