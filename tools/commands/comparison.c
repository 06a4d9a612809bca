/* The output of `ganbend compare`. */
#include "comparison.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tools/inputs/latents.h"
#include "tools/program/json_output.h"

/* The deviations of an array that are printed. */
typedef enum measure { ALL, OWN, REFERENCE_ROUNDING, OUR_ROUNDING } measure;

static const deviation *deviation_of(const reference_array *s, measure m) {
    return m == ALL ? &s->all : m == OWN ? &s->own : m == REFERENCE_ROUNDING ? &s->rounding : &s->our_rounding;
}

/* The largest difference divided by the largest magnitude of the values that it is from; NaN if a value is NaN, infinite if
 * the difference is, or if these values are zero and the difference is not. */
static double relative(const reference_array *s, measure m) {
    const deviation *d = deviation_of(s, m);
    double magnitude = m == REFERENCE_ROUNDING || m == OUR_ROUNDING ? s->exact_magnitude : s->magnitude;
    if (d->nan) return NAN;
    if (d->largest == 0) return 0;
    return isinf(d->largest) || magnitude == 0 ? INFINITY : d->largest / magnitude;
}

static double largest(const reference_array *s, measure m) {
    const deviation *d = deviation_of(s, m);
    return d->nan ? NAN : d->largest;
}

static bool is_over(const reference_array *s, tolerance allowed) {
    return !(relative(s, ALL) <= allowed.relative) && !(allowed.absolute > 0 && largest(s, ALL) <= allowed.absolute);
}

bool within_tolerance(const reference *r, tolerance allowed) {
    for (size_t i = 0; i < r->count; i++)
        if (is_over(&r->arrays[i], allowed)) return false;
    return true;
}

/* The array with the largest difference; NaN is larger than infinity. */
static const reference_array *worst_of(const reference *r, measure m) {
    const reference_array *worst = &r->arrays[0];
    for (size_t i = 1; i < r->count; i++) {
        const reference_array *s = &r->arrays[i];
        double a = relative(s, m), b = relative(worst, m);
        if (!isnan(b) && !(a <= b)) worst = s;
    }
    return worst;
}

/* In decibels, for a signal from -1 to 1; each sample was rendered twice, for gradients once. */
static double psnr(const reference *r, const reference_array *s) {
    double mean = s->all.squares / ((r->gradients ? 1.0 : 2.0) * (double)r->samples * (double)s->elements);
    if (s->all.nan) return NAN;
    return mean > 0 ? 10 * log10(4 / mean) : INFINITY;
}

/* "nan" without a sign, which printf() takes from the bits. */
static const char *number_text(double value, char text[24]) {
    if (isnan(value)) strcpy(text, "nan");
    else snprintf(text, 24, "%.3g", value);
    return text;
}

static void print_columns(const reference_array *s, measure m) {
    char a[24], b[24];
    printf(" %12s %12s", number_text(largest(s, m), a), number_text(relative(s, m), b));
}

void print_comparison(const reference *r, tolerance allowed, comparison_columns with) {
    const reference_array *worst = worst_of(r, ALL);
    char a[24], b[24];
    int column = 4;
    for (size_t i = 0; i < r->count; i++)
        if ((int)strlen(r->arrays[i].name) > column) column = (int)strlen(r->arrays[i].name);
    printf("%-*s  %-18s %12s %12s", column, "name", "shape", "difference", "relative");
    if (with.local) printf(" %12s %12s", "own", "relative");
    if (with.float64) printf(" %12s %12s", "reference", "ganbend");
    putchar('\n');
    for (size_t i = 0; i < r->count; i++) {
        const reference_array *s = &r->arrays[i];
        char shape[SHAPE_ROOM];
        printf("%-*s  %-18s", column, s->name, shape_text(s->ndim, s->shape, shape));
        print_columns(s, ALL);
        if (with.local) print_columns(s, OWN);
        if (with.float64)
            printf(" %12s %12s", number_text(relative(s, REFERENCE_ROUNDING), a), number_text(relative(s, OUR_ROUNDING), b));
        if (s->kind == REFERENCE_IMAGE) {
            if (s->all.nan) printf("  PSNR nan");
            else printf("  PSNR %.1f dB", psnr(r, s));
        }
        if (s->all.nan) printf("  %zu NaN", s->all.nan);
        printf("%s\n", is_over(s, allowed) ? "  exceeds the tolerance" : "");
    }
    printf("%zu compared, worst %s %s\n", r->count, worst->name, number_text(relative(worst, ALL), a));
    if (with.local) {
        worst = worst_of(r, OWN);
        printf("worst of its own %s %s\n", worst->name, number_text(relative(worst, OWN), a));
    }
    if (with.float64) {
        const reference_array *ours = worst_of(r, OUR_ROUNDING);
        worst = worst_of(r, REFERENCE_ROUNDING);
        printf("worst against float64: %s %s (reference), %s %s (ganbend)\n", worst->name,
               number_text(relative(worst, REFERENCE_ROUNDING), a), ours->name, number_text(relative(ours, OUR_ROUNDING), b));
    }
}

