/* The same generators in other wrappings: for a file of each family, its tensors are saved again under the names that
 * projects wrap around a network, in every container, and have to become the same network. The containers are written
 * here by hand, in the forms of different Python, numpy and PyTorch versions. With a folder as argument, some are kept
 * there, which tests/fuzz/seeds.sh uses. */
#include "tests/weights/opened.h"

#include <zlib.h>

/* Where to keep one variation of each family and container, as seeds for fuzzing; NULL for nowhere. */
static const char *seeds;

/* ---- the tensors of a file ---- */

typedef struct tensor {
    const char *name;           /* without the wrapper that the file has around the network */
    gb_array array;             /* float32, packed */
} tensor;

typedef struct tensors {
    opened from;
    tensor list[512];
    size_t count;
    float *values[512];
} tensors;

/* The chosen network's tensors. */
static void take_tensors(tensors *t, const char *path, const char *config) {
    *t = (tensors){.from = open_network(path, config)};
    const char *network = gb_network_str(t->from.network, "origin.network", "");
    size_t count, wrapper = strlen(network);
    const gb_named_array *all = gb_checkpoint_arrays(t->from.checkpoint, &count);
    for (size_t i = 0; i < count; i++) {
        if (strncmp(all[i].name, network, wrapper) || all[i].array.dtype == GB_OPAQUE)
            continue;
        assert_true(t->count < sizeof t->list / sizeof *t->list);
        tensor *one = &t->list[t->count];
        *one = (tensor){all[i].name + (wrapper ? wrapper + 1 : 0), all[i].array};
        t->values[t->count++] = values_of(&all[i].array);
        one->array.dtype = GB_F32;
        one->array.swapped = false;
        one->array.data = t->values[t->count - 1];
        gb_array_pack_strides(&one->array);
    }
    assert_true(t->count > 10);
}

static void drop_tensors(tensors *t) {
    for (size_t i = 0; i < t->count; i++)
        free(t->values[i]);
    close_opened(&t->from);
}

/* ---- writing ---- */

static void put(growing *f, const void *bytes, size_t size) {
    grow(f, bytes, size);
}

static void put_text(growing *f, const char *text) {
    put(f, text, strlen(text));
}

/* Little-endian. */
static void put_number(growing *f, uint64_t v, int bytes) {
    for (int i = 0; i < bytes; i++)
        put(f, (uint8_t[]){(uint8_t)(i < 8 ? v >> 8 * i : 0)}, 1);
}

static size_t array_bytes(const gb_array *a) {
    return 4 * (size_t)gb_array_count(a);
}

/* Text in a pickle: BINUNICODE, from protocol 4 on SHORT_BINUNICODE and MEMOIZE, in protocol 0 UNICODE. */
static void put_string(growing *f, int protocol, const char *text, size_t size) {
    if (protocol == 0) {
        put(f, "V", 1);
        put(f, text, size);
        put(f, "\n", 1);
    } else if (protocol < 4) {
        put(f, "X", 1);
        put_number(f, size, 4);
        put(f, text, size);
    } else {
        put(f, "\x8c", 1);
        put_number(f, size, 1);
        put(f, text, size);
        put(f, "\x94", 1);
    }
}

static void put_int(growing *f, int protocol, int64_t v) {
    char line[32];
    if (protocol == 0) {
        snprintf(line, sizeof line, "I%lld\n", (long long)v);
        put_text(f, line);
    } else {
        put(f, "J", 1);
        put_number(f, (uint64_t)v, 4);
    }
}

static void put_tuple(growing *f, int protocol, const int64_t *v, int count) {
    put(f, "(", 1);
    for (int i = 0; i < count; i++)
        put_int(f, protocol, v[i]);
    put(f, "t", 1);
}

static void put_class(growing *f, int protocol, const char *module, const char *name) {
    if (protocol < 4) {
        put(f, "c", 1);
        put_text(f, module);
        put(f, "\n", 1);
        put_text(f, name);
        put(f, "\n", 1);
    } else {
        put_string(f, protocol, module, strlen(module));
        put_string(f, protocol, name, strlen(name));
        put(f, "\x93", 1);
    }
}

