/* Reading all shards of a run. */
#include "gathering.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/platform/files.h"
#include "tools/program/json_output.h"
#include "tools/program/progress.h"

/* ------------------------------------------------------------------------------------------------ the run */

static gb_status no_run(const char *path, gb_error *err) {
    return state(err, GB_BAD_FILE, "%s: not the list of a run's items; remove it, and run a shard again", path);
}

/* Takes command, items and shards from the first line. */
static gb_status read_head(gathering *g, const char *path, gb_error *err) {
    json_t *head = json_read(g->run, strlen(g->run), 0, NULL);
    const char *command = json_string_value(json_object_get(head, "command"));
    json_int_t items = json_integer_value(json_object_get(head, "items"));
    json_int_t shards = json_integer_value(json_object_get(head, "shards"));
    if (json_out_of_memory()) state(err, GB_NO_MEMORY, "out of memory");
    else if (!command || items < 0 || shards < 1 || shards > MOST_SHARDS) no_run(path, err);
    else if (!(g->command = malloc(strlen(command) + 1))) state(err, GB_NO_MEMORY, "out of memory");
    else strcpy(g->command, command);
    g->items = (size_t)items;
    g->shards = (int)shards;
    json_decref(head);
    return err->status;
}

static gb_status read_run(gathering *g, const char *folder, gb_error *err) {
    char path[PATH_ROOM], *at;
    size_t size, lines = 0;
    if (manifest_path(path, folder, err, "run.jsonl") || read_if_there(path, &g->run, &size, err)) return err->status;
    if (!g->run) return state(err, GB_IO, "%s: holds no shards; 'ganbend render … -o %s --shard 1/8' makes some", folder, folder);
    for (size_t i = 0; i < size; i++) lines += g->run[i] == '\n';
    if (!(at = strchr(g->run, '\n'))) return no_run(path, err);
    *at++ = '\0';
    if (read_head(g, path, err)) return err->status;
    if (lines != g->items + 1) return no_run(path, err);
    g->names = calloc(g->items + 1, sizeof *g->names);
    if (!g->names) return state(err, GB_NO_MEMORY, "out of memory");
    for (size_t i = 0; i < g->items; i++) {
        g->names[i] = at;
        at += strcspn(at, "\n");
        *at++ = '\0';
    }
    return GB_OK;
}

/* ------------------------------------------------------------------------------------------------ faults */

static gb_status add_fault(gathering *g, fault_kind kind, size_t item, int shard, const char *file, gb_error *err) {
    json_t *name = file ? NULL : json_read(g->names[item], strlen(g->names[item]), JSON_DECODE_ANY, NULL);
    const char *text = file ? file : name ? json_string_value(name) : g->names[item];
    if ((g->fault_count & (g->fault_count - 1)) == 0) {         /* the room is a power of two */
        fault *grown = realloc(g->faults, (g->fault_count ? 2 * g->fault_count : 1) * sizeof *grown);
        if (!grown) state(err, GB_NO_MEMORY, "out of memory");
        else g->faults = grown;
    }
    char *copy = text ? malloc(strlen(text) + 1) : NULL;
    if (!copy) state(err, GB_NO_MEMORY, "out of memory");
    if (!err->status) {
        strcpy(copy, text);
        g->faults[g->fault_count++] = (fault){kind, item, shard, copy};
        g->of_kind[kind]++;
    } else {
        free(copy);
    }
    json_decref(name);
    return err->status;
}

/* By item, then in the order in which they were noted. */
static int compare_outputs(const void *a, const void *b) {
    const output *x = a, *y = b;
    if (x->line->item != y->line->item) return x->line->item < y->line->item ? -1 : 1;
    return x->order < y->order ? -1 : x->order > y->order;
}

static int owner(const gathering *g, size_t item) {
    return (int)(item % (size_t)g->shards) + 1;
}

