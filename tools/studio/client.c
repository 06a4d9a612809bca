/* The queues of a tab and its worker thread. Of the renders only the newest waits, and of the frames only the newest is
 * kept for sending; all other requests are answered one by one in their order, alternating with renders. One lock
 * protects what both threads use; it is never held while something is rendered, read or sent.
 *
 * Every queue is bounded. Requests beyond the limits below close the connection. A request is accepted only if all the
 * answers that it may have fit into the ring of answers, so a page that does not read cannot overfill it. */
#define _POSIX_C_SOURCE 200809L
#include "client.h"

#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "outgoing.h"
#include "frame.h"
#include "tools/program/host.h"
#include "messages.h"
#include "handlers.h"
#include "projects.h"

enum {
    MAX_JOBS = 64,                     /* waiting requests and unsent answers together */
    MAX_JOB_BYTES = 32 << 20,
    MAX_ANSWERS = 2 * MAX_JOBS,       /* unsent, or reserved by requests that are not answered yet */
    MAX_ANSWER_BYTES = 32 << 20,       /* no request is begun while this much is unsent */
    MAX_CONTROLS = 64, CONTROL_ADDRESS = 64,
    FILM_PAUSE = 100                    /* ms between looks at ffmpeg */
};

typedef struct control {
    char address[CONTROL_ADDRESS];
    double value;
    bool fresh;                         /* not sent yet */
} control;

struct client {
    shared *shared;
    client_slot *slot;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    atomic_bool ready;                  /* since the last client_is_ready() */
    atomic_bool closing;                /* set under the lock */
    live live;                        /* used by the worker only */

    /* Protected by the lock: what came in, */
    message *render;                    /* the newest that nobody has begun, or NULL */
    double render_came;
    message *jobs[MAX_JOBS];           /* a ring */
    size_t first_job, job_count, job_bytes;
    size_t job_answers;                 /* reserved by waiting jobs, */
    size_t running_answers;             /* by the one that is worked on, */
    size_t film_answers;                /* and by the film that ffmpeg works on: 0 or 1 */
    int models_waiting;                 /* jobs that change the model: what came behind them waits for them */
    /* what may be cancelled, */
    gb_session *running;                /* NULL: nothing */
    bool replaceable;                   /* by a newer render; otherwise only closing cancels */
    bool cancelled;                     /* by a newer render */
    /* what goes out, */
    outgoing answers[MAX_ANSWERS];       /* a ring */
    size_t first_answer, answer_count, answer_bytes;
    outgoing frame, refused, progress;
    int64_t frame_serial, inflight[FRAMES_IN_FLIGHT];
    int inflight_count;
    control controls[MAX_CONTROLS];
    /* and why the connection has to be closed. */
    int failure;                        /* a WebSocket close code, or 0 */
    char reason[CLOSE_REASON];
};

/* ------------------------------------------------------------------------------------------------ going out */

/* The worker may do this until it ends, so the shared and its wake() must last until clients_wait_for_closing() returns. */
static void wake_server(client *c) {
    atomic_store(&c->ready, true);
    c->shared->wake(c->shared->wake_arg);
}

bool client_is_ready(client *c) {
    return atomic_exchange(&c->ready, false);
}

static void fail(client *c, const char *reason) {
    pthread_mutex_lock(&c->lock);
    if (!c->failure) snprintf(c->reason, CLOSE_REASON, "%.*s", (int)CLOSE_REASON - 1, reason);
    c->failure = CLOSE_ERROR;
    pthread_mutex_unlock(&c->lock);
    wake_server(c);
}

int client_failed(client *c, char reason[CLOSE_REASON]) {
    int code;
    pthread_mutex_lock(&c->lock);
    code = c->failure;
    memcpy(reason, c->reason, CLOSE_REASON);
    pthread_mutex_unlock(&c->lock);
    return code;
}

/* `reserved` is the count that the answer's slot was reserved in. */
static void put_answer(client *c, size_t *reserved, outgoing p) {
    pthread_mutex_lock(&c->lock);
    --*reserved;
    c->answers[(c->first_answer + c->answer_count++) % MAX_ANSWERS] = p;
    c->answer_bytes += p.size;
    pthread_mutex_unlock(&c->lock);
    wake_server(c);
}

