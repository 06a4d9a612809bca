/* Converting checkpoints, which come from strangers, in a process that can do nothing else. */
#ifndef GANBEND_TOOLS_SAFE_CONVERT_H
#define GANBEND_TOOLS_SAFE_CONVERT_H

#include <ganbend.h>

/* gb_convert() on the CPU in this process, with access to everything. */
gb_status convert_here(const char *in, const char *out, const gb_convert_options *how, gb_error *err);

/* The same in the sandbox of tools/program/sandbox.h, or in this process where there are no others. The child may open `in`,
 * the configuration and the config.json beside `in`; this process writes the file. */
gb_status convert_safely(const char *in, const char *out, const gb_convert_options *how, gb_error *err);
/* The same, and tells how much has been written; false ends it with GB_CANCELLED. What has been written then, the caller removes.
 * Without other processes the conversion reaches its end before that. */
gb_status convert_safely_watched(const char *in, const char *out, const gb_convert_options *how,
                                 bool (*written)(void *arg, uint64_t bytes), void *arg, gb_error *err);

#endif
