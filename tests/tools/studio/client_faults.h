/* A page whose studio's calls of the C library fail, see tests/faults/faults.h. The calls of the test itself do not: those of
 * the test's thread are counted only while it is the server's, in the functions of client.h. */
#ifndef GB_TESTS_CLIENT_FAULTS_H
#define GB_TESTS_CLIENT_FAULTS_H

#include "client_page.h"
#include "tests/faults/faults.h"

extern _Thread_local bool is_serving;   /* this thread is the server's now */

int run_session_tests(bool every);

static inline void begin_serving(void) {
    faults_spare(false);
    is_serving = true;
}

static inline void end_serving(void) {
    is_serving = false;
    faults_spare(true);
}

static inline int serve_message(page *p, const char *text, char reason[CLOSE_REASON]) {
    begin_serving();
    int code = client_receive(p->client, false, text, strlen(text), reason);
    end_serving();
    return code;
}

static inline bool serve_next(page *p, outgoing *next) {
    begin_serving();
    bool found = client_next(p->client, next);
    end_serving();
    return found;
}

/* A message as text to be freed, without what takes its time. */
static inline char *describe(received *a) {
    unsigned sum = 0;
    size_t i;
    json_t *work;
    json_object_del(a->json, "ms");
    json_array_foreach(json_object_get(a->json, "works"), i, work) json_object_del(work, "changed");
    for (i = 0; i < a->size; i++) sum = sum * 31 + a->payload[i];
    if (a->payload) json_object_set_new(a->json, "sum", json_integer(sum));
    return json_dumps(a->json, JSON_COMPACT | JSON_SORT_KEYS);
}

/* Waits for a message that is `type`, or a binary one of that kind, or an answer. Returns its JSON as text to be freed; an
 * error in it as "error: …"; NULL if the connection is closed, with the reason. */
static inline char *wait_for(page *p, const char *type, char reason[CLOSE_REASON]) {
    for (;;) {
        outgoing next = {0};
        if (!serve_next(p, &next)) {
            if (client_failed(p->client, reason)) return NULL;
            pthread_mutex_lock(&p->at->lock);
            while (!client_is_ready(p->client)) pthread_cond_wait(&p->at->changed, &p->at->lock);
            pthread_mutex_unlock(&p->at->lock);
            continue;
        }
        received a = unpack(&next);
        const char *is = text_of(a.json, a.payload ? "kind" : "type");
        const char *error = text_of(a.json, !strcmp(is, "refused") ? "message" : "error");
        char *text = NULL;
        if (*error) {
            text = malloc(strlen(error) + sizeof "error: ");
            assert_non_null(text);
            sprintf(text, "error: %s", error);
        } else if (!strcmp(is, type)) {
            text = describe(&a);
        }
        free_received(&a);
        if (text) return text;
    }
}

static inline bool is_error(const char *answer) {
    return !strncmp(answer, "error: ", 7);
}

#endif
