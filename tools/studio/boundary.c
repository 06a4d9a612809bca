/* Reading boundaries. */
#include "boundary.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

gb_status boundary_read(live *s, const char *recipe, const char *name, boundary *b, gb_error *err) {
    gb_node node;
    *b = (boundary){0};
    if (live_set(s, recipe, err) || live_find(s, name, &node, &b->info, err)) return err->status;
    const int64_t *shape = b->info.shape;
    int ndim = b->info.ndim;
    if (ndim < 1 || ndim > 3 || (ndim == 3 && shape[0] > MAX_MAPS))
        return state(err, GB_BAD_ARGUMENT, "'%s' is not a vector, and has no feature maps or too many", b->info.name);
    b->maps = ndim == 3 ? (size_t)shape[0] : 1;
    b->h = ndim > 1 ? (size_t)shape[ndim - 2] : 1;
    b->w = (size_t)shape[ndim - 1];
    return live_read(s, &node, 1, &b->values, err);
}

void boundary_free(boundary *b) {
    free(b->values);
    b->values = NULL;
}

/* Row by row, so that the sums in double precision take little memory. Values that are not finite remain so. */
gb_status boundary_combine(const boundary *b, bool squares, float **plane, gb_error *err) {
    double *sums = malloc(b->w * sizeof *sums);
    *plane = malloc(b->h * b->w * sizeof **plane);
    if (!sums || !*plane) {
        free(sums);
        free(*plane);
        *plane = NULL;
        return state(err, GB_NO_MEMORY, "out of memory for the values of '%s'", b->info.name);
    }
    for (size_t y = 0; y < b->h; y++) {
        memset(sums, 0, b->w * sizeof *sums);
        for (size_t c = 0; c < b->maps; c++) {
            const float *row = b->values + (c * b->h + y) * b->w;
            for (size_t x = 0; x < b->w; x++) sums[x] += squares ? (double)row[x] * (double)row[x] : (double)row[x];
        }
        for (size_t x = 0; x < b->w; x++) {
            double mean = sums[x] / (double)b->maps;
            (*plane)[y * b->w + x] = (float)(squares ? sqrt(mean) : mean);
        }
    }
    free(sums);
    return GB_OK;
}
