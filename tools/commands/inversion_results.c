/* Results of inversions: an .npz with `cosine`, `loss`, `vectors`, and the settings as the numbers of their bytes. */
#include "inversion_results.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tools/inputs/latents.h"
#include "tools/program/error.h"
#include "tools/program/host.h"

static size_t inversions(const inversion_results *r) {
    return r->runs * r->targets * r->grids;
}

gb_status results_new(inversion_results *r, size_t runs, size_t targets, size_t grids, size_t channels, gb_error *err) {
    *r = (inversion_results){.runs = runs, .targets = targets, .grids = grids, .channels = channels, .saved = host_seconds()};
    r->cosine = malloc(inversions(r) * sizeof *r->cosine);
    r->loss = malloc(inversions(r) * sizeof *r->loss);
    r->vectors = calloc(inversions(r) * 2 * channels, sizeof *r->vectors);
    if (!r->cosine || !r->loss || !r->vectors) return state(err, GB_NO_MEMORY, "out of memory");
    for (size_t i = 0; i < inversions(r); i++) r->cosine[i] = r->loss[i] = NAN;
    return GB_OK;
}

void results_free(inversion_results *r) {
    free(r->cosine);
    free(r->loss);
    free(r->vectors);
    *r = (inversion_results){0};
}

/* Reads an array of `count` values over `to`; false if there is no such array. */
static bool read_values(const gb_file *file, const char *path, const char *name, size_t count, float *to, gb_error *err) {
    gb_array_info info;
    size_t index;
    float *values = NULL;
    bool good = false;
    if (!gb_file_find(file, name, &index)) return false;
    gb_file_array(file, index, &info);
    if ((size_t)info.count == count && !read_array(file, path, index, &info, &values, err)) {
        memcpy(to, values, count * sizeof *to);
        good = true;
    }
    free(values);
    return good;
}

static bool same_settings(const gb_file *file, const char *path, const char *settings, gb_error *err) {
    size_t length = strlen(settings);
    float *codes = malloc((length + 1) * sizeof *codes);
    bool same = codes && read_values(file, path, "settings", length, codes, err);
    for (size_t i = 0; i < length && same; i++) same = codes[i] == (float)(unsigned char)settings[i];
    free(codes);
    return same;
}

gb_status results_resume(inversion_results *r, const char *path, const char *settings, gb_error *err) {
    gb_file *file = NULL;
    if (!host_readable(path)) return GB_OK;
    if (gb_file_open(path, &file, err)) return err->status;
    if (!same_settings(file, path, settings, err) || !read_values(file, path, "cosine", inversions(r), r->cosine, err) ||
        !read_values(file, path, "loss", inversions(r), r->loss, err) ||
        !read_values(file, path, "vectors", inversions(r) * 2 * r->channels, r->vectors, err)) {
        if (!err->status)
            state(err, GB_BAD_ARGUMENT, "%s holds the results of other settings; remove it, or write to another folder", path);
    }
    gb_file_close(file);
    return err->status;
}

gb_status results_save(inversion_results *r, const char *path, const char *settings, gb_error *err) {
    const int64_t shape[] = {(int64_t)r->runs, (int64_t)r->targets, (int64_t)r->grids, 2, (int64_t)r->channels};
    const int64_t length = (int64_t)strlen(settings);
    gb_npz *npz = NULL;
    float *codes = malloc(((size_t)length + 1) * sizeof *codes);
    if (!codes) return state(err, GB_NO_MEMORY, "out of memory");
    for (int64_t i = 0; i < length; i++) codes[i] = (float)(unsigned char)settings[i];
    if (!gb_npz_new(path, &npz, err) && !gb_npz_add(npz, "settings", 1, &length, codes, err) &&
        !gb_npz_add(npz, "cosine", 3, shape, r->cosine, err) && !gb_npz_add(npz, "loss", 3, shape, r->loss, err) &&
        !gb_npz_add(npz, "vectors", 5, shape, r->vectors, err))
        gb_npz_finish(npz, err);
    gb_npz_free(npz);
    free(codes);
    r->saved = host_seconds();
    return err->status;
}

size_t results_at(const inversion_results *r, size_t run, size_t target, size_t grid) {
    return (run * r->targets + target) * r->grids + grid;
}

size_t results_best(const inversion_results *r, size_t target, size_t grid) {
    size_t best = 0;
    for (size_t run = 1; run < r->runs; run++)
        if (r->cosine[results_at(r, run, target, grid)] > r->cosine[results_at(r, best, target, grid)]) best = run;
    return best;
}

void results_mean(const inversion_results *r, size_t grid, double *mean, double *deviation) {
    double sum = 0, squares = 0, count = (double)(r->runs * r->targets);
    for (size_t i = 0; i < r->runs * r->targets; i++) sum += (double)r->cosine[i * r->grids + grid];
    *mean = sum / count;
    for (size_t i = 0; i < r->runs * r->targets; i++) {
        double by = (double)r->cosine[i * r->grids + grid] - *mean;
        squares += by * by;
    }
    *deviation = sqrt(squares / count);
}