/* In slot of one that was not sent yet. */
static void put_newest(client *c, outgoing *slot, outgoing p, int64_t serial) {
    outgoing old;
    pthread_mutex_lock(&c->lock);
    old = *slot;
    *slot = p;
    if (slot == &c->frame) c->frame_serial = serial;
    pthread_mutex_unlock(&c->lock);
    free_outgoing(&old);
    wake_server(c);
}

static bool next_control(client *c, outgoing *p) {
    for (size_t i = 0; i < MAX_CONTROLS; i++) {
        control *h = &c->controls[i];
        gb_error err = {0};
        if (!h->fresh) continue;
        h->fresh = false;
        if (!pack_text(json_pack("{s:s, s:o, s:o}", "type", "control", "address", text_json(h->address), "value",
                                 number_json(h->value)), FLOAT_DIGITS, p, &err))
            return true;
    }
    return false;
}

bool client_next(client *c, outgoing *p) {
    bool found = true;
    pthread_mutex_lock(&c->lock);
    if (c->frame.bytes && c->inflight_count < FRAMES_IN_FLIGHT) {
        *p = c->frame;
        c->frame = (outgoing){0};
        c->inflight[c->inflight_count++] = c->frame_serial;
    } else if (c->refused.bytes) {
        *p = c->refused;
        c->refused = (outgoing){0};
    } else if (c->progress.bytes) {
        *p = c->progress;
        c->progress = (outgoing){0};
    } else if (c->answer_count) {
        *p = c->answers[c->first_answer];
        c->first_answer = (c->first_answer + 1) % MAX_ANSWERS;
        c->answer_count--;
        c->answer_bytes -= p->size;
        pthread_cond_signal(&c->changed);
    } else {
        found = next_control(c, p);
    }
    pthread_mutex_unlock(&c->lock);
    return found;
}

void client_control(client *c, const char *address, double value) {
    control *slot = NULL;
    if (!*address || strlen(address) >= CONTROL_ADDRESS || !isfinite(value)) return;
    pthread_mutex_lock(&c->lock);
    for (size_t i = 0; i < MAX_CONTROLS && (!slot || strcmp(slot->address, address)); i++)
        if (!strcmp(c->controls[i].address, address) || (!slot && !c->controls[i].fresh)) slot = &c->controls[i];
    if (slot) {
        snprintf(slot->address, CONTROL_ADDRESS, "%s", address);
        slot->value = value;
        slot->fresh = true;
    }
    pthread_mutex_unlock(&c->lock);
    if (slot) wake_server(c);
}

/* ------------------------------------------------------------------------------------------------ coming in */

/* Frames up to this one were shown: those before it, and one of its own. */
static void note_shown(client *c, int64_t serial) {
    int left = 0;
    bool own = false;
    for (int i = 0; i < c->inflight_count; i++) {
        bool gone = c->inflight[i] < serial || (c->inflight[i] == serial && !own);
        own |= c->inflight[i] == serial;
        if (!gone) c->inflight[left++] = c->inflight[i];
    }
    c->inflight_count = left;
}

/* Under the lock. The message that is to be freed goes back. */
static message *put_render(client *c, message *m) {
    message *old = c->render;
    c->render = m;
    c->render_came = host_seconds();
    if (c->running && c->replaceable) {
        c->cancelled = true;
        gb_session_cancel(c->running);
    }
    return old;
}

static size_t max_answers(const message *m) {
    return m->kind == MESSAGE_HELLO ? 2 : 1;
}

/* Under the lock. */
static int put_job(client *c, message *m, char reason[CLOSE_REASON]) {
    size_t answers = c->answer_count + c->job_answers + c->running_answers + c->film_answers + max_answers(m);
    if (c->job_count + c->answer_count >= MAX_JOBS || answers > MAX_ANSWERS ||
        c->job_bytes + m->size > MAX_JOB_BYTES) {
        snprintf(reason, CLOSE_REASON, "too many requests at once: %d can wait, with %d MiB", (int)MAX_JOBS,
                 MAX_JOB_BYTES >> 20);
        return CLOSE_POLICY;
    }
    c->jobs[(c->first_job + c->job_count++) % MAX_JOBS] = m;
    c->job_bytes += m->size;
    c->job_answers += max_answers(m);
    c->models_waiting += m->kind == MESSAGE_MODEL;
    return 0;
}

