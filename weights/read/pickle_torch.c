/* torch in pickles: storages and the functions that rebuild tensors over them, storages pickled as whole legacy files,
 * and the modules of NVIDIA's torch_utils.persistence, whose source code is dropped unread. */
#include <inttypes.h>
#include <string.h>

#include "constructors.h"
#include "torch.h"

static const gb_torch_type types[] = {
    {"FloatStorage", "float32", GB_F32, 4},
    {"HalfStorage", "float16", GB_F16, 2},
    {"BFloat16Storage", "bfloat16", GB_BF16, 2},
    {"DoubleStorage", "float64", GB_F64, 8},
    {"CharStorage", "int8", GB_I8, 1},
    {"ByteStorage", "uint8", GB_U8, 1},
    {"ShortStorage", "int16", GB_I16, 2},
    {"IntStorage", "int32", GB_I32, 4},
    {"LongStorage", "int64", GB_I64, 8},
    {"BoolStorage", "bool", GB_BOOL, 1},
    {"UntypedStorage", "uint8", GB_U8, 1},      /* named by a class, its elements are bytes */
    {"_UntypedStorage", "uint8", GB_U8, 1},
    {"ComplexFloatStorage", "complex64", GB_OPAQUE, 8},
    {"ComplexDoubleStorage", "complex128", GB_OPAQUE, 16},
    {"QInt8Storage", "qint8", GB_OPAQUE, 1},
    {"QUInt8Storage", "quint8", GB_OPAQUE, 1},
    {"QInt32Storage", "qint32", GB_OPAQUE, 4},
    {NULL, "uint16", GB_U16, 2},
    {NULL, "uint32", GB_U32, 4},
    {NULL, "uint64", GB_U64, 8},
    {NULL, "complex32", GB_OPAQUE, 4},
    {NULL, "float8_e4m3fn", GB_OPAQUE, 1},
    {NULL, "float8_e4m3fnuz", GB_OPAQUE, 1},
    {NULL, "float8_e5m2", GB_OPAQUE, 1},
    {NULL, "float8_e5m2fnuz", GB_OPAQUE, 1},
    {NULL, "float8_e8m0fnu", GB_OPAQUE, 1},
};
enum { TYPES = sizeof types / sizeof *types };

/* torch, torch.cuda, torch.storage … */
static bool is_torch_class(const gb_value *v) {
    return v && v->kind == GB_VALUE_CLASS && strncmp(v->record.module, "torch", 5) == 0 &&
           (v->record.module[5] == 0 || v->record.module[5] == '.');
}

static const gb_torch_type *type_of_storage(const gb_value *class) {
    for (int i = 0; is_torch_class(class) && i < TYPES; i++)
        if (types[i].storage && strcmp(types[i].storage, class->record.name) == 0)
            return &types[i];
    return NULL;
}

static const gb_torch_type *type_of_dtype(const gb_value *class) {
    for (int i = 0; is_torch_class(class) && i < TYPES; i++)
        if (strcmp(types[i].name, class->record.name) == 0)
            return &types[i];
    return NULL;
}

bool gb_torch_storage_read(const gb_value *id, gb_torch_storage *s, gb_reason *why) {
    if (!id || id->kind != GB_VALUE_TUPLE || id->seq.count < 5 ||
        strcmp(gb_value_str(id->seq.items[0], ""), "storage") != 0)
        return gb_because(why, "a persistent id that is not a torch storage");
    const gb_value *class = id->seq.items[1], *view = gb_value_item(id, 5);
    *s = (gb_torch_storage){
        .type = type_of_storage(class),
        .key = id->seq.items[2],
        .elements = gb_value_int(id->seq.items[4], -1),
        .view = view && view->kind == GB_VALUE_TUPLE ? view : NULL,
    };
    if (!s->type)
        return gb_because(why, "a storage of %s", class->kind == GB_VALUE_CLASS ? class->record.name
                                                                               : gb_value_kind_name(class));
    if (s->key->kind != GB_VALUE_STR || s->key->str.size > 255)     /* keys are compared often */
        return gb_because(why, "a storage whose key is %s", s->key->kind == GB_VALUE_STR ? "longer than 255 characters"
                                                                                         : gb_value_kind_name(s->key));
    if (s->elements < 0 || s->elements > INT64_MAX / 16)
        return gb_because(why, "storage '%s' of %" PRId64 " elements", s->key->str.text, s->elements);
    return true;
}