/* Whether one of the outputs behind it is the same file of the same shard, made again. */
static bool is_replaced(const output *outputs, size_t count, size_t i) {
    for (size_t k = i + 1; k < count; k++)
        if (outputs[k].shard == outputs[i].shard && !strcmp(outputs[k].line->file, outputs[i].line->file)) return true;
    return false;
}

/* Checks the outputs of one item, and moves the whole ones to g->outputs[*kept]. */
static gb_status check_item(gathering *g, const char *folder, bool sizes_only, size_t first, size_t count, size_t *kept,
                            gb_error *err) {
    const output *outputs = g->outputs + first;
    size_t item = outputs->line->item, files = outputs[count - 1].line->files, seen = 0;
    for (size_t i = 0; i < count && !err->status; i++) {
        const output o = outputs[i];
        if (is_replaced(outputs, count, i)) continue;
        if (o.shard != owner(g, item)) {
            add_fault(g, FAULT_DOUBLED, item, o.shard, o.line->file, err);
            continue;
        }
        file_found found = manifest_compare(folder, o.line, sizes_only);
        seen++;
        if (found == FILE_UNREADABLE) return state(err, GB_IO, "%s/%s: %s", folder, o.line->file, strerror(errno));
        if (found == FILE_WHOLE) g->outputs[(*kept)++] = o;
        else add_fault(g, found == FILE_MISSING ? FAULT_MISSING : FAULT_DAMAGED, item, o.shard, o.line->file, err);
    }
    return seen < files && !err->status ? add_fault(g, FAULT_MISSING, item, owner(g, item), NULL, err) : err->status;
}

static gb_status check_outputs(gathering *g, const char *folder, bool sizes_only, gb_error *err) {
    size_t kept = 0, item = 0, count = g->output_count;
    progress p = progress_start("checking", count);
    for (size_t i = 0, end; i < count && !err->status; i = end) {
        size_t at = g->outputs[i].line->item;
        for (end = i + 1; end < count && g->outputs[end].line->item == at; end++) progress_next(&p);
        for (; item < at && !err->status; item++) add_fault(g, FAULT_MISSING, item, owner(g, item), NULL, err);
        if (!err->status) check_item(g, folder, sizes_only, i, end - i, &kept, err);
        item = at + 1;
        progress_next(&p);
    }
    for (; item < g->items && !err->status; item++) add_fault(g, FAULT_MISSING, item, owner(g, item), NULL, err);
    progress_end(&p);
    g->output_count = kept;
    return err->status;
}

static int compare_files(const void *a, const void *b) {
    const output *const *x = a, *const *y = b;
    return strcmp((*x)->line->file, (*y)->line->file);
}

/* One file for two items. */
static gb_status find_doubled(gathering *g, gb_error *err) {
    const output **sorted = malloc((g->output_count + 1) * sizeof *sorted);
    if (!sorted) return state(err, GB_NO_MEMORY, "out of memory");
    for (size_t i = 0; i < g->output_count; i++) sorted[i] = &g->outputs[i];
    qsort(sorted, g->output_count, sizeof *sorted, compare_files);
    for (size_t i = 1; i < g->output_count && !err->status; i++)
        if (!compare_files(&sorted[i - 1], &sorted[i]))
            add_fault(g, FAULT_DOUBLED, sorted[i]->line->item, sorted[i]->shard, sorted[i]->line->file, err);
    free(sorted);
    return err->status;
}

/* ------------------------------------------------------------------------------------------------ all of it */

static gb_status read_part(gathering *g, const char *folder, int shard, bool journal, gb_error *err) {
    manifest *m = &g->parts[2 * (shard - 1) + journal];
    char path[PATH_ROOM], head[HEAD_ROOM];
    manifest_head(head, shard, g->shards, g->run);
    if (manifest_path(path, folder, err, "%d-of-%d.%s", shard, g->shards, journal ? "journal" : "jsonl") ||
        manifest_read(path, journal, m, err) || !m->head)
        return err->status;
    if (strcmp(m->head, head) != 0)
        return state(err, GB_BAD_ARGUMENT, "%s: belongs to another run than run.jsonl; remove one of them", path);
    for (size_t i = 0; i < m->count; i++)
        if (m->lines[i].item >= g->items) return state(err, GB_BAD_FILE, "%s: item %zu of %zu", path, m->lines[i].item, g->items);
    g->output_count += m->count;
    return GB_OK;
}