int client_receive(client *c, bool binary, const char *bytes, size_t size, char reason[CLOSE_REASON]) {
    message *m = NULL, *done = NULL;
    bool sendable = false;
    int code;
    if (binary) {
        snprintf(reason, CLOSE_REASON, "messages are text");
        return CLOSE_UNSUPPORTED;
    }
    if ((code = read_message(bytes, size, &m, reason))) return code;
    pthread_mutex_lock(&c->lock);
    switch (m->kind) {
    case MESSAGE_RENDER: done = put_render(c, m); break;
    case MESSAGE_SHOWN:
        note_shown(c, m->serial);
        sendable = c->frame.bytes != NULL;
        done = m;
        break;
    default:
        code = put_job(c, m, reason);
        if (code) done = m;
    }
    pthread_cond_signal(&c->changed);
    pthread_mutex_unlock(&c->lock);
    free_message(done);
    if (sendable) wake_server(c);
    return code;
}

/* ------------------------------------------------------------------------------------------------ refusing */

/* {"type": type, …, "line", "column"}: `object` says what is refused, `key` names the slot of the reason. */
static gb_status make_complaint(client *c, json_t *object, const char *key, const gb_error *why, outgoing *p) {
    gb_error err = {0};
    int line, column;
    const char *text = live_error_text(&c->live, why, &line, &column);
    if (object) json_object_set_new(object, key, text_json(text));
    if (object && line) json_object_set_new(object, "line", json_integer(line));
    if (object && line) json_object_set_new(object, "column", json_integer(column));
    return pack_text(object, FLOAT_DIGITS, p, &err);
}

static void refuse_render(client *c, const message *m, const gb_error *why) {
    outgoing p;
    json_t *refused = json_pack("{s:s, s:I}", "type", "refused", "serial", (json_int_t)m->serial);
    if (make_complaint(c, refused, "message", why, &p)) fail(c, "out of memory");
    else put_newest(c, &c->refused, p, 0);
}

static void refuse_job(client *c, const message *m, const gb_error *why) {
    outgoing p;
    json_t *answer = json_pack("{s:s, s:I}", "type", "answer", "id", (json_int_t)m->id);
    if (make_complaint(c, answer, "error", why, &p)) fail(c, "out of memory");
    else put_answer(c, &c->running_answers, p);
}

/* ------------------------------------------------------------------------------------------------ the worker */

/* From here to leave() the session can be cancelled: by closing, or by a newer render if `replaceable`. False: it should
 * not begin. */
static bool enter(client *c, bool replaceable) {
    bool begin;
    pthread_mutex_lock(&c->lock);
    begin = !atomic_load(&c->closing) && !(replaceable && c->render);
    c->running = begin ? c->live.session : NULL;
    c->replaceable = replaceable;
    c->cancelled = false;
    pthread_mutex_unlock(&c->lock);
    return begin;
}

/* A cancel that came after the last step would end the next render: an empty render takes it. */
static void leave(client *c, gb_status status) {
    bool late;
    pthread_mutex_lock(&c->lock);
    c->running = NULL;
    late = c->cancelled && status != GB_CANCELLED && !atomic_load(&c->closing);
    pthread_mutex_unlock(&c->lock);
    if (late) gb_session_render(c->live.session, NULL, NULL);
}

static void put_frame(client *c, const message *m, int side, double wait, double render) {
    gb_error err = {0};
    outgoing p;
    if (make_frame(&c->live, m, side, wait, render, &p, &err)) refuse_render(c, m, &err);
    else put_newest(c, &c->frame, p, m->serial);
}

/* The first picture on the way that the change reaches. */
static gb_status show_preview(client *c, const message *m, double wait, bool *shown, gb_error *err) {
    int side = live_preview_side(&c->live, 0);
    double start = host_seconds();
    *shown = false;
    while (side && !*shown) {
        gb_status status = enter(c, false) ? live_preview(&c->live, side, shown, err)
                                           : (err->status = GB_CANCELLED);
        leave(c, status);
        if (status) return status;
        if (*shown) put_frame(c, m, side, wait, host_seconds() - start);
        else side = live_preview_side(&c->live, side);
    }
    return GB_OK;
}

