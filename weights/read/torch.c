/* Reading PyTorch's containers.
 * Zip: NAME/data.pkl, whose persistent ids name entries NAME/data/<key>; NAME/byteorder is "little" or "big".
 * Legacy: pickles of the magic number, the protocol version 1001, system info, the object and the list of storage keys;
 * then, per key, 8 bytes of element count and the elements, little-endian on every machine. */
#include "torch.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "constructors.h"

/* ---- zip ------------------------------------------------------------------------------------------------------- */

gb_zip_entry *gb_torch_zip_pickle(const gb_zip *z) {
    gb_zip_entry *list;
    size_t count = gb_zip_entries(z, &list);
    for (size_t i = 0; i < count; i++) {
        const char *slash = strchr(list[i].name, '/');
        if (slash && strcmp(slash + 1, "data.pkl") == 0)
            return &list[i];
    }
    return NULL;
}

typedef struct zip_context {
    gb_zip *zip;
    const char *folder;     /* "NAME/" */
    size_t folder_size;
    bool swapped;
} zip_context;

/* The entry `folder`name, or NULL if there is none. */
static gb_zip_entry *find_in(const zip_context *c, const char *name, const char *rest, char *path, size_t size) {
    size_t name_size = strlen(name), rest_size = strlen(rest);
    if (c->folder_size + name_size + rest_size + 1 > size)
        return NULL;
    memcpy(path, c->folder, c->folder_size);
    memcpy(path + c->folder_size, name, name_size);
    memcpy(path + c->folder_size + name_size, rest, rest_size + 1);
    return gb_zip_find(c->zip, path);
}

static gb_value *zip_storage(gb_pickle *p, const gb_value *id) {
    zip_context *c = p->context;
    gb_torch_storage s;
    char path[1024];
    if (!gb_torch_storage_read(id, &s, p->why))
        return NULL;
    gb_zip_entry *e = find_in(c, "data/", s.key->str.text, path, sizeof path);
    if (!e) {
        gb_because(p->why, "storage '%s' is not in the file", s.key->str.text);
        return NULL;
    }
    if ((uint64_t)s.elements * s.type->size > e->size) {
        gb_because(p->why, "storage '%s' has %" PRId64 " elements of %zu bytes in %" PRIu64 " bytes", s.key->str.text,
                   s.elements, s.type->size, e->size);
        return NULL;
    }
    if (!gb_zip_read(c->zip, e, p->why))
        return NULL;
    gb_value *v = gb_torch_storage_value(p, s.type, s.elements, e->bytes);
    if (v)
        v->array->swapped = c->swapped && s.type->size > 1;
    return v;
}

gb_value *gb_torch_zip_read(gb_zip *z, gb_arena *arena, size_t *inner_left, gb_reason *why) {
    gb_zip_entry *e = gb_torch_zip_pickle(z), *order;
    char path[1024];
    if (!e || strlen(e->name) >= sizeof path) {
        gb_because(why, "a zip archive without a torch pickle");
        return NULL;
    }
    zip_context c = {.zip = z, .folder = e->name, .folder_size = strlen(e->name) - strlen("data.pkl")};
    if (find_in(&c, "constants.pkl", "", path, sizeof path)) {
        gb_because(why, "a TorchScript program, which contains code; save the model's state_dict() with torch.save instead "
                   "(in place of NVIDIA's vgg16.pt, take torchvision's vgg16-397923af.pth)");
        return NULL;
    }
    if ((order = find_in(&c, "byteorder", "", path, sizeof path)) != NULL) {
        if (!gb_zip_read(z, order, why))
            return NULL;
        bool little = order->size == 6 && memcmp(order->bytes, "little", 6) == 0;
        if (!little && (order->size != 3 || memcmp(order->bytes, "big", 3) != 0)) {
            gb_because(why, "%s: neither 'little' nor 'big'", order->name);
            return NULL;
        }
        c.swapped = little != gb_little_endian();
    }
    if (!gb_zip_read(z, e, why))
        return NULL;
    gb_bytes from = {e->bytes, (size_t)e->size, 0};
    gb_pickle p = {.arena = arena, .why = why, .persistent = zip_storage, .context = &c, .inner_left = inner_left};
    gb_value *root = gb_pickle_read(&p, &from);
    if (!root)
        gb_because_in(why, "%s", e->name);
    return root;
}

