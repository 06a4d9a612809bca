/* Opening any foreign file: what it is, by its first bytes, and which reader it goes to. */
#include "checkpoint.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "foreign_files.h"
#include "npy.h"
#include "safetensors.h"
#include "torch.h"
#include "zip.h"

struct gb_checkpoint {
    const uint8_t *bytes;   /* of the file, or of the zip's entry that holds the checkpoint */
    size_t size;
    size_t file_size;
    gb_arena *arena;
    gb_zip *zip, *outer;    /* NULL if the file is not a zip; `outer` is a zip around a checkpoint */
    const char *entry;      /* in `outer` */
    const char *format;
    size_t inner_left;      /* as in gb_pickle */
    const gb_value *root;
    gb_listing list;
};

static bool read_any(gb_checkpoint *c, gb_reason *why);

/* ---- zip around a checkpoint ----------------------------------------------------------------------------------- */

static bool may_be_checkpoint(const char *name) {
    static const char *const endings[] = {".pt", ".pth", ".pkl", ".bin", ".safetensors", ".ckpt", ".pickle", ".tar"};
    size_t size = strlen(name);
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        size_t n = strlen(endings[i]);
        if (size > n && strcmp(name + size - n, endings[i]) == 0 && !strstr(name, "__MACOSX/"))
            return true;
    }
    return false;
}

/* Opens the one entry that looks like a checkpoint; with several, lists them. */
static gb_value *read_inside(gb_checkpoint *c, gb_reason *why) {
    gb_zip_entry *list, *only = NULL;
    size_t count = gb_zip_entries(c->zip, &list), found = 0;
    char names[256] = "";
    for (size_t i = 0; i < count; i++)
        if (may_be_checkpoint(list[i].name)) {
            size_t at = strlen(names);
            only = &list[i];
            if (found++ < 4)
                snprintf(names + at, sizeof names - at, "%s%.60s", at ? ", " : "", list[i].name);
        }
    if (found == 0)
        gb_because(why, "a zip archive that is neither PyTorch's nor numpy's and holds no checkpoint");
    else if (found > 1)
        gb_because(why, "a zip archive with %zu files that may be checkpoints (%s%s); unpack it and give one of them",
                   found, names, found > 4 ? ", ..." : "");
    if (found != 1 || !gb_zip_read(c->zip, only, why))
        return NULL;
    c->outer = c->zip;
    c->zip = NULL;
    c->entry = only->name;
    c->bytes = only->bytes;
    c->size = (size_t)only->size;
    if (!read_any(c, why)) {
        gb_because_in(why, "%s", c->entry);
        return NULL;
    }
    return (gb_value *)c->root;
}

/* ---- formats --------------------------------------------------------------------------------------------------- */

static gb_value *read_zip(gb_checkpoint *c, gb_reason *why) {
    c->zip = gb_zip_open(c->bytes, c->size, c->arena, why);
    if (!c->zip)
        return NULL;
    if (c->outer)
        gb_zip_share(c->zip, c->outer);
    if (gb_torch_zip_pickle(c->zip)) {
        c->format = "torch zip";
        return gb_torch_zip_read(c->zip, c->arena, &c->inner_left, why);
    }
    if (gb_npz_is(c->zip)) {
        c->format = "npz";
        return gb_npz_read(c->zip, c->arena, why);
    }
    if (!c->outer)
        return read_inside(c, why);
    gb_because(why, "a zip archive inside a zip archive; unpack it and give the checkpoint inside");
    return NULL;
}

