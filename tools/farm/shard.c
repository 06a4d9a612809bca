/* One shard of a run. Its lock is the journal, which is open while the shard is at work: the system lets go of it however the
 * process ends. */
#define _DEFAULT_SOURCE         /* flock() */
#include "shard.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "manifest.h"
#include "engine/platform/files.h"
#include "tools/pictures/pictures.h"
#include "tools/program/json_output.h"
#include "tools/program/output_names.h"
#include "tools/program/progress.h"
#include "tools/program/report.h"

struct shard {
    shard_run run;
    int number, of;
    char model[16], head[HEAD_ROOM];
    bool *complete;             /* [items / of + 1] */
    int journal;                /* -1: not open */
    char journal_path[PATH_ROOM], path[PATH_ROOM];
    text_buffer lines;          /* of complete items */
    double since;               /* when the current item began */
};

gb_status shard_check(const shard_options *given, const char *out, gb_error *err) {
    int number, of;
    if (!given->part) return GB_OK;
    if (!parse_pair(given->part, '/', 1, MOST_SHARDS, &number, &of) || number > of)
        return state(err, GB_BAD_ARGUMENT, "--shard takes I/N with I from 1 to N, as in 3/8, not '%s'", given->part);
    return out && !output_is_file(out) ? GB_OK : state(err, GB_BAD_ARGUMENT, "--shard needs -o DIR, the same for all shards");
}

size_t shard_share(const shard_options *given, size_t items) {
    int number, of;
    if (!given->part || !parse_pair(given->part, '/', 1, MOST_SHARDS, &number, &of)) return items;
    return (items + (size_t)(of - number)) / (size_t)of;
}

static bool is_own(const shard *s, size_t item) {
    return item % (size_t)s->of == (size_t)s->number - 1;
}

bool shard_wants(const shard *s, size_t item) {
    return !s || (is_own(s, item) && !s->complete[item / (size_t)s->of]);
}

size_t shard_left(const shard *s, size_t items) {
    size_t left = 0;
    if (!s) return items;
    for (size_t i = (size_t)s->number - 1; i < items; i += (size_t)s->of) left += shard_wants(s, i);
    return left;
}

/* ------------------------------------------------------------------------------------------------ the run */

/* The processor or GPU that computes the outputs: it can change the last bits. */
static void describe_machine(const gb_context *context, char *text, size_t size) {
    const char *device = gb_context_device(context);
    snprintf(text, size, "%s, %s", device ? device : gb_context_isa(context), gb_context_precision(context));
}

/* The line that all shards of a run have in common; NULL if out of memory. */
static char *run_line(const shard *s) {
    const shard_run *run = &s->run;
    char machine[256];
    describe_machine(run->o->context, machine, sizeof machine);
    json_t *line = json_pack("{s:s, s:s, s:I, s:i, s:s, s:s, s:o}", "ganbend", gb_version(), "command", run->command, "items",
                             (json_int_t)run->items, "shards", s->of, "model", s->model, "machine", machine, "settings",
                             json_text(run->settings));
    char *text = line && !json_out_of_memory() ? json_write(line, JSON_COMPACT) : NULL;
    json_decref(line);
    return text;
}

/* Names the first thing in which a folder's run differs from this one. */
static gb_status other_run(const char *path, const char *there, const char *wanted, gb_error *err) {
    json_t *old = json_read(there, strlen(there), 0, NULL), *value;
    bool failed = json_out_of_memory();
    json_t *new = json_read(wanted, strlen(wanted), 0, NULL);
    const char *key;
    state(err, GB_BAD_ARGUMENT, "%s: belongs to another run; give another folder", path);
    json_object_foreach(new, key, value) {
        json_t *before = json_object_get(old, key);
        char *texts[2] = {json_write(before, JSON_ENCODE_ANY), json_write(value, JSON_ENCODE_ANY)};
        bool differs = before && texts[0] && texts[1] && strcmp(texts[0], texts[1]) != 0;
        if (differs)
            state(err, GB_BAD_ARGUMENT, "%.200s: this folder holds a run with %s %.120s, not %.120s; %s", path, key, texts[0], texts[1],
                  !strcmp(key, "machine") ? "set GANBEND_ISA to the same for all machines, or give another folder"
                                          : "give another folder");
        free(texts[0]);
        free(texts[1]);
        if (differs) break;
    }
    if (failed || json_out_of_memory()) state(err, GB_NO_MEMORY, "out of memory");
    json_decref(old);
    json_decref(new);
    return err->status;
}