static void do_render(client *c, const message *m, double came) {
    gb_error err = {0};
    double start = host_seconds();
    bool shown;
    gb_status status = enter(c, false) ? live_set(&c->live, m->recipe, &err) : GB_CANCELLED;
    leave(c, status);
    if (!status) status = show_preview(c, m, start - came, &shown, &err);
    if (!status) {
        status = enter(c, shown) ? live_render(&c->live, &err) : GB_CANCELLED;
        leave(c, status);
    }
    if (!status) put_frame(c, m, 0, start - came, host_seconds() - start);
    else if (status != GB_CANCELLED) refuse_render(c, m, &err);
}

static message_handler *const handlers[MESSAGE_KINDS] = {
    [MESSAGE_HELLO] = handle_hello, [MESSAGE_MODEL] = handle_model, [MESSAGE_STATISTICS] = handle_look,
    [MESSAGE_MAPS] = handle_maps, [MESSAGE_CLUSTER] = handle_cluster, [MESSAGE_PICK] = handle_pick,
    [MESSAGE_Z] = handle_z, [MESSAGE_PARSE] = handle_parse, [MESSAGE_SAVE] = handle_save,
    [MESSAGE_FILES] = handle_files, [MESSAGE_OPEN] = handle_open, [MESSAGE_KEEP] = handle_keep,
    [MESSAGE_FILM] = handle_film, [MESSAGE_FRAME] = handle_frame, [MESSAGE_FINISH] = handle_finish,
};

/* A film that ffmpeg works on keeps the slot of its answer reserved; all that the job reserved besides is free again. */
static void release_answers(client *c) {
    pthread_mutex_lock(&c->lock);
    c->running_answers = 0;
    c->film_answers = film_waits(&c->live.film);
    pthread_mutex_unlock(&c->lock);
}

static void do_job(client *c, const message *m) {
    gb_error err = {0};
    outgoing p = {0};
    gb_status status = GB_CANCELLED;
    bool cancellable = m->kind != MESSAGE_MODEL && m->kind != MESSAGE_KEEP;     /* one replaces the session, the other
                                                                                 * is needed after closing too */
    if (!cancellable || enter(c, false)) status = handlers[m->kind](&c->live, m, &p, &err);
    if (cancellable) leave(c, status);
    if (!status && p.bytes) put_answer(c, &c->running_answers, p);
    else if (status && status != GB_CANCELLED) refuse_job(c, m, &err);
    if (!status && m->kind == MESSAGE_HELLO) {
        if (network_message(&c->live, m, &p, &err)) fail(c, "out of memory");
        else put_answer(c, &c->running_answers, p);
    }
    release_answers(c);
}

/* Waits until something comes in, or for a while where a film is at run_worker. */
static void wait_for_work(client *c, bool filming) {
    struct timespec until;
    if (!filming) {
        pthread_cond_wait(&c->changed, &c->lock);
        return;
    }
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += FILM_PAUSE * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    pthread_cond_timedwait(&c->changed, &c->lock, &until);
}

/* Whose turn it is; renders and jobs take turns. NULL: nobody's. False: the client closes. */
static bool next_message(client *c, bool *render_last, message **next, double *came) {
    bool filming = c->live.film.encoder != 0, job, go_on;
    *next = NULL;
    pthread_mutex_lock(&c->lock);
    for (bool waited = false; !atomic_load(&c->closing) && !*next; waited = true) {
        job = c->job_count && c->answer_bytes < MAX_ANSWER_BYTES;
        if (c->render && !c->models_waiting && !(job && *render_last)) {
            *next = c->render;
            *came = c->render_came;
            c->render = NULL;
        } else if (job) {
            *next = c->jobs[c->first_job];
            c->first_job = (c->first_job + 1) % MAX_JOBS;
            c->job_count--;
            c->job_bytes -= (*next)->size;
            c->running_answers = max_answers(*next);
            c->job_answers -= c->running_answers;
            c->models_waiting -= (*next)->kind == MESSAGE_MODEL;
        } else if (filming && waited) {
            break;
        } else {
            wait_for_work(c, filming);
        }
    }
    go_on = !atomic_load(&c->closing);
    pthread_mutex_unlock(&c->lock);
    *render_last = *next && (*next)->kind == MESSAGE_RENDER;
    return go_on;
}

