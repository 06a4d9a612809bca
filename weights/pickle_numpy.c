/* numpy in pickles: ndarray (by _reconstruct and BUILD, or by _frombuffer since protocol 5), scalar, and the type strings
 * both share with .npy. A dtype itself is an opaque record (arguments: type string; state: version, byte order, …). */
#include <string.h>

#include "constructors.h"
#include "numpy_types.h"

static const struct { char kind; size_t size; gb_dtype dtype; } plain_types[] = {
    {'f', 4, GB_F32}, {'f', 2, GB_F16}, {'f', 8, GB_F64}, {'b', 1, GB_BOOL}, {'i', 1, GB_I8}, {'u', 1, GB_U8},
    {'i', 2, GB_I16}, {'u', 2, GB_U16}, {'i', 4, GB_I32}, {'u', 4, GB_U32}, {'i', 8, GB_I64}, {'u', 8, GB_U64},
};

bool gb_numpy_type_read(const char *text, size_t size, char order, gb_numpy_type *type) {
    size_t i = 0;
    if (size > 0 && memchr("<>|=", text[0], 4)) {
        if (!order)
            order = text[0];
        i++;
    }
    if (i == size || !memchr("fiubcSaUVOmM?", text[i], 13))
        return false;
    *type = (gb_numpy_type){.dtype = GB_OPAQUE, .kind = text[i++]};
    if (type->kind == '?') {
        type->kind = 'b';
        type->size = 1;
    }
    for (; i < size && text[i] >= '0' && text[i] <= '9'; i++) {
        if (type->size > (1u << 30))
            return false;
        type->size = type->size * 10 + (size_t)(text[i] - '0');
    }
    if (i < size && text[i] != '[')     /* datetimes carry their unit: "<M8[ns]" */
        return false;
    if (type->kind == 'U')
        type->size *= 4;
    if (type->kind == 'O')
        type->size = 0;
    type->swapped = type->size > 1 && (order == '<' || order == '>') && (order == '<') != gb_little_endian();
    for (size_t k = 0; k < sizeof plain_types / sizeof *plain_types; k++)
        if (plain_types[k].kind == type->kind && plain_types[k].size == type->size)
            type->dtype = plain_types[k].dtype;
    return true;
}

const char *gb_numpy_type_name(gb_dtype t, bool swapped) {
    static const char *const names[GB_DTYPES][2] = {    /* little-endian, big-endian */
        [GB_F32] = {"<f4", ">f4"}, [GB_F16] = {"<f2", ">f2"}, [GB_F64] = {"<f8", ">f8"}, [GB_BOOL] = {"|b1", "|b1"},
        [GB_I8] = {"|i1", "|i1"},  [GB_U8] = {"|u1", "|u1"},  [GB_I16] = {"<i2", ">i2"}, [GB_U16] = {"<u2", ">u2"},
        [GB_I32] = {"<i4", ">i4"}, [GB_U32] = {"<u4", ">u4"}, [GB_I64] = {"<i8", ">i8"}, [GB_U64] = {"<u8", ">u8"},
    };
    return names[t][swapped == gb_little_endian()];
}

/* A pickled dtype: a record with ('f4', align, copy) and the state (version, '<', subtype, names, fields, …). */
static bool dtype_of(const gb_value *v, gb_numpy_type *type) {
    if (!gb_value_is_record(v, "dtype"))
        return false;
    const gb_value *text = gb_value_item(v->record.args, 0);
    const char *order = gb_value_str(gb_value_item(v->record.state, 1), "");
    const gb_value *fields = gb_value_item(v->record.state, 4), *subtype = gb_value_item(v->record.state, 2);
    if (!text || text->kind != GB_VALUE_STR || !gb_numpy_type_read(text->str.text, text->str.size, order[0], type))
        return false;
    return (!fields || fields->kind == GB_VALUE_NONE) && (!subtype || subtype->kind == GB_VALUE_NONE);
}

static bool bytes_of(const gb_value *v, const uint8_t **data, size_t *size) {
    if (v && v->kind == GB_VALUE_BYTES) {
        *data = v->bytes.data;
        *size = v->bytes.size;
        return true;
    }
    if (v && v->kind == GB_VALUE_STR) {     /* Python 2's str */
        *data = (const uint8_t *)v->str.text;
        *size = v->str.size;
        return true;
    }
    return false;
}

