/* numpy's type strings, and arrays over raw data as numpy lays them out. */
#include "numpy_types.h"

#include <string.h>

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

bool gb_numpy_place(gb_array *a, const gb_numpy_type *type, bool fortran, const void *data, size_t size,
                    gb_reason *why) {
    int64_t count = gb_array_count(a);
    char text[128];
    if (count < 0 || type->size == 0 || (uint64_t)count > size / type->size)
        return gb_because(why, "shape %s with elements of %zu bytes, in %zu bytes of data",
                          gb_shape_text(a, text, sizeof text), type->size, size);
    a->dtype = type->dtype;
    a->swapped = type->swapped;
    a->data = data;
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
