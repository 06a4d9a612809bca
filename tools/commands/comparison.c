/* The output of `ganbend compare`. */
#include "comparison.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tools/inputs/latents.h"
#include "tools/program/json_output.h"

double relative_deviation(const reference_array *s, const deviation *d) {
    if (d->nan) return NAN;
    if (d->largest == 0) return 0;
    return isinf(d->largest) || s->magnitude == 0 ? INFINITY : d->largest / s->magnitude;
}

static double largest_deviation(const deviation *d) {
    return d->nan ? NAN : d->largest;
}

static bool is_over(const reference_array *s, double tolerance) {
    return !(relative_deviation(s, &s->all) <= tolerance);
}

bool within_tolerance(const reference *r, double tolerance) {
    for (size_t i = 0; i < r->count; i++)
        if (is_over(&r->arrays[i], tolerance)) return false;
    return true;
}

/* The array with the largest difference; NaN is larger than infinity. */
static const reference_array *worst_of(const reference *r, bool own) {
    const reference_array *worst = &r->arrays[0];
    for (size_t i = 1; i < r->count; i++) {
        const reference_array *s = &r->arrays[i];
        double a = relative_deviation(s, own ? &s->own : &s->all);
        double b = relative_deviation(worst, own ? &worst->own : &worst->all);
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

void print_comparison(const reference *r, double tolerance, bool local) {
    const reference_array *worst = worst_of(r, false);
    char a[24], b[24];
    int column = 4;
    for (size_t i = 0; i < r->count; i++)
        if ((int)strlen(r->arrays[i].name) > column) column = (int)strlen(r->arrays[i].name);
    printf("%-*s  %-18s %12s %12s", column, "name", "shape", "difference", "relative");
    printf(local ? " %12s %12s\n" : "\n", "own", "relative");
    for (size_t i = 0; i < r->count; i++) {
        const reference_array *s = &r->arrays[i];
        char shape[SHAPE_ROOM];
        printf("%-*s  %-18s %12s %12s", column, s->name, shape_text(s->ndim, s->shape, shape),
               number_text(largest_deviation(&s->all), a), number_text(relative_deviation(s, &s->all), b));
        if (local)
            printf(" %12s %12s", number_text(largest_deviation(&s->own), a),
                   number_text(relative_deviation(s, &s->own), b));
        if (s->kind == REFERENCE_IMAGE) {
            if (s->all.nan) printf("  PSNR nan");
            else printf("  PSNR %.1f dB", psnr(r, s));
        }
        if (s->all.nan) printf("  %zu NaN", s->all.nan);
        printf("%s\n", is_over(s, tolerance) ? "  exceeds the tolerance" : "");
    }
    printf("%zu compared, worst %s %s\n", r->count, worst->name, number_text(relative_deviation(worst, &worst->all), a));
    if (!local) return;
    worst = worst_of(r, true);
    printf("worst of its own %s %s\n", worst->name, number_text(relative_deviation(worst, &worst->own), a));
}

static void put_deviation(json_t *to, const reference_array *s, const deviation *d) {
    json_object_set_new(to, "difference", json_number(largest_deviation(d)));
    json_object_set_new(to, "relative", json_number(relative_deviation(s, d)));
    json_object_set_new(to, "nan", json_integer((json_int_t)d->nan));
}

static json_t *json_array_of(const reference *r, const reference_array *s, double tolerance, bool local) {
    json_t *entry = json_object(), *shape = json_array();
    for (int i = 0; i < s->ndim; i++) json_array_append_new(shape, json_integer((json_int_t)s->shape[i]));
    json_object_set_new(entry, "name", json_text(s->name));
    json_object_set_new(entry, "shape", shape);
    json_object_set_new(entry, "magnitude", json_number(s->magnitude));
    put_deviation(entry, s, &s->all);
    if (local) {
        json_t *own = json_object();
        put_deviation(own, s, &s->own);
        json_object_set_new(entry, "own", own);
    }
    if (s->kind == REFERENCE_IMAGE) json_object_set_new(entry, "psnr", json_number(psnr(r, s)));
    json_object_set_new(entry, "within", json_boolean(!is_over(s, tolerance)));
    return entry;
}

gb_status print_comparison_json(const reference *r, const char *model, double tolerance, bool local, gb_error *err) {
    json_t *root = json_object(), *arrays = json_array();
    for (size_t i = 0; i < r->count; i++)
        json_array_append_new(arrays, json_array_of(r, &r->arrays[i], tolerance, local));
    json_object_set_new(root, "model", json_text(model));
    json_object_set_new(root, "reference", json_text(r->path));
    json_object_set_new(root, "samples", json_integer((json_int_t)r->samples));
    json_object_set_new(root, "tolerance", json_real(tolerance));
    json_object_set_new(root, "within", json_boolean(within_tolerance(r, tolerance)));
    json_object_set_new(root, "worst", json_text(worst_of(r, false)->name));
    if (local) json_object_set_new(root, "worst_own", json_text(worst_of(r, true)->name));
    json_object_set_new(root, "arrays", arrays);
    return write_json(root, 0, err);
}
