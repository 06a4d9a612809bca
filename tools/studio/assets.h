/* What is compiled into the program: the files of the page and the demo model. assets.cmake writes the sources. */
#ifndef GANBEND_STUDIO_ASSETS_H
#define GANBEND_STUDIO_ASSETS_H

#include <stddef.h>

typedef struct asset {
    const char *path;           /* "/app.js", as it is asked for */
    const char *type;           /* "text/javascript; charset=utf-8" */
    const char *etag;           /* with its quotes; of the content */
    const unsigned char *bytes;
    size_t size;
} asset;

extern const asset page_assets[];
extern const size_t page_asset_count;
/* weights/demo/toy-faces-64.gbw */
extern const unsigned char demo_model[];
extern const size_t demo_model_size;

#endif
