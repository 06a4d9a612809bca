/* Two pages that send messages without reading what comes back, in the order that the input's bytes say: a byte's lower bits
 * choose what happens, its upper bits with what. However long answers stay unread, each accepted request is answered exactly
 * once, in order, or its connection is closed with a reason. */
#define _POSIX_C_SOURCE 200809L
#include "small_studio.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define RECIPE "\"recipe\":\"{inputs: {seeds: 3}, bends: [{at: synthesis.b8.conv1, filter: rotate, angle: 9}]}\""
#define NODE "\"node\":\"synthesis.b8.conv1\""

/* The messages, with the place of their id or serial, which counts up. Those before FIRST_ANSWERED have no answer. */
enum { FIRST_ANSWERED = 4 };
static const char *const texts[] = {
    "{\"type\":\"hello\",\"project\":\"\",\"tab\":\"t%d\"}",
    "{\"type\":\"render\",\"serial\":%d," RECIPE "}",
    "{\"type\":\"render\",\"serial\":%d,\"recipe\":\"bends: [{at: nowhere, filter: blur}]\"}",
    "{\"type\":\"shown\",\"serial\":%d}",
    "{\"type\":\"z\",\"id\":%d,\"seed\":9}",
    "{\"type\":\"statistics\",\"id\":%d," RECIPE "," NODE ",\"bins\":16}",
    "{\"type\":\"maps\",\"id\":%d," RECIPE "," NODE ",\"order\":\"cluster\",\"side\":16,\"first\":0,\"count\":8}",
    "{\"type\":\"cluster\",\"id\":%d," RECIPE "," NODE ",\"clusters\":2}",
    "{\"type\":\"pick\",\"id\":%d," RECIPE "," NODE ",\"x\":1,\"y\":7}",
    "{\"type\":\"parse\",\"id\":%d,\"text\":\"bends: []\"}",
    "{\"type\":\"parse\",\"id\":%d,\"text\":\"bends: [\"}",
    "{\"type\":\"keep\",\"id\":%d,\"document\":{\"a\":[1,2,{\"b\":\"c\"}]}}",
    "{\"type\":\"files\",\"id\":%d}",
    "{\"type\":\"film\",\"id\":%d,\"name\":\"walk\",\"format\":\"png\",\"fps\":25,\"frames\":2}",
    "{\"type\":\"frame\",\"id\":%d," RECIPE "}",
    "{\"type\":\"finish\",\"id\":%d,\"keep\":true}",
};
enum { TEXTS = sizeof texts / sizeof *texts, PAGES = 2, MAX_BYTES = 600 };

typedef struct tab {
    client *client;
    int number, accepted[MAX_BYTES], count, answered;   /* ids of the accepted requests in order; how many are answered */
} tab;

static void open_tab(tab *t, shared *of) {
    char reason[CLOSE_REASON];
    *t = (tab){0};
    if (client_open(of, &t->client, reason) != 0 && strcmp(reason, "") == 0)
        abort();
}

/* A tab whose connection is closed is another one from then on. */
static void close_tab(tab *t, shared *of) {
    client_close(t->client);
    clients_wait_for_closing(&of->clients);
    open_tab(t, of);
}

static void say(tab *t, shared *of, size_t which) {
    char text[400], reason[CLOSE_REASON] = "";
    snprintf(text, sizeof text, texts[which], ++t->number);
    int code = client_receive(t->client, false, text, strlen(text), reason);
    if (code) {
        check_close(code, reason);
        close_tab(t, of);
    } else if (which >= FIRST_ANSWERED) {
        t->accepted[t->count++] = t->number;
    }
}

/* Reads one message if there is one. */
static bool hear(tab *t) {
    outgoing p;
    if (!client_next(t->client, &p))
        return false;
    json_t *json = json_of(&p);
    json_int_t id = json_integer_value(json_object_get(json, "id"));
    const char *type = json_string_value(json_object_get(json, "type"));
    if (id && !(type && !strcmp(type, "progress")) && (t->answered == t->count || id != t->accepted[t->answered++]))
        abort();
    json_decref(json);
    return true;
}

static void hear_all(tab *t, bell *b) {
    char reason[CLOSE_REASON];
    int code;
    while (t->answered < t->count && !(code = client_failed(t->client, reason)))
        if (!hear(t))
            wait_for_ring(b);
    if (t->answered < t->count)
        check_close(code, reason);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    bell b = {.lock = PTHREAD_MUTEX_INITIALIZER, .rung = PTHREAD_COND_INITIALIZER};
    shared *of = small_studio(&b);
    tab tabs[PAGES];
    for (int i = 0; i < PAGES; i++)
        open_tab(&tabs[i], of);
    for (size_t i = 0; i < size && i < MAX_BYTES; i++) {
        tab *t = &tabs[data[i] >> 3 & 1];
        size_t which = data[i] >> 4;
        switch (data[i] & 7) {
        case 0: hear(t); break;
        case 1: client_control(t->client, "trunc", (double)which); break;
        case 2:
            if (which == 15)
                close_tab(t, of);
            break;
        default: say(t, of, which % TEXTS); break;
        }
    }
    for (int i = 0; i < PAGES; i++) {
        if (size % 3)
            hear_all(&tabs[i], &b);
        client_close(tabs[i].client);
    }
    end_run(of);
    return 0;
}
