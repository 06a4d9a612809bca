/* A client's worker, which has a thread of its own unless the studio has only one. It opens the session, renders, and answers
 * requests in their order; renders and requests alternate. When the client closes it ends within one step of a render, keeps
 * the page's last document, and frees the client. */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "client_state.h"
#include "folder.h"
#include "frame.h"
#include "handlers.h"
#include "engine/platform/threads.h"
#include "projects.h"
#include "tools/program/host.h"

enum { FILM_PAUSE = 100 };              /* ms between looks at ffmpeg */

/* ------------------------------------------------------------------------------------------------ sending */

static void send_answer(client *c, outgoing answer) {
    c->due--;
    pthread_mutex_lock(&c->lock);
    send_queue_answer(&c->sending, answer);
    pthread_mutex_unlock(&c->lock);
    client_wake_server(c);
}

static void send_newest(client *c, send_slot slot, outgoing newest, int64_t serial) {
    outgoing old;
    pthread_mutex_lock(&c->lock);
    old = send_queue_replace(&c->sending, slot, newest, serial);
    pthread_mutex_unlock(&c->lock);
    free_outgoing(&old);
    client_wake_server(c);
}

static void fail_without_memory(client *c) {
    client_fail(c, CLOSE_ERROR, "out of memory");
}

static void fail_client(client *c, gb_error *why) {
    hide_folder(why->message, c->shared->out);
    client_fail(c, CLOSE_ERROR, why->message);
}

/* Adds the reason under `key`, and "line" and "column" if it is about a place in the recipe. */
static gb_status pack_refusal(client *c, json_t *object, const char *key, const gb_error *why, outgoing *p) {
    gb_error err = {0};
    int line, column;
    const char *place = live_error_text(&c->live, why, &line, &column);
    char text[sizeof why->message];
    snprintf(text, sizeof text, "%s", place);
    hide_folder(text, c->shared->out);
    set_json(&object, key, text_json(text));
    if (line) set_json(&object, "line", json_integer(line));
    if (line) set_json(&object, "column", json_integer(column));
    return pack_text(object, FLOAT_DIGITS, p, &err);
}

static void refuse_render(client *c, const message *m, const gb_error *why) {
    outgoing p;
    json_t *refused = json_pack("{s:s, s:I}", "type", "refused", "serial", (json_int_t)m->serial);
    if (pack_refusal(c, refused, "message", why, &p)) fail_without_memory(c);
    else send_newest(c, SEND_REFUSED, p, 0);
}

static void refuse_job(client *c, const message *m, const gb_error *why) {
    outgoing p;
    json_t *answer = json_pack("{s:s, s:I}", "type", "answer", "id", (json_int_t)m->id);
    if (pack_refusal(c, answer, "error", why, &p)) fail_without_memory(c);
    else send_answer(c, p);
}

/* A text that the page sent may have a NUL in it, which ends a text in C. Fails with its place if there is one. */
static gb_status check_texts(const live *s, const message *m, gb_error *err) {
    int line = 1, column = 1;
    if (!m->broken) return GB_OK;
    for (const char *c = m->broken; *c; c++) {
        if (*c == '\n') line++, column = 1;
        else column += ((unsigned char)*c & 0xc0) != 0x80;
    }
    if (m->broken != m->recipe && m->broken != m->text) return state(err, GB_BAD_ARGUMENT, "a name has no NUL characters");
    return state(err, GB_BAD_ARGUMENT, "%s:%d:%d: a NUL character, which a recipe cannot have", s->recipe_name, line, column);
}

/* ------------------------------------------------------------------------------------------------ renders */

/* From here to leave() the session can be cancelled: by closing, or by a newer render if `replaceable`. Returns false if
 * the work should not start at all. */
static bool enter_with(client *c, gb_session *session, bool replaceable) {
    bool start;
    pthread_mutex_lock(&c->lock);
    start = !atomic_load(&c->closing) && !(replaceable && c->render);
    c->running = start ? session : NULL;
    c->replaceable = replaceable;
    pthread_mutex_unlock(&c->lock);
    return start;
}

