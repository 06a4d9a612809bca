/* Structs of options that grow from version to version, see options.h. */
#include "options.h"

#include <string.h>

#include "error.h"

gb_status gb_take_options(void *to, size_t known, size_t first, const void *from, const char *type, gb_error *err) {
    enum { MOST = 1 << 16 };        /* beyond it, `size` has not been set to a struct's size */
    memset(to, 0, known);
    if (!from)
        return GB_OK;
    size_t size;
    memcpy(&size, from, sizeof size);
    if (size && (size < first || size > MOST))
        return gb_fail(err, GB_BAD_ARGUMENT, "%s.size is %zu; expected sizeof(%s), which is %zu here", type, size, type,
                       known);
    for (size_t i = known; i < size; i++)
        if (((const unsigned char *)from)[i])
            return gb_fail(err, GB_BAD_ARGUMENT,
                           "%s sets a field that ganbend " GB_VERSION_STRING " does not know; it needs a newer library", type);
    memcpy(to, from, size == 0 ? first : size < known ? size : known);
    memcpy(to, &known, sizeof known);
    return GB_OK;
}
