/* Writes a canonical network as a .gbw. */
#include "save.h"

#include "engine/base/error.h"
#include "engine/base/platform.h"
#include "weights/gbw.h"

gb_status gb_network_save(const gb_network *network, bool half, const char *path, gb_error *err) {
    gb_out_file *file = NULL;
    gb_reason why = {{0}};
    gb_status status = gb_out_file_new(path, GB_OUTPUT_GBW, &file, err);
    if (!status && !gbw_write(network, half, gb_out_file_write, file, &why)) {
        status = gb_out_file_check(file, err);      /* if the file failed, its message is the useful one */
        if (!status)
            status = gb_fail_because(err, GB_BAD_ARGUMENT, &why);
    }
    if (!status)
        status = gb_out_file_finish(file, err);
    gb_out_file_free(file);
    return status;
}