static void put_bool(growing *f, int protocol, bool v) {
    put_text(f, protocol < 2 ? (v ? "I01\n" : "I00\n") : v ? "\x88" : "\x89");
}

/* ndarray: numpy's _reconstruct, then its state: version, shape, type, order, bytes. */
static void put_ndarray(growing *f, int protocol, const gb_array *a) {
    put_class(f, protocol, protocol < 4 ? "numpy.core.multiarray" : "numpy._core.multiarray", "_reconstruct");
    put(f, "(", 1);
    put_class(f, protocol, "numpy", "ndarray");
    put_tuple(f, protocol, (const int64_t[]){0}, 1);
    put_string(f, protocol, "b", 1);
    put(f, "tR(", 3);
    put_int(f, protocol, 1);
    put_tuple(f, protocol, a->shape, a->ndim);
    put_class(f, protocol, "numpy", "dtype");
    put(f, "(", 1);
    put_string(f, protocol, "f4", 2);
    put_int(f, protocol, 0);
    put_int(f, protocol, 1);
    put(f, "tR(", 3);
    put_int(f, protocol, 3);
    put_string(f, protocol, "<", 1);
    put(f, "NNN", 3);
    put_int(f, protocol, -1);
    put_int(f, protocol, -1);
    put_int(f, protocol, 0);
    put(f, "tb", 2);
    put_bool(f, protocol, false);
    if (protocol >= 3) {
        put(f, "B", 1);
        put_number(f, array_bytes(a), 4);
        put(f, a->data, array_bytes(a));
    } else if (protocol == 2) {      /* Python 2's string */
        put(f, "T", 1);
        put_number(f, array_bytes(a), 4);
        put(f, a->data, array_bytes(a));
    } else {                        /* Python 3 has no bytes in protocol 0: _codecs.encode(text, 'latin1') */
        put_class(f, protocol, "_codecs", "encode");
        put(f, "(V", 2);
        for (size_t i = 0; i < array_bytes(a); i++) {
            uint8_t byte = ((const uint8_t *)a->data)[i];
            char escaped[8];
            snprintf(escaped, sizeof escaped, "\\u%04x", byte);
            if (byte < 0x20 || byte == '\\' || byte > 0x7e)
                put_text(f, escaped);
            else
                put(f, &byte, 1);
        }
        put(f, "\nVlatin1\ntR", 11);
    }
    put(f, "tb", 2);
}

/* A tensor of PyTorch: its storage stands elsewhere under the key. Old files end the storage's tuple with None. */
static void put_tensor(growing *f, bool parameter, bool legacy, size_t key, const gb_array *a) {
    char number[24];
    if (parameter) {
        put_class(f, 2, "torch._utils", "_rebuild_parameter");
        put(f, "(", 1);
    }
    put_class(f, 2, "torch._utils", "_rebuild_tensor_v2");
    put(f, "((", 2);
    put_string(f, 2, "storage", 7);
    put_class(f, 2, "torch", "FloatStorage");
    put_string(f, 2, number, (size_t)snprintf(number, sizeof number, "%zu", key));
    put_string(f, 2, legacy ? "cuda:0" : "cpu", legacy ? 6 : 3);
    put_int(f, 2, gb_array_count(a));
    put_text(f, legacy ? "NtQ" : "tQ");
    put_int(f, 2, 0);
    put_tuple(f, 2, a->shape, a->ndim);
    put_tuple(f, 2, a->stride, a->ndim);
    put_bool(f, 2, parameter);
    put_class(f, 2, "collections", "OrderedDict");
    put(f, ")RtR", 4);
    if (parameter) {
        put_bool(f, 2, true);
        put_class(f, 2, "collections", "OrderedDict");
        put(f, ")RtR", 4);
    }
}

typedef struct entry {
    char name[300];
    growing data;
} entry;

