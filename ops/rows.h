/* What the files of this room share: every operation's shape rule and plain row, how a tensor's planes are found, and
 * how a kernel spreads its work. Nothing outside ops/ includes this. */
#ifndef GB_OPS_ROWS_H
#define GB_OPS_ROWS_H

#include "ops/ops.h"

/* Shape rules: check d->in and attributes, fill d->out but for its block. Inputs are known to be of sane size. */
bool gb_constant_shape(gb_desc *d, char *why, size_t size);
bool gb_pixel_norm_shape(gb_desc *d, char *why, size_t size);
bool gb_linear_shape(gb_desc *d, char *why, size_t size);
bool gb_concat_shape(gb_desc *d, char *why, size_t size);
bool gb_truncate_shape(gb_desc *d, char *why, size_t size);
bool gb_select_shape(gb_desc *d, char *why, size_t size);
bool gb_modulated_conv2d_shape(gb_desc *d, char *why, size_t size);
bool gb_upfirdn2d_shape(gb_desc *d, char *why, size_t size);
bool gb_noise_shape(gb_desc *d, char *why, size_t size);
bool gb_bias_act_shape(gb_desc *d, char *why, size_t size);
bool gb_add_shape(gb_desc *d, char *why, size_t size);
bool gb_batch_norm_shape(gb_desc *d, char *why, size_t size);
bool gb_slice_shape(gb_desc *d, char *why, size_t size);
bool gb_reshape_shape(gb_desc *d, char *why, size_t size);
bool gb_upsample_nearest_shape(gb_desc *d, char *why, size_t size);
bool gb_max_pool_shape(gb_desc *d, char *why, size_t size);
bool gb_scores_shape(gb_desc *d, char *why, size_t size);
bool gb_softmax_shape(gb_desc *d, char *why, size_t size);
bool gb_mix_shape(gb_desc *d, char *why, size_t size);
bool gb_attention_shape(gb_desc *d, char *why, size_t size);
bool gb_filter_shape(gb_desc *d, char *why, size_t size);
bool gb_pass_shape(gb_desc *d, char *why, size_t size);
bool gb_paint_shape(gb_desc *d, char *why, size_t size);
bool gb_set_shape(gb_desc *d, char *why, size_t size);
bool gb_callback_shape(gb_desc *d, char *why, size_t size);

extern const gb_op_row gb_constant_plain, gb_pixel_norm_plain, gb_linear_plain, gb_concat_plain, gb_truncate_plain,
    gb_select_plain, gb_modulated_conv2d_plain, gb_upfirdn2d_plain, gb_noise_plain, gb_bias_act_plain, gb_add_plain,
    gb_batch_norm_plain, gb_slice_plain, gb_reshape_plain, gb_upsample_nearest_plain, gb_max_pool_plain, gb_scores_plain,
    gb_softmax_plain, gb_mix_plain, gb_attention_plain,
    gb_filter_plain, gb_pass_plain, gb_paint_plain, gb_set_plain, gb_callback_plain;

/* The weights of norm, and what gb_batch_norm_prepare() makes of them: [N][3][C] mean, scale and bias of
 * (x − mean) · scale + bias. */
size_t gb_batch_norm_packed_size(const gb_cpu *cpu, const gb_desc *d);
void gb_batch_norm_pack(const gb_cpu *cpu, const gb_desc *d, const float *const *weights, void *packed);
size_t gb_batch_norm_workspace(const gb_cpu *cpu, const gb_desc *d);
void gb_batch_norm_prepare(const gb_desc *d, const gb_args *args, float *to);

/* Channel (n, c) as a plane: pixel p of it is plane[p · block]. */
static inline float *gb_plane(const gb_tensor *t, int n, int c) {
    const gb_shape *s = &t->shape;
    size_t blocks = ((size_t)s->c + s->block - 1) / s->block, pixels = (size_t)s->h * s->w;
    return t->data + (n * blocks + c / s->block) * pixels * s->block + c % s->block;
}

/* Runs the tasks on the context's threads, or here when there is nothing to share. */
static inline void gb_parallel(const gb_cpu *cpu, int tasks, void (*task)(void *arg, int i, int worker), void *arg) {
    if (cpu->workers > 1 && tasks > 1) {
        cpu->parallel(cpu->pool, tasks, task, arg);
        return;
    }
    for (int i = 0; i < tasks; i++)
        task(arg, i, 0);
}

/* What the task of a plain kernel is handed. */
typedef struct gb_job {
    const gb_cpu *cpu;
    const gb_desc *d;
    const gb_args *args;
} gb_job;

#endif
