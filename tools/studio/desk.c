/* The queues of a tab and its worker thread. Of the renders only the newest waits, and of the frames only the newest is
 * kept for sending; all other requests are answered one by one in their order, alternating with renders. One lock
 * protects what both threads use; it is never held while something is rendered, read or sent.
 *
 * Every queue is bounded. Requests beyond the limits below close the connection. A request is accepted only if all the
 * answers that it may have fit into the ring of answers, so a page that does not read cannot overfill it. */
#define _POSIX_C_SOURCE 200809L
#include "desk.h"

#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "answers.h"
#include "frame.h"
#include "tools/program/host.h"
#include "messages.h"
#include "rooms.h"
#include "works.h"

enum {
    MOST_JOBS = 64,                     /* waiting requests and unsent answers together */
    MOST_JOB_BYTES = 32 << 20,
    MOST_ANSWERS = 2 * MOST_JOBS,       /* unsent, or reserved by requests that are not answered yet */
    MOST_ANSWER_BYTES = 32 << 20,       /* no request is begun while this much is unsent */
    MOST_HANDS = 64, HAND_ADDRESS = 64,
    FILM_PAUSE = 100                    /* ms between looks at ffmpeg */
};

typedef struct hand {
    char address[HAND_ADDRESS];
    double value;
    bool fresh;                         /* not sent yet */
} hand;

struct desk {
    shop *shop;
    shop_place *place;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    atomic_bool ready;                  /* since the last desk_is_ready() */
    atomic_bool closing;                /* set under the lock */
    stage stage;                        /* used by the worker only */

    /* Protected by the lock: what came in, */
    message *render;                    /* the newest that nobody has begun, or NULL */
    double render_came;
    message *jobs[MOST_JOBS];           /* a ring */
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
    parcel answers[MOST_ANSWERS];       /* a ring */
    size_t first_answer, answer_count, answer_bytes;
    parcel frame, refused, progress;
    int64_t frame_serial, inflight[DESK_INFLIGHT];
    int inflight_count;
    hand hands[MOST_HANDS];
    /* and why the connection has to be closed. */
    int failure;                        /* a WebSocket close code, or 0 */
    char reason[DESK_REASON];
};

/* ------------------------------------------------------------------------------------------------ going out */

/* The worker may do this until it ends, so the shop and its wake() must last until wait_for_closing() returns. */
static void call(desk *d) {
    atomic_store(&d->ready, true);
    d->shop->wake(d->shop->wake_arg);
}

bool desk_is_ready(desk *d) {
    return atomic_exchange(&d->ready, false);
}

static void fail(desk *d, const char *reason) {
    pthread_mutex_lock(&d->lock);
    if (!d->failure) snprintf(d->reason, DESK_REASON, "%.*s", (int)DESK_REASON - 1, reason);
    d->failure = CLOSE_ERROR;
    pthread_mutex_unlock(&d->lock);
    call(d);
}

int desk_failed(desk *d, char reason[DESK_REASON]) {
    int code;
    pthread_mutex_lock(&d->lock);
    code = d->failure;
    memcpy(reason, d->reason, DESK_REASON);
    pthread_mutex_unlock(&d->lock);
    return code;
}

/* `reserved` is the count that the answer's place was reserved in. */
static void put_answer(desk *d, size_t *reserved, parcel p) {
    pthread_mutex_lock(&d->lock);
    --*reserved;
    d->answers[(d->first_answer + d->answer_count++) % MOST_ANSWERS] = p;
    d->answer_bytes += p.size;
    pthread_mutex_unlock(&d->lock);
    call(d);
}

/* In place of one that was not sent yet. */
static void put_newest(desk *d, parcel *slot, parcel p, int64_t serial) {
    parcel old;
    pthread_mutex_lock(&d->lock);
    old = *slot;
    *slot = p;
    if (slot == &d->frame) d->frame_serial = serial;
    pthread_mutex_unlock(&d->lock);
    free_parcel(&old);
    call(d);
}

