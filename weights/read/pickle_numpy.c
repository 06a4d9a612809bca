/* numpy in pickles: ndarray (by _reconstruct and BUILD, or by _frombuffer since protocol 5) and scalar. A dtype itself
 * is an opaque record (arguments: type string; state: version, byte order, …). */
#include <string.h>

#include "constructors.h"
#include "numpy_types.h"

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

static bool ndarray(gb_pickle *p, const gb_value *shape, const gb_numpy_type *type, bool fortran, const uint8_t *data,
                    size_t size, gb_array *a) {
    if (!shape || (shape->kind != GB_VALUE_TUPLE && shape->kind != GB_VALUE_LIST))
        return gb_because(p->why, "an array whose shape is %s", gb_value_kind_name(shape));
    if (shape->seq.count > GB_MAX_DIMS)
        return gb_because(p->why, "an array of %zu dimensions; %d are supported", shape->seq.count, GB_MAX_DIMS);
    *a = (gb_array){.ndim = (int)shape->seq.count};
    for (int i = 0; i < a->ndim; i++)
        a->shape[i] = gb_value_int(shape->seq.items[i], -1);
    return gb_numpy_place(a, type, fortran, data, size, p->why);
}

bool gb_numpy_build(gb_pickle *p, gb_value *object, gb_value *state) {
    gb_numpy_type type;
    const uint8_t *data;
    size_t size;
    gb_array a;
    size_t first = gb_value_count(state) >= 5 ? 1 : 0;      /* the oldest have no version in front */
    const gb_value *shape = gb_value_item(state, first), *content = gb_value_item(state, first + 3);
    if (content && content->kind == GB_VALUE_LIST)      /* an array of objects: a record with these items */
        object->record.items = state->seq.items[first + 3];
    if (!dtype_of(gb_value_item(state, first + 1), &type) || !bytes_of(content, &data, &size))
        return true;
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
