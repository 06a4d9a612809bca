/* The tables of filters and activations of ganbend.h, and applying one row of them to an array. */
#include "tables.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "context.h"
#include "engine/base/error.h"
#include "engine/base/platform.h"
#include "ops/bends/filters.h"

static void copy_params(gb_table_row *row, const gb_param *param, int count) {
    for (int i = 0; i < count; i++)
        row->param[i] = (gb_param_info){param[i].name, param[i].summary, param[i].default_value, param[i].low,
                                        param[i].high, param[i].integer, param[i].choices};
}

bool gb_filter_row(size_t index, gb_table_row *row) {
    for (size_t i = 0; i <= index; i++)
        if (!gb_filters[i])
            return false;
    const gb_filter *f = gb_filters[index];
    *row = (gb_table_row){.name = f->name, .alias = f->alias, .summary = f->summary, .param_count = f->params,
                          .max_params = f->params, .positional = f->positional};
    copy_params(row, f->param, f->params);
    return true;
}

bool gb_activation_row(size_t index, gb_table_row *row) {
    if (index >= GB_ACTS)
        return false;
    const gb_act_row *a = &gb_acts[index];
    *row = (gb_table_row){.name = a->name, .alias = a->alias, .summary = a->summary, .param_count = a->params,
                          .max_params = a->max_params, .positional = a->max_params};
    copy_params(row, a->param, a->max_params);
    return true;
}

static gb_status check_param(const char *of, const gb_param_info *p, float value, gb_error *err) {
    if (!(value >= p->low && value <= p->high))
        return gb_fail(err, GB_BAD_ARGUMENT, "%s: %s is %g; expected %g to %g", of, p->name, (double)value,
                       (double)p->low, (double)p->high);
    if ((p->integer || p->choices) && value != (float)(long long)value)
        return gb_fail(err, GB_BAD_ARGUMENT, "%s: %s is %g; expected an integer", of, p->name, (double)value);
    return GB_OK;
}

static gb_status fill_params(const gb_table_row *row, const float *params, int count, gb_chosen_row *chosen,
                             gb_error *err) {
    if (count && !params)
        return gb_fail(err, GB_BAD_ARGUMENT, "%s: %d parameters without values", row->name, count);
    if (count < 0 || count > row->max_params)
        return gb_fail(err, GB_BAD_ARGUMENT, "%s takes at most %d parameters, not %d", row->name, row->max_params,
                       count);
    for (int i = 0; i < count; i++) {
        gb_status status = check_param(row->name, &row->param[i], params[i], err);
        if (status)
            return status;
    }
    for (int i = 0; i < GB_MAX_PARAMS; i++)
        chosen->params[i] = i < count ? params[i] : i < row->param_count ? row->param[i].default_value : 0;
    chosen->count = row->max_params > row->param_count && count ? count : row->param_count;
    return GB_OK;
}

static gb_status choose(bool (*row_at)(size_t, gb_table_row *), const char *kind, const char *name, const float *params,
                        int count, gb_chosen_row *chosen, gb_error *err) {
    gb_table_row row;
    for (chosen->index = 0; name && row_at(chosen->index, &row); chosen->index++)
        if (!strcmp(row.name, name) || (row.alias && !strcmp(row.alias, name)))
            return fill_params(&row, params, count, chosen, err);
    return gb_fail(err, GB_BAD_ARGUMENT, "there is no %s '%s'", kind, name ? name : "");
}

gb_status gb_choose_filter(const char *name, const float *params, int count, gb_chosen_row *chosen, gb_error *err) {
    return choose(gb_filter_row, "filter", name, params, count, chosen, err);
}

gb_status gb_choose_activation(const char *name, const float *params, int count, gb_chosen_row *chosen, gb_error *err) {
    return choose(gb_activation_row, "activation", name, params, count, chosen, err);
}

gb_status gb_filter_apply(gb_context *context, const char *name, const float *params, int param_count,
                          const int64_t shape[4], const float *in, float *out, gb_error *err) {
    gb_chosen_row chosen;
    gb_status status = gb_choose_filter(name, params, param_count, &chosen, err);
    if (status)
        return status;
    gb_shape s = {.block = 1};
    int *const sizes[] = {&s.n, &s.c, &s.h, &s.w};
    for (int i = 0; i < 4; i++)
        *sizes[i] = shape[i] > 0 && shape[i] <= INT_MAX ? (int)shape[i] : 0;
    if (!gb_shape_possible(&s))
        return gb_fail(err, GB_BAD_ARGUMENT, "a filter cannot take an array of shape [%lld,%lld,%lld,%lld]",
                       (long long)shape[0], (long long)shape[1], (long long)shape[2], (long long)shape[3]);
    gb_tensor from = {s, (float *)in}, to = {s, out};       /* `from` is only read */
    size_t workspace = gb_filter_workspace(&context->cpu, gb_filters[chosen.index], &s);
    void *memory = gb_aligned_alloc_with(context->cpu.allocator, workspace + 64);
    if (!memory)
        return gb_fail(err, GB_NO_MEMORY, "out of memory");
    gb_filter_run(&context->cpu, gb_filters[chosen.index], chosen.params, NULL, 0, &from, &to, memory);
    gb_aligned_free(memory);
    return GB_OK;
}

gb_status gb_activation_apply(const char *name, const float *params, int param_count, size_t count, const float *in,
                              float *out, gb_error *err) {
    gb_chosen_row chosen;
    gb_status status = gb_choose_activation(name, params, param_count, &chosen, err);
    for (size_t i = 0; i < count && !status; i++)
        out[i] = gb_activate((gb_act_kind)chosen.index, chosen.params, chosen.count, in[i]);
    return status;
}