static bool enter(client *c, bool replaceable) {
    return enter_with(c, c->live.session, replaceable);
}

/* From here on nobody cancels. A cancel that came too late, or a second one after the work had ended, must not end the next
 * render. */
static void leave(client *c) {
    pthread_mutex_lock(&c->lock);
    c->running = NULL;
    pthread_mutex_unlock(&c->lock);
    gb_session_clear_cancel(c->live.session);
}

/* Output windows get the frame as the page does. */
static void show_outputs(client *c, const outgoing *frame, int side) {
    const live *s = &c->live;
    int width = (int)s->o.width, height = (int)s->o.height;
    if (side) live_preview_size(s, side, &height, &width);
    outputs_show(&c->shared->outputs, client_slot_index(&c->shared->clients, c->slot), frame, side ? s->preview : s->rgb,
                 width, height);
}

static void send_frame(client *c, const message *m, int side, double wait, double render) {
    gb_error err = {0};
    outgoing p;
    if (make_frame(&c->live, m, side, wait, render, &p, &err)) {
        refuse_render(c, m, &err);
        return;
    }
    if (!m->aside) show_outputs(c, &p, side);
    send_newest(c, SEND_FRAME, p, m->serial);
}

/* Sends the first preview that the change reaches. */
static gb_status send_preview(client *c, const message *m, double wait, bool *sent, gb_error *err) {
    preview which = live_choose_preview(&c->live, 0);
    double start = host_seconds();
    *sent = false;
    while (which.side && !*sent) {
        gb_status status = enter(c, false) ? live_preview(&c->live, which, sent, err)
                                           : (err->status = GB_CANCELLED);
        leave(c);
        if (status) return status;
        if (*sent) send_frame(c, m, which.side, wait, host_seconds() - start);
        else which = live_choose_preview(&c->live, which.side);
    }
    return GB_OK;
}

/* `came` is when the request arrived. A newer render cancels the full picture once a preview has been sent, so that
 * something is seen during a drag however slow the network is. */
static void do_render(client *c, const message *m, double came) {
    gb_error err = {0};
    double start = host_seconds();
    bool previewed = false;
    gb_status status = !enter(c, false) ? GB_CANCELLED
                       : check_texts(&c->live, m, &err) ? err.status : live_set(&c->live, m->recipe, &err);
    leave(c);
    if (!status) status = send_preview(c, m, start - came, &previewed, &err);
    if (!status) {
        status = enter(c, previewed) ? live_render(&c->live, &err) : GB_CANCELLED;
        leave(c);
    }
    if (!status) send_frame(c, m, 0, start - came, host_seconds() - start);
    else if (status != GB_CANCELLED) refuse_render(c, m, &err);
}

/* Measures, while nothing is to be done, whether previews are faster in bfloat16. A newer render interrupts it. Without memory
 * for it there are no such previews. */
static void try_bf16(client *c) {
    gb_session *trial = NULL;
    if (!live_new_trial(&c->live, &trial, NULL)) {
        if (enter_with(c, trial, true)) live_try_bf16(&c->live, trial, NULL);
        leave(c);
    }
    gb_session_free(trial);
}

/* ------------------------------------------------------------------------------------------------ other requests */

