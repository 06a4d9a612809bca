/* The subcommands of ganbend, one file each, listed in main.c. */
#ifndef GANBEND_TOOLS_COMMANDS_H
#define GANBEND_TOOLS_COMMANDS_H

#include "tools/program/arguments.h"

extern const command convert_command, info_command, init_command, render_command, dump_command, compare_command,
    bench_command, filters_command, activations_command, recipe_command, apply_command, strip_command, sweep_command,
    animate_command, grid_command, cache_command, vector_command, directions_command, mix_command, moves_command,
    studio_command, trace_command, cluster_command, units_command, tileability_command, project_command, invert_command, find_command,
    gather_command;

#endif