static void look_after_film(client *c) {
    outgoing p = {0};
    switch (film_poll(&c->live.film, &p)) {
    case FILM_FURTHER: put_newest(c, &c->progress, p, 0); break;
    case FILM_ENDED:
        if (p.bytes) put_answer(c, &c->film_answers, p);
        else fail(c, "out of memory");
        break;
    case FILM_QUIET: break;
    }
}

/* Of the requests that still wait when the page is closed only the newest `keep` is worked on: it is the last state of
 * the page's run_worker, and no answer is needed. */
static void keep_last(client *c) {
    gb_error err = {0};
    outgoing p = {0};
    for (size_t i = c->job_count; i-- > 0;) {
        const message *m = c->jobs[(c->first_job + i) % MAX_JOBS];
        if (m->kind != MESSAGE_KEEP) continue;
        handle_keep(&c->live, m, &p, &err);
        free_outgoing(&p);
        return;
    }
}

static void wait_for_closing_of(client *c) {
    pthread_mutex_lock(&c->lock);
    while (!atomic_load(&c->closing)) pthread_cond_wait(&c->changed, &c->lock);
    pthread_mutex_unlock(&c->lock);
}

static void free_client(client *c) {
    live_close(&c->live);
    free_message(c->render);
    for (size_t i = 0; i < c->job_count; i++) free_message(c->jobs[(c->first_job + i) % MAX_JOBS]);
    for (size_t i = 0; i < c->answer_count; i++) free_outgoing(&c->answers[(c->first_answer + i) % MAX_ANSWERS]);
    free_outgoing(&c->frame);
    free_outgoing(&c->refused);
    free_outgoing(&c->progress);
    pthread_cond_destroy(&c->changed);
    pthread_mutex_destroy(&c->lock);
    free(c);
}

/* The thread of a client from opening it to freeing it: the server's thread never waits for any of this. */
static void *run_worker(void *arg) {
    client *c = arg;
    client_list *clients = &c->shared->clients;
    client_slot *slot = c->slot;
    gb_error err = {0};
    bool render_last = false;
    double came = 0;
    if (live_open(&c->live, c->shared, slot, &c->closing, &err)) {
        fail(c, err.message);
        wait_for_closing_of(c);
    }
    for (message *m; next_message(c, &render_last, &m, &came); free_message(m)) {
        if (m && m->kind == MESSAGE_RENDER) do_render(c, m, came);
        else if (m) do_job(c, m);
        look_after_film(c);
    }
    if (!err.status) keep_last(c);
    free_client(c);
    client_slot_release(clients, slot);
    return NULL;
}

/* ------------------------------------------------------------------------------------------------ opening and closing */

/* Signals are for the server's thread: the worker is created with all of them blocked. Nobody joins it. */
static bool start_worker(client *c) {
    sigset_t all, before;
    pthread_attr_t how;
    pthread_t worker;
    bool started;
    if (pthread_attr_init(&how) != 0) return false;
    pthread_attr_setdetachstate(&how, PTHREAD_CREATE_DETACHED);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    started = pthread_create(&worker, &how, run_worker, c) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&how);
    return started;
}

/* By a clock that nobody sets. */
static void init_condition(pthread_cond_t *condition) {
    pthread_condattr_t how;
    pthread_condattr_init(&how);
    pthread_condattr_setclock(&how, CLOCK_MONOTONIC);
    pthread_cond_init(condition, &how);
    pthread_condattr_destroy(&how);
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
        if (start_worker(c)) {
            *out = c;
            return 0;
        }
        pthread_cond_destroy(&c->changed);
        pthread_mutex_destroy(&c->lock);
        free(c);
    }
    client_slot_release(&s->clients, slot);
    snprintf(reason, CLOSE_REASON, c ? "cannot start a thread" : "out of memory");
    return CLOSE_ERROR;
}

/* The slot first: from the end of the lock on the worker may release it at any moment. */
void client_close(client *c) {
    if (!c) return;
    client_slot_close(&c->shared->clients, c->slot);
    pthread_mutex_lock(&c->lock);
    atomic_store(&c->closing, true);
    if (c->running) gb_session_cancel(c->running);
    pthread_cond_signal(&c->changed);
    pthread_mutex_unlock(&c->lock);
}
