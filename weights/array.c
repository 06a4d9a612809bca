/* Arrays as files hold them: counting, checking, and reading any type as float32 or float64. */
#include "array.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const struct { const char *name; size_t size; } dtypes[GB_DTYPES] = {
    [GB_F32] = {"float32", 4}, [GB_F16] = {"float16", 2}, [GB_BF16] = {"bfloat16", 2}, [GB_F64] = {"float64", 8},
    [GB_I8] = {"int8", 1},     [GB_U8] = {"uint8", 1},    [GB_I16] = {"int16", 2},     [GB_U16] = {"uint16", 2},
    [GB_I32] = {"int32", 4},   [GB_U32] = {"uint32", 4},  [GB_I64] = {"int64", 8},     [GB_U64] = {"uint64", 8},
    [GB_BOOL] = {"bool", 1},   [GB_OPAQUE] = {"opaque", 1},
};

size_t gb_dtype_size(gb_dtype t) {
    return dtypes[t].size;
}

const char *gb_dtype_name(gb_dtype t) {
    return dtypes[t].name;
}

bool gb_little_endian(void) {
    const uint16_t one = 1;
    uint8_t first;
    memcpy(&first, &one, 1);
    return first == 1;
}

int64_t gb_array_count(const gb_array *a) {
    int64_t count = 1;
    bool overflow = false;
    for (int i = 0; i < a->ndim; i++) {
        if (a->shape[i] < 0)
            return -1;
        if (a->shape[i] == 0)
            return 0;
        if (count > INT64_MAX / a->shape[i])
            overflow = true;    /* a later dimension of 0 still makes the array empty */
        else
            count *= a->shape[i];
    }
    return overflow ? -1 : count;
}

void gb_array_pack_strides(gb_array *a) {
    int64_t step = gb_array_count(a) > 0 ? 1 : 0;   /* an empty array has no steps */
    for (int i = a->ndim - 1; i >= 0; i--) {
        a->stride[i] = step;
        step *= a->shape[i];
    }
}

bool gb_array_is_packed(const gb_array *a) {
    int64_t step = 1;
    if (gb_array_count(a) <= 0)
        return gb_array_count(a) == 0;
    for (int i = a->ndim - 1; i >= 0; i--) {
        if (a->shape[i] != 1 && a->stride[i] != step)
            return false;
        step *= a->shape[i];
    }
    return true;
}

bool gb_array_repeats(const gb_array *a) {
    int64_t last = 0;
    for (int i = 0; i < a->ndim; i++)
        last += (a->shape[i] - 1) * a->stride[i];
    return last + 1 < gb_array_count(a);
}

bool gb_array_fits(const gb_array *a, int64_t offset, int64_t elements, gb_reason *why) {
    char shape[128];
    int64_t count = gb_array_count(a);
    if (count < 0)
        return gb_because(why, "shape %s is not possible", gb_shape_text(a, shape, sizeof shape));
    if (offset < 0 || elements < 0 || offset > elements)
        return gb_because(why, "offset %" PRId64 " is past its storage of %" PRId64 " elements", offset, elements);
    int64_t last = offset;
    for (int i = 0; i < a->ndim; i++) {
        if (a->stride[i] < 0)
            return gb_because(why, "stride %" PRId64 " is negative", a->stride[i]);
        if (count == 0 || a->shape[i] == 1)
            continue;
        if (a->stride[i] > (INT64_MAX - last) / (a->shape[i] - 1))
            return gb_because(why, "shape %s with stride %" PRId64 " is beyond any storage",
                              gb_shape_text(a, shape, sizeof shape), a->stride[i]);
        last += (a->shape[i] - 1) * a->stride[i];
    }
    if (count > 0 && last >= elements)
        return gb_because(why, "shape %s reaches element %" PRId64 " of a storage of %" PRId64,
                          gb_shape_text(a, shape, sizeof shape), last, elements);
    if (elements < (INT64_MAX - 4096) / 64 && count > 64 * elements + 4096)
        return gb_because(why, "shape %s repeats a storage of %" PRId64 " elements too often",
                          gb_shape_text(a, shape, sizeof shape), elements);
    return true;
}

