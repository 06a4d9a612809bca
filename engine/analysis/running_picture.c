/* Running pictures as previews. */
#include "running_picture.h"

#include <math.h>
#include <stdlib.h>

#include "engine/base/error.h"
#include "picture_loss.h"
#include "samples.h"

const gb_colour_map gb_same_colours = {{{1, 0, 0, 0}, {0, 1, 0, 0}, {0, 0, 1, 0}}, true};

/* The normal equations of [r, g, b, 1] · m = colour, for all three colours. */
typedef struct equations {
    double left[4][4], right[4][3];
} equations;

static void add_pixel(equations *e, const double x[4], const double y[3]) {
    for (int i = 0; i < 4; i++) {
        for (int k = 0; k < 4; k++)
            e->left[i][k] += x[i] * x[k];
        for (int c = 0; c < 3; c++)
            e->right[i][c] += x[i] * y[c];
    }
}

/* Gaussian elimination with the largest pivot; false if the equations do not determine the map. */
static bool solve(equations *e, gb_colour_map *map) {
    for (int i = 0; i < 4; i++) {
        int pivot = i;
        for (int r = i + 1; r < 4; r++)
            pivot = fabs(e->left[r][i]) > fabs(e->left[pivot][i]) ? r : pivot;
        if (!(fabs(e->left[pivot][i]) > 1e-9))
            return false;
        for (int k = 0; k < 7; k++) {
            double *a = k < 4 ? &e->left[i][k] : &e->right[i][k - 4], *b = k < 4 ? &e->left[pivot][k] : &e->right[pivot][k - 4];
            double swapped = *a;
            *a = *b;
            *b = swapped;
        }
        for (int r = 0; r < 4; r++) {
            double share = r == i ? 0 : e->left[r][i] / e->left[i][i];
            for (int k = 0; k < 4; k++)
                e->left[r][k] -= share * e->left[i][k];
            for (int c = 0; c < 3; c++)
                e->right[r][c] -= share * e->right[i][c];
        }
    }
    for (int i = 0; i < 4; i++)
        for (int c = 0; c < 3; c++)
            map->m[c][i] = (float)(e->right[i][c] / e->left[i][i]);
    return true;
}

/* The pictures of a node, [count, 3, h, w]. */
static gb_status render_samples(gb_model *model, gb_node node, const float *z, size_t count, int label, float *pictures,
                                gb_error *err) {
    gb_samples from = {0};
    size_t n = 1;
    gb_status status = gb_samples_new(&from, model, node, count, 1, 0, z, err);
    from.label = label;
    while (!status && n)
        status = gb_samples_next(&from, pictures + from.done * from.width, NULL, &n, err);
    gb_samples_free(&from);
    return status;
}

static gb_status fit(gb_model *model, const gb_node_info *node, const gb_node_info *whole, const gb_node nodes[2], const float *z,
                     size_t count, int label, gb_colour_map *map, gb_error *err) {
    int h = (int)node->shape[1], w = (int)node->shape[2], height = (int)whole->shape[1], width = (int)whole->shape[2];
    size_t plane = (size_t)h * (size_t)w, large = (size_t)height * (size_t)width;
    float *small = malloc(count * 3 * plane * sizeof *small), *pictures = malloc(count * 3 * large * sizeof *pictures);
    float *reduced = malloc(3 * plane * sizeof *reduced);
    equations e = {0};
    gb_status status = small && pictures && reduced ? GB_OK : gb_fail(err, GB_NO_MEMORY, "out of memory");
    if (!status)
        status = render_samples(model, nodes[0], z, count, label, small, err);
    if (!status)
        status = render_samples(model, nodes[1], z, count, label, pictures, err);
    for (size_t i = 0; i < count && !status; i++) {
        const float *x = small + i * 3 * plane;
        gb_reduce_picture(pictures + i * 3 * large, 3, height, width, h, w, reduced);
        for (size_t p = 0; p < plane; p++)
            add_pixel(&e, (const double[4]){(double)x[p], (double)x[plane + p], (double)x[2 * plane + p], 1},
                      (const double[3]){(double)reduced[p], (double)reduced[plane + p], (double)reduced[2 * plane + p]});
    }
    if (!status && solve(&e, map))
        map->is_identity = false;
    free(small);
    free(pictures);
    free(reduced);
    return status;
}

gb_status gb_fit_colours(gb_model *model, gb_node node, const float *z, size_t count, int label, gb_colour_map *map, gb_error *err) {
    gb_node output = gb_model_output(model);
    gb_node_info small, whole;
    gb_model_node(model, node, &small);
    gb_model_node(model, output, &whole);
    *map = gb_same_colours;
    if (node == output || small.shape[0] != 3 || whole.shape[0] != 3)
        return GB_OK;
    return fit(model, &small, &whole, (const gb_node[2]){node, output}, z, count, label, map, err);
}

void gb_map_colours(const gb_colour_map *map, float *picture, size_t plane) {
    for (size_t i = 0; i < plane && !map->is_identity; i++) {
        const float x[3] = {picture[i], picture[plane + i], picture[2 * plane + i]};
        for (size_t c = 0; c < 3; c++)
            picture[c * plane + i] = map->m[c][0] * x[0] + map->m[c][1] * x[1] + map->m[c][2] * x[2] + map->m[c][3];
    }
}

void gb_map_gradient(const gb_colour_map *map, float *gradient, size_t plane) {
    for (size_t i = 0; i < plane && !map->is_identity; i++) {
        const float g[3] = {gradient[i], gradient[plane + i], gradient[2 * plane + i]};
        for (size_t k = 0; k < 3; k++)
            gradient[k * plane + i] = map->m[0][k] * g[0] + map->m[1][k] * g[1] + map->m[2][k] * g[2];
    }
}