static message_handler *const handlers[MESSAGE_KINDS] = {
    [MESSAGE_HELLO] = handle_hello, [MESSAGE_MODEL] = handle_model, [MESSAGE_STATISTICS] = handle_statistics,
    [MESSAGE_MAPS] = handle_maps, [MESSAGE_CLUSTER] = handle_cluster, [MESSAGE_PICK] = handle_pick,
    [MESSAGE_Z] = handle_z, [MESSAGE_PARSE] = handle_parse, [MESSAGE_SAVE] = handle_save,
    [MESSAGE_FILES] = handle_files, [MESSAGE_OPEN] = handle_open, [MESSAGE_KEEP] = handle_keep,
    [MESSAGE_FILM] = handle_film, [MESSAGE_FRAME] = handle_frame, [MESSAGE_FINISH] = handle_finish,
    [MESSAGE_DIRECTIONS] = handle_directions, [MESSAGE_BANK] = handle_bank, [MESSAGE_UNITS] = handle_units, [MESSAGE_PROJECT] = handle_project,
    [MESSAGE_STOP] = handle_stop, [MESSAGE_DOWNLOAD] = handle_download,
    [MESSAGE_THUMBNAIL] = handle_thumbnail, [MESSAGE_WORKS] = handle_works,
    [MESSAGE_FOLDER] = handle_folder, [MESSAGE_LOAD] = handle_load, [MESSAGE_UPLOAD] = handle_upload, [MESSAGE_PIECE] = handle_piece,
    [MESSAGE_VALUES] = handle_values, [MESSAGE_EXPORT] = handle_export,
};

/* `model` replaces the session, and `keep` must not be lost when the page closes. */
static bool is_cancellable(const message *m) {
    return m->kind != MESSAGE_MODEL && m->kind != MESSAGE_KEEP;
}

/* Gives back the reserved places that the request did not need. A film that ffmpeg is encoding still owes an answer, and so does
 * an analysis. */
static void settle_answers(client *c) {
    size_t owed = (size_t)film_waits(&c->live.film) + (size_t)analysis_waits(&c->live.analysis);
    pthread_mutex_lock(&c->lock);
    send_queue_unreserve(&c->sending, c->due - owed);
    pthread_mutex_unlock(&c->lock);
    c->due = owed;
}

static void do_job(client *c, const message *m) {
    gb_error err = {0};
    outgoing p = {0};
    gb_status status = GB_CANCELLED;
    c->due += max_answers(m);
    if (!is_cancellable(m) || enter(c, false))
        status = check_texts(&c->live, m, &err) ? err.status : handlers[m->kind](&c->live, m, &p, &err);
    if (is_cancellable(m)) leave(c);
    if (!status && p.bytes) send_answer(c, p);
    else if (status && status != GB_CANCELLED && m->kind == MESSAGE_HELLO) fail_client(c, &err);
    else if (status && status != GB_CANCELLED) refuse_job(c, m, &err);
    if (!status && m->kind == MESSAGE_HELLO) {
        if (pack_network(&c->live, &p, &err)) fail_without_memory(c);
        else send_answer(c, p);
    }
    settle_answers(c);
}

/* The answer to a request that took long. */
static void send_late(client *c, outgoing answer) {
    if (answer.bytes) send_answer(c, answer);
    else fail_without_memory(c);
    settle_answers(c);
}

static void check_film(client *c) {
    outgoing p = {0};
    switch (film_poll(&c->live.film, &p)) {
    case FILM_PROGRESS: send_newest(c, SEND_FILM_PROGRESS, p, 0); break;
    case FILM_ENDED: send_late(c, p); break;
    case FILM_QUIET: break;
    }
}

static void check_analysis(client *c) {
    outgoing p = {0};
    switch (analysis_poll(&c->live.analysis, c->shared->out, &p)) {
    case ANALYSIS_PROGRESS: send_newest(c, SEND_ANALYSIS_PROGRESS, p, 0); break;
    case ANALYSIS_PICTURE: send_newest(c, SEND_SKETCH, p, 0); break;
    case ANALYSIS_ENDED: send_late(c, p); break;
    case ANALYSIS_QUIET: break;
    }
}

/* Called by the thread of an analysis; without threads, from within analysis_work(). */
static void wake_worker(void *arg) {
    client *c = arg;
    if (c->shared->clients.one_thread) {
        check_analysis(c);
        return;
    }
    pthread_mutex_lock(&c->lock);
    pthread_cond_broadcast(&c->changed);
    pthread_mutex_unlock(&c->lock);
}