/* A zip whose entries are stored. */
static growing zip_of(entry *entries, size_t count) {
    growing f = {0}, directory = {0};
    for (size_t i = 0; i < count; i++) {
        const growing *d = &entries[i].data;
        size_t at = f.size, name = strlen(entries[i].name);
        growing common = {0};
        put_number(&common, 0, 2);      /* flags */
        put_number(&common, 0, 2);      /* stored */
        put_number(&common, 0, 4);      /* time */
        put_number(&common, crc32_z(0, d->bytes, d->size), 4);
        put_number(&common, d->size, 4);
        put_number(&common, d->size, 4);
        put_number(&common, name, 2);
        put_number(&common, 0, 2);
        put(&f, "PK\3\4\x14\0", 6);
        put(&f, common.bytes, common.size);
        put_text(&f, entries[i].name);
        put(&f, d->bytes, d->size);
        put(&directory, "PK\1\2\x14\0\x14\0", 8);
        put(&directory, common.bytes, common.size);
        put_number(&directory, 0, 10);
        put_number(&directory, at, 4);
        put_text(&directory, entries[i].name);
        free(common.bytes);
        free(d->bytes);
    }
    size_t at = f.size;
    put(&f, directory.bytes, directory.size);
    put(&f, "PK\5\6\0\0\0\0", 8);
    put_number(&f, count, 2);
    put_number(&f, count, 2);
    put_number(&f, directory.size, 4);
    put_number(&f, at, 4);
    put_number(&f, 0, 2);
    free(directory.bytes);
    return f;
}

static void put_npy(growing *f, const gb_array *a) {
    char shape[128] = "", header[256];
    size_t at = 0;
    for (int i = 0; i < a->ndim; i++)
        at += (size_t)snprintf(shape + at, sizeof shape - at, "%lld, ", (long long)a->shape[i]);
    int size = snprintf(header, sizeof header, "{'descr': '<f4', 'fortran_order': False, 'shape': (%s), }", shape);
    int padded = (10 + size + 1 + 63) / 64 * 64 - 10;
    put(f, "\x93NUMPY\1\0", 8);
    put_number(f, (uint64_t)padded, 2);
    put_text(f, header);
    for (int i = size; i < padded - 1; i++)
        put(f, " ", 1);
    put(f, "\n", 1);
    put(f, a->data, array_bytes(a));
}

/* ---- containers ---- */

typedef enum container {
    SAFETENSORS, NPZ, PICKLE_0, PICKLE_2, PICKLE_4, TORCH_ZIP, TORCH_LEGACY, CONTAINERS
} container;

static const char *const container_names[] = {
    "safetensors", "npz", "pickle 0", "pickle 2", "pickle 4", "torch zip", "legacy torch",
};

/* The dict of tensors inside of one dict for each part of the wrapper where `nested`, else with the wrapper in its
 * names; other things that checkpoints hold stand beside it. */
static void put_dict(growing *f, container c, const tensors *t, const char *wrapper, bool nested, bool parameter) {
    const int protocol = c == PICKLE_0 ? 0 : c == PICKLE_4 ? 4 : 2;
    int depth = 0;
    if (protocol)
        put(f, (uint8_t[]){0x80, (uint8_t)protocol}, 2);
    put_text(f, protocol ? "}(" : "(d(");
    for (const char *end; nested && (end = strchr(wrapper, '.')); wrapper = end + 1, depth++) {
        put_string(f, protocol, "iteration", 9);
        put_int(f, protocol, 100000);
        put_string(f, protocol, wrapper, (size_t)(end - wrapper));
        put_text(f, protocol ? "}(" : "(d(");
    }
    for (size_t i = 0; i < t->count; i++) {
        char name[300];
        int size = snprintf(name, sizeof name, "%s%s", wrapper, t->list[i].name);
        put_string(f, protocol, name, (size_t)size);
        if (c == TORCH_ZIP || c == TORCH_LEGACY)
            put_tensor(f, parameter, c == TORCH_LEGACY, i, &t->list[i].array);
        else
            put_ndarray(f, protocol, &t->list[i].array);
        if (protocol == 0 && i + 1 < t->count)      /* SETITEM, which protocol 0 uses; the others set all at once */
            put_text(f, "u(");
    }
    for (; depth >= 0; depth--)
        put(f, "u", 1);
    put(f, ".", 1);
}