static bool next_hand(desk *d, parcel *p) {
    for (size_t i = 0; i < MOST_HANDS; i++) {
        hand *h = &d->hands[i];
        gb_error err = {0};
        if (!h->fresh) continue;
        h->fresh = false;
        if (!make_text(json_pack("{s:s, s:o, s:o}", "type", "hand", "address", text_json(h->address), "value",
                                 number_json(h->value)), FLOAT_DIGITS, p, &err))
            return true;
    }
    return false;
}

bool desk_next(desk *d, parcel *p) {
    bool found = true;
    pthread_mutex_lock(&d->lock);
    if (d->frame.bytes && d->inflight_count < DESK_INFLIGHT) {
        *p = d->frame;
        d->frame = (parcel){0};
        d->inflight[d->inflight_count++] = d->frame_serial;
    } else if (d->refused.bytes) {
        *p = d->refused;
        d->refused = (parcel){0};
    } else if (d->progress.bytes) {
        *p = d->progress;
        d->progress = (parcel){0};
    } else if (d->answer_count) {
        *p = d->answers[d->first_answer];
        d->first_answer = (d->first_answer + 1) % MOST_ANSWERS;
        d->answer_count--;
        d->answer_bytes -= p->size;
        pthread_cond_signal(&d->changed);
    } else {
        found = next_hand(d, p);
    }
    pthread_mutex_unlock(&d->lock);
    return found;
}

void desk_hand(desk *d, const char *address, double value) {
    hand *place = NULL;
    if (!*address || strlen(address) >= HAND_ADDRESS || !isfinite(value)) return;
    pthread_mutex_lock(&d->lock);
    for (size_t i = 0; i < MOST_HANDS && (!place || strcmp(place->address, address)); i++)
        if (!strcmp(d->hands[i].address, address) || (!place && !d->hands[i].fresh)) place = &d->hands[i];
    if (place) {
        snprintf(place->address, HAND_ADDRESS, "%s", address);
        place->value = value;
        place->fresh = true;
    }
    pthread_mutex_unlock(&d->lock);
    if (place) call(d);
}

/* ------------------------------------------------------------------------------------------------ coming in */

/* Frames up to this one were shown: those before it, and one of its own. */
static void note_shown(desk *d, int64_t serial) {
    int left = 0;
    bool own = false;
    for (int i = 0; i < d->inflight_count; i++) {
        bool gone = d->inflight[i] < serial || (d->inflight[i] == serial && !own);
        own |= d->inflight[i] == serial;
        if (!gone) d->inflight[left++] = d->inflight[i];
    }
    d->inflight_count = left;
}

/* Under the lock. The message that is to be freed goes back. */
static message *put_render(desk *d, message *m) {
    message *old = d->render;
    d->render = m;
    d->render_came = host_seconds();
    if (d->running && d->replaceable) {
        d->cancelled = true;
        gb_session_cancel(d->running);
    }
    return old;
}

static size_t most_answers(const message *m) {
    return m->kind == MESSAGE_HELLO ? 2 : 1;
}

/* Under the lock. */
static int put_job(desk *d, message *m, char reason[DESK_REASON]) {
    size_t answers = d->answer_count + d->job_answers + d->running_answers + d->film_answers + most_answers(m);
    if (d->job_count + d->answer_count >= MOST_JOBS || answers > MOST_ANSWERS ||
        d->job_bytes + m->size > MOST_JOB_BYTES) {
        snprintf(reason, DESK_REASON, "too many requests at once: %d can wait, with %d MiB", (int)MOST_JOBS,
                 MOST_JOB_BYTES >> 20);
        return CLOSE_POLICY;
    }
    d->jobs[(d->first_job + d->job_count++) % MOST_JOBS] = m;
    d->job_bytes += m->size;
    d->job_answers += most_answers(m);
    d->models_waiting += m->kind == MESSAGE_MODEL;
    return 0;
}

int desk_receive(desk *d, bool binary, const char *bytes, size_t size, char reason[DESK_REASON]) {
    message *m = NULL, *done = NULL;
    bool sendable = false;
    int code;
    if (binary) {
        snprintf(reason, DESK_REASON, "messages are text");
        return CLOSE_UNSUPPORTED;
    }
    if ((code = read_message(bytes, size, &m, reason))) return code;
    pthread_mutex_lock(&d->lock);
    switch (m->kind) {
    case MESSAGE_RENDER: done = put_render(d, m); break;
    case MESSAGE_SHOWN:
        note_shown(d, m->serial);
        sendable = d->frame.bytes != NULL;
        done = m;
        break;
    default:
        code = put_job(d, m, reason);
        if (code) done = m;
    }
    pthread_cond_signal(&d->changed);
    pthread_mutex_unlock(&d->lock);
    free_message(done);
    if (sendable) call(d);
    return code;
}

