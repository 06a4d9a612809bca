/* A bending filter on the chosen channels:  y = (1 − mix) · x + mix · filter(x). The table lists the kernels of each
 * filter; a filter without an entry runs on the host. */
#include <string.h>

#include "cuda/bends/filters.cuh"
#include "cuda/rows.h"
#include "ops/bends/filters.h"

static const gb_filter_form forms[] = {
    {"ablate", gb_launch_pointwise, GB_ABLATE, NULL},
    {"invert", gb_launch_pointwise, GB_INVERT, NULL},
    {"multiply", gb_launch_pointwise, GB_MULTIPLY, NULL},
    {"add", gb_launch_pointwise, GB_ADD, NULL},
    {"threshold", gb_launch_pointwise, GB_THRESHOLD, NULL},
    {"clamp", gb_launch_pointwise, GB_CLAMP, NULL},
    {"quantise", gb_launch_pointwise, GB_QUANTISE, NULL},
    {"translate", gb_launch_affine, 0, NULL},
    {"scale", gb_launch_affine, 0, NULL},
    {"rotate", gb_launch_affine, 0, NULL},
    {"shear", gb_launch_affine, 0, NULL},
    {"affine", gb_launch_affine, 0, NULL},
    {"resize-crop", gb_launch_affine, 0, NULL},
    {"reflect-h", gb_launch_reflect, GB_REFLECT_H, NULL},
    {"reflect-v", gb_launch_reflect, GB_REFLECT_V, NULL},
    {"erode", gb_launch_morphology, GB_ERODE, gb_morphology_workspace},
    {"dilate", gb_launch_morphology, GB_DILATE, gb_morphology_workspace},
    {"opening", gb_launch_morphology, GB_OPENING, gb_morphology_workspace},
    {"closing", gb_launch_morphology, GB_CLOSING, gb_morphology_workspace},
    {"blur", gb_launch_gaussian, GB_BLUR, gb_gaussian_workspace},
    {"sharpen", gb_launch_gaussian, GB_SHARPEN, gb_gaussian_workspace},
    {"sobel", gb_launch_sobel, 0, NULL},
    {"noise", gb_launch_noise, 0, NULL},
    {"normalise", gb_launch_normalise, 0, gb_normalise_workspace},
    {"shuffle", gb_launch_channels, 0, NULL},
    {"roll", gb_launch_channels, 0, NULL},
};

static const gb_filter_form *form_of(const gb_filter *filter) {
    for (const gb_filter_form &form : forms)
        if (!strcmp(form.name, filter->name))
            return &form;
    return NULL;
}

static bool supports(const gb_cpu *, const gb_desc *d) {
    return form_of(d->filter.row) != NULL;
}

static size_t workspace(const gb_cpu *cpu, const gb_desc *d) {
    const gb_filter_form *form = form_of(d->filter.row);
    return form->workspace ? form->workspace(cpu, d, form->which) : 0;
}

/* For every channel, the channel that its map is made of. The space is the same for any number of features, so that the
 * layout of the parameter block does not change between renders. order() writes after the channels. */
static const int *live_channels(const gb_cpu *cpu, const gb_filter *f, const gb_filter_live *live, int channels) {
    void *room;
    const int *there = (const int *)gb_live_space(cpu->stream, 2 * sizeof(int) * (size_t)channels, &room);
    int *from = (int *)room, *order = from + channels, count = live->feature ? live->count : channels;
    if (!room)
        return there;
    for (int c = 0; c < channels; c++)
        from[c] = live->feature ? -1 : c;
    if (f->order && count)
        f->order(live->params, count, order);
    for (int i = 0; i < count; i++) {
        int k = f->order ? order[i] : i;
        from[live->feature ? live->feature[i] : i] = live->feature ? live->feature[k] : k;
    }
    return there;
}

static const void *live_prepared(const gb_cpu *cpu, const gb_filter *f, const float *params, const gb_shape *s) {
    void *room;
    const void *there = gb_live_space(cpu->stream, f->prepared_size, &room);
    if (room && f->prepare)
        f->prepare(params, s->h, s->w, room);
    return there;
}

static void run(const gb_cpu *cpu, const gb_desc *d, const gb_args *args) {
    const gb_filter_live *live = (const gb_filter_live *)args->live;
    const gb_filter *f = d->filter.row;
    const gb_filter_form *form = form_of(f);
    long long count = gb_item_count(args->out);
    gb_filter_use use = {gb_view_of(cpu, args->in[0]), gb_view_of(cpu, args->out), count,
                         args->out->shape.block > 1 ? count / 8 : 0, NULL, NULL, NULL, NULL, args->workspace};
    use.params = (const float *)gb_live_bytes(cpu->stream, live->params, sizeof(float) * (size_t)f->params);
    use.share = use.params + f->params - 1;
    use.from = live_channels(cpu, f, live, d->out.c);
    use.prepared = live_prepared(cpu, f, live->params, &d->out);
    form->launch(cpu, d, use, form->which);
}

const gb_op_row gb_filter_cuda = {
    .op = GB_OP_FILTER, .isa = "cuda", .rank = GB_CUDA_PLAIN, .supports = supports, .workspace = workspace, .run = run,
};