static void keep_seed(const growing *f, container c, bool nested, bool parameter) {
    static int number;
    char path[512];
    snprintf(path, sizeof path, "%s/%d %s%s%s", seeds, number++, container_names[c], nested ? " nested" : "",
             parameter ? " parameters" : "");
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(f->bytes, 1, f->size, file) != f->size || fclose(file))
        fail_msg("%s was not written", path);
}

static opened open_variation(container c, const tensors *t, const char *wrapper, bool nested, bool parameter) {
    if (c == SAFETENSORS) {
        saving s = {0};
        for (size_t i = 0; i < t->count; i++) {
            char name[300];
            snprintf(name, sizeof name, "%s%s", wrapper, t->list[i].name);
            save(&s, name, &t->list[i].array, t->values[i]);
        }
        return open_saved(&s, NULL);
    }
    growing f = {0};
    if (c == NPZ || c == TORCH_ZIP) {
        size_t count = t->count, extra = c == TORCH_ZIP ? 2 : 0;
        entry *entries = calloc(count + extra, sizeof *entries);
        for (size_t i = 0; i < count; i++) {
            entry *e = &entries[extra + i];
            if (c == NPZ) {
                snprintf(e->name, sizeof e->name, "%s%s.npy", wrapper, t->list[i].name);
                put_npy(&e->data, &t->list[i].array);
            } else {
                snprintf(e->name, sizeof e->name, "archive/data/%zu", i);
                put(&e->data, t->values[i], array_bytes(&t->list[i].array));
            }
        }
        if (c == TORCH_ZIP) {
            strcpy(entries[0].name, "archive/data.pkl");
            put_dict(&entries[0].data, c, t, wrapper, nested, parameter);
            strcpy(entries[1].name, "archive/version");
            put_text(&entries[1].data, "3\n");
        }
        f = zip_of(entries, count + extra);
        free(entries);
    } else {
        if (c == TORCH_LEGACY) {
            put(&f, "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.", 15);      /* magic number */
            put(&f, "\x80\x02M\xe9\x03.", 6);                                              /* version 1001 */
            put(&f, "\x80\x02}(X\x0d\0\0\0little_endian\x88u.", 25);
        }
        put_dict(&f, c, t, wrapper, nested, parameter);
        if (c == TORCH_LEGACY) {
            put(&f, "\x80\x02](", 4);
            for (size_t i = 0; i < t->count; i++) {
                char key[24];
                put_string(&f, 2, key, (size_t)snprintf(key, sizeof key, "%zu", i));
            }
            put(&f, "e.", 2);
            for (size_t i = 0; i < t->count; i++) {
                put_number(&f, (uint64_t)gb_array_count(&t->list[i].array), 8);
                put(&f, t->values[i], array_bytes(&t->list[i].array));
            }
        }
    }
    if (seeds && !strcmp(wrapper, nested ? "state_dict.generator_ema." : "g_ema."))
        keep_seed(&f, c, nested, parameter);
    return open_bytes(f.bytes, f.size, "variation", NULL);
}

/* ---- comparing ---- */

static bool is_text_of_origin(const gb_meta *m) {
    return !strcmp(m->key, "origin.format") || !strcmp(m->key, "origin.network");
}

static void same_network(const char *what, const gb_network *is, const gb_network *should) {
    const gb_named_array *arrays, *other;
    size_t count = gb_network_arrays(should, &arrays);
    if (gb_network_arrays(is, &other) != count)
        fail_msg("%s: %zu tensors, expected %zu", what, gb_network_arrays(is, &other), count);
    for (size_t i = 0; i < count; i++)
        same_tensor(arrays[i].name, gb_network_array(is, arrays[i].name), &arrays[i].array, 0, 1);
    const gb_meta *metas, *m;
    count = gb_network_metas(should, &metas);
    for (size_t i = 0; i < count; i++) {
        if (is_text_of_origin(&metas[i]))
            continue;
        m = gb_network_meta(is, metas[i].key);
        if (!m || m->type != metas[i].type || m->count != metas[i].count)
            fail_msg("%s: %s is missing, or of another kind", what, metas[i].key);
        bool texts = m->type == GB_META_STR || m->type == GB_META_STRS;
        for (size_t k = 0; k < m->count; k++)
            if (texts ? strcmp(m->strs[k], metas[i].strs[k]) != 0 : m->ints[k] != metas[i].ints[k])
                fail_msg("%s: %s differs", what, metas[i].key);
    }
}