/* ------------------------------------------------------------------------------------------------ the requests in turn */

/* Waits for a change, and not longer than FILM_PAUSE while ffmpeg is running. */
static void wait_for_work(client *c, bool filming) {
    struct timespec until;
    if (!filming) {
        pthread_cond_wait(&c->changed, &c->lock);
        return;
    }
    clock_gettime(GB_CONDITION_CLOCK, &until);
    until.tv_nsec += FILM_PAUSE * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    pthread_cond_timedwait(&c->changed, &c->lock, &until);
}

/* The next request that can be worked on now, or NULL. Renders and other requests alternate. The caller has the
 * lock. */
static message *take_message(client *c, double *came) {
    bool job = c->job_count && c->sending.bytes < SEND_ANSWER_BYTES;
    message *next = NULL;
    if (c->render && !c->models_waiting && !(job && c->render_last)) {
        next = c->render;
        *came = c->render_came;
        c->render = NULL;
    } else if (job) {
        next = c->jobs[c->first_job];
        c->first_job = (c->first_job + 1) % MAX_JOBS;
        c->job_count--;
        c->job_bytes -= next->size;
        c->models_waiting -= next->kind == MESSAGE_MODEL;
    }
    if (next) c->render_last = next->kind == MESSAGE_RENDER;
    return next;
}

/* Waits for the next request; NULL if only the film or the analysis needs a look, or
 * previews in bfloat16 are to be measured. Returns false when the client closes. */
static bool next_message(client *c, message **next, double *came) {
    bool filming = c->live.film.encoder != 0, open;
    *next = NULL;
    pthread_mutex_lock(&c->lock);
    for (bool waited = false; !atomic_load(&c->closing) && !(*next = take_message(c, came)); waited = true) {
        if ((filming && waited) || analysis_has_news(&c->live.analysis)) break;
        if (!c->render && live_should_try_bf16(&c->live)) break;
        wait_for_work(c, filming);
    }
    open = !atomic_load(&c->closing);
    pthread_mutex_unlock(&c->lock);
    return open;
}

static void wait_until_closed(client *c) {
    pthread_mutex_lock(&c->lock);
    while (!atomic_load(&c->closing) || c->has_reader) pthread_cond_wait(&c->changed, &c->lock);
    pthread_mutex_unlock(&c->lock);
}

/* Of the requests that still wait only the newest `keep` matters: it is the last state of the page's project. */
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

static void work_on(client *c, message *m, double came) {
    if (m && m->kind == MESSAGE_RENDER) do_render(c, m, came);
    else if (m) do_job(c, m);
    else if (live_should_try_bf16(&c->live)) try_bf16(c);
    free_message(m);
    check_film(c);
    check_analysis(c);
}

void client_begin(client *c) {
    gb_error err = {0};
    if (live_open(&c->live, c->shared, c->slot, &c->closing, wake_worker, c, &err)) fail_client(c, &err);
}

void client_end(client *c) {
    shared *of = c->shared;
    client_slot *slot = c->slot;
    analysis_stop(&c->live.analysis, false);
    if (c->live.session) keep_last(c);
    outputs_open(&of->outputs, client_slot_index(&of->clients, slot), NULL);
    of->wake(of->wake_arg);             /* its output windows turn to another tab */
    project_release(&of->clients, slot);
    live_close(&c->live);
    client_free(c);
    client_slot_release(&of->clients, slot);
}

bool client_step(client *c) {
    double came = 0;
    message *m;
    pthread_mutex_lock(&c->lock);
    m = c->live.session ? take_message(c, &came) : NULL;
    pthread_mutex_unlock(&c->lock);
    work_on(c, m, came);
    analysis_work(&c->live.analysis);
    return m != NULL;
}

void *client_work(void *arg) {
    client *c = arg;
    double came = 0;
    client_begin(c);
    for (message *m; c->live.session && next_message(c, &m, &came);) work_on(c, m, came);
    wait_until_closed(c);
    client_end(c);
    return NULL;
}