/* ------------------------------------------------------------------------------------------------ refusing */

/* {"type": type, …, "line", "column"}: `object` says what is refused, `key` names the place of the reason. */
static gb_status make_complaint(desk *d, json_t *object, const char *key, const gb_error *why, parcel *p) {
    gb_error err = {0};
    int line, column;
    const char *text = stage_complaint(&d->stage, why, &line, &column);
    if (object) json_object_set_new(object, key, text_json(text));
    if (object && line) json_object_set_new(object, "line", json_integer(line));
    if (object && line) json_object_set_new(object, "column", json_integer(column));
    return make_text(object, FLOAT_DIGITS, p, &err);
}

static void refuse_render(desk *d, const message *m, const gb_error *why) {
    parcel p;
    json_t *refused = json_pack("{s:s, s:I}", "type", "refused", "serial", (json_int_t)m->serial);
    if (make_complaint(d, refused, "message", why, &p)) fail(d, "out of memory");
    else put_newest(d, &d->refused, p, 0);
}

static void refuse_job(desk *d, const message *m, const gb_error *why) {
    parcel p;
    json_t *answer = json_pack("{s:s, s:I}", "type", "answer", "id", (json_int_t)m->id);
    if (make_complaint(d, answer, "error", why, &p)) fail(d, "out of memory");
    else put_answer(d, &d->running_answers, p);
}

/* ------------------------------------------------------------------------------------------------ the worker */

/* From here to leave() the session can be cancelled: by closing, or by a newer render if `replaceable`. False: it should
 * not begin. */
static bool enter(desk *d, bool replaceable) {
    bool begin;
    pthread_mutex_lock(&d->lock);
    begin = !atomic_load(&d->closing) && !(replaceable && d->render);
    d->running = begin ? d->stage.session : NULL;
    d->replaceable = replaceable;
    d->cancelled = false;
    pthread_mutex_unlock(&d->lock);
    return begin;
}

/* A cancel that came after the last step would end the next render: an empty render takes it. */
static void leave(desk *d, gb_status status) {
    bool late;
    pthread_mutex_lock(&d->lock);
    d->running = NULL;
    late = d->cancelled && status != GB_CANCELLED && !atomic_load(&d->closing);
    pthread_mutex_unlock(&d->lock);
    if (late) gb_session_render(d->stage.session, NULL, NULL);
}

static void put_frame(desk *d, const message *m, int side, double wait, double render) {
    gb_error err = {0};
    parcel p;
    if (make_frame(&d->stage, m, side, wait, render, &p, &err)) refuse_render(d, m, &err);
    else put_newest(d, &d->frame, p, m->serial);
}

/* The first picture on the way that the change reaches. */
static gb_status show_preview(desk *d, const message *m, double wait, bool *shown, gb_error *err) {
    int side = stage_preview_side(&d->stage, 0);
    double start = host_seconds();
    *shown = false;
    while (side && !*shown) {
        gb_status status = enter(d, false) ? stage_preview(&d->stage, side, shown, err)
                                           : (err->status = GB_CANCELLED);
        leave(d, status);
        if (status) return status;
        if (*shown) put_frame(d, m, side, wait, host_seconds() - start);
        else side = stage_preview_side(&d->stage, side);
    }
    return GB_OK;
}

static void do_render(desk *d, const message *m, double came) {
    gb_error err = {0};
    double start = host_seconds();
    bool shown;
    gb_status status = enter(d, false) ? stage_set(&d->stage, m->recipe, &err) : GB_CANCELLED;
    leave(d, status);
    if (!status) status = show_preview(d, m, start - came, &shown, &err);
    if (!status) {
        status = enter(d, shown) ? stage_render(&d->stage, &err) : GB_CANCELLED;
        leave(d, status);
    }
    if (!status) put_frame(d, m, 0, start - came, host_seconds() - start);
    else if (status != GB_CANCELLED) refuse_render(d, m, &err);
}

