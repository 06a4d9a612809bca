/* Opening any foreign file: what it is, by its first bytes, and which reader it goes to. */
#include "checkpoint.h"

#include <stdlib.h>
#include <string.h>

#include "listing.h"
#include "npy.h"
#include "safetensors.h"
#include "torch.h"
#include "zip.h"

struct gb_checkpoint {
    const uint8_t *bytes;
    size_t size;
    gb_arena *arena;
    gb_zip *zip;            /* NULL where the file is none */
    const char *format;
    size_t inner_left;      /* as in gb_pickle */
    const gb_value *root;
    gb_named_array *arrays;
    size_t count;
};

/* Files that people try, and what to tell them. */
static const struct { size_t at; const char *bytes; const char *what; } others[] = {
    {0, "\x1f\x8b", "a gzip file; unpack it first"},
    {0, "version https://git-lfs", "a Git LFS pointer, not the file itself; `git lfs pull` fetches it"},
    {0, "<!DOCTYPE", "a web page, not a checkpoint; the download went wrong"},
    {0, "<html", "a web page, not a checkpoint; the download went wrong"},
    {0, "\x89HDF\r\n", "an HDF5 file; ganbend reads PyTorch, pickle, safetensors and numpy files"},
    {0, "\x89PNG\r\n", "a PNG image"},
    {0, "GGUF", "a GGUF file; ganbend reads PyTorch, pickle, safetensors and numpy files"},
    {257, "ustar", "a tar archive, as PyTorch wrote before 2017; load it there and save it again"},
};

static gb_value *read_zip(gb_checkpoint *c, gb_reason *why) {
    c->zip = gb_zip_open(c->bytes, c->size, c->arena, why);
    if (!c->zip)
        return NULL;
    if (gb_torch_zip_pickle(c->zip)) {
        c->format = "torch zip";
        return gb_torch_zip_read(c->zip, c->arena, &c->inner_left, why);
    }
    if (gb_npz_is(c->zip)) {
        c->format = "npz";
        return gb_npz_read(c->zip, c->arena, why);
    }
    gb_because(why, "a zip archive that is neither torch's nor numpy's");
    return NULL;
}

static gb_value *read_npy(gb_checkpoint *c, gb_reason *why) {
    return gb_npy_read(c->bytes, c->size, c->arena, why);
}

static gb_value *read_safetensors(gb_checkpoint *c, gb_reason *why) {
    return gb_safetensors_read(c->bytes, c->size, c->arena, why);
}

static gb_value *read_legacy(gb_checkpoint *c, gb_reason *why) {
    gb_bytes from = {c->bytes, c->size, 0};
    return gb_torch_legacy_read(&from, c->arena, &c->inner_left, 0, why);
}

/* PROTO, or one of the operations that protocols 0 and 1 begin an object with. */
static bool is_pickle(const void *bytes, size_t size) {
    const uint8_t *p = bytes;
    return size >= 2 && ((p[0] == 0x80 && p[1] <= 5) || memchr("(]})c", p[0], 5));
}

static gb_value *read_pickle(gb_checkpoint *c, gb_reason *why) {
    gb_bytes from = {c->bytes, c->size, 0};
    gb_pickle p = {.arena = c->arena, .why = why, .inner_left = &c->inner_left};
    return gb_pickle_read(&p, &from);
}

static const struct {
    const char *name;
    bool (*is)(const void *bytes, size_t size);
    gb_value *(*read)(gb_checkpoint *c, gb_reason *why);
} formats[] = {
    {"safetensors", gb_safetensors_is, read_safetensors},
    {"npy", gb_npy_is, read_npy},
    {"zip", gb_zip_is, read_zip},       /* "torch zip" or "npz", once it is open */
    {"legacy torch", gb_torch_legacy_is, read_legacy},
    {"pickle", is_pickle, read_pickle},
};

static bool read_any(gb_checkpoint *c, gb_reason *why) {
    if (c->size == 0)
        return gb_because(why, "the file is empty");
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        size_t n = strlen(others[i].bytes);
        if (others[i].at + n <= c->size && memcmp(c->bytes + others[i].at, others[i].bytes, n) == 0)
            return gb_because(why, "%s", others[i].what);
    }
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (formats[i].is(c->bytes, c->size)) {
            c->format = formats[i].name;
            c->root = formats[i].read(c, why);
            return c->root != NULL;
        }
    return gb_because(why, "no checkpoint: it begins like none of torch, pickle, safetensors, npy and npz");
}

/* Looking at values takes no more time than reading them did. */
static size_t visits(const gb_checkpoint *c) {
    return c->size + 65536;
}

gb_checkpoint *gb_checkpoint_open(const void *bytes, size_t size, const char *name, gb_reason *why) {
    gb_checkpoint *c = calloc(1, sizeof *c);
    if (c)
        *c = (gb_checkpoint){.bytes = bytes, .size = size, .arena = gb_arena_new(gb_arena_limit_for(size)),
                             .inner_left = size > SIZE_MAX / 2 ? SIZE_MAX : 2 * size};
    if (!c || !c->arena) {
        free(c);
        gb_because(why, "%s: out of memory", name);
        return NULL;
    }
    if (!read_any(c, why) || !gb_list_arrays(c->root, visits(c), c->arena, &c->arrays, &c->count, why)) {
        gb_because_in(why, "%s", name);
        gb_checkpoint_close(c);
        return NULL;
    }
    return c;
}

void gb_checkpoint_close(gb_checkpoint *c) {
    if (!c)
        return;
    gb_zip_close(c->zip);       /* its entries lie in the arena */
    gb_arena_free(c->arena);
    free(c);
}

const char *gb_checkpoint_format(const gb_checkpoint *c) {
    return c->format;
}

const gb_value *gb_checkpoint_root(const gb_checkpoint *c) {
    return c->root;
}

const gb_named_array *gb_checkpoint_arrays(const gb_checkpoint *c, size_t *count) {
    *count = c->count;
    return c->arrays;
}

void gb_checkpoint_facts(const gb_checkpoint *c, size_t limit,
                         void (*fact)(void *arg, const char *path, const char *text), void *arg) {
    gb_list_facts(c->root, visits(c), limit, fact, arg);
}
