/* A single bend given on the command line by --filter, --activation or --disable instead of a recipe. */
#ifndef GANBEND_TOOLS_SINGLE_H
#define GANBEND_TOOLS_SINGLE_H

#include "table_rows.h"

typedef struct single_options {
    const char *filter, *activation, *features;
    bool disable, paper;
} single_options;

extern const option single_table[];

enum { SINGLE_FEATURES = 4096, SINGLE_TEXT_ROOM = 256 };

typedef struct single {
    bool given;
    gb_bend_options bend;           /* without `at` */
    gb_table_row row;               /* of the filter or activation */
    float params[ROW_PARAMS];
    int count;
    int list[SINGLE_FEATURES];
    char text[SINGLE_TEXT_ROOM];    /* "rotate 30", "disabled": for labels */
} single;

/* `s` must not be copied or moved afterwards: s->bend points into it. */
gb_status read_single(const single_options *options, single *s, gb_error *err);
gb_status apply_single(const single *s, const char *at, gb_session *session, gb_bend *bend, gb_error *err);
/* Writes the options as they were given, " --filter rotate,30 --features 0-5". */
void describe_single(const single_options *options, char text[SINGLE_TEXT_ROOM]);

#endif
