/* One bend given on the command line, without a recipe: the options --filter, --activation, --disable, --features. */
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
    gb_bend_options bend;           /* but for `at` */
    gb_table_row row;               /* of a filter or activation */
    float params[ROW_PARAMS];
    int count;
    int list[SINGLE_FEATURES];
    char text[SINGLE_TEXT_ROOM];    /* "rotate 30", "disabled": for labels */
} single;

/* `s` is not to be moved afterwards. */
gb_status read_single(const single_options *options, single *s, gb_error *err);
gb_status apply_single(const single *s, const char *at, gb_session *session, gb_bend *bend, gb_error *err);
/* " --filter rotate,30 --features 0-5", as it was given. */
void describe_single(const single_options *options, char text[SINGLE_TEXT_ROOM]);

#endif