static gb_value *read_npy(gb_checkpoint *c, gb_reason *why) {
    gb_value *v = gb_npy_read(c->bytes, c->size, c->arena, why);
    if (v && v->kind == GB_VALUE_RECORD && v->record.items)
        c->format = "npy of pickled objects";
    return v;
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

/* Reading text as a pickle fails within so many operations; reading a pickle of protocol 0 that was cut off does not. */
enum { TEXT_OPERATIONS = 16 };

/* A plain pickle has no storages outside of itself; the data.pkl of a torch zip has. */
static gb_value *storage_elsewhere(gb_pickle *p, const gb_value *id) {
    bool *storage = p->context;
    *storage = strcmp(gb_value_str(gb_value_item(id, 0), ""), "storage") == 0;
    gb_because(p->why, "a reference to something outside the file");
    return NULL;
}

static gb_value *read_pickle(gb_checkpoint *c, gb_reason *why) {
    gb_bytes from = {c->bytes, c->size, 0};
    bool storage = false;
    gb_pickle p = {.arena = c->arena, .why = why, .inner_left = &c->inner_left, .persistent = storage_elsewhere,
                   .context = &storage};
    gb_value *root = gb_pickle_read(&p, &from);
    gb_reason text = {0};
    if (!root && storage)
        gb_because(why, "the data.pkl of an unpacked PyTorch file, whose tensors are in files beside it; give the .pt "
                   "itself, or zip the whole folder again");
    else if (!root && !(p.cut && p.operations > TEXT_OPERATIONS) && c->bytes[0] < 0x80 &&
             gb_foreign_text(c->bytes, c->size, &text))
        gb_because(why, "%s", text.text);
    else if (!root && p.cut)
        gb_because(why, "cut off after %zu bytes; download it again (%s)", c->size, why->text);
    return root;
}

static const struct {
    const char *name;
    bool (*is)(const void *bytes, size_t size);
    gb_value *(*read)(gb_checkpoint *c, gb_reason *why);
    const char *summary;
} formats[] = {
    {"safetensors", gb_safetensors_is, read_safetensors, "a .safetensors file"},
    {"npy", gb_npy_is, read_npy, "an array of numpy, .npy"},
    {"npy of pickled objects", NULL, read_npy, "dicts and lists that numpy.save() pickled into an .npy, as ReStyle's latents"},
    {"zip", gb_zip_is, read_zip, "a zip archive around one of the other files; which one is reported"},
    {"torch zip", NULL, read_zip, "what torch.save() writes since PyTorch 1.6: .pt, .pth, .bin, .ckpt"},
    {"npz", NULL, read_zip, "several arrays of numpy, .npz"},
    {"legacy torch", gb_torch_legacy_is, read_legacy, "what torch.save() wrote before 1.6, whole modules included"},
    {"pickle", is_pickle, read_pickle, "a pickle of protocol 0 to 5: NVIDIA's .pkl files of both eras"},
};
enum { FORMATS = sizeof formats / sizeof *formats };

bool gb_checkpoint_container(size_t index, const char **name, const char **summary) {
    if (index >= FORMATS)
        return false;
    *name = formats[index].name;
    *summary = formats[index].summary;
    return true;
}

static bool read_any(gb_checkpoint *c, gb_reason *why) {
    if (c->size == 0)
        return gb_because(why, "the file is empty; download it again");
    if (gb_foreign_file(c->bytes, c->size, why))
        return false;
    for (size_t i = 0; i < FORMATS; i++)
        if (formats[i].is && formats[i].is(c->bytes, c->size)) {
            c->format = formats[i].name;    /* read_zip() makes it more precise */
            c->root = formats[i].read(c, why);
            return c->root != NULL;
        }
    if (gb_foreign_text(c->bytes, c->size, why))
        return false;
    return gb_because(why, "not a checkpoint: its first bytes are not those of a PyTorch, pickle, safetensors or numpy "
                      "file");
}

/* Visiting values takes no more time than reading them did. */
static size_t visits(const gb_checkpoint *c) {
    return c->file_size + 65536;
}

gb_checkpoint *gb_checkpoint_open(const void *bytes, size_t size, const char *name, gb_reason *why) {
    gb_checkpoint *c = calloc(1, sizeof *c);
    if (c)
        *c = (gb_checkpoint){.bytes = bytes, .size = size, .file_size = size, .arena = gb_arena_new(gb_arena_limit_for(size)),
                             .inner_left = size > SIZE_MAX / 2 ? SIZE_MAX : 2 * size};
    if (!c || !c->arena) {
        free(c);
        gb_because_no_memory(why);
        gb_because_in(why, "%s", name);
        return NULL;
    }
    if (!read_any(c, why) || !gb_list_arrays(c->root, visits(c), c->arena, &c->list, why)) {
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
    gb_zip_close(c->outer);
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
    *count = c->list.count;
    return c->list.arrays;
}

const gb_unreadable *gb_checkpoint_unreadable(const gb_checkpoint *c, size_t *count) {
    *count = c->list.unreadable_count;
    return c->list.unreadable;
}

const char *gb_checkpoint_entry(const gb_checkpoint *c) {
    return c->entry;
}

void gb_checkpoint_facts(const gb_checkpoint *c, size_t limit,
                         void (*fact)(void *arg, const char *path, const char *text), void *arg) {
    gb_list_facts(c->root, visits(c), limit, fact, arg);
}