static answer_room *const rooms[MESSAGE_KINDS] = {
    [MESSAGE_HELLO] = answer_hello, [MESSAGE_MODEL] = answer_model, [MESSAGE_LOOK] = answer_look,
    [MESSAGE_MAPS] = answer_maps, [MESSAGE_CLUSTER] = answer_cluster, [MESSAGE_PICK] = answer_pick,
    [MESSAGE_Z] = answer_z, [MESSAGE_PARSE] = answer_parse, [MESSAGE_SAVE] = answer_save,
    [MESSAGE_FILES] = answer_files, [MESSAGE_OPEN] = answer_open, [MESSAGE_KEEP] = answer_keep,
    [MESSAGE_FILM] = answer_film, [MESSAGE_FRAME] = answer_frame, [MESSAGE_CUT] = answer_cut,
};

/* A film that ffmpeg works on keeps the place of its answer reserved; all that the job reserved besides is free again. */
static void release_answers(desk *d) {
    pthread_mutex_lock(&d->lock);
    d->running_answers = 0;
    d->film_answers = film_waits(&d->stage.film);
    pthread_mutex_unlock(&d->lock);
}

static void do_job(desk *d, const message *m) {
    gb_error err = {0};
    parcel p = {0};
    gb_status status = GB_CANCELLED;
    bool cancellable = m->kind != MESSAGE_MODEL && m->kind != MESSAGE_KEEP;     /* one replaces the session, the other
                                                                                 * is needed after closing too */
    if (!cancellable || enter(d, false)) status = rooms[m->kind](&d->stage, m, &p, &err);
    if (cancellable) leave(d, status);
    if (!status && p.bytes) put_answer(d, &d->running_answers, p);
    else if (status && status != GB_CANCELLED) refuse_job(d, m, &err);
    if (!status && m->kind == MESSAGE_HELLO) {
        if (answer_network(&d->stage, m, &p, &err)) fail(d, "out of memory");
        else put_answer(d, &d->running_answers, p);
    }
    release_answers(d);
}

/* Waits until something comes in, or for a while where a film is at work. */
static void wait_for_work(desk *d, bool filming) {
    struct timespec until;
    if (!filming) {
        pthread_cond_wait(&d->changed, &d->lock);
        return;
    }
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += FILM_PAUSE * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    pthread_cond_timedwait(&d->changed, &d->lock, &until);
}

/* Whose turn it is; renders and jobs take turns. NULL: nobody's. False: the desk closes. */
static bool next_message(desk *d, bool *render_last, message **next, double *came) {
    bool filming = d->stage.film.encoder != 0, job, go_on;
    *next = NULL;
    pthread_mutex_lock(&d->lock);
    for (bool waited = false; !atomic_load(&d->closing) && !*next; waited = true) {
        job = d->job_count && d->answer_bytes < MOST_ANSWER_BYTES;
        if (d->render && !d->models_waiting && !(job && *render_last)) {
            *next = d->render;
            *came = d->render_came;
            d->render = NULL;
        } else if (job) {
            *next = d->jobs[d->first_job];
            d->first_job = (d->first_job + 1) % MOST_JOBS;
            d->job_count--;
            d->job_bytes -= (*next)->size;
            d->running_answers = most_answers(*next);
            d->job_answers -= d->running_answers;
            d->models_waiting -= (*next)->kind == MESSAGE_MODEL;
        } else if (filming && waited) {
            break;
        } else {
            wait_for_work(d, filming);
        }
    }
    go_on = !atomic_load(&d->closing);
    pthread_mutex_unlock(&d->lock);
    *render_last = *next && (*next)->kind == MESSAGE_RENDER;
    return go_on;
}

static void look_after_film(desk *d) {
    parcel p = {0};
    switch (film_poll(&d->stage.film, &p)) {
    case FILM_FURTHER: put_newest(d, &d->progress, p, 0); break;
    case FILM_ENDED:
        if (p.bytes) put_answer(d, &d->film_answers, p);
        else fail(d, "out of memory");
        break;
    case FILM_QUIET: break;
    }
}

