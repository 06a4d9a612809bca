/* Writes a canonical network as a .gbw. */
#include "save.h"

#include "engine/base/error.h"
#include "engine/base/output.h"
#include "weights/gbw.h"

static gb_status save(const gb_network *network, bool half, gb_output *output, gb_error *err) {
    gb_reason why = {0};
    gb_status status = GB_OK;
    if (!gbw_write(network, half, gb_output_write, output, &why)) {
        status = gb_output_check(output, err);      /* if the file failed, its message is the useful one */
        if (!status)
            status = gb_fail_because(err, GB_BAD_ARGUMENT, &why);
    }
    return gb_output_close(output, status, err);
}

gb_status gb_network_save(const gb_network *network, bool half, const char *path, gb_error *err) {
    gb_output output;
    gb_status status = gb_output_open(path, GB_OUTPUT_GBW, &output, err);
    return status ? status : save(network, half, &output, err);
}

gb_status gb_network_save_to(const gb_network *network, bool half, gb_writer *writer, gb_error *err) {
    gb_output output;
    gb_status status = gb_output_open_writer(writer, &output, err);
    return status ? status : save(network, half, &output, err);
}