gb_value *gb_torch_storage_value(gb_pickle *p, const gb_torch_type *type, int64_t elements, const void *data) {
    gb_array a = {.dtype = type->dtype, .ndim = 1, .shape = {elements}, .stride = {1}, .data = data};
    gb_value *v = gb_value_new_array(p->arena, &a);
    return v ? v : gb_pickle_full(p);
}

bool gb_torch_place(gb_pickle *p, gb_array *array, const gb_array *storage, size_t offset) {
    if (storage->data) {
        array->data = (const uint8_t *)storage->data + offset;
        return true;
    }
    gb_late_view *late = gb_arena_take(p->arena, sizeof *late);
    if (!late)
        return gb_pickle_full(p);
    *late = (gb_late_view){.array = array, .storage = storage, .offset = offset};
    if (p->last_late)
        p->last_late->next = late;
    else
        p->late = late;
    p->last_late = late;
    return true;
}

static bool sizes(const gb_value *v, int64_t *out, int *count, gb_reason *why) {
    if (!v || (v->kind != GB_VALUE_TUPLE && v->kind != GB_VALUE_LIST))
        return gb_because(why, "a shape or stride that is %s", gb_value_kind_name(v));
    if (v->seq.count > GB_MAX_DIMS)
        return gb_because(why, "%zu dimensions; %d are supported", v->seq.count, GB_MAX_DIMS);
    *count = (int)v->seq.count;
    for (int i = 0; i < *count; i++)
        out[i] = gb_value_int(v->seq.items[i], -1);
    return true;
}

/* (storage, offset, size, stride): a view of a storage, which is a one-dimensional array here. */
static gb_value *tensor(gb_pickle *p, const gb_value *args, const gb_torch_type *type) {
    const gb_array *storage = gb_value_array(gb_value_item(args, 0));
    gb_array a = {0};
    int strides = 0;
    if (!storage || storage->ndim != 1 || storage->stride[0] != 1) {
        gb_because(p->why, "its storage is %s", gb_value_kind_name(gb_value_item(args, 0)));
        return NULL;
    }
    int64_t offset = gb_value_int(gb_value_item(args, 1), -1), elements = storage->shape[0];
    a.dtype = storage->dtype;
    a.swapped = storage->swapped;
    if (type) {     /* the storage counts bytes */
        if (storage->dtype != GB_U8) {
            gb_because(p->why, "%s over a storage of %s", type->name, gb_dtype_name(storage->dtype));
            return NULL;
        }
        a.dtype = type->dtype;
        elements /= (int64_t)type->size;
    }
    if (!sizes(gb_value_item(args, 2), a.shape, &a.ndim, p->why) ||
        !sizes(gb_value_item(args, 3), a.stride, &strides, p->why))
        return NULL;
    if (strides != a.ndim) {
        gb_because(p->why, "%d sizes and %d strides", a.ndim, strides);
        return NULL;
    }
    if (!gb_array_fits(&a, offset, elements, p->why))
        return NULL;
    gb_value *v = gb_value_new_array(p->arena, &a);
    if (!v)
        return gb_pickle_full(p);
    /* An unreadable tensor stays at the start of its storage: gb_dtype_size() does not know its elements. */
    size_t bytes = a.dtype == GB_OPAQUE ? 0 : (size_t)offset * gb_dtype_size(a.dtype);
    return gb_torch_place(p, v->array, storage, bytes) ? v : NULL;
}

/* _rebuild_tensor(…), _rebuild_tensor_v2(…, requires_grad, hooks, metadata) */
static gb_value *make_tensor(gb_pickle *p, const gb_value *args, bool *known) {
    (void)known;
    return tensor(p, args, NULL);
}

/* _rebuild_tensor_v3(storage, offset, size, stride, requires_grad, hooks, dtype, metadata) over bytes */
static gb_value *make_tensor_v3(gb_pickle *p, const gb_value *args, bool *known) {
    (void)known;
    const gb_torch_type *type = type_of_dtype(gb_value_item(args, 6));
    if (!type) {
        gb_because(p->why, "its element type is not known");
        return NULL;
    }
    return tensor(p, args, type);
}

/* _rebuild_parameter(tensor, requires_grad, hooks[, state]): the tensor. */
static gb_value *make_parameter(gb_pickle *p, const gb_value *args, bool *known) {
    (void)p;
    if (gb_value_array(gb_value_item(args, 0)))
        return args->seq.items[0];
    *known = false;
    return NULL;
}

