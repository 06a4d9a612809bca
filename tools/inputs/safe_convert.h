/* Converting checkpoints, which come from strangers, in a process that can do nothing else. */
#ifndef GANBEND_TOOLS_SAFE_CONVERT_H
#define GANBEND_TOOLS_SAFE_CONVERT_H

#include <ganbend.h>

/* gb_convert() on the CPU, in the sandbox of tools/program/sandbox.h. The child may open `in`, the configuration and the
 * config.json beside `in`; this process writes the file. */
gb_status convert_safely(const char *in, const char *out, const gb_convert_options *how, gb_error *err);

#endif
