/* The child writes the .gbw to a pipe, which this process copies to the output. */
#include "safe_convert.h"

#include <stdio.h>
#include <string.h>

#include "tools/program/host.h"
#include "tools/program/sandbox.h"

gb_status convert_here(const char *in, const char *out, const gb_convert_options *how, gb_error *err) {
    gb_context *context = NULL;
    if (!gb_context_new(&(gb_context_options){.device = "cpu"}, &context, err)) gb_convert(context, in, out, how, err);
    gb_context_free(context);
    return err->status;
}

typedef struct conversion {
    const char *in;
    const gb_convert_options *how;
} conversion;

static gb_status convert(void *arg, int out, gb_error *err) {
    const conversion *c = arg;
    char pipe[SANDBOX_PATH];
    sandbox_output_path(out, pipe);
    return convert_here(c->in, pipe, c->how, err);
}

typedef struct watched {
    sandbox_child child;
    bool (*written)(void *arg, uint64_t bytes);     /* or NULL */
    void *arg;
    uint64_t bytes;
    bool stopped;
} watched;

static size_t read_watched(void *arg, void *bytes, size_t room) {
    watched *w = arg;
    size_t read;
    w->stopped = w->stopped || (w->written && !w->written(w->arg, w->bytes));
    if (w->stopped) return 0;
    read = sandbox_read(&w->child, bytes, room);
    w->bytes += read;
    return read;
}

/* The network is about as large as the checkpoint. */
static void tell_written(void *arg, double share) {
    watched *w = arg;
    w->stopped = !w->written(w->arg, (uint64_t)(share * (double)w->bytes)) || w->stopped;
}

static gb_status convert_here_watched(const char *in, const char *out, const gb_convert_options *how, watched *w, gb_error *err) {
    gb_convert_options o = *how;
    if (w->written) {
        w->bytes = (uint64_t)host_file_bytes(in);
        o.progress = tell_written;
        o.progress_arg = w;
    }
    convert_here(in, out, &o, err);
    return w->stopped ? err->status = GB_CANCELLED : err->status;
}

gb_status convert_safely(const char *in, const char *out, const gb_convert_options *how, gb_error *err) {
    return convert_safely_watched(in, out, how, NULL, NULL, err);
}

gb_status convert_safely_watched(const char *in, const char *out, const gb_convert_options *how,
                                 bool (*written_bytes)(void *arg, uint64_t bytes), void *arg, gb_error *err) {
    const char *slash = strrchr(in, '/');
    char beside[PATH_ROOM];
    bool fits = snprintf(beside, sizeof beside, "%.*sconfig.json", slash ? (int)(slash - in) + 1 : 0, in) < PATH_ROOM;
    const sandbox box = {.readable = {in, how->config, how->lpips, how->config || !fits ? NULL : beside},
                         .memory = sandbox_memory_for(in)};
    conversion c = {in, how};
    watched w = {.written = written_bytes, .arg = arg};
    gb_error failed = {0}, written = {0};
    bool own;
    if (!SANDBOX_HAS_PROCESSES) return convert_here_watched(in, out, how, &w, err);
    if (gb_check_output(out, GB_OUTPUT_GBW, err) || sandbox_start(&box, convert, &c, &w.child, err)) return err->status;
    gb_file_write(out, GB_OUTPUT_GBW, &(gb_reader){.name = out, .read = read_watched, .arg = &w}, &written);
    own = w.child.failed.status != GB_OK;     /* and not because this process stopped reading what the child wrote */
    sandbox_finish(&w.child, &failed);
    if (w.stopped) return err->status = GB_CANCELLED;
    if (written.status) *err = own ? failed : written;
    return err->status;
}