char *gb_shape_text(const gb_array *a, char *text, size_t size) {
    size_t n = 0;
    if (size == 0)
        return text;
    text[0] = 0;
    for (int i = 0; i <= a->ndim && n < size; i++) {
        int wrote = i == a->ndim ? snprintf(text + n, size - n, "%s", a->ndim ? "]" : "[]")
                                 : snprintf(text + n, size - n, "%c%" PRId64, i ? ',' : '[', a->shape[i]);
        n += wrote > 0 ? (size_t)wrote : 0;
    }
    return text;
}

/* Without branches, so that compilers make vector code of loops. A subnormal mantissa · 2⁻²⁴ is the difference of
 * 2⁻¹⁴ + mantissa · 2⁻²⁴, which is a normal float32, and 2⁻¹⁴. */
static inline float half_to_float(uint16_t h) {
    const uint32_t rebias = 112u << 23;
    uint32_t sign = (uint32_t)(h & 0x8000) << 16, bits = (uint32_t)(h & 0x7FFF) << 13, exponent = bits & 0xF800000;
    uint32_t is_small = 0u - (uint32_t)(exponent == 0), is_infinite = 0u - (uint32_t)(exponent == 0xF800000);
    uint32_t large = bits + rebias + (is_infinite & rebias);
    union { uint32_t bits; float f; } v = {bits + rebias + (1u << 23)};
    v.f -= 0x1p-14f;
    v.bits = sign | (((v.bits & is_small) | (large & ~is_small)) & 0x7FFFFFFF);
    return v.f;
}

static void halves_to_floats(const uint16_t *restrict from, int64_t count, float *restrict out) {
    for (int64_t i = 0; i < count; i++)
        out[i] = half_to_float(from[i]);
}

float gb_half_to_float(uint16_t h) {
    return half_to_float(h);
}

uint16_t gb_float_to_half(float f) {
    uint32_t bits;
    memcpy(&bits, &f, 4);
    uint16_t sign = (uint16_t)(bits >> 16 & 0x8000);
    uint32_t rest = bits & 0x7FFFFFFF;
    if (rest > 0x7F800000)      /* NaN stays NaN, even if the shift loses its bits */
        return (uint16_t)(sign | 0x7E00 | (rest >> 13 & 0x3FF));
    if (rest >= 0x477FF000)     /* 65520 and more round to infinity */
        return (uint16_t)(sign | 0x7C00);
    uint32_t shift = 13, base = rest - (112u << 23);
    if (rest < 0x38800000) {    /* below 2^-14: subnormal; below 2^-25: zero */
        if (rest < 0x33000000)
            return sign;
        shift = 126 - (rest >> 23);
        base = (rest & 0x7FFFFF) | 0x800000;
    }
    uint32_t half = base >> shift, lost = base & ((1u << shift) - 1), middle = 1u << (shift - 1);
    if (lost > middle || (lost == middle && (half & 1)))
        half++;
    return (uint16_t)(sign | half);
}

static void load(const uint8_t *from, size_t size, bool swapped, void *to) {
    if (!swapped) {
        memcpy(to, from, size);
        return;
    }
    for (size_t i = 0; i < size; i++)
        ((uint8_t *)to)[i] = from[size - 1 - i];
}

static float bfloat16_to_float(uint16_t b) {
    uint32_t bits = (uint32_t)b << 16;
    float f;
    memcpy(&f, &bits, 4);
    return f;
}

/* One row of `n` elements, `stride` apart, as OUT. One function per output type: by way of double, large integers would
 * be rounded twice before they are float. */
#define ELEMENTS(OUT, TYPE, CONVERT)                              \
    for (int64_t i = 0; i < n; i++) {                             \
        TYPE x;                                                   \
        load(from + i * stride * size, sizeof x, swapped, &x);    \
        out[i] = (OUT)CONVERT(x);                                 \
    }                                                             \
    break;

