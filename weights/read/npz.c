/* Writing .npz: a zip of stored .npy entries. */
#include <stdlib.h>
#include <string.h>

#include "npy.h"
#include "numpy_types.h"

struct gb_npz_writer {
    gb_zip_writer *zip;
};

gb_npz_writer *gb_npz_writer_new(gb_byte_sink sink, void *arg) {
    gb_npz_writer *n = calloc(1, sizeof *n);
    if (n && !(n->zip = gb_zip_writer_new(sink, arg))) {
        free(n);
        n = NULL;
    }
    return n;
}

void gb_npz_writer_free(gb_npz_writer *n) {
    if (!n)
        return;
    gb_zip_writer_free(n->zip);
    free(n);
}

static bool write_array(const void *array, gb_byte_sink sink, void *arg, gb_reason *why) {
    return gb_npy_write(array, sink, arg, why);
}

bool gb_npz_writer_add(gb_npz_writer *n, const char *name, const gb_array *a, gb_reason *why) {
    size_t length = strlen(name);
    if (length == 0)
        return gb_because(why, "an array without a name");
    if (!gb_numpy_type_name(a->dtype, a->swapped))      /* names the array, not the archive's entry */
        return gb_because(why, "%s: numpy has no %s", name, gb_dtype_name(a->dtype));
    char *entry = malloc(length + 5);
    if (!entry)
        return gb_because_no_memory(why);
    memcpy(entry, name, length);
    memcpy(entry + length, ".npy", 5);
    bool good = gb_zip_writer_add(n->zip, entry, write_array, a, why);
    free(entry);
    return good;
}

bool gb_npz_writer_finish(gb_npz_writer *n, gb_reason *why) {
    return gb_zip_writer_finish(n->zip, why);
}
