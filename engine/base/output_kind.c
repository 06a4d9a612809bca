/* The rule for existing files at an output path, for everything that the library writes:
 *
 *   nothing there, an empty file, a device or a pipe   written
 *   a file of the kind that is written                 replaced
 *   any other file, also behind a symbolic link        refused, unless GANBEND_OVERWRITE=1 is in the environment
 *
 * The kind is recognised by the first bytes, never by the name. */
#define _POSIX_C_SOURCE 200809L
#include "output_kind.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "engine/platform/files.h"

enum { LOOKED_AT = 512 };

static const struct { const char *name, *magic; size_t size; } kinds[] = {
    [GB_OUTPUT_GBW] = {"a .gbw model", "\x89GBW\r\n\x1a\n", 8},
    [GB_OUTPUT_PNG] = {"a PNG picture", "\x89PNG\r\n\x1a\n", 8},
    [GB_OUTPUT_NPZ] = {"an .npz file", "PK", 2},
    [GB_OUTPUT_NPY] = {"an .npy file", "\x93NUMPY", 6},
    [GB_OUTPUT_CLUSTERS] = {"a file of clusters", "# Clusters of feature maps", 26},
    [GB_OUTPUT_TORCH] = {"a torch file", "PK", 2},
    [GB_OUTPUT_RECIPE] = {"a recipe", "# Recipe", 8},
    [GB_OUTPUT_MAPS] = {"a file of feature maps", "GANBEND MAPS ", 13},
};

/* Zip archives: numpy's begin with an entry NAME.npy, or are empty; torch's with NAME/data.pkl. */
static bool is_archive(const unsigned char *bytes, size_t size, bool numpy) {
    static const unsigned char entry[] = {'P', 'K', 3, 4}, end[] = {'P', 'K', 5, 6};
    const char *first = numpy ? ".npy" : "/data.pkl";
    size_t length = strlen(first);
    if (numpy && size >= 4 && !memcmp(bytes, end, 4))
        return true;
    if (size < 30 || memcmp(bytes, entry, 4))
        return false;
    size_t name = bytes[26] | (size_t)bytes[27] << 8;
    return name >= length && 30 + name <= size && !memcmp(bytes + 30 + name - length, first, length);
}

bool gb_begins_kind(gb_output_kind kind, const unsigned char *bytes, size_t size) {
    bool begins = size >= kinds[kind].size && !memcmp(bytes, kinds[kind].magic, kinds[kind].size);
    bool is_zip = kind == GB_OUTPUT_NPZ || kind == GB_OUTPUT_TORCH;
    return begins && (!is_zip || is_archive(bytes, size, kind == GB_OUTPUT_NPZ));
}

/* The first bytes of a file, up to LOOKED_AT; -1 if it cannot be read. */
static ssize_t read_start(const char *path, unsigned char *bytes) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n, size = 0;
    if (fd < 0)
        return -1;
    while ((n = read(fd, bytes + size, (size_t)(LOOKED_AT - size))) != 0 && (n > 0 || errno == EINTR))
        size += n > 0 ? n : 0;
    close(fd);
    return n < 0 ? n : size;
}

gb_status gb_check_output(const char *path, gb_output_kind kind, gb_error *err) {
    const char *allowed = getenv("GANBEND_OVERWRITE");
    struct stat st;
    if ((allowed && !strcmp(allowed, "1")) || stat(path, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size == 0)
        return GB_OK;
    unsigned char bytes[LOOKED_AT];
    ssize_t size = read_start(path, bytes);
    if (size < 0)
        return gb_fail(err, GB_IO, "%s: exists and cannot be read, so it is not replaced; give another name, or --force",
                       path);
    return gb_begins_kind(kind, bytes, (size_t)size)
        ? GB_OK
        : gb_fail(err, GB_BAD_ARGUMENT, "%s: exists and is not %s, so it is not replaced; give another name, or --force",
                  path, kinds[kind].name);
}