/* Of the requests that still wait when the page is closed only the newest `keep` is worked on: it is the last state of
 * the page's work, and no answer is needed. */
static void keep_last(desk *d) {
    gb_error err = {0};
    parcel p = {0};
    for (size_t i = d->job_count; i-- > 0;) {
        const message *m = d->jobs[(d->first_job + i) % MOST_JOBS];
        if (m->kind != MESSAGE_KEEP) continue;
        answer_keep(&d->stage, m, &p, &err);
        free_parcel(&p);
        return;
    }
}

static void wait_for_closing_of(desk *d) {
    pthread_mutex_lock(&d->lock);
    while (!atomic_load(&d->closing)) pthread_cond_wait(&d->changed, &d->lock);
    pthread_mutex_unlock(&d->lock);
}

static void free_desk(desk *d) {
    stage_free(&d->stage);
    free_message(d->render);
    for (size_t i = 0; i < d->job_count; i++) free_message(d->jobs[(d->first_job + i) % MOST_JOBS]);
    for (size_t i = 0; i < d->answer_count; i++) free_parcel(&d->answers[(d->first_answer + i) % MOST_ANSWERS]);
    free_parcel(&d->frame);
    free_parcel(&d->refused);
    free_parcel(&d->progress);
    pthread_cond_destroy(&d->changed);
    pthread_mutex_destroy(&d->lock);
    free(d);
}

/* The thread of a desk from opening it to freeing it: the server's thread never waits for any of this. */
static void *work(void *arg) {
    desk *d = arg;
    shop_works *works = &d->shop->works;
    shop_place *place = d->place;
    gb_error err = {0};
    bool render_last = false;
    double came = 0;
    if (stage_new(&d->stage, d->shop, place, &d->closing, &err)) {
        fail(d, err.message);
        wait_for_closing_of(d);
    }
    for (message *m; next_message(d, &render_last, &m, &came); free_message(m)) {
        if (m && m->kind == MESSAGE_RENDER) do_render(d, m, came);
        else if (m) do_job(d, m);
        look_after_film(d);
    }
    if (!err.status) keep_last(d);
    free_desk(d);
    release_place(works, place);
    return NULL;
}

/* ------------------------------------------------------------------------------------------------ opening and closing */

/* Signals are for the server's thread: the worker is created with all of them blocked. Nobody joins it. */
static bool start_worker(desk *d) {
    sigset_t all, before;
    pthread_attr_t how;
    pthread_t worker;
    bool started;
    if (pthread_attr_init(&how) != 0) return false;
    pthread_attr_setdetachstate(&how, PTHREAD_CREATE_DETACHED);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    started = pthread_create(&worker, &how, work, d) == 0;
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

int desk_open(shop *s, desk **out, char reason[DESK_REASON]) {
    shop_place *place = take_place(&s->works);
    desk *d = place ? calloc(1, sizeof *d) : NULL;
    *out = NULL;
    if (!place) {
        snprintf(reason, DESK_REASON, "%d tabs are open, and no more are served; close one", (int)SHOP_DESKS);
        return CLOSE_TRY_LATER;
    }
    if (d) {
        d->shop = s;
        d->place = place;
        atomic_init(&d->ready, false);
        atomic_init(&d->closing, false);
        pthread_mutex_init(&d->lock, NULL);
        init_condition(&d->changed);
        if (start_worker(d)) {
            *out = d;
            return 0;
        }
        pthread_cond_destroy(&d->changed);
        pthread_mutex_destroy(&d->lock);
        free(d);
    }
    release_place(&s->works, place);
    snprintf(reason, DESK_REASON, d ? "cannot start a thread" : "out of memory");
    return CLOSE_ERROR;
}

/* The place first: from the end of the lock on the worker may release it at any moment. */
void desk_close(desk *d) {
    if (!d) return;
    close_place(&d->shop->works, d->place);
    pthread_mutex_lock(&d->lock);
    atomic_store(&d->closing, true);
    if (d->running) gb_session_cancel(d->running);
    pthread_cond_signal(&d->changed);
    pthread_mutex_unlock(&d->lock);
}