#define DEFINE_READ_ROW(NAME, OUT)                                                                              \
    static void NAME(gb_dtype t, bool swapped, const uint8_t *from, int64_t stride, int64_t n, OUT *out) {      \
        int64_t size = (int64_t)gb_dtype_size(t);                                                               \
        switch (t) {                                                                                            \
        case GB_F32: ELEMENTS(OUT, float, )                                                                     \
        case GB_F16: ELEMENTS(OUT, uint16_t, half_to_float)                                                     \
        case GB_BF16: ELEMENTS(OUT, uint16_t, bfloat16_to_float)                                                \
        case GB_F64: ELEMENTS(OUT, double, )                                                                    \
        case GB_I8: ELEMENTS(OUT, int8_t, )                                                                     \
        case GB_U8: ELEMENTS(OUT, uint8_t, )                                                                    \
        case GB_I16: ELEMENTS(OUT, int16_t, )                                                                   \
        case GB_U16: ELEMENTS(OUT, uint16_t, )                                                                  \
        case GB_I32: ELEMENTS(OUT, int32_t, )                                                                   \
        case GB_U32: ELEMENTS(OUT, uint32_t, )                                                                  \
        case GB_I64: ELEMENTS(OUT, int64_t, )                                                                   \
        case GB_U64: ELEMENTS(OUT, uint64_t, )                                                                  \
        case GB_BOOL: ELEMENTS(OUT, uint8_t, 0 != )                                                             \
        default: break;                                                                                         \
        }                                                                                                       \
    }

DEFINE_READ_ROW(read_row_f32, float)
DEFINE_READ_ROW(read_row_f64, double)

/* While a legacy torch file is being read, its arrays have no bytes yet. */
static bool can_be_read(const gb_array *a, gb_reason *why) {
    if (a->dtype == GB_OPAQUE)
        return gb_because(why, "its type cannot be read as numbers");
    if (!a->data && gb_array_count(a) > 0)
        return gb_because(why, "its storage has not been read yet");
    return true;
}

/* Visits the rows (the last dimension) in order; `out32` or `out64` is set. */
static void read_all(const gb_array *a, float *out32, double *out64) {
    int64_t left = gb_array_count(a), index[GB_MAX_DIMS] = {0};
    int rows = a->ndim > 0 ? a->ndim - 1 : 0;       /* dimensions outside a row */
    int64_t n = a->ndim > 0 ? a->shape[rows] : 1, stride = a->ndim > 0 ? a->stride[rows] : 1;
    if (gb_array_is_packed(a)) {
        n = left;
        stride = 1;
    }
    const uint8_t *from = a->data;
    int64_t size = (int64_t)gb_dtype_size(a->dtype);
    for (; left > 0; left -= n) {
        if (out32) {
            read_row_f32(a->dtype, a->swapped, from, stride, n, out32);
            out32 += n;
        } else {
            read_row_f64(a->dtype, a->swapped, from, stride, n, out64);
            out64 += n;
        }
        for (int d = rows - 1; d >= 0; d--) {
            from += a->stride[d] * size;
            if (++index[d] < a->shape[d])
                break;
            from -= a->stride[d] * a->shape[d] * size;
            index[d] = 0;
        }
    }
}

bool gb_array_to_f32(const gb_array *a, float *out, gb_reason *why) {
    if (!can_be_read(a, why))
        return false;
    if (a->dtype == GB_F32 && !a->swapped && gb_array_is_packed(a)) {
        if (gb_array_count(a) > 0)
            memcpy(out, a->data, (size_t)gb_array_count(a) * sizeof *out);
        return true;
    }
    if (a->dtype == GB_F16 && !a->swapped && gb_array_is_packed(a) && (uintptr_t)a->data % 2 == 0) {
        halves_to_floats(a->data, gb_array_count(a), out);
        return true;
    }
    read_all(a, out, NULL);
    return true;
}

bool gb_array_to_f64(const gb_array *a, double *out, gb_reason *why) {
    if (!can_be_read(a, why))
        return false;
    read_all(a, NULL, out);
    return true;
}
