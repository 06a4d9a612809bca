/* The side of a client that the server's thread sees: receiving, sending, opening and closing.
 *
 * Of the renders only the newest waits. All other requests wait in their order. Every queue is bounded: a request beyond
 * the limits closes the connection, and a request is accepted only if all its answers have a place in the send queue.
 *
 * Parsing a long message takes up to a tenth of a second, so messages above READ_AT_ONCE are parsed by a thread of the
 * client's own, the reader. It starts with the first such message. While it has work, the messages behind it go through
 * it too, so that they stay in order. */
#define _POSIX_C_SOURCE 200809L
#include "client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "client_state.h"
#include "engine/platform/threads.h"
#include "projects.h"
#include "tools/program/host.h"

/* ------------------------------------------------------------------------------------------------ sending */

void client_wake_server(client *c) {
    atomic_store(&c->ready, true);
    c->shared->wake(c->shared->wake_arg);
}

bool client_is_ready(client *c) {
    return atomic_exchange(&c->ready, false);
}

void client_fail(client *c, int code, const char *reason) {
    pthread_mutex_lock(&c->lock);
    if (!c->failure) {
        c->failure = code;
        snprintf(c->reason, CLOSE_REASON, "%.*s", (int)CLOSE_REASON - 1, reason);
    }
    pthread_mutex_unlock(&c->lock);
    client_wake_server(c);
}

int client_failed(client *c, char reason[CLOSE_REASON]) {
    int code;
    pthread_mutex_lock(&c->lock);
    code = c->failure;
    memcpy(reason, c->reason, CLOSE_REASON);
    pthread_mutex_unlock(&c->lock);
    return code;
}

bool client_next(client *c, outgoing *next) {
    bool found;
    pthread_mutex_lock(&c->lock);
    found = send_queue_next(&c->sending, next);
    pthread_cond_broadcast(&c->changed);        /* the worker may wait for unsent answers to become fewer */
    pthread_mutex_unlock(&c->lock);
    return found;
}

void client_control(client *c, const char *address, double value) {
    bool stored;
    pthread_mutex_lock(&c->lock);
    stored = send_queue_control(&c->sending, address, value);
    pthread_mutex_unlock(&c->lock);
    if (stored) client_wake_server(c);
}

/* ------------------------------------------------------------------------------------------------ receiving */

size_t max_answers(const message *m) {
    return m->kind == MESSAGE_HELLO ? 2 : 1;
}

static int too_many(char reason[CLOSE_REASON]) {
    snprintf(reason, CLOSE_REASON, "too many requests at once: %d can wait, with %d MiB", (int)MAX_JOBS,
             MAX_JOB_BYTES >> 20);
    return CLOSE_POLICY;
}

/* Whether another request of `size` bytes is too much, parsed or not. */
static bool is_full(const client *c, size_t size) {
    return c->unread_count + c->job_count + c->sending.count >= MAX_JOBS ||
           c->unread_bytes + c->job_bytes + size > MAX_JOB_BYTES;
}

/* Returns the message to be freed: the render that the new one replaces. */
static message *put_render(client *c, message *m) {
    message *old = c->render;
    c->render = m;
    c->render_came = host_seconds();
    if (c->running && c->replaceable) gb_session_cancel(c->running);
    return old;
}

static int put_job(client *c, message *m, char reason[CLOSE_REASON]) {
    if (is_full(c, m->size) || !send_queue_reserve(&c->sending, max_answers(m))) return too_many(reason);
    c->jobs[(c->first_job + c->job_count++) % MAX_JOBS] = m;
    c->job_bytes += m->size;
    c->models_waiting += m->kind == MESSAGE_MODEL;
    return 0;
}

/* Takes ownership of the message. Returns 0, or a close code and the reason. */
static int accept_message(client *c, message *m, char reason[CLOSE_REASON]) {
    message *done = NULL;
    bool sendable = false;
    int code = 0;
    pthread_mutex_lock(&c->lock);
    switch (m->kind) {
    case MESSAGE_RENDER: done = put_render(c, m); break;
    case MESSAGE_SHOWN:
        send_queue_shown(&c->sending, m->serial);
        sendable = send_queue_has_frame(&c->sending);
        done = m;
        break;
    case MESSAGE_OSC:
        osc_send(&c->shared->osc_out, m->address, m->value, m->share);
        done = m;
        break;
    case MESSAGE_OUTPUT:
        outputs_look(&c->shared->outputs, client_slot_index(&c->shared->clients, c->slot),
                     (output_look){.black = (int)m->black, .freeze = m->freeze, .fill = m->fill});
        sendable = true;
        done = m;
        break;
    default:
        code = put_job(c, m, reason);
        if (code) done = m;
    }
    pthread_cond_broadcast(&c->changed);
    pthread_mutex_unlock(&c->lock);
    free_message(done);
    if (sendable) client_wake_server(c);
    return code;
}

static int read_and_accept(client *c, const char *bytes, size_t size, char reason[CLOSE_REASON]) {
    message *m;
    int code = read_message(bytes, size, &m, reason);
    return code ? code : accept_message(c, m, reason);
}

/* ------------------------------------------------------------------------------------------------ the reader */