/* ---- legacy ---------------------------------------------------------------------------------------------------- */

static const uint8_t magic[10] = {0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19};
static const char magic_text[] = "119547037146038801333356";

/* The magic number is within the first bytes; how many come before it depends on the protocol. */
bool gb_torch_legacy_is(const void *bytes, size_t size) {
    const uint8_t *p = bytes;
    size_t longest = sizeof magic_text - 1;
    for (size_t i = 0; i < 16 && i + sizeof magic <= size; i++)
        if (memcmp(p + i, magic, sizeof magic) == 0 ||
            (i + longest <= size && memcmp(p + i, magic_text, longest) == 0))
            return true;
    return false;
}

typedef struct claim {      /* one persistent id: its storage, and the array that waits for the data */
    const gb_value *key;
    const gb_torch_type *type;
    int64_t elements;
    gb_array *array;
} claim;

typedef struct legacy_context {
    claim *claims;
    size_t count, room;
} legacy_context;

/* ('module', class, source file, source): a class of a pickled module, as torch.save(model) wrote it before 1.6. The
 * source is dropped. NULL if the id is something else. */
static gb_value *legacy_class(const gb_value *id) {
    bool is = id->kind == GB_VALUE_TUPLE && id->seq.count >= 2 &&
        strcmp(gb_value_str(id->seq.items[0], ""), "module") == 0 && id->seq.items[1]->kind == GB_VALUE_CLASS;
    return is ? id->seq.items[1] : NULL;
}

static gb_value *legacy_storage(gb_pickle *p, const gb_value *id) {
    legacy_context *c = p->context;
    gb_torch_storage s;
    gb_value *class = legacy_class(id);
    if (class)
        return class;
    if (!gb_torch_storage_read(id, &s, p->why))
        return NULL;
    gb_value *root = gb_torch_storage_value(p, s.type, s.elements, NULL);
    if (!root)
        return NULL;
    if (c->count == c->room) {
        size_t room = c->room ? 2 * c->room : 16;
        claim *more = realloc(c->claims, room * sizeof *more);
        if (!more)
            return gb_pickle_full(p);
        c->claims = more;
        c->room = room;
    }
    c->claims[c->count++] = (claim){s.key, s.type, s.elements, root->array};
    if (!s.view)
        return root;
    int64_t offset = gb_value_int(gb_value_item(s.view, 1), -1), size = gb_value_int(gb_value_item(s.view, 2), -1);
    if (offset < 0 || size < 0 || offset > s.elements || size > s.elements - offset) {
        gb_because(p->why, "a view of %" PRId64 " elements at %" PRId64 " of storage '%s', which has %" PRId64, size,
                   offset, s.key->str.text, s.elements);
        return NULL;
    }
    gb_value *view = gb_torch_storage_value(p, s.type, size, NULL);
    bool placed = view && gb_torch_place(p, view->array, root->array, (size_t)offset * s.type->size);
    return placed ? view : NULL;
}

static int compare_keys(const gb_value *a, const gb_value *b) {
    size_t n = a->str.size < b->str.size ? a->str.size : b->str.size;
    int order = memcmp(a->str.text, b->str.text, n);
    return order ? order : (a->str.size > b->str.size) - (a->str.size < b->str.size);
}

static int compare_claims(const void *a, const void *b) {
    return compare_keys(((const claim *)a)->key, ((const claim *)b)->key);
}