/* The wrappers that the projects of docs/checkpoints.md save, and what training frameworks put around them. */
static const char *const wrappers[] = {
    "", "module.", "g_ema.", "G_ema.", "G.", "Gs.", "G_avg.", "generator_smooth.", "generator_ema.", "netG_EMA.",
    "ema.ema_model.", "_orig_mod.", "module._orig_mod.", "params_ema.", "state_dict.", "state_dict.generator_ema.",
    "state_dict.G_ema.module.", "model.g_ema.", "models.generator_smooth.", "swa_model.module.", "ema.shadow.",
};

/* A file that was not taken apart yet has facts beside its tensors; the tensors alone make the network that the
 * variations are compared with. */
static void varied(const char *path, const char *config) {
    tensors *t = malloc(sizeof *t);
    take_tensors(t, path, config);
    opened plain = taken(open_variation(SAFETENSORS, t, "", false, false));
    for (size_t w = 0; w < sizeof wrappers / sizeof *wrappers; w++)
        for (container c = SAFETENSORS; c < CONTAINERS; c++)
            for (int form = 0; form < (c > NPZ ? 3 : 1); form++) {
                const bool nested = form == 1, parameter = form == 2;
                char what[256];
                if ((nested && !*wrappers[w]) || (parameter && c < TORCH_ZIP) || (c == PICKLE_0 && w > 3))
                    continue;
                snprintf(what, sizeof what, "%s as %s in %s%s%s", path, *wrappers[w] ? wrappers[w] : "it is",
                         container_names[c], nested ? ", nested" : "", parameter ? ", as parameters" : "");
                opened o = open_variation(c, t, wrappers[w], nested, parameter);
                if (!o.network)
                    fail_msg("%s: %s", what, o.why.text);
                same_network(what, o.network, plain.network);
                const char *network = gb_network_str(o.network, "origin.network", "");
                if (strlen(network) + (*network != 0) != strlen(wrappers[w]) ||
                    strncmp(network, wrappers[w], strlen(network)))
                    fail_msg("%s: the network is called '%s'", what, network);
                close_opened(&o);
            }
    close_opened(&plain);
    drop_tensors(t);
    free(t);
}

#define VARIED(name, path) static void name(void **state) { (void)state; varied("tests/fixtures/" path, NULL); }
VARIED(nvlabs_pytorch, "wild/torch2-state.pt")
VARIED(nvlabs_tensorflow, "wild/tensorflow-two-gs.pkl")
VARIED(nvlabs_with_classes, "wild/multilabel.pkl")
VARIED(nvlabs_grey, "wild/grey.pkl")
VARIED(nvlabs_rectangular, "wild/stylegan-human.pkl")
VARIED(rosinality, "wild/rosinality-wide.pt")
VARIED(genforce, "wild/genforce.pth")
VARIED(mmgeneration, "wild/mmgeneration.pth")
VARIED(biggan, "biggan/shared-flat.pth")
VARIED(biggan_unshared, "biggan/unshared.pth")
VARIED(biggan_deep, "biggan/deep-own-channels.pth")

int main(int argc, char **argv) {
    seeds = argc > 1 ? argv[1] : NULL;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nvlabs_pytorch), cmocka_unit_test(nvlabs_tensorflow), cmocka_unit_test(nvlabs_with_classes),
        cmocka_unit_test(nvlabs_grey), cmocka_unit_test(nvlabs_rectangular), cmocka_unit_test(rosinality),
        cmocka_unit_test(genforce), cmocka_unit_test(mmgeneration), cmocka_unit_test(biggan),
        cmocka_unit_test(biggan_unshared), cmocka_unit_test(biggan_deep),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
