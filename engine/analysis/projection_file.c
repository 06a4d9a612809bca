/* Interrupted projections: everything that later steps depend on, as an .npz. Random numbers are not in it: those of the steps done
 * are drawn again. */
#include <stdio.h>
#include <string.h>
#include <zlib.h>

#include "engine/base/error.h"
#include "engine/gradient/adam.h"
#include "projection.h"

/* Whole numbers and floats: all of them exact as float32. */
enum { SIGNATURE_LOW, SIGNATURE_HIGH, STEP, DONE, STAGE, STAGE_STEPS, SINCE, START, BEST, ADAM_STEPS, NUMBERS };

/* ------------------------------------------------------------------------------------------------ signature */

static uint32_t add(uint32_t crc, const void *bytes, size_t size) {
    return bytes ? (uint32_t)crc32_z(crc, bytes, size) : crc;
}

void gb_projection_sign(gb_projection *p) {
    const gb_projection_options *o = &p->o;
    size_t pixels = (size_t)o->target_height * (size_t)o->target_width;
    const uint64_t whole[] = {gb_model_checksum(p->model), o->lpips ? gb_model_checksum(o->lpips) : 0, (uint64_t)o->schedule,
                              (uint64_t)o->space, (uint64_t)o->compared_side, o->steps, o->seed, (uint64_t)o->label,
                              o->lpips != NULL, (uint64_t)o->target_height, (uint64_t)o->target_width};
    uint32_t crc = add(0, whole, sizeof whole);
    crc = add(crc, &o->mse, sizeof o->mse);
    crc = add(crc, &p->deviation, sizeof p->deviation);
    crc = add(crc, p->target, 3 * pixels * sizeof *p->target);
    crc = add(crc, p->mask, pixels * sizeof *p->mask);
    crc = add(crc, p->latents, p->count * sizeof *p->latents);
    crc = add(crc, p->starts, (size_t)p->start_count * p->count * sizeof *p->starts);
    crc = add(crc, p->noise, p->noise_count * sizeof *p->noise);
    crc = add(crc, p->latent_noise, o->steps * p->count * sizeof *p->latents);
    p->signature = crc;
    p->random_at_start = p->random;
}

/* ------------------------------------------------------------------------------------------------ arrays */

typedef struct stored_array {
    const char *name;
    float *values;              /* NULL: this projection has no such array */
    size_t count;
} stored_array;

enum { ARRAYS = 8 };

static void list_arrays(const gb_projection *p, stored_array list[ARRAYS]) {
    size_t noise = p->noise_adam ? p->noise_count : 0;
    const stored_array all[ARRAYS] = {
        {"latents", p->latents, p->count},
        {"latent_moments", gb_adam_moments(p->adam), 2 * p->count},
        {"logits", p->logits, p->classes},
        {"logit_moments", p->label_adam ? gb_adam_moments(p->label_adam) : NULL, 2 * p->classes},
        {"noise", noise ? p->noise : NULL, noise},
        {"noise_moments", noise ? gb_adam_moments(p->noise_adam) : NULL, 2 * noise},
        {"best_latents", p->best.latents, p->count},
        {"best_logits", p->best.logits, p->classes},
    };
    memcpy(list, all, sizeof all);
}

gb_status gb_projection_save(const gb_projection *p, const char *path, gb_error *err) {
    const float numbers[NUMBERS] = {
        [SIGNATURE_LOW] = (float)(p->signature & 0xffff), [SIGNATURE_HIGH] = (float)(p->signature >> 16),
        [STEP] = (float)p->state.step, [DONE] = p->state.done, [STAGE] = (float)p->stage,
        [STAGE_STEPS] = (float)p->best.steps, [SINCE] = (float)p->best.since, [START] = (float)p->start,
        [BEST] = p->best.loss, [ADAM_STEPS] = (float)gb_adam_steps(p->adam)};
    stored_array list[ARRAYS];
    gb_npz *npz;
    gb_status status = gb_npz_new(path, &npz, err);
    if (status)
        return status;
    list_arrays(p, list);
    status = gb_npz_add(npz, "numbers", 1, (const int64_t[]){NUMBERS}, numbers, err);
    for (int i = 0; i < ARRAYS && !status; i++)
        if (list[i].values)
            status = gb_npz_add(npz, list[i].name, 1, (const int64_t[]){(int64_t)list[i].count}, list[i].values, err);
    if (!status)
        status = gb_npz_finish(npz, err);
    gb_npz_free(npz);
    return status;
}