/* Fills `a` from what ndarray pickles: all of its data must be there, to the byte. */
static bool ndarray(gb_pickle *p, const gb_value *shape, const gb_numpy_type *type, bool fortran, const uint8_t *data,
                    size_t size, gb_array *a) {
    if (!shape || (shape->kind != GB_VALUE_TUPLE && shape->kind != GB_VALUE_LIST))
        return gb_because(p->why, "an array whose shape is %s", gb_value_kind_name(shape));
    if (shape->seq.count > GB_MAX_DIMS)
        return gb_because(p->why, "an array of %zu dimensions; %d are supported", shape->seq.count, GB_MAX_DIMS);
    *a = (gb_array){.dtype = type->dtype, .swapped = type->swapped, .ndim = (int)shape->seq.count, .data = data};
    for (int i = 0; i < a->ndim; i++)
        a->shape[i] = gb_value_int(shape->seq.items[i], -1);
    int64_t count = gb_array_count(a);
    char text[128];
    if (count < 0 || type->size == 0 || (uint64_t)count > SIZE_MAX / type->size || (size_t)count * type->size != size)
        return gb_because(p->why, "shape %s with elements of %zu bytes in %zu bytes of data",
                          gb_shape_text(a, text, sizeof text), type->size, size);
    gb_array_pack_strides(a);
    if (fortran && count > 0) {
        int64_t step = 1;
        for (int i = 0; i < a->ndim; i++) {
            a->stride[i] = step;
            step *= a->shape[i];
        }
    }
    return true;
}

bool gb_numpy_build(gb_pickle *p, gb_value *object, gb_value *state) {
    gb_numpy_type type;
    const uint8_t *data;
    size_t size;
    gb_array a;
    object->record.state = state;
    size_t first = gb_value_count(state) >= 5 ? 1 : 0;      /* the oldest have no version in front */
    const gb_value *shape = gb_value_item(state, first), *content = gb_value_item(state, first + 3);
    if (!dtype_of(gb_value_item(state, first + 1), &type) || !bytes_of(content, &data, &size))
        return true;        /* objects or records inside: not an array of numbers */
    if (!ndarray(p, shape, &type, gb_value_bool(gb_value_item(state, first + 2), false), data, size, &a))
        return false;
    gb_array *kept = gb_arena_take(p->arena, sizeof *kept);
    if (!kept)
        return gb_pickle_full(p);
    *kept = a;
    object->kind = GB_VALUE_ARRAY;
    object->array = kept;
    return true;
}

/* _reconstruct(numpy.ndarray, (0,), b'b'): an empty array that BUILD fills. */
static gb_value *make_ndarray(gb_pickle *p, const gb_value *args, bool *known) {
    const gb_value *class = gb_value_item(args, 0);
    if (!class || class->kind != GB_VALUE_CLASS) {
        *known = false;
        return NULL;
    }
    gb_value *record = gb_value_new_record(p->arena, "numpy", "ndarray");
    return record ? record : gb_pickle_full(p);
}

/* _frombuffer(bytes, dtype, shape, order) */
static gb_value *make_frombuffer(gb_pickle *p, const gb_value *args, bool *known) {
    gb_numpy_type type;
    const uint8_t *data;
    size_t size;
    gb_array a;
    if (!dtype_of(gb_value_item(args, 1), &type) || !bytes_of(gb_value_item(args, 0), &data, &size)) {
        *known = false;
        return NULL;
    }
    bool fortran = gb_value_str(gb_value_item(args, 3), "C")[0] == 'F';
    if (!ndarray(p, gb_value_item(args, 2), &type, fortran, data, size, &a))
        return NULL;
    gb_value *v = gb_value_new_array(p->arena, &a);
    return v ? v : gb_pickle_full(p);
}

/* scalar(dtype, bytes): a number. */
static gb_value *make_scalar(gb_pickle *p, const gb_value *args, bool *known) {
    gb_numpy_type type;
    const uint8_t *data;
    size_t size;
    if (!dtype_of(gb_value_item(args, 0), &type) || type.dtype == GB_OPAQUE || type.dtype == GB_U64 ||
        !bytes_of(gb_value_item(args, 1), &data, &size)) {
        *known = false;
        return NULL;
    }
    if (size != type.size) {
        gb_because(p->why, "a number of %zu bytes in %zu", type.size, size);
        return NULL;
    }
    gb_array a = {.dtype = type.dtype, .swapped = type.swapped, .data = data};
    uint8_t native[8];
    int64_t whole;
    gb_value *v;
    double x;
    gb_array_to_f64(&a, &x, NULL);
    if (type.dtype == GB_I64) {     /* the one plain type that double cannot carry */
        for (size_t i = 0; i < size; i++)
            native[type.swapped ? size - 1 - i : i] = data[i];
        memcpy(&whole, native, sizeof whole);
        v = gb_value_new_int(p->arena, whole);
    } else if (type.kind == 'b') {
        v = gb_value_new_bool(p->arena, x != 0);
    } else {
        v = type.kind == 'f' ? gb_value_new_float(p->arena, x) : gb_value_new_int(p->arena, (int64_t)x);
    }
    return v ? v : gb_pickle_full(p);
}

const gb_constructor gb_numpy_constructors[] = {
    {"numpy.core.multiarray", "_reconstruct", make_ndarray},
    {"numpy._core.multiarray", "_reconstruct", make_ndarray},
    {"numpy.core.multiarray", "scalar", make_scalar},
    {"numpy._core.multiarray", "scalar", make_scalar},
    {"numpy.core.numeric", "_frombuffer", make_frombuffer},
    {"numpy._core.numeric", "_frombuffer", make_frombuffer},
    {NULL, NULL, NULL},
};