static gb_status put_name(const shard_run *run, size_t item, text_buffer *to, gb_error *err) {
    char name[SHARD_NAME_ROOM], *text;
    run->name(run->arg, item, name);
    json_t *value = json_string(name);
    if (!value && !json_out_of_memory()) return state(err, GB_BAD_ARGUMENT, "the name of '%s' is not UTF-8", name);
    text = value ? json_write(value, JSON_ENCODE_ANY) : NULL;
    json_decref(value);
    if (!text) return state(err, GB_NO_MEMORY, "out of memory");
    put_text(to, text);
    put_bytes(to, "\n", 1);
    free(text);
    return GB_OK;
}

static int compare_names(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Two items with one name would be one file. `names` are lines. */
static gb_status check_names(const char *names, size_t count, gb_error *err) {
    const char **sorted = malloc((count + 1) * sizeof *sorted);
    char *copy = malloc(strlen(names) + 1), *at = copy;
    if (sorted && copy) {
        strcpy(copy, names);
        for (size_t i = 0; i < count; i++) {
            sorted[i] = at;
            at += strcspn(at, "\n");
            *at++ = '\0';
        }
        qsort(sorted, count, sizeof *sorted, compare_names);
        for (size_t i = 1; i < count && !err->status; i++)
            if (!strcmp(sorted[i - 1], sorted[i]))
                state(err, GB_BAD_ARGUMENT, "%s would be made twice; a run in shards makes every output once", sorted[i]);
    } else {
        state(err, GB_NO_MEMORY, "out of memory");
    }
    free(sorted);
    free(copy);
    return err->status;
}

/* Writes the run with the names of its items, which every shard would write the same, or checks the one that is there. */
static gb_status settle_run(shard *s, gb_error *err) {
    char path[PATH_ROOM], *line = run_line(s), *there = NULL;
    text_buffer whole = {0};
    size_t size;
    if (!line) return state(err, GB_NO_MEMORY, "out of memory");
    manifest_head(s->head, s->number, s->of, line);
    if (!manifest_path(path, s->run.folder, err, "run.jsonl") && !read_if_there(path, &there, &size, err) && there) {
        there[strcspn(there, "\n")] = '\0';
        if (strcmp(there, line) != 0) other_run(path, there, line, err);
    } else if (!err->status) {
        put_text(&whole, line);
        put_bytes(&whole, "\n", 1);
        size_t head = whole.used;
        for (size_t i = 0; i < s->run.items && !err->status; i++) put_name(&s->run, i, &whole, err);
        if (!err->status && !whole.failed) check_names(whole.text + head, s->run.items, err);
        if (!err->status) write_whole(path, &whole, err);
    }
    free(whole.text);
    free(there);
    free(line);
    return err->status;
}

/* ------------------------------------------------------------------------------------------------ the journal */

static gb_status journal_failed(const shard *s, gb_error *err) {
    return state(err, GB_IO, "%s: %s", s->journal_path, strerror(errno));
}

static bool write_all(int file, const char *bytes, size_t size) {
    while (size > 0) {
        ssize_t written = write(file, bytes, size);
        if (written < 0 && errno != EINTR) return false;
        if (written > 0) bytes += written, size -= (size_t)written;
    }
    return true;
}

/* Opens the journal and locks it. The process that held it before may have removed it in between. */
static gb_status open_journal(shard *s, gb_error *err) {
    struct stat open_one, named;
    for (;;) {
        s->journal = open(s->journal_path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
        if (s->journal < 0) return journal_failed(s, err);
        if (flock(s->journal, LOCK_EX | LOCK_NB) != 0 && errno != ENOLCK && errno != ENOTSUP)
            return errno == EWOULDBLOCK ? state(err, GB_IO, "shard %d/%d of %s is being made by another process", s->number, s->of,
                                                s->run.folder)
                                        : journal_failed(s, err);
        if (fstat(s->journal, &open_one) != 0) return journal_failed(s, err);
        if (stat(s->journal_path, &named) == 0 && named.st_ino == open_one.st_ino && named.st_dev == open_one.st_dev) return GB_OK;
        close(s->journal);
    }
}

/* Whether a later line of the item is about the same file. */
static bool is_replaced(const manifest_line *lines, size_t count, size_t i) {
    for (size_t k = i + 1; k < count; k++)
        if (!strcmp(lines[k].file, lines[i].file)) return true;
    return false;
}

static void put_line(text_buffer *to, const manifest_line *line) {
    put_bytes(to, line->text, line->length);
    put_bytes(to, "\n", 1);
}

/* Keeps the lines of an item if all its files are as they say. */
static void keep_item(shard *s, const manifest_line *lines, size_t count) {
    size_t whole = 0;
    for (size_t i = 0; i < count; i++)
        whole += !is_replaced(lines, count, i) && manifest_compare(s->run.folder, &lines[i], false) == FILE_WHOLE;
    if (whole < lines[count - 1].files) return;
    for (size_t i = 0; i < count; i++)
        if (!is_replaced(lines, count, i)) put_line(&s->lines, &lines[i]);
    s->complete[lines->item / (size_t)s->of] = true;
}

/* Takes over the complete items of a manifest or journal; *whole are the bytes of its whole lines. */
static gb_status take_over(shard *s, const char *path, bool journal, size_t *whole, gb_error *err) {
    manifest m;
    if (!manifest_read(path, journal, &m, err) && m.head && strcmp(m.head, s->head) != 0)
        state(err, GB_BAD_ARGUMENT, "%s: belongs to another run; give another folder", path);
    *whole = m.whole;
    if (!err->status && m.count) {
        progress p = progress_start("checking", m.count);
        manifest_sort(&m);
        for (size_t i = 0, end; i < m.count; i = end) {
            for (end = i + 1; end < m.count && m.lines[end].item == m.lines[i].item; end++) progress_next(&p);
            if (m.lines[i].item < s->run.items && shard_wants(s, m.lines[i].item)) keep_item(s, m.lines + i, end - i);
            progress_next(&p);
        }
        progress_end(&p);
    }
    manifest_free(&m);
    return err->status;
}

/* Reads the work of earlier processes. A manifest stays until the next one replaces it, so the journal has only new lines. */
static gb_status resume(shard *s, gb_error *err) {
    size_t whole;
    put_text(&s->lines, s->head);
    put_bytes(&s->lines, "\n", 1);
    size_t head = s->lines.used;
    if (take_over(s, s->path, false, &whole, err) || take_over(s, s->journal_path, true, &whole, err)) return err->status;
    if (s->lines.failed) return state(err, GB_NO_MEMORY, "out of memory");
    if (ftruncate(s->journal, (off_t)whole) != 0 || (!whole && !write_all(s->journal, s->lines.text, head)))    /* the end may be cut */
        return journal_failed(s, err);
    return GB_OK;
}

/* ------------------------------------------------------------------------------------------------ a shard's life */

gb_status shard_begin(const shard_options *given, const shard_run *run, shard **made, gb_error *err) {
    char folder[PATH_ROOM];
    shard *s;
    *made = NULL;
    if (!given->part) return GB_OK;
    if (!(s = calloc(1, sizeof *s))) return state(err, GB_NO_MEMORY, "out of memory");
    *made = s;
    s->run = *run;
    s->journal = -1;
    parse_pair(given->part, '/', 1, MOST_SHARDS, &s->number, &s->of);
    snprintf(s->model, sizeof s->model, "%08" PRIx32, gb_model_checksum(run->o->model));
    s->complete = calloc(run->items / (size_t)s->of + 1, sizeof *s->complete);
    if (!s->complete) return state(err, GB_NO_MEMORY, "out of memory");
    if (manifest_path(folder, run->folder, err, "%s", "") || host_make_folder(folder, err) || settle_run(s, err) ||
        manifest_path(s->path, run->folder, err, "%d-of-%d.jsonl", s->number, s->of) ||
        manifest_path(s->journal_path, run->folder, err, "%d-of-%d.journal", s->number, s->of) || open_journal(s, err))
        return err->status;
    s->since = host_seconds();
    return resume(s, err);
}

gb_status shard_done(shard *s, size_t item, const char *from, const char *const *files, size_t count, gb_error *err) {
    double now = host_seconds();
    size_t before = s ? s->lines.used : 0;
    if (!s) return GB_OK;
    for (size_t i = 0; i < count; i++)
        if (manifest_describe(s->run.folder, files[i], item, count, from, s->model, now - s->since, &s->lines, err))
            return err->status;
    s->since = now;
    s->complete[item / (size_t)s->of] = true;
    return write_all(s->journal, s->lines.text + before, s->lines.used - before) ? GB_OK : journal_failed(s, err);
}

gb_status shard_end(shard *s, gb_error *err) {
    text_buffer sorted = {0};
    manifest m;
    if (!s) return GB_OK;
    if (!manifest_parse(s->lines.text, s->lines.used, s->path, false, &m, err)) {
        manifest_sort(&m);
        put_text(&sorted, s->head);
        put_bytes(&sorted, "\n", 1);
        for (size_t i = 0; i < m.count; i++) put_line(&sorted, &m.lines[i]);
        if (!write_whole(s->path, &sorted, err)) unlink(s->journal_path);
    }
    manifest_free(&m);
    s->lines = (text_buffer){0};        /* was the manifest's */
    free(sorted.text);
    return err->status;
}

void shard_free(shard *s) {
    if (!s) return;
    if (s->journal >= 0) close(s->journal);
    free(s->complete);
    free(s->lines.text);
    free(s);
}
