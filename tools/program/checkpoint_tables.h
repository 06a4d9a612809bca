/* The tables in docs/checkpoints.md, generated from those that the program uses. */
#ifndef GANBEND_TOOLS_CHECKPOINT_TABLES_H
#define GANBEND_TOOLS_CHECKPOINT_TABLES_H

#include <stdio.h>

void print_checkpoint_tables(FILE *to);

#endif
