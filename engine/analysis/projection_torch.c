/* Results of a projection in the files of other tools: {photo: {img, latent, noise}} of rosinality's projector.py, and
 * {noises, latent, photo: {img, latent}} of network-bending's older copy, whose `latent` has two equal rows. */
#include <stdlib.h>
#include <string.h>

#include "engine/base/error.h"
#include "engine/base/output.h"
#include "engine/base/platform.h"
#include "projection.h"
#include "weights/read/torch_write.h"

typedef struct result {
    gb_projection *p;
    gb_torch_writer *torch;
    const char *photo;
    float *latents;             /* [2, rows, width], two equal ones */
    float *picture;
    int64_t shape[3];           /* of the picture */
} result;

static void write_noise(const result *r, const char *key) {
    const gb_projection *p = r->p;
    gb_torch_key(r->torch, key);
    gb_torch_begin_list(r->torch);
    for (size_t i = 0; i < p->map_count; i++) {
        const int64_t shape[4] = {1, 1, p->maps[i].height, p->maps[i].width};
        gb_torch_tensor(r->torch, 4, shape, p->noise + p->maps[i].at);
    }
    gb_torch_end_list(r->torch);
}

/* [w_dim], or [num_ws, w_dim] for w+; with a leading 2 for both rows. */
static void write_latent(const result *r, bool both) {
    const gb_projection *p = r->p;
    int64_t shape[3] = {2, p->rows, (int64_t)p->width};
    gb_torch_key(r->torch, "latent");
    if (p->rows > 1)
        gb_torch_tensor(r->torch, both ? 3 : 2, shape + !both, r->latents);
    else if (both)
        gb_torch_tensor(r->torch, 2, (const int64_t[]){2, shape[2]}, r->latents);
    else
        gb_torch_tensor(r->torch, 1, shape + 2, r->latents);
}

static void write_result(const result *r, gb_projection_form form) {
    bool bending = form == GB_PROJECTION_NETWORK_BENDING;
    gb_torch_begin_dict(r->torch);
    if (bending) {
        write_noise(r, "noises");
        write_latent(r, true);
    }
    gb_torch_key(r->torch, r->photo);
    gb_torch_begin_dict(r->torch);
    gb_torch_key(r->torch, "img");
    gb_torch_tensor(r->torch, 3, r->shape, r->picture);
    write_latent(r, false);
    if (!bending)
        write_noise(r, "noise");
    gb_torch_end_dict(r->torch);
    gb_torch_end_dict(r->torch);
}

static gb_status write_file(const result *r, const char *path, gb_error *err) {
    gb_out_file *file;
    gb_reason why = {0};
    gb_status status = gb_out_file_new(path, GB_OUTPUT_TORCH, &file, err);
    if (status)
        return status;
    if (gb_torch_writer_finish(r->torch, gb_out_file_write, file, &why))
        status = gb_out_file_finish(file, err);
    else
        status = gb_out_file_failed(file, path, &why, err);
    gb_out_file_free(file);
    return status;
}

gb_status gb_projection_export(gb_projection *p, const char *path, gb_projection_form form, const char *photo, gb_error *err) {
    result r = {.p = p, .photo = photo};
    if (p->o.space == GB_PROJECT_Z)
        return gb_fail(err, GB_BAD_ARGUMENT, "%s: such files hold w's; this projection has found a z", path);
    gb_model_output_shape(p->model, r.shape);
    r.torch = gb_torch_writer_new();
    r.latents = malloc(2 * p->count * sizeof *r.latents);
    r.picture = malloc((size_t)(r.shape[0] * r.shape[1] * r.shape[2]) * sizeof *r.picture);
    gb_status status = r.torch && r.latents && r.picture ? GB_OK : gb_fail(err, GB_NO_MEMORY, "%s: out of memory", path);
    if (!status)
        status = gb_projection_render(p, true, r.picture, err);
    if (!status) {
        gb_projection_latents(p, r.latents);
        memcpy(r.latents + p->count, r.latents, p->count * sizeof *r.latents);
        write_result(&r, form);
        status = write_file(&r, path, err);
    }
    gb_torch_writer_free(r.torch);
    free(r.latents);
    free(r.picture);
    return status;
}
