/* One studio and one page for all tests of a file: set_up() and tear_down() of their group. */
#ifndef GB_TESTS_CLIENT_GROUP_H
#define GB_TESTS_CLIENT_GROUP_H

#include "client_page.h"

static studio all;
static page p;

static int set_up(void **state) {
    (void)state;
    open_studio(&all);
    open_page(&p, &all);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    close_page(&p);
    close_studio(&all);
    return 0;
}

#endif