static bool next_unread(client *c, unread_message *next) {
    bool found;
    pthread_mutex_lock(&c->lock);
    c->reading = false;
    while (!c->unread_count && !atomic_load(&c->closing)) pthread_cond_wait(&c->changed, &c->lock);
    found = c->unread_count > 0;
    if (found) {
        *next = c->unread[c->first_unread];
        c->first_unread = (c->first_unread + 1) % MAX_JOBS;
        c->unread_count--;
        c->unread_bytes -= next->size;
        c->reading = true;
    } else {
        c->has_reader = false;
        pthread_cond_broadcast(&c->changed);
    }
    pthread_mutex_unlock(&c->lock);             /* after has_reader = false the worker may free the client */
    return found;
}

/* Ends when the client closes, after the last message: the worker keeps the last document among them. */
static void *read_messages(void *arg) {
    client *c = arg;
    char reason[CLOSE_REASON];
    for (unread_message m; next_unread(c, &m); free(m.bytes)) {
        int code = read_and_accept(c, m.bytes, m.size, reason);
        if (code) client_fail(c, code, reason);
    }
    return NULL;
}

/* Nobody joins these threads. Signals are for the server's thread: all are blocked in others. */
static bool start_thread(void *(*run)(void *arg), client *c) {
    pthread_attr_t attributes;
    pthread_t thread;
    bool started;
    if (pthread_attr_init(&attributes) != 0) return false;
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    started = gb_thread_begin(&thread, &attributes, run, c) == 0;
    pthread_attr_destroy(&attributes);
    return started;
}

static int put_unread(client *c, const char *bytes, size_t size, char reason[CLOSE_REASON]) {
    unread_message m = {malloc(size), size};
    int code = 0;
    if (m.bytes) memcpy(m.bytes, bytes, size);
    pthread_mutex_lock(&c->lock);
    if (m.bytes && !c->has_reader) c->has_reader = start_thread(read_messages, c);
    if (!m.bytes || !c->has_reader) {
        snprintf(reason, CLOSE_REASON, m.bytes ? "cannot start a thread" : "out of memory");
        code = CLOSE_ERROR;
    } else if (is_full(c, size)) {
        code = too_many(reason);
    } else {
        c->unread[(c->first_unread + c->unread_count++) % MAX_JOBS] = m;
        c->unread_bytes += size;
        pthread_cond_broadcast(&c->changed);
    }
    pthread_mutex_unlock(&c->lock);
    if (code) free(m.bytes);
    return code;
}

int client_receive(client *c, bool binary, const char *bytes, size_t size, char reason[CLOSE_REASON]) {
    bool later;
    int failed = client_failed(c, reason);      /* a message that the reader refused: what comes after it is not read either */
    if (failed) return failed;
    if (binary) {
        snprintf(reason, CLOSE_REASON, "messages are text");
        return CLOSE_UNSUPPORTED;
    }
    if (size > MESSAGE_BYTES) return read_and_accept(c, bytes, size, reason);   /* refused without looking into it */
    pthread_mutex_lock(&c->lock);
    later = !c->shared->clients.one_thread && (size > READ_AT_ONCE || c->unread_count || c->reading);
    pthread_mutex_unlock(&c->lock);
    return later ? put_unread(c, bytes, size, reason) : read_and_accept(c, bytes, size, reason);
}

/* ------------------------------------------------------------------------------------------------ opening and closing */

/* Waits with a timeout use a clock that nobody sets. */
static void init_condition(pthread_cond_t *condition) {
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, GB_CONDITION_CLOCK);
    pthread_cond_init(condition, &attributes);
    pthread_condattr_destroy(&attributes);
}

int client_open(shared *s, client **out, char reason[CLOSE_REASON]) {
    client_slot *slot = client_slot_take(&s->clients);
    client *c = slot ? calloc(1, sizeof *c) : NULL;
    *out = NULL;
    if (!slot) {
        snprintf(reason, CLOSE_REASON, "%d tabs are open, and no more are served; close one", (int)MAX_CLIENTS);
        return CLOSE_TRY_LATER;
    }
    if (c) {
        c->shared = s;
        c->slot = slot;
        atomic_init(&c->ready, false);
        atomic_init(&c->closing, false);
        pthread_mutex_init(&c->lock, NULL);
        init_condition(&c->changed);
        if (s->clients.one_thread || start_thread(client_work, c)) {
            if (s->clients.one_thread) client_begin(c);
            *out = c;
            return 0;
        }
        client_free(c);
    }
    client_slot_release(&s->clients, slot);
    snprintf(reason, CLOSE_REASON, c ? "cannot start a thread" : "out of memory");
    return CLOSE_ERROR;
}

/* The slot comes first: once the lock is released, the worker may free the client at any moment. */
void client_close(client *c) {
    if (!c) return;
    bool one_thread = c->shared->clients.one_thread;
    client_slot_close(&c->shared->clients, c->slot);
    pthread_mutex_lock(&c->lock);
    atomic_store(&c->closing, true);
    if (c->running) gb_session_cancel(c->running);
    pthread_cond_broadcast(&c->changed);
    pthread_mutex_unlock(&c->lock);
    if (one_thread) client_end(c);
}

void client_free(client *c) {
    free_message(c->render);
    for (size_t i = 0; i < c->job_count; i++) free_message(c->jobs[(c->first_job + i) % MAX_JOBS]);
    send_queue_free(&c->sending);
    pthread_cond_destroy(&c->changed);
    pthread_mutex_destroy(&c->lock);
    free(c);
}