/* _rebuild_from_type[_v2](function, type, arguments, state): a tensor subclass, read as a tensor. */
static gb_value *make_from_type(gb_pickle *p, const gb_value *args, bool *known) {
    const gb_value *function = gb_value_item(args, 0);
    if (!function || args->seq.count < 3) {
        *known = false;
        return NULL;
    }
    return gb_construct(p, function, args->seq.items[2]);
}

/* torch.storage._load_from_bytes(bytes): a whole legacy file with a bare storage as its object. */
static gb_value *make_from_bytes(gb_pickle *p, const gb_value *args, bool *known) {
    (void)known;
    const gb_value *bytes = gb_value_item(args, 0);
    if (!bytes || bytes->kind != GB_VALUE_BYTES) {
        gb_because(p->why, "a file inside the file that is %s", gb_value_kind_name(bytes));
        return NULL;
    }
    if (p->depth == GB_PICKLE_DEPTH) {
        gb_because(p->why, "files inside files, more than %d deep", GB_PICKLE_DEPTH);
        return NULL;
    }
    if (bytes->bytes.size > *p->inner_left) {
        gb_because(p->why, "the files inside the file are longer together than the file can hold");
        return NULL;
    }
    *p->inner_left -= bytes->bytes.size;
    if (!gb_torch_legacy_is(bytes->bytes.data, bytes->bytes.size)) {
        gb_because(p->why, "the file inside the file is not a legacy torch file");
        return NULL;
    }
    gb_bytes from = {bytes->bytes.data, bytes->bytes.size, 0};
    return gb_torch_legacy_read(&from, p->arena, p->inner_left, p->depth + 1, p->why);
}

/* torch.device('cuda', 0): text. */
static gb_value *make_device(gb_pickle *p, const gb_value *args, bool *known) {
    (void)p;
    const gb_value *type = gb_value_item(args, 0);
    if (type && type->kind == GB_VALUE_STR)
        return args->seq.items[0];
    *known = false;
    return NULL;
}

/* _reconstruct_persistent_obj(dict(type, version, module_src, class_name, state)): a record of that class name. The
 * dict must be small, because each memo reference to it copies all of it. */
static gb_value *make_persistent(gb_pickle *p, const gb_value *args, bool *known) {
    gb_value *meta = args->seq.count ? args->seq.items[0] : NULL;
    bool small = meta && meta->kind == GB_VALUE_DICT && meta->dict.count <= 16;
    const char *name = small ? gb_value_str(gb_value_get(meta, "class_name"), NULL) : NULL;
    if (!name) {
        *known = false;
        return NULL;
    }
    gb_value *record = gb_value_new_record(p->arena, "torch_utils.persistence", name);
    if (!record)
        return gb_pickle_full(p);
    for (size_t i = 0; i < meta->dict.count; i++)
        if (strcmp(gb_value_str(meta->dict.keys[i], ""), "state") == 0 &&
            meta->dict.values[i]->kind != GB_VALUE_NONE)
            record->record.state = meta->dict.values[i];
    return record;
}

/* _rebuild_device_tensor_from_numpy(array, dtype, device, requires_grad) and its like for other devices: the array,
 * which was copied from the device. */
static gb_value *make_device_tensor(gb_pickle *p, const gb_value *args, bool *known) {
    return make_parameter(p, args, known);
}

const gb_constructor gb_torch_constructors[] = {
    {"torch._utils", "_rebuild_tensor_v2", make_tensor},
    {"torch._utils", "_rebuild_tensor_v3", make_tensor_v3},
    {"torch._utils", "_rebuild_tensor", make_tensor},
    {"torch._utils", "_rebuild_parameter", make_parameter},
    {"torch._utils", "_rebuild_parameter_with_state", make_parameter},
    {"torch._utils", "_rebuild_device_tensor_from_numpy", make_device_tensor},
    {"torch._utils", "_rebuild_device_tensor_from_cpu_tensor", make_device_tensor},
    {"torch._utils", "_rebuild_xla_tensor", make_device_tensor},
    {"torch._utils", "_rebuild_hpu_tensor", make_device_tensor},
    {"torch._utils", "_rebuild_mlc_tensor", make_device_tensor},
    {"torch._utils", "_rebuild_ort_tensor", make_device_tensor},
    {"torch._tensor", "_rebuild_from_type", make_from_type},
    {"torch._tensor", "_rebuild_from_type_v2", make_from_type},
    {"torch.tensor", "_rebuild_from_type", make_from_type},
    {"torch.storage", "_load_from_bytes", make_from_bytes},
    {"torch", "device", make_device},
    {NULL, "_reconstruct_persistent_obj", make_persistent},
    {NULL, NULL, NULL},
};