static void put_deviation(json_t *to, const reference_array *s, measure m) {
    json_object_set_new(to, "difference", json_number(largest(s, m)));
    json_object_set_new(to, "relative", json_number(relative(s, m)));
    json_object_set_new(to, "nan", json_integer((json_int_t)deviation_of(s, m)->nan));
}

static json_t *json_deviation(const reference_array *s, measure m) {
    json_t *object = json_object();
    put_deviation(object, s, m);
    return object;
}

static json_t *json_array_of(const reference *r, const reference_array *s, tolerance allowed, comparison_columns with) {
    json_t *entry = json_object(), *shape = json_array();
    for (int i = 0; i < s->ndim; i++) json_array_append_new(shape, json_integer((json_int_t)s->shape[i]));
    json_object_set_new(entry, "name", json_text(s->name));
    json_object_set_new(entry, "shape", shape);
    json_object_set_new(entry, "magnitude", json_number(s->magnitude));
    put_deviation(entry, s, ALL);
    if (with.local) json_object_set_new(entry, "own", json_deviation(s, OWN));
    if (with.float64)
        json_object_set_new(entry, "float64", json_pack("{s:o, s:o, s:o}", "magnitude", json_number(s->exact_magnitude),
                                                        "reference", json_deviation(s, REFERENCE_ROUNDING), "ganbend",
                                                        json_deviation(s, OUR_ROUNDING)));
    if (s->kind == REFERENCE_IMAGE) json_object_set_new(entry, "psnr", json_number(psnr(r, s)));
    json_object_set_new(entry, "within", json_boolean(!is_over(s, allowed)));
    return entry;
}

gb_status print_comparison_json(const reference *r, const char *model, tolerance allowed, comparison_columns with,
                                gb_error *err) {
    json_t *root = json_object(), *arrays = json_array();
    for (size_t i = 0; i < r->count; i++)
        json_array_append_new(arrays, json_array_of(r, &r->arrays[i], allowed, with));
    json_object_set_new(root, "model", json_text(model));
    json_object_set_new(root, "reference", json_text(r->path));
    json_object_set_new(root, "samples", json_integer((json_int_t)r->samples));
    json_object_set_new(root, "tolerance", json_real(allowed.relative));
    if (allowed.absolute > 0) json_object_set_new(root, "absolute_tolerance", json_real(allowed.absolute));
    json_object_set_new(root, "within", json_boolean(within_tolerance(r, allowed)));
    json_object_set_new(root, "worst", json_text(worst_of(r, ALL)->name));
    if (with.local) json_object_set_new(root, "worst_own", json_text(worst_of(r, OWN)->name));
    if (with.float64)
        json_object_set_new(root, "worst_float64", json_pack("{s:o, s:o}", "reference",
                                                             json_text(worst_of(r, REFERENCE_ROUNDING)->name), "ganbend",
                                                             json_text(worst_of(r, OUR_ROUNDING)->name)));
    json_object_set_new(root, "arrays", arrays);
    return write_json(root, 0, err);
}