gb_status gather_folder(const char *folder, bool sizes_only, gathering *g, gb_error *err) {
    size_t count = 0;
    *g = (gathering){0};
    if (read_run(g, folder, err)) return err->status;
    if (!(g->parts = calloc(2 * (size_t)g->shards, sizeof *g->parts))) return state(err, GB_NO_MEMORY, "out of memory");
    for (int i = 0; i < 2 * g->shards; i++)
        if (read_part(g, folder, i / 2 + 1, i % 2, err)) return err->status;
    if (!(g->outputs = calloc(g->output_count + 1, sizeof *g->outputs))) return state(err, GB_NO_MEMORY, "out of memory");
    for (int i = 0; i < 2 * g->shards; i++)
        for (size_t k = 0; k < g->parts[i].count; k++, count++)
            g->outputs[count] = (output){&g->parts[i].lines[k], i / 2 + 1, count};
    qsort(g->outputs, count, sizeof *g->outputs, compare_outputs);
    return check_outputs(g, folder, sizes_only, err) ? err->status : find_doubled(g, err);
}

void free_gathering(gathering *g) {
    for (int i = 0; g->parts && i < 2 * g->shards; i++) manifest_free(&g->parts[i]);
    for (size_t i = 0; i < g->fault_count; i++) free(g->faults[i].name);
    free(g->parts);
    free(g->outputs);
    free(g->faults);
    free(g->names);
    free(g->command);
    free(g->run);
    *g = (gathering){0};
}

char *shards_to_run(const gathering *g) {
    bool *again = calloc((size_t)g->shards + 2, sizeof *again);
    text_buffer text = {0};
    if (!again) return NULL;
    for (size_t i = 0; i < g->fault_count; i++) again[g->faults[i].shard] |= g->faults[i].kind != FAULT_DOUBLED;
    put_text(&text, "");
    for (int first = 1, last; first <= g->shards; first = last + 1) {
        char range[48];
        last = first;
        if (!again[first]) continue;
        while (again[last + 1]) last++;
        snprintf(range, sizeof range, "%s%d", text.used ? "," : "", first);
        if (last > first) append(range, sizeof range, "-%d", last);
        put_text(&text, range);
    }
    free(again);
    if (text.failed) free(text.text);
    return text.failed ? NULL : text.text;
}

gb_status write_gathered(const gathering *g, const char *folder, gb_error *err) {
    static const char first[] = "{\"ganbend\":";
    char path[PATH_ROOM], begin[sizeof first] = "";
    text_buffer whole = {0};
    if (snprintf(path, sizeof path, "%s/manifest.jsonl", folder) >= PATH_ROOM)
        return state(err, GB_BAD_ARGUMENT, "%.100s…: this path is too long", folder);
    FILE *old = fopen(path, "rb");
    if (old) {
        size_t size = fread(begin, 1, sizeof first - 1, old);
        fclose(old);
        if (size && strcmp(begin, first) != 0)
            return state(err, GB_BAD_ARGUMENT, "%s: exists and is not a manifest, so it is not replaced", path);
    }
    put_text(&whole, g->run);
    put_bytes(&whole, "\n", 1);
    for (size_t i = 0; i < g->output_count; i++) {
        put_bytes(&whole, g->outputs[i].line->text, g->outputs[i].line->length);
        put_bytes(&whole, "\n", 1);
    }
    write_whole(path, &whole, err);
    free(whole.text);
    return err->status;
}
