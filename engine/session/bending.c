/* Adding, changing and removing a session's bends. */
#include <stdlib.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/options.h"
#include "engine/bend/make.h"
#include "session.h"

static gb_status make(gb_session *session, const gb_bend_options *options, gb_bend id, int others, uint64_t image,
                      gb_bend_entry **entry, gb_error *err) {
    gb_bend_scope scope = {session->graph, session->options.batch, session->cpu.allocator, &session->last_id};
    return gb_bend_make(&scope, options, id, others, image, entry, err);
}

gb_status gb_session_bend(gb_session *session, const gb_bend_options *given, gb_bend *bend, gb_error *err) {
    gb_bend_list *list = &session->now.bends;
    gb_bend_entry *entry = NULL;
    gb_bend_options options;
    gb_status status = GB_TAKE_OPTIONS(gb_bend_options, callback_arg, &options, given, err);
    if (status)
        return status;
    if (list->count >= GB_MAX_BENDS)
        return gb_fail(err, GB_BAD_ARGUMENT,
                       "this session has %d bends, the maximum: remove some, or let one bend act on "
                       "several nodes with a glob",
                       list->count);
    status = make(session, &options, session->last_bend + 1, list->place_count, session->now.image, &entry,
                            err);
    if (status)
        return status;
    if (list->count >= list->room) {
        int room = list->room ? list->room * 2 : 16;
        gb_bend_entry **grown = realloc(list->entries, (size_t)room * sizeof *grown);
        if (!grown) {
            gb_bend_release(entry);
            return gb_fail(err, GB_NO_MEMORY, "out of memory");
        }
        list->entries = grown;
        list->room = room;
    }
    list->entries[list->count++] = entry;
    list->place_count += entry->place_count;
    session->last_bend = entry->id;
    if (bend)
        *bend = entry->id;
    return GB_OK;
}

gb_status gb_session_bend_replace(gb_session *session, gb_bend bend, const gb_bend_options *options, gb_error *err) {
    gb_bend_list *list = &session->now.bends;
    gb_bend_entry *entry = NULL;
    int at = gb_bend_list_find(list, bend);
    if (at < 0)
        return gb_fail(err, GB_BAD_ARGUMENT, "there is no bend %d", bend);
    int others = list->place_count - list->entries[at]->place_count;
    gb_status status = make(session, options, bend, others, session->now.image, &entry, err);
    if (status)
        return status;
    gb_bend_release(list->entries[at]);
    list->entries[at] = entry;
    list->place_count = others + entry->place_count;
    return GB_OK;
}

/* Replaces an entry by one with other parameters or features. */
static gb_status remake(gb_session *session, gb_bend_entry **slot, const float *params, int count, uint64_t image,
                        gb_error *err) {
    gb_bend_entry *old = *slot, *entry = NULL;
    gb_bend_options options = old->options;
    bool has_row = old->options.kind == GB_BEND_FILTER || old->options.kind == GB_BEND_ACTIVATION;
    options.params = params ? params : old->params;
    options.param_count = params ? count : has_row ? old->param_count : 0;
    int others = session->now.bends.place_count - old->place_count;
    gb_status status = make(session, &options, old->id, others, image, &entry, err);
    if (status)
        return status;
    gb_bend_release(old);
    *slot = entry;
    return GB_OK;
}

gb_status gb_session_set_bend_params(gb_session *session, gb_bend bend, const float *params, int count, gb_error *err) {
    gb_bend_list *list = &session->now.bends;
    int at = gb_bend_list_find(list, bend);
    return at >= 0 ? remake(session, &list->entries[at], params, count, session->now.image, err)
                   : gb_fail(err, GB_BAD_ARGUMENT, "there is no bend %d", bend);
}

gb_status gb_session_unbend(gb_session *session, gb_bend bend, gb_error *err) {
    gb_bend_list *list = &session->now.bends;
    int at = bend ? gb_bend_list_find(list, bend) : 0;
    if (at < 0)
        return gb_fail(err, GB_BAD_ARGUMENT, "there is no bend %d", bend);
    gb_bend_list_remove(list, at, bend ? at + 1 : list->count);
    return GB_OK;
}

gb_status gb_session_redraw(gb_session *session, uint64_t image, gb_error *err) {
    gb_bend_list next = {0};
    bool told = gb_told_begin(&session->now.told, &session->now.bends);
    if (!gb_bend_list_copy(&next, &session->now.bends))
        return gb_fail(err, GB_NO_MEMORY, "out of memory");
    gb_status status = GB_OK;
    for (int i = 0; i < next.count && !status; i++)
        if (next.entries[i]->options.features.choice == GB_FEATURES_RANDOM || next.entries[i]->options.anywhere)
            status = remake(session, &next.entries[i], NULL, 0, image, err);
    if (status) {
        gb_bend_list_clear(&next);
        return status;
    }
    gb_bend_list_clear(&session->now.bends);
    session->now.bends = next;
    session->now.image = image;
    gb_told_redrawn(&session->now.told, &session->now.bends, told);
    return GB_OK;
}
