/* The epilogue of a step as kernels read it: a live value of the stream. */
#include <string.h>

#include "cuda/epilogue.cuh"

/* The given parameters followed by the default values of the others, so that kernels need no table. For an activation
 * with a variable number of parameters, those given are all. Returns their number. */
static int fill_params(gb_act_kind act, const float *given, int count, float *params) {
    const gb_act_row *row = &gb_acts[act];
    int all = row->max_params > row->params && count > 0 ? count : row->params;
    for (int i = 0; i < all; i++)
        params[i] = i < count ? given[i] : row->param[i].default_value;
    return all;
}

const gb_cuda_epilogue *gb_live_epilogue(const gb_cpu *cpu, const gb_tensor *out, const gb_epilogue *e) {
    gb_cuda_epilogue f;
    memset(&f, 0, sizeof f);
    f.gain = 1.0f;
    f.clamp = -1.0f;
    if (e) {
        f.noise = e->noise;
        f.noise_step = (long long)e->noise_step;
        f.noise_strength = e->noise_strength;
        f.bias_act = e->bias_act;
        f.bias = e->bias;
        f.act = e->act;
        f.base_act = e->base_act;
        f.param_count = fill_params(e->act, e->act_params, e->act_param_count, f.params);
        f.base_count = fill_params(e->base_act, NULL, 0, f.base_params);
        f.gain = e->gain;
        f.clamp = e->clamp;
        f.has_add = e->add != NULL;
        if (e->add)
            f.add = gb_view_of(cpu, e->add);
        if (e->act_channels)
            f.channels = (const uint8_t *)gb_live_bytes(cpu->stream, e->act_channels, (size_t)out->shape.c);
    }
    return gb_live(cpu->stream, f);
}
