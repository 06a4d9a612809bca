/* Analyses in the background. */
#include "analysis.h"

#include <math.h>

#include "folder.h"
#include "tools/program/arguments.h"

enum { STEPS_OF_PROGRESS = 200 };       /* messages about the progress of one analysis, at most */

void analysis_init(analysis *a, client_list *clients, void (*wake)(void *arg), void *wake_arg) {
    a->clients = clients;
    a->wake = wake;
    a->wake_arg = wake_arg;
    a->id = 0;
    a->due = false;
    atomic_init(&a->stopped, false);
    atomic_init(&a->keeps, false);
    atomic_init(&a->has_news, false);
    pthread_mutex_init(&a->lock, NULL);
}

/* ------------------------------------------------------------------------------------------------ the thread */

/* False if the analysis has been stopped before it had its turn. */
static bool take_turn(analysis *a) {
    client_list *all = a->clients;
    bool starts;
    pthread_mutex_lock(&all->lock);
    while (all->analysing && !atomic_load(&a->stopped)) pthread_cond_wait(&all->released, &all->lock);
    starts = !atomic_load(&a->stopped);
    if (starts) all->analysing = true;
    pthread_mutex_unlock(&all->lock);
    return starts;
}

static void end_turn(analysis *a) {
    pthread_mutex_lock(&a->clients->lock);
    a->clients->analysing = false;
    pthread_cond_broadcast(&a->clients->released);
    pthread_mutex_unlock(&a->clients->lock);
}

static void wake_page(analysis *a) {
    atomic_store(&a->has_news, true);
    a->wake(a->wake_arg);
}

bool analysis_goes_on(void *arg, double share) {
    analysis *a = arg;
    bool is_news;
    pthread_mutex_lock(&a->lock);
    is_news = floor(share * STEPS_OF_PROGRESS) > floor(a->share * STEPS_OF_PROGRESS);
    if (share > a->share) a->share = share;
    pthread_mutex_unlock(&a->lock);
    if (is_news) wake_page(a);
    return !atomic_load(&a->stopped);
}

bool analysis_keeps(const analysis *a) {
    return atomic_load(&a->keeps);
}

bool analysis_wants_picture(analysis *a) {
    bool wanted;
    pthread_mutex_lock(&a->lock);
    wanted = !a->picture.bytes;
    pthread_mutex_unlock(&a->lock);
    return wanted;
}

void analysis_show(analysis *a, outgoing picture) {
    outgoing old;
    pthread_mutex_lock(&a->lock);
    old = a->picture;
    a->picture = picture;
    pthread_mutex_unlock(&a->lock);
    free_outgoing(&old);
    wake_page(a);
}

static void *analyse(void *arg) {
    analysis *a = arg;
    json_t *fields = NULL;
    gb_error err = {0};
    bool at_once = a->task.at_once;
    if (at_once || take_turn(a)) {
        a->task.run(a->task.of, a, &fields, &err);
        if (!at_once) end_turn(a);
        if (!fields && !err.status) state(&err, GB_NO_MEMORY, "out of memory for the answer");
    }
    pthread_mutex_lock(&a->lock);
    a->fields = fields;
    a->err = err;
    a->ended = true;
    pthread_mutex_unlock(&a->lock);
    wake_page(a);
    return NULL;
}

/* ------------------------------------------------------------------------------------------------ the worker */

gb_status analysis_start(analysis *a, int64_t id, analysis_task task, gb_error *err) {
    if (a->id) {
        state(err, GB_BAD_ARGUMENT, "another search is running; wait for it, or stop it first");
    } else {
        a->task = task;
        a->ended = false;
        a->share = 0;
        a->fields = NULL;
        a->err = (gb_error){0};
        atomic_store(&a->stopped, false);
        atomic_store(&a->keeps, false);
        atomic_store(&a->has_news, false);
        a->due = a->clients->one_thread;
        if (a->due || pthread_create(&a->thread, NULL, analyse, a) == 0) {
            a->id = id;
            return GB_OK;
        }
        state(err, GB_NO_MEMORY, "cannot start a thread: out of memory");
    }
    task.free(task.of);
    return err->status;
}

void analysis_work(analysis *a) {
    if (!a->due) return;
    a->due = false;
    analyse(a);
}

bool analysis_stop(analysis *a, bool keep) {
    if (!a->id) return false;
    if (keep) atomic_store(&a->keeps, true);
    atomic_store(&a->stopped, true);
    pthread_mutex_lock(&a->clients->lock);          /* it may wait for its turn */
    pthread_cond_broadcast(&a->clients->released);
    pthread_mutex_unlock(&a->clients->lock);
    return true;
}

bool analysis_waits(const analysis *a) {
    return a->id != 0;
}

bool analysis_has_news(const analysis *a) {
    return atomic_load(&a->has_news);
}

/* After this there is no analysis. */
static void join(analysis *a) {
    if (!a->clients->one_thread) pthread_join(a->thread, NULL);
    a->due = false;
    a->task.free(a->task.of);
    free_outgoing(&a->picture);
    a->id = 0;
    atomic_store(&a->has_news, false);
}

static gb_status pack_end(analysis *a, const char *out, int64_t id, outgoing *p, gb_error *err) {
    if (a->fields) return pack_answer(id, a->fields, p, err);
    hide_folder(a->err.message, out);
    bool was_stopped = !a->err.status || a->err.status == GB_CANCELLED;
    return pack_answer(id, json_pack("{s:o}", "error", text_json(was_stopped ? "stopped" : a->err.message)), p, err);
}

analysis_news analysis_poll(analysis *a, const char *out, outgoing *p) {
    gb_error err = {0};
    bool ended;
    double share;
    if (!a->id || !atomic_exchange(&a->has_news, false)) return ANALYSIS_QUIET;
    pthread_mutex_lock(&a->lock);
    ended = a->ended;
    share = a->share;
    if (!ended) {
        *p = a->picture;
        a->picture = (outgoing){0};
    }
    pthread_mutex_unlock(&a->lock);
    if (ended) {
        int64_t id = a->id;
        join(a);
        pack_end(a, out, id, p, &err);
        return ANALYSIS_ENDED;
    }
    if (p->bytes) return ANALYSIS_PICTURE;
    json_t *progress = json_pack("{s:s, s:I, s:f}", "type", "progress", "id", (json_int_t)a->id, "share", share);
    return pack_text(progress, FLOAT_DIGITS, p, &err) ? ANALYSIS_QUIET : ANALYSIS_PROGRESS;
}

void analysis_end(analysis *a) {
    if (analysis_stop(a, false)) {
        join(a);
        json_decref(a->fields);
    }
    pthread_mutex_destroy(&a->lock);
}
