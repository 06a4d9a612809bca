/* pick_arrays IN.npz OUT.npz NEW=OLD…: copies arrays under new names. OLD@I is the slice I of an array's first dimension;
 * NEW* = OLD* copies all arrays whose names begin with OLD, with NEW in its place. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ganbend.h>

static gb_error err;

static void check(gb_status status) {
    if (!status) return;
    fprintf(stderr, "pick_arrays: %s\n", err.message);
    exit(1);
}

/* Writes array `index` as `name`, or its slice; a negative slice is the whole array. */
static void copy(const gb_file *from, size_t index, gb_npz *to, const char *name, int64_t slice) {
    gb_array_info info;
    gb_file_array(from, index, &info);
    float *values = malloc((size_t)(info.count ? info.count : 1) * sizeof *values);
    if (!values || (slice >= 0 && (info.ndim < 1 || slice >= info.shape[0]))) {
        fprintf(stderr, "pick_arrays: %s has no slice %lld\n", info.name, (long long)slice);
        exit(1);
    }
    check(gb_file_read(from, index, values, &err));
    if (slice < 0)
        check(gb_npz_add(to, name, info.ndim, info.shape, values, &err));
    else
        check(gb_npz_add(to, name, info.ndim - 1, info.shape + 1, values + info.count / info.shape[0] * slice, &err));
    free(values);
}

static void pick(const gb_file *from, gb_npz *to, char *rule) {
    char *old = strchr(rule, '='), name[256];
    if (!old) exit(2);
    *old++ = '\0';
    char *star = strchr(old, '*'), *at = strchr(old, '@');
    int64_t slice = at ? strtoll(at + 1, NULL, 10) : -1;
    if (at) *at = '\0';
    if (star) {
        *star = *strchr(rule, '*') = '\0';
        for (size_t i = 0; i < gb_file_array_count(from); i++) {
            gb_array_info info;
            gb_file_array(from, i, &info);
            if (strncmp(info.name, old, strlen(old)) != 0) continue;
            snprintf(name, sizeof name, "%s%s", rule, info.name + strlen(old));
            copy(from, i, to, name, slice);
        }
        return;
    }
    size_t index;
    if (!gb_file_find(from, old, &index)) {
        fprintf(stderr, "pick_arrays: no array %s\n", old);
        exit(1);
    }
    copy(from, index, to, rule, slice);
}

int main(int argc, char **argv) {
    gb_file *from = NULL;
    gb_npz *to = NULL;
    if (argc < 4) return 2;
    check(gb_file_open(argv[1], &from, &err));
    check(gb_npz_new(argv[2], &to, &err));
    for (int i = 3; i < argc; i++) pick(from, to, argv[i]);
    check(gb_npz_finish(to, &err));
    gb_npz_free(to);
    gb_file_close(from);
    return 0;
}
