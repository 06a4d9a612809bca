/* Sends the studio's messages, one per line, to a client with a small network; everything except ffmpeg. What comes out must
 * be JSON, and every message is accepted or refused with a reason. If the last byte is odd, the client is closed while it
 * works. */
#define _POSIX_C_SOURCE 200809L
#include "small_studio.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Whether the message answers the last request. Frames are acknowledged. */
static bool take(client *c, outgoing *p) {
    bool binary = p->binary;
    json_t *json = json_of(p), *serial = json_object_get(json, "serial");
    bool last = json_integer_value(json_object_get(json, "id")) == INT32_MAX;
    if (binary && serial) {
        char shown[80], reason[CLOSE_REASON];
        snprintf(shown, sizeof shown, "{\"type\":\"shown\",\"serial\":%lld}", (long long)json_integer_value(serial));
        if (client_receive(c, false, shown, strlen(shown), reason))
            abort();
    }
    json_decref(json);
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
    shared *of = small_studio(&b);
    client *c;
    bool open = true;
    char why[CLOSE_REASON];
    if (client_open(of, &c, why))
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
        if (code)
            check_close(code, reason);
        open = !code;
        at += length + 1;
    }
    if (open && !(size && data[size - 1] % 2))
        finish(c, &b);
    client_close(c);
    end_run(of);
    return 0;
}