/* Reads the array of that name, or only checks that it is there with that number of values. */
static gb_status read_array(const gb_file *file, const char *path, const stored_array *array, bool read, gb_error *err) {
    size_t index;
    gb_array_info info = {0};
    if (gb_file_find(file, array->name, &index))
        gb_file_array(file, index, &info);
    if (info.count != (int64_t)array->count)
        return gb_fail(err, GB_BAD_FILE, "%s: not the state of a projection with these options", path);
    return read ? gb_file_read(file, index, array->values, err) : GB_OK;
}

/* A whole number from 0 to `most`. */
static bool is_whole(float value, double most) {
    return value >= 0 && (double)value <= most && value == (float)(uint32_t)value;
}

static bool are_possible(const gb_projection *p, const float numbers[NUMBERS]) {
    double steps = (double)p->o.steps;
    return is_whole(numbers[STEP], steps) && is_whole(numbers[DONE], 1) && is_whole(numbers[STAGE], p->stage_count - 1) &&
           is_whole(numbers[STAGE_STEPS], steps) && is_whole(numbers[SINCE], steps) && is_whole(numbers[ADAM_STEPS], steps) &&
           is_whole(numbers[START], GB_PROJECTION_STARTS) && numbers[BEST] >= 0;
}

static gb_status read_state(gb_projection *p, const gb_file *file, const char *path, gb_error *err) {
    float numbers[NUMBERS];
    stored_array list[ARRAYS];
    gb_status status = read_array(file, path, &(stored_array){"numbers", numbers, NUMBERS}, true, err);
    if (status)
        return status;
    if (numbers[SIGNATURE_LOW] != (float)(p->signature & 0xffff) || numbers[SIGNATURE_HIGH] != (float)(p->signature >> 16))
        return gb_fail(err, GB_BAD_FILE, "%s: belongs to another model, picture or other options", path);
    if (!are_possible(p, numbers))
        return gb_fail(err, GB_BAD_FILE, "%s: the state is damaged", path);
    list_arrays(p, list);
    for (int pass = 0; pass < 2; pass++) {
        for (int i = 0; i < ARRAYS && !status; i++)
            if (list[i].values)
                status = read_array(file, path, &list[i], pass, err);
        if (!pass && !status)
            status = gb_projection_enter(p, (int)numbers[STAGE], err);      /* which clears some of them */
    }
    if (status)
        return status;
    p->state.step = (size_t)numbers[STEP];
    p->state.done = numbers[DONE] > 0;
    p->best.steps = (size_t)numbers[STAGE_STEPS];
    p->best.since = (size_t)numbers[SINCE];
    p->start = (int)numbers[START];
    p->best.loss = numbers[BEST];
    gb_adam *const adams[] = {p->adam, p->label_adam, p->noise_adam};
    for (int i = 0; i < 3; i++)
        if (adams[i])
            gb_adam_set_steps(adams[i], (uint64_t)numbers[ADAM_STEPS]);
    gb_projection_share(p);
    p->random = p->random_at_start;
    for (size_t i = 0; i < p->state.step && p->noise_adam && !p->latent_noise; i++)
        gb_projection_draw(p);
    return GB_OK;
}

gb_status gb_projection_restore(gb_projection *p, const char *path, gb_error *err) {
    gb_file *file;
    gb_status status = gb_file_open(path, &file, err);
    if (status)
        return status;
    status = read_state(p, file, path, err);
    gb_file_close(file);
    return status;
}
