/* ganbend apply: runs one filter or activation on an array, to compare it with another implementation. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "tools/inputs/latents.h"
#include "tools/bending/table_rows.h"
#include "tools/program/output_file.h"
#include "tools/program/report.h"

static const option options[] = {{0}};

/* Expands [H,W], [C,H,W] or [N,C,H,W] to four dimensions. */
static gb_status to_maps(const char *path, const gb_array_info *info, int64_t shape[4], gb_error *err) {
    char text[SHAPE_ROOM];
    if (info->ndim < 2 || info->ndim > 4 || info->count < 1)
        return state(err, GB_BAD_FILE, "%s: the array has shape %s; a filter needs [H,W], [C,H,W] or [N,C,H,W]", path,
                     shape_text(info->ndim, info->shape, text));
    for (int i = 0; i < 4; i++) shape[i] = i < 4 - info->ndim ? 1 : info->shape[i - (4 - info->ndim)];
    return GB_OK;
}

/* Finds the filter or activation with that name. For a misspelt name, the error comes from the table that has a similar
 * one. */
static gb_status find_operation(const char *text, bool *filter, gb_table_row *row, float params[ROW_PARAMS], int *count,
                                gb_error *err) {
    char name[64];
    gb_error as_activation = {0};
    snprintf(name, sizeof name, "%.*s", (int)strcspn(text, ","), text);
    *filter = !find_row(&filter_rows, name, row, err);
    if (*filter) return read_row(&filter_rows, text, row, params, count, err);
    if (find_row(&activation_rows, name, row, &as_activation)) {
        if (strstr(as_activation.message, "did you mean") && !strstr(err->message, "did you mean"))
            *err = as_activation;
        return err->status;
    }
    *err = (gb_error){0};
    return read_row(&activation_rows, text, row, params, count, err);
}

static gb_status apply(const char *text, const char *in, const char *out, gb_error *err) {
    gb_table_row row;
    float params[ROW_PARAMS], *values = NULL, *result = NULL;
    int count;
    int64_t shape[4];
    bool filter;
    gb_array_info info;
    gb_context *context = NULL;
    gb_file *file = NULL;
    output_file to = {0};
    gb_status status = find_operation(text, &filter, &row, params, &count, err);
    if (!status) status = gb_file_open(in, &file, err);
    if (!status && gb_file_array_count(file) != 1)
        status = state(err, GB_BAD_FILE, "%s: contains %zu arrays; expected one", in, gb_file_array_count(file));
    if (!status) status = read_array(file, in, 0, &info, &values, err);
    if (!status && filter) status = to_maps(in, &info, shape, err);
    if (!status && !(result = malloc((size_t)info.count * sizeof *result + 1)))
        status = state(err, GB_NO_MEMORY, "%s: out of memory", in);
    if (!status && filter) {
        status = gb_context_new(NULL, &context, err);
        if (!status) status = gb_filter_apply(context, row.name, params, count, shape, values, result, err);
    } else if (!status) {
        status = gb_activation_apply(row.name, params, count, (size_t)info.count, values, result, err);
    }
    if (!status) status = output_begin(&to, out, err);
    if (!status) status = gb_npy_save(to.path, info.ndim, info.shape, result, err);
    if (!status) status = output_finish(&to, err);
    if (!status) report("%s: %s, %" PRId64 " values", out, row.name, info.count);
    output_drop(&to);
    gb_context_free(context);
    gb_file_close(file);
    free(values);
    free(result);
    return status;
}

static int run(int argc, char **argv) {
    const char *operands[OPERANDS];
    char nothing;
    gb_error err = {0};
    int status;
    if (!parse_arguments(&apply_command, argc, argv, operands, &nothing, &status)) return status;
    return apply(operands[0], operands[1], operands[2], &err) ? failed(&apply_command, &err) : EXIT_DONE;
}

const command apply_command = {
    .name = "apply",
    .summary = "run one filter or activation on an array",
    .operands = "FILTER[,p…] IN.npy OUT.npy",
    .usage = "",
    .about = "Runs one filter or activation on the array in IN.npy ([H,W], [C,H,W] or [N,C,H,W]; any shape for an "
             "activation) and writes the result. Parameters follow the name, separated by commas, by position or as "
             "NAME=VALUE. The computation is exactly that of a bend, so it can be compared with other implementations.",
    .example = "ganbend apply rotate,30,border=edge maps.npy rotated.npy",
    .writes = WRITES_ARRAY | WRITES_STREAM,
    .options = options,
    .run = run,
};