/* The first of the claims for a key; they are sorted. */
static size_t first_claim(const legacy_context *c, const gb_value *key) {
    size_t low = 0, high = c->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare_keys(c->claims[middle].key, key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The count and data of one key, for all arrays that claimed it. */
static bool read_storage(gb_bytes *from, gb_pickle *p, legacy_context *c, const gb_value *key) {
    gb_reason *why = p->why;
    if (key->kind != GB_VALUE_STR)
        return gb_because(why, "a storage key that is %s", gb_value_kind_name(key));
    size_t at = from->at, first = first_claim(c, key);
    if (first == c->count || compare_keys(c->claims[first].key, key) != 0)
        return gb_because(why, "no tensor uses storage '%s'", key->str.text);
    const claim *said = &c->claims[first];
    const uint8_t *head = gb_bytes_take(from, 8);
    if (!head) {
        p->cut = true;
        return gb_because(why, "at byte %zu: the file ends before storage '%s'", at, key->str.text);
    }
    if (gb_le64(head) != (uint64_t)said->elements)
        return gb_because(why, "at byte %zu: storage '%s' has %" PRIu64 " elements, the object says %" PRId64,
                          at, key->str.text, gb_le64(head), said->elements);
    const uint8_t *data = gb_bytes_take(from, (uint64_t)said->elements * said->type->size);
    if (!data) {
        p->cut = true;
        return gb_because(why, "at byte %zu: storage '%s' has %" PRId64 " elements of %zu bytes, %zu bytes are left",
                          at, key->str.text, said->elements, said->type->size, gb_bytes_left(from));
    }
    for (size_t i = first; i < c->count && compare_keys(c->claims[i].key, key) == 0; i++) {
        claim *other = &c->claims[i];
        if (other->array->data)
            return gb_because(why, "storage '%s' appears twice", key->str.text);
        if (other->type != said->type || other->elements != said->elements)
            return gb_because(why, "storage '%s' is claimed with different types or sizes", key->str.text);
        other->array->data = data;
        other->array->swapped = !gb_little_endian() && said->type->size > 1;
    }
    return true;
}

static bool read_storages(gb_bytes *from, gb_pickle *p, legacy_context *c, const gb_value *keys) {
    if (keys->kind != GB_VALUE_LIST && keys->kind != GB_VALUE_TUPLE)
        return gb_because(p->why, "the list of storage keys is %s", gb_value_kind_name(keys));
    if (c->count)
        qsort(c->claims, c->count, sizeof *c->claims, compare_claims);
    for (size_t i = 0; i < keys->seq.count; i++)
        if (!read_storage(from, p, c, keys->seq.items[i]))
            return false;
    for (size_t i = 0; i < c->count; i++)
        if (!c->claims[i].array->data)
            return gb_because(p->why, "storage '%s' is not in the file", c->claims[i].key->str.text);
    for (gb_late_view *v = p->late; v; v = v->next) {
        v->array->data = (const uint8_t *)v->storage->data + v->offset;
        v->array->swapped = v->storage->swapped && gb_dtype_size(v->array->dtype) > 1;
    }
    return true;
}

static gb_value *legacy_object(gb_bytes *from, gb_pickle *p, legacy_context *c) {
    gb_pickle plain = {.arena = p->arena, .why = p->why, .inner_left = p->inner_left, .depth = p->depth};
    const gb_value *number = gb_pickle_read(&plain, from), *version = number ? gb_pickle_read(&plain, from) : NULL;
    p->cut = plain.cut;
    if (!version)
        return NULL;
    if (version->kind != GB_VALUE_INT || version->integer != 1001) {
        gb_because(p->why, "a legacy torch file of a protocol other than 1001");
        return NULL;
    }
    /* The byte order and sizes of the writer's machine follow; the data does not depend on them. */
    gb_value *root = gb_pickle_read(&plain, from) ? gb_pickle_read(p, from) : NULL;
    const gb_value *keys = root ? gb_pickle_read(&plain, from) : NULL;
    p->cut = p->cut || plain.cut;
    return keys && read_storages(from, p, c, keys) ? root : NULL;
}

gb_value *gb_torch_legacy_read(gb_bytes *from, gb_arena *arena, size_t *inner_left, int depth, gb_reason *why) {
    legacy_context c = {0};
    gb_pickle p = {.arena = arena, .why = why, .persistent = legacy_storage, .context = &c, .inner_left = inner_left,
                   .depth = depth};
    gb_value *root = legacy_object(from, &p, &c);
    if (p.cut && depth == 0)
        gb_because(why, "cut off after %zu bytes; download it again (%s)", from->size, why->text);
    free(c.claims);
    return root;
}
